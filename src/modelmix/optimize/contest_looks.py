"""A contestant that looks: choosing rows first, then fresh ones in parts, and no more than are needed."""

from dataclasses import dataclass, replace

import numpy as np

from modelmix.evaluate.boundaries import MOST_LOOKS
from modelmix.evaluate.evidence import Mask
from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.sequential import even
from modelmix.optimize.attempts import alpha_of_attempt
from modelmix.optimize.certify import Certified, certify
from modelmix.optimize.choose import Choice, choose
from modelmix.optimize.contest import Deployed, stay
from modelmix.optimize.goal import Goal
from modelmix.optimize.looks import NOTHING, Looked, Looks
from modelmix.optimize.population import Integers, Truth, World, strata
from modelmix.optimize.stopping import Stand, State, after_look


@dataclass(frozen=True, slots=True)
class _AtEvenLooks(Looked):
    """Looks at even distances: their critical values are the same in every world, and are found once.

    Attributes:
        levels: The strictest level of Holm's ladder and the loosest.
    """

    levels: tuple[float, float] = (0.0, 0.0)

    def p_value(self, margin: float) -> float:
        """Return the p-value where it decides anything; else the end of the ladder that it lies beyond."""
        least, most = self.levels
        z = [pairs.z(margin) for pairs in self.counts]
        if all(a < b for a, b in zip(z, self._critical(margin, most), strict=True)):
            return 1.0
        ahead = max(a - b for a, b in zip(z, self._critical(margin, least), strict=True))
        return least / (1.0 + ahead) if ahead >= 0.0 else Looked.p_value(self, margin)

    def _fractions(self, margin: float) -> tuple[float, ...]:  # noqa: ARG002 - the same for every margin
        return even(self.looks.planned)[: len(self.counts)]


def certified_by_looks(world: World, truth: Truth, goal: Goal) -> Deployed:
    """Choose on some rows, then look at the others as a replay does; the pairs bought are counted."""
    n = len(world.type_of)
    choosing = np.arange(n) < round(goal.choosing_share * n)  # a world's rows are in random order
    alpha = alpha_of_attempt(goal.alpha, 1)
    choice = choose(strata(world, truth, choosing), goal, alpha)
    look = _look_of(world, choosing, len(truth.types))
    planned = {
        put.task_type: Looks(put.candidate, _planned(world, look, truth, put.task_type), MOST_LOOKS)
        for put in choice.moves
    }
    stands = {name: Stand(looks, State.OPEN) for name, looks in planned.items()}
    proved = certify(strata(world, truth, choosing), Choice((), goal.margin), alpha)
    for number in range(1, MOST_LOOKS + 1):
        if not any(one.is_open for one in stands.values()):
            break
        stands = {
            name: replace(one, looks=replace(one.looks, taken=number)) if one.is_open else one
            for name, one in stands.items()
        }
        proved, tests = _proved(world, truth, look, stands, choice, alpha)
        stands = after_look(stands, tests, proved, choice.pooled_margin)
    table, margins = stay(truth)
    for move in proved.moves:
        t = truth.types.index(move.put.task_type)
        margins[t] = move.put.type_margin
        if move.moved:
            table[t] = truth.arms.index(move.candidate)
    fresh = sum(one.looks.pairs for one in stands.values())
    bought = sum(move.comparison.pairs.n for move in proved.moves)
    return Deployed(table, margins, bought / fresh if fresh else None)


def _look_of(world: World, choosing: Mask, types: int) -> Integers:
    """Return the look of each row; 0 for choosing."""
    look = np.zeros(len(world.type_of), dtype=np.int64)
    for t in range(types):
        rows = np.flatnonzero((world.type_of == t) & ~choosing)
        look[rows] = -(-np.arange(1, rows.size + 1) * MOST_LOOKS // max(rows.size, 1))
    return look


def _planned(world: World, look: Integers, truth: Truth, task_type: str) -> int:
    return int(((world.type_of == truth.types.index(task_type)) & (look > 0)).sum())


def _proved(
    world: World, truth: Truth, look: Integers, stands: dict[str, Stand], choice: Choice, alpha: float
) -> tuple[Certified, dict[str, Looked]]:
    """Certify what has come in."""
    taken = np.zeros(len(truth.types), dtype=np.int64)
    for name, stand in stands.items():
        taken[truth.types.index(name)] = stand.looks.taken
    bought = look <= taken[world.type_of]
    parts = [
        {one.task_type: one for one in strata(world, truth, bought & (look == number))}
        for number in range(1, MOST_LOOKS + 1)
    ]
    tests: dict[str, Looked] = {}
    for put in choice.moves:
        counts: list[Pairs] = []
        for number in range(stands[put.task_type].looks.taken):
            found = parts[number][put.task_type].find(put.candidate)
            counts.append((counts[-1] if counts else NOTHING) + (NOTHING if found is None else found.pairs))
        if all(pairs.n for pairs in counts):
            levels = alpha / len(choice.moves), alpha
            tests[put.task_type] = _AtEvenLooks(stands[put.task_type].looks, tuple(counts), levels)
    fresh = strata(world, truth, bought & (look > 0))
    return certify(fresh, choice, alpha, looked=tests), tests
