"""A row of someone else's log: bytes or a mapping, decoded, or one clause that says why it cannot be."""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from modelmix.core.call import BadRow

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

T = TypeVar("T")


def _exact(number: str) -> Decimal:
    """Keep a number as the document writes it: amounts of money must not pass through a float."""
    try:
        return Decimal(number)
    except ArithmeticError as error:
        raise ValueError("number out of range") from error


_decode_any = msgspec.json.Decoder(float_hook=_exact).decode


class Unreadable(Exception):  # noqa: N818 - on its way to becoming a BadRow; it never leaves this room
    """A row cannot be read; ``str()`` is one clause without any text of the row."""


class RowDecoder(Generic[T]):
    """Decodes rows into one type and skips whatever the type does not name.

    Args:
        kind: Type of a row, a ``msgspec.Struct``.
    """

    __slots__ = ("_decode", "_kind")

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._decode = msgspec.json.Decoder(kind).decode

    def typed(self, row: bytes | Mapping[str, Any]) -> T:
        """Decode one row.

        Raises:
            Unreadable: Not UTF-8, not JSON, nested too deeply, or of another type.
        """
        if not isinstance(row, bytes):
            return self._converted(row)
        try:
            # Skipped strings are not decoded, so damage in them would pass unseen.
            if not row.isascii():
                str(row, "utf-8")
            return self._decode(row)
        except (ValueError, RecursionError) as error:
            if not _may_hold_half_pair(row, error):
                raise Unreadable(clause(error)) from error
        return self._converted(_by_other_decoder(row))

    def _converted(self, row: object) -> T:
        try:
            converted = msgspec.convert(row, self._kind)
            msgspec.json.encode(converted)  # refuses half a surrogate pair, which no store could take either
        except (ValueError, RecursionError) as error:
            raise Unreadable(clause(error)) from error
        return converted


def plain(row: bytes | Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    """Decode a row into plain values, whatever its shape; numbers with a fraction are ``Decimal``.

    Raises:
        Unreadable: Not UTF-8, not JSON, or nested too deeply.
    """
    if not isinstance(row, bytes):
        return row
    try:
        return _decode_any(row)
    except (ValueError, RecursionError) as error:
        if not _may_hold_half_pair(row, error):
            raise Unreadable(clause(error)) from error
    return _by_other_decoder(row)


def objects(
    rows: Iterable[bytes | Mapping[str, Any]], source: str
) -> Iterator[tuple[int, Mapping[str, Any] | BadRow]]:
    """Decode rows into objects with their numbers, counted from 1; blank lines give nothing."""
    for number, row in enumerate(rows, 1):
        if isinstance(row, bytes):
            if not row or row.isspace():
                continue
            if number == 1:
                row = row.removeprefix(BYTE_ORDER_MARK)  # noqa: PLW2901 - the mark is no part of the row
        try:
            value = plain(row)
        except Unreadable as error:
            yield number, BadRow(source, number, str(error))
        else:
            yield number, value if isinstance(value, Mapping) else BadRow(source, number, "not a JSON object")


def clause(error: Exception) -> str:
    """Say in one clause why a row could not be decoded, without quoting it."""
    if isinstance(error, msgspec.ValidationError):
        what, _, where = str(error).replace("`", "").partition(" - at ")
        what = f"{what[:1].lower()}{what[1:]}"
        return f"{where.removeprefix('$.')}: {what}" if where.startswith("$.") else what
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 (byte {error.start})"
    if isinstance(error, UnicodeEncodeError):
        return "a text holds half of a surrogate pair"
    if "truncated" in str(error):
        return "the JSON is cut off"
    return "not valid JSON" + str(error).removeprefix("JSON is malformed")


def _may_hold_half_pair(row: bytes, error: Exception) -> bool:
    # JavaScript writes a text that was cut inside a surrogate pair with a lone \udXXX: valid JSON, which the
    # fast decoder refuses. It stands in message text, so the row's counts are sound.
    return isinstance(error, msgspec.DecodeError) and (b"\\ud" in row or b"\\uD" in row)


def _by_other_decoder(row: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(row, parse_constant=_no_constant, parse_float=_exact)
    except RecursionError as error:
        raise Unreadable(clause(error)) from error
    except ValueError as error:
        raise Unreadable("not valid JSON") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
