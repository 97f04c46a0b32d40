"""Evidence: graded answers of several candidates to the same prompts, as arrays per task type."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from modelmix.core.candidate import Candidate
from modelmix.core.level import Level
from modelmix.core.outcome import Outcome
from modelmix.evaluate.labelled import PairLabels
from modelmix.evaluate.paired import Pairs

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_DRAWN = 3.0
_PAIRWISE = "judge-pairwise@"


def whole(score: float, grader: str) -> float:
    """Return a score such that a comparison that is won, or lost, counts as one answer.

    Comparisons are kept as 0, a half and 1, with the baseline at a half: a win is half a point away from it.
    Stretched about a half, a win is a gain of 1 and a defeat a loss of 1, and a margin of two points is two
    answers in a hundred, net. Loss is then P(worse) - P(better).

    Args:
        score: Grade in [0, 1].
        grader: What graded it; all but comparisons stay as they are.
    """
    return 2.0 * score - 0.5 if grader.startswith(_PAIRWISE) else score


@dataclass(frozen=True, slots=True)
class TypeEvidence:
    """What was measured of one task type.

    Attributes:
        task_type: Its name.
        arms: The candidates: columns of the arrays.
        units: Unit of each row. A row is a prompt, its samples averaged; rows of one cluster share a unit,
            are averaged in every figure, and so count once.
        score: Rows by arms, in [0, 1]; NaN where not measured.
        cost_usd: Rows by arms, USD per call; NaN where it cannot be priced.
        slices: Name → rows that belong to it.
        prompts: Identity of each row's prompt; the units themselves where it is left out.
        look: Look of a replay at which each row came in, from 1; 0, also where it is left out, for none.
        level: What its scores are of; ``TURN`` where that holds for some of its prompts.
        people: Candidate and baseline, as columns → what people say of pairs that a judge has graded.
        latency_ms: Rows by arms, the longest of a row's samples; NaN where it was not measured, and
            throughout where it is left out.
    """

    task_type: str
    arms: tuple[Candidate, ...]
    units: tuple[str, ...]
    score: Floats
    cost_usd: Floats
    slices: Mapping[str, Mask] = field(default_factory=dict)
    prompts: tuple[str, ...] = ()
    look: tuple[int, ...] = ()
    level: Level = Level.CALL
    people: Mapping[tuple[int, int], PairLabels] = field(default_factory=dict)
    latency_ms: Floats = field(default_factory=lambda: np.empty((0, 0)))

    def __post_init__(self) -> None:
        object.__setattr__(self, "prompts", self.prompts or self.units)
        object.__setattr__(self, "look", self.look or (0,) * len(self.units))
        if self.latency_ms.shape != self.score.shape:
            object.__setattr__(self, "latency_ms", np.full(self.score.shape, np.nan))

    def take(self, rows: Mask) -> "TypeEvidence":
        """Return the evidence of some rows only."""
        return TypeEvidence(
            self.task_type,
            self.arms,
            tuple(compress(self.units, rows)),
            self.score[rows],
            self.cost_usd[rows],
            {name: mask[rows] for name, mask in self.slices.items()},
            tuple(compress(self.prompts, rows)),
            tuple(compress(self.look, rows)),
            self.level,
            {arms: labels.take(rows) for arms, labels in self.people.items()},
            self.latency_ms[rows],
        )

    def at_looks(self, first: int, last: int) -> "TypeEvidence":
        """Return the rows of some looks only, the first and the last of them included."""
        return self.take(np.array([first <= look <= last for look in self.look], dtype=np.bool_))

    def pairs(self, candidate: int, baseline: int, rows: Mask | None = None) -> Pairs:
        """Count gains and losses of one arm against another over the units that have both on some prompt.

        Prompts that only one of the two answered are left out, in a cluster as anywhere. Where people have
        labelled a random part of what a judge graded, the counts are those of a sample graded by people that
        would say as much as both together; slices stay with the judge, for people have seen few rows of each.
        """
        labels = self.people.get((candidate, baseline))
        if labels is not None and rows is None and self.units:
            return labels.corrected(self.score[:, candidate] - self.score[:, baseline], self.units).worth()
        difference = np.fromiter(self.differences(candidate, baseline, rows).values(), np.float64)
        gains = float(difference[difference > 0].sum())
        losses = float(-difference[difference < 0].sum())
        return Pairs(gains, losses, float(difference.size))

    def differences(self, candidate: int, baseline: int, rows: Mask | None = None) -> dict[str, float]:
        """Return by unit the candidate's score minus the baseline's, on the prompts that both answered."""
        return self._by_unit(self.score[:, candidate] - self.score[:, baseline], rows)

    def savings_usd(self, candidate: int, baseline: int) -> Floats:
        """Cost of the baseline minus that of the candidate, per unit that has both scores and both costs."""
        both = ~np.isnan(self.score[:, candidate] - self.score[:, baseline])
        saving = self._by_unit(self.cost_usd[:, baseline] - self.cost_usd[:, candidate], both)
        return np.fromiter(saving.values(), np.float64)

    def nets_usd(self, candidate: int, baseline: int, error_usd: float) -> Floats:
        """Net saving of one arm against another, per unit that has both scores and both costs.

        Args:
            candidate: The arm.
            baseline: The one that it is held against.
            error_usd: Cost of a wrong answer.

        What the call costs less, and error cost times what the score is higher: both on the same prompts, so
        that costs and errors that go together are counted as they do.
        """
        gains = self.score[:, candidate] - self.score[:, baseline]
        saving = self.cost_usd[:, baseline] - self.cost_usd[:, candidate]
        return np.fromiter(self._by_unit(saving + error_usd * gains).values(), np.float64)

    def longest_ms(self, arm: int) -> Floats:
        """Return by unit how long the longest of its answers by an arm took, where any was measured."""
        longest: dict[str, float] = {}
        for unit, latency in zip(self.units, self.latency_ms[:, arm].tolist(), strict=True):
            if not math.isnan(latency):
                longest[unit] = max(latency, longest.get(unit, 0.0))
        return np.fromiter(longest.values(), np.float64)

    def error_rate(self, arm: int) -> float:
        """One minus the mean score of an arm; NaN where it was not measured."""
        return 1.0 - _mean(self._by_unit(self.score[:, arm]))

    def mean_cost_usd(self, arm: int) -> float:
        """Mean cost of a call on an arm; NaN where none can be priced."""
        return _mean(self._by_unit(self.cost_usd[:, arm]))

    def _by_unit(self, values: Floats, rows: Mask | None = None) -> dict[str, float]:
        """Average what is known of each unit; a unit of which nothing is known is left out."""
        known = ~np.isnan(values) if rows is None else rows & ~np.isnan(values)
        units, kept = list(compress(self.units, known)), values[known]
        found = dict(zip(units, kept.tolist(), strict=True))
        if len(found) == len(units):
            return found
        codes = {unit: code for code, unit in enumerate(found)}
        code = np.fromiter((codes[unit] for unit in units), np.int64, len(units))
        means = np.bincount(code, kept) / np.bincount(code)
        return dict(zip(codes, means.tolist(), strict=True))


def _mean(by_unit: Mapping[str, float]) -> float:
    return float(np.mean(list(by_unit.values()))) if by_unit else math.nan


@dataclass(frozen=True, slots=True)
class Gathered:
    """Evidence of all task types, and what was left out.

    Attributes:
        types: Evidence by task type, in order of name.
        rows: Outcome rows read.
        rows_other_arms: Rows of candidates that were not asked for.
        prompts_unpaired: Prompts without a score of at least two arms.
        rows_unpriced: Rows of kept arms without a cost.
        passed_over: Task type → what its scores on less than a whole task, or on whole tasks without a pair,
            are of, and their prompts: evidence of the other level decides, and the two are never pooled.
    """

    types: tuple[TypeEvidence, ...]
    rows: int
    rows_other_arms: int
    prompts_unpaired: int
    rows_unpriced: int
    passed_over: Mapping[str, tuple[Level, int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Cell:
    scores: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    latency_ms: float = math.nan


@dataclass(slots=True)
class _Prompt:
    """What was read of one prompt; of several clusters the first by name is its own."""

    cluster: str = ""
    tokens: int | None = None
    look: int = 0
    is_turn: bool = False
    cells: dict[Candidate, _Cell] = field(default_factory=dict)

    def add(self, outcome: Outcome, cost_usd: float | None) -> None:
        cell = self.cells.setdefault(outcome.candidate, _Cell())
        cell.scores.append(whole(outcome.score, outcome.grader))
        if cost_usd is not None:
            cell.costs.append(cost_usd)
        if outcome.latency_ms is not None:
            cell.latency_ms = float(np.fmax(cell.latency_ms, outcome.latency_ms))
        if outcome.cluster_id and (not self.cluster or outcome.cluster_id < self.cluster):
            self.cluster = outcome.cluster_id
        self.look = max(self.look, outcome.look)
        self.is_turn |= outcome.level is Level.TURN
        if outcome.input_tokens is not None:
            self.tokens = max(self.tokens or 0, outcome.input_tokens)


@dataclass(slots=True)
class _Kind:
    """Prompts of one task type whose scores are all of whole tasks, or all of less."""

    prompts: dict[str, _Prompt] = field(default_factory=lambda: defaultdict(_Prompt))
    marks: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, outcome: Outcome, cost_usd: float | None) -> None:
        self.prompts[outcome.prompt_id].add(outcome, cost_usd)
        for name in outcome.slices:
            self.marks[name].add(outcome.prompt_id)

    @property
    def paired(self) -> dict[str, _Prompt]:
        """Those that two candidates have answered, in order of name."""
        return {key: prompt for key, prompt in sorted(self.prompts.items()) if len(prompt.cells) > 1}

    def level(self, *, is_whole: bool) -> Level:
        """What the scores are of."""
        if is_whole:
            return Level.TASK
        return Level.TURN if any(prompt.is_turn for prompt in self.prompts.values()) else Level.CALL


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

    Rows pair by prompt, whichever table they came in, so that a prompt that was imported twice is one prompt.
    A unit is the prompt's cluster where any of its rows names one, else the prompt. Whole tasks are never
    pooled with single answers: where a type has both, its whole tasks decide, unless none of them was run by
    two candidates.
    """
    kinds: dict[str, dict[bool, _Kind]] = defaultdict(lambda: defaultdict(_Kind))
    rows = others = unpriced = 0
    wanted = None if arms is None else set(arms)
    for outcome, cost_usd in outcomes:
        rows += 1
        if wanted is not None and outcome.candidate not in wanted:
            others += 1
            continue
        unpriced += cost_usd is None
        kinds[outcome.task_type][outcome.level is Level.TASK].add(outcome, cost_usd)
    types, unpaired = [], 0
    passed_over: dict[str, tuple[Level, int]] = {}
    for name in sorted(kinds):
        found = kinds[name]
        # Whole tasks say more; they decide wherever two candidates have run the same one.
        paired_of = {key: found[key].paired for key in (True, False)}
        is_whole = bool(paired_of[True] or (found[True].prompts and not paired_of[False]))
        decides, other = found[is_whole], found[not is_whole]
        if other.prompts:
            passed_over[name] = (other.level(is_whole=not is_whole), len(other.prompts))
        paired = paired_of[is_whole]
        unpaired += len(decides.prompts) - len(paired)
        if paired:
            slices = dict(decides.marks)
            if slice_long:
                slices |= _longest_tenth(paired)
            types.append(replace(_arrange(name, paired, slices), level=decides.level(is_whole=is_whole)))
    return Gathered(tuple(types), rows, others, unpaired, unpriced, passed_over)


