"""An answer: the text that a reply carries, and whether it carries one at all."""

from collections.abc import Mapping
from typing import Any

import msgspec

from modelmix.core.reply import Reply

# Numbers of a log are exact decimals.
_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode

_CUT_OFF = frozenset({"max_tokens", "model_context_window_exceeded", "pause_turn"})


def answer_text(reply: Reply) -> str:
    """Return what a reply answers: the arguments of its first tool call as JSON, else its text."""
    return arguments_text(reply.tool_calls[0].arguments) if reply.tool_calls else reply.text


def arguments_text(arguments: Mapping[str, Any]) -> str:
    """Write arguments of a tool as JSON, names in order; empty where they are none that JSON can hold."""
    try:
        return _encode(dict(arguments)).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return ""


def shortcoming(reply: Reply, tool: str = "") -> str:
    """Say why a reply cannot be right, whatever it says: it was refused or cut off, or calls another tool.

    Args:
        reply: The reply.
        tool: Tool that it is to call first, or empty for any or none.

    Returns:
        A few stable words, empty where nothing stands against it.
    """
    if reply.stop_reason == "refusal":
        return "refused"
    if not reply.is_whole:
        return f"cut off: {reply.stop_reason if reply.stop_reason in _CUT_OFF else 'unknown reason'}"
    if not tool:
        return ""
    if not reply.tool_calls:
        return "no tool call"
    return "" if reply.tool_calls[0].name == tool else "other tool"
