"""Requests and responses of the Messages API, one pair per row: calls out, without their text."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from modelmix.classify.fingerprints import Fingerprints
from modelmix.classify.tag import task_type
from modelmix.core.call import BadRow, Call
from modelmix.core.candidate import Effort, plain_model_id
from modelmix.core.usage import Usage
from modelmix.ingest.number import claim_usd, finite
from modelmix.ingest.pair import PAIR_COLUMNS, Pair, first, pair
from modelmix.ingest.row import Unreadable, objects
from modelmix.wire.answer import Answer, StreamedAnswer
from modelmix.wire.sse import Event, SseDecoder
from modelmix.wire.usage import stated

SOURCE = "messages"

_AT = (
    "timestamp", "ts", "at", "time", "created_at", "request_created_at", "started_at", "start_time",
    "startTime",
)  # fmt: skip
_REQUEST_ID = ("request_id", "requestId")
_ROW_ID = ("call_id", "id", "custom_id", "response_id")
_SESSION = ("session_id", "sessionId", "conversation_id")
_TAG = ("task_type", "modelmix-task", "modelmix_task", "task")
_COST = ("cost_usd", "cost_reported_usd", "reported_usd")
_LATENCY = ("latency_ms", "duration_ms", "delay_ms")
_TTFT = ("ttft_ms", "time_to_first_token_ms", "time_to_first_token")
_LONGEST_NAME = 512
_LONGEST_WAIT_MS = 7 * 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MILLISECOND_STAMP = 10**11
_LAST_STAMP = 10**14
_EFFORTS = {effort.value: effort for effort in Effort}

_STATUS_OF_ERROR = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "conflict_error": 409, "request_too_large": 413, "rate_limit_error": 429,
    "api_error": 500, "timeout_error": 504, "overloaded_error": 529,
}  # fmt: skip
"""Source: Messages API reference, errors (2026-08-22)."""

_SERVER_FAULT = 500
FIRST_ERROR = 400

LOG_COLUMNS = frozenset((
    *_AT, *_REQUEST_ID, *_ROW_ID, *_SESSION, *_TAG, *_COST, *_LATENCY, *_TTFT, "is_subagent", *PAIR_COLUMNS,
))  # fmt: skip
"""What a log may write beside a body: no field of a request."""

# Numbers of a log are exact decimals.
_encode = msgspec.json.Encoder(decimal_format="number").encode


def read(rows: Iterable[bytes | Mapping[str, Any]], source: str) -> Iterator[Call | BadRow]:
    """Read request/response pairs.

    The shapes that ``pair`` knows are taken, with streamed responses as a list of events or as the text of
    the stream. A response that is an error becomes a call with its status and no tokens. The task type is the
    row's tag (``task_type``, header ``modelmix-task``, metadata), else the system prompt's template.

    Args:
        rows: Lines with or without their line ends, or mappings.
        source: Name of the file, for bad rows.

    Yields:
        A call per pair, or a bad row; blank lines give nothing, and no row raises.
    """
    fingerprints = Fingerprints()
    for number, row in objects(rows, source):
        try:
            yield row if isinstance(row, BadRow) else call_of(pair(row), fingerprints)
        except Unreadable as error:
            yield BadRow(source, number, str(error))


def call_of(found: Pair, fingerprints: Fingerprints) -> Call:
    """Meter one pair.

    Raises:
        Unreadable: It names no model, has no instant, or tells no tokens though it did not fail.
    """
    row, request, headers = found.row, found.request, found.headers
    answer, is_streamed = _answer(found)
    requested = plain_model_id(name_of(request.get("model")) or answer.model)
    if not requested:
        raise Unreadable("neither the request nor the response names a model")
    at = _instant(first(row, _AT))
    usage, status = _outcome(found, answer, is_streamed=is_streamed)
    told = found.response.get("usage") if isinstance(found.response, Mapping) else None
    template = fingerprints.of(request.get("system"))
    name, task_source = task_type(_tag(found), None, template)
    request_id = name_of(first(row, _REQUEST_ID)) or name_of(headers.get("request-id"))
    row_id = name_of(first(row, _ROW_ID))
    return Call(
        call_id=answer.message_id or request_id or row_id or _digest(at, requested, usage),
        at=at,
        source=SOURCE,
        model_requested=requested,
        model_served=plain_model_id(answer.model) or requested,
        usage=usage,
        request_id=request_id,
        session_id=name_of(first(row, _SESSION)) or name_of(headers.get("x-claude-code-session-id")),
        is_subagent=row.get("is_subagent") is True or bool(headers.get("x-claude-code-agent-id")),
        task_type=name,
        task_source=task_source,
        template=template.sha,
        effort=_effort(request.get("output_config")),
        stream=is_streamed or request.get("stream") is True,
        status=status,
        stop_reason=answer.stop_reason,
        error=answer.error,
        batch=found.batch or answer.stated.batch,
        fast=answer.stated.fast or _asked(request, told, "speed", "fast"),
        us=answer.stated.us or _asked(request, told, "inference_geo", "us"),
        write_split_known=answer.stated.write_split_known,
        reported_usd=_claim(first(row, _COST)),
        ttft_ms=_milliseconds(first(row, _TTFT)),
        latency_ms=_milliseconds(first(row, _LATENCY)),
    )


def _answer(found: Pair) -> tuple[Answer, bool]:
    """Read what is metered of the response, and whether it was streamed."""
    response = found.response
    if isinstance(response, str | list):
        return _gathered(events_of(response)), True
    if not isinstance(response, Mapping):
        error = _error_of(found.row.get("error"))
        if not error and (found.status or 0) < FIRST_ERROR:
            raise Unreadable("the response is missing")
        return Answer("", "", "", stated(None), error or "error"), False
    error = (_error_of(response.get("error")) or "error") if response.get("type") == "error" else ""
    message_id, model = name_of(response.get("id")), name_of(response.get("model"))
    return Answer(
        message_id, model, name_of(response.get("stop_reason")), stated(response.get("usage")), error
    ), False


def events_of(response: object) -> list[Event]:
    """Return the events of a recorded stream: its text, or a list of events; none of anything else."""
    if isinstance(response, str):
        # Two line ends complete the last event where the recorder cut them off.
        return SseDecoder().feed(response.encode("utf-8", "replace") + b"\n\n")
    return [_event(item) for item in response] if isinstance(response, list) else []


def _gathered(events: Iterable[Event]) -> Answer:
    gathering = StreamedAnswer()
    for event in events:
        gathering.add(event)
    answer = gathering.answer()
    texts = (answer.message_id, answer.model, answer.stop_reason, answer.error)
    message_id, model, stop_reason, error = map(name_of, texts)
    return Answer(message_id, model, stop_reason, answer.stated, error)


def _event(item: object) -> Event:
    """Make an event of a recorded one: its data, or data beside the event's name, or a line of the stream."""
    fields = item.get("data", item) if isinstance(item, Mapping) else item
    if isinstance(fields, str):
        return Event("message", fields.removeprefix("data:").encode("utf-8", "replace"))
    try:
        return Event("message", _encode(fields))
    except (TypeError, ValueError, RecursionError):
        return Event("damaged", b"")


