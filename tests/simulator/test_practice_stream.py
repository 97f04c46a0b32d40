"""Streams: the documented order, and the same message as JSON."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelmix.simulator.events import error_event, events
from simulator.practice import Practice

TEXT = st.text(max_size=200)
BLOCKS = st.lists(
    st.one_of(
        st.builds(lambda text: {"type": "text", "text": text, "citations": None}, TEXT),
        st.builds(lambda text: {"type": "thinking", "thinking": text, "signature": "sig"}, TEXT),
        st.builds(
            lambda text: {"type": "tool_use", "id": "t", "name": "n", "input": {"a": text}, "caller": None},
            TEXT,
        ),
    ),
    max_size=4,
)
USAGE = {
    "input_tokens": 5,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": 9,
    "output_tokens_details": {"thinking_tokens": 2},
    "server_tool_use": None,
}


def reassemble(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Put a message together from its events, as a client does."""
    import json

    message: dict[str, Any] = {}
    partial: dict[int, str] = {}
    for event in found:
        match event["type"]:
            case "message_start":
                message = event["message"]
            case "content_block_start":
                assert event["index"] == len(message["content"])
                message["content"].append(dict(event["content_block"]))
            case "content_block_delta":
                block, delta = message["content"][event["index"]], event["delta"]
                if delta["type"] == "input_json_delta":
                    partial[event["index"]] = partial.get(event["index"], "") + delta["partial_json"]
                else:
                    key = delta["type"].removesuffix("_delta")
                    block[key] += delta[key]
            case "content_block_stop":
                if event["index"] in partial:
                    message["content"][event["index"]]["input"] = json.loads(partial[event["index"]])
            case "message_delta":
                message |= event["delta"]
                message["usage"] |= event["usage"]
    return message


@given(BLOCKS)
def test_a_stream_reassembles_to_its_message(content: list[dict[str, Any]]) -> None:
    """Block for block and token for token, whatever the content."""
    message = {
        "id": "m",
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "container": None,
        "usage": USAGE,
    }
    assert reassemble([dict(event.data) for event in events(message)]) == message


@given(BLOCKS)
def test_events_come_in_their_order(content: list[dict[str, Any]]) -> None:
    """Start first, stop last, one ping, blocks one after the other; the share sent only grows, up to 1."""
    message = {"content": content, "stop_reason": "end_turn", "stop_sequence": None, "usage": USAGE}
    found = list(events(message))
    names = [event.name for event in found]
    assert (names[0], names[-2], names[-1]) == ("message_start", "message_delta", "message_stop")
    assert names.count("ping") == 1
    assert names.count("content_block_start") == names.count("content_block_stop") == len(content)
    shares = [event.share for event in found]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_first_usage_holds_the_input_and_a_placeholder(practice: Practice) -> None:
    """Output and stop reason come with message_delta, which repeats the input counts."""
    body = {"model": "claude-haiku-5-5", "max_tokens": 900, "stream": True}
    found = practice.post({**body, "messages": [{"role": "user", "content": "Hi."}]}).events
    start, last = found[0]["message"], found[-2]
    assert (start["stop_reason"], start["usage"]["output_tokens"]) == (None, 1)
    assert last["usage"]["input_tokens"] == start["usage"]["input_tokens"]
    assert last["usage"]["output_tokens"] > 1
    assert last["delta"]["stop_reason"] == "end_turn"


def test_the_stream_and_the_message_are_the_same(practice: Practice) -> None:
    """Over the wire too, but for the id; the content type is that of an event stream."""
    body = {"model": "claude-opus-5-5", "max_tokens": 900, "messages": [{"role": "user", "content": "Hi."}]}
    whole, stream = practice.post(body), practice.post({**body, "stream": True})
    assert stream.headers["content-type"].startswith("text/event-stream")
    found = reassemble(stream.events)
    assert {**found, "id": None} == {**whole.json, "id": None}


def test_an_event_is_encoded_as_two_lines_and_a_blank_one() -> None:
    """The name, the data in one line, an empty line."""
    event = error_event({"type": "error", "error": {"type": "overloaded_error", "message": "a\nb"}})
    assert event.encode() == (
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"a\\nb"}}\n\n'
    )
