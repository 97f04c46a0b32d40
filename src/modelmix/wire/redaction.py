"""Redaction: requests and answers of the Messages API with their secrets masked; best effort.

What is encoded by its nature (images, documents, signatures of thinking) is left as it is but for keys that
say themselves what they are: the API would refuse it otherwise.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from modelmix.wire.secret import masked, masked_keys, masked_value
from modelmix.wire.sse import SseDecoder

_ENCODED: Mapping[str, frozenset[str]] = {
    "data": frozenset({"base64", "redacted_thinking"}),
    "signature": frozenset({"thinking", "signature_delta"}),
    "encrypted_content": frozenset({"web_search_result", "web_fetch_result", "compaction"}),
    "encrypted_index": frozenset({"web_search_result_location"}),
}
"""Field → types of the blocks in which it holds what only the API reads. Source: API reference (2026-11)."""

_DELTAS: Mapping[str, str] = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
}
"""Type of a delta → its field that grows piece by piece."""


def redacted(value: object, name: str = "") -> Any:  # noqa: ANN401 - any JSON value
    """Return a decoded JSON value with its secrets masked, names of fields included.

    Args:
        value: The value.
        name: Name of the field that holds it, or empty.

    Raises:
        RecursionError: It is nested too deeply.
    """
    if isinstance(value, str):
        return masked_value(name, value)
    if isinstance(value, list):
        return [redacted(item, name) for item in value]
    if isinstance(value, dict):
        return _object(value)
    return value


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    kind = fields.get("type")
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        shown = masked(name)
        while shown in kept:
            shown += "_"
        if isinstance(value, str) and isinstance(kind, str) and kind in _ENCODED.get(name, ()):
            kept[shown] = masked_keys(value)
        else:
            kept[shown] = redacted(value, name)
    return kept


def redacted_json(document: bytes) -> bytes:
    """Return a JSON document with its secrets masked, on one line.

    Raises:
        ValueError: It is not JSON in UTF-8.
        RecursionError: It is nested too deeply.
    """
    return msgspec.json.encode(redacted(msgspec.json.decode(document)))


def redacted_stream(stream: bytes) -> str:
    """Return the text of a stream with its secrets masked, those too that were cut into pieces.

    All pieces of a block stand in its first delta, in place of many; every other event keeps its place.

    Args:
        stream: Bytes of the whole stream, not compressed.

    Raises:
        RecursionError: An event is nested too deeply.
    """
    gathering = _Gathering()
    for event in SseDecoder(len(stream) + 1).feed(stream + b"\n\n"):
        gathering.add(event.name, event.data)
    return gathering.text()


class _Gathering:
    """The events of one stream, the pieces of each block joined."""

    __slots__ = ("_events", "_pieces")

    def __init__(self) -> None:
        self._events: list[tuple[str, Any]] = []
        self._pieces: dict[tuple[object, str], list[str]] = {}

    def add(self, name: str, data: bytes) -> None:
        """Take the next event."""
        try:
            fields: object = msgspec.json.decode(data, type=dict[str, Any])
        except ValueError:
            fields = data.decode("utf-8", "replace")
        pieces = self._pieces_of(fields)
        if pieces is None:
            self._events.append((name, redacted(fields)))
            return
        place, piece = pieces
        if place not in self._pieces:
            self._pieces[place] = []
            self._events.append((name, (place, fields)))
        self._pieces[place].append(piece)

    def _pieces_of(self, fields: object) -> tuple[tuple[object, str], str] | None:
        delta = fields.get("delta") if isinstance(fields, dict) else None
        kind = delta.get("type") if isinstance(delta, dict) else None
        name = _DELTAS.get(kind) if isinstance(kind, str) else None
        piece = delta.get(name) if isinstance(delta, dict) and name is not None else None
        index = fields.get("index") if isinstance(fields, dict) else None
        if name is None or not isinstance(piece, str) or not isinstance(index, int):
            return None
        return (index, name), piece

    def text(self) -> str:
        """Write the stream."""
        lines: list[str] = []
        for name, held in self._events:
            if isinstance(held, tuple):
                place, fields = held
                whole = "".join(self._pieces[place])
                shown = _masked_json(whole) if place[1] == "partial_json" else masked(whole)
                held = {**redacted(fields), "delta": {**redacted(fields["delta"]), place[1]: shown}}  # noqa: PLW2901 - the event with its text
            if name != "message":
                lines.append(f"event: {name}\n")
            lines.append(f"data: {held if isinstance(held, str) else msgspec.json.encode(held).decode()}\n\n")
        return "".join(lines)


def _masked_json(text: str) -> str:
    try:
        return redacted_json(text.encode()).decode()
    except ValueError:
        return masked(text)  # cut off by the model's limit
