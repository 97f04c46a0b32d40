"""The receipt on a terminal: six lines, each with what it rests on."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from modelmix.report.money import usd
from modelmix.report.plain import counted, printable

_NONE = "\N{EN DASH}"
_LINES = (
    ("today", "today", ""),
    ("proven", "proven", "green"),
    ("refused", "refused", "red"),
    ("undecided", "at stake, not proven", "yellow"),
    ("cash", "cash after your commit", ""),
    ("sign_for", "sign for", ""),
)


def receipt_card(document: Mapping[str, Any]) -> RenderableType:
    """Lay the receipt of an account out for a terminal of 80 columns.

    Args:
        document: The account, of schema ``modelmix.report/1``.
    """
    span, lines = document["span"], document["receipt"]
    title = f" {printable(document['policy']['name'])} v{document['policy']['version']}"
    days = f"{span['days']:.3g} days of traffic, list prices of {document['provenance']['prices_as_of']}"
    table = Table(box=None, pad_edge=False)
    table.add_column(" receipt", no_wrap=True)
    table.add_column("USD", justify="right", no_wrap=True)
    table.add_column("in 30 days", justify="right", no_wrap=True)
    table.add_column("rests on")
    for key, name, style in _LINES:
        line = lines[key]
        table.add_row(
            Text(f" {name}", style), _usd(line["usd"]), _usd(line.get("month_usd")), _rests(key, line)
        )
    notes = [Padding(Text(printable(note), "dim"), (0, 0, 0, 1)) for note in document["notes"]]
    return Group(Text(f"{title} · {days}", "bold"), table, *notes)


def _usd(amount: float | None) -> str:
    return _NONE if amount is None else usd(Decimal(repr(amount)))


def _rests(key: str, line: Mapping[str, Any]) -> str:
    if key in {"cash", "sign_for"}:
        return line["how"] if line["usd"] is None else f"{line['why']} ({line['basis']})"
    said = counted(line["calls"], "call")
    if "pairs" in line:
        said += f", {counted(line['pairs'], 'pair')}, at least {_usd(line['bound_usd'])}"
    return f"{said} ({line['basis']})"
