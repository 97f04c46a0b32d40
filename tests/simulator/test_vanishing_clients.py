"""Clients that vanish: bill, usage report and rate limits know of the same calls, whenever it happens."""

import contextlib
import http.client
import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from modelmix.simulator import run
from modelmix.simulator.settings import Settings

HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01", "content-type": "application/json"}
RULES = [{"type": "text", "text": "rule " * 600, "cache_control": {"type": "ephemeral"}}]
BODY: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "max_tokens": 900,
    "system": RULES,
    "messages": [{"role": "user", "content": "Hello."}],
}
NOW = 1_000_000.0


def wire(*, stream: bool = False) -> bytes:
    """Return a whole request as it goes over the wire."""
    content = json.dumps({**BODY, "stream": stream}).encode()
    lines = ["POST /v1/messages HTTP/1.1", "host: practice"]
    lines += [f"{name}: {value}" for name, value in (*HEADERS.items(), ("content-length", len(content)))]
    return "\r\n".join([*lines, "", ""]).encode() + content


@contextlib.contextmanager
def serving(taken: socket.socket, **chosen: float) -> Iterator[run._Server]:
    """Serve on a bound socket with a clock that stands, and wait until everything has ended."""
    server = run._server(Settings(clock=lambda: NOW, nonce="test", **chosen))  # type: ignore[arg-type] # floats
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
    thread.start()
    try:
        server.ready.wait()
        yield server
    finally:
        server.should_exit = True
        thread.join()


def get(taken: socket.socket, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
    """Ask like a client that stays until it has its answer."""
    connection = http.client.HTTPConnection(urlsplit(run.url_of(taken)).netloc, timeout=20)
    try:
        connection.request(method, path, body, HEADERS)
        return dict(json.loads(connection.getresponse().read()))
    finally:
        connection.close()


def vanish(connection: socket.socket, how: str) -> None:
    """End a connection: with a reset, as a killed client does with unread bytes, or with an orderly end."""
    if how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def known(server: run._Server) -> list[list[int]]:
    """Return calls, input without reads, and output, as bill, report and limits know them."""
    api: Any = server.config.app
    total = api.bill.document()["total"]
    cells = [amounts for rows in api.report._minutes.values() for amounts in rows.values()]
    uncached, read, written_5m, written_1h, output = (
        sum(amounts[at] for amounts in cells) for at in range(5)
    )
    assert read == total["cache_read_tokens"]
    billed = total["input_tokens"] + total["cache_write_5m_tokens"] + total["cache_write_1h_tokens"]
    taken = [
        sum(round(bucket.limit.per_minute - bucket.level) for bucket in buckets)
        for buckets in zip(*api.rate._pools.values(), strict=True)
    ]
    return [
        [total["calls"], billed, total["output_tokens"]],
        [total["calls"], uncached + written_5m + written_1h, output],
        taken or [0, 0, 0],
    ]


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("sent", [0.3, 0.9, 1.0])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("latency_ms", [0.0, 5.0])
def test_all_know_of_a_call_or_none_does(how: str, sent: float, *, stream: bool, latency_ms: float) -> None:
    """What was sent in part is no call; what was sent whole is one for all three or for none."""
    with run.bind() as taken:
        with serving(taken, latency_ms=latency_ms) as server:
            content = wire(stream=stream)
            for _ in range(5):
                connection = socket.create_connection(taken.getsockname())
                connection.sendall(content[: int(len(content) * sent)])
                vanish(connection, how)
            reply = get(taken, "POST", "/v1/messages", json.dumps(BODY).encode())
            assert reply["type"] == "message"
        bill, report, rate = known(server)
        assert bill == report == rate
        assert 1 <= bill[0] <= (1 if sent < 1 else 6)


def test_a_client_that_leaves_in_mid_stream_is_known_to_all() -> None:
    """It has read the beginning of a paced stream; the server writes on, and bills the whole."""
    with run.bind() as taken:
        with serving(taken, tokens_per_second=2000.0) as server:
            connection = socket.create_connection(taken.getsockname())
            connection.sendall(wire(stream=True))
            assert connection.recv(64).startswith(b"HTTP/1.1 200")
            vanish(connection, "reset")
            whole = get(taken, "POST", "/v1/messages", json.dumps(BODY).encode())["usage"]["output_tokens"]
        bill, report, rate = known(server)
        assert bill == report == rate
        assert (bill[0], bill[2]) == (2, 2 * whole)


def test_a_call_that_the_end_of_the_server_cuts_off_is_known_to_all() -> None:
    """It was accepted and still waited for its answer."""
    with run.bind() as taken:
        with (
            serving(taken, latency_ms=60_000.0) as server,
            contextlib.closing(socket.create_connection(taken.getsockname())) as connection,
        ):
            connection.sendall(wire())
            while not get(taken, "GET", "/simulator/bill")["total"]["calls"]:
                pass
        bill, report, rate = known(server)
        assert bill == report == rate
        assert bill[0] == 1


def test_a_client_killed_while_its_request_waits_in_the_socket_is_known_to_all_or_none() -> None:
    """The server is not up yet; the kernel holds the request of a process that is no more."""
    client = (
        "import socket, sys, time\n"
        "connection = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "connection.sendall(sys.stdin.buffer.read())\n"
        "print('sent', flush=True)\n"
        "time.sleep(600)\n"
    )
    with run.bind() as taken:
        port = str(taken.getsockname()[1])
        for stream in (False, True):
            process = subprocess.Popen(
                [sys.executable, "-c", client, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert process.stdin is not None
            assert process.stdout is not None
            with process:
                process.stdin.write(wire(stream=stream))
                process.stdin.close()
                assert process.stdout.readline() == b"sent\n"
                process.kill()
        with serving(taken) as server:
            get(taken, "POST", "/v1/messages", json.dumps(BODY).encode())
        bill, report, rate = known(server)
        assert bill == report == rate
        assert 1 <= bill[0] <= 3
