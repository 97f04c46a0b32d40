"""Judge correction: what a judge's many verdicts and a few human labels together say of quality.

A judge is biased, by an unknown amount, and its bias does not shrink with more verdicts. Human labels on a
random part of the same answers show the bias, and the estimates here take it out. Their intervals are
asymptotic and for a fixed number of labels: they must not be looked at again and again.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from modelmix.errors import EvidenceError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """Scores of the same kind from people and from a judge.

    Attributes:
        human: Labels of people; shape (n_labelled,).
        judge: The judge's scores of the same answers in the same order; shape (n_labelled,).
        judge_alone: The judge's scores of answers that nobody labelled; shape (n_unlabelled,).
    """

    human: Floats
    judge: Floats
    judge_alone: Floats

    @classmethod
    def of(cls, human: ArrayLike, judge: ArrayLike, judge_alone: ArrayLike) -> "Judged":
        """Take scores from anything that numpy reads as an array.

        Raises:
            EvidenceError: Either part is empty.
            ValueError: Labels and the judge's scores of them differ in number, or a score is not finite.
        """
        arrays = [np.asarray(values, dtype=np.float64) for values in (human, judge, judge_alone)]
        if arrays[0].shape != arrays[1].shape or any(values.ndim != 1 for values in arrays):
            raise ValueError("every label needs the judge's score of the same answer, in the same order")
        if not all(np.isfinite(values).all() for values in arrays):
            raise ValueError("a score is not a finite number; leave out answers without one")
        if not (arrays[0].size and arrays[2].size):
            raise EvidenceError(
                f"there are {arrays[0].size} human labels and {arrays[2].size} further verdicts of the "
                "judge; correcting a judge needs both"
            )
        return cls(*arrays)

    def minus(self, baseline: "Judged") -> "Judged":
        """Pair a candidate's scores with the baseline's on the same prompts, in the same order.

        The differences are scores like any other: correct them by :func:`ppi_plus`, and the mean is the
        candidate's quality minus the baseline's.

        Raises:
            ValueError: The two have different numbers of answers.
        """
        sizes = (self.human.size, self.judge_alone.size), (baseline.human.size, baseline.judge_alone.size)
        if sizes[0] != sizes[1]:
            raise ValueError(f"{sizes[0]} and {sizes[1]} answers do not pair; score both on the same prompts")
        return Judged(
            self.human - baseline.human,
            self.judge - baseline.judge,
            self.judge_alone - baseline.judge_alone,
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its two-sided interval.

    Attributes:
        mean: The estimate. It is not cut to the range of the scores, and neither is the interval.
        error: Its standard error.
        low: Lower end of the interval.
        high: Upper end.
        weight: How much of the judge was used: 0 is labels alone, 1 is all of it.
    """

    mean: float
    error: float
    low: float
    high: float
    weight: float


def ppi(scores: Judged, confidence: float = 0.95) -> Estimate:
    """Correct the judge's mean by its mean error on the labelled answers.

    mean(J_alone) + mean(H - J), with se² = var(J_alone)/N + var(H - J)/n; population variances, normal
    interval. With a bad judge the interval can be wider than that of the labels alone: see :func:`ppi_plus`.

    Args:
        scores: Labels and verdicts.
        confidence: Two-sided confidence, in (0, 1).

    Source: Angelopoulos et al., Prediction-powered inference, Science 382 (2023), arXiv:2301.09633.
    """
    return _weighted(scores, 1.0, confidence)


def ppi_plus(scores: Judged, confidence: float = 0.95) -> Estimate:
    """Correct the judge's mean, using as much of the judge as lowers the variance (PPI++).

    mean(H) + λ (mean(J_alone) - mean(J)), with se² = var(H - λ J)/n + λ² var(J_alone)/N and λ =
    cov(H, J) / ((1 + n/N) var(J)) held between 0 and 1, var(J) over all verdicts. A judge that says nothing
    gets λ near 0, and the estimate is that of the labels alone.

    Args:
        scores: Labels and verdicts.
        confidence: Two-sided confidence, in (0, 1).

    Source: Angelopoulos, Duchi and Zrnic, PPI++ (2023), arXiv:2311.01453, example 6.1.
    """
    n, more = scores.human.size, scores.judge_alone.size
    spread = float(np.concatenate([scores.judge, scores.judge_alone]).var(ddof=1))
    together = float(np.mean((scores.human - scores.human.mean()) * (scores.judge - scores.judge.mean())))
    weight = together / ((1.0 + n / more) * spread) if spread else 0.0
    return _weighted(scores, min(max(weight, 0.0), 1.0), confidence)


