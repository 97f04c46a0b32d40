"""The meter reads along and makes the row; what it cannot read, it says."""

import gzip
import json
import zlib
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rig import ANSWER, EVENTS
from modelmix.core.candidate import Candidate
from modelmix.core.usage import Usage
from modelmix.gateway import meter as meters
from modelmix.gateway.meter import Ending, Meter, call_of
from modelmix.policy.choice import Decision, Facts
from modelmix.wire.answer import Answer
from modelmix.wire.usage import Stated

AT = datetime(2026, 11, 23, tzinfo=UTC)
ROUTED = Decision(b"", "why", Candidate("claude-haiku-5-5"), Facts(Candidate("claude-opus-5-5")))
JSON = json.dumps(ANSWER).encode()
PACKED = gzip.compress(JSON, mtime=0)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("", JSON), ("identity", JSON), ("gzip", PACKED), (" GZIP ", PACKED), ("deflate", zlib.compress(JSON))],
)
def test_json_is_read_in_each_encoding(encoding: str, body: bytes) -> None:
    """Plain, gzip and deflate."""
    meter = Meter("application/json", encoding)
    for at in range(0, len(body), 7):
        meter.feed(body[at : at + 7])
    assert meter.answer().stated.usage == Usage(9, output_tokens=4)
    assert not meter.is_stream


@given(st.lists(st.integers(0, 800), max_size=8), st.booleans())
def test_a_stream_is_read_however_it_is_cut_and_compressed(places: list[int], packed: bool) -> None:
    """The end is noticed in the chunk that brings it, the usage is the last one stated."""
    stream = b"".join(EVENTS)
    body = gzip.compress(stream, mtime=0) if packed else stream
    meter = Meter("text/event-stream; charset=utf-8", "gzip" if packed else "")
    edges = [0, *sorted(min(place, len(body)) for place in places), len(body)]
    for start, end in pairwise(edges):
        assert not meter.is_over or start == end or packed
        meter.feed(body[start:end])
    assert meter.is_over
    assert meter.answer().stated.usage == Usage(9, output_tokens=42)


@pytest.mark.parametrize(
    ("encoding", "body", "why"),
    [("br", JSON, "encoding"), ("gzip", JSON, "decompressed"), ("", b"<html>", "JSON object"),
     ("gzip", gzip.compress(b"x" * 1000, mtime=0), "too long"), ("", b"x" * 1000, "too long")],
)  # fmt: skip
def test_what_cannot_be_read_is_said(
    monkeypatch: pytest.MonkeyPatch, encoding: str, body: bytes, why: str
) -> None:
    """Unknown or damaged compression, no JSON, too long: usage is None and says why."""
    monkeypatch.setattr(meters, "LONGEST_JSON_BYTES", 500)
    meter = Meter("application/json", encoding)
    meter.feed(body)
    meter.feed(b"")
    assert meter.answer().stated.usage is None
    assert why in meter.answer().stated.why


@given(st.binary(max_size=60), st.sampled_from(["", "gzip", "deflate", "br", "\xe9"]), st.booleans())
def test_any_bytes_are_read_along(body: bytes, encoding: str, stream: bool) -> None:
    """Whatever an upstream sends, the meter raises nothing."""
    meter = Meter("text/event-stream" if stream else "", encoding)
    meter.feed(body)
    assert meter.answer().stated.usage is None


EVENT = st.sampled_from(
    [*EVENTS, b"data: x\n", b"\n", b"\n\n", b"event: message_stop", b"\r\n\r\n", b": c\n\n"]
)


@given(st.lists(EVENT, max_size=12))
def test_events_that_are_passed_over_unread_make_no_difference(pieces: list[bytes]) -> None:
    """A meter that sees pieces tells what one tells that sees every byte by itself."""
    whole, bytewise = Meter("text/event-stream"), Meter("text/event-stream")
    for piece in pieces:
        whole.feed(piece)
        for byte in piece:
            bytewise.feed(bytes([byte]))
    assert (whole.is_over, whole.answer()) == (bytewise.is_over, bytewise.answer())


UNREAD = Stated(None, why="?")


@pytest.mark.parametrize(
    ("answer", "status", "broke", "error"),
    [
        (Answer("m", "x", "end_turn", Stated(Usage(1))), 200, "", ""),
        (Answer("", "", "", UNREAD), 200, "", "usage-unknown"),
        (Answer("", "", "", UNREAD), 503, "", "http-503"),
        (Answer("", "", "", UNREAD, "overloaded_error"), 529, "", "overloaded_error"),
        (Answer("m", "", "", Stated(Usage(1)), "x"), 200, "client-gone", "client-gone"),
    ],
)
def test_the_row_never_takes_an_unknown_cost_for_a_free_call(
    answer: Answer, status: int, broke: str, error: str
) -> None:
    """Unknown usage is named in the row's error."""
    ending = Ending(AT, status, 1.0, error=broke)
    assert call_of(ROUTED, answer, ending).error == error


def test_the_row_is_known_by_message_then_request_then_our_own_id() -> None:
    """Copies of the same call in other logs have the same message ID."""
    blank = Answer("", "", "", Stated(None))
    ending = Ending(AT, 200, 1.0, "req")
    assert call_of(ROUTED, Answer("msg", "", "", Stated(None)), ending).call_id == "msg"
    assert call_of(ROUTED, blank, ending).call_id == "req"
    own = [call_of(ROUTED, blank, Ending(AT, 502, 1.0)).call_id for _ in range(2)]
    assert own[0] != own[1]
    assert call_of(ROUTED, blank, ending).model_served == "claude-haiku-5-5"
