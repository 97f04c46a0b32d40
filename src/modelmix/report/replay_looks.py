"""What the looks of a replay have found, in words and as JSON."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelmix.evaluate.verdict import Finding, Verdict
from modelmix.optimize.stopping import State
from modelmix.optimize.why import at_most, points
from modelmix.report.plain import counted, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRow:
    """How far a type has come, and what its last look says.

    Attributes:
        task_type: Its name.
        candidate: The candidate put forward, or empty.
        state: What was decided.
        taken: Looks taken.
        planned: Looks planned.
        planned_pairs: Fresh pairs planned.
        finding: Test at the last look, its bound holding at every look; None before the first.
        at_least: Lower bound of the loss at the last look; NaN before the first.
    """

    task_type: str
    candidate: str
    state: State
    taken: int
    planned: int
    planned_pairs: int
    finding: Finding | None = None
    at_least: float = math.nan

    @property
    def is_early(self) -> bool:
        """Whether it was stopped before its last look."""
        return self.state not in {State.OPEN, State.CHOOSING} and 0 < self.taken < self.planned


def look_line(row: LookRow) -> str:
    """Say in one line what the last look of a type says."""
    name = printable(row.task_type)
    if row.state is State.CHOOSING:
        return f"{name}: not chosen for yet; its choosing rows are not all in"
    if not row.candidate:
        return f"{name}: no candidate is put forward: its choosing rows promise too little; it stays"
    said = f"{name} on {printable(row.candidate)}: look {row.taken} of {row.planned}"
    found = row.finding
    if found is None or math.isnan(found.loss):
        return f"{said}, no fresh pair yet"
    said += f", {counted(round(found.pairs), 'pair')}"
    early = ", stopped early" if row.is_early else ""
    if row.state is State.FAILS:
        return f"{said}, loss ≥ {_at_least(row.at_least)}, FAILS {points(found.margin)}: stays{early}"
    said += f", loss ≤ {at_most(found.bound)}"
    if found.verdict is Verdict.CLEARS:
        waits = _WAITS.get(row.state, "")
        return f"{said}, CLEARS {points(found.margin)}{waits}{early}"
    if row.state is State.FUTILE:
        return f"{said}, {points(found.margin)} is out of reach: stays{early}"
    goes_on = ", goes on" if row.state is State.OPEN else ""
    return f"{said}, UNDECIDED at {points(found.margin)}{goes_on}"


_WAITS: Mapping[State, str] = {
    State.OPEN: ", goes on with the rest",
    State.UNDECIDED: " by itself, not with the traffic that moves",
}


def _at_least(loss: float) -> str:
    """Write a lower bound as percentage points, rounded down."""
    return points(math.floor(loss * 1000.0 + 1e-6) / 1000.0)


def looks_json(row: LookRow) -> dict[str, Any]:
    """Return a row as plain JSON."""
    found = row.finding
    return {
        "task_type": row.task_type,
        "candidate": row.candidate or None,
        "state": row.state,
        "looks_taken": row.taken,
        "looks_planned": row.planned,
        "pairs": 0 if found is None else found.pairs,
        "pairs_planned": row.planned_pairs,
        "stopped_early": row.is_early,
        "loss": None if found is None or math.isnan(found.loss) else found.loss,
        "at_least": None if math.isnan(row.at_least) else row.at_least,
        "bound": None if found is None else found.bound,
        "margin": None if found is None else found.margin,
        "verdict": None if found is None else found.verdict,
    }
