"""The worth of a plan: from the calls of the log alone, and never more than they can show."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.usage import Usage
from modelmix.errors import ConfigError
from modelmix.pipeline.replay.ask import Ask, Limits
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.stages import Stages
from modelmix.pipeline.replay.summary import plan_report
from modelmix.report.replay_worth import Worth
from pipeline.replay.rig import BEGAN, BOOK, HAIKU, OPUS, SONNET, Row, labelled, plan_of, row, write_log

DAY = BEGAN.replace(day=25)
CHEAP, MIDDLE = f"{HAIKU}@medium", f"{SONNET}@high"


def spread(rows: list[Row], days: float = 10.0) -> list[Row]:
    """Spread rows evenly over some days."""
    span, last = timedelta(days=days), len(rows) - 1
    return [one | {"timestamp": (BEGAN + span * n / last).isoformat()} for n, one in enumerate(rows)]


def planned(
    folder: Path,
    rows: list[Row],
    cap: Decimal | None = None,
    **ask: Any,  # noqa: ANN401 - fields of the ask
) -> Plan:
    """Plan a replay of some rows."""
    asked = Ask(places=(str(write_log(folder / "log.jsonl", rows)),), upstream="http://127.0.0.1:1")
    return plan_of(replace(asked, **ask), cap, DAY)


def worth(plan: Plan, cap: Decimal | None = None, known: tuple[str, ...] = ()) -> Worth:
    """Say what a plan is worth."""
    return plan_report(plan, Limits(cap), known, BOOK).worth


def heavy(n: int, **more: Any) -> list[Row]:  # noqa: ANN401 - any field of a log
    """Write rows that cost enough to be worth a proof."""
    usage = {"usage": {"input_tokens": 2000, "output_tokens": 60}}
    return spread(labelled(n, response=usage, **more))


def test_savings_are_the_calls_of_the_log_at_todays_prices(tmp_path: Path) -> None:
    """Over 30 days by the span of the log, with each candidate at the lengths that were recorded."""
    rows = spread(labelled(40))
    only = worth(planned(tmp_path, rows)).types[0]
    prices = {
        model: 40 * BOOK.cost(Usage(100, 0, 0, 0, 5), model, DAY.date()).total_usd
        for model in (OPUS, HAIKU, SONNET)
    }
    assert (40, 0, prices[OPUS], prices[OPUS] * 3) == (
        only.calls, only.unpriced, only.today_usd, only.today_month_usd,
    )  # fmt: skip
    assert {CHEAP: (prices[OPUS] - prices[HAIKU]) * 3, MIDDLE: (prices[OPUS] - prices[SONNET]) * 3} == {
        one.candidate: one.saving_month_usd for one in only.candidates
    }


def test_a_call_counts_once_and_a_repeated_prompt_again(tmp_path: Path) -> None:
    """Two copies of a row are one call; the same prompt asked twice is two."""
    rows = spread(labelled(30))
    copy = rows[3] | {"prompt_id": "other"}
    repeat = rows[4] | {"response": rows[4]["response"] | {"id": "msg_again"}}
    assert worth(planned(tmp_path, [*rows, copy, repeat])).types[0].calls == 31


def test_explicit_choices_are_not_at_stake(tmp_path: Path) -> None:
    """Nor what another model answered, nor types that are not replayed."""
    rows = spread(labelled(30) + labelled(10, task_type="other"))
    for number, one in enumerate(rows[30:]):
        one["response"] = one["response"] | {"id": f"msg_other_{number}"}
        one["prompt_id"] = f"other-{number}"
        one["request"] = one["request"] | {"max_tokens": 65}
    rows[0]["request"]["model"] = rows[0]["response"]["model"] = SONNET
    found = worth(planned(tmp_path, rows, task_types=("triage",)))
    assert [(one.task_type, one.calls) for one in found.types] == [("triage", 29)]


def test_payback_is_the_quote_over_the_likely_saving(tmp_path: Path) -> None:
    """Of each candidate, and of the best ones together with the baseline asked again."""
    found = worth(planned(tmp_path, heavy(90), again=5, type_margin=0.2))
    for one in found.types[0].candidates:
        assert one.saving_month_usd is not None
        days = float(one.proof_usd) / (float(one.saving_month_usd) / 30 * one.power)
        assert days == pytest.approx(one.payback_days)
    best = found.types[0].best
    assert best is not None
    assert (CHEAP, best.saving_month_usd) == (best.candidate, found.saving_month_usd)
    assert found.payback_days is not None
    assert found.payback_days > (best.payback_days or 0.0)
    assert found.proof_usd > sum(one.proof_usd for one in found.types[0].candidates)


def test_from_less_than_a_day_nothing_follows(tmp_path: Path) -> None:
    """No month, no payback and no purchase; the saving of a call is known all the same."""
    found = worth(planned(tmp_path, spread(labelled(40), 0.9)))
    assert (found.saving_month_usd, found.payback_days, found.next) == (None, None, ())
    assert "spans less than a day" in found.next_why
    assert {None} == {one.saving_month_usd for one in found.types[0].candidates}
    assert all((one.saving_per_call_usd or 0) > 0 for one in found.types[0].candidates)


def test_what_a_candidate_would_reject_is_not_at_stake(tmp_path: Path) -> None:
    """Requests that it cannot take stay where they are."""
    rows = spread(labelled(20))
    for one in rows[:5]:
        one["request"]["max_tokens"] = 10**7
    only = worth(planned(tmp_path, rows, candidates=(Candidate(HAIKU),), again=0)).types[0].candidates[0]
    assert only.taken_share == 0.75
    assert only.saving_month_usd == (only.saving_per_call_usd or 0) * 15 * 3


def test_what_has_no_price_saves_nothing(tmp_path: Path) -> None:
    """A call that asks for the US has no price on a model without it; one that has none today is counted."""
    rows = spread(labelled(20))
    for one in rows[:4]:
        one["response"]["usage"] = one["response"]["usage"] | {"inference_geo": "us"}
    plan = planned(tmp_path, rows, candidates=(Candidate("claude-haiku-4-5"),), again=0)
    only = worth(plan).types[0]
    assert (only.calls, only.unpriced, only.candidates[0].priced_calls) == (20, 0, 16)


def test_a_gone_model_has_no_price_today(tmp_path: Path) -> None:
    """Its calls are counted as unpriced, nothing is claimed for them, and the margin stays."""
    rows = spread(labelled(20, request={"model": "claude-gone-1"}, response={"model": "claude-gone-1"}))
    plan = planned(tmp_path, rows, candidates=(Candidate(HAIKU),), again=0, error_cost_usd=Decimal(1))
    found = worth(plan)
    only = found.types[0]
    assert (20, 20, Decimal(0), None) == (only.calls, only.unpriced, only.today_usd, only.best)
    assert only.candidates[0].saving_month_usd is None
    assert (Decimal(0), None) == (found.saving_month_usd, found.payback_days)
    assert (plan.types[0].margin, found.next_why[:8]) == (0.02, "nothing:")


def test_an_error_cost_lowers_the_margin(tmp_path: Path) -> None:
    """To saving over error cost, of the candidate that saves most; more prompts are then needed."""
    rows = heavy(90)
    free = planned(tmp_path, rows, type_margin=0.05)
    saving = free.traffic.types["triage"].best_per_call_usd
    assert saving is not None
    dear = planned(tmp_path, rows, type_margin=0.05, error_costs_usd={"triage": saving * 50})
    cheap = planned(tmp_path, rows, type_margin=0.05, error_cost_usd=saving)
    assert dear.types[0].margin == pytest.approx(0.02)
    assert (free.types[0].margin, free.types[0].needed) == (cheap.types[0].margin, cheap.types[0].needed)
    assert dear.types[0].needed > free.types[0].needed
    by_arm = {one.candidate: one.margin for one in worth(dear).types[0].candidates}
    assert by_arm[MIDDLE] < by_arm[CHEAP] == dear.types[0].margin
    endless = planned(tmp_path, rows, error_cost_usd=Decimal(10) ** 11)
    assert (endless.types[0].margin, endless.types[0].needed) == (1e-6, 1_250_000_000)


def test_an_error_cost_lowers_the_margin_of_all_together(tmp_path: Path) -> None:
    """As optimising does: pooled saving over pooled cost of errors."""
    plan = planned(tmp_path, heavy(90))
    saving = plan.traffic.types["triage"].best_per_call_usd
    assert saving is not None
    assert plan_report(plan, Limits(), (), BOOK).pool_margin == 0.02
    dear = planned(tmp_path, heavy(90), error_cost_usd=saving * 100)
    assert plan_report(dear, Limits(), (), BOOK).pool_margin == pytest.approx(0.01)


def test_an_error_cost_of_no_type_is_refused(tmp_path: Path) -> None:
    """It would lower nothing."""
    with pytest.raises(ConfigError, match="--error-cost names task type 'nosuch'; the logs hold triage"):
        planned(tmp_path, labelled(20), error_costs_usd={"nosuch": Decimal(1)})


def test_the_next_pairs_are_those_that_pay(tmp_path: Path) -> None:
    """As many as the margin needs or as there are, and never for more than a month could save."""
    plan = planned(tmp_path, heavy(400), type_margin=0.1)
    found = worth(plan)
    first = found.next[0]
    assert (first.task_type, first.candidate, first.step, found.next_why) == ("triage", CHEAP, 1, "")
    assert plan.types[0].needed <= first.pairs <= 400
    assert first.power >= 0.8
    assert found.saving_month_usd is not None
    assert first.cost_usd < first.gain_month_usd < found.saving_month_usd
    few = worth(planned(tmp_path, heavy(60), type_margin=0.05)).next[0]
    assert (few.pairs, few.power < 0.8) == (60, True)


def test_answers_that_are_there_are_not_bought_again(tmp_path: Path) -> None:
    """Some make the first step shorter and cheaper; with all of them there is nothing to buy."""
    plan = planned(tmp_path, heavy(400), type_margin=0.1, candidates=(Candidate(HAIKU),), again=0)
    ids = tuple(item.answer_id for item in plan.items)
    whole, rest = worth(plan).next[0], worth(plan, known=ids[:30]).next[0]
    assert (whole.pairs - 30, True) == (rest.pairs, rest.cost_usd < whole.cost_usd)
    none = worth(plan, known=ids)
    assert ((), Decimal(0)) == (none.next, none.batch_expected_usd)
    assert "there already" in none.next_why
    assert none.types[0].candidates[0].payback_days == 0.0


def test_where_nothing_pays_nothing_is_bought(tmp_path: Path) -> None:
    """A cap that pays for none of it, or traffic too thin for its proof, buys nothing, and says so."""
    cap = Decimal("0.00001")
    capped = worth(planned(tmp_path, heavy(400), cap, type_margin=0.1), cap)
    assert capped.next_why == "nothing: no purchase is expected to bring in what it costs within --max-spend"
    thin = spread(labelled(90), 10_000.0)
    assert worth(planned(tmp_path, thin, type_margin=0.2)).next_why.endswith("bring in what it costs")


def test_a_type_that_the_cap_left_out_is_still_offered(tmp_path: Path) -> None:
    """Its calls tell what a pair costs."""
    rows = heavy(200) + heavy(200, task_type="labels")
    for number, one in enumerate(rows):
        one["prompt_id"] = f"p{number}"
        one["response"] = one["response"] | {"id": f"msg_{number}"}
        one["request"] = one["request"] | {"max_tokens": 64 + (number >= 200)}
    plan = planned(tmp_path, rows, Decimal("0.000001"), type_margin=0.2)
    assert len(plan.prompts) == 1
    assert {"triage", "labels"} == {one.task_type for one in worth(plan).next}


def test_a_type_that_is_not_asked_is_not_bought(tmp_path: Path) -> None:
    """Free text has savings at stake, but no grader; it counts in no total."""
    free = [
        row(f"write {i}", f"A long answer of many words, number {i}, of its own. " * 3) for i in range(20)
    ]
    found = worth(planned(tmp_path, spread(heavy(200, task_type="labels") + free), type_margin=0.2))
    labels, letters = found.types
    assert (labels.is_asked, letters.is_asked, letters.best is not None) == (True, False, True)
    assert labels.best is not None
    assert labels.best.saving_month_usd == found.saving_month_usd
    assert {"labels"} == {one.task_type for one in found.next}


def test_by_batch_all_costs_half(tmp_path: Path) -> None:
    """Of what is quoted, without answers that are there; the plan's own quote is that of its way."""
    plan = planned(tmp_path, heavy(40))
    quote, found = Stages.of(plan).quote(), worth(plan)
    assert (quote.expected_usd / 2, quote.at_most_usd / 2) == (
        found.batch_expected_usd,
        found.batch_at_most_usd,
    )
    assert (quote.expected_usd, quote.at_most_usd) == (found.live_expected_usd, found.live_at_most_usd)
    batch = plan_of(plan.ask, None, DAY, by_batch=True)
    half, other = Stages.of(batch).quote(), worth(batch)
    assert (half.expected_usd, half.at_most_usd) == (quote.expected_usd / 2, quote.at_most_usd / 2)
    assert (other.live_expected_usd, other.batch_expected_usd) == (quote.expected_usd, half.expected_usd)
    assert other.proof_usd == half.expected_usd


def test_what_an_error_costs_is_part_of_what_is_asked() -> None:
    """A replay goes on with it; one from before it could be said asks the same as one without."""
    whole = Ask(places=("a",), error_cost_usd=Decimal("0.50"), error_costs_usd={"b": Decimal(2)})
    assert Ask.of(whole.settings()) == whole
    assert (Decimal(2), Decimal("0.50")) == (whole.error_cost_of("b"), whole.error_cost_of("c"))
    plain = Ask(places=("a",)).settings()
    assert not [name for name in plain if "error" in name]
    assert Ask.of(plain).error_cost_of("b") is None


def test_a_log_without_calls_has_no_span(tmp_path: Path) -> None:
    """Nothing was seen for no time."""
    plan = planned(tmp_path, labelled(20))
    empty = type(plan.traffic)(plan.traffic.quoter, {"t": Candidate(OPUS, Effort.LOW)}, {"t": ()})
    assert (empty.span_days, empty.types["t"].best_per_call_usd) == (0.0, None)
