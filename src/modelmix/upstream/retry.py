"""Retry: whether a request that failed is sent again, when, and whether sending has to stop altogether."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from modelmix.upstream.headers import Headers, first

_TRANSIENT: Final = frozenset({408, 409, 429})
_SERVER_FAULT: Final = 500
_TOO_MANY: Final = 429
_BAD_REQUEST: Final = 400
_HOPELESS: Final = frozenset({401, 402, 403})
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 8.0
_LONGEST_ASKED_S: Final = 600.0
_KINDS: Final = frozenset({"authentication_error", "billing_error", "permission_error"})
_SPENT_CODES: Final = frozenset({"enforced_spend_limit_reached", "contract_spend_limit_reached"})
_SPENT_WORDS: Final = ("You have reached your specified", "Your credit balance is too low")


@dataclass(frozen=True, slots=True)
class Again:
    """What to do about a failure.

    Attributes:
        after_s: Seconds until it is sent again, or None if it is not.
        stop: Why nothing more can be sent with this key, one clause, or empty.
    """

    after_s: float | None = None
    stop: str = ""


def after_failure(status: int, headers: Headers, body: bytes, tries: int, now: datetime) -> Again:
    """Decide on an answer that is an error.

    Args:
        status: Its HTTP status, 400 or above.
        headers: Its headers.
        body: Its body.
        tries: How often the request was sent by now, from 1.
        now: Aware UTC instant.

    Source: Messages API, errors and rate limits (2026-08-22); the official SDK's own rule (2.12.0).
    """
    kind, code, message = _error(body)
    if status in _HOPELESS:
        return Again(stop=f"the upstream refuses the key ({status} {kind if kind in _KINDS else 'error'})")
    if (status == _TOO_MANY and code in _SPENT_CODES) or (
        status == _BAD_REQUEST and message.startswith(_SPENT_WORDS)
    ):
        return Again(stop="the spend limit of the key's organisation is reached")
    wanted = first(headers, b"x-should-retry")
    transient = status in _TRANSIENT or status >= _SERVER_FAULT
    if wanted == "false" or (wanted != "true" and not transient):
        return Again()
    asked_s = retry_after_s(headers, now)
    return Again(after_s=pause_s(tries) if asked_s is None else asked_s)


def pause_s(tries: int) -> float:
    """Return how long to wait where the upstream says nothing: half a second, doubled up to eight."""
    return float(min(_FIRST_WAIT_S * 2.0 ** min(tries - 1, 10), _LONGEST_WAIT_S))


def retry_after_s(headers: Headers, now: datetime) -> float | None:
    """Return how long an answer asks to wait, at most ten minutes, or None where it does not say.

    Args:
        headers: Headers of the answer.
        now: Aware UTC instant.
    """
    for name, unit_s in ((b"retry-after-ms", 0.001), (b"retry-after", 1.0)):
        text = first(headers, name)
        try:
            seconds = float(text) * unit_s
        except ValueError:
            continue
        if seconds >= 0.0:
            return min(seconds, _LONGEST_ASKED_S)
    try:
        at = parsedate_to_datetime(first(headers, b"retry-after"))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return min(max((at - now).total_seconds(), 0.0), _LONGEST_ASKED_S)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _error(body: bytes) -> Sequence[str]:
    """Return type, code and message of an error body, empty where it does not tell."""
    try:
        error = json.loads(body).get("error")
    except (ValueError, AttributeError, RecursionError):
        return "", "", ""
    if not isinstance(error, dict):
        return "", "", ""
    details = error.get("details")
    code = details.get("error_code") if isinstance(details, dict) else ""
    return tuple(
        value if isinstance(value, str) else "" for value in (error.get("type"), code, error.get("message"))
    )
