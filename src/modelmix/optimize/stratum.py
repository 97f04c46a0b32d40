"""A stratum: one task type's evidence reduced to the counts that choosing and certifying need."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from modelmix.core.candidate import Candidate
from modelmix.core.level import Level
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.paired import Pairs

SAVING_Z = 1.6448536269514722  # one-sided 95 %


@dataclass(frozen=True, slots=True)
class Comparison:
    """One candidate against the baseline of a task type.

    Attributes:
        candidate: The candidate.
        pairs: Gains and losses.
        saving_usd: Mean saving per call; negative if dearer; NaN where it cannot be priced.
        saving_error_usd: Standard error of that mean; NaN with fewer than two priced pairs.
        slices: Named slice → its gains and losses.
    """

    candidate: Candidate
    pairs: Pairs
    saving_usd: float
    saving_error_usd: float
    slices: Mapping[str, Pairs] = field(default_factory=dict)

    @property
    def saving_bound_usd(self) -> float:
        """One-sided 95 % lower bound of the saving per call; NaN where it is not known."""
        return self.saving_usd - SAVING_Z * self.saving_error_usd


@dataclass(frozen=True, slots=True)
class Stratum:
    """One task type.

    Attributes:
        task_type: Its name.
        baseline: What its requests ask for today.
        calls: Its volume; only ratios between strata matter.
        baseline_usd: Mean cost of a call on the baseline.
        baseline_errors: Error rate of the baseline, a share; NaN without rows.
        error_cost_usd: Cost of one wrong answer, or None.
        critical: Whether it must clear the pooled margin by itself, without one regression.
        comparisons: One per candidate, in order of name.
        level: What its scores are of: where they are of whole tasks, a call is all calls of a task's run.
    """

    task_type: str
    baseline: Candidate
    calls: float
    baseline_usd: float
    baseline_errors: float
    error_cost_usd: float | None
    critical: bool
    comparisons: tuple[Comparison, ...]
    level: Level = Level.CALL

    @property
    def weight(self) -> float:
        """Weight in the pooled loss: calls times the cost of an error (1 where no cost is given)."""
        return self.calls * (1.0 if self.error_cost_usd is None else self.error_cost_usd)

    def find(self, candidate: Candidate) -> Comparison | None:
        """Return the comparison with a candidate, or None if it was not measured."""
        return next((c for c in self.comparisons if c.candidate == candidate), None)


def share_of(saving_usd: float, baseline_usd: float) -> float:
    """Return a saving over the cost of the baseline, at most 1; NaN where one is unknown or the other is nil.

    The two means rest on different rows where some costs are missing, so that their ratio alone could
    promise more than all of the bill.
    """
    share = saving_usd / baseline_usd if baseline_usd > 0.0 else math.nan
    return min(share, 1.0)


def errors_after(baseline_errors: float, loss: float) -> float:
    """Error rate after a move, in [0, 1]: the two are measured on rows that may differ slightly."""
    return min(1.0, max(0.0, baseline_errors + loss))


def tally(
    evidence: TypeEvidence,
    baseline: Candidate,
    *,
    calls: float,
    error_cost_usd: float | None = None,
    critical: bool = False,
) -> Stratum:
    """Reduce a task type's evidence to counts.

    Raises:
        ValueError: The baseline is not among the arms.
    """
    base = evidence.arms.index(baseline)
    comparisons = tuple(_compare(evidence, arm, base) for arm in range(len(evidence.arms)) if arm != base)
    return Stratum(
        task_type=evidence.task_type,
        baseline=baseline,
        calls=calls,
        baseline_usd=evidence.mean_cost_usd(base),
        baseline_errors=evidence.error_rate(base),
        error_cost_usd=error_cost_usd,
        critical=critical,
        comparisons=comparisons,
        level=evidence.level,
    )


def _compare(evidence: TypeEvidence, arm: int, base: int) -> Comparison:
    savings = evidence.savings_usd(arm, base)
    error = float(savings.std(ddof=1) / math.sqrt(savings.size)) if savings.size > 1 else math.nan
    mean = float(np.mean(savings)) if savings.size else math.nan
    slices = {name: evidence.pairs(arm, base, rows) for name, rows in evidence.slices.items()}
    return Comparison(evidence.arms[arm], evidence.pairs(arm, base), mean, error, slices)
