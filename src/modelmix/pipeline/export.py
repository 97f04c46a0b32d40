"""Export: what ledger and lake hold as JSONL, CSV or Parquet, row by row."""

import csv
import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from modelmix.core.call import Call
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Iteration
from modelmix.errors import PriceNotFound
from modelmix.ingest import outcomes as outcome_rows
from modelmix.pipeline.form import Form
from modelmix.store.chunks import Field
from modelmix.store.lake import OUTCOME_FIELDS
from modelmix.store.parquet import write

CALL_COLUMNS: Final = (
    Field("ts", "TIMESTAMP"),
    Field("call_id", "VARCHAR"),
    Field("request_id", "VARCHAR"),
    Field("session_id", "VARCHAR"),
    Field("source", "VARCHAR"),
    Field("is_subagent", "BOOLEAN"),
    Field("model_requested", "VARCHAR"),
    Field("model_served", "VARCHAR"),
    Field("service_tier", "VARCHAR"),
    Field("speed", "VARCHAR"),
    Field("inference_geo", "VARCHAR"),
    Field("effort", "VARCHAR", is_optional=True),
    Field("stream", "BOOLEAN"),
    Field("input_tokens", "BIGINT"),
    Field("cache_read_tokens", "BIGINT"),
    Field("cache_write_5m_tokens", "BIGINT"),
    Field("cache_write_1h_tokens", "BIGINT"),
    Field("output_tokens", "BIGINT"),
    Field("write_split_known", "BOOLEAN"),
    Field("web_search_requests", "BIGINT"),
    Field("web_fetch_requests", "BIGINT"),
    Field("iterations", "VARCHAR", is_optional=True),
    Field("stop_reason", "VARCHAR"),
    Field("status", "BIGINT"),
    Field("error", "VARCHAR"),
    Field("ttft_ms", "DOUBLE", is_optional=True),
    Field("latency_ms", "DOUBLE", is_optional=True),
    Field("cost_reported_usd", "VARCHAR", is_optional=True),
    Field("list_usd", "VARCHAR", is_optional=True),
    Field("task_type", "VARCHAR"),
    Field("task_source", "VARCHAR"),
    Field("template", "VARCHAR"),
    Field("reason", "VARCHAR"),
    Field("policy_sha256", "VARCHAR"),
)
"""Columns of an exported call.

``input_tokens`` are the uncached ones, amounts are exact decimal texts, and ``list_usd`` is null where there
is no price. Where there are ``iterations``, they are what is priced.
"""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TEXTS: Final = frozenset(outcome_rows.TEXTS)
_encode: Final = msgspec.json.Encoder().encode


def export_calls(calls: Iterable[Call], form: Form, writer: BinaryIO, book: PriceBook | None = None) -> int:
    """Write calls as canonical rows.

    Args:
        calls: The calls; passed over once and not held.
        form: Form of the rows.
        writer: Takes the bytes; it is left open.
        book: Prices for ``list_usd``; without it none is stated.

    Returns:
        How many rows were written.

    Raises:
        StoreError: Parquet could not be made.
        OSError: The writer takes no more.
    """
    return _write(CALL_COLUMNS, (_call_row(call, book) for call in calls), form, writer)


def export_outcomes(
    rows: Iterable[Mapping[str, Any]], form: Form, writer: BinaryIO, *, with_text: bool = False
) -> int:
    """Write outcomes as an outcome table, which can be imported again.

    Args:
        rows: Rows of the lake; passed over once and not held.
        form: Form of the rows.
        writer: Takes the bytes; it is left open.
        with_text: Whether prompts and answers that were kept are written.

    Returns:
        How many rows were written.

    Raises:
        StoreError: Parquet could not be made.
        OSError: The writer takes no more.
    """
    columns = tuple(column for column in OUTCOME_FIELDS if with_text or column.name not in _TEXTS)
    values = (tuple(row.get(column.name) for column in columns) for row in rows)
    return _write(columns, values, form, writer)


def _call_row(call: Call, book: PriceBook | None) -> tuple[Any, ...]:
    usage = call.usage
    return (
        call.at.astimezone(UTC),
        call.call_id,
        call.request_id,
        call.session_id,
        call.source,
        call.is_subagent,
        call.model_requested,
        call.model_served,
        "batch" if call.batch else "standard",
        "fast" if call.fast else "standard",
        "us" if call.us else "global",
        None if call.effort is None else call.effort.value,
        call.stream,
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_5m_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
        call.write_split_known,
        usage.web_search_requests,
        usage.web_fetch_requests,
        [_iteration(part) for part in usage.iterations] or None,
        call.stop_reason,
        call.status,
        call.error,
        call.ttft_ms,
        call.latency_ms,
        call.reported_usd,
        _list_usd(call, book),
        call.task_type,
        call.task_source,
        call.template,
        call.reason,
        call.policy_sha256,
    )


def _iteration(part: Iteration) -> dict[str, Any]:
    return {
        "type": part.kind,
        "model": part.model,
        "input_tokens": part.usage.input_tokens,
        "cache_read_tokens": part.usage.cache_read_tokens,
        "cache_write_5m_tokens": part.usage.cache_write_5m_tokens,
        "cache_write_1h_tokens": part.usage.cache_write_1h_tokens,
        "output_tokens": part.usage.output_tokens,
    }


def _list_usd(call: Call, book: PriceBook | None) -> Decimal | None:
    if book is None:
        return None
    try:
        cost = book.cost(call.usage, call.model_served, call.at, batch=call.batch, us=call.us, fast=call.fast)
    except PriceNotFound:
        return None
    return cost.total_usd


def _write(columns: Sequence[Field], rows: Iterable[Sequence[Any]], form: Form, writer: BinaryIO) -> int:
    if form is Form.PARQUET:
        return _write_parquet(columns, rows, writer)
    return _write_csv(columns, rows, writer) if form is Form.CSV else _write_jsonl(columns, rows, writer)


def _write_jsonl(columns: Sequence[Field], rows: Iterable[Sequence[Any]], writer: BinaryIO) -> int:
    names = [column.name for column in columns]
    count = 0
    for row in rows:
        fields = dict(zip(names, row, strict=True))
        writer.write(_encode(fields) + b"\n")
        count += 1
    return count


def _write_csv(columns: Sequence[Field], rows: Iterable[Sequence[Any]], writer: BinaryIO) -> int:
    count = 0
    text = io.TextIOWrapper(writer, "utf-8", newline="", write_through=True)
    try:
        table = csv.writer(text, lineterminator="\n")
        table.writerow([column.name for column in columns])
        for row in rows:
            table.writerow([_cell(value) for value in row])
            count += 1
    finally:
        text.detach()
    return count


def _cell(value: object) -> object:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return str(value)
        case datetime() | list():
            return _encode(value).decode().strip('"')
    return value


def _write_parquet(columns: Sequence[Field], rows: Iterable[Sequence[Any]], writer: BinaryIO) -> int:
    with tempfile.TemporaryDirectory(prefix="modelmix-export-") as name:
        folder = Path(name)
        file = folder / "rows.parquet"
        count = write(file, columns, _stored(rows), folder, keep_empty=True)
        with file.open("rb") as stream:
            shutil.copyfileobj(stream, writer)
        return count


def _stored(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for row in rows:
        yield [_storable(value) for value in row]


def _storable(value: object) -> object:
    match value:
        case Decimal():
            return str(value)
        case datetime():
            return (value - _EPOCH) // _MICROSECOND
        case list():
            return _encode(value).decode()
    return value