def _longest_tenth(prompts: Mapping[str, _Prompt]) -> dict[str, set[str]]:
    known = sorted((prompt.tokens, key) for key, prompt in prompts.items() if prompt.tokens is not None)
    tenth = len(known) // 10
    if not tenth or known[-1][0] == known[0][0]:
        return {}
    return {"longest tenth": {key for _, key in known[-tenth:]}}


def _arrange(name: str, prompts: Mapping[str, _Prompt], slices: Mapping[str, set[str]]) -> TypeEvidence:
    arms = tuple(sorted({arm for prompt in prompts.values() for arm in prompt.cells}, key=str))
    column = {arm: index for index, arm in enumerate(arms)}
    score = np.full((len(prompts), len(arms)), np.nan)
    cost, latency = (np.full((len(prompts), len(arms)), np.nan) for _ in range(2))
    for index, prompt in enumerate(prompts.values()):
        for arm, cell in prompt.cells.items():
            score[index, column[arm]] = np.mean(cell.scores)
            latency[index, column[arm]] = cell.latency_ms
            if cell.costs:
                cost[index, column[arm]] = np.mean(cell.costs)
    units = tuple(prompt.cluster or key for key, prompt in prompts.items())
    looks = tuple(prompt.look for prompt in prompts.values())
    masks = {
        label: np.array([key in members for key in prompts]) for label, members in sorted(slices.items())
    }
    return TypeEvidence(name, arms, units, score, cost, masks, tuple(prompts), looks, latency_ms=latency)


