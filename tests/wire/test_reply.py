"""What an answer says is read alike from a message and from its stream; what is junk is passed over."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.reply import Reply, ToolCall
from modelmix.wire.reply import reply_of, reply_of_events
from modelmix.wire.sse import Event
from wire.replies import contents, cuts, decoded, exact, message, stream, texts, values, written

SEARCH: dict[str, Any] = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}}


@given(contents, cuts, st.sampled_from(["end_turn", "tool_use", "max_tokens", "refusal"]))
def test_a_stream_says_what_the_message_says(
    content: list[dict[str, Any]], cut_at: list[int], stop_reason: str
) -> None:
    """However its texts and inputs are cut, to the last digit of every number."""
    whole = reply_of(exact(message(content, stop_reason)))
    assert whole == reply_of_events(decoded(stream(content, cut_at, stop_reason)))
    assert whole.stop_reason == stop_reason


def test_only_what_a_caller_acts_on_is_read() -> None:
    """Texts are joined and the caller's tools called, in order; thinking and server tools are passed over."""
    content = [
        {"type": "thinking", "thinking": "hm", "signature": "x"},
        {"type": "text", "text": "a"},
        SEARCH,
        {"type": "web_search_tool_result", "content": [{"type": "text", "text": "found"}]},
        {"type": "text", "text": "b", "citations": []},
        {"type": "tool_use", "id": "t", "name": "book", "input": {"price": Decimal("0.70")}},
        {"type": "tool_use", "id": "u", "name": "book", "input": {}},
    ]
    expected = Reply("ab", (ToolCall("book", {"price": Decimal("0.70")}), ToolCall("book", {})), "tool_use")
    assert expected == reply_of(message(content, "tool_use"))
    assert expected == reply_of_events(decoded(stream(content, [3], "tool_use")))


@pytest.mark.parametrize(
    "pieces", ['{"a": 1', "", '{"a": 1e9999999999999999999999}', "[" * 100_000, "[1]", '"x"']
)
def test_an_input_that_does_not_come_whole_is_empty(pieces: str) -> None:
    """A tool's input that was cut off, or is no object, is none, and the call still counts."""
    events: list[dict[str, Any]] = [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "name": "book"}},
        {
            "type": "content_block_delta", "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": pieces},
        },
    ]  # fmt: skip
    assert Reply("", (ToolCall("book", {}),)) == reply_of_events(decoded(events))


def test_the_input_that_a_block_begins_with_stands_without_pieces() -> None:
    """A recorder may have put the input into the block's beginning."""
    block = {"type": "tool_use", "name": "book", "input": {"a": 1}}
    events = [{"type": "content_block_start", "index": 0, "content_block": block}]
    assert Reply("", (ToolCall("book", {"a": 1}),)) == reply_of_events(decoded(events))


def test_pieces_count_for_the_kind_of_their_block_only() -> None:
    """A piece of JSON is no text, a piece of text no JSON, and a piece without its block nothing."""
    events: list[dict[str, Any]] = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "early"}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "a"}},
        {"type": "content_block_delta", "index": 0, "delta": {"partial_json": "{}"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "b"}},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "thinking"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "no"}},
        {"type": "content_block_start", "index": 2, "content_block": "no block"},
        {"type": "content_block_delta", "index": 2, "delta": {"type": "text_delta", "text": "no"}},
        {"type": "content_block_delta", "index": 0, "delta": "no delta"},
        {"type": "content_block_start", "index": "0", "content_block": {"type": "text", "text": "no"}},
    ]
    assert Reply("ab") == reply_of_events(decoded(events))


def test_the_last_reason_to_stop_that_is_told_counts() -> None:
    """A later event without one takes nothing back."""
    ends: list[object] = ["max_tokens", None, 7]
    events = [{"type": "message_delta", "delta": {"stop_reason": reason}} for reason in ends]
    assert Reply(stop_reason="max_tokens") == reply_of_events(decoded(events))


@given(st.dictionaries(st.sampled_from(["content", "stop_reason", "type", "text", "input"]), values))
def test_any_message_gives_a_reply(fields: dict[str, Any]) -> None:
    """Whatever its fields hold."""
    assert isinstance(reply_of(fields), Reply)
    assert isinstance(reply_of({"content": [fields, *fields.values()]}), Reply)


names = st.sampled_from([
    "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
])  # fmt: skip
blocks = st.fixed_dictionaries(
    {}, optional={"type": texts | st.just("tool_use"), "text": values, "input": values}
)
deltas = st.fixed_dictionaries({}, optional={"text": values, "partial_json": values, "stop_reason": values})
events = st.fixed_dictionaries(
    {"type": names | values},
    optional={
        "index": st.integers(0, 2) | values,
        "content_block": blocks | values,
        "delta": deltas | values,
    },
)


@given(st.lists(events.map(written) | st.binary(max_size=20), max_size=8))
def test_any_events_give_a_reply(data: list[bytes]) -> None:
    """Damaged, unknown and misplaced ones are passed over."""
    assert isinstance(reply_of_events(Event("message", one) for one in data), Reply)


def test_data_nested_beyond_reason_are_passed_over() -> None:
    """They are damage."""
    deep = b'{"type":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    data = [deep, b'{"a":1e99999999999999999999}', b"[1]", b"7", b"{"]
    assert Reply() == reply_of_events(Event("message", one) for one in data)
