"""Recordings: logs read twice, once for what there is, and once for the prompts that were drawn."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from modelmix.core.call import BadRow, Call
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.recorded import Recorded
from modelmix.core.slices import together
from modelmix.errors import DataError
from modelmix.evaluate.sample import Unit
from modelmix.ingest import expected as expected_rows
from modelmix.ingest import recorded as recorded_rows
from modelmix.ingest.expected import Expected
from modelmix.ingest.pair import names_pairs
from modelmix.ingest.recorded import SetAside
from modelmix.report.plain import counted, printable
from modelmix.store.files import LOGS, LogFile, found
from modelmix.wire.replayable import prompt_key

Progress = Callable[[int], None]
"""Told rows read so far."""

Notice = Callable[[Call, Candidate], None]
"""Told a call and the candidate that it asked for, its effort the effective one."""

Rank = tuple[bool, datetime, str]
"""Which of the rows of one prompt stands for it: one whose right answer is known, then the earliest."""

LATER = "logged since the replay that this one goes beside"
"""Why a row is set aside that an earlier replay could not draw."""

_KINDS = frozenset({"messages", "parquet"})
_TOLD_EVERY = 5000
_ID_SHOWN = 60

OTHER_MODEL = "another model answered than was asked"
"""Why a row is set aside whose answer is not the requested model's."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A distinct prompt, without its text.

    Attributes:
        unit: What it is drawn by.
        asked: Candidate that it asked for, its effort the effective one.
        has_expected: Whether its right answer is known.
    """

    unit: Unit
    asked: Candidate
    has_expected: bool


@dataclass(frozen=True, slots=True)
class Recordings:
    """What logs hold that can be asked again.

    Attributes:
        paths: The files that hold requests and responses, in order.
        prompts: Distinct prompts, in order of their identities, whatever the order of the rows.
        repeats: Rows whose prompt had been seen before.
        set_aside: Reason → rows that cannot be replayed.
        bad_rows: Rows that could not be read.
        unmatched: Known answers whose prompt is in no log.
    """

    paths: tuple[Path, ...]
    prompts: tuple[Seen, ...]
    repeats: int
    set_aside: Mapping[str, int]
    bad_rows: tuple[BadRow, ...]
    unmatched: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Where recordings come from.

    Attributes:
        paths: Log files.
        known: Known answers by prompt id, call id or request id.
        capabilities: Tells the effort that an absent one stands for.
        task_type: Task type of rows without a tag, or empty.
        named: Those of the files that were named one by one.
        until: Instant after which nothing was logged that counts, or None.
    """

    paths: tuple[Path, ...]
    capabilities: CapabilityTable
    known: Mapping[str, Expected]
    task_type: str = ""
    named: frozenset[Path] = frozenset()
    until: datetime | None = None

    def rows(self, bad_rows: list[BadRow], used: list[Path] | None = None) -> Iterator[Recorded | SetAside]:
        """Read all rows, with known answers put beside their prompts.

        Args:
            bad_rows: Takes up what could not be read.
            used: Takes up the files that hold requests and responses.

        Raises:
            DataError: A file holds something else than requests and responses.
        """
        for path in self.paths:
            with LogFile(path, bad_rows=bad_rows) as log:
                if not _holds_pairs(log):
                    if path in self.named:
                        raise DataError(_not_replayable(log.name, log.kind))
                    continue  # a folder may hold other things as well
                if used is not None:
                    used.append(path)
                for row in recorded_rows.read(log.rows(), log.name):
                    if isinstance(row, BadRow):
                        bad_rows.append(row)
                    elif isinstance(row, SetAside):
                        yield row
                    else:
                        yield self._dressed(row)

    def scan(self, progress: Progress | None = None) -> Recordings:
        """Read everything once and keep no text.

        Raises:
            DataError: A file holds something else, or nothing can be replayed.
        """
        bad_rows: list[BadRow] = []
        used: list[Path] = []
        first: dict[str, tuple[Rank, Seen, bytes]] = {}
        aside: Counter[str] = Counter()
        matched: set[str] = set()
        pairs = 0
        for number, row in enumerate(self.rows(bad_rows, used), 1):
            if progress is not None and number % _TOLD_EVERY == 0:
                progress(number)
            if isinstance(row, SetAside):
                aside[row.why] += 1
            elif row.call.model_served != row.call.model_requested:
                aside[OTHER_MODEL] += 1
            elif self.until is not None and row.call.at > self.until:
                aside[LATER] += 1
            else:
                pairs += 1
                matched.update(key for key in _keys(row) if key in self.known)
                rank = _rank(row)
                if row.prompt_id not in first or rank < first[row.prompt_id][0]:
                    first[row.prompt_id] = rank, self._seen(row), _content(row)
        # The same request under two names is one prompt: it would be asked once and counted twice.
        distinct: dict[bytes, tuple[Rank, Seen]] = {}
        for rank, seen, content in first.values():
            if content not in distinct or rank < distinct[content][0]:
                distinct[content] = rank, seen
        prompts = sorted((seen for _, seen in distinct.values()), key=lambda seen: seen.unit.prompt_id)
        found_all = Recordings(
            tuple(used), tuple(prompts), pairs - len(prompts), dict(aside), tuple(bad_rows),
            len(self.known) - len(matched),
        )  # fmt: skip
        if not prompts:
            raise DataError(_nothing(found_all, self.paths))
        return found_all

    def collect(self, prompt_ids: Collection[str], notice: Notice | None = None) -> dict[str, Recorded]:
        """Read everything again and keep the prompts that are wanted, whole.

        Args:
            prompt_ids: The prompts that are wanted.
            notice: Told every call that could be asked again, also of prompts that are not wanted.
        """
        wanted = set(prompt_ids)
        kept: dict[str, tuple[Rank, Recorded]] = {}
        for row in self.rows([]):
            if isinstance(row, SetAside) or row.call.model_served != row.call.model_requested:
                continue
            if notice is not None:
                notice(row.call, self._asked(row.call))
            if row.prompt_id in wanted:
                rank = _rank(row)
                if row.prompt_id not in kept or rank < kept[row.prompt_id][0]:
                    kept[row.prompt_id] = rank, row
        return {name: row for name, (_, row) in kept.items()}

    def _dressed(self, row: Recorded) -> Recorded:
        if self.task_type and row.call.task_source != "tag":
            row = replace(row, call=replace(row.call, task_type=self.task_type, task_source="default"))
        told = next((self.known[key] for key in _keys(row) if key in self.known), None)
        if told is None:
            return row
        return replace(
            row,
            expected=told.answer,
            all_wrong=told.answer is None,
            slice_name=together(row.slice_name, told.slice_name),
        )

    def _asked(self, call: Call) -> Candidate:
        return self.capabilities.effective(Candidate(call.model_requested, call.effort))

    def _seen(self, row: Recorded) -> Seen:
        call = row.call
        unit = Unit(
            row.prompt_id,
            call.task_type,
            call.usage.prompt_tokens,
            tools=bool(row.request.get("tools")),
            slice_name=row.slice_name,
        )
        return Seen(unit, self._asked(call), row.expected is not None or row.all_wrong)


