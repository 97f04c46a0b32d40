"""``modelmix import``: logs into the ledger, outcome tables into the lake."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelmix import settings
from modelmix.cli.console import out, print_json, talk
from modelmix.core.level import Level
from modelmix.report.plain import counted, ending, printable

if TYPE_CHECKING:
    from modelmix.optimize.whole_tasks import WholeType
    from modelmix.pipeline.file_report import FileReport, ImportReport
    from modelmix.pipeline.sessions import Joined

SCHEMA = "modelmix.import/1"
FILES_SHOWN = 12
BAD_ROWS_SHOWN = 3
NAMES_SHOWN = 4
_PATH_WIDTH = 46


def command(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Logs, outcome tables, or folders of them; - is standard input."),
    ],
    task_type: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Task type of calls without a tag and of outcomes without a type."),
    ] = None,
    unit: Annotated[
        Level | None,
        typer.Option(
            help="What each score of an outcome table is of: one call, the last turn of a conversation, or a "
            "whole task with all its calls; default: what its columns tell.",
        ),
    ] = None,
    keep_text: Annotated[
        bool, typer.Option("--keep-text", help="Keep prompts and answers of outcome tables too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Keep logs and outcome tables in the ledger.

    Takes Claude Code transcripts, request/response JSONL, and graded outcomes as Parquet, CSV or JSONL, plain
    or compressed. What a file holds is told from its content. Importing the same file again changes nothing.
    A table of runs at whole tasks, or of how sessions ended (session_id, solved), is evidence on whole tasks.
    """
    from modelmix.pipeline.import_ import import_paths
    from modelmix.store.lake import Lake
    from modelmix.store.ledger import Ledger

    surroundings = settings.load()
    home = surroundings.home
    with Ledger.open(home) as ledger, _progress() as step:
        report = import_paths(
            paths,
            ledger,
            Lake(home),
            now=datetime.now(UTC),
            keep_text=keep_text,
            task_type=task_type,
            level=unit,
            book=surroundings.price_book(),
            capabilities=surroundings.capabilities(),
            progress=step,
        )
    if as_json:
        print_json(_document(report, str(home)))
    else:
        _show(report, str(home))


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on stderr while files are read, on a terminal only.

    Yields:
        A function of files done so far and files in all; None off a terminal.
    """
    console = talk()
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TextColumn("files"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("importing", total=None)

        def step(done: int, whole: int) -> None:
            bar.update(task, completed=done, total=whole)

        yield step


def _document(report: "ImportReport", home: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "home": home,
        "rows": report.rows,
        "new": report.new,
        "duplicates": sum(file.duplicates for file in report.files),
        "bad_row_count": report.bad_rows,
        "bad_rows": [
            {"source": bad.source, "line": bad.line, "why": bad.why}
            for file in report.files
            for bad in file.first_bad
        ],
        "files": [_file_document(file) for file in report.files],
    }


def _file_document(file: "FileReport") -> dict[str, Any]:
    from modelmix.report.whole_tasks import whole_json

    return {
        "source": file.source,
        "import_id": file.import_id,
        "kind": file.kind,
        "rows": file.rows,
        "new": file.new,
        "duplicates": file.duplicates,
        "bad_rows": file.bad_rows,
        "task_types": dict(file.task_types.most_common()),
        "models": dict(file.models.most_common()),
        "since": file.since.isoformat() if file.since else None,
        "until": file.until.isoformat() if file.until else None,
        "already": file.already,
        "note": file.note,
        "units": dict(file.units.most_common()),
        "sessions": _sessions(file.joined),
        "whole_tasks": whole_json(_whole(file)),
    }


def _whole(file: "FileReport") -> "tuple[WholeType, ...]":
    from modelmix.optimize.whole_tasks import whole_tasks

    return whole_tasks(file.whole, {}, {}, lambda _one, _other: None)


def _sessions(joined: "Joined") -> dict[str, int] | None:
    if not joined.is_any:
        return None
    return {
        "matched": joined.matched,
        "unmatched": joined.unmatched,
        "without_outcome": joined.without,
        "unpriced": joined.unpriced,
        "served_by_several": joined.several,
    }


def _show(report: "ImportReport", home: str) -> None:
    console = out()
    for line in _lines(report, home):
        console.print(line, markup=False, soft_wrap=True)


def _lines(report: "ImportReport", home: str) -> Iterator[str]:
    for file in report.files[:FILES_SHOWN]:
        yield from _file_lines(file)
    if len(report.files) > FILES_SHOWN:
        yield f"and {counted(len(report.files) - FILES_SHOWN, 'more file')}: --json lists them"
    names: Counter[str] = Counter()
    for file in report.files:
        names.update(file.task_types)
    if names:
        shown = ", ".join(
            f"{printable(name, 40)} ({size:,})" for name, size in names.most_common(NAMES_SHOWN)
        )
        rest = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
        yield f"{counted(len(names), 'task type')}: {shown}{rest}"
    bad = f", {counted(report.bad_rows, 'bad row')}" if report.bad_rows else ""
    yield f"{counted(report.rows, 'row')} read, {report.new:,} new in {home}{bad}"
    tables = any(file.kind not in {"claude-code", "messages", "unknown"} for file in report.files)
    yield "Next: " + (
        "modelmix optimize --margin 0.02 -o policy.yaml" if tables else "modelmix audit --ledger"
    )


def _file_lines(file: "FileReport") -> Iterator[str]:
    said = (
        file.note
        or f"{counted(file.rows, 'row')}, {file.new:,} new, {counted(file.duplicates, 'copy', 'copies')}"
    )
    if file.units["task"]:
        said += f"; {counted(file.units['task'], 'run')} of whole tasks"
    yield f"{ending(file.source, _PATH_WIDTH)}: {file.kind}: {said}"
    if file.whole:
        from modelmix.report.whole_tasks import solved_lines

        yield from (f"  {line}" for line in solved_lines(_whole(file), NAMES_SHOWN * 2))
    for bad in file.first_bad[:BAD_ROWS_SHOWN]:
        yield f"  line {bad.line:,}: {printable(bad.why)}"
    if file.bad_rows > BAD_ROWS_SHOWN:
        yield f"  and {counted(file.bad_rows - BAD_ROWS_SHOWN, 'more bad row')}"
