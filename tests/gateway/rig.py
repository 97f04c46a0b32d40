"""Stand-ins for what surrounds the gateway: an upstream that a test scripts, raw clients, rows in memory."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from modelmix import settings
from modelmix.core.call import Call
from modelmix.gateway.capture import CaptureOrder
from modelmix.gateway.defaults import Defaults
from modelmix.gateway.learner import LearnOrder
from modelmix.gateway.proxy import LONGEST_BODY_BYTES
from modelmix.gateway.run import Setup, running
from modelmix.upstream.messages import Patience

CAPABILITIES = settings.load().capabilities()
DAY = date(2026, 11, 23)

POLICY = """\
modelmix: 1
name: test
bar: {margin: 0.02, alpha: 0.05}
tasks:
  form-extraction:
    match: {tag: form-extraction}
    baseline: {model: claude-opus-5-5, effort: medium}
    route: {model: claude-haiku-5-5, effort: low}
  ticket-reply:
    match: {tag: ticket-reply}
    baseline: {model: claude-opus-5-5, effort: medium}
    route: baseline
default: {model: claude-opus-5-5, effort: medium}
"""
"""A policy written by hand, so that its routes are taken only where uncertified ones are allowed."""

ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-5-5",
    "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 9, "output_tokens": 4},
}


@dataclass
class Kept:
    """Rows in memory, in place of the ledger."""

    rows: list[Call] = field(default_factory=list)
    fault: Exception | None = None

    def put_calls(self, calls: Sequence[Call]) -> None:
        """Keep rows, or fail."""
        if self.fault is not None:
            raise self.fault
        self.rows += calls

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass(frozen=True)
class Heard:
    """A request as it came in, byte for byte."""

    head: bytes
    body: bytes

    @property
    def line(self) -> bytes:
        """The request line."""
        return self.head.split(b"\r\n", 1)[0]

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.lower() == name:
                return value.strip()
        return None


class Peer:
    """One connection of a scripted upstream."""

    def __init__(self, raw: socket.socket) -> None:
        self.raw = raw
        self._buffer = b""

    def hear(self) -> Heard | None:
        """Read one request with its body, or None at the end of the connection."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        heard = Heard(head, b"")
        if heard.header(b"transfer-encoding") == b"chunked":
            return Heard(head, self._chunks())
        length = int(heard.header(b"content-length") or 0)
        return Heard(head, self._exactly(length))

    def _more(self) -> bool:
        piece = self.raw.recv(65536)
        self._buffer += piece
        return bool(piece)

    def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length and self._more():
            pass
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def _chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self._buffer:
                self._more()
            size, _, self._buffer = self._buffer.partition(b"\r\n")
            chunk = self._exactly(int(size, 16) + 2)[:-2]
            if not chunk:
                return body
            body += chunk


Script = Callable[[Peer, Heard], bytes | None]
"""Answers one request: bytes to send, or None to close the connection."""


@contextlib.contextmanager
def upstream(script: Script) -> Iterator[tuple[str, list[Heard]]]:
    """Serve a script on loopback; yields its URL and the requests heard."""
    heard: list[Heard] = []
    connections: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def talk(raw: socket.socket) -> None:
        peer = Peer(raw)
        with contextlib.suppress(OSError), raw:
            while (request := peer.hear()) is not None:
                heard.append(request)
                answer = script(peer, request)
                if answer is None:
                    return
                raw.sendall(answer)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, _ = listener.accept()
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections.append(raw)
                threads.append(threading.Thread(target=talk, args=(raw,), daemon=True))
                threads[-1].start()

    listener = socket.create_server(("127.0.0.1", 0))
    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for raw in connections:
            with contextlib.suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)


def http(status: str, body: bytes, *headers: str) -> bytes:
    """Write a response with a length."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answered(fields: Mapping[str, object] | None = None, *headers: str) -> bytes:
    """Write a successful JSON answer."""
    document = json.dumps({**ANSWER, **(fields or {})}).encode()
    return http("200 OK", document, "content-type: application/json", "request-id: req_1", *headers)


STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nrequest-id: req_1\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


def piece(text: bytes) -> bytes:
    """Write one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(text), text)


