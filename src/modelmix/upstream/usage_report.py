"""The usage report: what the API itself has counted, by model, to learn what a lost answer cost."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from modelmix.core.usage import Usage
from modelmix.errors import UpstreamError
from modelmix.upstream.messages import Upstream

PATH: Final = b"/v1/organizations/usage_report/messages"

_LONGEST_BYTES: Final = 8 * 1024 * 1024
_MOST_PAGES: Final = 50
_MOST_BUCKETS: Final = 1440
_PATIENCE_S: Final = 20.0
"""For all pages together: nobody waits longer for what is only a check."""

_OK: Final = 200


@dataclass(frozen=True, slots=True)
class _Page:
    rows: list[Mapping[str, Any]]
    next_page: str


async def usage_since(
    upstream: Upstream, headers: list[tuple[bytes, bytes]], since: datetime, until: datetime
) -> dict[str, Usage] | None:
    """Ask what was used in a span, in whole minutes, by model.

    Args:
        upstream: The API.
        headers: Key and version.
        since: First instant; its whole minute counts.
        until: Last instant; its whole minute counts.

    Returns:
        Model → tokens, or None where the API gives no whole report: the key is not an administrator's, the
        span is too long for one query, it does not come in time, or it makes no sense.

    Source: usage report, GET /v1/organizations/usage_report/messages (2026-10).
    """
    start = since.astimezone(UTC).replace(second=0, microsecond=0)
    end = until.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    minutes = int((end - start).total_seconds()) // 60
    if not 0 < minutes <= _MOST_BUCKETS:
        return None
    query = [
        ("starting_at", f"{start:%Y-%m-%dT%H:%M:%SZ}"),
        ("ending_at", f"{end:%Y-%m-%dT%H:%M:%SZ}"),
        ("bucket_width", "1m"),
        ("group_by[]", "model"),
        ("limit", str(minutes)),
    ]
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await _all_pages(upstream, headers, query)
    except (UpstreamError, TimeoutError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


async def _all_pages(
    upstream: Upstream, headers: list[tuple[bytes, bytes]], query: list[tuple[str, str]]
) -> dict[str, Usage]:
    found: dict[str, Usage] = {}
    page = ""
    for _ in range(_MOST_PAGES):
        read = await _page(upstream, headers, urlencode([*query, ("page", page)] if page else query))
        for row in read.rows:
            model, usage = _row(row)
            found[model] = found.get(model, Usage()) + usage
        page = read.next_page
        if not page:
            return found
    raise ValueError("the report does not end")


async def _page(upstream: Upstream, headers: list[tuple[bytes, bytes]], query: str) -> _Page:
    response = await upstream.forward("GET", PATH, query.encode(), headers, None)
    try:
        body = bytearray()
        while chunk := await response.read():
            body += chunk
            if len(body) > _LONGEST_BYTES:
                raise ValueError("the report is too long")
    finally:
        response.close()
    if response.status != _OK:
        raise ValueError("no report")
    document = json.loads(bytes(body))
    rows = [row for bucket in document["data"] for row in bucket["results"]]
    following = document["next_page"] if document.get("has_more") else ""
    if not isinstance(following, str) or (document.get("has_more") and not following):
        raise ValueError("the next page has no name")
    return _Page(rows, following)


def _row(row: Mapping[str, Any]) -> tuple[str, Usage]:
    writes = row.get("cache_creation") or {}
    tools = row.get("server_tool_use") or {}
    usage = Usage(
        input_tokens=_count(row, "uncached_input_tokens"),
        cache_read_tokens=_count(row, "cache_read_input_tokens"),
        cache_write_5m_tokens=_count(writes, "ephemeral_5m_input_tokens"),
        cache_write_1h_tokens=_count(writes, "ephemeral_1h_input_tokens"),
        output_tokens=_count(row, "output_tokens"),
        web_search_requests=_count(tools, "web_search_requests"),
    )
    if not isinstance(row["model"], str):
        raise TypeError("a row names no model")
    return row["model"], usage


def _count(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is no count")
    return value
