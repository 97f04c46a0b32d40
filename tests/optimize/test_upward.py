"""Moves upward: put forward where they promise more, certified on cost and on quality, never on one alone."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.document import Provenance, document
from modelmix.optimize.fit import Fit, Scene, fit
from modelmix.optimize.goal import Goal
from modelmix.optimize.looks import Looks
from modelmix.optimize.upward import net_test
from modelmix.optimize.why import why
from modelmix.policy.artifact import parse, render, signed, to_policy
from modelmix.policy.document import PolicyDocument
from modelmix.policy.evidence import UPWARD
from modelmix.settings import load

CHEAP, BASE, DEAR = (
    Candidate("claude-haiku-5-5"),
    Candidate("claude-sonnet-5-5"),
    Candidate("claude-opus-5-5"),
)
GOAL = Goal(margin=0.02)


def made(
    n: int, gain: float, extra_usd: float = 1.0, *, cheap_loss: float = 0.3, name: str = "t", seed: int = 0
) -> TypeEvidence:
    """Draw a type: today's model errs in a third of cases, the dearer one gains, the cheaper one loses."""
    chance = np.random.default_rng([n, round(1000 * gain), seed])
    right = chance.random(n) < 0.65
    dear = np.where(right, chance.random(n) >= 0.05, chance.random(n) < (gain + 0.05 * 0.65) / 0.35)
    cheap = right & (chance.random(n) >= cheap_loss / 0.65)
    skew = chance.lognormal(-0.5, 1.0, (n, 3))
    cost = skew * np.array([0.2, 1.0, 1.0 + extra_usd])
    score = np.array([cheap, right, dear], dtype=float).T
    units = tuple(f"{name}-{i}" for i in range(n))
    return TypeEvidence(name, (CHEAP, BASE, DEAR), units, score, cost)


def decided(
    *types: TypeEvidence, error_usd: float | None = 50.0, goal: Goal = GOAL, critical: bool = False
) -> Fit:
    """Fit the types, each with its size as volume."""
    scenes = {e.task_type: Scene(BASE, float(len(e.units)), error_usd, critical) for e in types}
    return fit(types, scenes, goal)


def written(found: Fit) -> PolicyDocument:
    """Write what is decided as a signed policy."""
    source = Provenance(
        "p", 1, datetime(2026, 11, 24, tzinfo=UTC), date(2026, 11, 23), "ab" * 32, {}, "b", {}
    )
    return signed(document(found, GOAL, source, load().capabilities()))


def test_a_dearer_candidate_that_saves_errors_is_proven_and_said() -> None:
    """At $50 a wrong answer eight points are worth more than a call costs, and it is said from when on."""
    found = decided(made(900, 0.08))
    (decision,) = found.decisions
    assert decision.moved
    assert decision.move is not None
    net = decision.move.net
    assert net is not None
    assert decision.move.candidate == DEAR
    assert net.call_saving_usd < 0 < decision.move.net_bound_usd < net.saving_usd
    assert found.saving_share < 0 < found.net.bound < found.net.share
    said = why(decision)
    assert "bigger is cheaper here: a call costs" in said
    assert "pays only while one costs more than $" in said
    policy = written(found)
    entry = policy.tasks["t"]
    assert (entry.route, entry.evidence.kind if entry.evidence else "") == (DEAR, UPWARD)
    assert policy.certificate is not None
    assert policy.certificate.method.endswith("gaffke net")
    assert policy.certificate.net_saving_bound is not None
    assert policy.certified("t")
    assert parse(render(policy)) == policy
    served = to_policy(policy, load().capabilities())
    assert served.refused == ()


def test_a_policy_that_lies_about_the_net_is_not_believed() -> None:
    """A route up is certified only with a net bound above zero, at a cost of errors at which it pays."""
    policy = written(decided(made(900, 0.08)))
    entry = policy.tasks["t"]
    assert entry.evidence is not None
    assert entry.evidence.upward is not None
    for upward in (
        None,
        entry.evidence.upward.model_copy(update={"net_bound_usd": Decimal(0)}),
        entry.evidence.upward.model_copy(update={"pays_above_usd": Decimal(60)}),
    ):
        evidence = entry.evidence.model_copy(update={"upward": upward})
        tasks = {"t": entry.model_copy(update={"evidence": evidence})}
        assert not policy.model_copy(update={"tasks": tasks}).certified("t")
    unsaid = policy.model_copy(update={"tasks": {"t": entry.model_copy(update={"bar": None})}})
    assert not unsaid.certified("t")
    bar = policy.bar.model_copy(update={"error_cost_usd": Decimal(50)})
    assert unsaid.model_copy(update={"bar": bar}).certified("t")


@pytest.mark.parametrize("error_usd", [None, 5.0])
def test_nothing_moves_up_where_errors_cost_nothing_or_little(error_usd: float | None) -> None:
    """Without a cost of a wrong answer, or below the break-even, a dearer candidate is not put forward."""
    (decision,) = decided(made(900, 0.08), error_usd=error_usd).decisions
    assert decision.move is None or decision.move.candidate == CHEAP
    assert not decision.moved


def test_a_saving_that_the_fresh_rows_do_not_show_stays_and_says_so() -> None:
    """A gain that choosing rows promise and fresh rows do not carry is put forward and not moved."""
    for seed in range(60):
        (decision,) = decided(made(260, 0.035, seed=seed)).decisions
        if decision.move is not None and decision.move.why_not == "net":
            assert not decision.moved
            assert decision.move.finding.verdict is Verdict.UNDECIDED
            assert decision.move.put.is_upward
            break
    else:
        pytest.fail("no world in which only the net saving is missing")


