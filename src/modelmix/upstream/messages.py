"""Requests to the Claude API, passed on as they came: one pool, bytes untouched."""

import asyncio
from collections.abc import AsyncIterable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Self
from urllib.parse import quote_from_bytes

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from modelmix.errors import ConfigError, StreamBroken, UpstreamError, UpstreamTimeout, UpstreamUnreachable
from modelmix.upstream.headers import Headers, first, inward, outward

if TYPE_CHECKING:
    from aiohttp.client import ClientRequest
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

DEFAULT_URL = "https://api.anthropic.com"
CAUGHT = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError)
"""What the client library raises where a request fails; a timeout is an ``OSError``."""

_RESENT_BY_CLIENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_URL_MARKS = "%/:?#[]@!$&'()*+,;="
_LONGEST_HEADER_BYTES = 64 * 1024

_reused: ContextVar[bool] = ContextVar("reused", default=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the upstream, in seconds.

    Attributes:
        connect_s: For a connection.
        first_byte_s: For the response's head. Long answers that are not streamed take minutes; the official
            SDK gives up after ten.
        idle_s: Between two pieces of a body. The API pings idle streams far more often.
    """

    connect_s: float = 10.0
    first_byte_s: float = 600.0
    idle_s: float = 300.0


class Response:
    """A response whose body is still to come.

    Attributes:
        status: HTTP status.
        headers: Headers for the client, see `inward`.
        request_id: The API's request ID, or empty.
    """

    __slots__ = ("_closed", "_response", "_seen_bytes", "headers", "request_id", "status")

    def __init__(self, response: aiohttp.ClientResponse, idle_s: float) -> None:
        self._response = response
        self._closed: asyncio.Future[None] | None = None
        self._seen_bytes = 0
        self._watch(idle_s)
        self.status = response.status
        self.headers: Headers = inward(response.raw_headers)
        self.request_id = first(self.headers, b"request-id")

    async def read(self) -> bytes:
        """Return the next bytes of the body as they arrive, empty at its end.

        Raises:
            UpstreamTimeout: Nothing came for too long.
            StreamBroken: The body ended before it was complete.
        """
        try:
            chunk = await self._response.content.readany()
        except CAUGHT as error:
            self.close()
            raise self._broken(error) from error
        self._seen_bytes += len(chunk)
        return chunk

    def _broken(self, error: Exception) -> UpstreamError:
        seen = self._seen_bytes
        if isinstance(error, TimeoutError):
            return UpstreamTimeout(
                f"the upstream sent nothing more after {seen} bytes; try again", request_id=self.request_id
            )
        return StreamBroken(
            f"the upstream's answer was cut off after {seen} bytes; try again",
            bytes_seen=seen,
            request_id=self.request_id,
        )

    def close(self) -> None:
        """Give up the body; a connection with bytes to come is closed, so that the upstream can stop."""
        if self._closed is not None:
            self._closed.remove_done_callback(self._cut)
            self._closed = None
        self._response.close()

    def _watch(self, idle_s: float) -> None:
        connection = self._response.connection
        protocol = None if connection is None else connection.protocol
        if protocol is None:
            return  # the whole body is already here
        protocol.read_timeout = idle_s
        protocol.start_timeout()
        self._closed = protocol.closed
        if self._closed is not None:
            self._closed.add_done_callback(self._cut)

    def _cut(self, closed: "asyncio.Future[None]") -> None:
        # After a broken frame the library closes the connection and leaves the body's reader waiting.
        if not closed.cancelled():
            closed.exception()
        content = self._response.content
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("the connection was closed"))


class Upstream:
    """The Claude API behind one pool of connections. Open it inside the event loop that uses it.

    Args:
        url: Base URL, such as ``https://api.anthropic.com``.
        patience: How long to wait.
        resends: Whether a request may be sent a second time by itself, see `forward`; not where each sending
            has to be booked.

    Raises:
        ConfigError: The URL is not an absolute http or https URL.
    """

    def __init__(
        self, url: str = DEFAULT_URL, patience: Patience | None = None, *, resends: bool = True
    ) -> None:
        try:
            base = URL(url)
        except ValueError:
            base = URL()
        if base.scheme not in {"http", "https"} or not base.host or base.query_string or base.fragment:
            raise ConfigError(f"upstream {url!r} is not a base URL; write one such as {DEFAULT_URL}")
        self._base = base
        self._prefix = base.raw_path.rstrip("/")
        self._patience = patience or Patience()
        self._resends = resends
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    def open(self) -> None:
        """Open the pool."""
        self._session = aiohttp.ClientSession(
            connector=_Pool(limit=0, keepalive_timeout=60.0, ttl_dns_cache=60),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._patience.connect_s, sock_read=self._patience.first_byte_s
            ),
            max_line_size=_LONGEST_HEADER_BYTES,
            max_field_size=_LONGEST_HEADER_BYTES,
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def is_loopback(self) -> bool:
        """Whether the base URL names this machine."""
        return _is_this_machine(self._base)

    def own_path(self, url: str) -> tuple[bytes, bytes] | None:
        """Return path and query of a URL as `forward` takes them, or None if it is not below the base URL.

        A URL that an answer names may lead anywhere; the key goes only where the base URL says.
        """
        try:
            there = URL(url, encoded=True)
            same = (there.scheme, there.host, there.port) == (
                self._base.scheme,
                self._base.host,
                self._base.port,
            )
        except ValueError:
            return None
        path = there.raw_path
        if not same or not path.startswith(f"{self._prefix}/"):
            return None
        return _ascii(path.removeprefix(self._prefix).encode()).encode(), there.raw_query_string.encode()

    async def forward(
        self,
        method: str,
        path: bytes,
        query: bytes,
        headers: Iterable[tuple[bytes, bytes]],
        body: bytes | AsyncIterable[bytes] | None,
    ) -> Response:
        """Send a request and return as soon as the head of its response is there.

        A body that is at hand is sent a second time if a connection that had been used before breaks before
        any byte of the response: the upstream had closed it while it was idle.

        Args:
            method: HTTP method.
            path: Path as it came, percent-encoded, beginning with a slash.
            query: Query as it came, without the question mark.
            headers: Headers as they came; see `outward` for what goes on.
            body: The body, or its pieces, or None.

        Raises:
            UpstreamTimeout: No connection or no response in time.
            UpstreamUnreachable: No connection, or it broke before a response began.
            UpstreamError: What came is not an HTTP response.
        """
        streamed = body is not None and not isinstance(body, bytes)
        sent = outward(headers, keep_length=streamed)
        url = self._url(path, query)
        try:
            response = await self._send(method, url, sent, body)
        except UpstreamUnreachable:
            if streamed or not self._resends or not _reused.get() or method in _RESENT_BY_CLIENT:
                raise
            response = await self._send(method, url, sent, body)
        return Response(response, self._patience.idle_s)

    async def _send(
        self,
        method: str,
        url: URL,
        headers: "aiohttp.typedefs.LooseHeaders",
        body: bytes | AsyncIterable[bytes] | None,
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise UpstreamUnreachable("the pool of connections is closed; open it first")
        try:
            return await self._session.request(method, url, headers=headers, data=body, allow_redirects=False)
        except CAUGHT as error:
            raise _before_response(error, self._base) from error

    def _url(self, path: bytes, query: bytes) -> URL:
        return URL.build(
            scheme=self._base.scheme,
            host=self._base.raw_host or "",
            port=self._base.port,
            path=self._prefix + _ascii(path),
            query_string=_ascii(query),
            encoded=True,
        )


def is_loopback(url: str) -> bool:
    """Say whether a URL names this machine; what is no URL does not."""
    try:
        return _is_this_machine(URL(url))
    except ValueError:
        return False


def _is_this_machine(url: URL) -> bool:
    host = (url.host or "").lower().removesuffix(".")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False  # a name, such as 127.example.com, whose address nobody knows here


def _ascii(part: bytes) -> str:
    """Percent-encode what may not stand in a URL; all else, encoded or not, stays as it came."""
    return part.decode("ascii") if part.isascii() else quote_from_bytes(part, safe=_URL_MARKS)


class _Pool(aiohttp.TCPConnector):
    """A pool that remembers, for the task that asks, whether its connection had been used before."""

    async def connect(
        self,
        req: "ClientRequest",
        traces: "list[Trace]",
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's signature
    ) -> "Connection":
        _reused.set(False)
        connection = await super().connect(req, traces, timeout)
        protocol = connection.protocol
        _reused.set(getattr(protocol, "was_used", False))
        protocol.was_used = True  # type: ignore[union-attr] # a note of ours on the connection
        return connection


def _before_response(error: Exception, base: URL) -> UpstreamError:
    where = f"{base.scheme}://{base.authority.rpartition('@')[2]}"
    # Without a connection nothing can have left.
    is_sent = not isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    if isinstance(error, asyncio.TimeoutError):
        return UpstreamTimeout(f"{where} did not answer in time; try again", is_sent=is_sent)
    if isinstance(error, aiohttp.ClientConnectionError | OSError):
        return UpstreamUnreachable(
            f"{where} could not be reached; check the network and --upstream", is_sent=is_sent
        )
    return UpstreamError(f"{where} did not answer in HTTP; check --upstream")
