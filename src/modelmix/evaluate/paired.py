"""Paired non-inferiority: is a candidate at most ``margin`` worse than the baseline on the same prompts?

Loss is the baseline's pass rate minus the candidate's: positive means worse. The test is Tango's score test
for the difference of paired proportions (T. Tango, Statistics in Medicine 17, 1998), one-sided. It holds
with empty cells and few discordant pairs, where McNemar and Wald intervals do not.

Scores between 0 and 1 are allowed: a pair whose difference is D adds max(D, 0) to the gains and max(-D, 0)
to the losses. Since D² ≤ |D|, the test's variance is then too large rather than too small.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import ndtr, ndtri

_BISECTIONS = 60  # halves an interval of length 2 down to rounding error
_MOST_PAIRS = 10**9


@dataclass(frozen=True, slots=True)
class Pairs:
    """Counts of one paired comparison.

    Attributes:
        gains: Pairs in which the candidate alone is right; may be fractional, ≥ 0.
        losses: Pairs in which the baseline alone is right; may be fractional, ≥ 0.
        n: Number of pairs, or the effective number where pairs are weighted; ≥ gains + losses.
    """

    gains: float
    losses: float
    n: float

    def __post_init__(self) -> None:
        if min(self.gains, self.losses, self.n) < 0 or self.gains + self.losses > self.n * (1 + 1e-9):
            raise ValueError(f"{self.gains} gains and {self.losses} losses do not fit in {self.n} pairs")

    def __add__(self, other: "Pairs") -> "Pairs":
        """Pool two comparisons of disjoint prompts, each pair counting the same."""
        return Pairs(self.gains + other.gains, self.losses + other.losses, self.n + other.n)

    @property
    def loss(self) -> float:
        """Estimated loss, a share in [-1, 1]; NaN without pairs."""
        return (self.losses - self.gains) / self.n if self.n else math.nan

    @property
    def difference(self) -> float:
        """Estimated pass rate of the candidate minus the baseline's: the loss with its sign turned."""
        return -self.loss

    @property
    def discordance(self) -> float:
        """Share of pairs on which the two differ, in [0, 1]; NaN without pairs."""
        return (self.losses + self.gains) / self.n if self.n else math.nan

    def regression_rate(self, loss: float) -> float:
        """Probability that the baseline alone is right, by maximum likelihood under a given true loss.

        The larger root of Tango's quadratic.
        """
        difference = -loss
        a = 2.0 * self.n
        b = -self.gains - self.losses + difference * (2.0 * self.n - self.gains + self.losses)
        c = -self.losses * difference * (1.0 - difference)
        return (math.sqrt(max(b * b - 4.0 * a * c, 0.0)) - b) / (2.0 * a)

    def z(self, loss: float) -> float:
        """Score statistic of the hypothesis that the true loss is ``loss``; large speaks for less loss.

        Args:
            loss: Hypothetical loss, a share in (-1, 1).
        """
        if not self.n:
            return 0.0
        difference = -loss
        numerator = self.gains - self.losses - self.n * difference
        variance = self.n * (2.0 * self.regression_rate(loss) + difference - difference * difference)
        if variance <= 0.0:
            return 0.0 if numerator == 0.0 else math.copysign(math.inf, numerator)
        return numerator / math.sqrt(variance)

    def p_value(self, margin: float) -> float:
        """One-sided p-value of the hypothesis that the loss is ``margin`` or more; small shows less loss.

        By exact enumeration over 20 to 200 pairs and levels of 0.5 to 4 %, the chance of a p-value at or
        below the level is at most 1.2 times the level, and mostly less than it.
        """
        return float(ndtr(-self.z(margin))) if self.n else 1.0

    def p_value_refuted(self, margin: float) -> float:
        """One-sided p-value of the hypothesis that the loss is at most ``margin``; small refutes it."""
        return float(ndtr(self.z(margin))) if self.n else 1.0

    def upper_bound(self, z: float) -> float:
        """Upper confidence bound of the loss: the largest that the score test does not reject at ``z``."""
        return self._root(z) if self.n else 1.0

    def lower_bound(self, z: float) -> float:
        """Lower confidence bound of the loss at ``z``."""
        return self._root(-z) if self.n else -1.0

    def lower_difference(self, z: float) -> float:
        """Lower confidence bound of :attr:`difference` at ``z``."""
        return -self.upper_bound(z)

    def _root(self, z: float) -> float:
        low, high = -1.0, 1.0  # the statistic grows with the hypothetical loss
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2.0
            if self.z(middle) < z:
                low = middle
            else:
                high = middle
        return (low + high) / 2.0


