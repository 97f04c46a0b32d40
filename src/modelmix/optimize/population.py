"""Populations whose truth is known: what procedures are judged against.

A population draws worlds (samples of prompts with every arm's answer) and states its truth: the loss and
cost of each arm on each task type. A table of outcomes taken as the truth is one; the boundary, where
every certificate of a bad move is a false one, is another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import Floats, Mask, TypeEvidence
from modelmix.evaluate.paired import Pairs
from modelmix.optimize.goal import default_type_margin
from modelmix.optimize.stratum import Comparison, Stratum

Integers = NDArray[np.int64]

_TIE = 1e-12
_SHUT_OUT, _SCALE = 1e-6, 1e4


@dataclass(frozen=True, slots=True)
class World:
    """A sample: prompts in random order with the answers of all arms.

    Attributes:
        type_of: Index of each prompt's task type.
        score: Prompts by arms.
        cost_usd: Prompts by arms.
    """

    type_of: Integers
    score: Floats
    cost_usd: Floats


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a population.

    Attributes:
        types: Names of the task types.
        arms: Candidates; the first is the baseline.
        volume: Share of each type in the traffic.
        loss: Types by arms: pass rate of the baseline minus the arm's.
        cost_usd: Types by arms: mean cost of a call.
        type_margins: Margin of each type, from its true baseline error rate or as set.
        at_margin_is_false: Whether a loss of exactly the margin counts as false: it does at the boundary,
            which stands for the worlds just beyond it.
    """

    types: tuple[str, ...]
    arms: tuple[Candidate, ...]
    volume: Floats
    loss: Floats
    cost_usd: Floats
    type_margins: Floats
    at_margin_is_false: bool = False

    @property
    def baseline_usd(self) -> float:
        """Mean cost of a call today."""
        return float(self.volume @ self.cost_usd[:, 0])

    def saving_share(self, table: Integers) -> float:
        """Saving of a per-type table of arms over the baseline's cost."""
        picked = self.cost_usd[np.arange(len(table)), table]
        return float(1.0 - self.volume @ picked / self.baseline_usd)

    def quality_delta(self, table: Integers) -> float:
        """Change of the pass rate over all traffic; negative is worse."""
        return -float(self.volume @ self.loss[np.arange(len(table)), table])

    def pool_is_false(self, table: Integers, margin: float) -> bool:
        """Say whether the moved traffic truly loses more than the margin."""
        moved = table != 0
        weight = self.volume[moved].sum()
        if not weight:
            return False
        loss = self.volume[moved] @ self.loss[moved, table[moved]] / weight
        return self._beyond(float(loss), margin)

    def type_is_false(self, table: Integers, margins: Floats) -> bool:
        """Say whether any moved type truly loses more than its margin."""
        moved = np.flatnonzero(table)
        return any(self._beyond(float(self.loss[t, table[t]]), float(margins[t])) for t in moved)

    def _beyond(self, loss: float, margin: float) -> bool:
        return loss >= margin - _TIE if self.at_margin_is_false else loss > margin + _TIE

    def ceiling(self, margin: float) -> float:
        """Saving of the best per-type table that truly keeps the pooled margin and every type's own.

        A binary programme, solved exactly by HiGHS: pick at most one arm per type to maximise the saving
        subject to Σ volume (loss - margin) ≤ 0 over what is picked.
        """
        spots = [
            (t, a)
            for t in range(len(self.types))
            for a in range(1, len(self.arms))
            if not self._beyond(float(self.loss[t, a]), float(self.type_margins[t]))
            and self.cost_usd[t, a] < self.cost_usd[t, 0]
        ]
        if not spots:
            return 0.0
        saving = np.array([self.volume[t] * (self.cost_usd[t, 0] - self.cost_usd[t, a]) for t, a in spots])
        # Losses of exactly the margin are shut out by a margin that is smaller by more than HiGHS tolerates.
        kept = margin - (_SHUT_OUT if self.at_margin_is_false else 0.0)
        excess = np.array([_SCALE * self.volume[t] * (self.loss[t, a] - kept) for t, a in spots])
        one_arm = np.array([[float(t == row) for t, _ in spots] for row in range(len(self.types))])
        constraints = [LinearConstraint(one_arm, ub=1.0), LinearConstraint(excess[None, :], ub=_SCALE * _TIE)]
        best = milp(
            -saving,
            integrality=np.ones(len(spots), dtype=np.int64),
            bounds=Bounds(0.0, 1.0),
            constraints=constraints,
        )
        return 0.0 if best.x is None else float(saving @ np.round(best.x)) / self.baseline_usd


class Population(Protocol):
    """A source of worlds with a known truth."""

    @property
    def truth(self) -> Truth:
        """What is true of it."""

    def draw(self, chance: np.random.Generator, n: int) -> World:
        """Draw a world of n prompts."""

    def oracle(self) -> tuple[float, float]:
        """Saving share and quality delta of the cheapest arm that scores no less, prompt by prompt."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of outcomes, taken as the truth; worlds are drawn from it with replacement."""

    truth: Truth
    whole: World

    @classmethod
    def of(cls, types: Sequence[TypeEvidence], baseline: Candidate, arms: Sequence[Candidate]) -> "Table":
        """Take the prompts that every arm answered at a known cost.

        Raises:
            ValueError: No prompt is left.
        """
        ordered = (baseline, *(arm for arm in arms if arm != baseline))
        names: list[str] = []
        codes: list[Integers] = []
        scores: list[Floats] = []
        costs: list[Floats] = []
        for evidence in types:
            if not set(ordered) <= set(evidence.arms):
                continue
            columns = [evidence.arms.index(arm) for arm in ordered]
            score, cost = evidence.score[:, columns], evidence.cost_usd[:, columns]
            whole = ~np.isnan(score + cost).any(axis=1)
            if whole.any():
                codes.append(np.full(int(whole.sum()), len(names)))
                names.append(evidence.task_type)
                scores.append(score[whole])
                costs.append(cost[whole])
        if not names:
            raise ValueError("no prompt was answered by every arm at a known cost")
        world = World(np.concatenate(codes), np.concatenate(scores), np.concatenate(costs))
        return cls(_truth_of(world, tuple(names), ordered), world)

    def draw(self, chance: np.random.Generator, n: int) -> World:
        """Draw n prompts with replacement."""
        rows = chance.integers(0, len(self.whole.type_of), n)
        return World(self.whole.type_of[rows], self.whole.score[rows], self.whole.cost_usd[rows])

    def oracle(self) -> tuple[float, float]:
        """Saving share and quality delta of the cheapest arm that scores no less than the baseline."""
        return _oracle(self.whole)


