"""``modelmix export``: what ledger and lake hold, as rows for other tools."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from modelmix import settings
from modelmix.cli.console import say
from modelmix.cli.options import priced_as, span_of
from modelmix.errors import ConfigError, DataError
from modelmix.pipeline.form import Form
from modelmix.report.plain import counted
from modelmix.settings import Settings

STDOUT = "-"


class What(StrEnum):
    """What can be exported."""

    CALLS = "calls"
    OUTCOMES = "outcomes"


def command(
    what: Annotated[What, typer.Argument(help="The ledger's calls, or the outcomes imported.")],
    form: Annotated[Form, typer.Option("--format", help="Form of the rows.")] = Form.JSONL,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Where to; - is standard output.")
    ] = STDOUT,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="First day or instant of calls (UTC).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="First day or instant left out (UTC).")
    ] = None,
    price_as: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="Price an old model at another's rates; repeatable."),
    ] = None,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Write prompts and answers that --keep-text kept.")
    ] = False,
) -> None:
    """Print what the ledger holds, for other tools.

    Calls come with their list price, exact, at their own day; without a price it is null. Outcomes come as a
    table that modelmix import reads again.
    """
    current = settings.load()
    if form is Form.PARQUET and output == STDOUT and sys.stdout.isatty():
        raise typer.BadParameter("Parquet is not for a terminal; name a file with -o")
    if what is What.CALLS:
        write = _calls(current, form, (since, until), price_as or [])
    else:
        write = _outcomes(current, form, with_text=with_text)
    with _opened(output) as writer:
        count = write(writer)
    say(f"{counted(count, 'row')} written{'' if output == STDOUT else f' to {output}'}")


def _calls(
    current: Settings, form: Form, window: tuple[str | None, str | None], price_as: list[str]
) -> Callable[[BinaryIO], int]:
    from modelmix.pipeline.export import export_calls
    from modelmix.pipeline.kept import kept_traffic

    book = priced_as(current.price_book(), price_as)
    since, until = span_of(*window)
    traffic = kept_traffic(current.home, since, until)
    return lambda writer: export_calls(traffic.calls(), form, writer, book)


def _outcomes(current: Settings, form: Form, *, with_text: bool) -> Callable[[BinaryIO], int]:
    from modelmix.pipeline.export import export_outcomes
    from modelmix.store.lake import Lake

    lake = Lake(current.home)
    if not lake.outcome_imports():
        raise DataError(f"no outcomes are in {current.home}; run modelmix import FILE first")
    return lambda writer: export_outcomes(lake.outcomes(), form, writer, with_text=with_text)


@contextmanager
def _opened(output: str) -> Iterator[BinaryIO]:
    if output == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    file = Path(output)
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("wb") as writer:
            yield writer
        part.replace(file)
    except OSError as error:
        raise ConfigError(f"cannot write {output}: {error.strerror or error}; name another file") from error
    finally:
        part.unlink(missing_ok=True)
