"""The decoder turns a stream into events, however it is cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.wire.sse import Event, SseDecoder

LINE = st.sampled_from(
    [
        "data: one",
        "data:two",
        "data",
        "data:  x: y",
        "event: ping",
        "event: message_stop",
        "event",
        ": note",
        "id: 7",
        "retry: 10",
        "unknown: z",
        "",
        "",
        "",
        "data: é",
    ]
)
STREAM = st.lists(st.tuples(LINE, st.sampled_from(["\n", "\r\n", "\r"])), max_size=30).map(
    lambda lines: "".join(f"{text}{end}" for text, end in lines).encode()
)


def events_of(chunks: list[bytes], limit: int = 1000) -> list[Event]:
    """Feed the chunks one by one."""
    decoder = SseDecoder(limit)
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """Cut a stream at some places."""
    edges = [0, *sorted(min(place, len(stream)) for place in places), len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(edges)]


@given(
    STREAM | st.binary(max_size=80),
    st.lists(st.integers(0, 300), max_size=20),
    st.sampled_from([3, 12, 1000]),
)
def test_the_cut_makes_no_difference(stream: bytes, places: list[int], limit: int) -> None:
    """Any chunking, byte by byte too, gives the events of the whole."""
    whole = events_of([stream], limit)
    assert events_of(cut(stream, places), limit) == whole
    assert events_of([bytes([byte]) for byte in stream], limit) == whole


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"event: a\ndata: 1\n\n", [Event("a", b"1")]),
        (b"event: a\r\ndata: 1\r\n\r\n", [Event("a", b"1")]),
        (b"event: a\rdata: 1\r\r", [Event("a", b"1")]),
        (b"data: 1\ndata: 2\n\n", [Event("message", b"1\n2")]),
        (b"\xef\xbb\xbfdata: 1\n\n", [Event("message", b"1")]),
        (b": comment\n\nid: 1\nretry: 5\n\n", []),
        (b"event: a\n\ndata: 1\n\n", [Event("message", b"1")]),
        (b"data\n\n", [Event("message", b"")]),
        (b"data:  1\n\n", [Event("message", b" 1")]),
        (b"event: a\ndata: cut off", []),
    ],
)
def test_each_rule_of_the_format(stream: bytes, events: list[Event]) -> None:
    """Line ends, comments, joined data, the mark at the start and the cut end follow the standard."""
    assert events_of([stream]) == events


def test_an_overlong_event_is_given_out_without_data_and_the_next_one_whole() -> None:
    """Memory is bounded, and the decoder finds its feet again at the next blank line."""
    stream = b"event: big\ndata: " + b"x" * 500 + b"\ndata: y\n\nevent: b\ndata: 1\n\n"
    assert events_of([stream], 100) == [Event("big", b"", overlong=True), Event("b", b"1")]


def test_what_is_kept_of_an_endless_line_is_bounded() -> None:
    """A line that never ends does not fill the memory."""
    decoder = SseDecoder(1000)
    for _ in range(100):
        decoder.feed(b"x" * 100)
    assert sum(map(len, decoder._parts)) <= 1000