def test_the_larger_promise_of_a_type_is_put_forward() -> None:
    """Where a cheaper candidate loses nothing, it is put forward unless the dearer one saves more."""
    (down,) = decided(made(2500, 0.0, 0.2, cheap_loss=0.0), error_usd=1.0).decisions
    assert down.move is not None
    assert (down.move.candidate, down.move.net) == (CHEAP, None)
    (up,) = decided(made(2500, 0.1, 0.2, cheap_loss=0.0), error_usd=100.0).decisions
    assert up.move is not None
    assert up.move.candidate == DEAR


def test_what_moves_up_does_not_pay_for_what_is_lost_by_moving_down() -> None:
    """The pool of what moves down is tested without the gains of what moves up."""
    up, down = made(2500, 0.12, name="up"), made(1500, 0.0, 5.0, cheap_loss=0.019, name="down")
    scenes = {"up": Scene(BASE, 2500.0, 50.0), "down": Scene(BASE, 1500.0)}
    both = {d.stratum.task_type: d for d in fit((up, down), scenes, GOAL).decisions}
    assert both["up"].moved
    assert both["down"].move is not None
    assert both["down"].move.why_not in {"pool", "type"}


def test_a_slice_that_loses_holds_a_move_up_back() -> None:
    """A dearer candidate that a named slice refutes stays, and the reason is said."""
    evidence = made(900, 0.08)
    score = evidence.score.copy()
    few = np.arange(900) % 10 == 0
    score[few, 2], score[few, 1] = 0.0, 1.0
    score[~few, 2] = np.maximum(score[~few, 2], score[~few, 1])
    rows = TypeEvidence("t", evidence.arms, evidence.units, score, evidence.cost_usd, {"german": few})
    (decision,) = decided(rows, error_usd=500.0).decisions
    if decision.move is not None:
        assert decision.move.why_not in {"slice german", "net", "type"}
    assert not decision.moved


def test_a_critical_type_moves_up_only_without_one_regression() -> None:
    """Critical stays critical on the way up."""
    (decision,) = decided(made(2500, 0.1), critical=True).decisions
    assert decision.move is not None
    assert decision.move.why_not == "critical"
    assert "a pair regressed" in why(decision)


def test_types_that_were_looked_at_move_up_only_where_tested_once() -> None:
    """Rows that a look may have ended show no net saving; a single look tests all of them."""
    evidence = made(900, 0.08)
    look = tuple(0 if i % 5 == 0 else 1 for i in range(900))
    rows = replace(evidence, look=look)
    scenes = {"t": Scene(BASE, 900.0, 50.0)}
    for planned, moves in ((1, True), (2, False)):
        looks = {"t": Looks(DEAR, 720, planned, 1)}
        (decision,) = fit((rows,), scenes, GOAL, 1, looks).decisions
        assert decision.moved is moves
    (decision,) = fit((rows,), scenes, GOAL, 1, {"t": Looks(None, 720, 1, 1)}).decisions
    assert decision.move is None


def test_not_put_forward_is_said() -> None:
    """Where all rows show it and few of them are for choosing, the reason says so."""
    (decision,) = decided(made(120, 0.2), error_usd=30.0, goal=Goal(0.02, choosing_share=0.04)).decisions
    assert not decision.moved
    if "bigger would be cheaper" in why(decision):
        assert "not put forward" in why(decision) or "put forward, and" in why(decision)


def test_a_missing_arm_shows_nothing() -> None:
    """Rows without the candidate, or without one cost, test nothing."""
    evidence = made(50, 0.1)
    absent = net_test(evidence, Candidate("claude-fable-5"), BASE, 10.0)
    assert (absent.p_value, absent.bound_usd(0.05)) == (1.0, -10.0)
    assert absent.pays_above_usd is None
    unpriced = net_test(replace(evidence, cost_usd=np.full((50, 3), math.nan)), DEAR, BASE, 10.0)
    assert unpriced.p_value == 1.0
    assert math.isnan(unpriced.saving_usd)
    no_cost = net_test(evidence, DEAR, BASE, 0.0)
    assert math.isnan(no_cost.gain_share)
    assert no_cost.saving_usd == pytest.approx(no_cost.call_saving_usd)


@given(st.integers(2, 40), st.integers(0, 10**6), st.floats(0.1, 100.0))
@settings(max_examples=40, deadline=None)
def test_the_net_is_the_saving_and_the_gain_together(n: int, seed: int, error_usd: float) -> None:
    """Net saving is the call's plus error cost times gain, and the break-even is where it is none."""
    test = net_test(made(n, 0.1, seed=seed), DEAR, BASE, error_usd)
    assert test.saving_usd == pytest.approx(test.call_saving_usd + error_usd * test.gain_share)
    if test.pays_above_usd:
        assert test.call_saving_usd + test.pays_above_usd * test.gain_share == pytest.approx(0.0, abs=1e-9)


def false_share(worlds: int, n: int, gain: float) -> float:
    """Share of worlds in which a move up is certified though it saves nothing, or loses the margin."""
    false = 0
    for seed in range(worlds):
        rows = made(n, gain, 50.0 * gain, cheap_loss=0.5, seed=seed)
        false += decided(rows).decisions[0].moved
    return false / worlds


def test_at_the_boundary_it_is_seldom_false() -> None:
    """Where the errors saved are worth just what the calls cost, few worlds certify the move."""
    assert false_share(150, 300, 0.06) <= 0.04


@pytest.mark.soak
@pytest.mark.parametrize(("n", "gain"), [(60, 0.1), (300, 0.06), (1200, 0.03)])
def test_at_the_boundary_for_long(n: int, gain: float) -> None:
    """The level of the first attempt holds in 5,000 worlds."""
    assert false_share(5000, n, gain) <= 0.04