def _truth_of(world: World, names: tuple[str, ...], arms: tuple[Candidate, ...]) -> Truth:
    rows = [world.type_of == t for t in range(len(names))]
    score = np.array([world.score[mask].mean(axis=0) for mask in rows])
    return Truth(
        types=names,
        arms=arms,
        volume=np.array([mask.mean() for mask in rows]),
        loss=score[:, :1] - score,
        cost_usd=np.array([world.cost_usd[mask].mean(axis=0) for mask in rows]),
        type_margins=np.array([default_type_margin(1.0 - share) for share in score[:, 0]]),
    )


def _oracle(world: World) -> tuple[float, float]:
    cost = np.where(world.score >= world.score[:, :1], world.cost_usd, np.inf)
    picked = cost.argmin(axis=1)
    rows = np.arange(len(picked))
    saving = 1.0 - world.cost_usd[rows, picked].sum() / world.cost_usd[:, 0].sum()
    return float(saving), float((world.score[rows, picked] - world.score[:, 0]).mean())


@dataclass(frozen=True, slots=True)
class Boundary:
    """Types at the edge of what may be certified, with two cheaper arms each.

    The baseline errs in one answer of ten; an arm gains on 3 % of prompts and loses on 3 % plus its loss,
    independently of the other arm. Arms cost a fifth and a half of the baseline.
    """

    truth: Truth

    GAIN_RATE = 0.03
    BASELINE_ERRORS = 0.10
    COSTS = (1.0, 0.2, 0.5)

    @classmethod
    def of(cls, losses: Sequence[float], type_margin: float) -> "Boundary":
        """Make a population of one type per loss, each with the same volume."""
        count = len(losses)
        arms = tuple(Candidate(name) for name in ("baseline", "cheap", "middle"))
        loss = np.array([[0.0, value, value] for value in losses])
        truth = Truth(
            types=tuple(f"type-{index + 1:02d}" for index in range(count)),
            arms=arms,
            volume=np.full(count, 1.0 / count),
            loss=loss,
            cost_usd=np.tile(cls.COSTS, (count, 1)),
            type_margins=np.full(count, type_margin),
            at_margin_is_false=True,
        )
        return cls(truth)

    def draw(self, chance: np.random.Generator, n: int) -> World:
        """Draw n prompts: type, baseline's score, then each arm's given the baseline's."""
        type_of = chance.integers(0, len(self.truth.types), n)
        right = chance.random(n) >= self.BASELINE_ERRORS
        score = np.empty((n, len(self.truth.arms)))
        score[:, 0] = right
        for arm in range(1, len(self.truth.arms)):
            lost = (self.GAIN_RATE + self.truth.loss[type_of, arm]) / (1.0 - self.BASELINE_ERRORS)
            flip = chance.random(n) < np.where(right, lost, self.GAIN_RATE / self.BASELINE_ERRORS)
            score[:, arm] = right ^ flip
        return World(type_of, score, self.truth.cost_usd[type_of])

    def oracle(self) -> tuple[float, float]:
        """Estimate from one large world with a fixed seed."""
        return _oracle(self.draw(np.random.default_rng(0), 200_000))


def strata(world: World, truth: Truth, rows: Mask | None = None) -> list[Stratum]:
    """Reduce a world, or some of its rows, to one stratum per task type, in order of type."""
    type_of, score, cost = world.type_of, world.score, world.cost_usd
    if rows is not None:
        type_of, score, cost = type_of[rows], score[rows], cost[rows]
    size = len(truth.types)

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(type_of, values, size), dtype=np.float64)

    count = np.bincount(type_of, minlength=size)
    base_score, base_usd = total(score[:, 0]), total(cost[:, 0])
    sums = []
    for arm in range(1, len(truth.arms)):
        difference, saving = score[:, arm] - score[:, 0], cost[:, 0] - cost[:, arm]
        gains, losses = total(np.maximum(difference, 0.0)), total(np.maximum(-difference, 0.0))
        sums.append((truth.arms[arm], gains, losses, total(saving), total(saving**2)))
    found = []
    for t, name in enumerate(truth.types):
        n = int(count[t])
        compared = tuple(_compare(arm, n, *(float(values[t]) for values in rest)) for arm, *rest in sums if n)
        usd, errors = (base_usd[t] / n, 1.0 - base_score[t] / n) if n else (np.nan, np.nan)
        found.append(Stratum(name, truth.arms[0], float(n), float(usd), float(errors), None, False, compared))
    return found


def _compare(
    arm: Candidate, n: int, gains: float, losses: float, saving: float, squares: float
) -> Comparison:
    mean = saving / n
    variance = max(squares - n * mean * mean, 0.0) / (n - 1) if n > 1 else np.nan
    return Comparison(arm, Pairs(gains, losses, float(n)), mean, float(np.sqrt(variance / n)))
