"""Validity: whether a value follows a JSON Schema, said in a few words and without its values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, cast

import msgspec
from jsonschema import (
    Draft3Validator,
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
)
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from modelmix.evaluate.graders.equality import key_of
from modelmix.evaluate.graders.json_text import Json, native
from modelmix.evaluate.graders.plain_text import shown

INVALID = "schema is invalid"
"""Reason of a row whose schema is none, or cannot be followed."""
UNDECLARED = "*"
"""What stands for a name that the schema does not declare: such a name may be anybody's text."""
WHOLE = "answer"
"""Name of the whole answer."""

_LONGEST_NAME = 60
_SCHEMAS_KEPT = 64
_DRAFTS = {
    "json-schema.org/draft-03/schema": Draft3Validator,
    "json-schema.org/draft-04/schema": Draft4Validator,
    "json-schema.org/draft-06/schema": Draft6Validator,
    "json-schema.org/draft-07/schema": Draft7Validator,
    "json-schema.org/draft/2019-09/schema": Draft201909Validator,
    "json-schema.org/draft/2020-12/schema": Draft202012Validator,
}
_FAULTS = (
    SchemaError, Unresolvable, re.error, RecursionError, TypeError, ValueError, AttributeError, LookupError,
    ArithmeticError,
)  # fmt: skip
"""What the library raises on schemas that are none, and on some that its own check lets through: a reference
that leads nowhere or to itself, a pattern that is no regular expression of Python's."""

_WORDS = {
    "type": "has another type",
    "enum": "is no allowed value",
    "const": "is no allowed value",
    "additionalProperties": "has an unknown field",
    "unevaluatedProperties": "has an unknown field",
    "propertyNames": "has an unknown field",
}

# Numbers of a log are exact decimals. With names in order the same schema has the same text and first error.
_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


class _Validator(Protocol):
    def iter_errors(self, instance: Any) -> Iterator[ValidationError]: ...  # noqa: ANN401 - any JSON


class UnfollowableError(ValueError):
    """A schema passed for one, and cannot be followed on some value."""


@dataclass(frozen=True, slots=True)
class Validity:
    """A schema that values can be held against.

    Attributes:
        schema: The schema, decoded.
        names: Names of fields that it declares anywhere.
    """

    schema: Mapping[str, Any]
    names: frozenset[str]
    _validator: _Validator

    def fault(self, value: Json) -> str:
        """Say what of a value breaks the schema first, in names that the schema declares; empty if nothing.

        Raises:
            UnfollowableError: The schema leads nowhere or to itself on this value.
        """
        try:
            error = next(self._validator.iter_errors(native(value)), None)
            return "" if error is None else f"schema: {self._said(error)}"
        except _FAULTS as fault:
            raise UnfollowableError(INVALID) from fault

    def named(self, path: tuple[str | int, ...]) -> str:
        """Write where a field stands: ``lines[].total``."""
        return path_name(path, self.names)

    def _said(self, error: ValidationError) -> str:
        path = tuple(error.absolute_path)
        if error.validator == "required" and isinstance(error.validator_value, list):
            members: Mapping[str, Any] = cast("Mapping[str, Any]", error.instance)
            lacking = next(name for name in error.validator_value if name not in members)
            return f"{self.named((*path, lacking))} is missing"
        if error.validator is None:
            return "a field is not allowed"  # the library does not say which
        keyword = str(error.validator)
        return f"{self.named(path)} {_WORDS.get(keyword) or 'breaks ' + shown(keyword, _LONGEST_NAME)}"


def path_name(path: tuple[str | int, ...], names: frozenset[str] | None = None) -> str:
    """Write where a field stands, in printable ASCII of at most 60 characters.

    Args:
        path: Names, and indexes of elements, which are all the same to a reader.
        names: Names that may be shown, others as ``*``; all if None.

    >>> path_name(("lines", 3, "total")), path_name(())
    ('lines[].total', 'answer')
    """
    name = ""
    for step in path:
        if isinstance(step, int):
            name += "[]"
        else:
            name += ("." if name else "") + (step if names is None or step in names else UNDECLARED)
    return shown(name, _LONGEST_NAME) or WHOLE


def validity(schema: Mapping[str, Any]) -> Validity | None:
    """Prepare a schema, or return None where it is none; what was prepared lately is kept.

    Drafts follow ``$schema``, 2020-12 where it names none that is known. References into the schema itself
    are followed, no other: the registry is empty, so that a schema in somebody's log opens no connection.
    """
    try:
        return _prepared(_encode(dict(schema)))
    except _FAULTS:
        return None


@lru_cache(maxsize=_SCHEMAS_KEPT)
def _prepared(text: bytes) -> Validity:
    schema = msgspec.json.decode(text)
    draft = str(schema.get("$schema", "")).partition("://")[2].rstrip("#")
    known = _DRAFTS.get(draft, Draft202012Validator)
    known.check_schema(schema)
    extended = extend(known, {"uniqueItems": _unique})  # type: ignore[no-untyped-call] # its stub has none
    validator = extended(schema, registry=Registry())
    return Validity(schema, frozenset(_declared(schema)), validator)


def _unique(_: object, wanted: object, instance: object, __: object) -> Iterator[ValidationError]:
    # The library compares each element of an array of objects with each other.
    if wanted and isinstance(instance, list) and len({key_of(one) for one in instance}) < len(instance):
        yield ValidationError("elements are not unique")


def _declared(schema: object) -> Iterator[str]:
    rest = [schema]
    while rest:
        node = rest.pop()
        if isinstance(node, dict):
            members = node.get("properties")
            if isinstance(members, dict):
                yield from members
            rest.extend(node.values())
        elif isinstance(node, list):
            rest.extend(node)