def event(name: str, fields: Mapping[str, object]) -> bytes:
    """Write one server-sent event."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode()


EVENTS = [
    event("message_start", {"message": {**ANSWER, "usage": {"input_tokens": 9, "output_tokens": 1}}}),
    event("ping", {}),
    event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "hi"}}),
    event("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 42}}),
    event("message_stop", {}),
]


@dataclass
class Rig:
    """A gateway between a scripted upstream and raw clients."""

    url: str
    heard: list[Heard]
    kept: Kept

    def connect(self) -> socket.socket:
        """Open a raw connection to the gateway."""
        parts = urlsplit(self.url)
        raw = socket.create_connection((parts.hostname, parts.port), timeout=20)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return raw

    def post(self, body: bytes, *headers: str, path: str = "/v1/messages") -> "Got":
        """Send one request and read its answer to the end."""
        lines = [
            f"POST {path} HTTP/1.1",
            "host: x",
            f"content-length: {len(body)}",
            "connection: close",
            *headers,
        ]
        with self.connect() as raw:
            raw.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
            return Got.of(read_to_end(raw))


@dataclass(frozen=True)
class Got:
    """An answer, byte for byte."""

    head: bytes
    body: bytes

    @classmethod
    def of(cls, raw: bytes) -> "Got":
        """Split an answer, and put the chunks of its body together."""
        head, _, body = raw.partition(b"\r\n\r\n")
        got = cls(head, body)
        if got.header("transfer-encoding") != "chunked":
            return got
        whole = b""
        while body:
            size, _, body = body.partition(b"\r\n")
            whole, body = whole + body[: int(size, 16)], body[int(size, 16) + 2 :]
        return cls(head, whole)

    @property
    def status(self) -> int:
        """HTTP status."""
        return int(self.head.split(b" ", 2)[1])

    def header(self, name: str) -> str | None:
        """The value of a header."""
        return Heard(self.head, b"").header(name.encode()).decode("latin-1") if self.has(name) else None  # type: ignore[union-attr] # `has` was asked

    def has(self, name: str) -> bool:
        """Whether a header is there."""
        return Heard(self.head, b"").header(name.encode()) is not None


def read_to_end(raw: socket.socket) -> bytes:
    """Read until the other side closes."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while got := raw.recv(65536):
            pieces.append(got)
    return b"".join(pieces)


def read_until(raw: socket.socket, mark: bytes) -> bytes:
    """Read until a mark has come."""
    got = b""
    while mark not in got:
        more = raw.recv(65536)
        assert more, f"the connection ended before {mark!r}: {got!r}"
        got += more
    return got


def request(model: str = "claude-opus-5-5", **fields: object) -> bytes:
    """Write a small request for a message."""
    body = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}], **fields}
    return json.dumps(body).encode()


@contextlib.contextmanager
def rig(
    script: Script,
    home: Path,
    policy: str | None = POLICY,
    *,
    enforce: bool = False,
    defaults: Defaults | None = None,
    patience: Patience | None = None,
    longest_body_bytes: int = LONGEST_BODY_BYTES,
    capture: CaptureOrder | None = None,
    learn: LearnOrder | None = None,
) -> Iterator[Rig]:
    """Run a gateway in front of a scripted upstream."""
    path = None
    if policy is not None:
        path = home / "policy.yaml"
        path.write_text(policy)
    kept = Kept()
    with upstream(script) as (url, heard):
        setup = Setup(
            home=home,
            capabilities=CAPABILITIES,
            open_rows=lambda: kept,
            policy=path,
            upstream=url,
            enforce=enforce,
            allow_uncertified=True,
            drain_s=5,
            defaults=defaults or Defaults(),
            patience=patience or Patience(),
            longest_body_bytes=longest_body_bytes,
            today=lambda: DAY,
            capture=capture,
            learn=learn,
        )
        with running(setup) as gateway:
            yield Rig(gateway, heard, kept)
