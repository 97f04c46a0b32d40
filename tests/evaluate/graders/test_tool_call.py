"""The grader of tool calls."""

from decimal import Decimal
from typing import Any

import pytest

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.tool_call import ToolCalls

REFUND = ToolCall("refund", {"order": "A-7", "usd": Decimal("12.50"), "note": None})
MAIL = ToolCall("mail", {"to": "x@example.com"})
LOOK = ToolCall("look", {})


def _why(
    said: tuple[ToolCall, ...],
    right: tuple[ToolCall, ...] | str,
    grader: ToolCalls | None = None,
    **more: Any,  # noqa: ANN401 - fields of Reference
) -> str:
    reference = (
        Reference(right, is_known=True, **more)
        if isinstance(right, str)
        else Reference("today's", calls=right, **more)
    )
    found = (grader or ToolCalls()).grade(Reply("Text makes no difference.", said, "tool_use"), reference)
    assert isinstance(found, Grade)
    assert (found.grader, found.score) == ("tool_call@1", float(not found.why))
    return found.why


@pytest.mark.parametrize(
    ("calls", "right", "why"),
    [
        ((REFUND, MAIL), (REFUND, MAIL), ""),
        ((MAIL, REFUND), (REFUND, MAIL), "other order"),
        ((REFUND, LOOK), (REFUND, MAIL), "other tool"),
        ((MAIL,), (REFUND,), "other tool"),
        ((REFUND,), (REFUND, MAIL), "too few tool calls"),
        ((REFUND, REFUND), (REFUND,), "too many tool calls"),
        ((), (REFUND,), "no tool call"),
        ((MAIL,), (), "called a tool where none applies"),
        ((), (), ""),
        ((ToolCall("Look", {}),), (LOOK,), "other tool"),
    ],
)
def test_the_same_tools_in_the_same_order(
    calls: tuple[ToolCall, ...], right: tuple[ToolCall, ...], why: str
) -> None:
    """Which tools, how often and in which order all count."""
    assert why == _why(calls, right)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"order": "A-7", "usd": Decimal("12.50")}, ""),
        ({"order": " A-7\n", "usd": 12.5, "note": None, "other": None}, ""),
        ({"order": "A-7", "usd": "12.50"}, "wrong argument: usd"),
        ({"order": "a-7", "usd": 12.5}, "wrong argument: order"),
        ({"order": None, "usd": 13}, "missing argument: order"),
        ({"usd": 12.5}, "missing argument: order"),
        ({"order": "A-7", "usd": 12.5, "note": ""}, "extra argument: note"),
        ({"order": "A-7", "usd": 12.5, "größe": 1}, "extra argument: gr\\xf6\\xdfe"),
        ({"order": "A-7", "usd": True}, "wrong argument: usd"),
        ({"order": "A-7", "usd": "\ud800"}, "not JSON"),
    ],
)
def test_arguments_are_equal_by_value(arguments: dict[str, Any], why: str) -> None:
    """Numbers by value, text trimmed, null as if left out; the finding names an argument and no value."""
    assert why == _why((ToolCall("refund", arguments),), (REFUND,))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (0.1, Decimal("0.1"), True),
        (0.1, Decimal("0.10"), True),
        (1, True, False),
        ([], None, False),
        ([1, None], [1], False),
        ([1, 2], [2, 1], False),
        ({"a": None, "b": " x"}, {"b": "x"}, True),
        ({"a": [{"b": 1.0, "c": None}]}, {"a": [{"b": 1}]}, True),
        ({}, {"b": 1}, False),
        ("cafe\u0301", "caf\u00e9", True),
    ],
)
def test_values_are_the_same_or_not(one: object, other: object, *, is_same: bool) -> None:
    """What a log and an answer spell differently is the same, what a tool would take otherwise is not."""
    for this, that in ((one, other), (other, one)):
        assert is_same == (not _why((ToolCall("x", {"a": this}),), (ToolCall("x", {"a": that}),)))


