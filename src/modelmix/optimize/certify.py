"""Certifying: what the fresh rows prove of the moves put forward, type by type and all together.

The same fresh rows prune by type and prove the pool. That is sound because the pool is tested at the
critical value that holds for every subset of the types put forward at once, so that pruning, by whatever
rule, cannot pick a subset that slips through.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import ndtr

from modelmix.core.candidate import Candidate
from modelmix.evaluate.multiplicity import holm_levels, simultaneous_z
from modelmix.evaluate.paired import Pairs, effective, fewest_pairs
from modelmix.evaluate.verdict import Finding, Verdict, judge
from modelmix.optimize.choose import Choice, PutForward
from modelmix.optimize.stratum import Comparison, Stratum, share_of


@dataclass(frozen=True, slots=True)
class Move:
    """A move that was put forward, and what the fresh rows say of it.

    Attributes:
        put: The move.
        comparison: Its counts on the fresh rows.
        finding: Test of its own margin, at its step of Holm's ladder.
        saving_share: Saving over the baseline's cost.
        saving_bound: One-sided 95 % lower bound of it.
        moved: Whether the policy takes it.
        why_not: Why it stays, empty if moved: ``type``, ``slice NAME``, ``critical``, ``saving`` or ``pool``.
    """

    put: PutForward
    comparison: Comparison
    finding: Finding
    saving_share: float
    saving_bound: float
    moved: bool
    why_not: str = ""

    @property
    def candidate(self) -> Candidate:
        """Where the type would go."""
        return self.put.candidate


@dataclass(frozen=True, slots=True)
class Certified:
    """What is proved.

    Attributes:
        moves: All moves put forward, moved or not.
        pool: Test of the moved traffic together, at the simultaneous critical value; None if nothing moves.
        critical_z: That critical value.
        alpha: Level spent.
    """

    moves: tuple[Move, ...]
    pool: Finding | None
    critical_z: float
    alpha: float


@dataclass(frozen=True, slots=True)
class _Case:
    put: PutForward
    stratum: Stratum
    comparison: Comparison
    finding: Finding
    why_not: str

    @property
    def worth_usd(self) -> float:
        return self.stratum.calls * self.comparison.saving_usd


def certify(
    strata: Sequence[Stratum],
    choice: Choice,
    alpha: float,
    *,
    guard: float | None = None,
    together: Mapping[tuple[str, str], float] | None = None,
) -> Certified:
    """Test what was put forward on rows that played no part in choosing.

    Args:
        strata: Fresh rows of each task type put forward.
        choice: The moves and their margins.
        alpha: Level that this attempt may spend: on the types together (Holm), and on the pool.
        guard: Level at which a slice is refuted, which later attempts must not lower; ``alpha`` if None.
        together: Correlation of the losses of two types that share units; independent where absent.
    """
    by_type = {stratum.task_type: stratum for stratum in strata}
    cases = _test_types(by_type, choice, alpha, alpha if guard is None else guard)
    z = simultaneous_z(max(1, len(choice.moves)), alpha)
    survivors = [case for case in cases if not case.why_not]
    test = _PoolTest(choice.pooled_margin, float(ndtr(-z)), together or {})
    kept = _largest_pool(survivors, test)
    pool = judge(test.pool(kept), test.margin, alpha=test.alpha) if kept else None
    moved = {case.put.task_type for case in kept}
    return Certified(tuple(_move(case, case.put.task_type in moved) for case in cases), pool, z, alpha)


@dataclass(frozen=True, slots=True)
class _PoolTest:
    margin: float
    alpha: float
    together: Mapping[tuple[str, str], float]

    def pool(self, cases: Sequence[_Case]) -> Pairs:
        at = {case.put.task_type: index for index, case in enumerate(cases)}
        together = {
            (at[one], at[other]): r for (one, other), r in self.together.items() if one in at and other in at
        }
        return effective([(case.comparison.pairs, case.stratum.weight) for case in cases], together)

    def p_value(self, cases: Sequence[_Case]) -> float:
        return self.pool(cases).p_value(self.margin)


def _test_types(strata: dict[str, Stratum], choice: Choice, alpha: float, guard: float) -> list[_Case]:
    compared = []
    for put in choice.moves:
        stratum = strata[put.task_type]
        comparison = stratum.find(put.candidate)
        if comparison is None:
            comparison = Comparison(put.candidate, Pairs(0.0, 0.0, 0.0), math.nan, math.nan)
        compared.append((put, stratum, comparison))
    p_values = [comparison.pairs.p_value(put.type_margin) for put, _, comparison in compared]
    cases: list[_Case] = []
    passing = True
    for index, level in holm_levels(p_values, alpha):
        put, stratum, comparison = compared[index]
        finding = judge(comparison.pairs, put.type_margin, alpha=level, alpha_refute=alpha / len(compared))
        passing = passing and finding.verdict is Verdict.CLEARS
        if not passing and finding.verdict is Verdict.CLEARS:  # an earlier step of the ladder broke
            finding = judge(comparison.pairs, put.type_margin, alpha=alpha / len(compared))
        why_not = "type" if not passing else _obstacle(put, stratum, comparison, alpha, guard)
        cases.append(_Case(put, stratum, comparison, finding, why_not))
    return sorted(cases, key=lambda case: case.put.task_type)


def _obstacle(put: PutForward, stratum: Stratum, comparison: Comparison, alpha: float, guard: float) -> str:
    """Name what keeps a type that cleared its margin from moving, or nothing."""
    for name, pairs in sorted(comparison.slices.items()):
        if pairs.p_value_refuted(put.type_margin) <= guard:
            return f"slice {name}"
    if stratum.critical:
        few = comparison.pairs.n < fewest_pairs(put.type_margin, alpha)
        if few or comparison.pairs.losses > 0:
            return "critical"
    return "" if comparison.saving_bound_usd > 0.0 else "saving"


def _largest_pool(cases: list[_Case], test: _PoolTest) -> list[_Case]:
    """Drop types until the rest clears together, giving up as little saving as possible.

    Any rule is sound here, since the critical value holds for all subsets at once.
    """
    kept = list(cases)
    while kept and test.p_value(kept) > test.alpha:
        trials = [[other for other in kept if other is not case] for case in kept]
        clearing = [trial for trial in trials if trial and test.p_value(trial) <= test.alpha]
        if clearing:
            return max(clearing, key=lambda trial: sum(case.worth_usd for case in trial))
        kept = min(trials, key=test.p_value)
    return kept


def _move(case: _Case, moved: bool) -> Move:
    base, comparison = case.stratum.baseline_usd, case.comparison
    share = share_of(comparison.saving_usd, base)
    bound = share_of(comparison.saving_bound_usd, base)
    why_not = "" if moved else (case.why_not or "pool")
    return Move(case.put, comparison, case.finding, share, bound, moved, why_not)
