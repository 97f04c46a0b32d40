"""Looks at a type: what holds at each, and what a single look has in common with a plain test."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.sequential import Design, look
from modelmix.evaluate.verdict import Verdict, judge
from modelmix.optimize.attempts import alpha_of_attempt
from modelmix.optimize.certify import certify
from modelmix.optimize.choose import Choice, PutForward, choose
from modelmix.optimize.fit import Scene, fit, parted, stratum_of
from modelmix.optimize.goal import Goal
from modelmix.optimize.looks import Fixed, Looked, Looks, looked_at
from modelmix.optimize.stratum import Comparison, Stratum

A, B, C = Candidate("a"), Candidate("b"), Candidate("c")
GOAL = Goal(margin=0.02, type_margin=0.05)


def growing(*steps: tuple[int, int, int]) -> tuple[Pairs, ...]:
    """Add up steps of gains, losses and pairs."""
    found: list[Pairs] = []
    for gains, losses, n in steps:
        found.append((found[-1] if found else Pairs(0.0, 0.0, 0.0)) + Pairs(gains, losses, n))
    return tuple(found)


@st.composite
def looked(draw: st.DrawFn) -> Looked:
    """Draw a type at some look."""
    planned = draw(st.integers(2, 5))
    taken = draw(st.integers(1, planned))
    steps = [
        (draw(st.integers(0, 6)), draw(st.integers(0, 12)), draw(st.integers(20, 120))) for _ in range(taken)
    ]
    counts = growing(*steps)
    pairs = round(counts[-1].n) + (0 if taken == planned else draw(st.integers(1, 300)))
    return Looked(Looks(B, pairs, planned, taken), counts)


@settings(max_examples=80, deadline=None)
@given(test=looked(), margin=st.floats(0.02, 0.1), alpha=st.floats(0.001, 0.1))
def test_the_bound_lies_within_the_margin_exactly_where_it_clears(
    test: Looked, margin: float, alpha: float
) -> None:
    """Verdict, bound and p-value tell the same, and it never clears and fails at once."""
    found = test.finding(margin, alpha=alpha, alpha_refute=alpha)
    clears = found.verdict is Verdict.CLEARS
    assert clears == (found.bound <= margin + 1e-9)
    if abs(test.p_value(margin) - alpha) > 1e-9:
        assert clears == (test.p_value(margin) <= alpha)
    if found.verdict is Verdict.FAILS:
        assert test.p_value_refuted(margin) <= alpha * (1.0 + 1e-6)
        assert test.has_failed(margin, alpha)
    assert test.at_least(margin, alpha) <= found.loss + 1e-12


def test_a_look_is_that_of_the_sequential_design() -> None:
    """Bound, futility and p-value are those of the design at its latest look."""
    counts = growing((1, 2, 100), (1, 1, 100), (0, 2, 100))
    test = Looked(Looks(B, 500, 5, 3), counts)
    seen = look(Design(500, 0.06, 0.02), counts)
    found = test.finding(0.06, alpha=0.02, alpha_refute=0.02)
    assert (seen.p_repeated, seen.finding.verdict) == (test.p_value(0.06), found.verdict)
    assert found.bound <= seen.finding.bound
    assert seen.futile == test.is_futile(0.06, 0.02)
    bad = Looked(Looks(B, 500, 5, 2), growing((0, 20, 100), (0, 18, 100)))
    assert bad.is_futile(0.06, 0.02)
    assert bad.has_failed(0.06, 0.02)
    assert bad.finding(0.06, alpha=0.02, alpha_refute=0.02).verdict is Verdict.FAILS


def test_what_cleared_once_stays_cleared() -> None:
    """Repeated bounds hold all at once: a later look that is worse takes nothing back."""
    good, worse = (0, 0, 200), (0, 14, 200)
    once = Looked(Looks(B, 1000, 5, 2), growing(good, good))
    later = Looked(Looks(B, 1000, 5, 3), growing(good, good, worse))
    assert once.finding(0.03, alpha=0.05, alpha_refute=0.05).verdict is Verdict.CLEARS
    assert later.finding(0.03, alpha=0.05, alpha_refute=0.05).verdict is Verdict.CLEARS


def test_a_design_is_checked() -> None:
    """Looks are 1 to 5, and no more are taken than planned."""
    for pairs, planned, taken in ((-1, 5, 0), (10, 0, 0), (10, 6, 0), (10, 3, 4), (10, 3, -1)):
        with pytest.raises(ValueError, match="plan 1 to 5 looks"):
            Looks(B, pairs, planned, taken)


def rows(n: int, losses: int, name: str = "t", looks: int = 5, seed: int = 0) -> TypeEvidence:
    """Build a type of n prompts whose first fifth is for choosing, and whose rest comes in by looks."""
    chance = np.random.default_rng(seed)
    score = np.ones((n, 3))
    score[chance.permutation(n)[:losses], 1] = 0.0
    fresh = n - n // 5
    look_of = (0,) * (n // 5) + tuple(-(-rank * looks // fresh) for rank in range(1, fresh + 1))
    score[n // 5 :, 2] = np.nan
    units = tuple(f"{name}-{i}" for i in range(n))
    return TypeEvidence(name, (A, B, C), units, score, np.tile([1.0, 0.2, 0.5], (n, 1)), {}, (), look_of)


def test_pairs_are_counted_look_by_look() -> None:
    """Counts grow; a look without a pair is none; without looks, or with one, all is tested once."""
    evidence = rows(100, 0)
    fresh = parted(evidence, GOAL, Looks(B, 80, 5, 3))[1]
    test = looked_at(fresh, Looks(B, 80, 5, 3), B, A)
    assert isinstance(test, Looked)
    assert [pairs.n for pairs in test.counts] == [16, 32, 48]
    sparse = looked_at(
        evidence.take(np.array([look in {0, 2, 4} for look in evidence.look])), Looks(B, 80, 5, 5), B, A
    )
    assert isinstance(sparse, Looked)
    assert [pairs.n for pairs in sparse.counts] == [16, 32]
    for looks in (None, Looks(B, 80, 1, 1)):
        assert looked_at(evidence, looks, B, A) == Fixed(evidence.pairs(1, 0))
    assert looked_at(evidence, Looks(Candidate("z"), 80, 5, 5), Candidate("z"), A) == Fixed(
        Pairs(0.0, 0.0, 0.0)
    )
    assert looked_at(evidence.at_looks(0, 0), Looks(B, 80, 5, 5), B, A) == Fixed(Pairs(0.0, 0.0, 0.0))


def test_rows_are_parted_as_the_looks_did() -> None:
    """Rows of no look are for choosing, those of looks taken are fresh, the others do not count yet."""
    choosing, fresh = parted(rows(100, 0), GOAL, Looks(B, 80, 5, 2))
    assert (len(choosing.units), len(fresh.units), set(fresh.look)) == (20, 32, {1, 2})


def test_what_was_put_forward_stays_and_nothing_else_can_be() -> None:
    """Candidates without fresh rows are not chosen, whatever the choosing rows say of them."""
    strata = [stratum_of(parted(rows(200, 0), GOAL, Looks(C, 160, 5, 0))[0], Scene(A, 1.0))]
    assert [move.candidate for move in choose(strata, GOAL, 0.04).moves] == [B]
    assert [move.candidate for move in choose(strata, GOAL, 0.04, {"t": C}).moves] == [C]
    assert choose(strata, GOAL, 0.04, {"t": None}).moves == ()


@pytest.mark.parametrize("losses", [0, 2, 9, 30])
def test_one_look_is_a_plain_test(losses: int) -> None:
    """A design with a single look decides, to the last digit, as the same rows without one."""
    drawn = rows(1000, losses, "t", 1)
    evidence = replace(drawn, score=np.nan_to_num(drawn.score, nan=1.0))
    scene = Scene(A, 10.0)
    (move,) = fit([evidence], {"t": scene}, GOAL, looks={"t": Looks(B, 800, 1, 1)}).certified.moves
    choice = Choice((move.put,), 0.02)
    fresh = stratum_of(evidence.at_looks(1, 1), scene)
    plain = certify([fresh], choice, alpha_of_attempt(0.05, 1), guard=0.05)
    assert plain.moves == (move,)
    assert move.looks == 0


def test_a_fit_reads_looks() -> None:
    """What cleared at its third look moves on its pairs so far; what has no candidate stays."""
    types = [rows(2000, 1, "good"), rows(2000, 300, "bad", seed=1), rows(2000, 0, "unasked", seed=2)]
    scenes = {one.task_type: Scene(A, 10.0) for one in types}
    types = [one.at_looks(0, 3) for one in types[:2]] + [types[2].at_looks(0, 0)]
    looks = {"good": Looks(B, 1600, 5, 3), "bad": Looks(B, 1600, 5, 3), "unasked": Looks(None, 0, 5, 0)}
    found = {one.stratum.task_type: one for one in fit(types, scenes, GOAL, looks=looks).decisions}
    assert [found[name].verdict for name in ("good", "unasked")] == ["CLEARS", "UNDECIDED"]
    tested = {one.comparison.candidate: one.finding.verdict for one in found["bad"].tested}
    assert tested == {B: Verdict.FAILS, C: Verdict.UNDECIDED}
    assert found["good"].move is not None
    assert (found["good"].move.looks, found["good"].move.finding.pairs) == (3, 960)
    assert found["unasked"].move is None


def stratum(name: str, pairs: Pairs) -> Stratum:
    """Build a stratum of one candidate."""
    return Stratum(name, A, 1.0, 1.0, 0.1, None, False, (Comparison(B, pairs, 0.8, 0.001),))


def test_sets_of_different_looks_are_pooled_apart_and_put_together() -> None:
    """Each set stands at its own look's critical value; the whole has the mean loss and the mean bound."""
    one, other = growing((0, 0, 600), (0, 1, 600)), growing(*[(0, 0, 300)] * 5)
    tests = {"x": Looked(Looks(B, 3000, 5, 2), one), "y": Looked(Looks(B, 1500, 5, 5), other)}
    choice = Choice(tuple(PutForward(name, B, 0.05, 0.8) for name in tests), 0.02)
    strata = [stratum(name, test.pairs) for name, test in tests.items()]
    found = certify(strata, choice, 0.04, looked=tests)
    assert [(move.moved, move.looks) for move in found.moves] == [(True, 2), (True, 5)]
    alone = [
        certify(strata, replace(choice, moves=(put,)), 0.04, looked={put.task_type: tests[put.task_type]})
        for put in choice.moves
    ]
    assert found.pool is not None
    assert all(part.pool is not None and part.pool.bound < found.pool.margin for part in alone)
    assert found.pool.loss == pytest.approx((1 / 1200 + 0.0) / 2)
    assert (found.pool.verdict, found.pool.bound <= 0.02) == (Verdict.CLEARS, True)


