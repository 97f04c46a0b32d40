"""A response tells model, stop reason, usage and failure, as JSON and as a stream."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.usage import Usage
from modelmix.wire.answer import StreamedAnswer, read
from modelmix.wire.sse import Event, SseDecoder

START = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "claude-haiku-5-5", "usage": {"input_tokens": 9, "output_tokens": 1}},
}
DELTA = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 42}}
STOP = {"type": "message_stop"}


def streamed(*events: object, named: bool = True) -> StreamedAnswer:
    """Feed events as they stand on the wire."""
    gathered, decoder = StreamedAnswer(), SseDecoder()
    for fields in events:
        name = f"event: {fields['type']}\n" if named and isinstance(fields, dict) else ""
        for event in decoder.feed(f"{name}data: {json.dumps(fields)}\n\n".encode()):
            gathered.add(event)
    return gathered


def test_a_json_answer_is_read() -> None:
    """ID, model, stop reason and usage stand at the top level."""
    answer = read(
        b'{"id":"m","type":"message","model":"x","stop_reason":"end_turn","content":[{}],'
        b'"usage":{"input_tokens":3,"output_tokens":4}}'
    )
    assert (answer.message_id, answer.model, answer.stop_reason, answer.error) == ("m", "x", "end_turn", "")
    assert answer.stated.usage == Usage(3, output_tokens=4)


def test_an_error_body_tells_its_type() -> None:
    """The type of the API's error is the row's error."""
    assert (
        read(b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}').error
        == "overloaded_error"
    )
    assert read(b'{"type":"error","error":5}').error == "error"


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"id":', b"[" * 5000, b'{"usage":' * 3000])
def test_an_answer_that_makes_no_sense_says_so(body: bytes) -> None:
    """The usage is None with a reason, never zero."""
    assert read(body).stated.usage is None
    assert read(body).stated.why


@pytest.mark.parametrize("named", [True, False])
def test_a_stream_is_gathered_to_its_end(named: bool) -> None:
    """Output comes from the last delta, input from the start; message_stop ends it, named or not."""
    gathered = streamed(START, {"type": "ping"}, DELTA, named=named)
    assert not gathered.is_over
    gathered = streamed(START, DELTA, STOP, named=named)
    answer = gathered.answer()
    assert gathered.is_over
    assert (answer.message_id, answer.model, answer.stop_reason) == ("msg_1", "claude-haiku-5-5", "end_turn")
    assert answer.stated.usage == Usage(9, output_tokens=42)


def test_an_error_in_the_stream_ends_it_and_keeps_what_was_seen() -> None:
    """HTTP 200 is not success: the error event is the row's error."""
    gathered = streamed(START, {"type": "error", "error": {"type": "overloaded_error"}})
    assert gathered.is_over
    assert gathered.answer().error == "overloaded_error"
    assert gathered.answer().stated.usage == Usage(9, output_tokens=1)


def test_a_later_delta_without_a_stop_reason_keeps_the_first() -> None:
    """A null does not wipe out what was said."""
    again = {"type": "message_delta", "delta": {"stop_reason": None}, "usage": None}
    assert streamed(START, DELTA, again, {"type": "message_delta"}).answer().stop_reason == "end_turn"


@given(
    st.sampled_from(["message_start", "message_delta", "error", "message", "other"]), st.binary(max_size=40)
)
def test_damaged_events_are_passed_over(name: str, data: bytes) -> None:
    """Whatever an event holds, nothing is raised."""
    gathered = StreamedAnswer()
    gathered.add(Event(name, data))
    assert gathered.answer().stated.usage is None


@given(
    st.sampled_from(["message_start", "message_delta", "error", "message"]),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3) | st.sampled_from(["message_start", "error"]),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["type", "message", "delta", "usage", "error", "id"]), inner, max_size=4
            )
        ),
    ),
)
def test_events_of_any_shape_are_taken_or_passed_over(name: str, value: object) -> None:
    """Fields of another type than documented do no harm."""
    gathered = StreamedAnswer()
    gathered.add(Event(name, json.dumps(value).encode()))
    assert gathered.answer().model == ""
