"""Shapes: the fields that a schema declares."""

from typing import Any

import pytest

from modelmix.evaluate.graders.shape import Shape


def _members(schema: dict[str, Any]) -> list[str]:
    return sorted(Shape(schema, schema).members())


ROW: dict[str, Any] = {"type": "object", "properties": {"sku": {}, "total": {}}}


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        (ROW, ["sku", "total"]),
        ({}, []),
        ({"properties": ["sku"]}, []),
        (
            {"allOf": [ROW, {"properties": {"note": {}}}], "properties": {"id": {}}},
            ["id", "note", "sku", "total"],
        ),
        ({"$ref": "#/$defs/row", "$defs": {"row": ROW}}, ["sku", "total"]),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": ROW}}, ["sku", "total"]),
        ({"anyOf": [{"$ref": "#/$defs/row"}, {"type": "null"}], "$defs": {"row": ROW}}, ["sku", "total"]),
        ({"oneOf": [ROW, {"type": "object", "properties": {"other": {}}}]}, []),
        ({"anyOf": "row"}, []),
        ({"$ref": "#"}, []),
        ({"$ref": "#/$defs/none"}, []),
        ({"$ref": "#/type/none", "type": "object"}, []),
        ({"$ref": "https://example.com/row"}, []),
        ({"$ref": 1}, []),
    ],
)
def test_declared_fields(schema: dict[str, Any], names: list[str]) -> None:
    """References within the schema and the one branch that is not null are followed, loops and others not."""
    assert names == _members(schema)


def test_elements_of_arrays() -> None:
    """The shape of elements is found through references too, and None where there is none."""
    schema = {
        "$ref": "#/$defs/rows",
        "$defs": {"rows": {"items": {"$ref": "#/$defs/row"}, "row": 1}, "row": ROW},
    }
    element = Shape(schema, schema).element()
    assert element is not None
    assert sorted(element.members()) == ["sku", "total"]
    assert Shape(True, schema).element() is None