def _outcome(found: Pair, answer: Answer, *, is_streamed: bool) -> tuple[Usage, int]:
    """Return tokens and status; only a failure may be without tokens."""
    status = found.status
    if status is None:
        # A stream that breaks off with an error began with a 200.
        by_type = 200 if is_streamed else _STATUS_OF_ERROR.get(answer.error, _SERVER_FAULT)
        status = by_type if answer.error else 200
    if answer.stated.usage is not None:
        return answer.stated.usage, status
    if answer.error or status >= FIRST_ERROR:
        return Usage(), status
    raise Unreadable(f"response: {answer.stated.why}")


def _tag(found: Pair) -> object:
    metadata = found.row.get("metadata")
    asked = found.request.get("metadata")
    return (
        found.headers.get("modelmix-task")
        or first(found.row, _TAG)
        or (first(metadata, _TAG) if isinstance(metadata, Mapping) else None)
        or (first(asked, _TAG) if isinstance(asked, Mapping) else None)
    )


def _asked(request: Mapping[str, Any], told: object, key: str, value: str) -> bool:
    # What the response says was used counts; where it is silent, what was asked for does.
    is_told = isinstance(told, Mapping) and told.get(key) is not None
    return not is_told and request.get(key) == value


def _effort(config: object) -> Effort | None:
    level = config.get("effort") if isinstance(config, Mapping) else None
    return _EFFORTS.get(level) if isinstance(level, str) else None


def _error_of(error: object) -> str:
    return name_of(error.get("type") if isinstance(error, Mapping) else error)


def name_of(value: object) -> str:
    """Return an identifier, or nothing where it is none, is longer than one can be, or cannot be stored."""
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        return ""
    # Half a surrogate pair, which JSON can write, is no text that a store could keep.
    return value if value.isascii() or value == value.encode("utf-8", "ignore").decode() else ""


def _instant(value: object) -> datetime:
    """Read an ISO 8601 text with its zone, or seconds or milliseconds since 1970."""
    if isinstance(value, str):
        value = _from_iso(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Unreadable("the timestamp has no time zone")
        try:
            return value.astimezone(UTC)
        except OverflowError as error:
            raise Unreadable("the timestamp is outside the calendar") from error
    if value is None:
        raise Unreadable("the timestamp is missing")
    stamp = finite(value)
    if stamp is None or not 0 < stamp < _LAST_STAMP:
        raise Unreadable("the timestamp is neither ISO 8601 nor seconds or milliseconds since 1970")
    seconds = stamp / 1000 if stamp >= _FIRST_MILLISECOND_STAMP else stamp
    return _EPOCH + timedelta(seconds=float(seconds))


def _from_iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable("the timestamp is not ISO 8601") from error


def _milliseconds(value: object) -> float | None:
    number = finite(value)
    return float(number) if number is not None and 0 <= number <= _LONGEST_WAIT_MS else None


def _claim(value: object) -> Decimal | None:
    return None if value is None else claim_usd(value, "the reported cost")


def _digest(at: datetime, model: str, usage: Usage) -> str:
    # Without any id, copies of a row can only be told by what they say.
    return f"digest-{hashlib.blake2b(repr((at, model, usage)).encode(), digest_size=16).hexdigest()}"
