"""Server-sent events: bytes of a stream, cut anywhere, into events."""

from dataclasses import dataclass

LONGEST_EVENT_BYTES = 4 * 1024 * 1024
"""Default bound on one event; nothing that is metered comes near it."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event.

    Attributes:
        name: Its ``event`` field, ``message`` where it has none.
        data: Its ``data`` fields, joined by line feeds.
        overlong: Whether it was longer than the decoder's bound; its data are then dropped.
    """

    name: str
    data: bytes
    overlong: bool = False


class SseDecoder:
    """Turns a stream into events; how the bytes are cut into chunks makes no difference.

    Lines end in LF, CR or CRLF; comments, ``id`` and ``retry`` are skipped; an event that the end of the
    stream cuts off is never given out.

    Args:
        longest_event_bytes: Bound on what is kept of one event. A longer one is given out without data.

    Source:
        WHATWG HTML, section 9.2.6, interpreting an event stream (2026-10).
    """

    __slots__ = (
        "_data",
        "_is_first",
        "_limit_bytes",
        "_name",
        "_overlong",
        "_parts",
        "_size_bytes",
        "_skip_lf",
    )

    def __init__(self, longest_event_bytes: int = LONGEST_EVENT_BYTES) -> None:
        self._limit_bytes = longest_event_bytes
        self._parts: list[bytes] = []
        self._is_first = True
        self._skip_lf = False
        self._reset()

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes and return the events that they complete, in order."""
        if self._skip_lf and chunk:
            self._skip_lf = False
            chunk = chunk.removeprefix(b"\n")
        events: list[Event] = []
        for line in chunk.splitlines(keepends=True):
            text = line.rstrip(b"\r\n")
            self._hold(text)
            if len(text) < len(line):
                self._end_line(events)
        # The LF that may open the next chunk would belong to this CR.
        self._skip_lf = chunk.endswith(b"\r")
        return events

    @property
    def is_between_events(self) -> bool:
        """Whether the next byte begins a new event."""
        return not (self._parts or self._size_bytes or self._skip_lf or self._is_first)

    def _reset(self) -> None:
        self._name = ""
        self._data: list[bytes] = []
        self._size_bytes = 0
        self._overlong = False

    def _hold(self, text: bytes) -> None:
        if not text:
            return
        self._size_bytes += len(text)
        if self._size_bytes > self._limit_bytes:
            self._overlong = True
            self._data.clear()
            self._parts = [b":"]  # the line is not empty, and that is all that is kept of it
        else:
            self._parts.append(text)

    def _end_line(self, events: list[Event]) -> None:
        line = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        if self._is_first:
            self._is_first = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            if self._data or self._overlong:
                events.append(Event(self._name or "message", b"\n".join(self._data), self._overlong))
            self._reset()
        elif not self._overlong:
            self._field(line)

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._name = value.removeprefix(b" ").decode("utf-8", "replace")