def source_of(
    places: Sequence[str],
    capabilities: CapabilityTable,
    expected: Sequence[str] = (),
    task_type: str = "",
    until: datetime | None = None,
) -> Source:
    """Find logs and read tables of known answers.

    Args:
        places: Files of requests and responses, and folders of them.
        capabilities: Tells the effort that an absent one stands for.
        expected: Tables of known answers.
        task_type: Task type of rows without a tag, or empty.
        until: Instant after which nothing was logged that counts, or None.

    Raises:
        DataError: A place does not exist, or a table of known answers names no prompts or no answers.
    """
    known: dict[str, Expected] = {}
    for path in found(expected):
        for row in _known_answers(path):
            if known.setdefault(row.key, row).answer != row.answer:
                raise DataError(
                    f"{path} gives {printable(row.key, _ID_SHOWN)!r} another right answer than a row before; "
                    "keep one of them"
                )
    paths = tuple(found(places, (*LOGS, ".parquet")))
    if not paths:
        raise DataError(
            f"no .jsonl or .parquet file was found in {', '.join(places)}; name a log of requests"
        )
    return Source(
        paths, capabilities, known, task_type, frozenset(map(Path, places)) & frozenset(paths), until
    )


def _known_answers(path: Path) -> Iterator[Expected]:
    bad_rows: list[BadRow] = []
    read = 0
    with LogFile(path, bad_rows=bad_rows) as log:
        columns = log.columns()
        if columns is not None:
            expected_rows.check_columns(columns)
        for row in expected_rows.read(log.rows(), log.name):
            if isinstance(row, BadRow):
                bad_rows.append(row)
            else:
                read += 1
                yield row
    if bad_rows:
        # A known answer that is lost in silence would turn into the baseline's own.
        first = bad_rows[0]
        raise DataError(
            f"{counted(len(bad_rows), 'row')} of {path} cannot be read, the first at line {first.line}: "
            f"{first.why}; mend it"
        )
    if not read:
        raise DataError(f"{path} holds no known answer; a row has a prompt_id and expected")


def _holds_pairs(log: LogFile) -> bool:
    columns = log.columns() if log.kind == "parquet" else None
    return log.kind in _KINDS and (columns is None or names_pairs(columns))


def _keys(row: Recorded) -> tuple[str, ...]:
    return row.prompt_id, row.call.call_id, row.call.request_id


def _rank(row: Recorded) -> Rank:
    return row.expected is None and not row.all_wrong, row.call.at, row.call.call_id


def _content(row: Recorded) -> bytes:
    return hashlib.blake2b(prompt_key(row.request), digest_size=16).digest()


def _not_replayable(name: str, kind: str) -> str:
    if kind == "claude-code":
        return (
            f"{name} is a transcript, which does not hold the requests that were sent (no system prompt, no "
            "tools); record some with modelmix serve --capture FILE, and replay that file"
        )
    if kind.startswith("outcomes") or kind == "parquet":
        return (
            f"{name} is a table and holds no request/response pairs; graded outcomes need no replay (run "
            "modelmix import), and known right answers are named by --expected"
        )
    return f"{name} holds no request/response pairs; name a log with both bodies in each row"


def _nothing(recordings: Recordings, places: Sequence[Path]) -> str:
    where = str(places[0]) if len(places) == 1 else f"{len(places):,} files"
    why = "no request is there; name a log with both bodies in each row"
    if recordings.set_aside:
        reason, rows = max(recordings.set_aside.items(), key=lambda item: item[1])
        why = f"of {counted(rows, 'row')}, {reason}; record requests with their answers"
    elif recordings.bad_rows:
        first = recordings.bad_rows[0]
        why = f"{first.source}:{first.line}: {first.why}; mend the log"
    return f"nothing in {where} can be replayed: {why}"
