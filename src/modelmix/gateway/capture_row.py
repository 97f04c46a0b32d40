"""Capture row: one request with its answer, as request/response logs have them."""

import zlib
from dataclasses import dataclass, field
from typing import Any

import msgspec

from modelmix.core.call import Call
from modelmix.wire.redaction import redacted_json, redacted_stream

LONGEST_ROW_BYTES = 8 * 1024 * 1024
"""Most that request and answer may have together, decompressed; a longer pair is not kept."""

_GZIP_OR_ZLIB = 47
_NAMED_BY_CALLER = frozenset({"tag", "default"})


class Unkept(Exception):  # noqa: N818 - says what becomes of the pair; it never leaves the capture
    """A pair cannot be kept; ``str()`` is one clause without any of its text."""


class Tape:
    """The bytes of one answer as they pass, up to a bound.

    Args:
        room_bytes: Most bytes that are kept.

    Attributes:
        size_bytes: Bytes kept.
        is_cut: Whether there were more; nothing is kept then.
    """

    __slots__ = ("_chunks", "_room_bytes", "is_cut", "size_bytes")

    def __init__(self, room_bytes: int) -> None:
        self._room_bytes = room_bytes
        self._chunks: list[bytes] = []
        self.size_bytes = 0
        self.is_cut = False

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self.is_cut:
            return
        self.size_bytes += len(chunk)
        self._chunks.append(chunk)
        if self.size_bytes > self._room_bytes:
            self.is_cut = True
            self._chunks.clear()
            self.size_bytes = 0

    def whole(self) -> bytes:
        """Return what was kept."""
        return b"".join(self._chunks)


@dataclass(frozen=True, slots=True)
class Taken:
    """One pair on its way into the capture file; holds text, and lives until it is written.

    Attributes:
        call: The ledger's row of it.
        asked: Candidate that the client asked for, as ``MODEL@EFFORT``.
        body: The request as it went upstream.
        tape: The answer.
        encoding: Content encoding of the answer, or empty.
        is_stream: Whether the answer is a stream of events.
    """

    call: Call
    asked: str
    body: bytes = field(repr=False)
    tape: Tape = field(repr=False)
    encoding: str = ""
    is_stream: bool = False

    @property
    def size_bytes(self) -> int:
        """Bytes of text that it holds."""
        return len(self.body) + self.tape.size_bytes


def row_of(taken: Taken, *, raw: bool = False) -> bytes:
    """Write the row of a pair, line end included.

    Request and answer are the ones that the API saw and gave: where a request was moved, its body names the
    candidate that answered, and ``asked`` the one that the client asked for. No header is in it.

    Args:
        taken: The pair.
        raw: Leave secrets as they are.

    Raises:
        Unkept: It is too long, or one of the bodies is not JSON.

    Source: shapes that `ingest.pair` reads.
    """
    answer = _decompressed(taken)
    call = taken.call
    row: dict[str, Any] = {
        "timestamp": call.at,
        "request_id": call.request_id,
        "session_id": call.session_id,
        "task_type": call.task_type if call.task_source in _NAMED_BY_CALLER else "",
        "asked": taken.asked,
        "reason": call.reason,
        "status": call.status,
        "latency_ms": call.latency_ms,
        "ttft_ms": call.ttft_ms,
        "is_subagent": call.is_subagent,
    }
    row = {name: value for name, value in row.items() if value}
    try:
        row["request"] = _json(taken.body, raw=raw)
        row["response"] = _stream(answer, raw=raw) if taken.is_stream else _json(answer, raw=raw)
        return msgspec.json.encode(row) + b"\n"
    except (ValueError, RecursionError) as error:
        raise Unkept("request or answer is not sound JSON") from error


def _decompressed(taken: Taken) -> bytes:
    room_bytes = LONGEST_ROW_BYTES - len(taken.body)
    answer = taken.tape.whole()
    if taken.encoding.strip().lower() not in {"", "identity"}:
        unzip = zlib.decompressobj(_GZIP_OR_ZLIB)
        try:
            answer = unzip.decompress(answer, max(1, room_bytes + 1))
        except zlib.error as error:
            raise Unkept("the answer could not be decompressed") from error
    if taken.tape.is_cut or len(answer) > room_bytes:
        raise Unkept(f"request and answer have more than {LONGEST_ROW_BYTES // 2**20} MB")
    return answer


def _json(document: bytes, *, raw: bool) -> msgspec.Raw:
    # On one line: a line end outside of texts would cut the row in two.
    return msgspec.Raw(msgspec.json.format(document, indent=-1) if raw else redacted_json(document))


def _stream(stream: bytes, *, raw: bool) -> str:
    return stream.decode("utf-8", "replace") if raw else redacted_stream(stream)
