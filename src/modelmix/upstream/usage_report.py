"""The usage report: what the API itself has counted, by model, to learn what a lost answer cost."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from modelmix.core.usage import Usage
from modelmix.errors import UpstreamError
from modelmix.upstream.messages import Upstream

PATH: Final = b"/v1/organizations/usage_report/messages"

_LONGEST_BYTES: Final = 8 * 1024 * 1024
_MOST_PAGES: Final = 50
_MOST_BUCKETS: Final = 1440
_PATIENCE_S: Final = 10.0
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
        Model → tokens, or None where the API gives no report: the key is not an administrator's, the span is
        too long for one query, or the answer makes no sense.

    Source: usage report, GET /v1/organizations/usage_report/messages (2026-10).
    """
    start = since.replace(second=0, microsecond=0)
    end = until.replace(second=0, microsecond=0) + timedelta(minutes=1)
    minutes = int((end - start).total_seconds()) // 60
    if minutes > _MOST_BUCKETS:
        return None
    query = [
        ("starting_at", f"{start:%Y-%m-%dT%H:%M:%SZ}"),
        ("ending_at", f"{end:%Y-%m-%dT%H:%M:%SZ}"),
        ("bucket_width", "1m"),
        ("group_by[]", "model"),
        ("limit", str(minutes)),
    ]
    found: dict[str, Usage] = {}
    page = ""
    for _ in range(_MOST_PAGES):
        asked = urlencode([*query, ("page", page)] if page else query)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                read = await _page(upstream, headers, asked)
            for row in read.rows:
                model, usage = _row(row)
                found[model] = found.get(model, Usage()) + usage
        except (UpstreamError, TimeoutError, ValueError, TypeError, KeyError, AttributeError):
            return None
        page = read.next_page
        if not page:
            return found
    return None


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
    return _Page(rows, str(document.get("next_page") or "") if document.get("has_more") else "")


def _row(row: Mapping[str, Any]) -> tuple[str, Usage]:
    writes = row.get("cache_creation") or {}
    tools = row.get("server_tool_use") or {}
    usage = Usage(
        input_tokens=int(row.get("uncached_input_tokens") or 0),
        cache_read_tokens=int(row.get("cache_read_input_tokens") or 0),
        cache_write_5m_tokens=int(writes.get("ephemeral_5m_input_tokens") or 0),
        cache_write_1h_tokens=int(writes.get("ephemeral_1h_input_tokens") or 0),
        output_tokens=int(row.get("output_tokens") or 0),
        web_search_requests=int(tools.get("web_search_requests") or 0),
    )
    return str(row["model"]), usage
