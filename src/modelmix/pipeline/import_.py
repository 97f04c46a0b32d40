"""Import: others' files into the ledger (calls) and the lake (outcomes), each content once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from modelmix.core.call import BadRow, Call
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.level import Level
from modelmix.core.outcome import Outcome
from modelmix.core.prices import PriceBook
from modelmix.economics.outcome_cost import OutcomePricer
from modelmix.errors import DataError
from modelmix.ingest import claude_code, messages, outcomes
from modelmix.ingest.merge import Merge
from modelmix.ingest.pair import names_pairs
from modelmix.ingest.row import Unreadable, plain
from modelmix.ingest.task_rows import OTHER_NAMES, named_columns, tells_of_sessions
from modelmix.pipeline.current import JOINED, RUNS
from modelmix.pipeline.evidence import run_of
from modelmix.pipeline.file_report import FileReport, ImportReport
from modelmix.pipeline.sessions import Joined, sessions_of, with_sessions
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
_NO_TEXT: Final = (*outcomes.REQUIRED, *(set(outcomes.OPTIONAL) - set(outcomes.TEXTS)), *OTHER_NAMES)
_FOUND: Final = frozenset({RUNS, JOINED})
"""Settings of an import that are found in the file, and not asked for."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a user asks of an import."""

    now: datetime
    keep_text: bool
    task_type: str
    level: Level | None
    book: PriceBook | None
    capabilities: CapabilityTable | None

    def settings(self, kind: str) -> dict[str, Any]:
        """Return what changes what is kept of a file of this kind."""
        if kind in _TABLES:
            unit = {} if self.level is None else {"unit": self.level.value}
            return {"keep_text": self.keep_text, "task_type": self.task_type, **unit}
        return {"task_type": self.task_type}


def import_paths(  # noqa: PLR0913 - each is an option of the command
    paths: Sequence[str | Path],
    ledger: Ledger,
    lake: Lake,
    *,
    now: datetime,
    keep_text: bool = False,
    task_type: str | None = None,
    level: Level | None = None,
    book: PriceBook | None = None,
    capabilities: CapabilityTable | None = None,
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
        level: What the scores of outcome tables are of; None goes by what they tell.
        book: Prices of calls, for tables that say how sessions ended; None leaves their cost unknown.
        capabilities: Tells the effort that an absent one of a call stands for.
        progress: Told after each file.

    Raises:
        DataError: A path does not exist, or nothing at all could be read.
        StoreError: Ledger or lake cannot be used.
    """
    asked = _Asked(now, keep_text, task_type or "", level, book, capabilities)
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
    _join_again(files, reports, ledger, lake, asked)
    if not any(report.rows or report.already for report in reports):
        raise DataError(_nothing(reports))
    return ImportReport(tuple(reports))


def _join_again(
    files: Sequence[Path], reports: list[FileReport], ledger: Ledger, lake: Lake, asked: _Asked
) -> None:
    """Read tables of sessions once more where the log that they speak of may have come in after them."""
    if not any(report.new and report.kind in _READERS for report in reports):
        return
    for index, report in enumerate(reports):
        if report.joined.is_any:
            reports[index] = _import_file(files[index], ledger, lake, asked, {})


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
    if done is None or not done.rows or not _was_asked(done, asked.settings(report.kind)):
        return False
    if report.kind in _TABLES and report.import_id not in lake.outcome_imports():
        return False
    report.already = True
    where = "" if done.source == report.source else f" from {done.source}"
    report.note = f"already imported{where} on {done.at:%Y-%m-%d}: nothing to do"
    return True


def _was_asked(done: Import, settings: Mapping[str, Any]) -> bool:
    """Say whether an import was asked for in the same way; what the ledger adds to a file may have grown."""
    asked = {name: value for name, value in done.settings.items() if name not in _FOUND}
    return asked == settings and not done.settings.get(JOINED)


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
        _read_outcomes(log, report, ledger, lake, asked)
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


def _read_outcomes(log: LogFile, report: FileReport, ledger: Ledger, lake: Lake, asked: _Asked) -> None:
    columns = log.columns()
    has_sessions = columns is None or "session_id" in columns
    if columns is not None:
        known = [*named_columns(columns), *(["task_type"] if asked.task_type else [])]
        if tells_of_sessions(columns):
            known += ["prompt_id", "task_type", "model"]
        outcomes.check_columns(known)
    rows: Iterable[bytes | Mapping[str, Any]] = log.rows(None if asked.keep_text else _NO_TEXT)
    if has_sessions:
        sessions = cache(lambda: sessions_of(ledger.calls(), asked.book, asked.capabilities))
        rows = with_sessions(rows, sessions, report.joined, asked.task_type)
    if asked.task_type:
        rows = _with_type(rows, asked.task_type)
    read = outcomes.read(rows, log.name, keep_text=asked.keep_text, level=asked.level)
    pricer = None if asked.book is None else OutcomePricer(asked.book, asked.now.date())
    kept = _counted(_sorted_out(read, report), report, pricer)
    report.new = lake.put_outcomes(report.import_id, kept, keep_text=asked.keep_text)
    if report.joined.is_any:
        report.note = _said(report.joined)


def _said(joined: Joined) -> str:
    parts = [
        f"{joined.matched:,} of {joined.matched + joined.unmatched:,} rows match a session of the ledger",
        *([f"{joined.unmatched:,} match none and are left out"] if joined.unmatched else []),
        *([f"sessions without an outcome: {joined.without:,}"] if joined.without else []),
        *([f"tasks without a price, since a call has none: {joined.unpriced:,}"] if joined.unpriced else []),
        *([f"tasks that several models served, counted apart: {joined.several:,}"] if joined.several else []),
    ]
    return "; ".join(parts)


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


def _counted(rows: Iterable[Outcome], report: FileReport, pricer: OutcomePricer | None) -> Iterator[Outcome]:
    for row in rows:
        report.task_types[row.task_type] += 1
        report.models[row.candidate.model] += 1
        report.units[row.level] += 1
        report.runs += bool(row.run_id)
        if row.level is Level.TASK:
            by_candidate = report.whole.setdefault(row.task_type, {})
            cost = row.cost_usd if pricer is None or row.is_of_several else pricer.cost_usd(row)
            by_candidate.setdefault(row.candidate, []).append(run_of(row, cost))
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
        settings={**asked.settings(report.kind), **_found_in(report)},
    )


def _found_in(report: FileReport) -> dict[str, Any]:
    counts = {RUNS: report.runs, JOINED: report.joined.matched + report.joined.unmatched}
    return {name: count for name, count in counts.items() if count}
