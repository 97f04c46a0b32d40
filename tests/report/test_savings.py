"""Savings: today, proven, refused, undecided, live and realised."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.usage import Usage
from modelmix.pipeline.audit import Window
from modelmix.pipeline.savings import savings
from modelmix.policy.by_type import State
from modelmix.policy.document import PolicyDocument
from modelmix.report.savings import Savings, Standing
from report.ledgers import (
    BOOK,
    CAPABILITIES,
    HAIKU,
    HAIKU_USD,
    NOTHING,
    NOW,
    OPUS_USD,
    SONNET,
    START,
    call,
    entry,
    moved,
    policy_of,
)

POLICY = policy_of()


def of(
    calls: Iterable[Call],
    policy: PolicyDocument = POLICY,
    now: datetime = NOW,
    window: Window | None = None,
) -> Savings:
    """Apply a policy to calls."""
    return savings(policy, calls, BOOK, CAPABILITIES, now, window)


def test_a_share_of_what_asks_for_the_baseline_is_saved() -> None:
    """Forms are proven, tickets refused, reports at stake; all of them lie within today's spend."""
    found = of([call(i, name) for name in ("forms", "tickets", "reports", "chat") for i in range(4)])
    assert found.calls == 16
    assert found.today_usd == 16 * OPUS_USD
    assert found.proven_usd == 4 * OPUS_USD * Decimal("0.9")
    assert found.proven_bound_usd == 4 * OPUS_USD * Decimal("0.88")
    assert found.refused_usd == found.undecided_usd == found.proven_usd
    assert found.after_usd == found.today_usd - found.proven_usd
    assert (found.other_calls, found.other_usd) == (4, 4 * OPUS_USD)
    assert [row.standing for row in found.types] == [Standing.PROVEN, Standing.REFUSED, Standing.UNDECIDED]
    assert (found.live, found.live_usd, found.live_bound_usd) == ((), NOTHING, NOTHING)


def test_an_explicit_choice_is_not_moved() -> None:
    """Another model, or another effort than the baseline's, is spend of the type and saves nothing."""
    other = replace(call(1, "forms"), effort=Effort.MAX)
    row = of([call(0, "forms"), other, call(2, "forms", SONNET)]).types[0]
    assert (row.calls, row.explicit_calls) == (1, 2)
    assert row.saving_usd == OPUS_USD * Decimal("0.9")


def test_moved_calls_count_today_at_the_mean_of_their_baseline() -> None:
    """What a gateway has moved is compared with what its type's calls cost on the baseline."""
    twice = Usage(2000, output_tokens=200)
    calls = [call(0, "forms"), call(1, "forms", usage=twice), moved(2, "forms", POLICY)]
    found = of(calls)
    row = found.types[0]
    assert (row.calls, row.estimated_calls) == (3, 1)
    assert row.today_usd == Decimal("4.5") * OPUS_USD
    assert found.realised.calls == 1
    assert found.realised.saving_usd == Decimal("1.5") * OPUS_USD - HAIKU_USD
    assert (row.is_live, row.live_calls, found.live) == (True, 1, (row,))
    assert found.live_usd == row.saving_usd
    assert found.live_bound_usd == row.saving_bound_usd
    # s^2 = OPUS^2 / 2, one moved call, two of the baseline: s^2 (1 + 1/2)
    assert float(found.realised.error_usd) == pytest.approx(float(OPUS_USD) * 0.75**0.5)
    assert found.realised.saving_bound_usd < found.realised.saving_usd


def test_the_mean_may_come_from_before_the_window() -> None:
    """Where all calls of the window are moved, the baseline's earlier calls tell what they replaced."""
    since = START + timedelta(hours=24)
    found = of([call(0, "forms"), moved(30, "forms", POLICY)], window=Window(since=since))
    assert found.types[0].today_usd == OPUS_USD
    assert (found.since, found.realised.unreferenced_calls) == (since, 0)


def test_without_a_baseline_call_a_moved_one_saves_nothing() -> None:
    """A counterfactual that nobody knows is not invented."""
    found = of([moved(0, "forms", POLICY)])
    assert found.types[0].today_usd == HAIKU_USD
    assert found.realised.saving_usd == 0
    assert found.realised.unreferenced_calls == 1