def labels_alone(scores: Judged, confidence: float = 0.95) -> Estimate:
    """Return the mean of the labels, as if there were no judge: what a correction must beat."""
    return _weighted(scores, 0.0, confidence)


def judge_bias(scores: Judged) -> float:
    """Mean of the judge minus mean of people on the same answers: what a naive reading is wrong by."""
    return float(np.mean(scores.judge - scores.human))


def _weighted(scores: Judged, weight: float, confidence: float) -> Estimate:
    rest, used = scores.human - weight * scores.judge, weight * scores.judge_alone
    mean = float(used.mean() + rest.mean())
    error = math.sqrt(float(used.var()) / used.size + float(rest.var()) / rest.size)
    reach = float(ndtri((1.0 + confidence) / 2.0)) * error
    return Estimate(mean, error, mean - reach, mean + reach, weight)


def rogan_gladen(rate: float, sensitivity: float, specificity: float) -> float:
    """Correct a judge's pass rate by how often it is right on good and on bad answers.

    Args:
        rate: Share of answers that the judge passes.
        sensitivity: Share of good answers that it passes.
        specificity: Share of bad answers that it fails.

    Returns:
        Share of good answers, (rate + specificity - 1) / (sensitivity + specificity - 1), cut to [0, 1].

    Raises:
        EvidenceError: The judge tells good from bad no better than a coin.

    Source: W. Rogan and B. Gladen, American Journal of Epidemiology 107 (1978).
    """
    return min(max((rate + specificity - 1.0) / _skill(sensitivity, specificity), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Count:
    """So many out of so many."""

    hits: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.n or not self.n:
            raise ValueError(f"{self.hits} out of {self.n} is no share; count at least one answer")

    @property
    def share(self) -> float:
        """Hits over n."""
        return self.hits / self.n


@dataclass(frozen=True, slots=True)
class CorrectedRate:
    """A corrected pass rate with its two-sided interval, all cut to [0, 1]."""

    rate: float
    low: float
    high: float


def corrected_rate(passed: Count, good: Count, bad: Count, confidence: float = 0.95) -> CorrectedRate:
    """Correct a judge's pass rate, with an interval that carries what is not known of the judge.

    Args:
        passed: Answers that the judge passes, of those that it saw.
        good: Answers that it passes, of those that people call good.
        bad: Answers that it fails, of those that people call bad.
        confidence: Two-sided confidence, in (0, 1).

    Raises:
        EvidenceError: The judge tells good from bad no better than a coin.

    Source: Z. Lang and J. Reiczigel, Confidence limits for prevalence of disease adjusted for estimated
    sensitivity and specificity, Preventive Veterinary Medicine 113 (2014): normal interval around counts with
    z² answers (judged) and two answers (good, bad) added, half of them hits, and shifted for the skewness.
    """
    z = float(ndtri((1.0 + confidence) / 2.0))
    n, n_good, n_bad = passed.n + z * z, good.n + 2.0, bad.n + 2.0
    rate = (passed.hits + z * z / 2.0) / n
    sensitivity, specificity = (good.hits + 1.0) / n_good, (bad.hits + 1.0) / n_bad
    skill = _skill(sensitivity, specificity)
    share = (rate + specificity - 1.0) / skill
    of_good = sensitivity * (1.0 - sensitivity) / n_good
    of_bad = specificity * (1.0 - specificity) / n_bad
    shift = 2.0 * z * z * (share * of_good - (1.0 - share) * of_bad)
    variance = rate * (1.0 - rate) / n + share**2 * of_good + (1.0 - share) ** 2 * of_bad
    reach = z * math.sqrt(variance) / skill
    low, high = (min(max(share + shift + side * reach, 0.0), 1.0) for side in (-1.0, 1.0))
    return CorrectedRate(rogan_gladen(passed.share, good.share, bad.share), low, high)


def _skill(sensitivity: float, specificity: float) -> float:
    skill = sensitivity + specificity - 1.0
    if skill <= 0.0:
        raise EvidenceError(
            f"the judge passes {sensitivity:.0%} of the good answers and fails {specificity:.0%} of the bad "
            "ones, no better than a coin; nothing corrects that: take another judge or more labels"
        )
    return skill
