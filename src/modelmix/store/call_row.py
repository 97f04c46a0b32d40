"""A call as a row of the ledger, and back."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, and_, func, literal_column, or_, select, tuple_
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert

from modelmix.core.call import Call
from modelmix.core.candidate import Effort
from modelmix.core.usage import Iteration, Usage
from modelmix.store import schema
from modelmix.store.records import Stored

Row = tuple[Any, ...]

MICROSECONDS_A_DAY: Final = 86_400_000_000

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_IN_FRONT: Final = attrgetter(
    "source", "model_requested", "model_served", "usage.input_tokens", "usage.cache_read_tokens",
    "usage.cache_write_5m_tokens", "usage.cache_write_1h_tokens", "usage.output_tokens",
    "usage.web_search_requests", "usage.web_fetch_requests",
)  # fmt: skip
_BEHIND: Final = attrgetter(
    "request_id", "session_id", "is_subagent", "task_type", "task_source", "template", "effort", "stream",
    "status", "stop_reason", "error", "batch", "fast", "us", "write_split_known",
)  # fmt: skip
_LAST: Final = attrgetter("reason", "policy_sha256", "ttft_ms", "latency_ms")
_COUNTS: Final = attrgetter(
    "input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens",
    "web_search_requests", "web_fetch_requests",
)  # fmt: skip

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[tuple[str, str, int, int, int, int, int, int, int]]).decode


def microseconds(at: datetime) -> int:
    """Return an aware instant as microseconds since 1970-01-01T00:00Z."""
    return (at - _EPOCH) // _MICROSECOND


def instant(at_us: int) -> datetime:
    """Return microseconds since 1970-01-01T00:00Z as an instant in UTC."""
    return _EPOCH + at_us * _MICROSECOND


def row_of(call: Call) -> Row:
    """Return a call as the values of ``schema.calls``, in its order of columns."""
    iterations = call.usage.iterations
    reported = call.reported_usd
    return (
        call.call_id,
        (call.at - _EPOCH) // _MICROSECOND,
        *_IN_FRONT(call),
        _packed(iterations) if iterations else None,
        *_BEHIND(call),
        None if reported is None else str(reported),
        *_LAST(call),
    )


def call_of(row: Sequence[Any]) -> Call:
    """Return the call that a row of ``schema.calls`` holds."""
    (
        call_id, at_us, source, requested, served, uncached, read, writes_5m, writes_1h, output, searches,
        fetches, iterations, request_id, session_id, is_subagent, task_type, task_source, template, effort,
        stream, status, stop_reason, error, batch, fast, us, write_split_known, reported_usd, reason,
        policy_sha256, ttft_ms, latency_ms,
    ) = row  # fmt: skip
    parts = _unpacked(iterations) if iterations else ()
    return Call(
        call_id=call_id,
        at=_EPOCH + at_us * _MICROSECOND,
        source=source,
        model_requested=requested,
        model_served=served,
        usage=Usage(uncached, read, writes_5m, writes_1h, output, searches, fetches, parts),
        request_id=request_id,
        session_id=session_id,
        is_subagent=bool(is_subagent),
        task_type=task_type,
        task_source=task_source,
        template=template,
        effort=None if effort is None else _EFFORTS[effort],
        stream=bool(stream),
        status=status,
        stop_reason=stop_reason,
        error=error,
        batch=bool(batch),
        fast=bool(fast),
        us=bool(us),
        write_split_known=bool(write_split_known),
        reported_usd=None if reported_usd is None else Decimal(reported_usd),
        reason=reason,
        policy_sha256=policy_sha256,
        ttft_ms=ttft_ms,
        latency_ms=latency_ms,
    )


_EFFORTS: Final = {effort.value: effort for effort in Effort}


def _packed(iterations: tuple[Iteration, ...]) -> str:
    return _encode([(part.kind, part.model, *_COUNTS(part.usage)) for part in iterations]).decode()


def _unpacked(text: str) -> tuple[Iteration, ...]:
    return tuple(Iteration(part[0], part[1], Usage(*part[2:])) for part in _decode(text))


def _compiled(make: Callable[[], Any]) -> str:
    return str(make().compile(dialect=sqlite.dialect(paramstyle="qmark")))


def _supersede() -> Any:  # noqa: ANN401 - a statement; its class is the dialect's
    """Build the upsert that keeps, of two copies, the one that by ``Call.supersedes`` beats the other.

    Where neither does, the earlier one stays, and of the same instant the one whose row is the smaller:
    so what is stored depends on the copies alone and not on their order.
    """
    statement = insert(schema.calls)
    new, old = statement.excluded, schema.calls.c
    tie = [column.name for column in schema.calls.c if column.name != "call_id"]

    def in_order(row: Any) -> Any:  # noqa: ANN401 - columns of either side
        return tuple_(
            *(
                func.ifnull(row[name], literal_column("''")) if old[name].nullable else row[name]
                for name in tie
            )
        )

    wins = or_(
        new.is_subagent < old.is_subagent,
        and_(
            new.is_subagent == old.is_subagent,
            or_(
                new.output_tokens > old.output_tokens,
                and_(new.output_tokens == old.output_tokens, in_order(new) < in_order(old)),
            ),
        ),
    )
    changed = {name: new[name] for name in tie}
    return statement.on_conflict_do_update(index_elements=["call_id"], set_=changed, where=wins)


INSERT_NEW: Final = _compiled(lambda: insert(schema.calls).on_conflict_do_nothing(index_elements=["call_id"]))
"""Keeps rows whose call is not there yet."""

SUPERSEDE: Final = _compiled(_supersede)
"""Replaces the rows of calls that the given copies supersede."""

_MARK_DAY: Final = (
    "INSERT INTO days (day, changes, in_lake) VALUES (?, 1, 0) "
    "ON CONFLICT (day) DO UPDATE SET changes = changes + 1"
)


def put_rows(connection: Connection, rows: Sequence[Row]) -> Stored:
    """Keep calls, each id once, in the transaction of a connection, and mark their days as changed."""
    days = {row[1] // MICROSECONDS_A_DAY for row in rows}
    new = connection.exec_driver_sql(INSERT_NEW, list(rows)).rowcount
    replaced = 0
    if new < len(rows):
        days |= _days_of_stored(connection, rows)
        replaced = connection.exec_driver_sql(SUPERSEDE, list(rows)).rowcount
    if new or replaced:
        connection.exec_driver_sql(_MARK_DAY, [(day,) for day in days])
    return Stored(new, replaced, len(rows) - new - replaced)


def _days_of_stored(connection: Connection, rows: Sequence[Row]) -> set[int]:
    """Return the days on which the stored copies of these rows lie: a row that is replaced leaves its day."""
    stored = select(schema.calls.c.at_us).where(schema.calls.c.call_id.in_([row[0] for row in rows]))
    return {at_us // MICROSECONDS_A_DAY for (at_us,) in connection.execute(stored)}
