"""Import: others' files into the ledger (calls) and the lake (outcomes), each content once."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from modelmix.core.call import BadRow, Call
from modelmix.core.outcome import Outcome
from modelmix.errors import DataError
from modelmix.ingest import claude_code, messages, outcomes
from modelmix.ingest.merge import Merge
from modelmix.ingest.pair import names_pairs
from modelmix.ingest.row import Unreadable, plain
from modelmix.store.files import LogFile, found, on_disk, sha256_of
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import Import

Row = TypeVar("Row", Call, Outcome)

Progress = Callable[[int, int], None]
"""Told files done so far and files in all."""

MOST_BAD_ROWS_KEPT: Final = 10_000
"""Bad rows of a file whose places are kept; all are counted."""

_READERS: Final = {"claude-code": claude_code.read, "messages": messages.read}
_TABLES: Final = frozenset({"outcomes-csv", "outcomes-jsonl", "parquet"})
_ID_LENGTH: Final = 24
_NO_TEXT: Final = (*outcomes.REQUIRED, *(set(outcomes.OPTIONAL) - set(outcomes.TEXTS)))


@dataclass(slots=True)
class FileReport:
    """What came of one file.

    Attributes:
        source: Its path as given.
        import_id: Identity of its content; empty if it cannot be read.
        kind: What it holds, by ``ingest.sniff.kind_of``.
        rows: Rows that could be read, copies of calls among them.
        new: Calls that the ledger did not have, or outcomes kept.
        duplicates: Copies of calls, within the file or already in the ledger.
        bad_rows: Rows that could not be read.
        first_bad: The first of them, at most ``MOST_BAD_ROWS_KEPT``.
        task_types: Task type → distinct calls, or outcomes.
        models: Model that answered → distinct calls, or outcomes.
        since: First instant of its calls, or None.
        until: Last instant of its calls, or None.
        already: Whether the same content was imported before with the same settings; nothing is done then.
        note: What a reader should know, one sentence; empty if nothing.
    """

    source: str
    import_id: str = ""
    kind: str = "unknown"
    rows: int = 0
    new: int = 0
    duplicates: int = 0
    bad_rows: int = 0
    first_bad: list[BadRow] = field(default_factory=list)
    task_types: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    since: datetime | None = None
    until: datetime | None = None
    already: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import.

    Attributes:
        files: One report per file, in the order of reading.
    """

    files: tuple[FileReport, ...]

    @property
    def rows(self) -> int:
        """Rows that could be read."""
        return sum(file.rows for file in self.files)

    @property
    def new(self) -> int:
        """Calls and outcomes that are kept now and were not before."""
        return sum(file.new for file in self.files)

    @property
    def bad_rows(self) -> int:
        """Rows that could not be read."""
        return sum(file.bad_rows for file in self.files)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a user asks of an import."""

    now: datetime
    keep_text: bool
    task_type: str

    def settings(self, kind: str) -> dict[str, Any]:
        """Return what changes what is kept of a file of this kind."""
        if kind in _TABLES:
            return {"keep_text": self.keep_text, "task_type": self.task_type}
        return {"task_type": self.task_type}


def import_paths(  # noqa: PLR0913 - each is an option of the command
    paths: Sequence[str | Path],
    ledger: Ledger,
    lake: Lake,
    *,
    now: datetime,
    keep_text: bool = False,
    task_type: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import files: calls go into the ledger, outcomes into the lake.

    Content that was imported before is passed over. A file is put on record once all of it is kept, so an
    import that is cut off can simply be run again.

    Args:
        paths: Files, folders with all logs and tables below them, or ``-`` for standard input.
        ledger: Takes calls, imports, and the places of bad rows.
        lake: Takes outcomes.
        now: Aware UTC instant of the import.
        keep_text: Whether prompts and answers of outcome tables are kept.
        task_type: Task type of calls without a tag and of outcomes without a type.
        progress: Told after each file.

    Raises:
        DataError: A path does not exist, or nothing at all could be read.
        StoreError: Ledger or lake cannot be used.
    """
    asked = _Asked(now, keep_text, task_type or "")
    files = found(paths)
    if not files:
        raise DataError(f"no log or table was found in {', '.join(map(str, paths))}; name a file or a folder")
    earlier = {done.import_id: done for done in ledger.imports()}
    reports: list[FileReport] = []
    for path in files:
        report = _import_file(path, ledger, lake, asked, earlier)
        reports.append(report)
        if progress is not None:
            progress(len(reports), len(files))
    if not any(report.rows or report.already for report in reports):
        raise DataError(_nothing(reports))
    return ImportReport(tuple(reports))


def _nothing(reports: Sequence[FileReport]) -> str:
    where = reports[0].source if len(reports) == 1 else f"{len(reports):,} files"
    where = "standard input" if where == "-" else where
    noted = next((report.note for report in reports if report.note), "")
    if noted:
        return f"nothing could be imported from {where}: {noted}"
    first = next((bad for report in reports for bad in report.first_bad), None)
    if first is not None:
        count = sum(report.bad_rows for report in reports)
        rows = "1 bad row" if count == 1 else f"{count:,} bad rows, the first"
        why = f"{rows} at {first.source}:{first.line}: {first.why}"
    else:
        why = "no row was found"
    return (
        f"nothing could be imported from {where}: {why}; name transcripts, request/response JSONL or outcomes"
    )


