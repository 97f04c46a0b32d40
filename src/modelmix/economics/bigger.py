"""When the bigger model is the cheaper one: the cost of a wrong answer from which its price is worth it."""

import math
from dataclasses import dataclass
from decimal import Decimal

from modelmix.economics.labour import labour_minutes
from modelmix.economics.path import AttemptCost
from modelmix.economics.retry import until_success

_ZERO, _ONE = Decimal(0), Decimal(1)


def break_even_usd(extra_usd: Decimal | None, gap_share: Decimal | None) -> Decimal | None:
    """Return the cost of a wrong answer at which two candidates cost the same: L* = cost difference / gap.

    Args:
        extra_usd: What the better candidate costs more for an answer, USD, or None where it is not known.
        gap_share: Share of answers that the other gets wrong and it does not, or None.

    Returns:
        None where one is unknown, or the other candidate is no worse, so that no cost decides; 0 where the
        better one is no dearer.

    Source: a single pass with a failure cost, E = c + (1 - p) L, equal for both candidates.
    """
    if extra_usd is None or gap_share is None or gap_share <= 0:
        return None
    return max(extra_usd / gap_share, _ZERO)


@dataclass(frozen=True, slots=True)
class OnePass:
    """A candidate that answers once.

    Attributes:
        call_usd: What an answer costs, USD, 0 or more.
        right_share: Share of its answers that are right, in [0, 1].
        right_bounds: Confidence interval of that share, or None.
    """

    call_usd: Decimal
    right_share: Decimal
    right_bounds: tuple[Decimal, Decimal] | None = None

    def __post_init__(self) -> None:
        low, high = self.right_bounds or (self.right_share, self.right_share)
        if not 0 <= low <= self.right_share <= high <= 1 or self.call_usd < 0:
            raise ValueError(
                f"right_share is {self.right_share} in {low} to {high} at {self.call_usd} USD; shares lie "
                "between 0 and 1 and inside their interval, costs at 0 or above"
            )

    def accepted_usd(self, error_usd: Decimal) -> Decimal:
        """Return what an accepted outcome costs: the call, and the correction of what is wrong."""
        return self.call_usd + (_ONE - self.right_share) * error_usd

    def accepted_bounds_usd(self, error_usd: Decimal) -> tuple[Decimal, Decimal] | None:
        """Return the interval of that cost which follows from that of the share, or None without one."""
        if self.right_bounds is None:
            return None
        low, high = self.right_bounds
        return self.call_usd + (_ONE - high) * error_usd, self.call_usd + (_ONE - low) * error_usd


@dataclass(frozen=True, slots=True)
class Bigger:
    """A small candidate against a big one, by the cost of a wrong answer.

    Attributes:
        small: The cheaper candidate.
        big: The dearer one.
        gap_bounds: Confidence interval of big's share of right answers minus small's, or None. Where both
            answered the same tasks it is that of the paired difference, which is narrower than what the two
            shares tell by themselves.
    """

    small: OnePass
    big: OnePass
    gap_bounds: tuple[Decimal, Decimal] | None = None

    @property
    def extra_usd(self) -> Decimal:
        """What an answer of the big one costs more."""
        return self.big.call_usd - self.small.call_usd

    @property
    def gap_share(self) -> Decimal:
        """Share of answers that the big one gets right beyond the small one."""
        return self.big.right_share - self.small.right_share

    @property
    def break_even_usd(self) -> Decimal | None:
        """Cost of a wrong answer above which the big one is cheaper; None where it is no better."""
        return break_even_usd(self.extra_usd, self.gap_share)

    @property
    def break_even_bounds_usd(self) -> tuple[Decimal | None, Decimal | None] | None:
        """Interval of the break-even that follows from that of the gap; None without one.

        Its low end comes from the widest gap and its high end from the narrowest. An end is None where at
        that gap the big one is no better, so that no cost of a wrong answer makes it the cheaper one.
        """
        if self.gap_bounds is None:
            return None
        low, high = self.gap_bounds
        return break_even_usd(self.extra_usd, high), break_even_usd(self.extra_usd, low)

    def minutes(self, wage_usd_per_hour: Decimal) -> Decimal | None:
        """Return how many minutes of correction at a wage the break-even is, or None without one."""
        usd = self.break_even_usd
        return None if usd is None else labour_minutes(usd, wage_usd_per_hour)

    def is_cheaper(self, error_usd: Decimal) -> bool:
        """Say whether the big one costs less for an accepted outcome, at a cost of a wrong answer."""
        return self.big.accepted_usd(error_usd) < self.small.accepted_usd(error_usd)


@dataclass(frozen=True, slots=True)
class Retrying:
    """A small candidate against a big one, each retried until a check that never errs accepts its answer.

    Attributes:
        small_usd: Cost of an accepted outcome on the small one.
        big_usd: The same on the big one.
        small_threshold_share: Chance of success of the small one below which the big one is cheaper.
    """

    small_usd: float
    big_usd: float
    small_threshold_share: float

    @property
    def is_bigger_cheaper(self) -> bool:
        """Whether the big one costs less."""
        return self.big_usd < self.small_usd


def retrying(small: tuple[AttemptCost, float], big: tuple[AttemptCost, float]) -> Retrying:
    """Compare two candidates that are retried until success.

    Args:
        small: What an attempt of the cheaper costs, and its chance of success in (0, 1].
        big: The same of the dearer.

    The big one is cheaper iff p_small < p_big (c_small + v) / (c_big + v). Where the small one's context
    grows by g, the threshold is the root of B p^2 + (g - c - v) p - g = 0, with B the big one's cost.
    """
    small_usd, big_usd = (until_success(attempt, share).usd for attempt, share in (small, big))
    if not big_usd:  # nothing is cheaper than nothing
        return Retrying(small_usd, big_usd, 1.0)
    grows = small[0].growth_usd
    alone = small[0].usd() - grows
    threshold = (alone + math.sqrt(alone * alone + 4.0 * big_usd * grows)) / (2.0 * big_usd)
    return Retrying(small_usd, big_usd, threshold)
