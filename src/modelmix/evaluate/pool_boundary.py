"""Pool boundary: critical values that hold for every pooled subset of types, at every look, at one level.

At one look the largest pooled statistic R over all subsets and weights is the root of a chi-bar-squared
variable (:func:`modelmix.evaluate.multiplicity.simultaneous_z`). Over looks, what a look adds to the chance
of any crossing is P(R_k ≥ c_k, R_{k-1} < c_{k-1}) at most, which is P(R_k ≥ c_k) less the chance of crossing
at both. That chance has a lower bound: take the weights u that made R_{k-1} largest, as fixed weights of the
next look. The increment along u is normal and independent of them, so that with information t

    P(R_k ≥ c_k | R_{k-1} = r) ≥ Φ((r √t_{k-1} - c_k √t_k) / √(t_k - t_{k-1})).

The part of the level that a look may spend is held against P(R_k ≥ c_k) less that bound, integrated over r.
One look gives the plain simultaneous value; one type gives its group-sequential boundary.

Source: Worsley, Biometrika 69 (1982), for the bound on a union; Lan and DeMets, Biometrika 70 (1983).
"""

import math
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, gammaln, ndtr

from modelmix.evaluate.boundaries import Floats, Spending, check_fractions, critical_values
from modelmix.evaluate.multiplicity import simultaneous_z

_LEAST_LEVEL = 1e-200
_REACH = 14.0  # beyond a critical value a chi-bar variable has no mass that counts
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(96)


@lru_cache(maxsize=256)
def simultaneous_values(
    k: int, fractions: tuple[float, ...], alpha: float, spending: Spending = Spending.OBRIEN_FLEMING
) -> tuple[float, ...]:
    """Return the critical value of each look for the pooled statistic of any subset of ``k`` types.

    Args:
        k: Number of types that may be pooled, ≥ 1, independent, all at the same information at a look.
        fractions: Information at each look, rising, in (0, 1]; at most five.
        alpha: Level of all subsets and looks together, in (0, 0.5).
        spending: How the level is spent over the looks.

    Raises:
        ValueError: The fractions are no looks.
    """
    check_fractions(fractions)
    if k == 1:
        return critical_values(fractions, alpha, spending)
    found: list[float] = []
    before = 0.0
    for number, fraction in enumerate(fractions):
        spent = spending.spent(fraction, alpha)
        value = simultaneous_z(k, spent - before) if spent - before > _LEAST_LEVEL else math.inf
        if number and math.isfinite(found[-1]):
            value = _tightened(k, (fractions[number - 1], fraction), found[-1], (before, spent), value)
        found.append(value)
        before = spent
    return tuple(found)


def _tightened(
    k: int, fractions: tuple[float, float], last: float, spent: tuple[float, float], most: float
) -> float:
    """Lower a critical value by the chance of having crossed at the look before already."""
    before, now = fractions
    r = last + _REACH * (_POINTS + 1.0) / 2.0
    mass = _chi_bar_density(k, r) * _WEIGHTS * _REACH / 2.0
    scale = math.sqrt(now - before)

    def excess(value: float) -> float:
        both = float(mass @ ndtr((r * math.sqrt(before) - value * math.sqrt(now)) / scale))
        return _chi_bar_tail(k, value) - both - (spent[1] - spent[0])

    least = simultaneous_z(k, spent[1])
    is_between = excess(least) > 0.0 > excess(most)
    return float(brentq(excess, least, most, xtol=1e-12)) if is_between else most


def _shares(k: int) -> list[float]:
    return [math.comb(k, j) * 0.5**k for j in range(1, k + 1)]


def _chi_bar_tail(k: int, value: float) -> float:
    return math.fsum(w * float(chdtrc(j, value * value)) for j, w in enumerate(_shares(k), 1))


def _chi_bar_density(k: int, r: Floats) -> Floats:
    log_r, density = np.log(r), np.zeros_like(r)
    for j, share in enumerate(_shares(k), 1):
        log_density = (1.0 - j / 2.0) * math.log(2.0) + (j - 1) * log_r - r * r / 2.0 - float(gammaln(j / 2))
        density += share * np.exp(log_density)
    return density
