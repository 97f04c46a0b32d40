"""Schema example: a value that conforms to a JSON schema, the same one every time."""

from collections.abc import Mapping
from typing import Any

_MAX_DEPTH = 24
_MAX_ITEMS = 64
_MAX_CHARACTERS = 10_000
_FORMATS = {
    "date": "2026-11-23",
    "date-time": "2026-11-23T12:00:00Z",
    "time": "12:00:00Z",
    "email": "practice@example.com",
    "uri": "https://example.com/practice",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_WORD = "synthetic"


def example(schema: object, depth: int = 0, root: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
    """Return a value that conforms to a schema.

    Understood: ``const``, ``enum``, ``default``, ``$ref`` into the same document, ``anyOf``, ``oneOf``,
    ``allOf`` (merged), ``type`` and lists of types, object properties (all of them), array items with
    ``minItems``, string ``minLength``, ``maxLength`` and common formats, and numeric bounds. ``pattern`` and
    conditional keywords are not.

    Args:
        schema: A schema, or part of one.
        depth: Depth of this part; recursive schemas end at their first optional point, or with null.
        root: The whole schema, for references; this part if None.
    """
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return None
    root = schema if root is None else root
    for fixed in ("const", "default"):
        if fixed in schema:
            return schema[fixed]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    if isinstance(schema.get("$ref"), str):
        return example(_resolve(schema["$ref"], root), depth + 1, root)
    for choice in ("anyOf", "oneOf"):
        if isinstance(schema.get(choice), list) and schema[choice]:
            return example(_flattest(schema[choice], depth), depth + 1, root)
    if isinstance(schema.get("allOf"), list):
        return example(_merged(schema), depth + 1, root)
    return _typed(schema, depth, root)


def _typed(schema: Mapping[str, Any], depth: int, root: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    match kind:
        case "object" | None:
            return _object(schema, depth, root)
        case "array":
            return [
                example(schema.get("items"), depth + 1, root)
                for _ in range(_count(schema, "minItems", 1, _MAX_ITEMS))
            ]
        case "string":
            return _string(schema)
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return True
        case _:
            return None


def _object(schema: Mapping[str, Any], depth: int, root: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    required = schema.get("required")
    wanted = properties if depth < _MAX_DEPTH // 4 or not isinstance(required, list) else required
    return {name: example(properties[name], depth + 1, root) for name in wanted if name in properties}


def _string(schema: Mapping[str, Any]) -> str:
    text = _FORMATS.get(str(schema.get("format")), _WORD)
    least = _count(schema, "minLength", 0, _MAX_CHARACTERS)
    most = _count(schema, "maxLength", len(text), _MAX_CHARACTERS)
    return (text + "." * max(0, least - len(text)))[: max(most, least)]


def _number(schema: Mapping[str, Any]) -> int | float:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    for bound, step in ((low, 0), (above, 1), (high, 0), (below, -1)):
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            return bound + step
    return 1


def _count(schema: Mapping[str, Any], key: str, otherwise: int, most: int) -> int:
    value = schema.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return otherwise
    return min(value, most)


def _flattest(choices: list[Any], depth: int) -> object:
    # Near the floor of a recursive schema, take the choice that ends it.
    ends = [
        one for one in choices if isinstance(one, dict) and one.get("type") in {"null", "string", "integer"}
    ]
    return ends[0] if ends and depth >= _MAX_DEPTH // 4 else choices[0]


def _merged(schema: Mapping[str, Any]) -> dict[str, Any]:
    whole = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        if isinstance(part, dict):
            properties = {**whole.get("properties", {}), **part.get("properties", {})}
            whole = {**whole, **part, **({"properties": properties} if properties else {})}
    return whole


def _resolve(reference: str, root: Mapping[str, Any]) -> object:
    found: object = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step:
            found = found.get(step) if isinstance(found, dict) else None
    return found
