"""Choosing on some rows and certifying on others."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate
from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.certify import certify
from modelmix.optimize.choose import Choice, PutForward, choose
from modelmix.optimize.goal import Goal
from modelmix.optimize.stratum import Comparison, Stratum

BASE, CHEAP, MIDDLE = Candidate("base"), Candidate("cheap"), Candidate("middle")
GOAL = Goal(margin=0.02)


def stratum(
    name: str,
    pairs: Pairs,
    *,
    saving: float = 0.8,
    spread: float = 0.001,
    slices: Mapping[str, Pairs] | None = None,
    candidate: Candidate = CHEAP,
) -> Stratum:
    """Build a task type with one cheaper candidate."""
    comparison = Comparison(candidate, pairs, saving, spread, slices or {})
    return Stratum(name, BASE, pairs.n, 1.0, 0.08, None, False, (comparison,))


def put(name: str, margin: float = 0.06, candidate: Candidate = CHEAP) -> PutForward:
    """Put a type forward."""
    return PutForward(name, candidate, margin, 0.8)


def test_a_good_type_moves_and_a_bad_one_stays() -> None:
    """Each type is judged by itself, and what fails is left out of the pool."""
    rows = [stratum("good", Pairs(20, 18, 2000)), stratum("bad", Pairs(10, 260, 2000))]
    proved = certify(rows, Choice((put("good"), put("bad")), 0.02), 0.04)
    good, bad = proved.moves[1], proved.moves[0]
    assert (good.moved, good.why_not) == (True, "")
    assert (bad.moved, bad.why_not, bad.finding.verdict) == (False, "type", Verdict.FAILS)
    assert proved.pool is not None
    assert proved.pool.pairs == pytest.approx(2000)
    assert good.saving_share == 0.8
    assert good.saving_bound < 0.8


def test_nothing_put_forward_proves_nothing() -> None:
    """An empty choice has no pool."""
    proved = certify([], Choice((), 0.02), 0.04)
    assert (proved.moves, proved.pool) == ((), None)


def test_a_type_without_fresh_rows_stays() -> None:
    """Where no fresh row was measured the p-value is one."""
    empty = replace(stratum("t", Pairs(0, 0, 0)), comparisons=())
    (move,) = certify([empty], Choice((put("t"),), 0.02), 0.04).moves
    assert (move.moved, move.why_not) == (False, "type")
    assert math.isnan(move.saving_share)


def test_a_refuted_slice_keeps_a_type_that_clears() -> None:
    """A type whose average holds is not moved over a named slice that does not."""
    rows = stratum(
        "t", Pairs(60, 45, 2000), slices={"absent": Pairs(0, 30, 100), "a rest": Pairs(60, 15, 900)}
    )
    (move,) = certify([rows], Choice((put("t"),), 0.02), 0.04).moves
    assert (move.finding.verdict, move.moved, move.why_not) == (Verdict.CLEARS, False, "slice absent")


def test_a_guard_does_not_tire() -> None:
    """A slice is refuted at the guard's level, however little a later attempt may spend."""
    rows = stratum("t", Pairs(300, 245, 20_000), slices={"absent": Pairs(0, 12, 100)})
    choice = Choice((put("t"),), 0.02)
    assert certify([rows], choice, 1e-4).moves[0].moved
    assert certify([rows], choice, 1e-4, guard=0.05).moves[0].why_not == "slice absent"


def test_types_that_go_together_prove_less() -> None:
    """What two types prove together they do not prove if they are the same units over again."""
    rows = [stratum("a", Pairs(10, 10, 500)), stratum("b", Pairs(10, 10, 500))]
    choice = Choice((put("a"), put("b")), 0.02)
    assert certify(rows, choice, 0.04).pool is not None
    assert certify(rows, choice, 0.04, together={("a", "b"): 1.0, ("b", "c"): 1.0}).pool is None


@pytest.mark.parametrize(("pairs", "moved"), [(Pairs(2, 0, 400), True), (Pairs(2, 1, 400), False)])
def test_a_critical_type_allows_no_regression(pairs: Pairs, *, moved: bool) -> None:
    """One regression keeps a critical type where it is, though its margin clears."""
    rows = replace(stratum("t", pairs), critical=True)
    (move,) = certify([rows], Choice((put("t", 0.02),), 0.02), 0.04).moves
    assert move.finding.verdict is Verdict.CLEARS
    assert move.moved is moved
    assert move.why_not == ("" if moved else "critical")


def test_a_critical_type_needs_its_pairs() -> None:
    """Without the pairs that no regression needs, a critical type stays even when all gain."""
    rows = replace(stratum("t", Pairs(30, 0, 60)), critical=True)
    (move,) = certify([rows], Choice((put("t", 0.02),), 0.02), 0.04).moves
    assert (move.finding.verdict, move.why_not) == (Verdict.CLEARS, "critical")


