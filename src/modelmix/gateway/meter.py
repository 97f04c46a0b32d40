"""Meter: reads along with a response, in the way of no byte, and makes its row."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from modelmix.core.call import Call
from modelmix.core.usage import Usage
from modelmix.policy.choice import Decision
from modelmix.wire import answer as answers
from modelmix.wire.answer import Answer, StreamedAnswer
from modelmix.wire.sse import SseDecoder
from modelmix.wire.usage import Stated

LONGEST_JSON_BYTES = 16 * 1024 * 1024
"""Longest answer that is kept to be read; 128,000 tokens of output are under 1 MB."""

READABLE_ENCODINGS = frozenset({b"gzip", b"x-gzip", b"deflate", b"identity"})
"""Content encodings that can be read along."""

_GZIP_OR_ZLIB = 47
_TOO_LONG = "the answer is too long to be read along"


class Meter:
    """Reads one response along.

    Args:
        content_type: Its media type.
        encoding: Its content encoding, empty for none.

    Attributes:
        is_stream: Whether it is a stream of events.
        is_over: Whether a stream has said its last word.
    """

    __slots__ = (
        "_decoder",
        "_kept",
        "_kept_bytes",
        "_streamed",
        "_unreadable",
        "_unzip",
        "is_over",
        "is_stream",
    )

    def __init__(self, content_type: str, encoding: str = "") -> None:
        self.is_stream = content_type.startswith("text/event-stream")
        self.is_over = False
        self._streamed = StreamedAnswer()
        self._decoder = SseDecoder()
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        encoding = encoding.strip().lower()
        self._unzip = None if encoding in {"", "identity"} else zlib.decompressobj(_GZIP_OR_ZLIB)
        known = not encoding or encoding.encode("latin-1", "replace") in READABLE_ENCODINGS
        self._unreadable = "" if known else "the answer's content encoding cannot be read"

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        if self._unreadable:
            return
        if self._unzip is not None:
            try:
                chunk = self._unzip.decompress(chunk, LONGEST_JSON_BYTES)
            except zlib.error:
                self._unreadable = "the answer could not be decompressed"
                return
            if self._unzip.unconsumed_tail:
                self._unreadable = _TOO_LONG
                return
        if self.is_stream:
            if _is_unmetered(chunk) and self._decoder.is_between_events:
                return
            for event in self._decoder.feed(chunk):
                self._streamed.add(event)
            self.is_over = self._streamed.is_over
        elif self._kept_bytes + len(chunk) <= LONGEST_JSON_BYTES:
            self._kept.append(chunk)
            self._kept_bytes += len(chunk)
        else:
            self._kept.clear()
            self._unreadable = _TOO_LONG

    def answer(self) -> Answer:
        """Return what was read so far."""
        if self._unreadable:
            return Answer("", "", "", Stated(None, why=self._unreadable))
        return self._streamed.answer() if self.is_stream else answers.read(b"".join(self._kept))


def _is_unmetered(chunk: bytes) -> bool:
    """Say whether these are whole events without a metered one: each of those has its name in its bytes."""
    return chunk.endswith(b"\n\n") and b"message" not in chunk and b"error" not in chunk


@dataclass(frozen=True, slots=True)
class Ending:
    """When a call was made and how it ended.

    Attributes:
        at: Aware UTC instant at which it came.
        status: HTTP status of the answer; that of our own where there was none.
        latency_ms: Time to its end.
        request_id: The API's request ID, or empty.
        error: What broke it, or empty.
        ttft_ms: Time to the first byte of the body, or None.
        session_id: Session it belongs to, or empty.
        is_subagent: Whether a sub-agent sent it.
    """

    at: datetime
    status: int
    latency_ms: float
    request_id: str = ""
    error: str = ""
    ttft_ms: float | None = None
    session_id: str = ""
    is_subagent: bool = False


def call_of(decision: Decision, answer: Answer, ending: Ending) -> Call:
    """Make the row of one call.

    Usage that cannot be read is zero with ``usage-unknown`` as its error, so that it is never taken for free;
    an error answer has none and costs nothing.
    """
    stated, facts = answer.stated, decision.facts
    error = ending.error or answer.error
    if not error and stated.usage is None:
        error = "usage-unknown" if ending.status < _FIRST_ERROR else f"http-{ending.status}"
    return Call(
        call_id=answer.message_id or ending.request_id or f"modelmix-{uuid4()}",
        at=ending.at,
        source="gateway",
        model_requested=facts.asked.model,
        model_served=answer.model or decision.sent.model,
        usage=stated.usage or Usage(),
        request_id=ending.request_id,
        session_id=ending.session_id,
        is_subagent=ending.is_subagent,
        task_type=facts.task_type,
        task_source=facts.task_source,
        template=facts.template,
        effort=decision.sent.effort,
        stream=facts.stream,
        status=ending.status,
        stop_reason=answer.stop_reason,
        error=error,
        batch=stated.batch,
        fast=stated.fast,
        us=stated.us,
        write_split_known=stated.write_split_known,
        reason=decision.reason,
        policy_sha256=facts.policy_sha256,
        ttft_ms=ending.ttft_ms,
        latency_ms=ending.latency_ms,
    )


_FIRST_ERROR = 400
