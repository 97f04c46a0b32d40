"""From evidence to decisions, and from decisions to the policy document."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import CapabilityTable
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.document import Provenance, document, kind_of_change
from modelmix.optimize.fit import Fit, Scene, fit
from modelmix.optimize.goal import Goal
from modelmix.optimize.looks import Looks
from modelmix.optimize.why import points, why
from modelmix.policy.artifact import parse, render, signed
from modelmix.settings import load

BASE, CHEAP, MIDDLE = (
    Candidate("claude-opus-5-5"),
    Candidate("claude-haiku-5-5"),
    Candidate("claude-sonnet-5-5"),
)
GOAL = Goal(margin=0.02)


def made(
    name: str, n: int, cheap_loss: float, middle_loss: float, *, base_errors: float = 0.08
) -> TypeEvidence:
    """Draw a type whose arms truly lose as said, three per cent of answers differing besides."""
    chance = np.random.default_rng([n, len(name), round(1000 * cheap_loss)])
    right = chance.random(n) >= base_errors
    score = [right.astype(float)]
    for loss in (cheap_loss, middle_loss):
        flip = chance.random(n) < np.where(right, (0.015 + loss) / (1 - base_errors), 0.015 / base_errors)
        score.append((right ^ flip).astype(float))
    cost = np.tile([1.0, 0.1, 0.5], (n, 1)) * chance.uniform(0.5, 1.5, (n, 1))
    units = tuple(f"{name}-{i}" for i in range(n))
    return TypeEvidence(name, (BASE, CHEAP, MIDDLE), units, np.array(score).T, cost)


def scenes(*types: TypeEvidence, **more: Scene) -> dict[str, Scene]:
    """Give every type the same baseline and its size as volume."""
    return {e.task_type: more.get(e.task_type, Scene(BASE, float(len(e.units)))) for e in types}


def decided(*types: TypeEvidence, goal: Goal = GOAL, attempt: int = 1, **more: Scene) -> Fit:
    """Fit the types."""
    return fit(types, scenes(*types, **more), goal, attempt)


def test_holding_types_move_failing_ones_stay_and_small_ones_wait() -> None:
    """The three verdicts, each with its figures."""
    found = decided(made("holds", 2500, 0.0, 0.0), made("fails", 1200, 0.4, 0.3), made("small", 25, 0.0, 0.0))
    fails, holds, small = found.decisions
    assert (holds.verdict, fails.verdict, small.verdict) == (Verdict.CLEARS, Verdict.FAILS, Verdict.UNDECIDED)
    assert holds.move is not None
    assert holds.move.candidate == CHEAP
    assert small.more_pairs is not None
    assert small.more_usd is not None
    assert small.more_usd > 0
    assert 0.5 < found.saving_bound <= found.saving_share < 0.7
    assert found.moved_calls_share == pytest.approx(2500 / 3725)
    assert found.errors_after == pytest.approx(found.errors_before, abs=15)
    assert "CLEARS on claude-haiku-5-5" in why(holds)
    assert "fresh pairs" in why(holds)
    assert why(fails).count("FAILS on") == 2
    assert "would decide" in why(small)


def test_a_type_whose_baseline_was_not_measured_is_named() -> None:
    """Without the baseline's answers there is nothing to compare, and the type is listed."""
    found = decided(made("holds", 800, 0.0, 0.0), holds=Scene(Candidate("other"), 1.0))
    assert (found.decisions, found.no_baseline) == ((), ("holds",))
    assert math.isnan(found.errors_before)
    assert (found.saving_share, found.moved_calls_share) == (0.0, 0.0)


def test_errors_that_cost_keep_work_where_it_is() -> None:
    """With a wrong answer at a hundred times a call, a move that loses a point does not pay."""
    found = decided(made("holds", 2500, 0.01, 0.01), holds=Scene(BASE, 2500.0, error_cost_usd=200.0))
    assert not found.decisions[0].moved
    assert found.certified.pool is None


def test_where_errors_eat_the_saving_bigger_is_cheaper() -> None:
    """At the cost of an error the type stays, and says what an accepted outcome costs on both."""
    evidence = made("fails", 1200, 0.2, 0.1)
    (dear,) = decided(evidence, fails=Scene(BASE, 1200.0, error_cost_usd=20.0)).decisions
    assert "bigger is cheaper here: at $20.00 a wrong answer" in why(dear)
    assert "only while a wrong answer costs less than" in why(dear)
    net = dear.net(CHEAP)
    assert net is not None
    assert net.is_shown_eaten
    assert (dear.net(BASE), dear.moved) == (None, False)
    (free,) = decided(evidence).decisions
    assert free.nets == ()
    assert "bigger" not in why(free)


