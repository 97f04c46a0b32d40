"""Recorded pairs: requests and responses with their text, for a replay that asks other candidates again."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelmix.classify.fingerprints import Fingerprints
from modelmix.core.call import BadRow
from modelmix.core.recorded import Recorded
from modelmix.core.reply import Reply
from modelmix.ingest.expected import text_of
from modelmix.ingest.messages import FIRST_ERROR, call_of, events_of, name_of
from modelmix.ingest.pair import Pair, first, pair
from modelmix.ingest.row import Unreadable, objects
from modelmix.wire.replayable import prompt_key, set_aside
from modelmix.wire.reply import reply_of, reply_of_events

_PROMPT_ID = ("prompt_id",)
_EXPECTED = ("expected", "expected_output", "ground_truth", "label", "gold")
_SLICE = ("slice",)
_CLUSTER = ("cluster_id",)
_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class SetAside:
    """A pair that could be read and cannot be replayed; a value, counted by its reason.

    Attributes:
        why: The reason, in words that hold no text of the row.
        task_type: Its task type, or empty where that is not known.
    """

    why: str
    task_type: str = ""


def read(rows: Iterable[bytes | Mapping[str, Any]], source: str) -> Iterator[Recorded | SetAside | BadRow]:
    """Read request/response pairs whole.

    The rows are those of ``ingest.messages``. A row may name its ``prompt_id``, the known right answer
    (``expected``), its ``slice`` and its ``cluster_id``; without a cluster its session is one.

    Args:
        rows: Lines with or without their line ends, or mappings.
        source: Name of the file, for bad rows.

    Yields:
        One value per row; blank lines give nothing, and no row raises.
    """
    fingerprints = Fingerprints()
    for number, row in objects(rows, source):
        try:
            yield row if isinstance(row, BadRow) else _recorded(pair(row), fingerprints)
        except Unreadable as error:
            yield BadRow(source, number, str(error))


def _recorded(found: Pair, fingerprints: Fingerprints) -> Recorded | SetAside:
    call = call_of(found, fingerprints)
    why = _why_not(found, call.status, call.error)
    if why:
        return SetAside(why, call.task_type)
    try:
        key = prompt_key(found.request)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    reply, expected = _reply(found.response), first(found.row, _EXPECTED)
    if not reply.text and not reply.tool_calls:
        return SetAside("its answer holds neither text nor a tool call", call.task_type)
    return Recorded(
        prompt_id=name_of(first(found.row, _PROMPT_ID)) or f"p-{_digest(key)}",
        call=call,
        request=found.request,
        reply=reply,
        expected=None if expected is None else text_of(expected),
        betas=name_of(found.headers.get("anthropic-beta")),
        slice_name=name_of(first(found.row, _SLICE)),
        cluster_id=name_of(first(found.row, _CLUSTER)) or call.session_id,
    )


def _why_not(found: Pair, status: int, error: str) -> str:
    if error or status >= FIRST_ERROR:
        return "it failed when it was recorded"
    if not found.request:
        return "its request was not recorded"
    return set_aside(found.request)


def _reply(response: object) -> Reply:
    if isinstance(response, Mapping):
        return reply_of(response)
    return reply_of_events(events_of(response))


def _digest(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:_ID_DIGITS]
