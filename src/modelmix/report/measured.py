"""Measured: every candidate that was tried on a task type, with its cost, its loss and its slices."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from scipy.special import ndtri

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.paired import Pairs
from modelmix.optimize.stratum import share_of, tally


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredCandidate:
    """One candidate against the baseline, on all rows that were measured: for the picture, not for proof.

    Attributes:
        candidate: The candidate.
        pairs: Gains and losses against the baseline.
        bound: Upper confidence bound of the loss at the bar's alpha, of this comparison alone.
        cost_usd: Mean cost of a call, or None where it cannot be priced.
        saving_share: Saving over the baseline's cost, or None.
        slices: Named slice → its gains and losses.
        verdict: What the optimiser found of it, or empty.
    """

    candidate: Candidate
    pairs: Pairs
    bound: float
    cost_usd: float | None
    saving_share: float | None
    slices: Mapping[str, Pairs] = field(default_factory=dict)
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredType:
    """What was measured of one task type.

    Attributes:
        task_type: Name of its entry.
        baseline: What the others are compared with.
        baseline_usd: Mean cost of a call on it, or None where it cannot be priced.
        baseline_errors: Error rate of it, a share, or None without rows.
        candidates: The others, in order of name.
        prompts: Number of prompts with at least two answers.
    """

    task_type: str
    baseline: Candidate
    baseline_usd: float | None
    baseline_errors: float | None
    candidates: tuple[MeasuredCandidate, ...]
    prompts: int


def z_of(alpha: float) -> float:
    """Return the critical value of a one-sided test at level ``alpha``."""
    return float(-ndtri(alpha))


def measured(
    name: str,
    evidence: TypeEvidence,
    baseline: Candidate,
    alpha: float,
    verdicts: Mapping[tuple[str, str], str],
) -> MeasuredType | None:
    """Sum a type's evidence up, candidate by candidate.

    Args:
        name: Name of the type's entry in the policy.
        evidence: Its evidence.
        baseline: What its requests ask for today.
        alpha: Level of the bounds.
        verdicts: Task type and candidate → what the optimiser found.

    Returns:
        The sums, or None where the baseline was not measured.
    """
    if baseline not in evidence.arms:
        return None
    stratum = tally(evidence, baseline, calls=0.0)
    z = z_of(alpha)
    return MeasuredType(
        task_type=name,
        baseline=baseline,
        baseline_usd=_known(stratum.baseline_usd),
        baseline_errors=_known(stratum.baseline_errors),
        candidates=tuple(
            MeasuredCandidate(
                candidate=found.candidate,
                pairs=found.pairs,
                bound=found.pairs.upper_bound(z),
                cost_usd=_known(evidence.mean_cost_usd(evidence.arms.index(found.candidate))),
                saving_share=_known(share_of(found.saving_usd, stratum.baseline_usd)),
                slices={label: pairs for label, pairs in found.slices.items() if pairs.n},
                verdict=verdicts.get((evidence.task_type, str(found.candidate)), ""),
            )
            for found in stratum.comparisons
            if found.pairs.n
        ),
        prompts=len(evidence.prompts),
    )


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
