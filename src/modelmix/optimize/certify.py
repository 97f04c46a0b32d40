"""Certifying: what the fresh rows prove of the moves put forward, type by type and all together.

The same fresh rows prune by type and prove the pool. That is sound because the pool is tested at the
critical value that holds for every subset of the types put forward at once, so that pruning, by whatever
rule, cannot pick a subset that slips through.

Where pairs came in by looks, the value holds at every look as well, and only types at the same look are
pooled. Sets of types that clear at different looks are disjoint and each within the margin, and so is their
union: its loss is a weighted mean of theirs.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from scipy.special import ndtr

from modelmix.core.candidate import Candidate
from modelmix.evaluate.multiplicity import holm_levels
from modelmix.evaluate.paired import Pairs, effective, fewest_pairs
from modelmix.evaluate.pool_boundary import simultaneous_values
from modelmix.evaluate.sequential import even
from modelmix.evaluate.verdict import Finding, Verdict, judge
from modelmix.optimize.choose import Choice, PutForward
from modelmix.optimize.looks import NOTHING, Fixed, Looked, Test
from modelmix.optimize.stratum import Comparison, Stratum, share_of
from modelmix.optimize.upward import NetTest


class Further(Protocol):
    """What a move must show besides its margin: of both tests the larger p-value counts."""

    @property
    def p_value(self) -> float:
        """Smallest level at which it is shown."""

    @property
    def why_not(self) -> str:
        """What keeps a type where it is if it is not."""


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
        why_not: Why it stays, empty if moved: ``type``, ``slice NAME``, ``critical``, ``saving``, ``net``,
            ``latency`` or ``pool``.
        looks: Looks taken; 0 where all was tested at once.
        net: Its net saving where it was tested: of a move upward.
        net_bound_usd: Lower confidence bound of that, at the level of its step; NaN where it was not tested.
    """

    put: PutForward
    comparison: Comparison
    finding: Finding
    saving_share: float
    saving_bound: float
    moved: bool
    why_not: str = ""
    looks: int = 0
    net: NetTest | None = None
    net_bound_usd: float = math.nan

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
            Of sets that cleared at different looks it is the weighted mean, bound and all.
        critical_z: That critical value; of several looks the last one's.
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
    test: Test
    net: NetTest | None

    @property
    def worth_usd(self) -> float:
        saving = self.comparison.saving_usd if self.net is None else self.net.saving_usd
        return self.stratum.calls * saving


def certify(  # noqa: PLR0913 - what the fresh rows say comes in parts
    strata: Sequence[Stratum],
    choice: Choice,
    alpha: float,
    *,
    guard: float | None = None,
    together: Mapping[tuple[str, str], float] | None = None,
    looked: Mapping[str, Looked] | None = None,
    further: Mapping[str, Sequence[Further]] | None = None,
) -> Certified:
    """Test what was put forward on rows that played no part in choosing.

    Args:
        strata: Fresh rows of each task type put forward.
        choice: The moves and their margins.
        alpha: Level that this attempt may spend: on the types together (Holm), and on the pool.
        guard: Level at which a slice is refuted, which later attempts must not lower; ``alpha`` if None.
        together: Correlation of the losses of two types that share units; independent where absent.
        looked: Task type → its pairs look by look, where they came in so; the others are tested once.
        further: Task type → what its move must show besides, at the same level.
    """
    by_type = {stratum.task_type: stratum for stratum in strata}
    cases = _test_types(
        by_type, choice, alpha, alpha if guard is None else guard, looked or {}, further or {}
    )
    boundary = _Boundary.of(cases, alpha)
    # What moves up is a pool of its own: its gains must not pay for what is lost by moving down.
    groups: dict[tuple[float, bool], list[_Case]] = defaultdict(list)
    for case in cases:
        if not case.why_not:
            groups[boundary.z(case.test), case.put.is_upward].append(case)
    pools = []
    moved: set[str] = set()
    for (z, _), survivors in sorted(groups.items()):
        test = _PoolTest(choice.pooled_margin, float(ndtr(-z)), together or {})
        kept = _largest_pool(survivors, test)
        if kept:
            weight = math.fsum(case.stratum.weight for case in kept)
            pools.append((judge(test.pool(kept), test.margin, alpha=test.alpha), weight))
            moved |= {case.put.task_type for case in kept}
    moves = tuple(_move(case, case.put.task_type in moved) for case in cases)
    return Certified(moves, _union(pools), boundary.last_z, alpha)


