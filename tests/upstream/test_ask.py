"""A request is asked and its answer read whole, or what broke is told."""

import asyncio
import socket
import traceback

import pytest

from gateway.rig import Heard, Peer, answered, http, upstream
from modelmix.errors import StreamBroken, UpstreamError, UpstreamTimeout, UpstreamUnreachable
from modelmix.upstream import ask as asking
from modelmix.upstream.ask import Heard as Answer
from modelmix.upstream.ask import ask, key_headers
from modelmix.upstream.messages import Upstream

KEY = "sk-secret"


def heard_of(
    url: str, times: int = 1, patience_s: float = 20.0, betas: str = "", body: bytes = b"{}"
) -> Answer:
    """Ask some times over one pool and return the last answer."""

    async def ask_it() -> Answer:
        async with Upstream(url) as api:
            for _ in range(times):
                found = await ask(api, key_headers(KEY, betas), body, patience_s)
        return found

    return asyncio.run(ask_it())


def test_an_answer_comes_whole() -> None:
    """Its status, headers, body and id, and how long it took."""
    with upstream(lambda _p, _h: answered(None, "x-a: b")) as (url, heard):
        found = heard_of(url, betas="a-1,b-2", body=b'{"x": 1}')
    assert (found.status, found.request_id) == (200, "req_1")
    assert found.body == answered().partition(b"\r\n\r\n")[2]
    assert (b"x-a", b"b") in [(name.lower(), value) for name, value in found.headers]
    assert found.latency_ms is not None
    assert found.latency_ms > 0.0
    assert (heard[0].line, heard[0].body) == (b"POST /v1/messages HTTP/1.1", b'{"x": 1}')
    sent = {name: heard[0].header(name) for name in (b"x-api-key", b"anthropic-version", b"anthropic-beta")}
    assert sent == {
        b"x-api-key": b"sk-secret", b"anthropic-version": b"2023-06-01", b"anthropic-beta": b"a-1,b-2",
    }  # fmt: skip


def test_without_betas_no_header_names_any() -> None:
    """An empty one would be an error of its own."""
    assert b"anthropic-beta" not in dict(key_headers(KEY))


def test_an_error_is_an_answer() -> None:
    """What to do about it is not decided here."""
    with upstream(lambda _p, _h: http("529 X", b"{}", "retry-after: 7")) as (url, _):
        found = heard_of(url)
    assert (found.status, found.body) == (529, b"{}")
    assert (b"retry-after", b"7") in found.headers


def test_a_connection_is_used_again() -> None:
    """An answer that was read whole leaves its connection free."""
    peers = set()

    def script(peer: Peer, _heard: Heard) -> bytes:
        peers.add(id(peer))
        return answered()

    with upstream(script) as (url, heard):
        heard_of(url, times=10)
    assert (len(heard), len(peers)) == (10, 1)


def test_an_answer_that_takes_too_long_is_a_timeout() -> None:
    """The whole exchange counts, also one that drips on for ever."""

    def script(peer: Peer, _heard: Heard) -> None:
        peer.raw.sendall(answered()[:-3])
        peer.raw.recv(1)

    with upstream(script) as (url, _), pytest.raises(UpstreamTimeout, match=r"within 0\.2 s; try again"):
        heard_of(url, patience_s=0.2)


def test_an_answer_beyond_reason_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is held than any answer has."""
    monkeypatch.setattr(asking, "LONGEST_ANSWER_BYTES", 10)
    with (
        upstream(lambda _p, _h: answered()) as (url, _),
        pytest.raises(StreamBroken, match="longer than any"),
    ):
        heard_of(url)


@pytest.mark.parametrize(
    ("answer", "error"),
    [(None, UpstreamUnreachable), (answered()[:-3], StreamBroken), (b"SSH-2.0\r\n\r\n", UpstreamError)],
)
def test_what_breaks_is_told_apart(answer: bytes | None, error: type[UpstreamError]) -> None:
    """No answer, half an answer, or no HTTP; the key stands in no sentence and in no trace."""

    def script(peer: Peer, _heard: Heard) -> None:
        if answer is not None:
            peer.raw.sendall(answer)
            peer.raw.shutdown(socket.SHUT_WR)

    with upstream(script) as (url, _), pytest.raises(error) as caught:
        heard_of(url)
    assert KEY not in "".join(traceback.format_exception(caught.value))
