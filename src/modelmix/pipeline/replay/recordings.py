"""Recordings: logs read twice, once for what there is, and once for the prompts that were drawn."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.recorded import Recorded
from modelmix.errors import DataError
from modelmix.evaluate.sample import Unit
from modelmix.ingest import expected as expected_rows
from modelmix.ingest import recorded as recorded_rows
from modelmix.ingest.expected import Expected
from modelmix.ingest.recorded import SetAside
from modelmix.store.files import LOGS, LogFile, found

Progress = Callable[[int], None]
"""Told rows read so far."""

_KINDS = frozenset({"messages", "parquet"})
_TOLD_EVERY = 5000


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
        paths: The files, in order.
        prompts: Distinct prompts, in order of appearance.
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
    """

    paths: tuple[Path, ...]
    capabilities: CapabilityTable
    known: Mapping[str, Expected]
    task_type: str = ""
    named: frozenset[Path] = frozenset()

    def rows(self, bad_rows: list[BadRow]) -> Iterator[Recorded | SetAside]:
        """Read all rows, with known answers put beside their prompts.

        Raises:
            DataError: A file holds something else than requests and responses.
        """
        for path in self.paths:
            with LogFile(path, bad_rows=bad_rows) as log:
                if log.kind not in _KINDS:
                    if path in self.named:
                        raise DataError(_not_replayable(log.name, log.kind))
                    continue  # a folder may hold other things as well
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
        prompts: dict[str, Seen] = {}
        aside: Counter[str] = Counter()
        matched: set[str] = set()
        repeats = 0
        for number, row in enumerate(self.rows(bad_rows), 1):
            if progress is not None and number % _TOLD_EVERY == 0:
                progress(number)
            if isinstance(row, SetAside):
                aside[row.why] += 1
            elif row.call.model_served != row.call.model_requested:
                aside["another model answered than was asked"] += 1
            elif row.prompt_id in prompts:
                repeats += 1
            else:
                matched.update(key for key in _keys(row) if key in self.known)
                prompts[row.prompt_id] = self._seen(row)
        found_all = Recordings(
            self.paths, tuple(prompts.values()), repeats, dict(aside), tuple(bad_rows),
            len(self.known) - len(matched),
        )  # fmt: skip
        if not prompts:
            raise DataError(_nothing(found_all))
        return found_all

    def collect(self, prompt_ids: Collection[str]) -> dict[str, Recorded]:
        """Read everything again and keep the prompts that are wanted, whole."""
        wanted = set(prompt_ids)
        kept: dict[str, Recorded] = {}
        for row in self.rows([]):
            is_same = isinstance(row, Recorded) and row.call.model_served == row.call.model_requested
            if is_same and isinstance(row, Recorded) and row.prompt_id in wanted:
                kept.setdefault(row.prompt_id, row)
                if len(kept) == len(wanted):
                    break
        return kept

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
            slice_name=row.slice_name or told.slice_name,
        )

    def _seen(self, row: Recorded) -> Seen:
        call = row.call
        asked = self.capabilities.effective(Candidate(call.model_requested, call.effort))
        unit = Unit(
            row.prompt_id,
            call.task_type,
            call.usage.prompt_tokens,
            tools=bool(row.request.get("tools")),
            slice_name=row.slice_name,
        )
        return Seen(unit, asked, row.expected is not None or row.all_wrong)


def source_of(
    places: Sequence[str], capabilities: CapabilityTable, expected: Sequence[str] = (), task_type: str = ""
) -> Source:
    """Find logs and read tables of known answers.

    Args:
        places: Files of requests and responses, and folders of them.
        capabilities: Tells the effort that an absent one stands for.
        expected: Tables of known answers.
        task_type: Task type of rows without a tag, or empty.

    Raises:
        DataError: A place does not exist, or a table of known answers names no prompts or no answers.
    """
    known: dict[str, Expected] = {}
    for path in found(expected):
        for row in _known_answers(path):
            known[row.key] = row
    paths = tuple(found(places, (*LOGS, ".parquet")))
    if not paths:
        raise DataError(
            f"no .jsonl or .parquet file was found in {', '.join(places)}; name a log of requests"
        )
    return Source(paths, capabilities, known, task_type, frozenset(map(Path, places)) & frozenset(paths))


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
        count = "1 row" if len(bad_rows) == 1 else f"{len(bad_rows):,} rows"
        raise DataError(
            f"{count} of {path} cannot be read, the first at line {first.line}: {first.why}; mend it"
        )
    if not read:
        raise DataError(f"{path} holds no known answer; a row has a prompt_id and expected")


def _keys(row: Recorded) -> tuple[str, ...]:
    return row.prompt_id, row.call.call_id, row.call.request_id


def _not_replayable(name: str, kind: str) -> str:
    if kind == "claude-code":
        return (
            f"{name} is a transcript, which does not hold the requests that were sent (no system prompt, no "
            "tools); record some with modelmix serve --capture FILE, and replay that file"
        )
    if kind.startswith("outcomes"):
        return f"{name} holds graded outcomes, which need no replay; run modelmix import {name}"
    return f"{name} holds no request/response pairs; name a log with both bodies in each row"


def _nothing(recordings: Recordings) -> str:
    places = recordings.paths
    where = str(places[0]) if len(places) == 1 else f"{len(places):,} files"
    if recordings.set_aside:
        why, rows = max(recordings.set_aside.items(), key=lambda item: item[1])
        return (
            f"nothing in {where} can be replayed: of {rows:,} rows, {why}; record requests with their answers"
        )
    if recordings.bad_rows:
        first = recordings.bad_rows[0]
        return f"nothing in {where} can be replayed: {first.source}:{first.line}: {first.why}; mend the log"
    return f"nothing in {where} can be replayed: it is empty; name a log with both bodies in each row"
