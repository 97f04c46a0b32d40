"""Exchange: one HTTP request and its answer, over bare ASGI."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from modelmix.simulator.failure import Failure

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its answer.

    Attributes:
        scope: ASGI scope.
        receive: ASGI receive.
        send: ASGI send.
        request_id: Id that the answer carries.
        headers: Request headers, names in lower case; of a repeated one the values joined by commas.
        extra: Headers that every answer carries beside its own; filled while the request is understood.
    """

    scope: Scope
    receive: Receive
    send: Send
    request_id: str
    headers: Mapping[str, str]
    extra: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, scope: Scope, receive: Receive, send: Send, request_id: str) -> "Exchange":
        """Read the request's headers."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        return cls(scope, receive, send, request_id, headers)

    @property
    def method(self) -> str:
        """Method in upper case."""
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        """Path without its query, percent decoded."""
        return unquote(str(self.scope["path"]))

    @property
    def base_url(self) -> str:
        """The URL under which the client reaches this API."""
        host, port = self.scope.get("server") or ("127.0.0.1", 80)
        return f"{self.scope.get('scheme', 'http')}://{self.headers.get('host') or f'{host}:{port}'}"

    @property
    def query(self) -> dict[str, str]:
        """Query; of a repeated name the last value."""
        return dict(parse_qsl(bytes(self.scope.get("query_string", b"")).decode("latin-1")))

    @property
    def query_pairs(self) -> list[tuple[str, str]]:
        """Query in its order, repeated and empty values too."""
        content = bytes(self.scope.get("query_string", b"")).decode("latin-1")
        return parse_qsl(content, keep_blank_values=True)

    async def body(self, limit: int) -> bytes | Failure | None:
        """Read the body; a failure if it is longer than the limit, None if the client went away."""
        too_large = Failure(413, "Request exceeds the maximum size")
        declared = self.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared[:18]) > limit:
            return too_large
        received = bytearray()
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return None
            received += message.get("body", b"")
            if len(received) > limit:
                return too_large
            if not message.get("more_body", False):
                return bytes(received)

    async def answer(self, document: Mapping[str, Any] | Failure) -> None:
        """Send a JSON answer, or an error."""
        status, headers = 200, dict(self.extra)
        if isinstance(document, Failure):
            status = document.status
            headers |= document.headers
            document = document.body(self.request_id)
        content = msgspec.json.encode(document)
        await self.start(
            status, {**headers, "content-type": "application/json", "content-length": str(len(content))}
        )
        await self.write(b"" if self.method == "HEAD" else content, last=True)

    async def break_off(self, *, stalls: bool) -> None:
        """Begin a good answer and never end it: fewer bytes than its header promises.

        Args:
            stalls: Whether the connection stays open, with nothing more to come.
        """
        await self.start(200, {**self.extra, "content-type": "application/json", "content-length": "4096"})
        await self.write(b'{"type":"message","id":"')
        if stalls:
            await self.wait_for_disconnect()

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Send status and headers, the request id among them."""
        wire = {"request-id": self.request_id, **headers}
        await self.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.encode(), value.encode("latin-1")) for name, value in wire.items()],
            }
        )

    async def write(self, content: bytes, *, last: bool = False) -> None:
        """Send a part of the body."""
        await self.send({"type": "http.response.body", "body": content, "more_body": not last})

    async def wait_for_disconnect(self) -> None:
        """Wait until the client goes away."""
        while (await self.receive())["type"] != "http.disconnect":
            pass
