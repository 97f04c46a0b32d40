"""Whatever a client sends, the upstream gets the same bytes and no fault of ours comes back."""

import re
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rig import Heard, Peer, Rig, http, rig

PATH = st.one_of(
    st.sampled_from(
        ["/v1/messages", "/messages", "/v1/messages/count_tokens", "/v1/messages/batches", "/", "/x?y=%zz"]
    ),
    st.from_regex(re.compile(r"\A/[!-~]{0,20}\Z"), fullmatch=True),
)
HEADERS = st.dictionaries(
    st.from_regex(r"\A[a-z][a-z0-9-]{0,12}\Z", fullmatch=True).map("x-f-".__add__),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
    max_size=3,
)
OURS = st.dictionaries(
    st.sampled_from(
        ["modelmix-task", "modelmix-route", "modelmix-session", "accept-encoding", "content-encoding"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=12),
    max_size=3,
)
BODY = st.binary(max_size=200) | st.builds(
    b'{"model":%b,"messages":%b}'.__mod__,
    st.tuples(
        st.sampled_from([b'"claude-opus-5-5"', b"5", b'""', b"null", b'"x"']),
        st.sampled_from([b"[]", b"{}", b'"\xff"', b'[{"role":"user","content":"\\ud800"}]', b"[" * 300]),
    ),
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One enforcing gateway for all examples."""

    def script(_peer: Peer, _heard: Heard) -> bytes:
        return http("418 I'm a teapot", b"\x00odd\xff", "x-mark: upstream")

    with rig(script, tmp_path_factory.mktemp("home"), enforce=True) as running:
        yield running


@given(path=PATH, headers=HEADERS, ours=OURS, body=BODY)
def test_any_request_passes_with_its_bytes(
    gateway: Rig, path: str, headers: dict[str, str], ours: dict[str, str], body: bytes
) -> None:
    """Body, path and headers arrive as sent; the answer comes back as it is."""
    before = len(gateway.heard)
    got = gateway.post(body, *(f"{name}: {value}" for name, value in {**headers, **ours}.items()), path=path)
    if len(gateway.heard) == before:
        # Refused by the HTTP parser before it reached us, or one of our own two pages.
        assert got.status in {400, 200}
        return
    heard = gateway.heard[-1]
    assert heard.body == body
    assert (got.status, got.body, got.header("x-mark")) == (418, b"\x00odd\xff", "upstream")
    for name, value in headers.items():
        assert (heard.header(name.encode()) or b"").decode() == value.strip()


@given(st.binary(max_size=120))
def test_any_bytes_on_the_wire_leave_the_server_standing(gateway: Rig, junk: bytes) -> None:
    """Junk instead of HTTP ends its own connection only."""
    with gateway.connect() as raw:
        raw.sendall(junk)
        raw.shutdown(socket.SHUT_WR)
    assert gateway.post(b"{}").status == 418