@dataclass(frozen=True, slots=True)
class _Boundary:
    """Critical values of the pool: of designs with as many looks, by look.

    Types that are tested once stand at the last look of the design with the most. Designs of different
    numbers of looks share the level evenly.
    """

    by_planned: Mapping[int, tuple[float, ...]]

    @classmethod
    def of(cls, cases: Sequence[_Case], alpha: float) -> "_Boundary":
        """Spend a level on the looks of all that was put forward."""
        planned = {case.test.looks.planned for case in cases if isinstance(case.test, Looked)} or {1}
        k, share = max(1, len(cases)), alpha / len(planned)
        return cls({looks: simultaneous_values(k, even(looks), share) for looks in sorted(planned)})

    @property
    def last_z(self) -> float:
        """Critical value of the last look of the design with the most."""
        return self.by_planned[max(self.by_planned)][-1]

    def z(self, test: Test) -> float:
        """Return the critical value at the look that a type has come to."""
        if isinstance(test, Fixed):
            return self.last_z
        return self.by_planned[test.looks.planned][test.looks.taken - 1]


def _union(pools: Sequence[tuple[Finding, float]]) -> Finding | None:
    """Put together what was shown of disjoint sets, each with its weight; None without any."""
    if len(pools) <= 1:
        return pools[0][0] if pools else None
    whole = math.fsum(weight for _, weight in pools)
    strata = [(Pairs(max(-f.loss, 0.0) * f.pairs, max(f.loss, 0.0) * f.pairs, f.pairs), w) for f, w in pools]
    return Finding(
        verdict=Verdict.CLEARS,
        pairs=effective(strata).n,
        loss=math.fsum(found.loss * weight for found, weight in pools) / whole,
        bound=math.fsum(found.bound * weight for found, weight in pools) / whole,
        margin=pools[0][0].margin,
        alpha=min(found.alpha for found, _ in pools),
        needed=None,
    )


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


def _test_types(
    strata: Mapping[str, Stratum],
    choice: Choice,
    alpha: float,
    guard: float,
    looked: Mapping[str, Looked],
    further: Mapping[str, Sequence[Further]],
) -> list[_Case]:
    compared: list[tuple[PutForward, Stratum, Comparison, Test]] = []
    for put in choice.moves:
        stratum = strata[put.task_type]
        comparison = stratum.find(put.candidate)
        if comparison is None:
            comparison = Comparison(put.candidate, NOTHING, math.nan, math.nan)
        test = looked.get(put.task_type) or Fixed(comparison.pairs)
        compared.append((put, stratum, comparison, test))
    besides = [further.get(put.task_type, ()) for put in choice.moves]
    p_values = [
        max(test.p_value(put.type_margin), *(one.p_value for one in more), 0.0)
        for (put, _, _, test), more in zip(compared, besides, strict=True)
    ]
    cases: list[_Case] = []
    passing = True
    for index, level in holm_levels(p_values, alpha):
        put, stratum, comparison, test = compared[index]
        least = alpha / len(compared)
        finding = test.finding(put.type_margin, alpha=level, alpha_refute=least)
        cleared = finding.verdict is Verdict.CLEARS
        missing = [one.why_not for one in besides[index] if one.p_value > level]
        finding = replace(finding, verdict=Verdict.UNDECIDED) if cleared and missing else finding
        not_shown = missing[0] if cleared and passing and missing else "type"
        passing = passing and finding.verdict is Verdict.CLEARS
        if not passing and finding.verdict is Verdict.CLEARS:  # an earlier step of the ladder broke
            finding = test.finding(put.type_margin, alpha=least, alpha_refute=least)
        why_not = not_shown if not passing else _obstacle(put, stratum, comparison, alpha, guard)
        cases.append(_Case(put, stratum, comparison, finding, why_not, test, _net(besides[index])))
    return sorted(cases, key=lambda case: case.put.task_type)


def _net(besides: Sequence[Further]) -> NetTest | None:
    return next((one for one in besides if isinstance(one, NetTest)), None)


def _obstacle(put: PutForward, stratum: Stratum, comparison: Comparison, alpha: float, guard: float) -> str:
    """Name what keeps a type that cleared its margin from moving, or nothing."""
    for name, pairs in sorted(comparison.slices.items()):
        if pairs.p_value_refuted(put.type_margin) <= guard:
            return f"slice {name}"
    if stratum.critical:
        few = comparison.pairs.n < fewest_pairs(put.type_margin, alpha)
        if few or comparison.pairs.losses > 0:
            return "critical"
    return "" if put.is_upward or comparison.saving_bound_usd > 0.0 else "saving"


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
    net_bound = math.nan if case.net is None else case.net.bound_usd(case.finding.alpha)
    looks = case.test.looks.taken if isinstance(case.test, Looked) else 0
    return Move(case.put, comparison, case.finding, share, bound, moved, why_not, looks, case.net, net_bound)
