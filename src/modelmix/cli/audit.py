"""``modelmix audit``: what existing Claude traffic costs, and what of it is at stake."""

import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelmix import settings
from modelmix.cli.console import out, print_json, say, talk
from modelmix.cli.options import priced_as, span_of
from modelmix.errors import ConfigError, DataError, StoreError
from modelmix.report.audit import Audit, audit_document
from modelmix.report.money import share
from modelmix.report.plain import counted

if TYPE_CHECKING:
    from modelmix.pipeline.audit import Window
    from modelmix.pipeline.traffic import Traffic


def command(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Logs or folders of logs; - is standard input."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="First day or instant to count (UTC).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="First day or instant not to count (UTC).")
    ] = None,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Audit the ledger's calls instead of files.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Store the calls in the ledger as well.")] = False,
    price_as: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="Price an old model at another's rates; repeatable."),
    ] = None,
    max_unpriced: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Largest share of tokens without a price that is accepted."),
    ] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write one HTML page as well; - is standard output.")
    ] = None,
) -> None:
    """What your Claude traffic costs, and what of it is at stake.

    Without a path it reads the transcripts that Claude Code keeps on this machine. It writes nothing
    unless --keep or --html says so, and sends nothing anywhere.
    """
    from modelmix.pipeline.audit import Window, audit

    now = datetime.now(UTC)
    window = Window(*span_of(since, until))
    current = settings.load()
    book = priced_as(current.price_book(), price_as or ())
    if ledger and (paths or keep):
        raise typer.BadParameter("--ledger takes neither paths nor --keep: its calls are kept already")
    traffic = _kept_traffic(current.home, window) if ledger else _file_traffic(paths or [])
    failing = _failing_types(current.home)
    result = audit(traffic, book, current.capabilities(), now, window, failing)
    if keep:
        _keep(current.home, traffic)
    _print(result, now, html=html, as_json=as_json)
    _judge(result, max_unpriced)


def _file_traffic(names: Sequence[str]) -> "Traffic":
    from modelmix.pipeline.traffic import find_logs, read_traffic

    paths = find_logs(names, os.environ, Path.home())
    with _progress() as step:
        traffic = read_traffic(paths, names, step)
    for name in traffic.skipped:
        say(f"passed over {name}: it holds graded outcomes, not calls (modelmix import)")
    return traffic


def _kept_traffic(home: Path, window: "Window") -> "Traffic":
    from modelmix.pipeline.kept import kept_traffic

    return kept_traffic(home, window.since, window.until)


def _keep(home: Path, traffic: "Traffic") -> None:
    from modelmix.pipeline.kept import keep

    stored = keep(home, traffic.calls())
    known = stored.replaced + stored.unchanged
    say(f"kept in {home}: {counted(stored.new, 'new call')}, {known:,} known before")


def _failing_types(home: Path) -> Collection[str]:
    if not home.is_dir():
        return ()
    from modelmix.pipeline.kept import failing_types

    try:
        return failing_types(home)
    except StoreError as error:
        # The audit of a log does not need the ledger.
        say(f"earlier verdicts are not counted: {error}")
        return ()


def _print(result: Audit, now: datetime, *, html: str | None, as_json: bool) -> None:
    if html is not None:
        from modelmix.report.page import page

        _write(html, page(result, now))
    if as_json:
        print_json(audit_document(result))
    elif html != "-":
        from modelmix.report.card import card

        out().print(card(result))


def _write(path: str, text: str) -> None:
    if path == "-":
        sys.stdout.write(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror or error}; name another file") from error
    say(f"wrote {path}")


def _judge(result: Audit, max_unpriced: float) -> None:
    if result.unpriced_share > max_unpriced:
        raise DataError(
            f"{share(result.unpriced_share, 1)} of tokens have no price, above --max-unpriced "
            f"{max_unpriced:g}; add the models to a price file named by MODELMIX_PRICES or use --price-as"
        )


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on stderr while files are read, on a terminal only.

    Yields:
        A function of bytes read so far and bytes in all; None off a terminal.
    """
    console = talk()
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def step(done_bytes: int, whole_bytes: int) -> None:
            bar.update(task, completed=done_bytes, total=whole_bytes)

        yield step
