"""Requests leave as they came, and every failure of the client library is one of ours."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from gateway.rig import Heard, Peer, answered, http, upstream
from modelmix.errors import ConfigError, StreamBroken, UpstreamError, UpstreamTimeout, UpstreamUnreachable
from modelmix.upstream import messages
from modelmix.upstream.messages import Patience, Response, Upstream, is_loopback


async def whole(response: Response) -> bytes:
    """Read a body to its end."""
    body = b""
    while chunk := await response.read():
        body += chunk
    return body


async def ask(
    url: str,
    patience: Patience | None = None,
    path: bytes = b"/v1/messages",
    method: str = "POST",
    times: int = 1,
) -> tuple[int, bytes]:
    """Forward a small request some times and read the last answer."""
    async with Upstream(url, patience) as api:
        for _ in range(times):
            response = await api.forward("POST", path, b"a=%20b", [(b"x-a", b"1")], b"{}")
            body = await whole(response)
    return response.status, body


def test_a_base_url_may_have_a_path() -> None:
    """The request's path is put behind it, the query stays as it is."""
    with upstream(lambda _p, _h: answered()) as (url, heard):
        status, _ = asyncio.run(ask(f"{url}/anthropic/"))
    assert (status, heard[0].line) == (200, b"POST /anthropic/v1/messages?a=%20b HTTP/1.1")


def test_what_may_not_stand_in_a_url_is_encoded() -> None:
    """Raw bytes beyond ASCII are percent-encoded, all else is left."""
    with upstream(lambda _p, _h: answered()) as (url, heard):
        asyncio.run(ask(url, path=b"/v1/\xc3\xa9%zz/..//a#b"))
    assert heard[0].line == b"POST /v1/%C3%A9%zz/..//a#b?a=%20b HTTP/1.1"


@pytest.mark.parametrize(
    "url",
    ["", "api.anthropic.com", "ftp://x", "http://", "http://x?y=1", "http://x#y", "http://[", "http://x:y"],
)
def test_what_is_no_base_url_is_refused(url: str) -> None:
    """The sentence says what to write."""
    with pytest.raises(
        ConfigError, match=r"is not a base URL; write one such as https://api\.anthropic\.com"
    ):
        Upstream(url)


def test_a_redirect_is_not_followed() -> None:
    """It is the client's to follow, with its own key."""
    with upstream(lambda _p, _h: http("302 Found", b"", "location: /elsewhere")) as (url, heard):
        assert asyncio.run(ask(url))[0] == 302
    assert len(heard) == 1


def test_a_connection_is_used_again() -> None:
    """Ten requests need one connection."""
    peers = set()

    def script(peer: Peer, _heard: Heard) -> bytes:
        peers.add(id(peer))
        return answered()

    with upstream(script) as (url, _):
        asyncio.run(ask(url, times=10))
    assert len(peers) == 1


def test_a_stale_connection_is_replaced_once() -> None:
    """The second request goes out again on a fresh connection; a third break is given up."""
    closing = iter([False, True, False, True, True])

    def script(_peer: Peer, _heard: Heard) -> bytes | None:
        return None if next(closing) else answered()

    with upstream(script) as (url, heard):
        assert asyncio.run(ask(url, times=2))[0] == 200
        assert len(heard) == 3
        with pytest.raises(UpstreamUnreachable):
            asyncio.run(ask(url))


def test_a_body_in_pieces_is_not_sent_twice() -> None:
    """It is gone once it is sent."""
    closing = iter([False, True])

    async def pieces() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"cd"

    async def twice(url: str) -> None:
        async with Upstream(url) as api:
            for _ in range(2):
                response = await api.forward("POST", b"/x", b"", [(b"content-length", b"4")], pieces())
                assert await whole(response)

    with upstream(lambda _p, _h: None if next(closing) else answered()) as (url, heard):
        with pytest.raises(UpstreamUnreachable):
            asyncio.run(twice(url))
        assert [h.body for h in heard] == [b"abcd", b"abcd"]


