"""`modelmix serve` as a process: ready line, exit codes, drain, and no row lost to a kill."""

import contextlib
import http.client
import json
import signal
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from gateway.process import served
from gateway.rig import (
    EVENTS,
    POLICY,
    STREAM_HEAD,
    Heard,
    Peer,
    answered,
    piece,
    read_to_end,
    request,
    upstream,
)
from modelmix.policy.base import KILL_SWITCH
from modelmix.store.ledger import Ledger

NOWHERE = "http://127.0.0.1:1"


def ask(url: str, body: bytes, *, tag: str = "form-extraction") -> tuple[int, bytes]:
    """Send one request and read its answer."""
    with contextlib.closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)) as connection:
        connection.request("POST", "/v1/messages", body, {"modelmix-task": tag})
        with connection.getresponse() as answer:
            return answer.status, answer.read()


def test_it_says_when_it_is_ready_and_keeps_rows(tmp_path: Path) -> None:
    """One JSON object names URL, mode and policy; after SIGTERM the row is in the ledger, exit 0."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    with (
        upstream(lambda _p, _h: answered()) as (url, heard),
        served(tmp_path, url, "--policy", str(policy), "--enforce", "--allow-uncertified") as gateway,
    ):
        assert gateway.ready["schema"] == "modelmix.serve/1"
        assert (gateway.ready["mode"], gateway.ready["policy_state"]) == ("enforce", "current")
        assert ask(gateway.url, request())[0] == 200
        assert b"claude-haiku-5-5" in heard[0].body
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(20) == 0
    with Ledger.open(tmp_path) as ledger:
        (row,) = ledger.calls()
        assert [known.state for known in ledger.policies()] == ["enforce"]
    assert (row.call_id, row.task_type, row.model_requested) == (
        "msg_1",
        "form-extraction",
        "claude-opus-5-5",
    )


def test_the_kill_switch_works_without_a_restart(tmp_path: Path) -> None:
    """The file in the home stops routing within about a second."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    with (
        upstream(lambda _p, _h: answered()) as (url, heard),
        served(tmp_path, url, "--policy", str(policy), "--enforce", "--allow-uncertified") as gateway,
    ):
        ask(gateway.url, request())
        (tmp_path / KILL_SWITCH).touch()
        for _ in range(2000):
            ask(gateway.url, request())
            if b"claude-opus-5-5" in heard[-1].body:
                break
        assert b"claude-opus-5-5" in heard[-1].body


def test_sigterm_lets_a_stream_end(tmp_path: Path) -> None:
    """New connections are refused, the one in flight gets its last event, and its row is kept."""
    told, go = threading.Event(), threading.Event()

    def script(peer: Peer, _heard: Heard) -> bytes:
        peer.raw.sendall(STREAM_HEAD + piece(EVENTS[0]))
        told.set()
        assert go.wait(20)
        return b"".join(map(piece, EVENTS[1:])) + piece(b"")

    with upstream(script) as (url, _), served(tmp_path, url) as gateway:
        parts = urlsplit(gateway.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as raw:
            body = request(stream=True)
            raw.sendall(
                b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
            )
            assert told.wait(20)
            gateway.process.send_signal(signal.SIGTERM)
            while True:
                try:
                    socket.create_connection((parts.hostname, parts.port), timeout=20).close()
                except OSError:
                    break
            go.set()
            assert EVENTS[-1] in read_to_end(raw)
        assert gateway.process.wait(20) == 0
    with Ledger.open(tmp_path) as ledger:
        assert [row.usage.output_tokens for row in ledger.calls()] == [42]


def test_what_does_not_end_in_time_is_cut_and_recorded(tmp_path: Path) -> None:
    """After the drain the stream breaks, and the row says why."""
    told, over = threading.Event(), threading.Event()

    def script(peer: Peer, _heard: Heard) -> None:
        peer.raw.sendall(STREAM_HEAD + piece(EVENTS[0]))
        told.set()
        over.wait(20)

    with upstream(script) as (url, _), served(tmp_path, url, "--drain-seconds", "0") as gateway:
        parts = urlsplit(gateway.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as raw:
            body = request(stream=True)
            raw.sendall(
                b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
            )
            assert told.wait(20)
            gateway.process.send_signal(signal.SIGTERM)
            assert gateway.process.wait(20) == 0
        over.set()
    with Ledger.open(tmp_path) as ledger:
        assert [row.error for row in ledger.calls()] == ["gateway-stopped"]


def test_ctrl_c_is_130(tmp_path: Path) -> None:
    """An interrupted command says so."""
    with served(tmp_path, NOWHERE) as gateway:
        gateway.process.send_signal(signal.SIGINT)
        assert gateway.process.wait(20) == 130


def kill_under_load(home: Path, requests: int) -> None:
    """Kill it under load; every answer that a client saw whole must have its row."""
    run, count = uuid4().hex, iter(range(10**9))
    lock = threading.Lock()

    def script(_peer: Peer, heard: Heard) -> bytes:
        with lock:
            name = f"msg_{run}_{next(count)}"
        if b'"stream": true' not in heard.body:
            return answered({"id": name})
        events = [EVENTS[0].replace(b"msg_1", name.encode()), *EVENTS[1:]]
        return STREAM_HEAD + b"".join(map(piece, events)) + piece(b"")

    seen: list[str] = []
    enough = threading.Event()

    def client(number: int, url: str) -> None:
        for turn in range(10**6):
            stream = (number + turn) % 2 == 0
            try:
                status, body = ask(url, request(stream=stream))
            except (OSError, http.client.HTTPException):
                return
            if status != 200 or (stream and EVENTS[-1] not in body):
                return
            text = body.split(b"data: ", 2)[1].split(b"\n")[0] if stream else body
            fields = json.loads(text)
            seen.append(fields["message"]["id"] if stream else fields["id"])
            if len(seen) >= requests:
                enough.set()

    with upstream(script) as (url, _), served(home, url) as gateway:
        clients = [threading.Thread(target=client, args=(n, gateway.url)) for n in range(8)]
        for one in clients:
            one.start()
        assert enough.wait(60)
        gateway.process.kill()
        for one in clients:
            one.join(30)
    with Ledger.open(home) as ledger:
        kept = {row.call_id for row in ledger.calls()}
    assert len(seen) >= requests
    assert set(seen) <= kept


def test_a_killed_gateway_loses_no_row_of_an_answer_that_was_seen_whole(tmp_path: Path) -> None:
    """Kill -9 under load, JSON and streams."""
    kill_under_load(tmp_path, 300)


@pytest.mark.soak
def test_twenty_kills_lose_no_row(tmp_path: Path) -> None:
    """The long form, on one ledger."""
    for _ in range(20):
        kill_under_load(tmp_path, 500)