def _import_file(
    path: Path, ledger: Ledger, lake: Lake, asked: _Asked, earlier: dict[str, Import]
) -> FileReport:
    report = FileReport(str(path))
    try:
        with on_disk(path) as file:
            sha256 = sha256_of(file)
            report.import_id = sha256[:_ID_LENGTH]
            with LogFile(file, name=report.source, bad_rows=report.first_bad) as log:
                report.kind = _kind(log)
                if _is_there(report, earlier, lake, asked):
                    return report
                _note_other_content(report, earlier.values())
                _read(log, report, ledger, lake, asked)
                done = _record(report, sha256, log.size_bytes, asked)
    except DataError as error:
        # One file that cannot be read must not keep the others out.
        report.first_bad.append(BadRow(report.source, 1, "cannot be read"))
        report.bad_rows += len(report.first_bad)
        report.note = str(error)
        return report
    if done.rows or done.bad_rows:
        ledger.record_import(done, report.first_bad)
        earlier[done.import_id] = done
    return report


def _is_there(report: FileReport, earlier: Mapping[str, Import], lake: Lake, asked: _Asked) -> bool:
    done = earlier.get(report.import_id)
    # What gave nothing is tried again: a later version may read it.
    if done is None or not done.rows or done.settings != asked.settings(report.kind):
        return False
    if report.kind in _TABLES and report.import_id not in lake.outcome_imports():
        return False
    report.already = True
    where = "" if done.source == report.source else f" from {done.source}"
    report.note = f"already imported{where} on {done.at:%Y-%m-%d}: nothing to do"
    return True


def _note_other_content(report: FileReport, earlier: Iterable[Import]) -> None:
    is_table = report.kind in _TABLES
    if is_table and any(
        done.source == report.source and done.import_id != report.import_id for done in earlier
    ):
        report.note = "another table was imported from this path before; the rows of both are kept"


def _kind(log: LogFile) -> str:
    """Return what a file holds; a Parquet file may be a log as well as a table of outcomes."""
    columns = log.columns() if log.kind == "parquet" else None
    return "messages" if columns is not None and names_pairs(columns) else log.kind


def _read(log: LogFile, report: FileReport, ledger: Ledger, lake: Lake, asked: _Asked) -> None:
    if report.kind in _TABLES:
        _read_outcomes(log, report, lake, asked)
    elif report.kind in _READERS:
        _read_calls(log, report, ledger, asked)
    elif log.head.strip():
        report.first_bad.append(
            BadRow(log.name, 1, "neither a transcript, nor request/response pairs, nor outcomes")
        )
    # Those beyond the bound were counted as they came.
    report.bad_rows += len(report.first_bad)


def _read_calls(log: LogFile, report: FileReport, ledger: Ledger, asked: _Asked) -> None:
    merge = Merge()
    for call in _sorted_out(_READERS[report.kind](log.rows(), log.name), report):
        merge.add(_typed(call, asked.task_type))
    stored = ledger.put_all(_noted(merge.calls(), report))
    report.new = stored.new
    report.duplicates = merge.copies + stored.replaced + stored.unchanged


def _typed(call: Call, task_type: str) -> Call:
    if not task_type or call.task_source == "tag":
        return call
    return replace(call, task_type=task_type, task_source="default")


def _noted(calls: Iterable[Call], report: FileReport) -> Iterator[Call]:
    for call in calls:
        report.task_types[call.task_type] += 1
        report.models[call.model_served] += 1
        report.since = report.since or call.at
        report.until = call.at
        yield call


def _read_outcomes(log: LogFile, report: FileReport, lake: Lake, asked: _Asked) -> None:
    columns = log.columns()
    if columns is not None:
        outcomes.check_columns([*columns, "task_type"] if asked.task_type else columns)
    rows: Iterable[bytes | Mapping[str, Any]] = log.rows(None if asked.keep_text else _NO_TEXT)
    if asked.task_type:
        rows = _with_type(rows, asked.task_type)
    read = _sorted_out(outcomes.read(rows, log.name, keep_text=asked.keep_text), report)
    report.new = lake.put_outcomes(report.import_id, _counted(read, report), keep_text=asked.keep_text)


def _with_type(
    rows: Iterable[bytes | Mapping[str, Any]], task_type: str
) -> Iterator[bytes | Mapping[str, Any]]:
    for row in rows:
        try:
            fields = plain(row) if row else None
        except Unreadable:
            fields = None
        if isinstance(fields, Mapping) and not fields.get("task_type"):
            yield {**fields, "task_type": task_type}
        else:
            yield row


def _counted(rows: Iterable[Outcome], report: FileReport) -> Iterator[Outcome]:
    for row in rows:
        report.task_types[row.task_type] += 1
        report.models[row.candidate.model] += 1
        yield row


def _sorted_out(rows: Iterable[Row | BadRow], report: FileReport) -> Iterator[Row]:
    """Yield what could be read; count what could not, and keep the first of it."""
    for row in rows:
        if not isinstance(row, BadRow):
            report.rows += 1
            yield row
        elif len(report.first_bad) < MOST_BAD_ROWS_KEPT:
            report.first_bad.append(row)
        else:
            report.bad_rows += 1


def _record(report: FileReport, sha256: str, size_bytes: int, asked: _Asked) -> Import:
    return Import(
        import_id=report.import_id,
        source=report.source,
        sha256=sha256,
        size_bytes=size_bytes,
        kind=report.kind,
        at=asked.now,
        rows=report.rows,
        bad_rows=report.bad_rows,
        settings=asked.settings(report.kind),
    )