def test_nobody_listens() -> None:
    """No connection, or a closed pool, is unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UpstreamUnreachable, match=rf"http://127\.0\.0\.1:{port} could not be reached"):
        asyncio.run(ask(f"http://127.0.0.1:{port}"))
    with pytest.raises(UpstreamUnreachable, match="pool"):
        asyncio.run(Upstream("http://x").forward("GET", b"/", b"", [], None))


def test_what_is_not_http_is_an_upstream_error() -> None:
    """Junk instead of a response."""
    with upstream(lambda _p, _h: b"SSH-2.0-OpenSSH\r\n\r\n") as (url, _), pytest.raises(UpstreamError):
        asyncio.run(ask(url))


def test_silence_before_the_answer_is_a_timeout() -> None:
    """The head must come in time."""
    with upstream(lambda peer, _: peer.raw.recv(1)) as (url, _), pytest.raises(UpstreamTimeout):
        asyncio.run(ask(url, Patience(1.0, 0.1, 5.0)))


@pytest.mark.parametrize(("cut", "error"), [(True, StreamBroken), (False, UpstreamTimeout)])
def test_a_body_that_does_not_end_says_how_much_came(cut: bool, error: type[UpstreamError]) -> None:
    """Cut off or silent, with the request ID to ask about."""

    def script(peer: Peer, _heard: Heard) -> None:
        peer.raw.sendall(answered()[:-3])
        if not cut:
            peer.raw.recv(1)

    with upstream(script) as (url, _), pytest.raises(error) as caught:
        asyncio.run(ask(url, Patience(1.0, 5.0, 0.1)))
    assert caught.value.request_id == "req_1"
    if isinstance(caught.value, StreamBroken):
        assert caught.value.bytes_seen == len(answered().partition(b"\r\n\r\n")[2]) - 3


@pytest.mark.parametrize("at_once", [True, False])
def test_a_body_with_a_broken_frame_is_an_error(at_once: bool) -> None:
    """Junk between chunks is no end of the body, whether it comes with the head or after it."""

    def script(peer: Peer, _heard: Heard) -> None:
        peer.raw.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n")
        if not at_once:
            assert came.wait(20)
        peer.raw.sendall(b"zz\r\n")

    async def read(url: str) -> None:
        async with Upstream(url) as api:
            response = await api.forward("POST", b"/x", b"", [], b"{}")
            while await response.read():
                came.set()

    came = threading.Event()
    with upstream(script) as (url, _), pytest.raises(UpstreamError):
        asyncio.run(read(url))


def errors_of_the_library() -> list[type[Exception]]:
    """Every exception of a request that the client library exports; web sockets are not used."""
    found = [getattr(aiohttp, name) for name in aiohttp.__all__ if "W" not in name and name != "EofStream"]
    return [
        kind
        for kind in found
        if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, Warning)
    ]


@pytest.mark.parametrize("kind", [*errors_of_the_library(), OSError, ConnectionResetError, TimeoutError])
def test_every_exception_of_the_library_is_mapped(kind: type[Exception]) -> None:
    """Whatever is raised before a response is caught, and becomes one of ours."""
    assert issubclass(kind, messages.CAUGHT)
    mapped = messages._before_response(kind.__new__(kind), URL("http://x"))
    assert type(mapped) in {UpstreamError, UpstreamTimeout, UpstreamUnreachable}


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8080", True), ("http://127.9.9.9/x", True), ("http://[::1]:1", True),
        ("http://localhost", True), ("http://LOCALHOST.:80", True), ("http://127.example.com", False),
        ("http://127.0.0.1.example.com", False), ("http://localhost.example.com", False),
        ("https://api.anthropic.com", False), ("http://10.0.0.1", False), ("http://0.0.0.0", False),
        ("", False), ("http://[", False), ("localhost", False),
    ],
)  # fmt: skip
def test_only_this_machine_is_this_machine(url: str, here: bool) -> None:
    """A name that merely begins like an address of this machine is anybody's."""
    assert is_loopback(url) is here


def test_an_upstream_knows_whether_it_is_on_this_machine() -> None:
    """A practice API can only be there."""
    assert Upstream("http://127.0.0.1:1").is_loopback
    assert not Upstream().is_loopback
