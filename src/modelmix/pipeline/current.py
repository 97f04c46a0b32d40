"""Current evidence: of several replays of one prompt the last, since it knows most of what is right."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelmix.store.lake import Lake
from modelmix.store.records import Import

REPLAY = "replay"
"""Kind of an import that a replay made."""

REFERENCES = "references_sha256"
"""Setting of such an import: hash of what its answers were held against, and by which graders."""

Row = Mapping[str, Any]


def current_outcomes(
    lake: Lake, imports: Sequence[Import], import_ids: Sequence[str] | None = None
) -> Iterator[Row]:
    """Yield outcome rows, import by import, without those that a later replay has superseded.

    A prompt that was replayed again keeps the rows of its last replay. Earlier rows of other candidates stay
    where they were held against the same; else they would stand beside a baseline that is graded otherwise.
    Rows that users have imported themselves all stay.

    Args:
        lake: The lake.
        imports: All imports, oldest first.
        import_ids: Those that are wanted; all if None.
    """
    wanted = lake.outcome_imports() if import_ids is None else import_ids
    replays = [done for done in imports if done.kind == REPLAY and done.import_id in set(wanted)]
    last = _last(lake, replays)
    names = {done.import_id for done in replays}
    for row in lake.outcomes(wanted):
        if row["import_id"] not in names or last[row["prompt_id"]].holds(row):
            yield row


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
