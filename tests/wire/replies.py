"""Answers of the Messages API, whole and as a stream that says the same."""

import json
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import strategies as st

from modelmix.wire.sse import Event

_encode = msgspec.json.Encoder(decimal_format="number").encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(-(10**20), 10**20) | st.decimals(allow_nan=False, allow_infinity=False, places=3)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
blocks = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, texts),
    st.builds(
        lambda name, given: {"type": "tool_use", "id": "toolu_1", "name": name, "input": given},
        texts,
        st.dictionaries(texts, values, max_size=3),
    ),
    st.builds(lambda text: {"type": "thinking", "thinking": text, "signature": "c2ln"}, texts),
    st.just({"type": "redacted_thinking", "data": "x"}),
    st.just({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}),
    st.just({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}),
    st.just({"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}}),
)
contents = st.lists(blocks, max_size=5)
cuts = st.lists(st.integers(0, 40), max_size=4)


def message(content: Sequence[dict[str, Any]], stop_reason: str = "end_turn") -> dict[str, Any]:
    """Make a whole answer."""
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5",
        "content": list(content), "stop_reason": stop_reason, "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 7},
    }  # fmt: skip


def stream(
    content: Sequence[dict[str, Any]], cut_at: Sequence[int] = (), stop_reason: str = "end_turn"
) -> list[dict[str, Any]]:
    """Make the events of the same answer, its texts and inputs cut into pieces."""
    begun = {
        **message((), stop_reason),
        "stop_reason": None,
        "usage": {"input_tokens": 5, "output_tokens": 1},
    }
    events: list[dict[str, Any]] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for index, block in enumerate(content):
        shell, deltas = _parted(block, cut_at)
        events.append({"type": "content_block_start", "index": index, "content_block": shell})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    end = {"stop_reason": stop_reason, "stop_sequence": None}
    usage = {"input_tokens": 5, "output_tokens": 7}
    return [*events, {"type": "message_delta", "delta": end, "usage": usage}, {"type": "message_stop"}]


def written(fields: object) -> bytes:
    """Write JSON with numbers as exact as they are."""
    return _encode(fields)


def sse(events: Sequence[dict[str, Any]]) -> str:
    """Write events as the text of a stream."""
    return "".join(f"event: {event['type']}\ndata: {written(event).decode()}\n\n" for event in events)


def decoded(events: Sequence[dict[str, Any]]) -> list[Event]:
    """Return events as the decoder of streams gives them out."""
    return [Event(str(event["type"]), written(event)) for event in events]


def exact(document: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value as a reader of logs decodes it."""
    return json.loads(written(document), parse_float=Decimal)


def _parted(block: dict[str, Any], cut_at: Sequence[int]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if block["type"] == "text":
        pieces = _pieces(block["text"], cut_at)
        return {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces]
    if block["type"] in {"tool_use", "server_tool_use"}:
        pieces = _pieces(written(block["input"]).decode(), cut_at)
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        return {**block, "input": {}}, deltas
    if block["type"] == "thinking":
        pieces = _pieces(block["thinking"], cut_at)
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
        return {**block, "thinking": "", "signature": ""}, [
            *deltas,
            {"type": "signature_delta", "signature": "c2ln"},
        ]
    return block, []


def _pieces(text: str, cut_at: Sequence[int]) -> list[str]:
    places = sorted({0, len(text), *(at for at in cut_at if at < len(text))})
    return [text[a:b] for a, b in pairwise(places)]
