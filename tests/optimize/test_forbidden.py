"""Forbidden procedures: each looks sound, each clears what does not hold far too often; ours does not.

Every world is drawn at the edge, where whatever moves loses exactly its margin or more, so that any move is
a false certificate. The forbidden procedure and :func:`modelmix.optimize.fit.fit` see the same rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.proportion import lower_bound
from modelmix.optimize.fit import Scene, fit
from modelmix.optimize.goal import Goal
from modelmix.optimize.looks import Looks

ALPHA, MARGIN, TYPE_MARGIN = 0.05, 0.02, 0.06
BASELINE_ERRORS, GAIN = 0.10, 0.03
BASELINE = Candidate("baseline")

Rows = list[TypeEvidence]
Procedure = Callable[[Rows], bool]


def draw(chance: np.random.Generator, losses: list[float], arms: int, n: int) -> Rows:
    """Draw n prompts of each type, answered by the baseline and some arms that all lose the type's loss."""
    names = (BASELINE, *(Candidate(f"arm-{number}") for number in range(1, arms + 1)))
    cost = np.tile([1.0, *(0.2 + 0.05 * number for number in range(arms))], (n, 1))
    types = []
    for number, loss in enumerate(losses):
        right = chance.random(n) >= BASELINE_ERRORS
        flips = np.where(right, (GAIN + loss) / (1.0 - BASELINE_ERRORS), GAIN / BASELINE_ERRORS)
        score = np.column_stack([right, *(right ^ (chance.random(n) < flips) for _ in range(arms))])
        name = f"type-{number:02d}"
        units = tuple(f"{name}/{row}" for row in range(n))
        types.append(TypeEvidence(name, names, units, score.astype(float), cost))
    return types


def ours(rows: Rows, goal: Goal, attempt: int = 1) -> bool:
    """Say whether anything moves."""
    scenes = {evidence.task_type: Scene(BASELINE, 1.0) for evidence in rows}
    return any(decision.moved for decision in fit(rows, scenes, goal, attempt).decisions)


def prune_and_pool_on_the_same_rows(rows: Rows) -> bool:
    """Keep the types that look good, and test those that were kept on the rows that made them look so."""
    pool = Pairs(0.0, 0.0, 0.0)
    for evidence in rows:
        pairs = evidence.pairs(1, 0)
        if pairs.loss <= MARGIN and pairs.p_value_refuted(TYPE_MARGIN) > ALPHA:
            pool += pairs
    return pool.p_value(MARGIN) <= ALPHA


def certify_the_best_on_the_same_rows(rows: Rows) -> bool:
    """Take the candidate that does best, and test it on the rows on which it did."""
    (evidence,) = rows
    compared = [evidence.pairs(arm, 0) for arm in range(1, len(evidence.arms))]
    return min(compared, key=lambda pairs: pairs.loss).p_value(TYPE_MARGIN) <= ALPHA