def test_calls_in_any_order() -> None:
    """Equal calls of a tool pair first, so that one difference is found once and where it is."""
    grader = ToolCalls(unordered=True)
    one, two, three = (ToolCall("mail", {"to": to}) for to in "abc")
    assert _why((LOOK, two, one), (one, two, LOOK), grader) == ""
    assert _why((three, one), (one, two), grader) == "wrong argument: to"
    assert _why((one, one), (one, two), grader) == "wrong argument: to"
    assert _why((ToolCall("mail", {}), one), (one, two), grader) == "missing argument: to"


def test_arguments_can_be_left_out_of_it() -> None:
    """All of them, or those named; what is ignored may also be missing or extra."""
    said = ToolCall("refund", {"usd": 12.5, "reason": "broken"})
    assert _why((said,), (REFUND,), ToolCalls(ignore=("order", "reason"))) == ""
    assert _why((said,), (REFUND,), ToolCalls(ignore=("order",))) == "extra argument: reason"
    assert _why((ToolCall("refund", {"a": "\ud800"}),), (REFUND,), ToolCalls(names_only=True)) == ""
    assert _why((MAIL,), (REFUND,), ToolCalls(names_only=True)) == "other tool"


def test_known_answers_say_what_is_to_be_called() -> None:
    """One call, several, or none; what was called today no longer counts."""
    assert _why((LOOK,), '{"name": "look"}', calls=(MAIL,)) == ""
    assert _why((LOOK, MAIL), '[{"name": "look"}, {"name": "mail"}]') == "extra argument: to"
    assert _why((), "none", calls=(MAIL,)) == ""
    assert _why((LOOK,), "none") == "called a tool where none applies"


def test_rows_on_which_no_tool_applies_are_a_slice() -> None:
    """It follows from the reference alone."""
    for reply in (Reply("No need."), Reply("", (LOOK,), "tool_use"), Reply("", (), "refusal")):
        for reference in (Reference("Today's.", calls=()), Reference("none", is_known=True)):
            found = ToolCalls().grade(reply, reference)
            assert isinstance(found, Grade)
            assert found.slice_name == "no tool applies"
        other = ToolCalls().grade(reply, Reference("{}", calls=(LOOK,)))
        assert isinstance(other, Grade)
        assert other.slice_name == ""


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply("", (LOOK,), "max_tokens"), "cut off: max_tokens"),
        (Reply("", (LOOK,), "refusal"), "refused"),
    ],
)
def test_a_reply_that_is_not_whole_is_wrong(reply: Reply, why: str) -> None:
    """Also where it calls the right tool so far."""
    found = ToolCalls().grade(reply, Reference("{}", calls=(LOOK,)))
    assert Grade(score=0.0, grader="tool_call@1", why=why) == found


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        (Reference(None), "no reference"),
        (Reference(" "), "no reference"),
        (Reference("Hello."), "request offers no tool"),
        (Reference("refund", is_known=True), "reference names no tool call"),
        (Reference("{}", calls=(ToolCall("x", {"a": "\ud800"}),)), "reference is not JSON"),
    ],
)
def test_rows_that_are_set_aside(reference: Reference, why: str) -> None:
    """What tells nothing of calls cannot be held against any."""
    assert Ungradable(why) == ToolCalls().grade(Reply("", (LOOK,)), reference)


@pytest.mark.parametrize(
    ("schema", "tool", "why"),
    [
        ({"properties": {"to": {}, "cc": {}}}, "mail", "extra argument: cc"),
        ({"properties": {"to": {}}}, "mail", "extra argument: *"),
        ({"properties": {"to": {}}}, "look", "extra argument: cc"),
        ({"type": "text"}, "mail", "extra argument: cc"),
    ],
)
def test_names_that_a_tool_does_not_declare_are_not_shown(
    schema: dict[str, Any], tool: str, why: str
) -> None:
    """Where the schema of the tool is known, a name beyond it may be anybody's text."""
    said = ToolCall("mail", {**MAIL.arguments, "cc": "y"})
    assert why == _why((said,), (MAIL,), schema=schema, tool=tool)
