"""Calls: what a reply calls or is to call, written and read in the form of a known answer."""

from collections.abc import Sequence
from typing import Any

from modelmix.core.reply import ToolCall
from modelmix.evaluate.graders.answer import arguments_text
from modelmix.evaluate.graders.grade import Reference
from modelmix.evaluate.graders.json_text import decode
from modelmix.evaluate.graders.plain_text import caseless, trimmed

_NO_CALL = "none"
_MEMBERS = frozenset({"name", "arguments"})


def calls_text(calls: Sequence[ToolCall]) -> str:
    """Write calls as a known answer names them; empty where JSON cannot hold one.

    >>> calls_text([ToolCall("refund", {"order": 7})]), calls_text([])
    ('{"name":"refund","arguments":{"order":7}}', '[]')
    """
    texts = [_call_text(call) for call in calls]
    if not all(texts):
        return ""
    return texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"


def calls_named(text: str) -> tuple[ToolCall, ...] | None:
    """Read the calls that a known answer names; None where it names none and does not say so either.

    One call is an object with a ``name`` and, where it takes any, ``arguments``; several are a list in order.
    ``none`` and an empty list say that no tool applies.
    """
    if caseless(trimmed(text)) == _NO_CALL:
        return ()
    try:
        value = decode(text)
    except ValueError:
        return None
    calls = [_call(one) for one in (value if isinstance(value, list) else [value])]
    named = tuple(call for call in calls if call is not None)
    return named if len(named) == len(calls) else None


def calls_expected(reference: Reference) -> tuple[ToolCall, ...] | None:
    """Return the calls that a reply is held against, or None where the reference tells nothing of them."""
    return calls_named(reference.expected or "") if reference.is_known else reference.calls


def _call(value: Any) -> ToolCall | None:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict) or not value.keys() <= _MEMBERS:
        return None
    name, arguments = value.get("name"), value.get("arguments", {})
    if not isinstance(name, str) or not trimmed(name) or not isinstance(arguments, dict):
        return None
    return ToolCall(trimmed(name), arguments)


def _call_text(call: ToolCall) -> str:
    arguments = arguments_text(call.arguments)
    whole = arguments_text({"name": call.name})
    return f'{whole[:-1]},"arguments":{arguments}}}' if arguments and whole else ""
