"""Validity against a JSON Schema."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from modelmix.evaluate.graders.json_text import decode
from modelmix.evaluate.graders.validity import UnfollowableError, path_name, validity

LINES: dict[str, Any] = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["invoice", "credit"]},
        "total": {"type": "number", "multipleOf": 0.01},
        "lines": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "properties": {"sku": {"type": "string", "maxLength": 3}},
                "required": ["sku"],
                "additionalProperties": False,
            },
        },
        "never": False,
    },
    "required": ["total", "kind"],
}


def _fault(schema: Mapping[str, Any], text: str) -> str:
    found = validity(schema)
    assert found is not None
    return found.fault(decode(text))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"total": 1.1, "kind": "invoice", "lines": [{"sku": "a"}]}', ""),
        ('{"kind": "invoice"}', "schema: total is missing"),
        ('{"total": "1", "kind": "invoice"}', "schema: total has another type"),
        ('{"total": 1, "kind": "Alice"}', "schema: kind is no allowed value"),
        ('{"total": 1, "kind": "credit", "lines": [{"sku": "a"}, {}]}', "schema: lines[].sku is missing"),
        (
            '{"total": 1, "kind": "credit", "lines": [{"sku": "long"}]}',
            "schema: lines[].sku breaks maxLength",
        ),
        (
            '{"total": 1, "kind": "credit", "lines": [{"sku": "a", "Alice": 1}]}',
            "schema: lines[] has an unknown field",
        ),
        (
            '{"total": 1, "kind": "credit", "lines": [{"sku": "a"}, {"sku": "a"}]}',
            "schema: lines breaks uniqueItems",
        ),
        ('{"total": 1, "kind": "credit", "never": 1}', "schema: a field is not allowed"),
        ("[]", "schema: answer has another type"),
    ],
)
def test_the_first_fault_is_said_in_declared_names(text: str, why: str) -> None:
    """What breaks the schema is said by place and keyword, never by value or by a name not declared."""
    assert why == _fault(LINES, text)


def test_undeclared_names_are_not_shown() -> None:
    """A name that the schema does not declare is shown as a star: it may be anybody's text."""
    schema = {"additionalProperties": {"type": "object", "properties": {"age": {"type": "integer"}}}}
    assert _fault(schema, '{"Alice Smith": {"age": "x"}}') == "schema: *.age has another type"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"type": object()},
        {"properties": []},
        {"$schema": "http://json-schema.org/draft-04/schema#", "type": "text"},
        {"minimum": float("nan"), "required": 1},
        {"patternProperties": {"(": {}}},
        {"properties": {"a": {"pattern": "\\p{L}"}}},
    ],
)
def test_a_schema_that_is_none(schema: dict[str, Any]) -> None:
    """What is no schema of its draft, no JSON, or has a pattern of another language, gives none."""
    assert validity(schema) is None


def test_a_schema_without_end() -> None:
    """A schema nested beyond what can be read gives none."""
    schema: dict[str, Any] = {}
    for _ in range(5_000):
        schema = {"not": schema}
    assert validity(schema) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/none"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "http://["},
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
    ],
)
def test_a_schema_that_cannot_be_followed(schema: dict[str, Any]) -> None:
    """References that lead nowhere, elsewhere or in a circle, are said so and fetch nothing."""
    found = validity(schema)
    assert found is not None
    with pytest.raises(UnfollowableError, match="schema is invalid"):
        found.fault(decode('{"a": "x"}'))


def test_a_recursive_schema_is_followed() -> None:
    """A tree that holds trees is valid to the deepest level that is read."""
    schema = {"properties": {"a": {"$ref": "#"}}, "additionalProperties": False}
    assert _fault(schema, '{"a":' * 63 + "{}" + "}" * 63) == ""
    assert _fault(schema, '{"a":' * 20 + '{"b":1}' + "}" * 20) == (
        "schema: a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a has an unknown field"
    )


def test_drafts_follow_the_schema() -> None:
    """A boolean bound is right in draft 4 and wrong today; draft 3 says itself which member is required."""
    old = {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": True}
    assert _fault(old, "1") == "schema: answer breaks minimum"
    assert validity({**old, "$schema": "https://json-schema.org/draft/2020-12/schema"}) is None
    assert validity({**old, "$schema": "urn:unknown"}) is None
    oldest = {"$schema": "http://json-schema.org/draft-03/schema#", "properties": {"a": {"required": True}}}
    assert _fault(oldest, "{}") == "schema: a breaks required"


def test_numbers_of_a_log_may_stand_in_a_schema() -> None:
    """A schema whose numbers are decimals is read, and prepared once."""
    one, other = ({"maximum": Decimal("1.5")}, {"maximum": 1.5})
    assert _fault(one, "2") == "schema: answer breaks maximum"
    assert validity(one) is validity(other)


def test_places_are_printable_and_short() -> None:
    """Names are written in ASCII and cut."""
    assert path_name(("größe", 0, "a\x1b")) == "gr\\xf6\\xdfe[].a\\x1b"
    assert len(path_name(("x" * 100, "y"))) == 60
    assert path_name(("a", "b"), frozenset({"b"})) == "*.b"
