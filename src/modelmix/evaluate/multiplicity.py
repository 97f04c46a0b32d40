"""Many tests at once: what may be said of all of them together.

Holm controls the chance of even one false claim and is what certificates use; BH and e-BH control the
expected share of false claims and are for screening only.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

from scipy.special import chdtrc, ndtri


def holm(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Say which hypotheses are rejected with a chance of any false rejection ≤ alpha.

    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    rejected = [False] * len(p_values)
    for index, level in holm_levels(p_values, alpha):
        if p_values[index] > level:
            break
        rejected[index] = True
    return rejected


def holm_levels(p_values: Sequence[float], alpha: float) -> list[tuple[int, float]]:
    """Return (index, level) from the smallest p-value to the largest: alpha/k, alpha/(k-1), …, alpha."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    return [(index, alpha / (len(order) - rank)) for rank, index in enumerate(order)]


def benjamini_hochberg(p_values: Sequence[float], q: float) -> list[int]:
    """Return the indices rejected with an expected share of false ones ≤ q, for independent tests.

    Source: Benjamini and Hochberg, JRSS B 57 (1995).
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    count = max((rank for rank, i in enumerate(order, 1) if p_values[i] <= q * rank / len(order)), default=0)
    return sorted(order[:count])


def e_benjamini_hochberg(e_values: Sequence[float], q: float) -> list[int]:
    """Return the indices rejected by e-BH: as BH, for e-values of any dependence.

    The largest k whose k-th largest e-value is at least K/(q k). Source: Wang and Ramdas, JRSS B 84 (2022).
    """
    order = sorted(range(len(e_values)), key=lambda i: -e_values[i])
    count = max(
        (rank for rank, i in enumerate(order, 1) if e_values[i] >= len(order) / (q * rank)), default=0
    )
    return sorted(order[:count])


@lru_cache(maxsize=1024)
def simultaneous_z(k: int, alpha: float) -> float:
    """Critical value at which a pooled z-test holds for every subset of k independent strata at once.

    The largest pooled statistic over all subsets (and weights) is the root of a chi-bar-squared variable:
    P = Σ_{j=1..k} C(k, j) 2^{-k} P(chi²_j > c²) = alpha. One stratum gives the plain value.

    Args:
        k: Number of strata that may be pooled, ≥ 1.
        alpha: Level, in (0, 0.5).

    Source: Silvapulle and Sen, Constrained Statistical Inference (2005), 3.4.
    """
    if k == 1:
        return float(-ndtri(alpha))
    weights = [math.comb(k, j) * 0.5**k for j in range(1, k + 1)]
    low, high = 0.0, math.sqrt(k) + 40.0
    while high - low > 1e-12 * high:
        middle = (low + high) / 2.0
        tail = math.fsum(w * float(chdtrc(j, middle * middle)) for j, w in enumerate(weights, 1))
        low, high = (middle, high) if tail > alpha else (low, middle)
    return (low + high) / 2.0
