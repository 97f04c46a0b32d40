"""Evidence: graded answers of several candidates to the same prompts, as arrays per task type."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.evaluate.paired import Pairs

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TypeEvidence:
    """What was measured of one task type.

    Attributes:
        task_type: Its name.
        arms: The candidates: columns of the arrays.
        units: Identity of each row; a row is a cluster of prompts or a single prompt, its samples averaged.
        score: Units by arms, in [0, 1]; NaN where not measured.
        cost_usd: Units by arms, USD per call; NaN where it cannot be priced.
        slices: Name → units that belong to it.
    """

    task_type: str
    arms: tuple[Candidate, ...]
    units: tuple[str, ...]
    score: Floats
    cost_usd: Floats
    slices: Mapping[str, Mask] = field(default_factory=dict)

    def take(self, rows: Mask) -> "TypeEvidence":
        """Return the evidence of some units only."""
        kept = tuple(unit for unit, keep in zip(self.units, rows, strict=True) if keep)
        slices = {name: mask[rows] for name, mask in self.slices.items()}
        return TypeEvidence(self.task_type, self.arms, kept, self.score[rows], self.cost_usd[rows], slices)

    def pairs(self, candidate: int, baseline: int, rows: Mask | None = None) -> Pairs:
        """Count gains and losses of one arm against another over the units that have both."""
        score = self.score if rows is None else self.score[rows]
        difference = score[:, candidate] - score[:, baseline]
        difference = difference[~np.isnan(difference)]
        gains = float(difference[difference > 0].sum())
        losses = float(-difference[difference < 0].sum())
        return Pairs(gains, losses, float(difference.size))

    def savings_usd(self, candidate: int, baseline: int) -> Floats:
        """Cost of the baseline minus that of the candidate, per unit that has both scores and both costs."""
        both = ~np.isnan(self.score[:, candidate] - self.score[:, baseline])
        saving = self.cost_usd[both, baseline] - self.cost_usd[both, candidate]
        return np.asarray(saving[~np.isnan(saving)], dtype=np.float64)

    def error_rate(self, arm: int) -> float:
        """One minus the mean score of an arm; NaN where it was not measured."""
        score = self.score[:, arm]
        score = score[~np.isnan(score)]
        return float(1.0 - score.mean()) if score.size else float("nan")

    def mean_cost_usd(self, arm: int) -> float:
        """Mean cost of a call on an arm; NaN where none can be priced."""
        cost = self.cost_usd[:, arm]
        cost = cost[~np.isnan(cost)]
        return float(cost.mean()) if cost.size else float("nan")


@dataclass(frozen=True, slots=True)
class Gathered:
    """Evidence of all task types, and what was left out.

    Attributes:
        types: Evidence by task type, in order of name.
        rows: Outcome rows read.
        rows_other_arms: Rows of candidates that were not asked for.
        units_unpaired: Units without a score of at least two arms.
        rows_unpriced: Rows of kept arms without a cost.
    """

    types: tuple[TypeEvidence, ...]
    rows: int
    rows_other_arms: int
    units_unpaired: int
    rows_unpriced: int


@dataclass(slots=True)
class _Cell:
    scores: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)


def gather(
    outcomes: Iterable[tuple[Outcome, float | None]],
    arms: Sequence[Candidate] | None = None,
    *,
    slice_long: bool = True,
) -> Gathered:
    """Arrange outcomes as paired evidence.

    Args:
        outcomes: Rows, each with its cost in USD or None; read once.
        arms: Candidates to keep; all if None.
        slice_long: Whether to add the slice ``longest tenth`` where prompt lengths are known.

    A unit is a cluster where rows name one, else a prompt: repeated samples and the prompts of a cluster are
    averaged per candidate, so that they count once.
    """
    cells: dict[str, dict[str, dict[Candidate, _Cell]]] = defaultdict(dict)
    marks: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    lengths: dict[str, dict[str, int]] = defaultdict(dict)
    rows = others = unpriced = 0
    wanted = None if arms is None else set(arms)
    for outcome, cost_usd in outcomes:
        rows += 1
        if wanted is not None and outcome.candidate not in wanted:
            others += 1
            continue
        unit = cells[outcome.task_type].setdefault(outcome.unit, {})
        cell = unit.setdefault(outcome.candidate, _Cell())
        cell.scores.append(outcome.score)
        if cost_usd is None:
            unpriced += 1
        else:
            cell.costs.append(cost_usd)
        if outcome.slice_name:
            marks[outcome.task_type][outcome.slice_name].add(outcome.unit)
        if outcome.input_tokens is not None:
            seen = lengths[outcome.task_type].get(outcome.unit, 0)
            lengths[outcome.task_type][outcome.unit] = max(seen, outcome.input_tokens)
    types, unpaired = [], 0
    for name in sorted(cells):
        paired = {unit: row for unit, row in sorted(cells[name].items()) if len(row) > 1}
        unpaired += len(cells[name]) - len(paired)
        if paired:
            slices = dict(marks[name])
            if slice_long:
                slices |= _longest_tenth(lengths[name], paired)
            types.append(_arrange(name, paired, slices))
    return Gathered(tuple(types), rows, others, unpaired, unpriced)


def _longest_tenth(lengths: Mapping[str, int], units: Iterable[str]) -> dict[str, set[str]]:
    known = sorted((lengths[unit], unit) for unit in units if unit in lengths)
    tenth = len(known) // 10
    if not tenth or known[-1][0] == known[0][0]:
        return {}
    return {"longest tenth": {unit for _, unit in known[-tenth:]}}


def _arrange(
    name: str, paired: Mapping[str, Mapping[Candidate, _Cell]], slices: Mapping[str, set[str]]
) -> TypeEvidence:
    arms = tuple(sorted({arm for row in paired.values() for arm in row}, key=str))
    column = {arm: index for index, arm in enumerate(arms)}
    score = np.full((len(paired), len(arms)), np.nan)
    cost = np.full((len(paired), len(arms)), np.nan)
    for index, row in enumerate(paired.values()):
        for arm, cell in row.items():
            score[index, column[arm]] = np.mean(cell.scores)
            if cell.costs:
                cost[index, column[arm]] = np.mean(cell.costs)
    units = tuple(paired)
    masks = {
        label: np.array([unit in members for unit in units]) for label, members in sorted(slices.items())
    }
    return TypeEvidence(name, arms, units, score, cost, masks)


def split(evidence: TypeEvidence, seed: int, choosing_share: float) -> tuple[TypeEvidence, TypeEvidence]:
    """Part the units into rows to choose on and fresh rows to certify on.

    The part of a unit follows from the seed and its identity alone: a second attempt with more rows moves
    no old row across, and a cluster that spans task types falls whole on one side.
    """
    choosing = np.array([_uniform(seed, unit) < choosing_share for unit in evidence.units], dtype=np.bool_)
    return evidence.take(choosing), evidence.take(~choosing)


def _uniform(seed: int, unit: str) -> float:
    digest = hashlib.blake2b(f"{seed}\0{unit}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2.0**64