def test_a_call_moved_by_an_earlier_policy_is_realised_but_not_live() -> None:
    """Live is what this very policy serves; an unknown type is compared with its own kind."""
    old = policy_of(chat=entry("chat", "CLEARS", moved=True))
    calls = [call(0, "forms"), moved(1, "forms", old), call(2, "chat"), moved(3, "chat", old)]
    found = of(calls)
    assert not found.types[0].is_live
    assert found.realised.counterfactual_usd == 2 * OPUS_USD
    assert (found.other_calls, found.other_usd) == (2, 2 * OPUS_USD)


def test_a_call_moved_from_another_baseline_is_an_explicit_choice_now() -> None:
    """This policy would not move it; its counterfactual is that of calls like it."""
    was = replace(moved(1, "forms", policy_of(x=entry("x", "CLEARS", moved=True))), model_requested=SONNET)
    found = of([call(0, "forms", SONNET), was])
    sonnet_usd = BOOK.cost(was.usage, SONNET, START).total_usd
    assert (found.types[0].calls, found.types[0].explicit_calls) == (0, 2)
    assert found.explicit_usd == 2 * sonnet_usd
    assert found.realised.saving_usd == sonnet_usd - HAIKU_USD


def test_a_failed_call_costs_nothing_on_either_side() -> None:
    """An error answer is not billed: it says nothing of means, and saved nothing."""
    failed = replace(moved(1, "forms", POLICY), usage=Usage(), status=529)
    found = of([call(0, "forms"), replace(call(2, "forms"), usage=Usage(), status=500), failed])
    assert found.types[0].today_usd == OPUS_USD
    assert found.realised.calls == 0


def test_a_virtual_model_asks_for_the_baseline() -> None:
    """Who leaves the choice to the policy would have had the baseline."""
    virtual = replace(moved(1, "forms", POLICY), model_requested="modelmix")
    found = of([call(0, "forms"), virtual])
    assert (found.types[0].calls, found.types[0].today_usd) == (2, 2 * OPUS_USD)
    stray = replace(call(2, "chat"), model_requested="modelmix")
    assert of([stray]).other_calls == 1


def test_replays_are_the_cost_of_proof() -> None:
    """What a replay called is no traffic, and is summed apart."""
    found = of([call(0, "forms"), call(1, "forms", source="replay"), call(2, "forms", "x", source="replay")])
    proof = found.proof
    assert (found.calls, proof.calls, proof.usd, proof.unpriced_calls) == (1, 2, OPUS_USD, 1)
    assert (found.unpriced_calls, found.by_source, proof.basis) == (0, {"messages": 1}, "measured")


def test_proof_is_what_it_has_cost_so_far() -> None:
    """A window limits the traffic and not the proof; what the practice API answered cost nobody anything."""
    practice = replace(call(1, "forms", source="replay"), call_id="msg_sim1")
    found = of([call(0, "forms"), practice], window=Window(until=START))
    assert (found.calls, found.proof.calls, found.proof.basis) == (0, 1, "simulated")
    assert of([]).proof.basis == "measured"


def test_what_has_no_price_is_in_no_sum() -> None:
    """Unknown models and unknown usage are counted, never taken for free."""
    unknown = replace(call(1, "forms"), error="usage-unknown")
    found = of([call(0, "forms"), unknown, call(2, "forms", "claude-unheard-of")])
    assert (found.unpriced_calls, found.types[0].unpriced_calls) == (2, 2)
    assert found.today_usd == OPUS_USD


def test_a_move_pays_below_the_break_even() -> None:
    """Saving per call over the loss, and over its bound; no loss, no break-even."""
    row = of([call(0, "forms"), call(1, "forms")]).types[0]
    per_call = OPUS_USD * Decimal("0.9")
    assert row.pays_while_error_below_usd == per_call / Decimal("0.004")
    assert row.pays_for_sure_while_error_below_usd == per_call / Decimal("0.011")
    free = policy_of(forms=entry("forms", "CLEARS", moved=True, loss=-0.01, bound=0))
    better = of([call(0, "forms")], free).types[0]
    assert better.pays_while_error_below_usd is None
    assert better.pays_for_sure_while_error_below_usd is None
    assert of([]).types[0].pays_while_error_below_usd is None
    dearer = policy_of(forms=entry("forms", "CLEARS", moved=True, saving_share=-0.5))
    assert of([call(0, "forms")], dearer).types[0].pays_while_error_below_usd == 0