def test_where_fewer_errors_pay_a_dearer_candidate_is_named() -> None:
    """A type that stays on the cheapest says who costs less all told, and why it does not move."""
    evidence = made("fails", 1200, 0.2, 0.01)
    looks = {"fails": Looks(None, 900, 2, 2)}
    scene = {"fails": Scene(CHEAP, 1200.0, error_cost_usd=20.0)}
    (decision,) = fit((evidence,), scene, GOAL, 1, looks).decisions
    assert not decision.moved
    assert "no cheaper candidate was measured" in why(decision)
    assert "bigger would be cheaper here" in why(decision)
    assert "not put forward: the rows that it is chosen on promise too little" in why(decision)


def test_nothing_cheaper() -> None:
    """A type with no cheaper candidate says so."""
    evidence = made("t", 300, 0.0, 0.0)
    flipped = TypeEvidence(
        "t", evidence.arms, evidence.units, evidence.score, np.tile([1.0, 2.0, 3.0], (300, 1))
    )
    (decision,) = decided(flipped).decisions
    assert decision.verdict is Verdict.UNDECIDED
    assert "no cheaper candidate" in why(decision)


def test_unpriced_evidence_moves_nothing() -> None:
    """Without costs there is no saving to prove."""
    evidence = made("t", 300, 0.0, 0.0)
    bare = TypeEvidence("t", evidence.arms, evidence.units, evidence.score, np.full((300, 3), np.nan))
    found = decided(bare)
    assert not found.decisions[0].moved
    assert found.moved_spend_share == 0.0


def test_later_attempts_have_less_to_spend() -> None:
    """The second attempt on the same rows is tested at a fifth of the first one's level."""
    evidence = made("holds", 2500, 0.0, 0.0)
    first, second = decided(evidence), decided(evidence, attempt=2)
    assert second.certified.alpha == pytest.approx(first.certified.alpha / 5)
    assert second.certified.critical_z > first.certified.critical_z


def test_why_names_the_obstacle() -> None:
    """What cleared alone and still stays says what holds it back."""
    evidence = made("holds", 2500, 0.0, 0.0)
    absent = np.zeros(2500, dtype=bool)
    absent[:200] = True
    score = evidence.score.copy()
    score[:200, 1:] = 0.0
    score[200:, 1:] = 1.0
    sliced = TypeEvidence(
        "holds", evidence.arms, evidence.units, score, evidence.cost_usd, {"absent": absent}
    )
    (decision,) = decided(sliced).decisions
    assert "slice 'absent'" in why(decision)


def test_why_without_a_price() -> None:
    """Where a call of the baseline has no price, the pairs that are missing have none either."""
    decision = decided(made("small", 25, 0.0, 0.0)).decisions[0]
    assert "would decide" in why(decision)
    assert "would decide" not in why(replace(decision, more_usd=None))


def test_hopeless_and_many() -> None:
    """A loss beyond the margin that is not yet refuted has no number of pairs; long lists are cut."""
    names = tuple(Candidate(f"m{i}") for i in range(6))
    chance = np.random.default_rng(5)
    base = np.ones(60)
    score = np.column_stack([base, *[(chance.random(60) > 0.5).astype(float) for _ in range(5)]])
    cost = np.tile([1.0, 0.1, 0.2, 0.3, 0.4, 0.5], (60, 1))
    evidence = TypeEvidence("t", names, tuple(map(str, range(60))), score, cost)
    (decision,) = fit([evidence], {"t": Scene(names[0], 1.0)}, GOAL).decisions
    assert decision.verdict is Verdict.FAILS
    assert "and on 2 more" in why(decision)
    score[:, 1:] = 1.0
    score[:5, 1:] = 0.0
    (open_one,) = fit([evidence], {"t": Scene(names[0], 1.0)}, GOAL).decisions
    assert "no number would clear" in why(open_one)


def test_what_pairs_cannot_decide_names_no_pairs() -> None:
    """A type held back by its slice, and one passed over though it has rows enough, promise no number."""
    evidence = made("holds", 2500, 0.0, 0.0)
    absent = np.arange(2500) < 200
    score = evidence.score.copy()
    score[:200, 1:], score[200:, 1:] = 0.0, 1.0
    sliced = replace(evidence, score=score, slices={"absent": absent})
    (held,) = decided(sliced).decisions
    assert "slice 'absent'" in why(held)
    assert (held.more_pairs, "would decide" in why(held)) == (None, False)
    dear = decided(evidence, holds=Scene(BASE, 2500.0, error_cost_usd=16.0)).decisions[0]
    tested = (replace(dear.tested[0], finding=replace(dear.tested[0].finding, needed=100)),)
    passed_over = replace(held, move=None, tested=tested)
    assert "not put forward" in why(passed_over)
    assert held.move is not None
    unlucky = replace(passed_over, move=replace(held.move, why_not="type"))
    assert "not cleared by its fresh rows" in why(unlucky)


