"""Claude Code transcripts: one file's lines in, calls out.

A line is a call if its ``message`` has a ``usage``, whatever its ``type`` says. One call stands in several
lines, one per content block, with the same message id and a growing output count: each of them becomes a
call with the same ``call_id``, and ``Merge`` keeps the one that supersedes the others.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from msgspec import Meta, Struct

from modelmix.core.call import BadRow, Call
from modelmix.core.candidate import Effort, plain_model_id
from modelmix.core.usage import Usage
from modelmix.ingest.api_usage import ApiUsage, buckets
from modelmix.ingest.number import claim_usd
from modelmix.ingest.row import BYTE_ORDER_MARK, RowDecoder, Unreadable, plain

SOURCE = "claude-code"
SYNTHETIC = "<synthetic>"
"""Model of a message that the client wrote itself, such as an API error: nothing was billed."""

Name = Annotated[str, Meta(max_length=512)]
"""An identifier; a longer one is damage, not a name."""

_EFFORTS = {effort.value: effort for effort in Effort}
_plain = lru_cache(maxsize=1024)(plain_model_id)


class _Message(Struct, gc=False):
    id: Name | None = None
    model: Name | None = None
    stop_reason: Name | None = None
    usage: ApiUsage | None = None


class _Line(
    Struct,
    gc=False,
    rename={
        "session_id": "sessionId",
        "request_id": "requestId",
        "is_sidechain": "isSidechain",
        "is_error": "isApiErrorMessage",
        "cost_usd": "costUSD",
    },
):
    message: _Message | None = None
    timestamp: datetime | None = None
    session_id: Name | None = None
    request_id: Name | None = None
    uuid: Name | None = None
    is_sidechain: bool | None = None
    is_error: bool | None = None
    effort: Name | None = None
    cost_usd: Decimal | None = None


def read(rows: Iterable[bytes | Mapping[str, Any]], source: str) -> Iterator[Call | BadRow]:
    """Read the lines of one transcript.

    Blank lines and lines without ``message.usage`` are passed over, and so are messages of the model
    ``<synthetic>``. Sub-agents' lines (``isSidechain``) become calls with ``is_subagent``.

    Args:
        rows: Lines with or without their line ends, or mappings.
        source: Name of the file, for bad rows.

    Yields:
        A call per line that carries usage, or a bad row; no line raises.

    Source: transcripts as written up to 2026-11; the format is not documented as stable.
    """
    typed = RowDecoder(_Line).typed
    for number, row in enumerate(rows, 1):
        try:
            line = typed(row)
            message = line.message
            if message is None or message.usage is None or message.model == SYNTHETIC:
                continue
            yield _call(line, message, message.usage)
        except Unreadable as error:
            found = _second_look(row, number, source, str(error))
            if found is not None:
                yield found


def _call(line: _Line, message: _Message, api: ApiUsage) -> Call:
    if not message.model:
        raise Unreadable("message.model is missing")
    if line.timestamp is None:
        raise Unreadable("timestamp is missing")
    if api.is_empty:
        raise Unreadable("message.usage has neither input_tokens nor output_tokens")
    usage, write_split_known = buckets(api)
    at = _utc(line.timestamp)
    model = _plain(message.model)
    if not model:
        raise Unreadable("message.model is missing")
    return Call(
        call_id=message.id or line.request_id or line.uuid or _digest(line, model, usage),
        at=at,
        source=SOURCE,
        model_requested=model,
        model_served=model,
        usage=usage,
        request_id=line.request_id or "",
        session_id=line.session_id or "",
        is_subagent=line.is_sidechain is True,
        effort=_EFFORTS.get(line.effort) if line.effort else None,
        stop_reason=message.stop_reason or "",
        error="api_error" if line.is_error else "",
        batch=api.batch,
        fast=api.fast,
        us=api.us,
        write_split_known=write_split_known,
        reported_usd=None if line.cost_usd is None else claim_usd(line.cost_usd, "costUSD"),
    )


def _utc(at: datetime) -> datetime:
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise Unreadable("timestamp has no time zone")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise Unreadable("timestamp is outside the calendar") from error


def _digest(line: _Line, model: str, usage: Usage) -> str:
    # Without any id, copies of a line can only be told by what they say.
    said = (line.session_id, str(line.timestamp), model, usage)
    return f"digest-{hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()}"


def _second_look(row: bytes | Mapping[str, Any], number: int, source: str, why: str) -> Call | BadRow | None:
    """Decide what an unreadable row is: nothing at all, a line that is no call, or a bad row."""
    if isinstance(row, bytes):
        if not row or row.isspace():
            return None
        if number == 1 and row.startswith(BYTE_ORDER_MARK):
            return next(read([row[len(BYTE_ORDER_MARK) :]], source), None)
    try:
        value = plain(row)
    except Unreadable:
        return BadRow(source, number, why)
    if not isinstance(value, Mapping):
        return BadRow(source, number, "not a JSON object")
    message = value.get("message")
    if not isinstance(message, Mapping) or message.get("usage") is None or message.get("model") == SYNTHETIC:
        return None
    return BadRow(source, number, why)
