"""Reconciling: lost answers cost what the usage report shows beyond the books, to the cent, or stay open."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import Call
from modelmix.core.usage import Usage
from modelmix.pipeline.replay.reconcile import as_opening, reconcile, since_opening, total_by_model
from modelmix.store.replay_records import Lost, Replay
from pipeline.replay.rig import BOOK, HAIKU, SONNET

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
REPLAY = Replay(replay_id="r-20261125-1", at=AT, settings={})
NOTHING = Usage()

usages = st.builds(
    Usage,
    input_tokens=st.integers(1, 4000),
    cache_read_tokens=st.integers(0, 4000),
    cache_write_5m_tokens=st.integers(0, 4000),
    output_tokens=st.integers(1, 800),
)
models = st.sampled_from([HAIKU, SONNET])


def usd(usage: Usage, model: str) -> Decimal:
    """Price one call."""
    return BOOK.cost(usage, model, AT).total_usd


@st.composite
def ledgers(draw: st.DrawFn) -> Any:  # noqa: ANN401 - a handful of parts
    """Draw a model, tokens of its lost sendings, which of them the API has seen, and other calls."""
    lost = draw(st.lists(usages, min_size=1, max_size=12))
    seen = draw(st.lists(st.booleans(), min_size=len(lost), max_size=len(lost)))
    return draw(models), lost, seen, draw(st.lists(usages, max_size=4)), draw(st.booleans())


@given(ledgers())
def test_what_the_api_has_seen_is_found_to_the_cent(ledger: Any) -> None:  # noqa: ANN401 - as drawn
    """Booked plus a subset of the lost: costs and tokens found sum to that subset's, whichever it was."""
    model, usage, is_seen, booked, is_asked_again = ledger
    lost = [Lost(number, f"a{number}", usd(one, model) * 2) for number, one in enumerate(usage)]
    seen = [one for one, known in zip(usage, is_seen, strict=True) if known]
    whole = sum(booked, NOTHING)
    asked = {f"a{number}": one for number, one in enumerate(usage)} if is_asked_again else {}
    found = reconcile({model: lost}, asked, {model: sum(seen, whole)}, {model: whole}, BOOK, REPLAY)
    assert {one.sending_id for one in lost} == set(found.costs_usd)
    assert sum((usd(one, model) for one in seen), Decimal(0)) == sum(found.costs_usd.values())
    assert sum(seen, NOTHING) == sum((call.usage for call in found.calls), NOTHING)
    assert sum(found.costs_usd.values()) == sum(usd(call.usage, model) for call in found.calls)
    assert all(
        call.error == "answer-lost" and call.at == AT and call.model_served == model for call in found.calls
    )
    if is_asked_again and len(set(usage)) == len(usage) and len(seen) == 1:
        assert len(found.calls) == 1


@given(ledgers())
def test_each_stand_in_has_a_name_of_its_own(ledger: Any) -> None:  # noqa: ANN401 - as drawn
    """A call stands for one sending, so that finding twice books once."""
    model, usage, is_seen, _, _ = ledger
    lost = [Lost(number, f"a{number}", usd(one, model) * 2) for number, one in enumerate(usage)]
    seen = [one for one, known in zip(usage, is_seen, strict=True) if known]
    found = reconcile({model: lost}, {}, {model: sum(seen, NOTHING)}, {}, BOOK, REPLAY)
    names = [call.call_id for call in found.calls]
    assert len(set(names)) == len(names) <= len(lost)


@given(usages, usages, models)
def test_a_report_that_lags_is_not_believed(lost: Usage, booked: Usage, model: str) -> None:
    """A class in which less is shown than is booked: nothing is booked yet."""
    shown = replace(booked, input_tokens=booked.input_tokens - 1) + replace(lost, input_tokens=0)
    found = reconcile(
        {model: [Lost(1, "a", Decimal(100))]}, {}, {model: shown}, {model: booked}, BOOK, REPLAY
    )
    assert (found.costs_usd, found.calls) == ({}, ())


@given(usages, models)
def test_more_than_can_be_lost_is_somebody_else(usage: Usage, model: str) -> None:
    """A difference that costs more than was reserved holds other traffic: it is not booked."""
    lost = {model: [Lost(1, "a", usd(usage, model) - Decimal("0.000001"))]}
    assert reconcile(lost, {}, {model: usage}, {}, BOOK, REPLAY).costs_usd == {}
    exact = {model: [Lost(1, "a", usd(usage, model))]}
    assert usd(usage, model) == reconcile(exact, {}, {model: usage}, {}, BOOK, REPLAY).costs_usd[1]


def test_models_are_reconciled_one_by_one() -> None:
    """One whose report lags keeps none of the others."""
    lost = {
        HAIKU: [Lost(1, "a", Decimal(1))],
        SONNET: [Lost(2, "b", Decimal(1))],
        "claude-none": [Lost(3, "c", Decimal(1))],
    }
    shown = {SONNET: Usage(input_tokens=10, output_tokens=1), "claude-none": Usage(input_tokens=5)}
    found = reconcile(lost, {}, shown, {HAIKU: Usage(input_tokens=1)}, BOOK, REPLAY)
    assert {2} == set(found.costs_usd)


def test_what_the_api_has_not_seen_has_cost_nothing() -> None:
    """No difference at all: the lost sendings are free, and no call stands for them."""
    found = reconcile({HAIKU: [Lost(1, "a", Decimal(1))]}, {}, {}, {}, BOOK, REPLAY)
    assert ({1: Decimal(0)}, ()) == (found.costs_usd, found.calls)


def test_many_lost_answers_are_counted_by_their_mean_length() -> None:
    """Beyond thirty the sums are not tried; the money is exact all the same."""
    each = Usage(input_tokens=100, output_tokens=10)
    lost = {HAIKU: [Lost(number, f"a{number}", Decimal(1)) for number in range(40)]}
    asked = {f"a{number}": each for number in range(40)}
    shown = {HAIKU: sum([each] * 7, NOTHING)}
    found = reconcile(lost, asked, shown, {}, BOOK, REPLAY)
    assert (7, shown[HAIKU]) == (len(found.calls), sum((call.usage for call in found.calls), NOTHING))


@given(st.dictionaries(models, usages), st.dictionaries(models, usages))
def test_an_opening_is_taken_off(before: dict[str, Usage], more: dict[str, Usage]) -> None:
    """What the report showed at the beginning, through JSON and back, belongs to no sending of the replay."""
    shown = {model: before.get(model, NOTHING) + more.get(model, NOTHING) for model in {*before, *more}}
    since = since_opening(shown, as_opening(before))
    assert {model: more.get(model, NOTHING) for model in shown} == since


def test_a_report_that_takes_back_shows_nothing() -> None:
    """A class that is below its opening counts as nil, not as negative."""
    opening = as_opening({HAIKU: Usage(input_tokens=10, output_tokens=3)})
    assert {HAIKU: Usage(output_tokens=1)} == since_opening(
        {HAIKU: Usage(input_tokens=4, output_tokens=4)}, opening
    )


def test_only_calls_of_replays_are_booked_against_the_report() -> None:
    """By the model that served them."""
    call = Call(
        call_id="c", at=AT, source="replay", model_requested=HAIKU, model_served=SONNET,
        usage=Usage(input_tokens=3),
    )  # fmt: skip
    assert {SONNET: Usage(input_tokens=6)} == total_by_model([call, call, replace(call, source="gateway")])
