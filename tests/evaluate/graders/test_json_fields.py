"""The field grader."""

from typing import Any

import pytest

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.field_count import FieldCount
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.json_fields import JsonFields

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "total": {"type": "number"},
        "due_on": {"type": ["string", "null"]},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    },
    "required": ["total", "due_on"],
    "additionalProperties": False,
}
RIGHT = '{"total": 12.50, "due_on": "2026-12-01", "lines": [{"sku": "a"}]}'


def _grade(said: str, expected: str = RIGHT, grader: JsonFields | None = None) -> Grade:
    found = (grader or JsonFields()).grade(Reply(said), Reference(expected, SCHEMA))
    assert isinstance(found, Grade)
    return found


@pytest.mark.parametrize(
    ("said", "checks_ok", "why"),
    [
        (RIGHT, True, ""),
        ('```json\n{"lines": [{"sku": " a"}], "due_on": "2026-12-01", "total": 12.5}\n```', True, ""),
        (f"Here it is: {RIGHT}", False, "not JSON"),
        ('{"total": 1, "total": 12.5, "due_on": "2026-12-01"}', False, "not JSON: a name twice"),
        ('{"total": NaN, "due_on": "2026-12-01"}', False, "not JSON: a number out of range"),
        (
            '{"total": 12.5, "due_on": null, "lines": [{"sku": "b"}]}',
            True,
            "missing: due_on; wrong: lines[].sku",
        ),
        ('{"total": "12.50", "due_on": "2026-12-01", "lines": [{"sku": "a"}]}', False, "wrong: total"),
        (
            '{"total": 12.5, "due_on": "2026-12-01", "lines": [{"sku": "a"}], "Alice": null}',
            False,
            "schema: answer has an unknown field",
        ),
        (
            '{"total": 12.5, "due_on": "2026-12-01", "lines": [{"sku": "a"}], "Alice": "x"}',
            False,
            "invented: *",
        ),
    ],
)
def test_every_field_has_to_be_right(said: str, *, checks_ok: bool, why: str) -> None:
    """One field off is wrong, and so is what breaks the schema."""
    found = _grade(said)
    assert (float(not why), checks_ok, "", why) == (found.score, found.checks_ok, found.slice_name, found.why)


def test_a_field_that_the_document_lacks_is_not_to_be_filled() -> None:
    """Rows whose reference lacks a declared field are a slice, and what a reply finds there is invented."""
    expected = '{"total": 12.5, "due_on": null, "lines": [{"sku": "a"}]}'
    found = _grade(RIGHT, expected)
    assert (found.score, found.slice_name, found.why) == (0.0, "field absent", "invented: due_on")
    kept = _grade('{"total": 12.5, "due_on": "", "lines": [{"sku": "a"}]}', expected)
    assert (kept.score, kept.slice_name, kept.why) == (1.0, "field absent", "")


@pytest.mark.parametrize(
    ("expected", "slice_name"),
    [
        ('{"a": 1, "b": ""}', "field absent"),
        ('{"a": 1, "b": {"c": []}}', "field absent"),
        ('{"a": [{"b": null}, {"b": 1}]}', "field absent"),
        ('{"a": 1}', ""),
    ],
)
def test_without_a_schema_null_and_empty_members_make_the_slice(expected: str, slice_name: str) -> None:
    """The slice follows from the reference alone, whatever the reply says."""
    for said in (expected, "{}", '{"z": 1}', "prose"):
        found = JsonFields().grade(Reply(said), Reference(expected))
        assert isinstance(found, Grade)
        assert slice_name == found.slice_name


def test_the_share_of_fields() -> None:
    """With `mean` the score is the share of fields that are right, those rightly absent among them."""
    found = _grade(
        '{"total": 12.5, "due_on": null, "lines": [{"sku": "b"}, {"sku": "c"}]}',
        '{"total": 12.5, "due_on": null, "lines": [{"sku": "b"}, {"sku": "d"}]}',
        JsonFields(mean=True),
    )
    assert (found.score, found.why) == (0.75, "wrong: lines[].sku")
    broken = _grade('{"total": 12.5, "due_on": "2026-12-01", "x": 1}', grader=JsonFields(mean=True))
    assert broken.score == 0.0


def test_a_schema_that_the_reference_breaks_is_not_held_against_a_reply() -> None:
    """Where what is right breaks the schema, breaking it tells nothing; the check still says so."""
    found = _grade('{"total": "12,50"}', '{"total": "12,50"}')
    assert (found.score, found.checks_ok, found.why) == (1.0, False, "")


def test_options() -> None:
    """Arrays in any order, and prose around the JSON, are accepted on request."""
    reference = Reference('{"a": ["x", "y"]}')
    for grader, said in (
        (JsonFields(unordered=True), '{"a": ["y", "x"]}'),
        (JsonFields(prose=True), 'Sure: {"a": ["x", "y"]}'),
    ):
        assert grader.grade(Reply(said), reference) == Grade(
            score=1.0, grader="json_fields@1", checks_ok=True, fields=(FieldCount("a", right=1),)
        )
        plain = JsonFields().grade(Reply(said), reference)
        assert isinstance(plain, Grade)
        assert plain.score == 0.0


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply("", (ToolCall("record", {"a": 1}),), "tool_use"), ""),
        (Reply("", (ToolCall("record", {"a": 2}),), "tool_use"), "wrong: a"),
        (Reply("", (ToolCall("other", {"a": 1}),), "tool_use"), "other tool"),
        (Reply('{"a": 1}'), "no tool call"),
        (Reply("", (ToolCall("record", {"a": 1}),), "max_tokens"), "cut off: max_tokens"),
        (Reply('{"a": 1}', (), "refusal"), "refused"),
    ],
)
def test_arguments_of_the_forced_tool_are_the_answer(reply: Reply, why: str) -> None:
    """The reference comes as JSON text, the reply by its tool; a cut or refused one lacks every field."""
    found = JsonFields().grade(reply, Reference('{"a": 1}', tool="record"))
    assert isinstance(found, Grade)
    assert (float(not why), why) == (found.score, found.why)
    if why not in {"", "wrong: a"}:
        assert (found.checks_ok, found.fields) == (False, (FieldCount("a", missing=1),))


def test_rows_that_are_set_aside() -> None:
    """No reference, one that is not JSON, and a schema that is none or cannot be followed make no grade."""
    grader = JsonFields()
    assert Ungradable("no reference") == grader.grade(Reply("{}"), Reference(None))
    assert Ungradable("reference is not JSON") == grader.grade(Reply("{}"), Reference("prose"))
    for schema in ({"type": "text"}, {"$ref": "#/none"}):
        assert Ungradable("schema is invalid") == grader.grade(Reply("{}"), Reference("{}", schema))


def test_a_reply_cannot_set_itself_aside() -> None:
    """Where the schema cannot be followed on the reply alone, the reply is wrong."""
    schema = {"properties": {"a": {"$ref": "#/none"}}}
    found = JsonFields().grade(Reply('{"a": null}'), Reference("{}", schema))
    assert isinstance(found, Grade)
    assert (found.score, found.checks_ok, found.why) == (0.0, False, "schema is invalid")
