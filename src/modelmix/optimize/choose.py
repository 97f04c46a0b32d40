"""Choosing: which task types to put forward, and on which candidate, from the choosing rows alone.

Putting a type forward costs power for all others: Holm and the simultaneous critical value both grow with
their number. So the set is chosen that promises the largest certified saving, not the longest list.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import ndtri

from modelmix.core.candidate import Candidate
from modelmix.evaluate.multiplicity import simultaneous_z
from modelmix.evaluate.paired import Pairs
from modelmix.optimize.goal import LEAST_MARGIN, Goal
from modelmix.optimize.stratum import Comparison, Stratum

_PRIOR_LOSS, _PRIOR_SD = 0.0, 0.06  # as good as the baseline, give or take six points
_PASSES = 3


@dataclass(frozen=True, slots=True)
class PutForward:
    """A move that is to be tested on fresh rows.

    Attributes:
        task_type: The type that would move.
        candidate: Where to.
        type_margin: Margin it must clear by itself, fixed here.
        saving_usd: Saving per call on the choosing rows.
        is_upward: Whether the candidate is the dearer one, so that its net saving is tested as well.
    """

    task_type: str
    candidate: Candidate
    type_margin: float
    saving_usd: float
    is_upward: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What is put forward, and the margin of all of it together."""

    moves: tuple[PutForward, ...]
    pooled_margin: float


@dataclass(frozen=True, slots=True)
class _Prospect:
    """A possible move with what the choosing rows make of it."""

    stratum: Stratum
    move: PutForward
    loss: float
    loss_variance: float
    test_variance: float
    margin: float
    worth_usd: float

    def chance(self, z: float) -> float:
        """Probability that the fresh rows clear the type's margin at critical value ``z``."""
        distance = self.move.type_margin - self.loss - z * math.sqrt(self.test_variance)
        return _normal(distance / math.sqrt(self.test_variance + self.loss_variance))


def choose(
    strata: Sequence[Stratum],
    goal: Goal,
    alpha: float,
    chosen_before: Mapping[str, Candidate | None] | None = None,
) -> Choice:
    """Pick the moves with the largest expected certified saving.

    Args:
        strata: Choosing rows of each task type.
        goal: The user's bar.
        alpha: Level that this attempt may spend.
        chosen_before: Task type → the candidate that was put forward before its fresh rows were bought, or
            None where none was. No other can be, since no other has any; and it stays put forward, wherever
            it still saves.
    """
    z = float(-ndtri(alpha / max(1.0, len(strata) / 2.0)))
    best: dict[str, list[_Prospect]] = {}
    before: list[_Prospect] = []
    for stratum in strata:
        prospects = [p for c in stratum.comparisons if (p := _prospect(stratum, c, goal)) is not None]
        if stratum.task_type in (chosen_before or {}):
            named = (chosen_before or {})[stratum.task_type]
            before += [p for p in prospects if p.move.candidate == named]
        elif prospects:
            best[stratum.task_type] = sorted(prospects, key=lambda p: -p.worth_usd * p.chance(z))
    chosen = _best_prefix([prospects[0] for prospects in best.values()], alpha, before)
    chosen = _improve(chosen, best, alpha)
    savings = [(p.move.saving_usd, p.stratum) for p in chosen]
    return Choice(tuple(p.move for p in chosen), goal.pooled_margin(savings))


def promise_usd(stratum: Stratum, put: PutForward, goal: Goal, z: float) -> float:
    """Return what a move down promises by itself: its net saving if it is certified, USD; 0 without any."""
    comparison = stratum.find(put.candidate)
    prospect = None if comparison is None else _prospect(stratum, comparison, goal)
    return 0.0 if prospect is None else prospect.worth_usd * prospect.chance(z)


def variance_of(pairs: Pairs) -> float:
    """Return the variance of one pair's difference, one pseudo-pair that differs among them.

    A handful of agreeing pairs is no proof of agreement.
    """
    return (pairs.gains + pairs.losses + 0.5) / (pairs.n + 1.0)


def shrunk_loss(pairs: Pairs) -> tuple[float, float]:
    """Return the loss to reckon with, drawn towards none as few pairs warrant, and its variance."""
    variance = variance_of(pairs)
    precision = pairs.n / variance + 1.0 / _PRIOR_SD**2
    loss = (pairs.n / variance * pairs.loss + _PRIOR_LOSS / _PRIOR_SD**2) / precision
    return loss, 1.0 / precision


def _prospect(stratum: Stratum, comparison: Comparison, goal: Goal) -> _Prospect | None:
    pairs, saving = comparison.pairs, comparison.saving_usd
    if not pairs.n or not saving > 0.0:
        return None
    margin = goal.margin_of(stratum, saving)
    if margin < LEAST_MARGIN:
        return None
    variance = variance_of(pairs)
    loss, loss_variance = shrunk_loss(pairs)
    fresh = pairs.n * (1.0 - goal.choosing_share) / goal.choosing_share
    # At the margin itself the test's variance is at least that of losing as many pairs as the margin says.
    test_variance = max(variance, margin) / fresh
    error_usd = (stratum.error_cost_usd or 0.0) * loss
    worth = stratum.calls * (saving - error_usd)
    move = PutForward(stratum.task_type, comparison.candidate, margin, saving)
    return _Prospect(stratum, move, loss, loss_variance, test_variance, goal.margin, worth)


def _best_prefix(
    prospects: list[_Prospect], alpha: float, before: Sequence[_Prospect] = ()
) -> list[_Prospect]:
    z = float(-ndtri(alpha / max(1, len(prospects) + len(before))))
    ranked = sorted(prospects, key=lambda p: (-p.worth_usd * p.chance(z), p.move.task_type))
    sizes = range(len(ranked) + 1)
    size = max(sizes, key=lambda size: _value([*before, *ranked[:size]], alpha))
    return [*before, *ranked[:size]]


def _improve(chosen: list[_Prospect], best: dict[str, list[_Prospect]], alpha: float) -> list[_Prospect]:
    value = _value(chosen, alpha)
    for _ in range(_PASSES):
        before = value
        for task_type, prospects in best.items():
            others = [p for p in chosen if p.move.task_type != task_type]
            for trial in [others, *([*others, prospect] for prospect in prospects[:2])]:
                worth = _value(trial, alpha)
                if worth > value:
                    chosen, value = trial, worth
        if value == before:
            break
    return chosen


def _value(moves: Sequence[_Prospect], alpha: float) -> float:
    """Expected certified saving of putting these moves forward, USD over the strata's calls."""
    if not moves:
        return 0.0
    z_type = float(-ndtri(alpha / len(moves)))
    z_pool = simultaneous_z(len(moves), alpha)
    saved = slack = test = doubt = 0.0
    for move in moves:
        chance = move.chance(z_type)
        weight = chance * move.stratum.weight
        saved += chance * move.worth_usd
        slack += weight * (move.margin - move.loss)
        test += weight * weight * move.test_variance
        doubt += weight * weight * move.loss_variance
    if saved <= 0.0 or test <= 0.0:
        return 0.0
    return saved * _normal((slack - z_pool * math.sqrt(test)) / math.sqrt(test + doubt))


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))
