"""Fields of two JSON values held against each other."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.graders.equality import meaning_of
from modelmix.evaluate.graders.field_count import FieldCount, Mark
from modelmix.evaluate.graders.fields import counts, finding, marks
from modelmix.evaluate.graders.json_text import Json, decode
from modelmix.evaluate.graders.shape import Shape

JSON = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["", "a", "a ", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


def _found(one: str, other: str, shape: Shape | None = None, *, unordered: bool = False) -> dict[str, str]:
    found = counts(marks(decode(one), decode(other), shape, unordered=unordered))
    return {
        count.name: " ".join(f"{getattr(count, mark)} {mark}" for mark in Mark if getattr(count, mark))
        for count in found
    }


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ('{"a": 1, "b": "x "}', '{"b": "x", "a": 1.0}', {"a": "1 right", "b": "1 right"}),
        ('{"a": 1}', '{"a": "1"}', {"a": "1 wrong"}),
        ('{"a": 1}', '{"a": true}', {"a": "1 wrong"}),
        ('{"a": null}', "{}", {"a": "1 absent"}),
        ('{"a": null}', '{"a": ""}', {"a": "1 absent"}),
        ('{"a": ""}', '{"a": 0}', {"a": "1 invented"}),
        ('{"a": 0}', '{"a": []}', {"a": "1 missing"}),
        ("{}", "null", {"answer": "1 absent"}),
        ("1", "2", {"answer": "1 wrong"}),
        ('{"a": {"b": 1}}', '{"a": {"b": 1, "c": 2}}', {"a.b": "1 right", "a.c": "1 invented"}),
        ('{"a": {"b": 1, "c": 2}}', '{"a": null}', {"a.b": "1 missing", "a.c": "1 missing"}),
        ('{"a": {"b": 1}}', '{"a": "x"}', {"a": "1 wrong"}),
        ('{"a": {"b": ""}}', '{"a": "x"}', {"a": "1 invented"}),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', {"a": "1 wrong"}),
        ('{"a": [1, 2]}', '{"a": [1, 2, null]}', {"a": "1 right"}),
        ('{"a": [{"b": 1}, {"b": 2}]}', '{"a": [{"b": 1}]}', {"a[].b": "1 right 1 missing"}),
        ('{"a": []}', '{"a": [{"b": 1}, 5]}', {"a[]": "1 invented", "a[].b": "1 invented"}),
        ('[{"b": [{"c": 1}]}]', '[{"b": [{"c": 2}]}]', {"[].b[].c": "1 wrong"}),
        ('{"a": [[{"b": 1}]]}', '{"a": [[{"b": 1}]]}', {"a": "1 right"}),
    ],
)
def test_each_field_is_marked(one: str, other: str, found: dict[str, str]) -> None:
    """Nested objects and arrays of objects are opened up, other arrays are one field."""
    assert found == _found(one, other)


def test_unordered_elements_pair_by_what_they_say() -> None:
    """Elements that say the same pair first, the rest in order."""
    one, other = '{"a": [{"b": 1}, {"b": 2}, {"b": 2}]}', '{"a": [{"b": 2}, {"b": 3}, {"b": 1}]}'
    assert _found(one, other) == {"a[].b": "3 wrong"}
    assert _found(one, other, unordered=True) == {"a[].b": "2 right 1 wrong"}
    assert _found('{"a": [1, 2]}', '{"a": [2, 1]}', unordered=True) == {"a": "1 right"}


def test_declared_fields_are_marked_where_both_lack_them() -> None:
    """With a schema, a field that neither fills in is seen, in elements of arrays too."""
    row: dict[str, Any] = {"properties": {"sku": {}, "note": {}}}
    schema = {"properties": {"rows": {"items": row}, "due": {}, "self": {"$ref": "#"}}}
    found = _found('{"rows": [{"sku": 1}]}', '{"rows": [{"sku": 1}]}', Shape(schema, schema))
    assert found == {
        "due": "1 absent",
        "rows[].note": "1 absent",
        "rows[].sku": "1 right",
        "self": "1 absent",
    }


@given(one=JSON, other=JSON, unordered=st.booleans())
def test_fields_are_right_exactly_where_meanings_are_equal(
    one: Json, other: Json, *, unordered: bool
) -> None:
    """No field is off exactly if both values mean the same: agreement is an equivalence."""
    found = {mark for _, mark in marks(one, other, unordered=unordered)}
    is_same = meaning_of(one, unordered=unordered) == meaning_of(other, unordered=unordered)
    assert is_same == (found <= {Mark.RIGHT, Mark.ABSENT})


@given(JSON, JSON)
def test_turning_the_two_round_turns_the_marks_round(one: Json, other: Json) -> None:
    """What is missing in one direction is invented in the other."""
    turned = {Mark.MISSING: Mark.INVENTED, Mark.INVENTED: Mark.MISSING}
    there = Counter((path, turned.get(mark, mark)) for path, mark in marks(one, other))
    assert there == Counter(marks(other, one))


def test_names_that_may_not_be_shown_are_added_up() -> None:
    """Undeclared names share one count, as a star."""
    found = counts(marks(decode('{"a": 1, "Alice": 2, "Bob": 3}'), None), frozenset({"a"}))
    assert found == (FieldCount("*", missing=2), FieldCount("a", missing=1))


def test_a_finding_names_a_few_fields() -> None:
    """What was invented comes first; of many fields the first three are named."""
    found = [FieldCount("a", wrong=1), FieldCount("b", invented=1), FieldCount("c", missing=2, right=1)]
    assert finding(found) == "invented: b; missing: c; wrong: a"
    assert finding([FieldCount(name, wrong=1) for name in "abcde"]) == "wrong: a, b, c +2"
    assert finding([FieldCount("a", right=1, absent=1)]) == ""
    long = [FieldCount(name * 60, wrong=1, missing=1, invented=1) for name in "abc"]
    assert len(finding(long)) == 180