def test_the_cost_of_an_error_is_the_types_own_or_the_policys() -> None:
    """One wrong answer has one cost."""
    own = entry("forms", "CLEARS", moved=True)
    own = own.model_copy(update={"bar": own.bar.model_copy(update={"error_cost_usd": Decimal(4)})})  # type: ignore[union-attr]  # it has one
    bare = entry("chat", "CLEARS", moved=True).model_copy(update={"bar": None})
    rows = of([], policy_of(forms=own, chat=bare)).types
    assert [row.error_cost_usd for row in rows] == [Decimal(4), Decimal(1)]
    assert [row.type_margin for row in rows] == [Decimal("0.03"), None]


def test_what_is_not_certified_is_not_proven() -> None:
    """A policy written by hand proves nothing; nor does one whose days are over, grace included."""
    by_hand = POLICY.model_copy(
        update={
            "sha256": None,
            "certificate": None,
            "tasks": {"forms": POLICY.tasks["forms"].model_copy(update={"evidence": None})},
        }
    )
    row = of([call(0, "forms")], by_hand).types[0]
    assert (row.standing, row.is_moved, row.saving_usd) == (Standing.UNMEASURED, True, None)
    late = of([call(0, "forms")], now=datetime(2027, 3, 20, tzinfo=UTC))
    assert (late.policy_state, late.types[0].standing) == (State.EXPIRED, Standing.UNDECIDED)
    assert late.proven_usd == 0
    grace = of([call(0, "forms")], now=datetime(2027, 3, 1, tzinfo=UTC))
    assert (grace.policy_state, grace.types[0].standing) == (State.GRACE, Standing.PROVEN)


def test_a_type_without_evidence_has_no_saving() -> None:
    """What was never measured is not zero."""
    bare = POLICY.tasks["tickets"].model_copy(update={"evidence": None, "why": None})
    row = of([call(0, "tickets")], policy_of(tickets=bare)).types[0]
    assert (row.candidate, row.verdict, row.saving_usd, row.why) == (None, "", None, "")
    priceless = policy_of(forms=entry("forms", "CLEARS", moved=True, saving_share=None, saving_bound=None))
    found = of([call(0, "forms")], priceless)
    assert (found.types[0].saving_usd, found.proven_usd, found.proven_bound_usd) == (None, NOTHING, NOTHING)


def test_a_month_needs_a_day() -> None:
    """Amounts scale with the span of the traffic; an hour says nothing of a month."""
    found = of([call(0, "forms"), call(48, "forms")])
    assert found.days == 2
    assert found.scaled(Decimal(3)) == Decimal(45)
    assert found.scaled(Decimal(3), 365) == Decimal("547.5")
    assert of([call(0, "forms"), call(1, "forms")]).scaled(Decimal(3)) is None
    assert (of([]).days, of([], window=Window(since=START)).since) == (NOTHING, None)
    assert of([call(0, "forms")], window=Window(until=datetime(2030, 1, 1, tzinfo=UTC))).until == NOW


def test_transcripts_are_told_apart() -> None:
    """A transcript may be a subscription's, whose tokens save no dollars."""
    assert of([call(0, "forms", source="claude-code"), call(1, "forms")]).transcript_calls == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["forms", "tickets", "reports", "chat"]),
            st.integers(0, 10**6),
            st.booleans(),
            st.sampled_from(["messages", "replay", "gateway"]),
        ),
        max_size=30,
    )
)
def test_today_is_the_sum_of_its_parts(rows: list[tuple[str, int, bool, str]]) -> None:
    """Every priced call of the traffic is in exactly one part, and order does not matter."""
    calls = [
        moved(i, name, POLICY, Usage(tokens))
        if is_moved
        else call(i, name, usage=Usage(tokens), source=source)
        for i, (name, tokens, is_moved, source) in enumerate(rows)
    ]
    found, again = of(calls), of(reversed(calls))
    parts = sum((row.today_usd + row.explicit_usd for row in found.types), found.other_usd)
    assert round(found.today_usd - parts, 12) == 0
    assert found.calls + found.proof.calls == len(calls)
    assert round(found.today_usd - again.today_usd, 12) == round(found.proven_usd - again.proven_usd, 12) == 0
    spent = [BOOK.cost(c.usage, c.model_served, c.at).total_usd for c in calls if c.source != "replay"]
    assert round(found.today_usd - found.realised.saving_usd - sum(spent, NOTHING), 12) == 0


def test_the_route_is_read_from_evidence_where_a_type_stays() -> None:
    """A declined candidate is named with what it would have saved."""
    row = of([call(0, "tickets")]).types[1]
    assert (row.candidate, row.is_moved) == (Candidate(HAIKU), False)
