"""Figures of a page, held against the JSON document that it was drawn from."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

TOLERANCE = {
    "usd": 1e-9, "price": 0.005, "dollars": 0.5, "points": 0.1, "percent": 0.1, "count": 0.5, "number": 0.06,
}  # fmt: skip
SCALE = {"points": 100.0, "percent": 100.0}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a page.

    Attributes:
        path: Its place in the document.
        kind: How it is written.
        value: What it says it is, JSON.
        text: What a reader sees.
    """

    path: str
    kind: str
    value: str
    text: str


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Figure] = []
        self._open: dict[str, str | None] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "data":
            self._open, self._text = dict(attrs), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "data" and self._open is not None:
            said = self._open
            self.found.append(
                Figure(said["data-figure"] or "", said["data-kind"] or "", said["value"] or "", self._text)
            )
            self._open = None


def figures(page: str) -> list[Figure]:
    """Read the figures of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.found


def value_at(document: dict[str, Any], path: str) -> Any:  # noqa: ANN401 - whatever stands there
    """Follow a path of keys and indexes."""
    value: Any = document
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def wrong(found: list[Figure], document: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong: another value than the document's, or a text that says something else."""
    for figure in found:
        value = value_at(document, figure.path)
        if json.loads(figure.value) != value:
            yield f"{figure.path}: is {figure.value}, the document has {value!r}"
        elif not _says(figure, value):
            yield f"{figure.path}: shows {figure.text!r} for {value!r}"


def _says(figure: Figure, value: Any) -> bool:  # noqa: ANN401 - whatever stands there
    if value is None:
        return bool(figure.text == "\N{EN DASH}")
    if figure.kind in {"text", "day", "hash"}:
        plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value))
        return bool(plain.startswith(figure.text.rstrip("\N{HORIZONTAL ELLIPSIS}")))
    if figure.kind == "minute":
        return bool(figure.text == str(value)[:16].replace("T", " "))
    number = re.search(r"-?\$?[\d,]*\.?\d+(?:e-?\d+)?", figure.text.replace("\N{MINUS SIGN}", "-"))
    if number is None:
        return False
    shown = float(number[0].replace("$", "").replace(",", ""))
    if figure.text.startswith("<"):
        return bool(value == 0)
    if figure.kind == "usd":  # an amount that is taken away is shown with a minus
        shown, value = abs(shown), abs(value)
    scaled = value * SCALE.get(figure.kind, 1.0)
    slack = TOLERANCE[figure.kind] * (abs(scaled) if figure.kind == "number" else 1.0)
    return bool(abs(shown - scaled) <= slack + 1e-9)
