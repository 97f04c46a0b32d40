"""Answers: what a reply carries, and what it cannot be right for."""

from decimal import Decimal
from typing import Any

import pytest

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.answer import answer_text, arguments_text, shortcoming

CALL = ToolCall("record", {"total": Decimal("12.50")})


def test_the_first_tool_call_is_the_answer() -> None:
    """Arguments come before text, numbers of a log as they stand."""
    assert answer_text(Reply("text", (CALL, ToolCall("other", {})))) == '{"total":12.50}'
    assert answer_text(Reply("text")) == "text"


def _deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("arguments", [{"a": object()}, {"a": "\ud800"}, {"a": 2**70}, _deep(5_000)])
def test_arguments_that_json_cannot_hold_are_empty(arguments: dict[str, Any]) -> None:
    """What cannot be written as JSON is no answer, and no error."""
    assert arguments_text(arguments) in {"", '{"a":1180591620717411303424}'}


@pytest.mark.parametrize(
    ("reply", "tool", "why"),
    [
        (Reply("x"), "", ""),
        (Reply("x", (), "end_turn"), "", ""),
        (Reply("x", (), "max_tokens"), "", "cut off: max_tokens"),
        (Reply("x", (), "model_context_window_exceeded"), "", "cut off: model_context_window_exceeded"),
        (Reply("x", (), "pause_turn"), "", "cut off: pause_turn"),
        (Reply("x", (), "Alice said\x1b"), "", "cut off: unknown reason"),
        (Reply("x", (), "refusal"), "record", "refused"),
        (Reply("x"), "record", "no tool call"),
        (Reply("", (CALL,)), "file", "other tool"),
        (Reply("", (CALL,), "tool_use"), "record", ""),
    ],
)
def test_what_a_reply_cannot_be_right_for(reply: Reply, tool: str, why: str) -> None:
    """Cut off, refused, and the call of another tool are said in words that quote nothing."""
    assert why == shortcoming(reply, tool)
