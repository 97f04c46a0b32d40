"""A conversation: whether a request is its beginning, or the last turn of one whose answers are given."""

from collections.abc import Mapping
from typing import Any, Final

LONG: Final = 3
"""Answers given before from which a request counts as a turn of a conversation; fewer may be examples."""


def is_last_turn(request: Mapping[str, Any]) -> bool:
    """Say whether a request goes on with a conversation: an agent's after a tool call, or a long one.

    What came before was answered by whoever was asked then. To ask it again of another model tells how that
    one answer would have been, and nothing of how the whole would have gone.

    Args:
        request: The body as recorded, decoded; of any shape.
    """
    messages = request.get("messages")
    answers = [
        message.get("content")
        for message in (messages if isinstance(messages, list) else ())
        if isinstance(message, Mapping) and message.get("role") == "assistant"
    ]
    return len(answers) >= LONG or any(map(_calls_tool, answers))


def _calls_tool(content: object) -> bool:
    blocks = content if isinstance(content, list) else ()
    return any(isinstance(block, Mapping) and block.get("type") == "tool_use" for block in blocks)
