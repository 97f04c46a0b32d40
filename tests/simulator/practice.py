"""A practice API that is called in the process, without a socket."""

import asyncio
import json
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from modelmix.simulator.app import ASGI, app
from modelmix.simulator.settings import Settings

Json: TypeAlias = Any

HEADERS = {"x-api-key": "sk-practice", "anthropic-version": "2023-06-01"}


@dataclass(frozen=True)
class Reply:
    """What came back: status, headers, the parts of the body in order, and whether it was complete."""

    status: int
    headers: dict[str, str]
    parts: list[bytes]
    complete: bool

    @property
    def json(self) -> Json:
        """Return the decoded body."""
        return json.loads(b"".join(self.parts))

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the decoded lines of a body of JSON Lines."""
        return [json.loads(line) for line in b"".join(self.parts).splitlines()]

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the data of all events."""
        lines = b"".join(self.parts).decode().split("\n")
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]

    @property
    def error(self) -> str:
        """Return the message of the error."""
        return str(self.json["error"]["message"])


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@dataclass
class Practice:
    """A practice API and its clock."""

    clock: Clock = field(default_factory=Clock)
    api: ASGI = field(init=False)
    max_body_bytes: int = 128 * 1024 * 1024
    latency_ms: float = 0.0
    tokens_per_second: float = 0.0
    requests_per_minute: int | None = None
    input_tokens_per_minute: int | None = None
    output_tokens_per_minute: int | None = None
    batch_seconds: float = 0.0
    max_batch_bytes: int = 256 * 1024 * 1024
    batch_queue_requests: int = 500_000

    def __post_init__(self) -> None:
        self.api = app(
            Settings(
                seed=1,
                clock=self.clock,
                nonce="test",
                max_body_bytes=self.max_body_bytes,
                latency_ms=self.latency_ms,
                tokens_per_second=self.tokens_per_second,
                requests_per_minute=self.requests_per_minute,
                input_tokens_per_minute=self.input_tokens_per_minute,
                output_tokens_per_minute=self.output_tokens_per_minute,
                batch_seconds=self.batch_seconds,
                max_batch_bytes=self.max_batch_bytes,
                batch_queue_requests=self.batch_queue_requests,
            )
        )

    def post(self, body: Json, path: str = "/v1/messages", **headers: str) -> Reply:
        """Post a body, as JSON unless it is bytes; underscores in header names are hyphens."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", path, content, {**HEADERS, **named})

    def get(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """Ask for a path with a key; underscores in header names are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call(method, path, b"", {**HEADERS, **named})

    def call(
        self,
        method: str,
        path: str,
        content: bytes,
        headers: dict[str, str],
        parts: list[bytes] | None = None,
    ) -> Reply:
        """Send one request, its body in parts if they are given."""
        return asyncio.run(_call(self.api, (method, path), content, headers, parts))

    def usage(self, body: Json, **headers: str) -> dict[str, int]:
        """Post a body that is accepted and return its input buckets."""
        reply = self.post(body, **headers)
        assert reply.status == 200, reply.json
        raw = reply.json["usage"]
        return {
            "uncached": raw["input_tokens"],
            "read": raw["cache_read_input_tokens"],
            "5m": raw["cache_creation"]["ephemeral_5m_input_tokens"],
            "1h": raw["cache_creation"]["ephemeral_1h_input_tokens"],
        }


async def _call(
    api: ASGI, target: tuple[str, str], content: bytes, headers: dict[str, str], parts: list[bytes] | None
) -> Reply:
    path, _, query = target[1].partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "method": target[0],
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
    chunks = [content] if parts is None else parts
    inbox: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": at < len(chunks) - 1}
        for at, part in enumerate(chunks)
    ]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return inbox.pop(0) if inbox else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await api(scope, receive, send)
    if not sent:
        return Reply(0, {}, [], complete=False)
    start, *rest = sent
    return Reply(
        start["status"],
        {name.decode(): value.decode("latin-1") for name, value in start["headers"]},
        [message["body"] for message in rest],
        complete=bool(rest) and not rest[-1]["more_body"],
    )
