"""Report query: the question that a client puts to the usage report."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from modelmix.simulator import field
from modelmix.simulator.dialect import Dialect
from modelmix.simulator.failure import Failure

MAX_GROUP_BY = 5
WIDTHS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {"1d": (86_400, 7, 31), "1h": (3_600, 24, 168), "1m": (60, 60, 1_440)}
)
"""Bucket width → its seconds, and the default and the largest number of buckets of a page."""

DIMENSIONS = (
    "account_id", "api_key_id", "context_window", "inference_geo", "model", "service_account_id",
    "service_tier", "speed", "workspace_id",
)  # fmt: skip
"""Everything that usage can be grouped by."""

_SPEED_BETA = "fast-mode-2026-02-01"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:[Zz]|([+-]\d{2}:\d{2}))\Z", re.ASCII
)
_PAGE = "page_"
_SINGLE = ("starting_at", "ending_at", "bucket_width", "limit", "page")
_FILTERS: Mapping[str, tuple[str, field.Check]] = {
    "account_ids[]": ("account_id", field.text),
    "api_key_ids[]": ("api_key_id", field.text),
    "context_window[]": ("context_window", field.one_of("0-200k", "200k-1M")),
    "inference_geos[]": ("inference_geo", field.one_of("global", "us", "not_available")),
    "models[]": ("model", field.text),
    "service_account_ids[]": ("service_account_id", field.text),
    "service_tiers[]": (
        "service_tier",
        field.one_of("standard", "batch", "priority", "priority_on_demand", "flex", "flex_discount"),
    ),
    "speeds[]": ("speed", field.one_of("standard", "fast")),
    "workspace_ids[]": ("workspace_id", field.text),
}


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """A question that can be answered.

    Attributes:
        width: Seconds of a bucket.
        starts: Start of every bucket of this page, in seconds, oldest first.
        next_start: Start of the first bucket after this page, or None if there is none.
        group_by: Dimensions that rows are told apart by.
        filters: Dimension → values that count; a dimension that is not there counts whole.
        tells_speed: Whether rows have a ``speed``.
    """

    width: int
    starts: range
    next_start: int | None
    group_by: frozenset[str]
    filters: Mapping[str, frozenset[str]]
    tells_speed: bool


def read(pairs: Sequence[tuple[str, str]], dialect: Dialect, now: float) -> ReportQuery | Failure:
    """Read the query of a request.

    Args:
        pairs: Names and values in the order of the URL.
        dialect: Betas; ``speed`` needs one.
        now: Present second; no bucket begins after it.

    Returns:
        The query, or the first reason to refuse it. What is not documented is refused, not ignored: a
        ``group_by`` without its brackets would silently add everything up.

    Source: messages usage report (2026-10): buckets start at whole minutes, hours or days of UTC; those are
    returned that start on or after the start and end by the end; at most five dimensions.
    """
    tells_speed = dialect.has_beta(_SPEED_BETA)
    wrong = next(_complaints(pairs, tells_speed=tells_speed), None)
    if wrong is not None:
        return Failure(400, wrong)
    single = {name: value for name, value in pairs if name in _SINGLE}
    width, usual, _ = WIDTHS[single.get("bucket_width", "1d")]
    first = _floor(_seconds(single["starting_at"]) or 0, width)
    # The bucket of the present is returned, incomplete as it is, unless the query ends before it does.
    end = _floor(int(now), width) + width
    if "ending_at" in single:
        end = min(end, _floor(_seconds(single["ending_at"]) or 0, width))
    start = first
    if "page" in single:
        start = _page_start(single["page"])
        if start % width or not first <= start < end:
            return Failure(400, "page: Invalid page token")
    starts = range(start, max(start, end), width)
    limit = int(single.get("limit", usual))
    return ReportQuery(
        width=width,
        starts=starts[:limit],
        next_start=starts[limit] if len(starts) > limit else None,
        group_by=frozenset(value for name, value in pairs if name == "group_by[]"),
        filters={
            dimension: frozenset(value for name, value in pairs if name == asked)
            for asked, (dimension, _) in _FILTERS.items()
            if any(name == asked for name, _ in pairs)
        },
        tells_speed=tells_speed,
    )


def instant(seconds: int) -> str:
    """Return a second as an RFC 3339 timestamp."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def page_token(start: int) -> str:
    """Return the token of the page whose first bucket starts at a second."""
    return _PAGE + base64.b64encode(instant(start).encode()).decode()


def _complaints(pairs: Sequence[tuple[str, str]], *, tells_speed: bool) -> Iterator[str]:
    names = [name for name, _ in pairs]
    for name, value in pairs:
        if name in _SINGLE:
            yield from _single(name, value, names)
        elif name == "group_by[]":
            yield from field.one_of(*DIMENSIONS)(name, value)
        elif name in _FILTERS:
            yield from _FILTERS[name][1](name, value)
        else:
            yield f"{name}: Extra inputs are not permitted"
        if (name, value) == ("group_by[]", "speed") or name == "speeds[]":
            yield from () if tells_speed else (f"{name}: speed requires the {_SPEED_BETA} beta header",)
    if "starting_at" not in names:
        yield "starting_at: Field required"
    if len({value for name, value in pairs if name == "group_by[]"}) > MAX_GROUP_BY:
        yield f"Cannot specify more than {MAX_GROUP_BY} group_by[] dimensions."
    yield from _together(dict(pairs))


def _single(name: str, value: str, names: Sequence[str]) -> Iterator[str]:
    if names.count(name) > 1:
        yield f"{name}: Only one value is permitted"
    if name in {"starting_at", "ending_at"} and _seconds(value) is None:
        yield f"{name}: Input should be an RFC 3339 timestamp with a time zone, from 1970 on"
    if name == "bucket_width":
        yield from field.one_of(*WIDTHS)(name, value)
    if name == "page" and _page_start(value) < 0:
        yield "page: Invalid page token"


def _together(single: Mapping[str, str]) -> Iterator[str]:
    _, _, most = WIDTHS.get(single.get("bucket_width", ""), WIDTHS["1d"])
    limit = single.get("limit", "1")
    if not limit.isascii() or not limit.isdecimal():
        yield "limit: Input should be a valid integer"
    elif not 1 <= int(limit[:9]) <= most:
        yield f"limit: Input should be between 1 and {most} for this bucket_width"
    start, end = (_seconds(single.get(name, "")) for name in ("starting_at", "ending_at"))
    if start is not None and end is not None and end <= start:
        yield "ending_at: Input should be after starting_at"


def _seconds(value: str) -> int | None:
    """Read a timestamp as whole seconds since 1970; None if it is none."""
    match = _INSTANT.match(value)
    if match is None:
        return None
    day, time, offset = match.groups()
    try:
        found = datetime.fromisoformat(f"{day}T{time}{offset or '+00:00'}")
    except ValueError:
        return None
    seconds = (found - _EPOCH) // timedelta(seconds=1)
    return seconds if seconds >= 0 else None


def _page_start(token: str) -> int:
    """Read a page token; -1 if it is none."""
    try:
        found = base64.b64decode(token.removeprefix(_PAGE), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return -1
    seconds = _seconds(found) if token.startswith(_PAGE) else None
    return -1 if seconds is None else seconds


def _floor(seconds: int, width: int) -> int:
    return seconds // width * width