@pytest.mark.parametrize("attempt", [1, 3])
def test_the_stated_pairs_decide_about_four_times_of_five(attempt: int) -> None:
    """With as many more pairs as are said to be missing, a type that loses nothing mostly clears."""
    chance = np.random.default_rng(5)

    def drawn(n: int) -> TypeEvidence:
        right = chance.random(n) >= 0.08
        flip = chance.random(n) < np.where(right, 0.02 / 0.92, 0.02 / 0.08)
        score = np.column_stack([right, right ^ flip]).astype(float)
        units = tuple(f"{chance.integers(1 << 60)}" for _ in range(n))
        return TypeEvidence("t", (BASE, CHEAP), units, score, np.tile([1.0, 0.1], (n, 1)))

    goal = replace(GOAL, margin=0.06, type_margin=0.06)
    cleared = asked = 0
    for _ in range(60):
        seen = drawn(25)
        before = decided(seen, goal=goal, attempt=attempt).decisions[0]
        if before.more_pairs is None:
            continue
        asked += 1
        cleared += decided(drawn(25 + before.more_pairs), goal=goal, attempt=attempt + 1).decisions[0].moved
    assert asked > 20
    assert 0.6 <= cleared / asked <= 0.95


def test_clusters_that_span_types_are_not_counted_twice() -> None:
    """The same units under two names prove the pool no better than under one."""
    evidence = made("one", 700, 0.0, 0.0)
    alike = [replace(evidence, task_type=name) for name in ("one", "two")]
    apart = [alike[0], replace(alike[1], units=tuple(f"x{i}" for i in range(700)), prompts=())]
    goal = replace(GOAL, margin=0.035)
    pools = [decided(*types, goal=goal).certified.pool for types in (alike, apart)]
    assert pools[1] is not None
    assert pools[0] is None or pools[0].pairs < 0.6 * pools[1].pairs


def test_points() -> None:
    """Shares are written as points, unknown ones as such."""
    assert (points(0.021), points(math.nan)) == ("2.1 pp", "unknown")


@pytest.fixture(scope="module")
def capabilities() -> CapabilityTable:
    """Read the product's own table."""
    return load().capabilities()


def test_the_document_carries_its_certificate(capabilities: CapabilityTable) -> None:
    """What is written says what was proved, is signed, and reads back as the same."""
    types = (made("holds", 2500, 0.0, 0.0), made("fails", 1200, 0.4, 0.3), made("small", 25, 0.0, 0.0))
    critical = Scene(BASE, 25.0, error_cost_usd=0.001, critical=True)
    found = decided(*types, small=critical, fails=Scene(BASE, 1200.0, error_cost_usd=5.0))
    source = Provenance(
        name="p",
        version=3,
        created=datetime(2026, 11, 24, tzinfo=UTC),
        prices_as_of=date(2026, 11, 1),
        evidence_sha256="ab" * 32,
        graders={"a": "exact@1"},
        basis="volumes: prompts",
        templates={"fails": "0123456789abcdef"},
    )
    policy = signed(document(found, GOAL, source, capabilities))
    assert parse(render(policy), "policy.yaml") == policy
    assert policy.certificate is not None
    assert policy.certificate.verdict == "CLEARS"
    assert policy.certificate.expires == date(2027, 2, 22)
    assert policy.certificate.bound is not None
    assert policy.certificate.bound <= Decimal("0.02")
    assert policy.tasks["holds"].route == CHEAP
    assert policy.tasks["fails"].route == "baseline"
    assert policy.tasks["fails"].match.template == "0123456789abcdef"
    refused = policy.tasks["fails"].refused[0]
    assert refused.accepted is not None
    assert refused.accepted.candidate_usd > refused.accepted.baseline_usd
    assert refused.accepted.net_low_usd < refused.accepted.net_high_usd < 0
    assert refused.accepted.pairs == 1200
    assert policy.tasks["holds"].evidence is not None
    assert policy.tasks["holds"].evidence.accepted is None
    assert policy.tasks["small"].critical
    assert policy.certified("holds")
    assert not policy.certified("fails")


def test_a_document_in_which_nothing_moves(capabilities: CapabilityTable) -> None:
    """It is written all the same, says UNDECIDED, and routes nothing."""
    evidence = made("t", 300, 0.0, 0.0)
    flipped = TypeEvidence(
        "t", evidence.arms, evidence.units, evidence.score, np.tile([1.0, 2.0, 3.0], (300, 1))
    )
    source = Provenance("p", 1, datetime(2026, 11, 24, tzinfo=UTC), date(2026, 11, 1), "ab" * 32, {}, "b", {})
    policy = document(decided(flipped), GOAL, source, capabilities)
    assert policy.certificate is not None
    assert policy.certificate.verdict == "UNDECIDED"
    assert policy.routed() == {}


def test_what_kind_of_change_it_is(capabilities: CapabilityTable) -> None:
    """Effort, version and tier are told apart; an unknown model is just another model."""
    opus, low = BASE, Candidate(BASE.model, Effort.LOW)
    older = Candidate("claude-opus-4-8")
    assert kind_of_change(opus, low, capabilities) == "effort"
    assert kind_of_change(older, opus, capabilities) == "version"
    assert kind_of_change(older, low, capabilities) == "version-and-effort"
    assert kind_of_change(opus, CHEAP, capabilities) == "tier"
    assert kind_of_change(opus, Candidate("gpt"), capabilities) == "model"
