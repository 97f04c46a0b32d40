"""The schema grader."""

from typing import Any

import pytest

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.json_schema import JsonSchema

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"total": {"type": "number"}},
    "required": ["total"],
}
GRADER = JsonSchema()


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply('{"total": 1}'), ""),
        (Reply("", (ToolCall("record", {"total": 1}),), "tool_use"), ""),
        (Reply("{}"), "schema: total is missing"),
        (Reply("total: 1"), "not JSON"),
        (Reply('{"total": 1}', (), "max_tokens"), "cut off: max_tokens"),
    ],
)
def test_valid_answers_are_right(reply: Reply, why: str) -> None:
    """Whatever a valid answer says, it is right; the grade is its check."""
    expected = Grade(score=float(not why), grader="json_schema@1", checks_ok=not why, why=why)
    for reference in (None, "prose", '{"total": 2}'):
        assert expected == GRADER.grade(reply, Reference(reference, SCHEMA))


def test_schemas_that_hold_against_nothing_are_set_aside() -> None:
    """No schema, an invalid one, and one that cannot be followed on the reference make no grade."""
    assert Ungradable("no schema") == GRADER.grade(Reply("{}"), Reference("{}"))
    for schema in ({"type": "text"}, {"$ref": "#/none"}):
        assert Ungradable("schema is invalid") == GRADER.grade(Reply("{}"), Reference("{}", schema))


def test_a_reply_cannot_set_itself_aside() -> None:
    """Where the schema cannot be followed on the reply alone, the reply is wrong."""
    schema = {"properties": {"a": {"$ref": "#/none"}}}
    grade = GRADER.grade(Reply('{"a": 1}'), Reference("{}", schema))
    assert Grade(score=0.0, grader="json_schema@1", checks_ok=False, why="schema is invalid") == grade
