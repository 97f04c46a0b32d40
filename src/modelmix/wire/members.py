"""Members of a JSON object with their places in the bytes, so that one can be edited and nothing else."""

import json
import re
from typing import NamedTuple

import msgspec

_SPACE = re.compile(rb"[ \t\n\r]*")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[-+.0-9A-Za-z]+")
_NESTING = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]', re.DOTALL)

_HEAD = re.compile(rb'[ \t\n\r]*([{,])[ \t\n\r]*("(?:[^"\\]++|\\.)*+")[ \t\n\r]*:[ \t\n\r]*', re.DOTALL)
_CLOSE = re.compile(rb"[ \t\n\r]*\}")

_values = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Member(NamedTuple):
    """One member of a JSON object; places are offsets in the bytes of the document.

    Attributes:
        key: Its name, unescaped.
        start: Where its name begins.
        value_start: Where its value begins.
        value_end: Where its value has ended.
    """

    key: str
    start: int
    value_start: int
    value_end: int


def members(document: bytes, start: int = 0) -> list[Member]:
    """Find the members of the object that begins at an offset, duplicates included, in order.

    Args:
        document: Bytes of valid JSON from ``start`` to the end of that object.
        start: Offset of white space before the object, or of its brace.

    Raises:
        ValueError: There is no JSON object at that place.
    """
    at = _skip(document, start)
    if document[at : at + 1] != b"{":
        raise ValueError("there is no JSON object at this place")
    found: list[Member] = []
    at = _skip(document, at + 1)
    while document[at : at + 1] != b"}":
        if found:
            at = _skip(document, _mark(document, at, b","))
        key, colon = _key(document, at)
        value_start = _skip(document, _mark(document, colon, b":"))
        value_end = _end_of_value(document, value_start)
        found.append(Member(key, at, value_start, value_end))
        at = _skip(document, value_end)
    return found


def distinct_members(document: bytes) -> list[Member]:
    """Find the members of a whole document, at the speed of a compiled decoder where no name comes twice.

    The decoder tells the values but not their places; walking over them in order proves each place, and with
    it that no name came twice. Where the walk does not come out, `members` looks at every bracket.

    Raises:
        ValueError: The document is not a JSON object in UTF-8.
    """
    values = _values.decode(document)
    return _walk(document, values) or members(document)


def _walk(document: bytes, values: dict[str, msgspec.Raw]) -> list[Member] | None:
    found: list[Member] = []
    at, opening = 0, b"{"
    for name, raw in values.items():
        head = _HEAD.match(document, at)
        if head is None or head.group(1) != opening:
            return None  # the value before was the beginning of another one
        quoted = head.group(2)
        key = json.loads(quoted) if b"\\" in quoted else quoted[1:-1].decode()
        value = bytes(raw)
        value_start = head.end()
        at = value_start + len(value)
        if key != name or not document.startswith(value, value_start):
            return None
        found.append(Member(key, head.start(2), value_start, at))
        opening = b","
    return found if _CLOSE.match(document, at) else None


def _skip(document: bytes, at: int) -> int:
    space = _SPACE.match(document, at)
    return at if space is None else space.end()


def _mark(document: bytes, at: int, mark: bytes) -> int:
    at = _skip(document, at)
    if document[at : at + 1] != mark:
        raise ValueError(f"byte {at} of the JSON object is not {mark.decode()!r}")
    return at + 1


def _key(document: bytes, at: int) -> tuple[str, int]:
    string = _STRING.match(document, at)
    if string is None:
        raise ValueError(f"byte {at} of the JSON object does not open a name")
    name = string.group()
    text = json.loads(name) if b"\\" in name else name[1:-1].decode()
    return text, _skip(document, string.end())


def _end_of_value(document: bytes, at: int) -> int:
    opening = document[at : at + 1]
    if opening not in {b"{", b"["}:
        scalar = (_STRING if opening == b'"' else _SCALAR).match(document, at)
        if scalar is None:
            raise ValueError(f"byte {at} of the JSON object does not open a value")
        return scalar.end()
    depth = 0
    for token in _NESTING.finditer(document, at):
        mark = token.group()
        depth += (mark in {b"{", b"["}) - (mark in {b"}", b"]"})
        if depth == 0:
            return token.end()
    raise ValueError(f"the value at byte {at} of the JSON object does not end")