def correlation(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Correlation of the mean differences of two task types that share units, in [0, 1].

    Args:
        one: Difference by unit, as of :meth:`TypeEvidence.differences`.
        other: The same of another task type.

    Returns:
        0 where no unit is shared. Else what the shared units show, drawn by three units towards going wholly
        together: few differences are no proof of independence.
    """
    shared = one.keys() & other.keys()
    if not shared:
        return 0.0
    mean_one, mean_other = _mean(one), _mean(other)
    together = math.fsum((one[unit] - mean_one) * (other[unit] - mean_other) for unit in sorted(shared))
    squares = math.fsum((x - mean_one) ** 2 for x in one.values())
    squares *= math.fsum((x - mean_other) ** 2 for x in other.values())
    wholly = len(shared) / math.sqrt(len(one) * len(other))
    return min(1.0, (max(together, 0.0) + _DRAWN * wholly) / (math.sqrt(squares) + _DRAWN))


def split(evidence: TypeEvidence, seed: int, choosing_share: float) -> tuple[TypeEvidence, TypeEvidence]:
    """Part the units into rows to choose on and fresh rows to certify on.

    The part of a unit follows from the seed and its identity alone: a second attempt with more rows moves
    no old row across, and a cluster that spans task types falls whole on one side.
    """
    choosing = np.array(
        [serves_to_choose(unit, seed, choosing_share) for unit in evidence.units], dtype=np.bool_
    )
    return evidence.take(choosing), evidence.take(~choosing)


def serves_to_choose(unit: str, seed: int, choosing_share: float) -> bool:
    """Say whether a unit's rows are for choosing; else they are fresh. It is known before any is bought."""
    return _uniform(seed, unit) < choosing_share


def _uniform(seed: int, unit: str) -> float:
    digest = hashlib.blake2b(f"{seed}\0{unit}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2.0**64
