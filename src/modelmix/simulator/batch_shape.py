"""Batch shape: what the body that creates a batch must look like; what it asks for is looked at later."""

import re

import msgspec

from modelmix.simulator.failure import Failure
from modelmix.simulator.spool import Spool

MAX_REQUESTS = 100_000
_MAX_ID = 64
_PATTERN = "^[a-zA-Z0-9_-]{1,64}$"
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FIELDS = ("custom_id", "params")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


class _Wrong(Exception):  # noqa: N818 - a way out of nested reading, never seen outside
    """What is wrong, in the words of the API."""


def read(content: bytes) -> tuple[list[str], Spool] | Failure:
    """Read the body that creates a batch.

    Returns:
        The ids and, in the same order, what each request asks for as bytes; or the first reason to refuse.

    Source: creating message batches (2026-08-22): ids are checked at once, ``params`` only when the request
    is processed; wording as the API answered on 2026-09-02.
    """
    try:
        # Raw parts are looked at only as far as their ends, so that the whole is checked for being JSON.
        return _read(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Failure(400, f"The request body is not valid JSON: {error}")
    except _Wrong as wrong:
        return Failure(400, str(wrong))


def _read(content: bytes) -> tuple[list[str], Spool]:
    ids: list[str] = []
    seen: set[str] = set()
    params = Spool()
    for at, raw in enumerate(_requests(content)):
        place = f"requests.{at}"
        members = _object(raw, place)
        for name in _FIELDS:
            if name not in members:
                raise _Wrong(f"{place}.{name}: Field required")
        for name in members:
            if name not in _FIELDS:
                raise _Wrong(f"{place}.{name}: Extra inputs are not permitted")
        custom_id = msgspec.json.decode(members["custom_id"])
        wrong = _wrong_id(custom_id)
        if wrong:
            raise _Wrong(f"{place}.custom_id: {wrong}")
        if custom_id in seen:
            raise _Wrong(
                f"requests: custom_id's must be unique within a batch. Duplicate custom_id found: {custom_id}"
            )
        _object(members["params"], f"{place}.params")
        seen.add(custom_id)
        ids.append(custom_id)
        params.append(bytes(members["params"]))
    return ids, params


def _requests(content: bytes) -> list[msgspec.Raw]:
    members = _object(msgspec.Raw(content), "")
    for name in members:
        if name != "requests":
            raise _Wrong(f"{name}: Extra inputs are not permitted")
    if "requests" not in members:
        raise _Wrong("requests: Field required")
    raw = members["requests"]
    if _first(raw) != b"[":
        raise _Wrong("requests: Input should be a valid list")
    found = _items(raw)
    if not found:
        raise _Wrong("requests: List should have at least 1 item after validation, not 0")
    if len(found) > MAX_REQUESTS:
        raise _Wrong(
            f"requests: List should have at most {MAX_REQUESTS} items after validation, not {len(found)}"
        )
    return found


def _object(raw: msgspec.Raw, place: str) -> dict[str, msgspec.Raw]:
    if _first(raw) != b"{":
        msgspec.json.decode(raw)
        raise _Wrong(f"{place}: Input should be a valid dictionary".removeprefix(": "))
    return _members(raw)


def _first(raw: msgspec.Raw) -> bytes:
    view = memoryview(raw)
    return next((bytes(view[at : at + 1]) for at in range(len(view)) if view[at] not in b" \t\r\n"), b"")


def _wrong_id(value: object) -> str:
    if not isinstance(value, str):
        return "Input should be a valid string"
    if not value:
        return "String should have at least 1 character"
    if len(value) > _MAX_ID:
        return f"String should have at most {_MAX_ID} characters"
    return "" if _ID.fullmatch(value) else f"String should match pattern '{_PATTERN}'"
