"""Captured calls: a sample of whole and sound ones, in a private file, in the way of nobody."""

import gzip
import json
import logging
import os
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rig import (
    ANSWER,
    EVENTS,
    STREAM_HEAD,
    Got,
    Heard,
    Peer,
    Rig,
    answered,
    event,
    http,
    piece,
    read_to_end,
    read_until,
    request,
    rig,
)
from modelmix.core.call import Call
from modelmix.errors import ConfigError
from modelmix.gateway import capture as captures
from modelmix.gateway import capture_row
from modelmix.gateway.capture import Capture, CaptureOrder, is_sampled
from modelmix.gateway.capture_file import CaptureFile
from modelmix.gateway.capture_row import Taken, Tape, Unkept, row_of
from modelmix.ingest import messages

KEY = "sk-ant-api03-not-a-key-but-it-looks-like-one"
SECRETS = f"my key is {KEY}, write to ada@example.com"


def stream(events: list[bytes] = EVENTS) -> bytes:
    """Write a streamed answer."""
    return STREAM_HEAD + b"".join(map(piece, events)) + piece(b"")


def either(_peer: Peer, heard: Heard) -> bytes:
    """Answer as a stream where one is asked for."""
    return stream() if b'"stream": true' in heard.body else answered()


def order(folder: Path, *, share: float = 1.0, most_bytes: int = 2**20, raw: bool = False) -> CaptureOrder:
    """Capture everything into a file of the test's."""
    return CaptureOrder(folder / "capture.jsonl", share, most_bytes, raw)


def rows(folder: Path) -> list[dict[str, Any]]:
    """Read what was captured."""
    return [json.loads(line) for line in (folder / "capture.jsonl").read_bytes().splitlines()]


def calls(folder: Path) -> list[Call]:
    """Read what was captured as any log is read."""
    with (folder / "capture.jsonl").open("rb") as lines:
        found = list(messages.read(lines, "capture.jsonl"))
    assert all(isinstance(call, Call) for call in found), found
    return [call for call in found if isinstance(call, Call)]


