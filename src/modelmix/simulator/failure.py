"""Failure: an error answer in the envelope of the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_INJECTED = {
    "429": (429, "This request would exceed your organization's rate limit. Please try again later."),
    "500": (500, "Internal server error"),
    "529": (529, "Overloaded"),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An error answer.

    Attributes:
        status: HTTP status; it fixes the error's type.
        message: What is wrong.
        headers: Headers beside the usual ones.
        details: Machine-readable detail, or None.

    Source: errors page (2026-08-22) and SDK 2.12.0.
    """

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] | None = None

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the envelope."""
        error: dict[str, Any] = {"type": _TYPES[self.status], "message": self.message}
        if self.details is not None:
            error["details"] = dict(self.details)
        return {"type": "error", "error": error, "request_id": request_id}


def injected(kind: str) -> Failure:
    """Return the failure that ``x-simulate-error`` asked for: 429, 500 or 529."""
    status, message = _INJECTED[kind]
    headers = {"x-should-retry": "true"}
    if status == 429:  # noqa: PLR2004 - the status that says when to come back
        headers["retry-after"] = "1"
    return Failure(status, message, headers)
