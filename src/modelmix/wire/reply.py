"""What a response says: its text and tool calls, from a message or a stream's events; never raises."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from modelmix.core.reply import Reply, ToolCall
from modelmix.wire.sse import Event

_PIECES: Final = {"text": "text", "tool_use": "partial_json"}
"""Kind of block → where its deltas have their pieces; blocks of other kinds are not put together."""

# Numbers stay as they were written, as in a recording that is no stream.
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def reply_of(message: Mapping[str, Any]) -> Reply:
    """Read a message of the API.

    Thinking, server tools and their results are passed over: only what a caller would act on is graded.

    Args:
        message: The decoded response.
    """
    content = message.get("content")
    texts: list[str] = []
    calls: list[ToolCall] = []
    for block in content if isinstance(content, list) else ():
        if not isinstance(block, Mapping):
            continue
        kind, text, arguments = block.get("type"), block.get("text"), block.get("input")
        if kind == "text" and isinstance(text, str):
            texts.append(text)
        elif kind == "tool_use":
            calls.append(
                ToolCall(_text(block.get("name")), arguments if isinstance(arguments, Mapping) else {})
            )
    return Reply("".join(texts), tuple(calls), _text(message.get("stop_reason")))


def reply_of_events(events: Iterable[Event]) -> Reply:
    """Read the events of a stream; damaged and unknown ones are passed over.

    Source: Messages API, streaming (2026-08-22).
    """
    gathered = _Gathered()
    for event in events:
        try:
            fields = _decode(event.data)
        except (ValueError, ArithmeticError, RecursionError):
            continue
        if isinstance(fields, dict):
            gathered.take(fields)
    return reply_of({"content": gathered.blocks(), "stop_reason": gathered.stop_reason})


class _Gathered:
    """Content blocks as their deltas come in."""

    def __init__(self) -> None:
        self.stop_reason = ""
        self._blocks: dict[int, dict[str, Any]] = {}
        self._pieces: dict[int, list[str]] = {}

    def take(self, fields: Mapping[str, Any]) -> None:
        """Take the data of the next event."""
        kind, index, delta = fields.get("type"), fields.get("index"), fields.get("delta")
        if kind == "message_delta" and isinstance(delta, Mapping):
            self.stop_reason = _text(delta.get("stop_reason")) or self.stop_reason
        elif not isinstance(index, int):
            return
        elif kind == "content_block_start" and isinstance(fields.get("content_block"), Mapping):
            self._blocks[index] = dict(fields["content_block"])
            self._pieces[index] = []
        elif kind == "content_block_delta" and index in self._blocks and isinstance(delta, Mapping):
            piece = delta.get(_PIECES.get(_text(self._blocks[index].get("type")), ""))
            if isinstance(piece, str):
                self._pieces[index].append(piece)

    def blocks(self) -> list[dict[str, Any]]:
        """Return the blocks in order, put together from their pieces."""
        return [self._whole(index, self._blocks[index]) for index in sorted(self._blocks)]

    def _whole(self, index: int, block: dict[str, Any]) -> dict[str, Any]:
        pieces = "".join(self._pieces[index])
        if block.get("type") == "text":
            return {**block, "text": _text(block.get("text")) + pieces}
        if block.get("type") == "tool_use" and pieces:
            try:
                return {**block, "input": _decode(pieces)}
            except (ValueError, ArithmeticError, RecursionError):
                return {**block, "input": {}}
        return block


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
