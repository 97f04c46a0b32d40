"""A sheet: figures of a JSON document as HTML, each marked with its place in the document.

What is shown comes from the document and from nowhere else, so that a test can hold one against the other.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

from modelmix.report.money import count, term_usd, usd
from modelmix.report.plain import printable

NONE = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"
_ROUNDING = 1e-6  # what binary fractions add to a bound of exactly a tenth of a point
_HASH_SHOWN = 12
_DAY_LENGTH = 10
_MINUTE_LENGTH = 16


class Sheet:
    """Shows figures of one document.

    Args:
        document: Plain JSON.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._decimals: int = document["usd_decimals"]

    def at(self, path: str) -> Any:  # noqa: ANN401 - whatever stands there
        """Return the value at a path of keys and indexes: ``tasks.0.saving_usd``."""
        value: Any = self._document
        for key in path.split("."):
            value = value[int(key)] if isinstance(value, Sequence) else value[key]
        return value

    def usd(self, path: str, *, minus: bool = False, some: bool = False) -> str:
        """Show an amount that adds up with others, with as many decimals as the document's amounts have.

        Args:
            path: Where it stands.
            minus: Show it as what is taken away.
            some: It is of something: where it rounds to nothing, it is shown as less than the least step.
        """
        value = self.at(path)
        if value is None:
            return self._mark(path, "usd", NONE)
        if some and not value:
            return self._mark(path, "usd", f"<${Decimal(1).scaleb(-self._decimals)}")
        amount = -Decimal(repr(value)) if minus else Decimal(repr(value))
        sign = _MINUS if amount < 0 else ""
        return self._mark(path, "usd", f"{sign}${abs(amount):,.{self._decimals}f}")

    def price(self, path: str) -> str:
        """Show an amount that stands by itself: to the cent, and smaller ones to two digits."""
        value = self.at(path)
        return self._mark(path, "price", NONE if value is None else usd(Decimal(repr(value))))

    def dollars(self, path: str) -> str:
        """Show an estimate of a whole term: to the dollar from a thousand on, for no cent of it is known."""
        value = self.at(path)
        return self._mark(path, "dollars", NONE if value is None else term_usd(Decimal(repr(value))))

    def count(self, path: str) -> str:
        """Show a count; a fractional one without its fraction."""
        value = self.at(path)
        return self._mark(path, "count", NONE if value is None else count(round(value)))

    def counted(self, path: str, one: str, many: str = "") -> str:
        """Show a count with its noun."""
        return f"{self.count(path)} {one if round(self.at(path)) == 1 else many or one + 's'}"

    def points(self, path: str, *, up: bool = False) -> str:
        """Show a share as percentage points; ``up`` rounds an upper bound to the safe side."""
        value = self.at(path)
        if value is None:
            return self._mark(path, "points", NONE)
        tenths = math.ceil(value * 1000 - _ROUNDING) if up else round(value * 1000)
        # What is not nothing is never written as nothing.
        shown = f"{tenths / 10:.1f}" if tenths or not value else f"{value * 100:.2g}"
        return self._mark(path, "points", _signed(f"{shown} pp"))

    def percent(self, path: str, *, down: bool = False) -> str:
        """Show a share in per cent, to a tenth; ``down`` rounds a lower bound to the safe side."""
        value = self.at(path)
        if value is None:
            return self._mark(path, "percent", NONE)
        tenths = math.floor(value * 1000 + _ROUNDING) if down else round(value * 1000)
        return self._mark(path, "percent", _signed(f"{tenths / 10:.1f} %"))

    def plain(self, path: str, digits: int = 6) -> str:
        """Show a number as it stands, to some significant digits."""
        value = self.at(path)
        return self._mark(path, "number", NONE if value is None else f"{value:.{digits}g}")

    def text(self, path: str) -> str:
        """Show a text."""
        value = self.at(path)
        return self._mark(path, "text", NONE if value is None else printable(str(value)))

    def day(self, path: str) -> str:
        """Show the day of an instant."""
        value = self.at(path)
        return self._mark(path, "day", NONE if value is None else str(value)[:_DAY_LENGTH])

    def minute(self, path: str) -> str:
        """Show an instant to the minute, UTC."""
        value = self.at(path)
        shown = NONE if value is None else str(value)[:_MINUTE_LENGTH].replace("T", " ")
        return self._mark(path, "minute", shown)

    def digest(self, path: str) -> str:
        """Show the first digits of a hash."""
        value = self.at(path)
        shown = NONE if value is None else f"{value[:_HASH_SHOWN]}…"
        return f"<code>{self._mark(path, 'hash', shown)}</code>"

    def _mark(self, path: str, kind: str, shown: str) -> str:
        value = json.dumps(self.at(path), ensure_ascii=False)
        return (
            f'<data data-figure="{escape(path)}" data-kind="{kind}" value="{escape(value)}">'
            f"{escape(shown)}</data>"
        )


def _signed(text: str) -> str:
    return text.replace("-", _MINUS)


def table(
    caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "", label: str = ""
) -> str:
    """Build a table that scrolls by itself where it is too wide.

    Args:
        caption: Its title, text.
        headings: Titles of the columns, text.
        rows: Cells, HTML, ``th`` or ``td``.
        kind: Its class, or empty.
        label: Name of the region for those who cannot see it; the caption if empty.
    """
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    lines = "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows)
    attribute = f' class="{kind}"' if kind else ""
    return (
        f'<div class="wide" role="region" aria-label="{escape(label or caption)}" tabindex="0">'
        f"<table{attribute}>\n<caption><span>{escape(caption)}</span></caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{lines}</tbody>\n</table></div>\n"
    )


def cell(html: str, kind: str = "", heading: str = "") -> str:
    """Build a cell; ``heading`` repeats its column's title where a narrow screen stacks the cells."""
    attributes = (f' class="{kind}"' if kind else "") + (
        f' data-heading="{escape(heading)}"' if heading else ""
    )
    return f"<td{attributes}>{html}</td>"


def row_head(html: str) -> str:
    """Build the cell that names a row."""
    return f'<th scope="row">{html}</th>'