def effective(
    strata: Sequence[tuple[Pairs, float]], together: Mapping[tuple[int, int], float] | None = None
) -> Pairs:
    """Pool strata that count by weight, as the number of pairs of a plain sample that says as much.

    Args:
        strata: Counts of each stratum and its weight (calls times error cost), > 0.
        together: Correlation of the losses of two strata, by their indexes; independent where absent.

    Returns:
        Weighted shares of gains and losses on the smaller of two effective sizes: Kish's
        (Σw)² / Σ(w²/n), and that from the estimated variance of the weighted loss, each stratum's variance
        drawn by one pair towards the pooled one so that a stratum without discordance is not taken for
        certain. With weights in proportion to n this is the plain pool. Correlated strata count for less,
        by the factor by which their correlation widens the variance.

    Source: L. Kish, Survey Sampling (1965), 11.7; Cochran, Sampling Techniques (1977), 5.3.
    """
    counted = {i: (pairs, w) for i, (pairs, w) in enumerate(strata) if pairs.n > 0 and w > 0}
    total = sum(weight for _, weight in counted.values())
    if not total:
        return Pairs(0.0, 0.0, 0.0)
    gains = sum(weight * pairs.gains / pairs.n for pairs, weight in counted.values()) / total
    losses = sum(weight * pairs.losses / pairs.n for pairs, weight in counted.values()) / total
    kish = total**2 / sum(weight**2 / pairs.n for pairs, weight in counted.values())
    pooled = gains + losses
    rates = {
        i: (pairs.gains + pairs.losses + pooled) / (pairs.n + 1.0) if pooled else 1.0
        for i, (pairs, _) in counted.items()
    }
    spread = {i: weight * math.sqrt(rates[i] / pairs.n) for i, (pairs, weight) in counted.items()}
    alone = sum(s**2 for s in spread.values())
    n = min(kish, total * sum(weight * rates[i] for i, (_, weight) in counted.items()) / alone)
    both = {key: r for key, r in (together or {}).items() if key[0] in counted and key[1] in counted}
    n /= 1.0 + 2.0 * sum(r * spread[one] * spread[other] for (one, other), r in both.items()) / alone
    return Pairs(gains * n, losses * n, n)


def fewest_pairs(margin: float, alpha: float) -> int:
    """Fewest pairs that can clear a margin when none regresses: ln(alpha) / ln(1 - margin).

    >>> fewest_pairs(0.02, 0.05)
    149
    """
    return math.ceil(math.log(alpha) / math.log1p(-margin))


def pairs_needed(
    margin: float, discordance: float, *, alpha: float, power: float = 0.8, loss: float = 0.0
) -> int | None:
    """Pairs with which a true ``loss`` clears ``margin`` with probability ``power``.

    Args:
        margin: Largest tolerable loss, a share in (0, 1).
        discordance: Share of pairs that differ, in [0, 1].
        alpha: One-sided level of the test.
        power: Chance of clearing.
        loss: True loss assumed.

    Returns:
        Rounded up; None where the loss is not below the margin, or so close to it that even a billion pairs
        would not suffice.

    n = (z_{1-alpha} + z_{power})² (discordance - loss²) / (margin - loss)², the normal approximation.
    """
    if loss >= margin:
        return None
    z = float(ndtri(1.0 - alpha) + ndtri(power))
    n = z * z * max(discordance - loss * loss, 0.0) / (margin - loss) ** 2
    needed = max(math.ceil(n), 1 if discordance else fewest_pairs(margin, alpha))
    return needed if needed <= _MOST_PAIRS else None
