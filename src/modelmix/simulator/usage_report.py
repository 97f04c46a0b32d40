"""Usage report: tokens by time, model, key and workspace, as the admin API reports them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelmix.simulator.charge import Charge
from modelmix.simulator.report_query import DIMENSIONS, ReportQuery, instant, page_token

MAX_GROUPS = 100
_MINUTE_SECONDS = 60
_Place = tuple[str | None, ...]
"""A value for each of the dimensions, in their order."""
_Rows = dict[_Place, list[int]]


@dataclass(slots=True)
class UsageReport:
    """What was used since the start, by minute and dimension, in tokens of each bucket."""

    _minutes: dict[int, _Rows] = field(default_factory=dict)

    def add(self, charge: Charge) -> None:
        """Count one call."""
        split = charge.split
        place: Mapping[str, str | None] = {
            "api_key_id": charge.api_key_id,
            "context_window": charge.context_window,
            "inference_geo": charge.inference_geo,
            "model": charge.model,
            "service_tier": charge.service_tier,
            "speed": charge.speed,
            "workspace_id": charge.workspace_id,
        }
        amounts = (split.uncached, split.read, split.written_5m, split.written_1h, charge.output_tokens)
        rows = self._minutes.setdefault(int(charge.at // _MINUTE_SECONDS), {})
        _count(rows, tuple(place.get(name) for name in DIMENSIONS), amounts)

    def page(self, query: ReportQuery) -> dict[str, Any]:
        """Return one page, exact to the token; a bucket without usage has no rows.

        Source: messages usage report (2026-10): a field that is not grouped by is null, and a bucket has at
        most its 100 largest groups.
        """
        buckets: dict[int, _Rows] = {start: {} for start in query.starts}
        wanted = tuple(query.filters.get(name) for name in DIMENSIONS)
        grouped = tuple(name in query.group_by for name in DIMENSIONS)
        for minute, rows in self._minutes.items():
            bucket = buckets.get(minute * _MINUTE_SECONDS // query.width * query.width)
            if bucket is None:
                continue
            for place, amounts in rows.items():
                if all(
                    values is None or value in values for value, values in zip(place, wanted, strict=True)
                ):
                    group = tuple(value if told else None for value, told in zip(place, grouped, strict=True))
                    _count(bucket, group, amounts)
        return {
            "data": [
                {
                    "starting_at": instant(start),
                    "ending_at": instant(start + query.width),
                    "results": [
                        _result(place, amounts, tells_speed=query.tells_speed)
                        for place, amounts in _largest(bucket)
                    ],
                }
                for start, bucket in buckets.items()
            ],
            "has_more": query.next_start is not None,
            "next_page": None if query.next_start is None else page_token(query.next_start),
        }


def _count(rows: _Rows, place: _Place, amounts: Sequence[int]) -> None:
    total = rows.get(place)
    rows[place] = list(amounts) if total is None else [a + b for a, b in zip(total, amounts, strict=True)]


def _largest(rows: _Rows) -> list[tuple[_Place, list[int]]]:
    ordered = sorted(rows.items(), key=lambda row: (-sum(row[1]), [value or "" for value in row[0]]))
    return ordered[:MAX_GROUPS]


def _result(place: _Place, amounts: Sequence[int], *, tells_speed: bool) -> dict[str, Any]:
    uncached, read, written_5m, written_1h, output = amounts
    fields = dict(zip(DIMENSIONS, place, strict=True))
    if not tells_speed:
        del fields["speed"]
    return {
        "uncached_input_tokens": uncached,
        "cache_creation": {
            "ephemeral_1h_input_tokens": written_1h,
            "ephemeral_5m_input_tokens": written_5m,
        },
        "cache_read_input_tokens": read,
        "output_tokens": output,
        "server_tool_use": {"web_search_requests": 0},
        **fields,
    }
