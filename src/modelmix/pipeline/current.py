"""Current evidence: of several replays of one prompt the last, since it knows most of what is right."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelmix.store.lake import Lake
from modelmix.store.records import Import

REPLAY = "replay"
"""Kind of an import that a replay made."""

REFERENCES = "references_sha256"
"""Setting of such an import: hash of what its answers were held against, and by which graders."""

RUNS = "runs"
"""Setting of an import whose table says which run at a task its rows are: how many do."""

JOINED = "joined"
"""Setting of an import whose table tells how sessions of the ledger ended: how many rows do."""

Row = Mapping[str, Any]


def current_outcomes(
    lake: Lake, imports: Sequence[Import], import_ids: Sequence[str] | None = None
) -> Iterator[Row]:
    """Yield outcome rows, import by import, without those that a later replay has superseded.

    A prompt that was replayed again keeps the rows of its last replay. Earlier rows of other candidates stay
    where they were held against the same; else they would stand beside a baseline that is graded otherwise.
    Rows that users have imported themselves all stay, but for a run at a task that a later table tells of
    too: a table of sessions grows, and a run is one run however often it is imported.

    Args:
        lake: The lake.
        imports: All imports, oldest first.
        import_ids: Those that are wanted; all if None.
    """
    wanted = lake.outcome_imports() if import_ids is None else import_ids
    replays = [done for done in imports if done.kind == REPLAY and done.import_id in set(wanted)]
    last = _last(lake, replays)
    names = {done.import_id for done in replays}
    runs = _Runs(lake, [done for done in imports if done.import_id in set(wanted)])
    for row in lake.outcomes(wanted):
        if runs.holds(row) if row["import_id"] not in names else last[row["prompt_id"]].holds(row):
            yield row


class _Runs:
    """Runs at tasks that several tables tell of: the last one counts."""

    __slots__ = ("_last", "_sessions")

    def __init__(self, lake: Lake, imports: Sequence[Import]) -> None:
        named = [done for done in imports if done.settings.get(RUNS)]
        self._sessions = {done.import_id for done in named if done.settings.get(JOINED)}
        self._last: dict[tuple[Any, ...], str] = {}
        for done in named if len(named) > 1 else ():
            for row in lake.outcomes([done.import_id]):
                self._last[self._key(row)] = done.import_id

    def holds(self, row: Row) -> bool:
        """Say whether a row is the last of its run; one that names no run always is."""
        if not self._last or not row.get("run_id"):
            return True
        return bool(self._last.get(self._key(row), row["import_id"]) == row["import_id"])

    def _key(self, row: Row) -> tuple[Any, ...]:
        # A session may have grown, and others may have served it since: it is known by its name alone.
        if row["import_id"] in self._sessions:
            return (row["run_id"],)
        return (row["prompt_id"], row["run_id"], row["model"], row["effort"])


class _Last:
    """The last replay of one prompt, and by candidate the last with the same references."""

    __slots__ = ("_by_candidate", "references")

    def __init__(self, references: object) -> None:
        self.references = references
        self._by_candidate: dict[tuple[Any, Any], str] = {}

    def take(self, row: Row) -> None:
        """Take a row of the next replay."""
        self._by_candidate[row["model"], row["effort"]] = row["import_id"]

    def holds(self, row: Row) -> bool:
        """Say whether a row is the last of its candidate."""
        return bool(self._by_candidate.get((row["model"], row["effort"])) == row["import_id"])


def _last(lake: Lake, replays: Sequence[Import]) -> dict[str, _Last]:
    found: dict[str, _Last] = {}
    for done in replays:
        references = done.settings.get(REFERENCES, done.import_id)
        for row in lake.outcomes([done.import_id]):
            prompt_id = row["prompt_id"]
            if prompt_id not in found or found[prompt_id].references != references:
                found[prompt_id] = _Last(references)
            found[prompt_id].take(row)
    return found