def test_types_that_are_tested_once_stand_at_the_last_look() -> None:
    """They pool with what has come to the end of its looks, and share the level of that look."""
    pairs = Pairs(0.0, 0.0, 400.0)
    test = Looked(Looks(B, 400, 5, 5), growing(*[(0, 0, 80)] * 5))
    choice = Choice(tuple(PutForward(name, B, 0.05, 0.8) for name in ("x", "y")), 0.02)
    found = certify([stratum("x", pairs), stratum("y", pairs)], choice, 0.04, looked={"x": test})
    assert [move.moved for move in found.moves] == [True, True]
    assert found.pool is not None
    assert found.pool.pairs == pytest.approx(800.0)
    assert found.moves[1].finding == judge(pairs, 0.05, alpha=found.moves[1].finding.alpha, alpha_refute=0.02)


def test_designs_of_other_numbers_of_looks_share_the_level() -> None:
    """Three and five looks each have half of it."""
    tests = {
        "x": Looked(Looks(B, 900, 3, 3), growing(*[(0, 0, 300)] * 3)),
        "y": Looked(Looks(B, 1500, 5, 5), growing(*[(0, 0, 300)] * 5)),
    }
    choice = Choice(tuple(PutForward(name, B, 0.05, 0.8) for name in tests), 0.02)
    strata = [stratum(name, test.pairs) for name, test in tests.items()]
    found = certify(strata, choice, 0.04, looked=tests)
    alone = certify(strata[1:], Choice(choice.moves[1:], 0.02), 0.04, looked={"y": tests["y"]})
    assert all(move.moved for move in found.moves)
    assert found.critical_z > alone.critical_z
