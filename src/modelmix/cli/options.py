"""Options that several commands share: days, instants and stand-ins for old models."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import typer

from modelmix.core.prices import PriceBook


def day_of(text: str) -> date:
    """Read a UTC day.

    Raises:
        typer.BadParameter: It is not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; write 2026-11-23") from None


def instant_of(text: str) -> datetime:
    """Read a UTC day, its first instant, or an instant; without a time zone it is UTC.

    Raises:
        typer.BadParameter: It is neither.
    """
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is neither a day nor an instant; write 2026-11-23") from None


def span_of(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Read ``--since`` and ``--until``: the first instant inside a span, and the first one after it.

    Raises:
        typer.BadParameter: One is neither a day nor an instant, or the span ends before it begins.
    """
    first, end = _bound(since, "--since"), _bound(until, "--until")
    if first is not None and end is not None and end <= first:
        raise typer.BadParameter(f"{until!r} is not after --since {since!r}", param_hint="--until")
    return first, end


def _bound(text: str | None, option: str) -> datetime | None:
    try:
        return None if text is None else instant_of(text)
    except typer.BadParameter as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def stand_ins_of(pairs: Iterable[str]) -> dict[str, str]:
    """Read ``OLD=NEW`` pairs: each old model takes the rates of another.

    Raises:
        typer.BadParameter: A pair lacks a side, or one old model has two stand-ins.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        old, _, new = (part.strip() for part in pair.partition("="))
        if not old or not new:
            raise typer.BadParameter(f"{pair!r} is not OLD=NEW; write for example claude-2=claude-opus-5-5")
        if found.setdefault(old, new) != new:
            raise typer.BadParameter(f"{old!r} is priced as {found[old]!r} and as {new!r}; keep one")
    return found


def priced_as(book: PriceBook, pairs: Iterable[str]) -> PriceBook:
    """Return the book with stand-ins applied, or the book itself where there are none.

    Raises:
        typer.BadParameter: A pair cannot be read.
        ConfigError: A stand-in is not in the book.
    """
    stand_ins = stand_ins_of(pairs)
    return book.priced_as(stand_ins) if stand_ins else book
