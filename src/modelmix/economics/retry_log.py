"""Retry logs: how often a task can be solved at all, and with what chance, read from tries and failures.

From successes alone every task looks solvable. So what was given up counts, with its number of attempts.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, xlog1py, xlogy

from modelmix.economics.difficulty import Fixed
from modelmix.errors import EvidenceError

_Floats = NDArray[np.float64]
_FIRST_GRID, _GRID, _ROUNDS = 65, 17, 8
_BISECTIONS = 40


@dataclass(frozen=True, slots=True)
class Retried:
    """One task of a log.

    Attributes:
        attempts: How often it was tried, 1 or more.
        solved: Whether the last attempt was accepted; otherwise the task was given up after it.
    """

    attempts: int
    solved: bool

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts is {self.attempts}; a task of a log was tried at least once")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its confidence interval.

    Attributes:
        low: Lower end.
        value: Most likely value, or None where the log does not tell it apart from others.
        high: Upper end.
    """

    low: float
    value: float | None
    high: float


@dataclass(frozen=True, slots=True)
class RetryEstimate:
    """What a log says.

    Attributes:
        tasks: Number of tasks.
        solved: Number of those that were solved.
        solvable: Share s of tasks that can be solved at all.
        success: Chance p with which an attempt solves one that can be.
        confidence: Confidence of each interval.
    """

    tasks: int
    solved: int
    solvable: Estimate
    success: Estimate
    confidence: float

    @property
    def difficulty(self) -> Fixed | None:
        """The most likely difficulty, or None where the log does not tell."""
        if self.solvable.value is None or self.success.value is None:
            return None
        return Fixed(self.success.value, self.solvable.value)

    @property
    def is_some_hopeless(self) -> bool:
        """Whether it is shown that some tasks are never solved, so that retries are not independent."""
        return self.solvable.high < 1.0


@dataclass(frozen=True, slots=True)
class _Counts:
    """A log reduced to what its likelihood needs.

    Attributes:
        solved: Tasks solved.
        misses: Failed attempts before their successes.
        given_up: Attempts → tasks given up after so many.
    """

    solved: int
    misses: int
    given_up: Mapping[int, int]

    def log_likelihood(self, solvable: _Floats, success: _Floats) -> _Floats:
        """Log of Π s p q^(j-1) over successes times Π (s q^k + 1 - s) over what was given up."""
        total = xlogy(self.solved, solvable * success) + xlog1py(self.misses, -success)
        for attempts, tasks in self.given_up.items():
            total = total + xlogy(tasks, 1.0 - solvable * (1.0 - (1.0 - success) ** attempts))
        return np.asarray(total, dtype=np.float64)

    def over_success(self, solvable: float) -> tuple[float, float]:
        """Return the best chance for a solvable share, and the log-likelihood there."""
        return _highest(lambda success: self.log_likelihood(np.full_like(success, solvable), success))

    def over_solvable(self, success: float) -> tuple[float, float]:
        """Return the best solvable share for a chance, and the log-likelihood there."""
        return _highest(lambda solvable: self.log_likelihood(solvable, np.full_like(solvable, success)))


def estimate(log: Iterable[Retried], confidence: float = 0.95) -> RetryEstimate:
    """Estimate the share of tasks that can be solved and the chance of an attempt, each with its interval.

    Args:
        log: All tasks of a span, those that were given up included.
        confidence: Confidence of each interval, in (0, 1).

    Returns:
        Profile-likelihood intervals. Where no task had a second attempt, or none was solved, a log tells
        only the product of the two or nothing: the intervals say so, and the values are None.

    Raises:
        EvidenceError: No task was given up: successes alone say nothing of what is never solved.
        ValueError: The confidence is not in (0, 1).

    Source: zero-inflated geometric likelihood, right-censored at the last attempt; profile intervals by
    Wilks, Annals of Mathematical Statistics 9 (1938).
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is {confidence}; it lies between 0 and 1")
    tasks = list(log)
    counts = _Counts(
        solved=sum(task.solved for task in tasks),
        misses=sum(task.attempts - 1 for task in tasks if task.solved),
        given_up=Counter(task.attempts for task in tasks if not task.solved),
    )
    if not counts.given_up:
        raise EvidenceError(
            f"none of {len(tasks)} tasks in the retry log was given up, and successes alone say nothing of "
            "tasks that are never solved; add those that failed, with their number of attempts"
        )
    success, most = _highest(
        lambda grid: np.array([counts.over_solvable(float(chance))[1] for chance in grid])
    )
    solvable = counts.over_solvable(success)[0]
    floor = most - float(chdtri(1, 1.0 - confidence)) / 2.0
    is_told = counts.solved > 0 and max(task.attempts for task in tasks) > 1
    return RetryEstimate(
        tasks=len(tasks),
        solved=counts.solved,
        solvable=_interval(lambda share: counts.over_success(share)[1], solvable, floor, is_told=is_told),
        success=_interval(lambda share: counts.over_solvable(share)[1], success, floor, is_told=is_told),
        confidence=confidence,
    )


def _highest(of: Callable[[_Floats], _Floats]) -> tuple[float, float]:
    """Return where in [0, 1] a function is highest, and its value: ever finer grids around the best point."""
    low, high, size = 0.0, 1.0, _FIRST_GRID
    best, value = 0.0, -math.inf
    for _ in range(_ROUNDS):
        grid = np.linspace(low, high, size)
        values = of(grid)
        at = int(np.argmax(values))
        best, value = float(grid[at]), float(values[at])
        low, high = float(grid[max(at - 1, 0)]), float(grid[min(at + 1, size - 1)])
        size = _GRID
    return best, value


def _interval(profile: Callable[[float], float], best: float, floor: float, *, is_told: bool) -> Estimate:
    """Return the values whose profile reaches the floor, by bisection to both sides of the best one."""
    low = _crossing(profile, best, 0.0, floor)
    high = _crossing(profile, best, 1.0, floor)
    return Estimate(low, best if is_told else None, high)


def _crossing(profile: Callable[[float], float], inside: float, end: float, floor: float) -> float:
    if profile(end) >= floor:
        return end
    outside = end
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2.0
        if profile(middle) >= floor:
            inside = middle
        else:
            outside = middle
    return outside
