"""Events: a finished message as the server-sent events of a stream."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

_PIECE = 48


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event.

    Attributes:
        name: Its name, which is also the ``type`` of its data.
        data: Its data.
        share: Share of the output that the client has once it has this event, in [0, 1].
    """

    name: str
    data: Mapping[str, Any]
    share: float = 0.0

    def encode(self) -> bytes:
        """Return the bytes on the wire."""
        return b"event: " + self.name.encode() + b"\ndata: " + msgspec.json.encode(self.data) + b"\n\n"


def events(message: Mapping[str, Any]) -> Iterator[Event]:
    """Yield the events of a message in their documented order; a ping follows the first block's start.

    Source: streaming (2026-08-22): ``message_start`` carries the input counts and a placeholder for output,
    ``message_delta`` the stop reason and the cumulative usage.
    """
    usage = message["usage"]
    opening = {
        **message,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1, "output_tokens_details": None},
    }
    yield _event("message_start", {"message": opening})
    if not message["content"]:
        yield _event("ping", {})
    pieces = [list(_pieces(block)) for block in message["content"]]
    whole, sent = max(1, sum(map(len, pieces))), 0
    for index, block in enumerate(message["content"]):
        share = sent / whole
        yield _event("content_block_start", {"index": index, "content_block": _empty(block)}, share)
        if index == 0:
            yield _event("ping", {}, share)
        for piece in pieces[index]:
            sent += 1
            yield _event("content_block_delta", {"index": index, "delta": piece}, sent / whole)
        yield _event("content_block_stop", {"index": index}, sent / whole)
    delta = {
        "stop_reason": message["stop_reason"],
        "stop_sequence": message["stop_sequence"],
        "stop_details": None,
        "container": None,
    }
    cumulative = {
        name: usage[name]
        for name in (
            "input_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
            "output_tokens",
            "output_tokens_details",
            "server_tool_use",
        )
    }
    yield _event("message_delta", {"delta": delta, "usage": cumulative}, 1.0)
    yield _event("message_stop", {}, 1.0)


def error_event(error: Mapping[str, Any]) -> Event:
    """Return an error as an event, as it comes after the status 200 has been sent."""
    return Event("error", error)


def _event(name: str, fields: Mapping[str, Any], share: float = 0.0) -> Event:
    return Event(name, {"type": name, **fields}, share)


def _empty(block: Mapping[str, Any]) -> dict[str, Any]:
    match block["type"]:
        case "text":
            return {**block, "text": ""}
        case "thinking":
            return {**block, "thinking": "", "signature": ""}
        case _:
            return {**block, "input": {}}


def _pieces(block: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    match block["type"]:
        case "text":
            for piece in _cut(block["text"]):
                yield {"type": "text_delta", "text": piece}
        case "thinking":
            for piece in _cut(block["thinking"]):
                yield {"type": "thinking_delta", "thinking": piece}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case _:
            yield {"type": "input_json_delta", "partial_json": ""}
            for piece in _cut(msgspec.json.encode(block["input"]).decode()):
                yield {"type": "input_json_delta", "partial_json": piece}


def _cut(text: str) -> Iterator[str]:
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]
