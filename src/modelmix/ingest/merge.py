"""Merge: copies of calls in, each distinct call once, in little memory."""

import heapq
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import msgspec

from modelmix.core.call import Call
from modelmix.core.usage import Iteration, Usage

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FREE: Final = 0xFFFFFFFF
_HASH_BITS: Final = 0xFFFFFFFFFFFFFFFF
_ROW_BITS: Final = 32
_SLOTS_AT_FIRST: Final = 1024
_RUN: Final = 1 << 16
_WASTE_AT_LEAST: Final = 1 << 16

_KIND: Final = (
    "is_subagent", "source", "model_requested", "model_served", "task_type", "task_source", "template",
    "effort", "stream", "status", "stop_reason", "error", "batch", "fast", "us", "write_split_known",
    "reason", "policy_sha256",
)  # fmt: skip
"""Fields that many calls share; each combination is kept once."""

_NOTHING_RARE: Final[tuple[Any, ...]] = (0, 0, [], None, None, None)
"""Searches, fetches, iterations, reported cost, times: not written for the many calls that have none."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Merge:
    """De-duplicates calls by ``call_id``, keeping the copy that by ``Call.supersedes`` beats the others.

    The order of arrival changes nothing, but that of two copies of which neither supersedes the other the
    first is kept. Calls stand in columns: counts in arrays, what few calls differ in (models, task type,
    flags) once per combination, identifiers packed end to end. That takes about 150 bytes per distinct call
    with the identifiers of the Messages API.

    Token counts must be below 2**63 and texts valid Unicode; the readers see to both.
    """

    __slots__ = (
        "_at", "_blob", "_copies", "_counts", "_hash", "_kind", "_kinds", "_session", "_sessions", "_size",
        "_slots", "_start", "_waste",
    )  # fmt: skip

    def __init__(self) -> None:
        self._copies = 0
        self._hash = array("Q")
        self._at = array("q")
        self._counts = tuple(array("q") for _ in range(5))
        self._kinds = _Once()
        self._kind = array("I")
        self._sessions = _Once()
        self._session = array("I")
        self._blob = bytearray()
        self._start = array("Q")
        self._size = array("I")
        self._waste = 0
        self._slots = array("I", [_FREE]) * _SLOTS_AT_FIRST

    def __len__(self) -> int:
        """Number of distinct calls."""
        return len(self._hash)

    @property
    def copies(self) -> int:
        """Number of calls added that were another copy of one already there."""
        return self._copies

    def add(self, call: Call) -> None:
        """Take in one copy of a call."""
        hashed = hash(call.call_id) & _HASH_BITS
        slot = self._find(hashed, call.call_id)
        row = self._slots[slot]
        if row != _FREE:
            self._copies += 1
            if self._is_superseded(row, call):
                self._replace(row, call)
            return
        self._slots[slot] = len(self._hash)
        self._append(hashed, call)
        if 3 * len(self._hash) > 2 * len(self._slots):
            self._grow()

    def calls(self) -> Iterator[Call]:
        """Yield each distinct call once, by time, then by id."""
        # Sorted in runs: one sorted list of all keys would cost as much as half of the columns.
        runs = [self._run(begin) for begin in range(0, len(self), _RUN)]
        order = heapq.merge(*(map(self._key, run) for run in runs))
        for _, same_instant in groupby(order, lambda key: key >> _ROW_BITS):
            found = [self._call(key & _FREE) for key in same_instant]
            if len(found) > 1:
                found.sort(key=lambda call: call.call_id)
            yield from found

    def _run(self, begin: int) -> "array[int]":
        rows = range(begin, min(begin + _RUN, len(self)))
        return array("I", sorted(rows, key=self._key))

    def _key(self, row: int) -> int:
        return (self._at[row] << _ROW_BITS) | row

    def _find(self, hashed: int, call_id: str) -> int:
        slots, hashes, mask = self._slots, self._hash, len(self._slots) - 1
        slot = hashed & mask
        while (row := slots[slot]) != _FREE:
            # Equal hashes prove nothing: the identifier itself decides.
            if hashes[row] == hashed and self._record(row)[0] == call_id:
                break
            slot = (slot + 1) & mask
        return slot

    def _is_superseded(self, row: int, call: Call) -> bool:
        # The rule of Call.supersedes, on columns.
        row_is_subagent = self._kinds.values[self._kind[row]][0]
        if call.is_subagent != row_is_subagent:
            return bool(row_is_subagent)
        return call.usage.output_tokens > self._counts[-1][row]

    def _append(self, hashed: int, call: Call) -> None:
        self._hash.append(hashed)
        self._at.append((call.at - _EPOCH) // _MICROSECOND)
        for column, count in zip(self._counts, _counts(call.usage), strict=True):
            column.append(count)
        self._kind.append(self._kinds.index(_kind(call)))
        self._session.append(self._sessions.index(call.session_id))
        record = _packed(call)
        self._start.append(len(self._blob))
        self._size.append(len(record))
        self._blob += record

    def _replace(self, row: int, call: Call) -> None:
        self._at[row] = (call.at - _EPOCH) // _MICROSECOND
        for column, count in zip(self._counts, _counts(call.usage), strict=True):
            column[row] = count
        self._kind[row] = self._kinds.index(_kind(call))
        self._session[row] = self._sessions.index(call.session_id)
        record = _packed(call)
        start, size = self._start[row], self._size[row]
        self._size[row] = len(record)
        if len(record) <= size:
            self._blob[start : start + len(record)] = record
            self._waste += size - len(record)
            return
        self._start[row] = len(self._blob)
        self._blob += record
        self._waste += size
        if self._waste > max(_WASTE_AT_LEAST, len(self._blob) // 4):
            self._pack_again()

    def _pack_again(self) -> None:
        packed = bytearray()
        for row, (start, size) in enumerate(zip(self._start, self._size, strict=True)):
            self._start[row] = len(packed)
            packed += self._blob[start : start + size]
        self._blob = packed
        self._waste = 0

    def _grow(self) -> None:
        slots = array("I", [_FREE]) * (2 * len(self._slots))
        mask = len(slots) - 1
        for row, hashed in enumerate(self._hash):
            slot = hashed & mask
            while slots[slot] != _FREE:
                slot = (slot + 1) & mask
            slots[slot] = row
        self._slots = slots

    def _record(self, row: int) -> list[Any]:
        start = self._start[row]
        record: list[Any] = _decode(self._blob[start : start + self._size[row]])
        return record

    def _call(self, row: int) -> Call:
        call_id, request_id, *rest = self._record(row)
        totals = [column[row] for column in self._counts]
        searches, fetches, iterations, reported, ttft, latency = rest or _NOTHING_RARE
        parts = tuple(_iteration(part, totals) for part in iterations)
        uncached, read, writes_5m, writes_1h, output = totals
        usage = Usage(uncached, read, writes_5m, writes_1h, output, searches, fetches, parts)
        return Call(
            call_id=call_id,
            at=_EPOCH + self._at[row] * _MICROSECOND,
            usage=usage,
            request_id=request_id,
            session_id=self._sessions.values[self._session[row]],
            reported_usd=None if reported is None else Decimal(reported),
            ttft_ms=ttft,
            latency_ms=latency,
            **dict(zip(_KIND, self._kinds.values[self._kind[row]], strict=True)),
        )


class _Once:
    """Values, each kept once and known by its index."""

    __slots__ = ("_index", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._index: dict[Any, int] = {}

    def index(self, value: object) -> int:
        found = self._index.get(value)
        if found is None:
            found = self._index[value] = len(self.values)
            self.values.append(value)
        return found


def _kind(call: Call) -> tuple[Any, ...]:
    return (
        call.is_subagent, call.source, call.model_requested, call.model_served, call.task_type,
        call.task_source, call.template, call.effort, call.stream, call.status, call.stop_reason, call.error,
        call.batch, call.fast, call.us, call.write_split_known, call.reason, call.policy_sha256,
    )  # fmt: skip


def _counts(usage: Usage) -> tuple[int, ...]:
    return (
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_5m_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
    )


def _packed(call: Call) -> bytes:
    usage = call.usage
    rare = (
        usage.web_search_requests,
        usage.web_fetch_requests,
        [_packable(part, _counts(usage)) for part in usage.iterations],
        None if call.reported_usd is None else str(call.reported_usd),
        call.ttft_ms,
        call.latency_ms,
    )
    if rare == _NOTHING_RARE:
        return _encode((call.call_id, call.request_id))
    return _encode((call.call_id, call.request_id, *rare))


def _packable(part: Iteration, totals: tuple[int, ...]) -> tuple[Any, ...]:
    counts = (*_counts(part.usage), part.usage.web_search_requests, part.usage.web_fetch_requests)
    # A call that ran once repeats its totals as its only iteration; they need not be kept twice.
    return (part.kind, part.model) if counts == (*totals, 0, 0) else (part.kind, part.model, *counts)


def _iteration(packed: list[Any], totals: list[int]) -> Iteration:
    kind, model, *counts = packed
    return Iteration(kind, model, Usage(*(counts or totals)))
