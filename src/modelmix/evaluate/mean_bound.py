"""Lower bound of a mean of values of any shape that are bounded from below: costs and errors taken together.

A difference of costs is skewed, and a wrong answer makes it a mixture of a few far values with many near
ones. A t interval is then too short exactly where it matters: where the rare dear case was not drawn. What is
used here is Gaffke's bound: the values and one more, which stands at the lowest value possible, get weights
that are uniform over the simplex, and the bound is a quantile of their weighted mean. Of values that are 0 or
1 it is the Clopper-Pearson bound exactly; for many values it comes close to the normal one, and it needs no
upper limit.

Source: N. Gaffke, Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative
variable, Mathematical Methods of Statistics 14 (2005). That it holds for every distribution is proved for two
values and conjectured in general: E. Learned-Miller and P. Thomas, A new confidence interval for the mean of
a bounded random variable, arXiv:1905.06208 (2019), who found no exception. Simulations in the tests and in
the soak hold it at the boundary.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Floats = NDArray[np.float64]

Counts = NDArray[np.int64]

_STEP, _CHUNK, _TINY = 0.1, 512, 1e-13
_ALONG = np.arange(0.0, 25.0, _STEP)
_LEAST_P = 1e-9
"""Below it the integral is rounding; no level is as small once it is shared out, so nothing hangs on it."""


@dataclass(frozen=True, slots=True)
class MeanSample:
    """Independent values with a common mean.

    Attributes:
        values: One per unit, any finite numbers, shape (n,).
        lowest: Lowest value that one can take; at most the smallest of ``values``.
    """

    values: Floats
    lowest: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.values).all() and math.isfinite(self.lowest)):
            raise ValueError("a value or the lowest one is not a number; leave out what is not known")
        if self.values.size and self.lowest > self.values.min():
            raise ValueError(f"lowest is {self.lowest}, and a value is {self.values.min()}; none is lower")

    @property
    def n(self) -> int:
        """Number of values."""
        return int(self.values.size)

    @property
    def mean(self) -> float:
        """Their mean; NaN without any."""
        return float(self.values.mean()) if self.n else math.nan

    @property
    def deviation(self) -> float:
        """Their standard deviation; NaN with fewer than two."""
        return float(self.values.std(ddof=1)) if self.n > 1 else math.nan

    def p_value(self, mean: float = 0.0) -> float:
        """One-sided p-value of the hypothesis that the true mean is ``mean`` or less; small shows more.

        Returns:
            1 where nothing speaks against it: without values, or where ``mean`` is no less than all of them.
        """
        if not self.n or mean >= float(self.values.max()):
            return 1.0
        if mean < self.lowest:
            return 0.0
        return max(_chance_of_no_more(np.append(self.values, self.lowest) - mean), _LEAST_P)

    def lower_bound(self, alpha: float) -> float:
        """Lower confidence bound of the mean: the largest that is not rejected at ``alpha``, in (0, 1).

        Where it lies above a number the p-value of that number is below ``alpha``, and the other way round.
        """
        if not self.n:
            return self.lowest
        highest = float(self.values.max())
        if highest <= self.lowest:
            return self.lowest
        spread = highest - self.lowest
        low, high = self.lowest, highest - 1e-12 * spread
        if self.p_value(high) <= alpha or self.p_value(low) >= alpha:
            return high if self.p_value(high) <= alpha else low
        return float(brentq(lambda mean: self.p_value(mean) - alpha, low, high, xtol=1e-12 * spread))


def _chance_of_no_more(values: Floats) -> float:
    """Probability that the mean of values with weights uniform over the simplex is 0 or less.

    Weights uniform over the simplex are exponential variables over their sum, so that it is the probability
    that a sum of them, each times its value, is 0 or less.
    """
    scaled, counts = np.unique(values / math.sqrt(float(values @ values)), return_counts=True)
    if float(scaled @ counts) < 0.0:
        return 1.0 - _lower_tail(-scaled[::-1], counts[::-1])
    return _lower_tail(scaled, counts)


def _lower_tail(values: Floats, counts: Counts) -> float:
    """Probability that a sum of exponential variables, each times its value, is 0 or less.

    Args:
        values: In rising order, their sum 0 or more.
        counts: How often each occurs.

    That is 1/(2 pi i) ∫ Π 1/(1 + x_j λ) dλ/λ along a line upright in the complex plane. It is taken through
    the saddle point, where nothing oscillates, by the trapezoidal rule on a scale that spans decades.

    Source: H. Daniels, Tail probability approximations, International Statistical Review 55 (1987), the
    integral; S. Rice, Efficient evaluation of integrals by the trapezoidal rule, BSTJ 52 (1973).
    """
    if values[0] >= 0.0:
        return 0.0
    most = -1.0 / float(values[0])  # beyond it the product has no meaning

    def slope(part: float) -> float:
        at = part * most
        return float(counts @ (-values / (1.0 + at * values))) - 1.0 / at

    at = most * float(brentq(slope, _TINY, 1.0 - _TINY, xtol=_TINY))
    ratios = values / (1.0 + at * values)
    width = 1.0 / math.sqrt(float(counts @ (ratios * ratios)) + 1.0 / at**2)
    line = at + 1j * width * np.sinh(_ALONG)
    logs = -np.log(line)
    for begin in range(0, values.size, _CHUNK):
        part = values[begin : begin + _CHUNK]
        logs -= counts[begin : begin + _CHUNK] @ np.log1p(np.outer(part, line))
    heights = np.real(np.exp(logs)) * width * np.cosh(_ALONG)
    chance = _STEP * (float(heights.sum()) - float(heights[0]) / 2.0) / math.pi
    return min(max(chance, 0.0), 1.0)
