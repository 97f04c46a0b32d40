"""Stopping: which types buy more pairs after a look, and which have bought enough.

Critical values do not count on futility, so that stopping for it is free; and what is certified is certified
at its look, whoever goes on.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from scipy.special import ndtr

from modelmix.evaluate.paired import pairs_needed
from modelmix.evaluate.verdict import Finding, Verdict
from modelmix.optimize.certify import Certified, Move
from modelmix.optimize.goal import LEAST_MARGIN
from modelmix.optimize.looks import Looked, Looks

EXPECTED_DISCORDANCE = 0.05
"""Share of pairs on which two candidates are taken to differ while nothing is known."""


class State(StrEnum):
    """What was decided of a type at a look."""

    CHOOSING = "choosing"
    OPEN = "open"
    CERTIFIED = "certified"
    FAILS = "fails"
    FUTILE = "futile"
    UNDECIDED = "undecided"
    NOT_PUT_FORWARD = "not put forward"


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a type has come.

    Attributes:
        looks: How it is looked at.
        state: What was decided at the last look taken.
        finding: What that look says; None before the first.
        at_least: Lower bound of the loss at that look; NaN before the first.
    """

    looks: Looks
    state: State
    finding: Finding | None = None
    at_least: float = math.nan

    @property
    def is_open(self) -> bool:
        """Whether it buys more pairs."""
        return self.state is State.OPEN and not self.looks.is_over


Stands = Mapping[str, Stand]


def after_look(
    stands: Stands, tests: Mapping[str, Looked], certified: Certified, pooled_margin: float
) -> dict[str, Stand]:
    """Say who goes on.

    Args:
        stands: How the types stand, the looks taken counted already.
        tests: Their fresh pairs, look by look; none of those without any.
        certified: What these prove.
        pooled_margin: Margin of the traffic that moves.
    """
    moves = {move.put.task_type: move for move in certified.moves}
    seen = {
        name: _judged(stand, moves.get(name), tests.get(name), certified) for name, stand in stands.items()
    }
    return _frozen(seen, moves, certified, pooled_margin)


def _judged(stand: Stand, move: Move | None, test: Looked | None, certified: Certified) -> Stand:
    """Say what the looks taken show of one type; one that was stopped before stays stopped."""
    if move is None or test is None:
        ends = stand.state is State.OPEN and stand.looks.is_over
        return replace(stand, state=State.UNDECIDED) if ends else stand
    level = certified.alpha / len(certified.moves)
    margin = move.put.type_margin
    stand = replace(stand, finding=move.finding, at_least=test.at_least(margin, level))
    if stand.state is not State.OPEN or move.moved:
        return stand
    if test.has_failed(margin, level):
        return replace(stand, state=State.FAILS)
    if move.finding.verdict is not Verdict.CLEARS and test.is_futile(margin, level):
        return replace(stand, state=State.FUTILE)
    return replace(stand, state=State.UNDECIDED) if stand.looks.is_over else stand


def _frozen(
    seen: Mapping[str, Stand], moves: Mapping[str, Move], certified: Certified, pooled_margin: float
) -> dict[str, Stand]:
    """Stop what is certified, unless what goes on could not clear without it.

    A set is pooled at one look; whoever stops is missing in the pools of later ones.
    """
    cleared = {
        name
        for name, stand in seen.items()
        if stand.state is State.OPEN and name in moves and moves[name].moved
    }
    left = [stand for name, stand in seen.items() if stand.is_open and name not in cleared]
    planned = sum(stand.looks.pairs for stand in left)
    level = float(ndtr(-certified.critical_z))
    needed = pairs_needed(max(pooled_margin, LEAST_MARGIN), EXPECTED_DISCORDANCE, alpha=level)
    can_stand_alone = not left or (needed is not None and planned >= needed)
    return {
        name: replace(stand, state=State.CERTIFIED)
        if name in cleared and (can_stand_alone or stand.looks.is_over)
        else stand
        for name, stand in seen.items()
    }
