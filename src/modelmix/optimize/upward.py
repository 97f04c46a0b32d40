"""Upward: a type goes to a dearer candidate where an accepted outcome costs less, and that is proven.

Quality is what pays here, so that two things are tested on the fresh rows, and both must hold at the level of
the move: its net saving per accepted outcome is above zero, and its loss is within the type's margin. The net
saving is tested by itself, on one difference per unit, call and error together.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from scipy.special import ndtr, ndtri

from modelmix.core.candidate import Candidate
from modelmix.economics.bigger import break_even_usd
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.mean_bound import MeanSample
from modelmix.optimize.choose import Choice, PutForward, promise_usd, shrunk_loss, variance_of
from modelmix.optimize.goal import Goal
from modelmix.optimize.looks import Looks
from modelmix.optimize.stratum import SAVING_Z, Comparison, Stratum

HEADROOM = 3.0
"""A call may cost so many times more over the baseline's than any that was seen."""
LEAST_CHANCE = 0.2
"""A move that will hardly be shown is not put forward: every one takes power from the others."""


@dataclass(frozen=True, slots=True)
class NetTest:
    """Net saving of a move on its fresh rows, USD per accepted outcome.

    Attributes:
        sample: One net saving per unit, and the lowest that one can be.
        call_saving_usd: Mean of what a call costs less; negative where it costs more.
        gain_share: Mean of what the score is higher.
        error_usd: Cost of a wrong answer.
    """

    sample: MeanSample
    call_saving_usd: float
    gain_share: float
    error_usd: float

    @property
    def saving_usd(self) -> float:
        """Mean net saving; NaN without a unit."""
        return self.sample.mean

    @property
    def p_value(self) -> float:
        """One-sided p-value of the hypothesis that nothing is saved; small shows a saving."""
        return self.sample.p_value()

    def bound_usd(self, alpha: float) -> float:
        """Lower confidence bound of the net saving."""
        return self.sample.lower_bound(alpha)

    @property
    def rough_bound_usd(self) -> float:
        """One-sided 95 % lower bound by the normal curve: for a sum over types, never for a verdict."""
        return self.saving_usd - SAVING_Z * self.sample.deviation / math.sqrt(max(self.sample.n, 1))

    @property
    def pays_above_usd(self) -> float | None:
        """Cost of a wrong answer above which a dearer candidate pays; None where it is no better."""
        if not (self.gain_share > 0.0 and math.isfinite(self.call_saving_usd)):
            return None
        even = break_even_usd(Decimal(repr(-self.call_saving_usd)), Decimal(repr(self.gain_share)))
        return None if even is None else float(even)

    @property
    def why_not(self) -> str:
        """What keeps a type where it is if this is not shown."""
        return "net"


def net_test(rows: TypeEvidence, candidate: Candidate, baseline: Candidate, error_usd: float) -> NetTest:
    """Gather the net savings of a candidate.

    Args:
        rows: The rows to test on; the candidate or the baseline may be missing.
        candidate: Where the type would go.
        baseline: What it asks for today.
        error_usd: Cost of a wrong answer.

    The lowest net saving is a lost answer on a call that costs ``HEADROOM`` times more over the baseline's
    than the dearest seen. Without such a limit nothing could be shown of any mean, however many rows there
    are: a call in a million may always cost a million.

    Source: Bahadur and Savage, Annals of Mathematical Statistics 27 (1956), on the limit.
    """
    if candidate not in rows.arms or baseline not in rows.arms:
        return NetTest(MeanSample(np.empty(0), -error_usd), math.nan, math.nan, error_usd)
    arms = rows.arms.index(candidate), rows.arms.index(baseline)
    nets, savings = rows.nets_usd(*arms, error_usd), rows.savings_usd(*arms)
    dearest = max(0.0, float(-savings.min())) if savings.size else 0.0
    sample = MeanSample(nets, -(error_usd + HEADROOM * dearest))
    call = float(savings.mean()) if savings.size else math.nan
    gain = (sample.mean - call) / error_usd if error_usd else math.nan
    return NetTest(sample, call, gain, error_usd)


def with_upward(
    choice: Choice,
    rows: Sequence[TypeEvidence],
    choosing: Sequence[Stratum],
    goal: Goal,
    alpha: float,
    only: Mapping[str, Candidate | None] | None = None,
) -> Choice:
    """Put dearer candidates forward where they promise more than what is put forward of their type.

    Args:
        choice: What is put forward of cheaper ones.
        rows: Choosing rows of each task type.
        choosing: Their counts, in the same order.
        goal: The user's bar.
        alpha: Level that this attempt may spend.
        only: Task type → the candidate that alone has fresh rows, or None where none has.

    Returns:
        The choice with at most one move per type; the margin of what moves down is as it was.
    """
    z = float(-ndtri(alpha / max(1.0, len(choosing) / 2.0)))
    moves = {put.task_type: put for put in choice.moves}
    for evidence, stratum in zip(rows, choosing, strict=True):
        put = moves.get(stratum.task_type)
        least = 0.0 if put is None else promise_usd(stratum, put, goal, z)
        named = (only or {}).get(stratum.task_type)
        allowed = [
            comparison
            for comparison in stratum.comparisons
            if is_upward(stratum, comparison)
            and (stratum.task_type not in (only or {}) or comparison.candidate == named)
        ]
        promises = [
            (_promise_usd(evidence, stratum, one, goal, z), str(one.candidate), one) for one in allowed
        ]
        best = max(promises, default=None, key=lambda promise: promise[:2])
        if best is not None and best[0] > least:
            margin = goal.margin_of(stratum, math.inf)
            moves[stratum.task_type] = PutForward(
                stratum.task_type, best[2].candidate, margin, best[2].saving_usd, is_upward=True
            )
    return Choice(tuple(moves[name] for name in sorted(moves)), choice.pooled_margin)


