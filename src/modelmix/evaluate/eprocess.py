"""E-processes: evidence of a paired comparison that may be looked at after every single pair.

For live monitoring only, where looking all the time is the point. A replay pays too much for that freedom:
it looks a few times, and takes the design of :mod:`modelmix.evaluate.sequential`.

A difference D is the candidate's score minus the baseline's on one pair, in [-1, 1]. A gambler who starts
with one dollar bets against the hypothesis "the mean of D is at most -margin" before each pair is seen. If
the hypothesis holds, the wealth is a supermartingale, so that it ever reaches 1/alpha with a chance of at
most alpha, however often one looks and whatever makes one stop (Ville's inequality).

Source: Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, JRSS B 86 (2024),
arXiv:2010.09686; J. Ville, Étude critique de la notion de collectif (1939).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CAP = 0.5
"""Largest part of the wealth that a bet may lose on one pair."""
HYPOTHESES = 201
"""Means that a confidence sequence tries, from -1 to 1: one per hundredth."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What monitoring saw of one comparison.

    Attributes:
        e_values: Wealth after each pair, against "loses ``margin`` or more"; shape (n_pairs,).
        stop: Pairs after which it is shown that less than ``margin`` is lost, counted from 1; None if never.
        futile: Pairs after which it is shown that more than ``margin`` is lost; None if never.
    """

    e_values: Floats
    stop: int | None
    futile: int | None


@dataclass(frozen=True, slots=True)
class ConfidenceSequence:
    """Bounds of the mean difference after each pair, each valid at all times at once.

    Attributes:
        lower: Lower bounds, never falling; shape (n_pairs,).
        upper: Upper bounds, never rising; shape (n_pairs,).
    """

    lower: Floats
    upper: Floats


def log_wealth_fixed(differences: ArrayLike, margin: float, bet: float) -> Floats:
    """Bet the same share before every pair. For live monitoring only.

    Args:
        differences: Candidate minus baseline, in [-1, 1]; shape (..., n_pairs), each row a run of its own.
        margin: Largest tolerable loss, in (-1, 1).
        bet: Bet λ per unit of Y - m, where Y = (D + 1)/2 and m = (1 - margin)/2; from 0 to below 1/m.

    Returns:
        Logarithm of the wealth Π (1 + λ (Y - m)) after each pair; shape of ``differences``.

    Raises:
        ValueError: The bet could lose more than all, or is negative; or a number is out of its range.
    """
    y, m = _shares(differences), _middle(margin)
    if not 0.0 <= bet < 1.0 / m:
        raise ValueError(f"bet is {bet}; against a margin of {margin} it lies from 0 to below {1.0 / m:g}")
    return np.asarray(np.cumsum(np.log1p(bet * (y - m)), axis=-1))


def log_wealth(differences: ArrayLike, margin: float) -> Floats:
    """Bet what would have grown fastest so far (aGRAPA). For live monitoring only.

    Before pair t, from the pairs before it alone: λ = (μ - m) / (σ² + (μ - m)²), held between 0 and CAP / m,
    where μ = (1/2 + Σ Y)/t is the mean of Y = (D + 1)/2 drawn to one half, σ² = (1/4 + Σ (Y_i - μ_i)²)/t
    its variance, and m = (1 - margin)/2.

    Args:
        differences: Candidate minus baseline, in [-1, 1]; shape (..., n_pairs), each row a run of its own.
        margin: Largest tolerable loss, in (-1, 1).

    Returns:
        Logarithm of the wealth after each pair; shape of ``differences``.

    Raises:
        ValueError: A number is out of its range.

    Source: Waudby-Smith and Ramdas (2024), B.3, with the truncation at 1/2.
    """
    y, m = _shares(differences), _middle(margin)
    return np.asarray(np.cumsum(np.log1p(_bets(*_moments(y), m) * (y - m)), axis=-1))


def stop_index(log_wealth: ArrayLike, alpha: float) -> int | None:
    """Return after how many pairs the wealth first reaches 1/alpha; None if it never does."""
    first = int(stop_indices(np.asarray(log_wealth)[None, :], alpha)[0])
    return first or None


def stop_indices(log_wealth: ArrayLike, alpha: float) -> Integers:
    """Return the same for many runs at once.

    Args:
        log_wealth: Shape (n_runs, n_pairs), n_pairs ≥ 0.
        alpha: Level, in (0, 1).

    Returns:
        Pairs, counted from 1, or 0 where the wealth never reaches 1/alpha; shape (n_runs,).
    """
    reached = np.asarray(log_wealth) >= -math.log(alpha)
    if not reached.shape[-1]:
        return np.zeros(reached.shape[0], dtype=np.int64)
    return np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1, 0)


def watch(differences: ArrayLike, margin: float, alpha: float) -> Watch:
    """Watch one comparison in both directions. For live monitoring only.

    Args:
        differences: Candidate minus baseline in order of arrival, in [-1, 1]; shape (n_pairs,).
        margin: Largest tolerable loss, in (-1, 1).
        alpha: Level of each direction, in (0, 1).

    Returns:
        Where it is shown that the loss is below the margin, and where that it is above: there the upper
        confidence sequence of the mean difference falls below -margin, and going on is futile.
    """
    better = log_wealth(differences, margin)
    worse = log_wealth(-np.asarray(differences, dtype=np.float64), -margin)
    with np.errstate(over="ignore"):
        e_values = np.exp(better)
    return Watch(e_values, stop_index(better, alpha), stop_index(worse, alpha))


def confidence_sequence(
    differences: ArrayLike, alpha: float, hypotheses: int = HYPOTHESES
) -> ConfidenceSequence:
    """Bound the mean difference after each pair, by inversion of the bets. For live monitoring only.

    Args:
        differences: Candidate minus baseline in order of arrival, in [-1, 1]; shape (n_pairs,).
        alpha: Level of each bound by itself, in (0, 1): both hold together at 1 - 2 alpha.
        hypotheses: Means to try, evenly from -1 to 1, at least 3.

    Returns:
        The lower bound is the largest mean tried such that it and all smaller ones were rejected by then, so
        that trying few of them makes the bound wider, never wrong: a true mean between two of them is not
        above the next, and the wealth against that one is a supermartingale as well.

    Raises:
        ValueError: A difference is out of range, or there are fewer than three means to try.
    """
    if hypotheses < 3:  # noqa: PLR2004 - both ends and one between
        raise ValueError(f"hypotheses is {hypotheses}; there must be at least 3")
    grid = np.linspace(-1.0, 1.0, hypotheses)
    up = np.asarray(differences, dtype=np.float64)
    return ConfidenceSequence(_lower(up, alpha, grid), -_lower(-up, alpha, grid))


def _lower(differences: Floats, alpha: float, grid: Floats) -> Floats:
    y = _shares(differences)
    mean, variance = _moments(y)
    passed = np.zeros(y.shape, dtype=np.int64)
    so_far = np.ones(y.shape, dtype=np.bool_)
    for mean_tried in grid[1:-1]:  # a mean of -1 or 1 leaves nothing to bet on
        m = (1.0 + float(mean_tried)) / 2.0
        wealth = np.cumsum(np.log1p(_bets(mean, variance, m) * (y - m)))
        so_far &= np.maximum.accumulate(wealth) >= -math.log(alpha)
        if not so_far.any():
            break
        passed += so_far
    return np.asarray(grid[passed])


def _shares(differences: ArrayLike) -> Floats:
    """Map differences in [-1, 1] to [0, 1]."""
    d = np.asarray(differences, dtype=np.float64)
    if not (np.abs(d) <= 1.0).all():
        raise ValueError(
            "a difference of two scores lies between -1 and 1; leave out pairs without both scores"
        )
    return (d + 1.0) / 2.0


def _middle(margin: float) -> float:
    if not -1.0 < margin < 1.0:
        raise ValueError(f"margin is {margin}; it lies between -1 and 1")
    return (1.0 - margin) / 2.0


def _moments(y: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of what was seen before each pair, with one pseudo-pair at one half."""
    seen = np.arange(1.0, y.shape[-1] + 1.0)
    mean_after = (0.5 + np.cumsum(y, axis=-1)) / (seen + 1.0)
    variance_after = (0.25 + np.cumsum((y - mean_after) ** 2, axis=-1)) / (seen + 1.0)
    return _before(mean_after, 0.5), _before(variance_after, 0.25)


def _before(after: Floats, first: float) -> Floats:
    before = np.full_like(after, first)
    before[..., 1:] = after[..., :-1]
    return before


def _bets(mean: Floats, variance: Floats, m: float) -> Floats:
    edge = mean - m  # the variance is never 0: a pseudo-pair is in it
    return np.asarray(np.clip(edge / (variance + edge * edge), 0.0, CAP / m))
