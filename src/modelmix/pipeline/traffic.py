"""Traffic: log files in, distinct calls and bad rows out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelmix.core.call import BadRow, Call
from modelmix.errors import DataError
from modelmix.ingest import claude_code, messages
from modelmix.ingest.merge import Merge
from modelmix.store import files

Progress = Callable[[int, int], None]
"""Told bytes read so far and bytes in all."""

_OUTCOME_COLUMNS = {"prompt_id", "model", "score"}
_ROWS_PER_STEP = 10_000
_WORDS = {"-": "standard input"}


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was read, before it is priced.

    Attributes:
        calls: Yields the distinct calls, oldest first, each time it is called.
        bad_rows: Rows that could not be read.
        copies: Rows that were another copy of a call.
        places: Files, or the ledger, that were read.
        skipped: Files in folders that hold something else than calls.
    """

    calls: Callable[[], Iterable[Call]]
    bad_rows: Sequence[BadRow] = ()
    copies: int = 0
    places: Sequence[str] = ()
    skipped: Sequence[str] = ()


def find_logs(names: Sequence[str], env: Mapping[str, str], home: Path) -> list[Path]:
    """Return the log files behind names of files and folders, or Claude Code's transcripts without any.

    Args:
        names: What the user named; ``-`` is standard input.
        env: The environment.
        home: The user's home folder.

    Raises:
        DataError: A name does not exist, or no log was found.
    """
    if names:
        paths = files.found(names, files.LOGS)
        if not paths:
            raise DataError(
                f"no .jsonl file was found in {', '.join(names)}; name a log file or a folder of logs"
            )
        return paths
    paths = files.found(files.claude_code_places(env, home), files.LOGS)
    if not paths:
        usual = env.get("CLAUDE_CONFIG_DIR") or "~/.claude/projects and ~/.config/claude/projects"
        raise DataError(
            f"no Claude Code transcript was found in {usual}; name a log or a folder (modelmix audit PATH) "
            "or see the whole story on simulated traffic (modelmix demo)"
        )
    return paths


def read_traffic(
    paths: Sequence[Path], named: Iterable[str] = (), progress: Progress | None = None
) -> Traffic:
    """Read log files and keep each call once.

    A file of unknown kind is read as a transcript: its lines are then bad rows with their places.

    Args:
        paths: The files, read one after the other.
        named: Those of them that the user named one by one: holding no calls is then an error.
        progress: Told after each file, and within large ones.

    Raises:
        DataError: A named file holds outcomes, or no call at all could be read.
    """
    reading = _Reading(set(named), progress or _untold, sum(_size(path) for path in paths))
    for path in paths:
        reading.take(path)
    places = [str(path) for path in paths]
    if not len(reading.merge):
        raise DataError(_nothing(places, reading.bad_rows))
    return Traffic(
        reading.merge.calls, reading.bad_rows, reading.merge.copies, places, tuple(reading.skipped)
    )


class _Reading:
    """What has been read so far."""

    def __init__(self, named: set[str], progress: Progress, whole_bytes: int) -> None:
        self.merge = Merge()
        self.bad_rows: list[BadRow] = []
        self.skipped: list[str] = []
        self._named = named
        self._progress = progress
        self._whole_bytes = whole_bytes
        self._done_bytes = 0

    def take(self, path: Path) -> None:
        """Read one file."""
        with files.LogFile(path, bad_rows=self.bad_rows) as log:
            if not _holds_outcomes(log):
                self._merge(log)
            elif log.name in self._named:
                again = f"modelmix import {log.name}"
                raise DataError(f"{log.name} holds graded outcomes, not calls; run: {again}")
            else:
                self.skipped.append(log.name)
        self._done_bytes += log.size_bytes
        self._progress(self._done_bytes, self._whole_bytes)

    def _merge(self, log: files.LogFile) -> None:
        reader = messages.read if log.kind in {"messages", "parquet"} else claude_code.read
        add = self.merge.add
        for number, found in enumerate(reader(log.rows(), log.name), 1):
            if isinstance(found, BadRow):
                self.bad_rows.append(found)
            else:
                add(found)
            if number % _ROWS_PER_STEP == 0:
                self._progress(self._done_bytes + log.bytes_read, self._whole_bytes)


def _untold(done_bytes: int, whole_bytes: int) -> None:
    """Tell nobody."""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _holds_outcomes(log: files.LogFile) -> bool:
    kind = log.kind
    return kind.startswith("outcomes") or (kind == "parquet" and set(log.columns() or ()) >= _OUTCOME_COLUMNS)


def _nothing(places: Sequence[str], bad_rows: Sequence[BadRow]) -> str:
    where = _WORDS.get(places[0], places[0]) if len(places) == 1 else f"{len(places):,} files"
    if not bad_rows:
        return f"no call was found in {where}; name Claude Code transcripts or request/response JSONL"
    first = bad_rows[0]
    rows = "1 bad row" if len(bad_rows) == 1 else f"{len(bad_rows):,} bad rows, the first"
    return (
        f"no call could be read from {where}: {rows} at {first.source}:{first.line}: {first.why}; "
        "name Claude Code transcripts or request/response JSONL"
    )
