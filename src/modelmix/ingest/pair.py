"""A pair: the body sent and the body returned, found in a row whatever its log calls them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modelmix.ingest.row import Unreadable, plain

_REQUEST = ("request", "request_body", "params", "body")
_RESPONSE = ("response", "response_body", "result", "message")
_STATUS = ("status", "status_code", "response_status", "statusCode")
_MESSAGE = ("id", "type", "role", "content", "stop_reason", "stop_sequence", "stop_details", "usage")
PAIR_COLUMNS = (*_REQUEST, *_RESPONSE, *_STATUS, *_MESSAGE, "headers")
"""What a row may hold of a pair beside the fields of a request, where it is itself the request."""
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Pair:
    """One request and its response, as recorded.

    Attributes:
        row: The whole row.
        request: Body sent; empty where it was not recorded.
        response: Body returned: an object, a list of stream events, the text of a stream, or None.
        headers: Headers of both sides, by lower-case name.
        status: HTTP status, or None where it was not recorded.
        batch: Whether the row is the result of a batch's item.
    """

    row: Mapping[str, Any]
    request: Mapping[str, Any]
    response: object
    headers: Mapping[str, str]
    status: int | None = None
    batch: bool = False


def pair(row: Mapping[str, Any]) -> Pair:
    """Find request and response in a row.

    Bodies may stand as they are, as JSON text, or in a ``body`` beside ``headers`` and a status. A row that
    is itself a request with its response in it, or itself a message, is taken too.

    Raises:
        Unreadable: A body is text that is not valid JSON.

    Source: shapes of the Message Batches results, Helicone's export, and proxies' captures (2026-11).
    """
    headers: dict[str, str] = {}
    sent = first(row, _REQUEST)
    back = first(row, _RESPONSE)
    if sent is None and "messages" in row:
        sent = row
    if back is None and "usage" in row:
        back = row
    _collect(headers, row.get("headers"))
    request, _ = _unwrapped(sent, headers)
    response, status = _unwrapped(back, headers)
    response, batch = _result(response)
    recorded = first(row, _STATUS)
    return Pair(
        row=row,
        request=request if isinstance(request, Mapping) else _NOTHING,
        response=response,
        headers=headers,
        status=_status(recorded) or status,
        batch=batch,
    )


def names_pairs(columns: Iterable[str]) -> bool:
    """Say whether a table of these columns holds requests with their responses."""
    names = set(columns)
    return not (names.isdisjoint(_REQUEST) or names.isdisjoint(_RESPONSE))


def first(fields: Mapping[str, Any], keys: Iterable[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of the first key that is there and not null."""
    for key in keys:
        value = fields.get(key)
        if value is not None:
            return value
    return None


def _unwrapped(side: object, headers: dict[str, str]) -> tuple[object, int | None]:
    status = None
    side = _parsed(side)
    if isinstance(side, Mapping) and "body" in side and "messages" not in side:
        _collect(headers, side.get("headers"))
        status = _status(first(side, _STATUS))
        side = _parsed(side["body"])
    return side, status


def _parsed(side: object) -> object:
    if isinstance(side, str) and side.lstrip()[:1] in ("{", "["):
        try:
            return plain(side.encode())
        except UnicodeEncodeError as error:
            raise Unreadable("a body holds half of a surrogate pair") from error
    return side


def _result(response: object) -> tuple[object, bool]:
    """Take the message, or the error, out of a batch's result."""
    kind = response.get("type") if isinstance(response, Mapping) else None
    if isinstance(response, Mapping) and kind in ("succeeded", "errored", "canceled", "expired"):
        if kind == "succeeded":
            return response.get("message"), True
        return {"type": "error", "error": _innermost(response.get("error"), kind)}, True
    return response, False


def _innermost(error: object, kind: object) -> object:
    if not isinstance(error, Mapping):
        return {"type": kind}
    inner = error.get("error")
    return inner if isinstance(inner, Mapping) else error


def _collect(headers: dict[str, str], found: object) -> None:
    if isinstance(found, Mapping):
        headers.update((str(name).lower(), value) for name, value in found.items() if isinstance(value, str))


def _status(value: object) -> int | None:
    if isinstance(value, str) and len(value) == len("200") and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and 100 <= value <= 599 else None  # noqa: PLR2004 - RFC 9110, section 15
