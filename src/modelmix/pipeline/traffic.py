"""Traffic: logs in, distinct calls and bad rows out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelmix.core.call import BadRow, Call
from modelmix.errors import DataError
from modelmix.ingest import claude_code, messages
from modelmix.ingest.merge import Merge

Progress = Callable[[int, int], None]
"""Told bytes read so far and bytes in all."""

READERS = {"claude-code": claude_code.read, "messages": messages.read}
"""Kind of file → reader of its rows."""


@dataclass(frozen=True, slots=True)
class Log:
    """One file that is to be read.

    Attributes:
        name: Its path.
        kind: What it holds, by ``ingest.sniff``.
        rows: Its rows, read once.
        size_bytes: Its size on disk, for progress.
    """

    name: str
    kind: str
    rows: Iterable[bytes | Mapping[str, Any]]
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was read, before it is priced.

    Attributes:
        calls: Yields the distinct calls, oldest first, each time it is called.
        bad_rows: Rows that could not be read.
        copies: Rows that were another copy of a call.
        places: What was read.
    """

    calls: Callable[[], Iterable[Call]]
    bad_rows: Sequence[BadRow] = ()
    copies: int = 0
    places: Sequence[str] = ()


def read_traffic(logs: Iterable[Log], whole_bytes: int = 0, progress: Progress | None = None) -> Traffic:
    """Read logs and keep each call once.

    A file of unknown kind is read as a transcript: its lines are then bad rows with their places.

    Args:
        logs: The files, each opened when its turn comes.
        whole_bytes: Size of all of them.
        progress: Told after each file.

    Raises:
        DataError: A file holds outcomes, or no call at all could be read.
    """
    merge = Merge()
    bad_rows: list[BadRow] = []
    places: list[str] = []
    done = 0
    for log in logs:
        places.append(log.name)
        if log.kind.startswith("outcomes"):
            raise DataError(f"{log.name} holds graded outcomes, not calls; run: modelmix import {log.name}")
        reader = READERS.get(log.kind, claude_code.read)
        for found in reader(log.rows, log.name):
            if isinstance(found, BadRow):
                bad_rows.append(found)
            else:
                merge.add(found)
        done += log.size_bytes
        if progress is not None:
            progress(done, whole_bytes)
    if not len(merge):
        raise DataError(_nothing(places, bad_rows))
    return Traffic(merge.calls, bad_rows, merge.copies, places)


def _nothing(places: Sequence[str], bad_rows: Sequence[BadRow]) -> str:
    where = places[0] if len(places) == 1 else f"{len(places):,} files"
    if not bad_rows:
        return f"no call was found in {where}; name Claude Code transcripts or request/response JSONL"
    first = bad_rows[0]
    return (
        f"no call could be read from {where}: {len(bad_rows):,} bad rows, the first at "
        f"{first.source}:{first.line}: {first.why}; name Claude Code transcripts or request/response JSONL"
    )