def test_without_an_order_nothing_is_kept(tmp_path: Path) -> None:
    """No file, no word at /readyz."""
    with rig(either, tmp_path) as gateway:
        gateway.post(request())
        assert b"captured" not in get(gateway, "/readyz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["policy.yaml"]


def get(gateway: Rig, path: str) -> bytes:
    """Ask the gateway itself."""
    with gateway.connect() as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        return Got.of(read_to_end(raw)).body


def test_what_is_captured_reads_back_as_the_rows_of_the_ledger(tmp_path: Path) -> None:
    """Tokens, models, types and times are the same, streamed or not, moved or not."""
    with rig(either, tmp_path, enforce=True, capture=order(tmp_path)) as gateway:
        for at, streamed in enumerate((False, True, True, False)):
            body = request(stream=streamed, system="You read forms." if at % 2 else "")
            tag = ["modelmix-task: form-extraction"] if at > 1 else []
            assert gateway.post(body, *tag, "modelmix-session: s1", "x-claude-code-agent-id: a").status == 200
    read = calls(tmp_path)
    assert {row.task_source for row in read} == {"none", "template", "tag"}
    for kept, back in zip(gateway.kept.rows, read, strict=True):
        for name in (
            "call_id", "at", "model_served", "usage", "request_id", "session_id", "is_subagent", "task_type",
            "template", "effort", "stream", "status", "stop_reason", "error", "ttft_ms", "latency_ms",
        ):  # fmt: skip
            assert getattr(kept, name) == getattr(back, name), name
    assert [row["asked"] for row in rows(tmp_path)] == ["claude-opus-5-5"] * 4
    assert [json.loads(heard.body) for heard in gateway.heard] == [row["request"] for row in rows(tmp_path)]
    assert rows(tmp_path)[3]["request"]["model"] == "claude-haiku-5-5"


def test_the_file_is_its_owners_alone_and_holds_no_header(tmp_path: Path) -> None:
    """Keys in headers never come near it, and other people may not read it."""
    with rig(either, tmp_path, capture=order(tmp_path)) as gateway:
        gateway.post(request(), f"x-api-key: {KEY}", f"authorization: Bearer {KEY}", "x-odd: odd")
        assert b'"captured":{"written":' in get(gateway, "/readyz")
    file = tmp_path / "capture.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"odd" not in file.read_bytes()
    assert KEY.encode() not in file.read_bytes()


def test_secrets_are_masked_unless_told_otherwise(tmp_path: Path) -> None:
    """In request and answer, at their length; raw keeps bodies as they were, on one line."""
    deltas = [event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": text}})
              for text in (SECRETS[:20], SECRETS[20:])]  # fmt: skip

    def script(_peer: Peer, heard: Heard) -> bytes:
        if b'"stream": true' in heard.body:
            return stream([EVENTS[0], *deltas, *EVENTS[3:]])
        return answered({"content": [{"type": "text", "text": SECRETS}], "odd": 2.50})

    bodies = [request(system=SECRETS, stream=streamed) for streamed in (False, True)]
    pretty = json.dumps(json.loads(bodies[0]), indent=2).encode()
    for raw in (False, True):
        folder = tmp_path / str(raw)
        folder.mkdir()
        with rig(script, folder, capture=order(folder, raw=raw)) as gateway:
            for body in (*bodies, pretty):
                gateway.post(body)
        text = (folder / "capture.jsonl").read_text()
        found = rows(folder)
        assert len(found) == 3
        assert (SECRETS in found[0]["request"]["system"]) is raw
        assert (KEY in text) is ("ada@" in text) is raw
        assert len(found[0]["request"]["system"]) == len(SECRETS)
        assert len(found[0]["response"]["content"][0]["text"]) == len(SECRETS)
        assert found[0]["request"] == found[2]["request"]
        expected = b"".join([EVENTS[0], *deltas, *EVENTS[3:]]).decode()
        assert (found[1]["response"] == expected) is raw
        assert [row.usage for row in calls(folder)] == [row.usage for row in gateway.kept.rows]


def test_a_compressed_answer_is_captured_readable(tmp_path: Path) -> None:
    """The client gets it as it came; the file has it plain."""
    body = gzip.compress(json.dumps(ANSWER).encode())
    packed = http("200 OK", body, "content-type: application/json", "content-encoding: gzip")
    with rig(lambda _p, _h: packed, tmp_path, capture=order(tmp_path)) as gateway:
        assert gateway.post(request(), "accept-encoding: gzip").body == body
    assert rows(tmp_path)[0]["response"] == ANSWER


BROKEN = [EVENTS[0], event("error", {"error": {"type": "overloaded_error", "message": "m"}})]


@pytest.mark.parametrize(
    ("script", "body", "headers", "path"),
    [
        (http("400 Bad Request", b'{"type":"error"}'), request(), [], "/v1/messages"),
        (http("529 Overloaded", b'{"type":"error"}'), request(), [], "/v1/messages"),
        (stream(BROKEN), request(stream=True), [], "/v1/messages"),
        (stream(EVENTS[:3]), request(stream=True), [], "/v1/messages"),
        (STREAM_HEAD + piece(EVENTS[0]) + b"zz", request(stream=True), [], "/v1/messages"),
        (answered({"usage": None}), request(), [], "/v1/messages"),
        (answered(), gzip.compress(request()), ["content-encoding: gzip"], "/v1/messages"),
        (answered({"input_tokens": 5}), request(), [], "/v1/messages/count_tokens"),
        (answered(), request(), [], "/v1/messages/batches"),
        (answered(), b"no json", [], "/v1/messages"),
        (http("200 OK", gzip.compress(b"{}")[:9], "content-encoding: gzip"), request(), [], "/v1/messages"),
    ],
)  # fmt: skip
def test_what_is_not_whole_and_sound_is_not_captured(
    tmp_path: Path, script: bytes, body: bytes, headers: list[str], path: str
) -> None:
    """Errors, broken and unfinished answers, compressed and unreadable requests, counts and other paths."""
    with rig(lambda _p, _h: script, tmp_path, capture=order(tmp_path)) as gateway:
        gateway.post(body, *headers, path=path)
    assert (tmp_path / "capture.jsonl").read_bytes() == b""


def test_a_request_sent_a_second_time_is_captured_as_it_was_answered(tmp_path: Path) -> None:
    """After a 400 on the route, the pair is the one that succeeded."""

    def script(_peer: Peer, heard: Heard) -> bytes:
        return http("400 Bad Request", b"{}") if b"haiku" in heard.body else answered()

    with rig(script, tmp_path, enforce=True, capture=order(tmp_path)) as gateway:
        gateway.post(request(), "modelmix-task: form-extraction")
    (row,) = rows(tmp_path)
    assert row["request"] == json.loads(request())
    assert row["reason"].startswith("fallback:400 from claude-haiku-5-5@low")


def test_a_client_that_leaves_after_the_last_event_was_served(tmp_path: Path) -> None:
    """Its call is captured: the answer is whole; one that leaves before is not."""
    over = threading.Event()

    def script(peer: Peer, _heard: Heard) -> None:
        peer.raw.sendall(STREAM_HEAD + b"".join(map(piece, EVENTS)))
        over.wait(20)

    body = request(stream=True)
    with rig(script, tmp_path, capture=order(tmp_path)) as gateway, gateway.connect() as raw:
        raw.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        read_until(raw, b"message_stop")
        raw.close()
        seen = any(b'"written":1' in get(gateway, "/readyz") for _ in range(2000))
        over.set()
    assert seen
    assert [call.usage.output_tokens for call in calls(tmp_path)] == [42]


@given(st.binary(min_size=1, max_size=20), st.floats(0, 1), st.floats(0, 1))
def test_a_sample_grows_with_its_share(key: bytes, one: float, other: float) -> None:
    """Nothing at none, everything at one, and whoever is in a small sample is in every larger one."""
    less, more = sorted((one, other))
    assert is_sampled(key, less) <= is_sampled(key, more)
    assert not is_sampled(key, 0.0)
    assert is_sampled(key, 1.0)


def test_a_sample_has_its_share() -> None:
    """Of 20,000 request IDs a tenth is in it, but for chance."""
    found = sum(is_sampled(b"req_%d" % number, 0.1) for number in range(20_000))
    assert abs(found - 2000) < 200


def test_the_request_id_decides_and_else_the_body(tmp_path: Path) -> None:
    """The same call is in the sample or out of it whenever it is asked."""
    capture = Capture(order(tmp_path, share=0.5), CaptureFile(tmp_path / "c"))
    by_id = [capture.tape(f"req_{n}", b"{}") is not None for n in range(200)]
    assert by_id == [is_sampled(b"req_%d" % n, 0.5) for n in range(200)]
    by_body = [capture.tape("", b"%d" % n) is not None for n in range(200)]
    assert by_body == [is_sampled(b"%d" % n, 0.5) for n in range(200)]
    capture.close()


def test_a_call_that_is_too_long_is_not_captured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a long request nor a long answer, plain or decompressed; its client gets all of it."""
    monkeypatch.setattr(capture_row, "LONGEST_ROW_BYTES", 2000)
    monkeypatch.setattr(captures, "LONGEST_ROW_BYTES", 2000)
    long = {"content": [{"type": "text", "text": "a" * 3000}]}
    packed = http("200 OK", gzip.compress(json.dumps({**ANSWER, **long}).encode()), "content-encoding: gzip")
    answers = iter([answered(), answered(long), packed, answered()])
    with rig(lambda _p, _h: next(answers), tmp_path, capture=order(tmp_path)) as gateway:
        assert gateway.post(request(system="a" * 3000)).status == 200
        assert b"a" * 3000 in gateway.post(request()).body
        assert gateway.post(request()).status == 200
        assert gateway.post(request()).status == 200
    assert len(rows(tmp_path)) == 1
    assert len(gateway.kept.rows) == 4


def test_a_full_file_ends_the_capture_with_one_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The file stays within its bound and well formed, and answers go on."""
    with (
        caplog.at_level(logging.WARNING),
        rig(either, tmp_path, capture=order(tmp_path, most_bytes=2**20)) as gateway,
    ):
        for _ in range(12):
            assert gateway.post(request(system="a" * 200_000)).status == 200
    assert (tmp_path / "capture.jsonl").stat().st_size <= 2**20
    assert 3 <= len(rows(tmp_path)) <= 5
    assert caplog.text.count("has reached 1 MB; nothing more is captured") == 1


class Slow:
    """A file on a disk that does not answer until it is told to."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self.rows: list[bytes] = []
        self.go = threading.Event()

    def append(self, row: bytes) -> None:
        """Wait, then take a row."""
        assert self.go.wait(60)
        self.rows.append(row)

    def close(self) -> None:
        """Nothing to let go of."""


def test_a_slow_disk_delays_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While it takes nothing, every client is served; what does not fit is dropped, counted and said once."""
    slow = Slow()
    monkeypatch.setattr("modelmix.gateway.run.CaptureFile", lambda _path: slow)
    monkeypatch.setattr(captures, "MOST_WAITING_BYTES", 2000)
    with rig(either, tmp_path, capture=order(tmp_path)) as gateway:
        for at in range(30):
            assert gateway.post(request(stream=at % 2 == 0)).status == 200
        assert slow.rows == []
        dropped = json.loads(get(gateway, "/readyz"))["captured"]["dropped"]
        assert dropped > 15
        slow.go.set()
    assert len(slow.rows) == 30 - dropped
    assert len(gateway.kept.rows) == 30
    assert caplog.text.count("the capture file is slow") == 1


def test_a_disk_that_stays_slow_does_not_hold_up_the_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What it does not take in time is lost, and said."""
    slow = Slow()
    capture = Capture(order(tmp_path), slow)
    capture.start()
    capture.offer(taken())
    capture.close(timeout_s=0.01)
    assert "did not take" in caplog.text
    slow.go.set()


def test_a_disk_that_fails_costs_rows_and_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A row that was written in part is taken back, and the next one is whole."""
    real, calls_of_write = os.write, iter(range(100))

    def write(handle: int, data: bytes) -> int:
        number = next(calls_of_write)
        if number == 1:
            return real(handle, data[:10])
        if number == 2:
            raise OSError(28, "No space left on device")
        return real(handle, data)

    monkeypatch.setattr("modelmix.gateway.capture_file.os.write", write)
    capture = Capture(order(tmp_path), CaptureFile(tmp_path / "capture.jsonl"))
    capture.start()
    for _ in range(3):
        capture.offer(taken())
    capture.close()
    assert (capture.written, capture.dropped) == (2, 1)
    assert len(rows(tmp_path)) == 2
    assert "could not be written (No space left on device)" in caplog.text


def test_a_fault_of_ours_costs_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The writer goes on, and the log names the fault and no text."""
    faults = iter([ZeroDivisionError(SECRETS)])

    def fail(_taken: Taken, *, raw: bool) -> bytes:
        for fault in faults:
            raise fault
        return b"{}\n"

    monkeypatch.setattr(captures, "row_of", fail)
    capture = Capture(order(tmp_path), CaptureFile(tmp_path / "capture.jsonl"))
    capture.start()
    capture.offer(taken())
    capture.offer(taken())
    capture.close()
    assert (capture.written, capture.unkept) == (1, 1)
    assert "ZeroDivisionError in our own code" in caplog.text
    assert "ada@" not in caplog.text


def taken(body: bytes | None = None, answer: bytes | None = None) -> Taken:
    """A pair on its way."""
    tape = Tape(10_000)
    tape.add(json.dumps(ANSWER).encode() if answer is None else answer)
    call = next(
        iter(messages.read([{"timestamp": 1.7e9, "request": {"model": "m"}, "response": ANSWER}], "x"))
    )
    assert isinstance(call, Call)
    return Taken(call, "m", request() if body is None else body, tape)


@pytest.mark.parametrize(
    ("body", "answer"), [(b"{", b"{}"), (b"{}", b"\xff"), (b"{}", b""), (b"[" * 5000 + b"]" * 5000, b"{}")]
)
def test_bodies_that_are_no_json_make_no_row(body: bytes, answer: bytes) -> None:
    """The sentence says so and quotes nothing; a pair in a traceback shows no text either."""
    for raw in (False, True):
        with pytest.raises(Unkept, match="not sound JSON"):
            row_of(taken(body, answer), raw=raw)
    assert "hello" not in repr(taken())


def test_an_answer_that_cannot_be_decompressed_makes_no_row() -> None:
    """Neither does one that says it is compressed and is not."""
    with pytest.raises(Unkept, match="could not be decompressed"):
        row_of(replace(taken(), encoding="gzip"))
    assert row_of(replace(taken(), encoding="identity"))


def test_a_tape_keeps_nothing_of_what_is_too_long() -> None:
    """Once cut, it stays so and is empty."""
    tape = Tape(3)
    for chunk in (b"ab", b"c", b"d", b"e"):
        tape.add(chunk)
    assert (tape.is_cut, tape.size_bytes, tape.whole()) == (True, 0, b"")


def test_a_file_is_gone_on_with(tmp_path: Path) -> None:
    """Rows stay, one that a kill cut short is closed before the next, and others lose their rights."""
    path = tmp_path / "capture.jsonl"
    path.write_bytes(b'{"a": 1}\n{"b"')
    path.chmod(0o644)
    file = CaptureFile(path)
    file.append(b'{"c": 3}\n')
    assert file.size_bytes == path.stat().st_size
    file.close()
    assert path.read_bytes() == b'{"a": 1}\n{"b"\n{"c": 3}\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, a missing folder, a pipe, another file, another's file: nothing is changed."""
    os.mkfifo(tmp_path / "pipe")
    other = tmp_path / "policy.yaml"
    other.write_text("modelmix: 1\n")
    for path, why in (
        (tmp_path, "cannot be written"),
        (tmp_path / "absent" / "c", "cannot be written"),
        (tmp_path / "pipe", "is no plain file"),
        (other, "holds something else"),
    ):
        with pytest.raises(ConfigError, match=f"{why}.*name another with --capture"):
            CaptureFile(path)
    assert other.read_text() == "modelmix: 1\n"

    def refuse(_handle: int, _mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("modelmix.gateway.capture_file.os.fchmod", refuse)
    other.write_bytes(b"{}\n")
    other.chmod(0o666)
    with pytest.raises(ConfigError, match="cannot be made private"):
        CaptureFile(other)
