"""Difficulty: how the chance of a right answer differs from task to task, and falls with each failure.

A second try of one model at one task is not independent of the first: what failed is hard. Both forms here
say how hard, and both hold that a task that has failed is less likely to be solved by the next attempt.
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from modelmix.economics.ranges import check_shares


class Difficulty(Protocol):
    """How often tasks are solved."""

    def open_shares(self, cap: int) -> list[float]:
        """Return the share of tasks that no attempt has solved after 0, 1, … ``cap`` of them."""

    def next_success(self, failures: int) -> float:
        """Return the chance that the next attempt solves a task on which so many have failed."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Every task that can be solved at all is solved by each attempt with the same chance.

    Attributes:
        success_share: That chance, p, in [0, 1].
        solvable_share: Share of tasks that can be solved, s, in [0, 1]; no attempt solves the others.
    """

    success_share: float
    solvable_share: float = 1.0

    def __post_init__(self) -> None:
        check_shares(success_share=self.success_share, solvable_share=self.solvable_share)

    @property
    def classes(self) -> tuple[tuple[float, float], ...]:
        """Share of the tasks, and the chance with which an attempt solves one: those it can, the others."""
        return (self.solvable_share, self.success_share), (1.0 - self.solvable_share, 0.0)

    def open_shares(self, cap: int) -> list[float]:
        """Return s q^j + 1 - s for j from 0 to ``cap``."""
        fails = 1.0 - self.success_share
        return [self.solvable_share * fails**tries + (1.0 - self.solvable_share) for tries in range(cap + 1)]

    def next_success(self, failures: int) -> float:
        """Return p s q^j / (s q^j + 1 - s): what is left of p once it is likely that the task is hopeless."""
        if self.solvable_share == 1.0:
            return self.success_share
        solvable = self.solvable_share * (1.0 - self.success_share) ** failures
        # The hopeless share comes first: added to 1, a small solvable share would lose its digits.
        return self.success_share * solvable / (solvable + (1.0 - self.solvable_share))


@dataclass(frozen=True, slots=True)
class Varied:
    """The chance of success differs from task to task by a beta distribution.

    Attributes:
        alpha: First parameter, above 0; the mean chance is alpha / (alpha + beta).
        beta: Second parameter, above 0.
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not (self.alpha > 0.0 and self.beta > 0.0):
            raise ValueError(f"alpha is {self.alpha} and beta {self.beta}; both lie above 0")

    def open_shares(self, cap: int) -> list[float]:
        """Return E[q^j] = Π_{i<j} (beta + i) / (alpha + beta + i) for j from 0 to ``cap``."""
        steps = ((self.beta + i) / (self.alpha + self.beta + i) for i in range(cap))
        return list(accumulate(steps, lambda share, step: share * step, initial=1.0))

    def next_success(self, failures: int) -> float:
        """Return alpha / (alpha + beta + j): the mean chance after j failures, by Bayes."""
        return self.alpha / (self.alpha + self.beta + failures)
