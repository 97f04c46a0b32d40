"""The receipt on a terminal: six lines, each with what it rests on."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from modelmix.report.money import term_usd, usd
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
_NOTHING = {
    "proven": "no move is certified",
    "refused": "no candidate fails its bar",
    "undecided": "nothing is left open",
}
_HELD = "\N{NO-BREAK SPACE}"
_FIGURE = re.compile(r"\d (?:%|(?:pp|moved calls?|calls?|pairs?|prompts?|scenarios?|days?)\b)")
_WIDTH = 80
_GAPS = 6
_LEAST_WIDTH = 20


def receipt_card(document: Mapping[str, Any]) -> RenderableType:
    """Lay the receipt of an account out for a terminal of 80 columns.

    Args:
        document: The account, of schema ``modelmix.report/1``.
    """
    span, lines = document["span"], document["receipt"]
    title = f" {printable(document['policy']['name'])} v{document['policy']['version']}"
    days = f"{span['days']:.3g} days of traffic, list prices of {document['provenance']['prices_as_of']}"
    money = [(_amount(key, lines[key]), _usd(lines[key].get("month_usd"))) for key, _, _ in _LINES]
    names = [f" {name}" for _, name, _ in _LINES]
    first, month = max(len(amount) for amount, _ in money), max(len(amount) for _, amount in money)
    room = _WIDTH - max(map(len, names)) - first - max(month, len("in 30 days")) - _GAPS
    table = Table(box=None, pad_edge=False)
    table.add_column(" receipt", no_wrap=True)
    table.add_column("USD", justify="right", no_wrap=True)
    table.add_column("in 30 days", justify="right", no_wrap=True)
    table.add_column("rests on")
    for (key, name, style), amounts in zip(_LINES, money, strict=True):
        table.add_row(Text(f" {name}", style), *amounts, folded(_rests(key, lines[key]), room))
    notes = [
        Padding(Text(wrapped(printable(note), _WIDTH - 2), "dim"), (0, 0, 0, 1)) for note in _notes(document)
    ]
    return Group(Text(f"{title} · {days}", "bold"), table, *notes)


def folded(parts: Sequence[str], width: int) -> str:
    r"""Join parts by commas into lines that break between parts only.

    >>> folded(["2,422 calls", "1,735 pairs", "at least $8.48 (simulated)"], 27)
    '2,422 calls, 1,735 pairs,\nat least $8.48 (simulated)'
    """
    return _lines(", ".join(part.replace(" ", _HELD) for part in parts), max(width, _LEAST_WIDTH))


def wrapped(text: str, width: int) -> str:
    r"""Break a sentence into lines, and no number from its unit or noun.

    >>> wrapped("chance that some of it stays unused: 0 %; computed", 38)
    'chance that some of it stays unused:\n0 %; computed'
    """
    return _lines(_FIGURE.sub(lambda found: found[0].replace(" ", _HELD), text), width)


def _lines(text: str, width: int) -> str:
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace(_HELD, " ")


def _amount(key: str, line: Mapping[str, Any]) -> str:
    amount = line["usd"]
    if key in {"cash", "sign_for"} and amount is not None:
        return _term_usd(amount)
    return _usd(amount)


def _usd(amount: float | None) -> str:
    return _NONE if amount is None else usd(Decimal(repr(amount)))


def _term_usd(amount: float) -> str:
    return term_usd(Decimal(repr(amount)))


def _rests(key: str, line: Mapping[str, Any]) -> list[str]:
    if key in {"cash", "sign_for"}:
        if line["usd"] is None:
            return ["not known, see below"]
        low, high = _term_usd(line["low_usd"]), _term_usd(line["high_usd"])
        return [f"{low} to {high}", f"in {line['term_days']:,} days ({line['basis']})"]
    said = [counted(line["calls"], "call")]
    if not line.get("types", 1):
        said = [_NOTHING[key]]
    elif "pairs" in line:
        said += [counted(line["pairs"], "pair"), f"at least {_usd(line['bound_usd'])}"]
        if key == "refused":
            said[0] = f"beyond the above: {said[0]}"
    return [*said[:-1], f"{said[-1]} ({line['basis']})"]


def _notes(document: Mapping[str, Any]) -> Iterator[str]:
    cash, sign, proof = document["receipt"]["cash"], document["receipt"]["sign_for"], document["proof"]
    if cash["usd"] is None:
        yield f"cash, sign for: {cash['how']}"
    else:
        yield f"cash: {cash['why']}"
        yield f"sign for: {sign['why']}"
    if proof["calls"]:
        yield (
            f"proof cost {_usd(proof['usd'])} so far in {counted(proof['calls'], 'call')} of replays, "
            f"in no line above ({proof['basis']})"
        )
    yield from document["notes"]
