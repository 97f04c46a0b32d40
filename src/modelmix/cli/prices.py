"""``modelmix prices``: list prices in force on a day, or one model's history."""

import difflib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer

from modelmix import settings
from modelmix.cli.console import out, print_json
from modelmix.cli.options import day_of
from modelmix.core.prices import Price, PriceBook, Tier
from modelmix.errors import ConfigError
from modelmix.report.money import short

SCHEMA = "modelmix.prices/1"


def command(
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="Show every period of this model.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="DATE", help="Only prices of this day (UTC); absent: today's, or all of MODEL."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List prices in force on a day, or one model's history."""
    book = settings.load().price_book()
    day = datetime.now(UTC).date() if on is None else day_of(on)
    rows = _in_force(book, day) if model is None else _history(book, model)
    if model is not None and on is not None:
        rows = [price for price in rows if price.covers(day)]
    if as_json:
        print_json(_document(book, rows, None if model and on is None else day))
    else:
        _show(book, rows, model, day)


def _in_force(book: PriceBook, day: date) -> list[Price]:
    found = [price for rows in book.prices.values() for price in rows if price.covers(day)]
    return sorted(found, key=lambda price: (-price.tiers[0].output, -price.tiers[0].input, price.model))


def _history(book: PriceBook, model: str) -> list[Price]:
    rows = book.prices.get(book.resolve(model))
    if rows is None:
        near = difflib.get_close_matches(model, [*book.prices, *book.aliases], n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(near)}?" if near else "modelmix prices lists all"
        raise ConfigError(f"no price is known for {model!r}; {hint}")
    return list(rows)


def _document(book: PriceBook, rows: Sequence[Price], day: date | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "as_of": book.as_of.isoformat(),
        "sha256": book.sha256,
        "day": day.isoformat() if day else None,
        "unit": "USD per million tokens",
        "web_search_usd": float(book.web_search_usd),
        "prices": [_price_document(price) for price in rows],
    }


def _price_document(price: Price) -> dict[str, Any]:
    return {
        "model": price.model,
        "since": price.since.isoformat(),
        "until": price.until.isoformat() if price.until else None,
        "tiers": [_tier_document(tier) for tier in price.tiers],
        "batch_multiplier": float(price.batch_multiplier),
        "us_multiplier": None if price.us_multiplier is None else float(price.us_multiplier),
        "fast_multiplier": None if price.fast_multiplier is None else float(price.fast_multiplier),
        "fast_until": price.fast_until.isoformat() if price.fast_until else None,
        "source": price.source,
    }


def _tier_document(tier: Tier) -> dict[str, Any]:
    return {
        "max_prompt_tokens": tier.max_prompt_tokens,
        "input": float(tier.input),
        "cache_read": float(tier.cache_read),
        "cache_write_5m": float(tier.cache_write_5m),
        "cache_write_1h": float(tier.cache_write_1h),
        "output": float(tier.output),
    }


def _show(book: PriceBook, rows: Sequence[Price], model: str | None, day: date) -> None:
    from rich.table import Table

    console = out()
    what = f"of {book.resolve(model)}" if model else f"in force on {day}"
    console.print(f"List prices {what}, USD per million tokens", style="bold", markup=False)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Since" if model else "Model", no_wrap=True)
    for heading in ("Input", "Read", "5m write", "1h write", "Output"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Prompt", no_wrap=True)
    for price in rows:
        name = f"{price.since} to {price.until or 'today'}" if model else price.model
        for tier in price.tiers:
            rates = (tier.input, tier.cache_read, tier.cache_write_5m, tier.cache_write_1h, tier.output)
            table.add_row(name, *(_rate(rate) for rate in rates), _length(price, tier))
            name = ""
    console.print(table)
    if not rows:
        console.print(
            f"{book.resolve(model) if model else 'no model'} had {'no' if model else 'a'} price on {day}",
            markup=False,
        )
    console.print(
        f"checked {book.as_of} · sha256 {book.sha256[:8]} · batch, fast and US factors: --json", style="dim"
    )


def _rate(rate: Decimal) -> str:
    exact = rate.normalize()
    return f"{exact:.2f}" if exact == round(exact, 2) else f"{exact:f}"


def _length(price: Price, tier: Tier) -> str:
    if len(price.tiers) == 1:
        return ""
    if tier.max_prompt_tokens is None:
        return "longer"
    return f"to {short(tier.max_prompt_tokens)}"