def months(rows: Rows, count: int) -> Iterator[Rows]:
    """Let the rows come in over some months, each month's on top of those before."""
    (evidence,) = rows
    n = len(evidence.units)
    for month in range(1, count + 1):
        yield [evidence.take(np.arange(n) < n * month // count)]


def certify_every_month_at_all_of_alpha(rows: Rows) -> bool:
    """Test what there is every month at the whole level, and move at the first month that clears."""
    return any(month[0].pairs(1, 0).p_value(TYPE_MARGIN) <= ALPHA for month in months(rows, 12))


def ours_at_the_first_attempt(rows: Rows) -> bool:
    """Choose and certify as the product does, with the goal's margins."""
    return ours(rows, Goal(MARGIN, ALPHA, type_margin=TYPE_MARGIN))


def ours_with_one_margin(rows: Rows) -> bool:
    """Do the same where pool and type have the same margin, so that nothing hides behind the stricter."""
    return ours(rows, Goal(TYPE_MARGIN, ALPHA, type_margin=TYPE_MARGIN))


def ours_every_month(rows: Rows, *, spend: bool = True) -> bool:
    """Run every month; each run is an attempt on rows that were looked at before."""
    goal = Goal(TYPE_MARGIN, ALPHA, type_margin=TYPE_MARGIN)
    return any(
        ours(month, goal, attempt if spend else 1) for attempt, month in enumerate(months(rows, 12), 1)
    )


def our_runs_without_the_ledger(rows: Rows) -> bool:
    """Run every month as if it were the first."""
    return ours_every_month(rows, spend=False)


def look_of(n: int) -> tuple[int, ...]:
    """Part n rows: the first fifth is for choosing, the rest comes in five looks."""
    fresh = n - n // 5
    return (0,) * (n // 5) + tuple(-(-rank * 5 // fresh) for rank in range(1, fresh + 1))


def stop_at_the_first_look_that_clears(rows: Rows) -> bool:
    """Test all pairs so far at the plain value at each of five looks, and stop as soon as they clear."""
    (evidence,) = rows
    looked = replace(evidence, look=look_of(len(evidence.units)))
    return any(looked.at_looks(1, number).pairs(1, 0).p_value(TYPE_MARGIN) <= ALPHA for number in range(1, 6))


def ours_at_each_look(rows: Rows) -> bool:
    """Certify at each of five looks, and stop as soon as anything moves."""
    (evidence,) = rows
    goal, n = Goal(TYPE_MARGIN, ALPHA, type_margin=TYPE_MARGIN), len(evidence.units)
    looked = replace(evidence, look=look_of(n))
    scenes, arm = {evidence.task_type: Scene(BASELINE, 1.0)}, evidence.arms[1]
    return any(
        any(
            decision.moved
            for decision in fit(
                [looked.at_looks(0, number)],
                scenes,
                goal,
                looks={evidence.task_type: Looks(arm, n - n // 5, 5, number)},
            ).decisions
        )
        for number in range(1, 6)
    )


CASES = {
    "prune and pool": ([MARGIN] * 8, 1, 200, prune_and_pool_on_the_same_rows, ours_at_the_first_attempt),
    "best of six": ([TYPE_MARGIN], 6, 250, certify_the_best_on_the_same_rows, ours_with_one_margin),
    "twelve times": ([TYPE_MARGIN], 1, 1200, certify_every_month_at_all_of_alpha, ours_every_month),
    "five looks": ([TYPE_MARGIN], 1, 1000, stop_at_the_first_look_that_clears, ours_at_each_look),
    "no ledger": ([TYPE_MARGIN], 1, 1200, our_runs_without_the_ledger, ours_every_month),
}


def false_shares(case: str, worlds: int) -> tuple[float, float, float]:
    """Return the shares of worlds with a false certificate, and the lower 95 % bounds of both."""
    losses, arms, n, forbidden, allowed = CASES[case]
    chance = np.random.default_rng([20261124, len(losses), arms, n])
    theirs = mine = 0
    for _ in range(worlds):
        rows = draw(chance, losses, arms, n)
        theirs += forbidden(rows)
        mine += allowed(rows)
    return theirs / worlds, lower_bound(theirs, worlds, 0.95), lower_bound(mine, worlds, 0.95)


@pytest.mark.parametrize("case", CASES)
def test_what_is_forbidden_fails_and_ours_holds(case: str) -> None:
    """The forbidden procedure is false at more than twice alpha, ours within what alpha allows."""
    share, theirs, mine = false_shares(case, 150)
    assert share > 2 * ALPHA
    assert theirs > ALPHA
    assert mine <= ALPHA


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES)
def test_what_is_forbidden_fails_over_thousands_of_worlds(case: str) -> None:
    """The same over 3,000 worlds, where both sides of alpha are told apart sharply."""
    share, theirs, mine = false_shares(case, 3_000)
    assert share > theirs > 2 * ALPHA
    assert mine <= ALPHA
