"""Rows of whole tasks: what tables of agent runs call their columns, and what tells that a row is a run."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "prompt_id": ("task_id", "instance_id"),
    "score": ("solved", "resolved"),
    "calls": ("api_calls",),
    "run_id": ("run", "trial", "session_id"),
    "seconds": ("wall_seconds", "wall_s", "duration_s"),
}
"""Our name of a column → what tables of whole tasks call it, the first that is there wins."""

OTHER_NAMES: Final = frozenset(name for names in NAMES.values() for name in names)
"""All of those names."""

TELLING: Final = frozenset({"solved", "resolved", "api_calls", "calls", "attempts"})
"""Columns that only a table of whole tasks has: an answer is right or wrong, and takes one call."""


def named(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row under our names; a column that is there under our own name wins."""
    if OTHER_NAMES.isdisjoint(row):
        return row
    return {**row, **{ours: row[theirs] for ours, theirs in _renamed(row)}}


def named_columns(columns: Iterable[str]) -> list[str]:
    """Return the names of a table's columns, ours in place of those that are known under another name."""
    found = list(columns)
    renamed = {theirs: ours for ours, theirs in _renamed(found)}
    return [renamed.get(name, name) for name in found]


def tells_of_sessions(columns: Iterable[str]) -> bool:
    """Say whether a table tells how sessions ended, and leaves who served them at what cost to the log."""
    found = set(columns)
    is_graded = not found.isdisjoint(("score", *NAMES["score"]))
    return is_graded and "session_id" in found and "model" not in found


def _renamed(columns: Iterable[str]) -> list[tuple[str, str]]:
    found = set(columns)
    pairs = ((ours, next((name for name in names if name in found), "")) for ours, names in NAMES.items())
    return [(ours, theirs) for ours, theirs in pairs if theirs and ours not in found]
