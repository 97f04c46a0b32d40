"""What a response says of itself: model, stop reason, usage, failure; read from JSON or from a stream."""

from dataclasses import dataclass
from typing import Any

import msgspec

from modelmix.wire.sse import Event
from modelmix.wire.usage import Stated, merged, stated


class _Message(msgspec.Struct, gc=False):
    """The fields of a response that are metered; the rest is skipped unread."""

    id: Any = None
    type: Any = None
    model: Any = None
    stop_reason: Any = None
    usage: Any = None
    error: Any = None


class _StreamEvent(msgspec.Struct, gc=False):
    """The fields of a stream event that are metered."""

    type: Any = None
    message: Any = None
    delta: Any = None
    usage: Any = None
    error: Any = None


_METERED = frozenset({"message_start", "message_delta", "error", "message"})
_message = msgspec.json.Decoder(_Message)
_stream_event = msgspec.json.Decoder(_StreamEvent)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is metered of one response.

    Attributes:
        message_id: The API's message ID, or empty.
        model: Model that answered, or empty.
        stop_reason: Why it stopped, or empty.
        stated: Its usage.
        error: Type of the API's error, or empty.
    """

    message_id: str
    model: str
    stop_reason: str
    stated: Stated
    error: str = ""


def read(body: bytes) -> Answer:
    """Read a JSON response; one that makes no sense is an answer whose usage says why.

    Args:
        body: The whole body, not compressed.
    """
    try:
        message = _message.decode(body)
    except (ValueError, RecursionError):
        return Answer("", "", "", Stated(None, why="the answer is not a JSON object"))
    error = _error_type(message.error) if message.type == "error" else ""
    return Answer(
        _text(message.id), _text(message.model), _text(message.stop_reason), stated(message.usage), error
    )


class StreamedAnswer:
    """Gathers what is metered from the events of one stream.

    Attributes:
        is_over: Whether the stream has said its last word: ``message_stop``, or an ``error``.
    """

    __slots__ = ("_error", "_id", "_model", "_stop_reason", "_usage", "is_over")

    def __init__(self) -> None:
        self.is_over = False
        self._id = self._model = self._stop_reason = self._error = ""
        self._usage: object = None

    def add(self, event: Event) -> None:
        """Take the next event; unknown and damaged ones are passed over."""
        if event.name == "message_stop":
            self.is_over = True
        elif event.name in _METERED:
            try:
                fields = _stream_event.decode(event.data)
            except (ValueError, RecursionError):
                fields = _StreamEvent()
            # A stream without `event` fields still says in its data what each event is.
            self._take(_text(fields.type) if event.name == "message" else event.name, fields)

    def answer(self) -> Answer:
        """Return what was gathered so far."""
        return Answer(self._id, self._model, self._stop_reason, stated(self._usage), self._error)

    def _take(self, name: str, fields: _StreamEvent) -> None:
        if name == "message_stop":
            self.is_over = True
        elif name == "error":
            self.is_over = True
            self._error = _error_type(fields.error)
        elif name == "message_start" and isinstance(fields.message, dict):
            self._id = _text(fields.message.get("id"))
            self._model = _text(fields.message.get("model"))
            self._usage = merged(self._usage, fields.message.get("usage"))
        elif name == "message_delta":
            if isinstance(fields.delta, dict):
                self._stop_reason = _text(fields.delta.get("stop_reason")) or self._stop_reason
            self._usage = merged(self._usage, fields.usage)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _error_type(error: object) -> str:
    kind = error.get("type") if isinstance(error, dict) else None
    return _text(kind) or "error"
