"""The ``usage`` object of the Messages API, decoded by type and brought into disjoint buckets."""

from typing import Annotated

from msgspec import Meta, Struct

from modelmix.core.usage import Iteration, Usage

MOST_TOKENS = 2**40
"""Largest count that is believed: a million times the longest context window."""

Count = Annotated[int, Meta(ge=0, le=MOST_TOKENS)]


class CacheCreation(Struct, gc=False):
    """Cache writes by lifetime; absent in old logs."""

    ephemeral_5m_input_tokens: Count | None = 0
    ephemeral_1h_input_tokens: Count | None = 0


class ServerToolUse(Struct, gc=False):
    """Requests that server-side tools made."""

    web_search_requests: Count | None = 0
    web_fetch_requests: Count | None = 0


class ApiIteration(Struct, gc=False):
    """One sub-inference; it names its own model only where that is not the call's."""

    type: str | None = None
    model: str | None = None
    input_tokens: Count | None = 0
    output_tokens: Count | None = 0
    cache_read_input_tokens: Count | None = 0
    cache_creation_input_tokens: Count | None = 0
    cache_creation: CacheCreation | None = None


class ApiUsage(Struct, gc=False):
    """The ``usage`` object as it stands on the wire; every field may be absent or null.

    Source: Messages API reference, ``usage`` (2026-08-22).
    """

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_input_tokens: Count | None = 0
    cache_creation_input_tokens: Count | None = 0
    cache_creation: CacheCreation | None = None
    server_tool_use: ServerToolUse | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    iterations: list[ApiIteration] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it states neither input nor output: such an object counts nothing."""
        return self.input_tokens is None and self.output_tokens is None

    @property
    def batch(self) -> bool:
        """Whether the call was an item of a batch."""
        return self.service_tier == "batch"

    @property
    def fast(self) -> bool:
        """Whether fast mode was used."""
        return self.speed == "fast"

    @property
    def us(self) -> bool:
        """Whether inference was restricted to the US."""
        return self.inference_geo == "us"


def buckets(api: ApiUsage) -> tuple[Usage, bool]:
    """Bring the API's counts into disjoint buckets.

    Returns:
        The usage, and whether the lifetimes of all cache writes are known. Writes of unknown lifetime are
        in the five-minute bucket: none is lost, and none is priced higher than it can have cost.
    """
    writes_5m, writes_1h, known = _writes(api.cache_creation_input_tokens or 0, api.cache_creation)
    tools = api.server_tool_use
    iterations: tuple[Iteration, ...] = ()
    if api.iterations:
        parts = [_iteration(part) for part in api.iterations]
        iterations = tuple(part for part, _ in parts)
        known = known and all(split for _, split in parts)
    usage = Usage(
        api.input_tokens or 0,
        api.cache_read_input_tokens or 0,
        writes_5m,
        writes_1h,
        api.output_tokens or 0,
        (tools.web_search_requests or 0) if tools else 0,
        (tools.web_fetch_requests or 0) if tools else 0,
        iterations,
    )
    return usage, known


def _writes(total: int, split: CacheCreation | None) -> tuple[int, int, bool]:
    writes_5m = (split.ephemeral_5m_input_tokens or 0) if split else 0
    writes_1h = (split.ephemeral_1h_input_tokens or 0) if split else 0
    untold = total - writes_5m - writes_1h
    if untold > 0:
        return writes_5m + untold, writes_1h, False
    return writes_5m, writes_1h, True


def _iteration(part: ApiIteration) -> tuple[Iteration, bool]:
    writes_5m, writes_1h, known = _writes(part.cache_creation_input_tokens or 0, part.cache_creation)
    usage = Usage(
        part.input_tokens or 0,
        part.cache_read_input_tokens or 0,
        writes_5m,
        writes_1h,
        part.output_tokens or 0,
    )
    return Iteration(part.type or "message", part.model or "", usage), known
