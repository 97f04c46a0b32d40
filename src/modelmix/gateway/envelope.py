"""Answers of the gateway's own, in the shape of the API's errors and never in its wording."""

from collections.abc import Mapping
from typing import Any

import msgspec

_TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    404: "not_found_error",
    413: "request_too_large",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
}

Message = dict[str, Any]
"""One message of the ASGI protocol."""


def error(status: int, message: str, *, retry: bool = True) -> tuple[Message, Message]:
    """Build an error response.

    Args:
        status: HTTP status.
        message: One sentence that names modelmix, so that nobody looks for the fault upstream.
        retry: Whether trying again may help; if not, clients are told so.

    Source: Messages API, errors (2026-08-22); ``x-should-retry`` as the official SDK reads it (2.12.0).
    """
    fields = {"type": _TYPES.get(status, "api_error"), "message": f"modelmix: {message}"}
    headers = [] if retry else [(b"x-should-retry", b"false")]
    return json(status, {"type": "error", "error": fields, "request_id": None}, headers)


def json(
    status: int, document: Mapping[str, Any], headers: list[tuple[bytes, bytes]] | None = None
) -> tuple[Message, Message]:
    """Build a JSON response."""
    body = msgspec.json.encode(document)
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            *(headers or ()),
        ],
    }
    return start, {"type": "http.response.body", "body": body}
