"""Results of a batch: JSON Lines in any order, each joined to the answer that it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from modelmix.errors import StreamBroken
from modelmix.upstream.ask import LONGEST_ANSWER_BYTES

_OK: Final = 200
_STATUS: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_UNKNOWN_STATUS: Final = 500


class Ending(StrEnum):
    """How a request of a batch ended."""

    SUCCEEDED = "succeeded"
    """It was answered, and is billed."""
    ERRORED = "errored"
    """The API answered with an error; it is not billed."""
    CANCELED = "canceled"
    """It was not processed because the batch was cancelled; it is not billed."""
    EXPIRED = "expired"
    """It was not processed within 24 hours; it is not billed."""
    MISSING = "missing"
    """The results say nothing of it."""
    STRAY = "stray"
    """A line that is no result of ours: it cannot be read, its id is not ours, or it came before."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one request of a batch ended.

    Attributes:
        ending: How.
        answer_id: The answer that was asked for; empty for a stray line.
        custom_id: The id as it came; empty where none could be read.
        status: HTTP status that the same request would have had by itself; 0 if it was not processed.
        body: The message, or the error in its envelope, as bytes; empty if it was not processed.
        request_id: The API's request id of an error, or empty.
    """

    ending: Ending
    answer_id: str = ""
    custom_id: str = ""
    status: int = 0
    body: bytes = b""
    request_id: str = ""


class _Outcome(msgspec.Struct):
    type: str
    message: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()


class _Line(msgspec.Struct):
    custom_id: str
    result: _Outcome


class _Error(msgspec.Struct):
    type: str = ""


class _Envelope(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)
    request_id: str | None = None


_line = msgspec.json.Decoder(_Line).decode
_envelope = msgspec.json.Decoder(_Envelope).decode


class Lines:
    """Cuts bytes as they come into lines; no more than the longest line is held."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._seen_bytes = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the lines that a chunk completes; blank ones are left out.

        Raises:
            StreamBroken: A line is longer than any answer is.
        """
        self._seen_bytes += len(chunk)
        if b"\n" not in chunk:
            self._rest += chunk
        else:
            first, *whole, rest = chunk.split(b"\n")
            self._rest += first
            for line in (bytes(self._rest), *whole):
                if line.strip():
                    yield line
            self._rest = bytearray(rest)
        if len(self._rest) > LONGEST_ANSWER_BYTES:
            raise StreamBroken(
                "a line of a batch's results is longer than any answer is", bytes_seen=self._seen_bytes
            )

    def end(self) -> Iterator[bytes]:
        """Yield the last line if nothing ends it."""
        if self._rest.strip():
            yield bytes(self._rest)


def read_id(line: bytes) -> str:
    """Return the ``custom_id`` of a line, empty if it has none."""
    try:
        return _line(line).custom_id
    except (ValueError, RecursionError):
        return ""


def join(line: bytes, left: dict[str, str]) -> Result:
    """Read one line and join it to the answer that it is.

    Args:
        line: One line of the results.
        left: ``custom_id`` → answer id of what has no result so far; what is found is taken out.

    Source: message batches reference (2026-08-22) and SDK 2.12.0.
    """
    try:
        found = _line(line)
    except (ValueError, RecursionError):
        return Result(Ending.STRAY)
    outcome = found.result
    if found.custom_id not in left or not _is_whole(outcome):
        return Result(Ending.STRAY, custom_id=found.custom_id)
    answer_id = left.pop(found.custom_id)
    if outcome.type == Ending.SUCCEEDED:
        return Result(Ending.SUCCEEDED, answer_id, found.custom_id, _OK, bytes(outcome.message))
    if outcome.type != Ending.ERRORED:
        return Result(Ending(outcome.type), answer_id, found.custom_id)
    envelope = _read_error(outcome.error)
    return Result(
        Ending.ERRORED,
        answer_id,
        found.custom_id,
        _STATUS.get(envelope.error.type, _UNKNOWN_STATUS),
        bytes(outcome.error),
        envelope.request_id or "",
    )


def missing(left: Mapping[str, str]) -> Iterator[Result]:
    """Yield what the results said nothing of.

    Args:
        left: ``custom_id`` → answer id, as `join` leaves it after the last line.
    """
    for custom_id, answer_id in left.items():
        yield Result(Ending.MISSING, answer_id, custom_id)


def _is_whole(outcome: _Outcome) -> bool:
    """Say whether an outcome is one of the four, and holds what its kind holds."""
    if outcome.type == Ending.SUCCEEDED:
        return bytes(outcome.message).startswith(b"{")
    return outcome.type in {Ending.ERRORED, Ending.CANCELED, Ending.EXPIRED}


def _read_error(raw: msgspec.Raw) -> _Envelope:
    try:
        return _envelope(raw)
    except (ValueError, RecursionError):
        return _Envelope()
