"""The nodes of a rule: frozen, comparable, each answering for one task and writing itself."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, TypeAlias

from modelmix.core.task import Features

_KINDS = {bool: "boolean", int: "number"}
FIELDS: Mapping[str, str] = {field.name: _KINDS.get(field.type, "text") for field in fields(Features)}  # type: ignore[arg-type]  # the annotations of Features are classes, not text
"""Field of ``Features`` → ``number``, ``text`` or ``boolean``; ``requested`` reads as ``MODEL@EFFORT``."""

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""Sign → what it asks."""


@dataclass(frozen=True, slots=True)
class Field:
    """A feature, as an operand.

    Attributes:
        name: Field of ``Features``.
    """

    name: str

    def value(self, features: Features) -> object:
        """Return the feature's value; a candidate as ``MODEL@EFFORT``."""
        value = getattr(features, self.name)
        return value if isinstance(value, bool | int | str) else str(value)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Literal:
    """A fixed value, as an operand.

    Attributes:
        constant: The value.
    """

    constant: int | Decimal | str | bool

    def value(self, features: Features) -> object:  # noqa: ARG002 - an operand's form
        """Return the constant."""
        return self.constant

    def __str__(self) -> str:
        if isinstance(self.constant, bool):
            return "true" if self.constant else "false"
        if isinstance(self.constant, str):
            return '"' + self.constant.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return format(self.constant, "f") if isinstance(self.constant, Decimal) else str(self.constant)


Operand: TypeAlias = Field | Literal


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean feature that must be true.

    Attributes:
        name: Field of ``Features``.
    """

    name: str

    def holds(self, features: Features) -> bool:
        """Say whether the feature is true."""
        return bool(getattr(features, self.name))

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of two operands of one kind.

    Attributes:
        left: Operand on the left.
        sign: ``==``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
        right: Operand on the right.
    """

    left: Operand
    sign: str
    right: Operand

    def holds(self, features: Features) -> bool:
        """Say whether the comparison is true of a task."""
        return COMPARISONS[self.sign](self.left.value(features), self.right.value(features))

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


@dataclass(frozen=True, slots=True)
class Among:
    """A feature that must equal one of a list of values.

    Attributes:
        field: The feature.
        values: Accepted values.
    """

    field: Field
    values: tuple[Literal, ...]

    def holds(self, features: Features) -> bool:
        """Say whether the feature's value is in the list."""
        value = self.field.value(features)
        return any(value == literal.constant for literal in self.values)

    def __str__(self) -> str:
        return f"{self.field} in [{', '.join(map(str, self.values))}]"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a rule.

    Attributes:
        rule: What must not hold.
    """

    rule: "Rule"

    def holds(self, features: Features) -> bool:
        """Say whether the inner rule does not hold."""
        return not self.rule.holds(features)

    def __str__(self) -> str:
        return f"not {_grouped(self.rule, (And, Or))}"


@dataclass(frozen=True, slots=True)
class And:
    """Rules that must all hold.

    Attributes:
        rules: Two or more.
    """

    rules: tuple["Rule", ...]

    def holds(self, features: Features) -> bool:
        """Say whether all hold."""
        return all(rule.holds(features) for rule in self.rules)

    def __str__(self) -> str:
        return " and ".join(_grouped(rule, (And, Or)) for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Or:
    """Rules of which one must hold.

    Attributes:
        rules: Two or more.
    """

    rules: tuple["Rule", ...]

    def holds(self, features: Features) -> bool:
        """Say whether any holds."""
        return any(rule.holds(features) for rule in self.rules)

    def __str__(self) -> str:
        return " or ".join(_grouped(rule, (Or,)) for rule in self.rules)


Rule: TypeAlias = Flag | Compare | Among | Not | And | Or


def _grouped(rule: Rule, kinds: tuple[type, ...]) -> str:
    return f"({rule})" if isinstance(rule, kinds) else str(rule)


def kind_of(operand: Operand) -> str:
    """Name the kind of an operand: ``number``, ``text`` or ``boolean``."""
    if isinstance(operand, Field):
        return FIELDS[operand.name]
    if isinstance(operand.constant, bool):
        return "boolean"
    return "text" if isinstance(operand.constant, str) else "number"