def test_a_saving_that_is_not_shown_is_not_taken() -> None:
    """A type that clears but whose saving may be negative stays."""
    (move,) = certify([stratum("t", Pairs(5, 5, 2000), spread=0.9)], Choice((put("t"),), 0.02), 0.04).moves
    assert (move.moved, move.why_not) == (False, "saving")
    (unknown,) = certify(
        [stratum("t", Pairs(5, 5, 2000), spread=math.nan)], Choice((put("t"),), 0.02), 0.04
    ).moves
    assert unknown.why_not == "saving"


def test_the_pool_gives_up_as_little_saving_as_possible() -> None:
    """Of types that clear alone but not together, the one is left out whose absence lets the rest clear."""
    rows = [
        stratum("fine", Pairs(10, 10, 1000)),
        stratum("worse", Pairs(10, 70, 1500)),
        stratum("small", Pairs(1, 1, 200)),
    ]
    proved = certify(rows, Choice(tuple(put(s.task_type) for s in rows), 0.02), 0.04)
    assert {move.put.task_type: move.why_not for move in proved.moves} == {
        "fine": "",
        "small": "",
        "worse": "pool",
    }
    assert proved.pool is not None
    assert proved.pool.verdict is Verdict.CLEARS


def test_a_pool_that_never_clears_moves_nothing() -> None:
    """When no subset clears the pooled margin nothing moves."""
    rows = [stratum(name, Pairs(10, 50, 1000)) for name in ("a", "b", "c")]
    proved = certify(rows, Choice(tuple(put(s.task_type, 0.1) for s in rows), 0.02), 0.04)
    assert proved.pool is None
    assert {move.why_not for move in proved.moves} == {"pool"}


def test_holm_stops_at_the_first_type_that_does_not_clear() -> None:
    """A type below its own step is no longer called CLEARS once an earlier step failed."""
    rows = [stratum("a", Pairs(0, 0, 50)), stratum("b", Pairs(0, 1, 70))]
    proved = certify(rows, Choice((put("a"), put("b")), 0.5), 0.04)
    assert [move.finding.verdict for move in proved.moves] == [Verdict.UNDECIDED, Verdict.UNDECIDED]


def test_choosing_prefers_what_can_be_proved() -> None:
    """A type with plain evidence is put forward, one that plainly fails is not."""
    rows = [stratum("good", Pairs(5, 5, 600)), stratum("bad", Pairs(0, 150, 600))]
    choice = choose(rows, GOAL, 0.04)
    assert [move.task_type for move in choice.moves] == ["good"]
    assert choice.pooled_margin == 0.02


def test_choosing_takes_the_arm_with_the_larger_certified_saving() -> None:
    """Of a cheap arm that fails and a middle one that holds, the middle one is put forward."""
    arms = (
        Comparison(CHEAP, Pairs(0, 120, 600), 0.8, 0.001),
        Comparison(MIDDLE, Pairs(6, 4, 600), 0.5, 0.001),
        Comparison(Candidate("dearer"), Pairs(60, 0, 600), -0.5, 0.001),
        Comparison(Candidate("unpriced"), Pairs(60, 0, 600), math.nan, math.nan),
        Comparison(Candidate("unseen"), Pairs(0, 0, 0), 0.9, 0.001),
    )
    rows = replace(stratum("t", Pairs(0, 0, 600)), comparisons=arms)
    (move,) = choose([rows], GOAL, 0.04).moves
    assert move.candidate == MIDDLE


def test_an_error_dearer_than_the_saving_leaves_nothing_to_choose() -> None:
    """Where an error costs beyond measure the margin is nil, and nothing is put forward."""
    rows = replace(stratum("t", Pairs(0, 0, 600)), error_cost_usd=math.inf)
    assert choose([rows], GOAL, 0.04).moves == ()
    dear = replace(stratum("t", Pairs(0, 30, 600)), error_cost_usd=30.0)
    assert choose([dear], GOAL, 0.04).moves == ()


def test_nothing_to_choose_from() -> None:
    """Without evidence nothing is put forward."""
    assert choose([], GOAL, 0.04).moves == ()


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(30, 400)), min_size=1, max_size=5)
)
def test_what_moves_has_cleared(raw: list[tuple[int, int, int]]) -> None:
    """Whatever the counts: a moved type cleared its margin, and the pool of the moved cleared its own."""
    rows = [stratum(str(i), Pairs(g, lost, n)) for i, (g, lost, n) in enumerate(raw)]
    choice = choose(rows, GOAL, 0.04)
    proved = certify(rows, choice, 0.04)
    for move in proved.moves:
        if move.moved:
            assert move.finding.verdict is Verdict.CLEARS
            assert move.finding.bound <= move.finding.margin + 1e-9
    assert (proved.pool is not None) == any(move.moved for move in proved.moves)
    if proved.pool is not None:
        assert proved.pool.bound <= choice.pooled_margin + 1e-9