def tested_once(looks: Mapping[str, Looks]) -> dict[str, Candidate | None]:
    """Return of types that were looked at who alone may move up: who was put forward, where tested once.

    A net saving is tested on all of its rows. Where a look may have ended them it would be tested on rows
    that stopped coming since they looked good.
    """
    return {name: one.candidate if one.planned == 1 else None for name, one in looks.items()}


def is_upward(stratum: Stratum, comparison: Comparison) -> bool:
    """Say whether a candidate is dearer per call, of a type whose wrong answers have a cost."""
    return bool(stratum.error_cost_usd) and comparison.saving_usd <= 0.0 and comparison.pairs.n > 0


def _promise_usd(rows: TypeEvidence, stratum: Stratum, comparison: Comparison, goal: Goal, z: float) -> float:
    """Expected net saving if it is shown, USD over the type's calls; 0 where it will hardly be."""
    error_usd, pairs = stratum.error_cost_usd or 0.0, comparison.pairs
    loss, loss_variance = shrunk_loss(pairs)
    net_usd = comparison.saving_usd - error_usd * loss
    fresh = pairs.n * (1.0 - goal.choosing_share) / goal.choosing_share
    variance = error_usd**2 * variance_of(pairs)
    arms = rows.arms.index(comparison.candidate), rows.arms.index(stratum.baseline)
    seen = rows.nets_usd(*arms, error_usd)
    variance = max(variance, float(seen.var(ddof=1)) if seen.size > 1 else 0.0)
    cost_variance = comparison.saving_error_usd**2 if pairs.n > 1 else 0.0
    if not (net_usd > 0.0 and variance > 0.0 and math.isfinite(cost_variance)):
        return 0.0
    spread = math.sqrt(variance / fresh + error_usd**2 * loss_variance + cost_variance)
    chance = float(ndtr((net_usd - z * math.sqrt(variance / fresh)) / spread))
    return stratum.calls * net_usd * chance if chance >= LEAST_CHANCE else 0.0


def net_tests(
    fresh: Mapping[str, TypeEvidence], strata: Sequence[Stratum], choice: Choice
) -> dict[str, NetTest]:
    """Return the net savings of all that is put forward; where errors have no price, of the calls alone.

    Args:
        fresh: Task type → its fresh rows.
        strata: Counts of them, with baseline and error cost.
        choice: What is put forward.
    """
    by_type = {stratum.task_type: stratum for stratum in strata}
    return {
        put.task_type: net_test(
            fresh[put.task_type],
            put.candidate,
            by_type[put.task_type].baseline,
            by_type[put.task_type].error_cost_usd or 0.0,
        )
        for put in choice.moves
    }


@dataclass(frozen=True, slots=True)
class NetTotal:
    """Net saving of all that moves, over what accepted outcomes cost today on all types.

    Attributes:
        share: Estimated share, at most 1; negative where it costs more.
        bound: One-sided 95 % lower bound of it.
    """

    share: float
    bound: float


UNPRICED = NetTotal(math.nan, math.nan)


def net_total(strata: Sequence[Stratum], moved: Mapping[str, NetTest]) -> NetTotal:
    """Add up the net savings of what moves.

    Args:
        strata: All rows of each task type.
        moved: Task type → the net saving of its move on the fresh rows.

    A type whose wrong answers have no stated cost counts with its calls alone.
    """
    known = [s for s in strata if math.isfinite(s.baseline_usd)]
    cost_usd = math.fsum(
        s.calls * (s.baseline_usd + (s.error_cost_usd or 0.0) * max(s.baseline_errors, 0.0)) for s in known
    )
    calls = {stratum.task_type: stratum.calls for stratum in strata}
    saved = math.fsum(calls[name] * test.saving_usd for name, test in moved.items())
    squares = math.fsum(
        (calls[name] * (test.saving_usd - test.rough_bound_usd)) ** 2 for name, test in moved.items()
    )
    if not (cost_usd > 0.0 and math.isfinite(saved) and math.isfinite(squares)):
        return UNPRICED
    return NetTotal(min(1.0, saved / cost_usd), min(1.0, (saved - math.sqrt(squares)) / cost_usd))
