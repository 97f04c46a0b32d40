"""Recorded pairs: requests and responses with their text, for a replay that asks other candidates again."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from modelmix.classify.fingerprints import Fingerprints
from modelmix.core.call import BadRow
from modelmix.core.recorded import Recorded
from modelmix.core.reply import Reply
from modelmix.core.slices import together
from modelmix.ingest.expected import id_of, known, text_of
from modelmix.ingest.messages import FIRST_ERROR, LOG_COLUMNS, call_of, events_of, name_of
from modelmix.ingest.pair import Pair, first, pair
from modelmix.ingest.row import Unreadable, objects
from modelmix.wire.replayable import prompt_key, set_aside
from modelmix.wire.reply import reply_of, reply_of_events

_EXPECTED = ("expected", "expected_output", "ground_truth", "label", "gold")
_TENANT = ("tenant", "tenant_id", "customer_id")
_LONGEST_TENANT = 60
_NO_FIELDS = LOG_COLUMNS | {"prompt_id", "slice", "cluster_id", *_EXPECTED, *_TENANT}
_USER = frozenset({"user_id"})
_BETAS = re.compile(r"[!-~ ]{0,8192}")
_ID_DIGITS = 16
_encode = msgspec.json.Encoder(decimal_format="number").encode


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
    (``expected``), its ``slice`` (several as a list, or parted by semicolons), its ``tenant``, which is a
    slice as well, and its ``cluster_id``; without a cluster its session is one.

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
    request, betas = _request(found), found.headers.get("anthropic-beta", "")
    if call.error or call.status >= FIRST_ERROR:
        return SetAside("it failed when it was recorded", call.task_type)
    why = set_aside(request) if request else "its request was not recorded"
    if not why and not _BETAS.fullmatch(betas):
        why = "its anthropic-beta header cannot be sent again"
    if why:
        return SetAside(why, call.task_type)
    try:
        key = prompt_key(request)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    reply = _reply(found.response)
    why = _no_answer(reply, is_stream=not isinstance(found.response, Mapping))
    if why:
        return SetAside(why, call.task_type)
    row, expected = found.row, known(found.row, _EXPECTED)
    return Recorded(
        prompt_id=id_of(row.get("prompt_id")) or f"p-{_digest(key)}",
        call=call,
        request=request,
        reply=reply,
        expected=None if expected is None else text_of(expected),
        betas=betas,
        slice_name=_slices(row),
        cluster_id=id_of(row.get("cluster_id")) or call.session_id,
    )


def _slices(row: Mapping[str, Any]) -> str:
    """Name the slices that the log puts a row in: those it says, and its tenant."""
    metadata = row.get("metadata")
    tenant = id_of(first(row, _TENANT)) or (
        id_of(first(metadata, _TENANT)) if isinstance(metadata, Mapping) else ""
    )
    named = row.get("slice")
    names = [name_of(name) for name in (named if isinstance(named, list) else [named])]
    return together(*names, f"tenant {tenant[:_LONGEST_TENANT].replace(';', ',')}" if tenant else "")


def _request(found: Pair) -> Mapping[str, Any]:
    """Return the body that was sent, without what a log has put beside its fields in the same object."""
    if found.request is not found.row:
        return found.request
    fields = {key: value for key, value in found.row.items() if key not in _NO_FIELDS}
    metadata = fields.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.keys() - _USER:
        fields.pop("metadata", None)
    return fields


def _reply(response: object) -> Reply:
    if isinstance(response, Mapping):
        return reply_of(response)
    return reply_of_events(events_of(response))


def _no_answer(reply: Reply, *, is_stream: bool) -> str:
    if is_stream and not reply.stop_reason:
        return "its answer broke off before its end"
    if not reply.text and not reply.tool_calls:
        return "its answer holds neither text nor a tool call"
    # Half a surrogate pair, which JSON can write, could be neither graded nor stored.
    return "" if _is_text(reply) else "its answer holds half of a surrogate pair"


def _is_text(reply: Reply) -> bool:
    try:
        _encode([reply.text, reply.stop_reason, [[call.name, call.arguments] for call in reply.tool_calls]])
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _digest(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:_ID_DIGITS]
