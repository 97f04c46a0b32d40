"""Boundaries: critical values of a test that looks a few times, so that all looks together keep one level.

The score statistics Z_1, …, Z_K of a growing sample are jointly normal with cov(Z_j, Z_k) = √(t_j / t_k),
where t is the information fraction: here the pairs so far over the pairs planned. Their crossing chances are
integrals over what may happen between two looks, computed look by look.

Source: Armitage, McPherson and Rowe, JRSS A 132 (1969); Jennison and Turnbull, Group Sequential Methods with
Applications to Clinical Trials (2000), chapter 19; Scharfstein, Tsiatis and Robins, JASA 92 (1997).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

MOST_LOOKS = 5
"""Each look beyond a handful wins little and costs level."""

_FAR = 9.0  # standard deviations beyond which a normal variable does not come
_MOST_PANELS = 64
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(16)


class Spending(StrEnum):
    """How the level is spent as information grows.

    ``POCOCK`` spends about evenly, alpha ln(1 + (e - 1) t), and stops early; ``OBRIEN_FLEMING`` keeps most
    for the end, 2 - 2 Φ(z_{1-alpha/2} / √t), and costs the least power.

    Source: Lan and DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70 (1983).
    """

    OBRIEN_FLEMING = "obrien-fleming"
    POCOCK = "pocock"

    def spent(self, fraction: float, alpha: float) -> float:
        """Return how much of the level ``alpha`` may be spent by an information fraction.

        Args:
            fraction: Information so far over information planned, ≥ 0; beyond 1 counts as 1.
            alpha: Level in all, in (0, 1).
        """
        if fraction <= 0.0:
            return 0.0
        if fraction >= 1.0:
            return alpha
        if self is Spending.POCOCK:
            return alpha * math.log1p((math.e - 1.0) * fraction)
        return 2.0 * float(ndtr(ndtri(alpha / 2.0) / math.sqrt(fraction)))


@dataclass(frozen=True, slots=True)
class _Between:
    """Where the score process B = Z √t may be after a look at which it went on: nodes and their mass."""

    fraction: float
    nodes: Floats
    mass: Floats


def critical_values(fractions: Sequence[float], alpha: float, spending: Spending) -> tuple[float, ...]:
    """Return the critical value of each look, one-sided.

    Args:
        fractions: Information at each look, rising, in (0, 1]; at most :data:`MOST_LOOKS`. A last fraction
            below 1 leaves a part of the level unspent.
        alpha: Level of all looks together, in (0, 0.5).
        spending: How it is spent.

    Returns:
        z_k such that the chance of Z_k ≥ z_k at any look so far is what may be spent by then.

    Raises:
        ValueError: The fractions do not rise from above 0 to at most 1, or there are too many.
    """
    check_fractions(fractions)
    spent = tuple(spending.spent(fraction, alpha) for fraction in fractions)
    return crossing_values(tuple(fractions), spent)


@lru_cache(maxsize=4096)
def crossing_values(fractions: tuple[float, ...], spent: tuple[float, ...]) -> tuple[float, ...]:
    """Return the values that are first crossed from below, at drift 0, with given cumulative chances."""
    values: list[float] = []
    state = None
    for fraction, before, now in zip(fractions, (0.0, *spent), spent, strict=False):
        value = _solve(state, fraction, now - before)
        values.append(value)
        state = _go_on(state, fraction, -math.inf, value, 0.0)
    return tuple(values)


def futility_values(
    fractions: Sequence[float], critical: Sequence[float], spent: Sequence[float], drift: float
) -> tuple[float, ...]:
    """Return the values below which going on is futile, by spending the chance to give up too early.

    Args:
        fractions: Information at each look, as in :func:`critical_values`.
        critical: Critical values, one per look.
        spent: Cumulative chance of giving up by each look that is allowed if the drift is ``drift``.
        drift: Mean of Z at information 1 that one would not like to miss, > 0.

    Returns:
        One value per look, at most the critical value. The critical values do not count on them: whoever
        goes on against their advice keeps the level (non-binding).

    Source: Pampallona, Tsiatis and Kim, Drug Information Journal 35 (2001).
    """
    values: list[float] = []
    state = None
    before = 0.0
    for fraction, upper, allowed in zip(fractions, critical, spent, strict=True):
        # Below the value at drift θ is above its negative at drift -θ.
        mirrored = _solve(_mirror(state), fraction, max(allowed - before, 0.0), -drift)
        value = min(-mirrored, upper)
        values.append(value)
        before += _below(state, fraction, value, drift)
        state = _go_on(state, fraction, value, upper, drift)
    return tuple(values)


def crossing_chances(
    fractions: Sequence[float], lower: Sequence[float], upper: Sequence[float], drift: float
) -> tuple[tuple[float, float], ...]:
    """Return for each look the chance to stop there: below ``lower``, and at or above ``upper``.

    Args:
        fractions: Information at each look.
        lower: Lower values, -inf where there is none; at the last look they need not meet the upper.
        upper: Upper values, inf where there is none.
        drift: Mean of Z at information 1.
    """
    chances = []
    state = None
    for fraction, low, high in zip(fractions, lower, upper, strict=True):
        above = _below(_mirror(state), fraction, -high, -drift)
        chances.append((_below(state, fraction, low, drift), above))
        state = _go_on(state, fraction, low, high, drift)
    return tuple(chances)


def check_fractions(fractions: Sequence[float]) -> None:
    """Refuse looks that no boundary holds for.

    Raises:
        ValueError: The fractions do not rise from above 0 to at most 1, or there are too many.
    """
    if not 1 <= len(fractions) <= MOST_LOOKS:
        raise ValueError(f"there are {len(fractions)} looks; plan 1 to {MOST_LOOKS}")
    rising = all(a < b for a, b in zip((0.0, *fractions), fractions, strict=False))
    if not rising or fractions[-1] > 1.0:
        raise ValueError(f"information fractions {tuple(fractions)} must rise from above 0 to at most 1")


def _solve(state: _Between | None, fraction: float, chance: float, drift: float = 0.0) -> float:
    """Find the value that Z is at or above, at this look and not stopped before, with a given chance."""
    if chance <= 0.0:
        return math.inf
    mirrored, far = _mirror(state), _FAR + abs(drift)

    def excess(value: float) -> float:
        return _below(mirrored, fraction, -value, -drift) - chance

    if excess(-far) <= 0.0:  # less is left than may be spent
        return -far
    return float(brentq(excess, -far, far, xtol=1e-12)) if excess(far) < 0.0 else far


def _below(state: _Between | None, fraction: float, value: float, drift: float) -> float:
    """Chance that Z is below a value at this look, not having stopped before."""
    if state is None:
        return float(ndtr(value - drift * math.sqrt(fraction)))
    if math.isinf(value):
        return float(state.mass.sum()) if value > 0 else 0.0
    step = fraction - state.fraction
    reach = value * math.sqrt(fraction) - state.nodes - drift * step
    return float(state.mass @ ndtr(reach / math.sqrt(step)))


def _go_on(state: _Between | None, fraction: float, low: float, high: float, drift: float) -> _Between:
    """Return where the process may be if it stays between two values of Z at this look."""
    root, centre = math.sqrt(fraction), drift * fraction
    start = max(low * root, centre - _FAR * root)
    end = min(high * root, centre + _FAR * root)
    step = fraction - (state.fraction if state else 0.0)
    nodes, weights = _panels(start, end, math.sqrt(step))
    if state is None:
        return _Between(fraction, nodes, weights * _normal_density(nodes - centre, fraction))
    gaps = nodes[:, None] - state.nodes[None, :] - drift * step
    return _Between(fraction, nodes, weights * (_normal_density(gaps, step) @ state.mass))


def _mirror(state: _Between | None) -> _Between | None:
    return None if state is None else _Between(state.fraction, -state.nodes, state.mass)


def _normal_density(x: Floats, variance: float) -> Floats:
    return np.asarray(np.exp(-x * x / (2.0 * variance)) / math.sqrt(2.0 * math.pi * variance))


def _panels(start: float, end: float, scale: float) -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss-Legendre quadrature in panels about as wide as what is integrated varies."""
    if end <= start:
        return np.zeros(0), np.zeros(0)
    count = min(max(math.ceil((end - start) / scale), 4), _MOST_PANELS)
    half = (end - start) / count / 2.0
    middles = start + half * (2.0 * np.arange(count) + 1.0)
    return (middles[:, None] + half * _POINTS[None, :]).ravel(), np.tile(half * _WEIGHTS, count)
