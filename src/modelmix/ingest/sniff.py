"""What a file holds, told from its first bytes."""

import json
import re

from modelmix.ingest.task_rows import named_columns, tells_of_sessions

_PARQUET = b"PAR1"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OUTCOME = {"prompt_id", "model", "score"}
_TRANSCRIPT = {"sessionId", "parentUuid", "isSidechain", "leafUuid", "snapshot", "toolUseResult"}
_SENT = {"request", "request_body", "params", "messages", "body"}
_RETURNED = {"response", "response_body", "result", "usage"}
_EXPLICITLY_SENT = {"request", "request_body"}
_EXPLICITLY_RETURNED = {"response", "response_body"}
_KEY = re.compile(rb'"([A-Za-z_]{2,24})"\s*:')
_TABLE_NAME = re.compile(r"\.(csv|tsv)(\.(gz|zst))?$")
_MOST_BYTES = 64 * 1024
_MOST_LINES = 50


def kind_of(first_bytes: bytes, name: str) -> str:
    """Tell what a file holds.

    Args:
        first_bytes: Its beginning, decompressed; the first 64 KB are looked at. The last line may be cut.
        name: Its name or path, used only where the bytes leave it open.

    Returns:
        ``claude-code``, ``messages``, ``outcomes-csv``, ``outcomes-jsonl``, ``parquet`` or ``unknown``.
    """
    if first_bytes.startswith(_PARQUET):
        return "parquet"
    start = first_bytes[:_MOST_BYTES].removeprefix(_BYTE_ORDER_MARK).lstrip()
    lines = [line for line in start.split(b"\n", _MOST_LINES)[:_MOST_LINES] if line.strip()]
    for line in lines:
        kind = _kind_of_keys(_keys(line))
        if kind:
            return kind
    # A file that is called a table is taken for one, so that what its header lacks can be named.
    if lines and (_is_outcome_header(lines[0]) or _TABLE_NAME.search(name.lower())):
        return "outcomes-csv"
    is_transcript = name.endswith(".jsonl") and "/projects/" in name.replace("\\", "/")
    return "claude-code" if is_transcript and start.startswith(b"{") else "unknown"


def _keys(line: bytes) -> set[str]:
    """Return the keys of a line that is an object, or of what is left of one."""
    if not line.lstrip().startswith(b"{"):
        return set()
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        # Cut or damaged: keys of inner objects are then among them.
        return {key.decode() for key in _KEY.findall(line)}
    message = fields.get("message")
    inner = {f"message.{key}" for key in message} if isinstance(message, dict) else set()
    return set(fields) | inner


def _kind_of_keys(keys: set[str]) -> str:
    if set(named_columns(keys)) >= _OUTCOME:
        return "outcomes-jsonl"
    if keys & _EXPLICITLY_SENT and keys & _EXPLICITLY_RETURNED:
        return "messages"
    if keys & _TRANSCRIPT or "message.usage" in keys:
        return "claude-code"
    if keys & _SENT and keys & _RETURNED:
        return "messages"
    return "outcomes-jsonl" if tells_of_sessions(keys) else ""


def _is_outcome_header(line: bytes) -> bool:
    text = line.decode("utf-8", "replace").strip()
    for mark in (",", ";", "\t"):
        columns = {column.strip().strip('"').lower() for column in text.split(mark)}
        if set(named_columns(columns)) >= _OUTCOME or tells_of_sessions(columns):
            return True
    return False
