"""Usage as the API states it, brought into disjoint buckets; never raises."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelmix.core.usage import Iteration, Usage

MOST_COUNTED = 2**40
"""Largest count that is believed: a million times the longest context window."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a ``usage`` object states.

    Attributes:
        usage: Tokens in disjoint buckets, or None where the object cannot be trusted.
        write_split_known: Whether the lifetimes of all cache writes are known; writes of unknown lifetime
            are in the five-minute bucket.
        batch: Whether the call was an item of a batch.
        fast: Whether fast mode was used.
        us: Whether inference was restricted to the US.
        why: Why ``usage`` is None, or empty.
    """

    usage: Usage | None
    write_split_known: bool = True
    batch: bool = False
    fast: bool = False
    us: bool = False
    why: str = ""


class _Untold(Exception):  # noqa: N818 - on its way to becoming a value; it never leaves this file
    """A field holds no count."""


def stated(fields: object) -> Stated:
    """Read a ``usage`` object.

    Absent and null counts are zero, unknown fields are ignored. An object that states neither input nor
    output, or holds a count that is negative, fractional, or beyond belief, is not trusted at all.

    Args:
        fields: The decoded JSON value.

    Source: Messages API reference, ``usage`` (2026-08-22).
    """
    if not isinstance(fields, Mapping):
        return Stated(None, why="there is no usage object")
    if fields.get("input_tokens") is None and fields.get("output_tokens") is None:
        return Stated(None, why="usage states neither input_tokens nor output_tokens")
    try:
        usage, known = _buckets(fields)
        tools = _object(fields, "server_tool_use")
        parts = [_iteration(part) for part in _list(fields, "iterations")]
        whole = Usage(
            usage.input_tokens,
            usage.cache_read_tokens,
            usage.cache_write_5m_tokens,
            usage.cache_write_1h_tokens,
            usage.output_tokens,
            _count(tools, "web_search_requests"),
            _count(tools, "web_fetch_requests"),
            tuple(part for part, _ in parts),
        )
    except _Untold as untold:
        return Stated(None, why=f"usage has no sound {untold}")
    return Stated(
        whole,
        known and all(split for _, split in parts),
        fields.get("service_tier") == "batch",
        fields.get("speed") == "fast",
        fields.get("inference_geo") == "us",
    )


def merged(start: object, delta: object) -> object:
    """Merge the usage of ``message_start`` with that of a later ``message_delta``.

    The counts of a delta are cumulative: what it states replaces what was stated before, what it leaves out
    or states as null stays. A total of cache writes that changes without its split leaves the old split
    behind, which `stated` then reports as not known.

    Args:
        start: The decoded usage so far.
        delta: The decoded usage of the delta.

    Returns:
        The later state; the one argument that is an object if only one is.

    Source: Messages API, streaming (2026-08-22).
    """
    if not isinstance(delta, Mapping):
        return start
    if not isinstance(start, Mapping):
        return delta
    return {**start, **{key: value for key, value in delta.items() if value is not None}}


def _buckets(fields: Mapping[str, Any]) -> tuple[Usage, bool]:
    writes = _count(fields, "cache_creation_input_tokens")
    split = _object(fields, "cache_creation")
    writes_5m = _count(split, "ephemeral_5m_input_tokens")
    writes_1h = _count(split, "ephemeral_1h_input_tokens")
    untold = max(0, writes - writes_5m - writes_1h)
    usage = Usage(
        _count(fields, "input_tokens"),
        _count(fields, "cache_read_input_tokens"),
        writes_5m + untold,
        writes_1h,
        _count(fields, "output_tokens"),
    )
    return usage, untold == 0


def _iteration(part: object) -> tuple[Iteration, bool]:
    if not isinstance(part, Mapping):
        raise _Untold("iterations")
    usage, known = _buckets(part)
    return Iteration(_text(part, "type") or "message", _text(part, "model"), usage), known


def _count(fields: Mapping[str, Any], key: str) -> int:
    value = fields.get(key)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_COUNTED:
        raise _Untold(key)
    return value


def _object(fields: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = fields.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _Untold(key)
    return value


def _list(fields: Mapping[str, Any], key: str) -> list[Any]:
    value = fields.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _Untold(key)
    return value


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""
