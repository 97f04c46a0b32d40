"""Retry logs: what is given up counts, and every estimate has its interval."""

import numpy as np
import pytest

from modelmix.economics.difficulty import Fixed
from modelmix.economics.retry_log import Estimate, Retried, estimate
from modelmix.errors import EvidenceError


def drawn(seed: int, n: int, difficulty: Fixed, caps: tuple[int, ...] = (1, 2, 3, 5)) -> list[Retried]:
    """Draw a log: each task has a cap of its own and is tried until it is solved or the cap is reached."""
    rng = np.random.default_rng(seed)
    log = []
    for _ in range(n):
        cap, can = int(rng.choice(caps)), bool(rng.random() < difficulty.solvable_share)
        wins = np.flatnonzero(rng.random(cap) < difficulty.success_share) if can else np.array([])
        log.append(Retried(int(wins[0]) + 1, solved=True) if wins.size else Retried(cap, solved=False))
    return log


def test_the_truth_is_found_again() -> None:
    """From many tasks the estimate is close to the truth, and its intervals hold it."""
    found = estimate(drawn(1, 3_000, Fixed(0.5, 0.8)))
    assert found.solvable.value == pytest.approx(0.8, abs=0.03)
    assert found.success.value == pytest.approx(0.5, abs=0.03)
    assert found.solvable.low < 0.8 < found.solvable.high < 0.85
    assert found.success.low < 0.5 < found.success.high
    assert found.is_some_hopeless
    assert found.difficulty is not None
    assert found.difficulty.success_share == found.success.value
    assert found.difficulty.solvable_share == found.solvable.value
    assert (found.tasks, found.confidence) == (3_000, 0.95)


def test_the_likelihood_is_highest_and_the_interval_is_where_it_is_high() -> None:
    """By brute force over a grid: no point is likelier, and the profile falls to the floor at the ends."""
    log = drawn(2, 120, Fixed(0.4, 0.7))
    found = estimate(log, 0.9)
    solvable, success = np.meshgrid(np.linspace(0.002, 0.998, 499), np.linspace(0.002, 0.998, 499))
    total = np.zeros_like(solvable)
    for task in log:
        fails = 1 - success
        total += np.log(
            solvable * success * fails ** (task.attempts - 1)
            if task.solved
            else solvable * fails**task.attempts + 1 - solvable
        )
    inside = total >= total.max() - 2.705543454 / 2
    for estimated, grid in ((found.solvable, solvable), (found.success, success)):
        assert estimated.value == pytest.approx(grid.flat[total.argmax()], abs=0.004)
        assert estimated.low == pytest.approx(grid[inside].min(), abs=0.004)
        assert estimated.high == pytest.approx(grid[inside].max(), abs=0.004)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 40 logs, the 90 % intervals of each share miss the truth in about four: here in at most nine."""
    missed = [0, 0]
    for seed in range(40):
        found = estimate(drawn(100 + seed, 150, Fixed(0.5, 0.75)), 0.9)
        missed[0] += not found.solvable.low <= 0.75 <= found.solvable.high
        missed[1] += not found.success.low <= 0.5 <= found.success.high
    assert max(missed) <= 9


def test_successes_alone_say_nothing() -> None:
    """A log that holds only what was solved is refused, as is an empty one."""
    solved = [task for task in drawn(3, 200, Fixed(0.5, 0.8)) if task.solved]
    with pytest.raises(EvidenceError, match="tasks in the retry log was given up, and successes alone"):
        estimate(solved)
    with pytest.raises(EvidenceError, match="none of 0 tasks"):
        estimate([])


def test_what_is_given_up_makes_the_difference() -> None:
    """Successes alone would promise a chance far above what an attempt at any task really has."""
    log = drawn(4, 2_000, Fixed(0.5, 0.6))
    solved = [task for task in log if task.solved]
    survivors = len(solved) / sum(task.attempts for task in solved)
    found = estimate(log)
    assert found.success.high < survivors
    assert found.solvable.high < 0.7


def test_one_attempt_each_tells_only_the_product() -> None:
    """Without a second attempt hopeless and unlucky are the same: there is an interval, and no value."""
    found = estimate(drawn(5, 400, Fixed(0.5, 0.8), caps=(1,)))
    assert (found.solvable.value, found.success.value, found.difficulty) == (None, None, None)
    assert found.solvable.high == found.success.high == 1.0
    assert 0.3 < found.solvable.low < 0.42
    assert not found.is_some_hopeless


def test_nothing_solved_tells_nothing() -> None:
    """Failures alone leave everything open."""
    found = estimate([Retried(3, solved=False)] * 5)
    assert found.solvable == found.success == Estimate(0.0, None, 1.0)
    assert found.solved == 0


def test_half_told_is_no_difficulty() -> None:
    """Without one of the two values there is no difficulty to reckon with."""
    found = estimate(drawn(6, 50, Fixed(0.5, 0.8), caps=(1,)))
    assert found.difficulty is None


def test_more_confidence_is_a_wider_interval() -> None:
    """The 99 % interval holds the 80 % one."""
    log = drawn(7, 150, Fixed(0.5, 0.8))
    wide, narrow = estimate(log, 0.99).solvable, estimate(log, 0.8).solvable
    assert wide.low < narrow.low < narrow.high < wide.high


def test_ranges() -> None:
    """A task of a log was tried, and a confidence is no certainty."""
    with pytest.raises(ValueError, match="attempts is 0; a task of a log was tried at least once"):
        Retried(0, solved=False)
    for wrong in (0.0, 1.0):
        with pytest.raises(ValueError, match="it lies between 0 and 1"):
            estimate([Retried(1, solved=False)], wrong)
