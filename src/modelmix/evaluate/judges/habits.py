"""Habits of a judge: what its verdicts go by that is none of the answers' quality.

Reported beside every judged result, with their intervals; none of them changes a verdict.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from modelmix.evaluate.proportion import lower_bound, upper_bound

_TWO_SIDED = 0.975
_FEWEST = 20
"""Comparisons below which no slope is told."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its exact 95 % interval.

    Attributes:
        count: How often.
        n: Of how many.
    """

    count: int
    n: int

    @property
    def share(self) -> float:
        """The share; NaN of none."""
        return self.count / self.n if self.n else math.nan

    @property
    def low(self) -> float:
        """Lower end of the interval (Clopper and Pearson)."""
        return lower_bound(self.count, self.n, _TWO_SIDED) if self.n else 0.0

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return upper_bound(self.count, self.n, _TWO_SIDED) if self.n else 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One comparison, as far as habits show in it.

    Attributes:
        score: Of the candidate: 1, a half or 0.
        agree: Whether both orders said the same.
        first_wins: How often the place shown first was called better, of both orders.
        length_ratio: Characters of the candidate's answer over those of the baseline's.
    """

    score: float
    agree: bool
    first_wins: int
    length_ratio: float


@dataclass(frozen=True, slots=True)
class Habits:
    """What a judge goes by.

    Attributes:
        disagree: Pairs on which the two orders contradict each other; they are ties.
        first: Times that the place shown first was called better, of the times that either place was, over
            pairs that contradict themselves: a half where there is no habit.
        ties: Pairs that came out as ties.
        longer: Pairs that the longer answer won, of those with a winner and two lengths: a half where there
            is no habit, or where longer answers are neither better nor worse.
        length_slope: Change of the candidate's score as its answer becomes twice as long against the
            baseline's; None with too few pairs, or lengths that do not differ.
        length_slope_error: Standard error of it.
    """

    disagree: Share
    first: Share
    ties: Share
    longer: Share
    length_slope: float | None
    length_slope_error: float | None

    @property
    def length_matters(self) -> bool:
        """Whether the slope is shown not to be zero, at 95 %."""
        if self.length_slope is None or self.length_slope_error is None:
            return False
        return abs(self.length_slope) > float(ndtri(_TWO_SIDED)) * self.length_slope_error


def habits(seen: Sequence[Seen]) -> Habits:
    """Work out what a judge goes by, over its comparisons."""
    contrary = [one for one in seen if not one.agree]
    won = [one for one in seen if one.score in {0.0, 1.0} and one.length_ratio not in {1.0, math.inf, 0.0}]
    slope, error = _slope(seen)
    return Habits(
        disagree=Share(len(contrary), len(seen)),
        first=_first(contrary),
        ties=Share(sum(one.score not in {0.0, 1.0} for one in seen), len(seen)),
        longer=Share(sum((one.length_ratio > 1.0) == (one.score == 1.0) for one in won), len(won)),
        length_slope=slope,
        length_slope_error=error,
    )


def _first(contrary: Sequence[Seen]) -> Share:
    """Count contradictions that go by the place: the first one preferred both times, or the second one."""
    by_place = [one for one in contrary if one.first_wins in {0, 2}]
    return Share(sum(one.first_wins == 2 for one in by_place), len(by_place))  # noqa: PLR2004 - both orders


def _slope(seen: Sequence[Seen]) -> tuple[float | None, float | None]:
    """Fit the score to the log of the ratio of lengths, with an error that holds for unequal spreads (HC1).

    Source: White, Econometrica 48 (1980).
    """
    pairs = [(math.log2(one.length_ratio), one.score) for one in seen if 0.0 < one.length_ratio < math.inf]
    if len(pairs) < _FEWEST:
        return None, None
    x, y = (np.array(values) for values in zip(*pairs, strict=True))
    spread = x - x.mean()
    squares = float(spread @ spread)
    if squares <= 0.0:
        return None, None
    slope = float(spread @ (y - y.mean())) / squares
    left = y - y.mean() - slope * spread
    variance = float((spread * left) @ (spread * left)) / squares**2 * len(pairs) / (len(pairs) - 2)
    return slope, math.sqrt(variance)
