"""The client's side of one request: its body, its headers, and whether it is still there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, Self

from modelmix.gateway.meter import READABLE_ENCODINGS
from modelmix.policy.choice import Wish
from modelmix.upstream.headers import Headers, first

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


PRESUMED_S = 0.02
"""How long a client is taken to be there without looking."""


class TooLong(Exception):  # noqa: N818 - says what the body is; it never leaves the gateway
    """The body is longer than the gateway takes."""


class ClientGone(Exception):  # noqa: N818 - says what happened; it never leaves the gateway
    """The client hung up."""


async def whole_body(receive: Receive, longest_bytes: int) -> bytes:
    """Read the request's body.

    Raises:
        TooLong: It is longer than allowed; the rest is not read.
        ClientGone: The client hung up before its end.
    """
    pieces: list[bytes] = []
    size_bytes = 0
    async for piece in pieces_of_body(receive):
        size_bytes += len(piece)
        if size_bytes > longest_bytes:
            raise TooLong
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def pieces_of_body(receive: Receive) -> AsyncIterator[bytes]:
    """Give the request's body as it arrives.

    Raises:
        ClientGone: The client hung up before its end.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        yield message.get("body", b"")
        more = message.get("more_body", False)


class Presence:
    """Cancels the work on a request as soon as its client hangs up; the body must have been read.

    Inside the ``with`` block a hang-up surfaces as ``asyncio.CancelledError``; outside, as `ClientGone`. Only
    requests that last are watched: one that ends at once is over before a hang-up is known.

    Args:
        receive: The server's ``receive``.
    """

    __slots__ = ("_is_gone", "_over", "_receive", "_task", "_timer", "_watch")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._over = self._is_gone = False
        self._watch: asyncio.Future[Message] | None = None

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is worked on in a task")
        self._task = task
        self._timer = task.get_loop().call_later(PRESUMED_S, self._look)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._over = True
        self._timer.cancel()
        if kind is not None and self._watch is not None:
            self._watch.cancel()
        if self._is_gone and isinstance(error, asyncio.CancelledError) and not self._task.uncancel():
            raise ClientGone from None

    def _look(self) -> None:
        self._watch = asyncio.ensure_future(self._receive())
        self._watch.add_done_callback(self._left)

    def _left(self, watch: "asyncio.Future[Message]") -> None:
        if not self._over and not watch.cancelled():
            self._is_gone = True
            self._task.cancel()


def wish_of(headers: Headers, default: str, *, counts: bool) -> Wish:
    """Gather what a request says to the gateway beside its body."""
    tag, opted_out, encoded = "", False, False
    for name, value in headers:
        if name == b"modelmix-task":
            tag = value.decode("utf-8", "replace").strip()
        elif name == b"modelmix-route":
            opted_out = value.strip().lower() == b"off"
        elif name == b"content-encoding":
            encoded = value.strip().lower() not in {b"", b"identity"}
    return Wish(tag, default, opted_out, encoded, counts)


def session_of(headers: Headers) -> tuple[str, bool]:
    """Return the session that a request belongs to, or empty, and whether a sub-agent sent it.

    Source: code.claude.com/docs/en/llm-gateway-protocol (2026-10).
    """
    named = first(headers, b"modelmix-session") or first(headers, b"x-claude-code-session-id")
    return named[:_LONGEST_SESSION], bool(first(headers, b"x-claude-code-agent-id"))


def readable(headers: Headers) -> Headers:
    """Ask upstream only for encodings that can be read along, among those the client takes.

    Nothing is added to what the client takes; where nothing readable is left, the answer comes plain.
    """
    for at, (name, value) in enumerate(headers):
        if name == b"accept-encoding":
            tokens = [token.strip() for token in value.split(b",")]
            kept = [
                token for token in tokens if token.partition(b";")[0].strip().lower() in READABLE_ENCODINGS
            ]
            if len(kept) < len(tokens):
                narrowed = (name, b", ".join(kept) or b"identity")
                return [*headers[:at], narrowed, *readable(headers[at + 1 :])]
    return headers


_LONGEST_SESSION = 200
