"""Agreement: how often a judge says what people say, and people what other people say.

Pairs that a judge calls different are labelled more often than others, so that plain counts would flatter or
slander it: every label counts as many times as the pairs that it was drawn from (inverse probability), and an
interval rests on the number of plain labels that would say as much (Kish).
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from modelmix.errors import EvidenceError
from modelmix.evaluate.judge_correction import CorrectedRate, Count, corrected_rate

Floats = NDArray[np.float64]

_TAIL = 0.025
PASSES = 0.5
"""Score from which an answer counts as acceptable."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its two-sided 95 % interval.

    Attributes:
        share: The share; NaN of none.
        low: Lower end.
        high: Upper end.
        n: Labels that it rests on.
        effective_n: Plain labels that would say as much.
    """

    share: float
    low: float
    high: float
    n: int
    effective_n: float


def weighted_share(hits: ArrayLike, weights: ArrayLike) -> Share:
    """Estimate a share from draws of unequal chance.

    Args:
        hits: Whether each was one; shape (n,).
        weights: How many each stands for, > 0; shape (n,).

    The share is Hájek's; the interval is that of Clopper and Pearson on Kish's effective number, (Σw)² / Σw².

    Source: L. Kish, Survey Sampling (1965), 11.7; Korn and Graubard, Survey Methodology 24 (1998), on exact
    intervals with an effective number.
    """
    hit, weight = np.asarray(hits, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if not hit.size:
        return Share(math.nan, 0.0, 1.0, 0, 0.0)
    whole = float(weight.sum())
    share = min(float((hit * weight).sum()) / whole, 1.0)
    n = whole**2 / float((weight**2).sum())
    count = share * n
    low = float(betaincinv(count, n - count + 1.0, _TAIL)) if count > 0.0 else 0.0
    high = float(betaincinv(count + 1.0, n - count, 1.0 - _TAIL)) if count < n else 1.0
    return Share(share, low, high, int(hit.size), n)


@dataclass(frozen=True, slots=True)
class Skill:
    """How well a judge tells good answers of one candidate from bad ones.

    Attributes:
        sensitivity: Share of the answers that people accept which it passes.
        specificity: Share of those that people do not accept which it fails.
        passed: Share of all answers that it passes, with their number.
    """

    sensitivity: Share
    specificity: Share
    passed: Count

    def corrected(self) -> CorrectedRate | None:
        """Return the share of good answers by Rogan and Gladen, or None where it cannot be told.

        It cannot without labels of good and of bad answers, nor of a judge that is no better than a coin.
        """
        if not (self.sensitivity.n and self.specificity.n):
            return None
        try:
            return corrected_rate(self.passed, _count(self.sensitivity), _count(self.specificity))
        except EvidenceError:
            return None


def _count(share: Share) -> Count:
    n = max(1, math.floor(share.effective_n))
    return Count(min(n, round(share.share * n)), n)


def skill(human: ArrayLike, judge: ArrayLike, weights: ArrayLike, every: ArrayLike) -> Skill:
    """Hold a judge's grades of single answers against people's.

    Args:
        human: People's grades; shape (n,).
        judge: The judge's grades of the same answers; shape (n,).
        weights: How many answers each stands for; shape (n,).
        every: The judge's grades of all answers, labelled or not; shape (N,), N > 0.
    """
    good = np.asarray(human, dtype=np.float64) >= PASSES
    passes, weight = np.asarray(judge, dtype=np.float64) >= PASSES, np.asarray(weights, dtype=np.float64)
    passed = np.asarray(every, dtype=np.float64) >= PASSES
    return Skill(
        weighted_share(passes[good], weight[good]),
        weighted_share(~passes[~good], weight[~good]),
        Count(int(passed.sum()), int(passed.size)),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A loss with its interval, a share in [-1, 1]."""

    loss: float
    low: float
    high: float


def rate_loss(baseline: CorrectedRate, candidate: CorrectedRate) -> Difference:
    """Return the baseline's rate minus the candidate's; the limits are added in squares (MOVER).

    Source: Zou and Donner, Statistics in Medicine 27 (2008).
    """
    loss = baseline.rate - candidate.rate
    below = math.hypot(baseline.rate - baseline.low, candidate.high - candidate.rate)
    above = math.hypot(baseline.high - baseline.rate, candidate.rate - candidate.low)
    return Difference(loss, max(loss - below, -1.0), min(loss + above, 1.0))


@dataclass(frozen=True, slots=True)
class Together:
    """What two people say of the same pairs.

    Attributes:
        same: Share of pairs of which both say the same.
        kappa: Cohen's kappa: agreement beyond chance; NaN where chance alone would make them agree.
    """

    same: Share
    kappa: float


def together(pairs: Sequence[tuple[Hashable, Hashable]]) -> Together:
    """Hold the words of two people against each other.

    Args:
        pairs: First and second person's word on the same things.

    Source: J. Cohen, Educational and Psychological Measurement 20 (1960).
    """
    same = weighted_share([one == other for one, other in pairs], [1.0] * len(pairs))
    words = {word for pair in pairs for word in pair}
    n = max(1, len(pairs))
    chance = math.fsum(
        sum(one == word for one, _ in pairs) / n * sum(other == word for _, other in pairs) / n
        for word in words
    )
    return Together(same, (same.share - chance) / (1.0 - chance) if chance < 1.0 else math.nan)
