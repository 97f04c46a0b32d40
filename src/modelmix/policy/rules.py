"""Rules: a small comparison grammar over the features of a task.

::

    rule       := conjunction ("or" conjunction)*
    conjunction:= negation ("and" negation)*
    negation   := "not" negation | "(" rule ")" | comparison
    comparison := operand ("==" | "!=" | "<" | "<=" | ">" | ">=") operand
                | field ["not"] "in" "[" literal ("," literal)* "]"
                | boolean field
    operand    := field | literal
    literal    := number | "text" | 'text' | true | false

Nothing is ever evaluated as code: a rule is read into the frozen nodes below, whose ``holds`` answers.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from modelmix.errors import ConfigError
from modelmix.policy.rule_nodes import (
    COMPARISONS,
    FIELDS,
    Among,
    And,
    Compare,
    Field,
    Flag,
    Literal,
    Not,
    Operand,
    Or,
    Rule,
    kind_of,
)

MAX_CHARACTERS = 2_000
"""Longest rule."""
MAX_DEPTH = 20
"""Deepest nesting of parentheses and ``not``."""

_SPACE = " \t\n\r\f\v"
_WORDS = frozenset({"and", "or", "not", "in", "true", "false"})
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
      | (?P<text>"(?:[^"\\]|\\["'\\])*"|'(?:[^'\\]|\\["'\\])*')
      | (?P<mark>==|!=|<=|>=|[<>()\[\],])
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    )""",
    re.VERBOSE | re.ASCII,
)


def render(rule: Rule) -> str:
    """Write a rule so that ``parse`` reads the same rule back."""
    return str(rule)


def parse(text: str) -> Rule:
    """Read a rule.

    Args:
        text: The rule, at most 2,000 characters and 20 levels deep.

    Raises:
        ConfigError: It is not a rule; the sentence says at which position and what may stand there.

    >>> render(parse("tools>0 or(input_tokens > 20000)"))
    'tools > 0 or input_tokens > 20000'
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(f"a rule of {len(text)} characters is too long; keep it under {MAX_CHARACTERS}")
    return _Reader(text).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


class _Reader:
    """Recursive descent over the tokens of one rule."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.at = 0
        self.tokens = self._tokens()

    def _tokens(self) -> list[_Token]:
        tokens, position = [], 0
        while self.text[position:].strip(_SPACE):
            found = _TOKEN.match(self.text, position)
            if found is None:
                start = len(self.text) - len(self.text[position:].lstrip(_SPACE))
                self._refuse(
                    start, f"{self.text[start]!r} starts neither a field, a number, a quoted text nor a sign"
                )
            kind = str(found.lastgroup)
            word = found.group(kind)
            tokens.append(
                _Token(word if kind == "word" and word in _WORDS else kind, word, found.start(kind))
            )
            position = found.end()
        return [*tokens, _Token("end", "the end", len(self.text))]

    def _refuse(self, position: int, why: str) -> NoReturn:
        raise ConfigError(f"rule {self.text!r}, position {position + 1}: {why}")

    def _expected(self, what: str) -> NoReturn:
        token = self.tokens[self.at]
        self._refuse(token.position, f"expected {what}, found {token.text}")

    def _take(self, *wanted: str) -> _Token | None:
        token = self.tokens[self.at]
        if token.kind in wanted or (token.kind == "mark" and token.text in wanted):
            self.at += 1
            return token
        return None

    def whole(self) -> Rule:
        rule = self._or()
        if self._take("end") is None:
            self._expected("'and', 'or' or the end")
        return rule

    def _or(self) -> Rule:
        rules = [self._and()]
        while self._take("or"):
            rules.append(self._and())
        return rules[0] if len(rules) == 1 else Or(tuple(rules))

    def _and(self) -> Rule:
        rules = [self._negation()]
        while self._take("and"):
            rules.append(self._negation())
        return rules[0] if len(rules) == 1 else And(tuple(rules))

    def _negation(self) -> Rule:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._refuse(
                self.tokens[self.at].position, f"nested deeper than {MAX_DEPTH} levels; write it flatter"
            )
        if self._take("not"):
            rule: Rule = Not(self._negation())
        elif self._take("("):
            rule = self._or()
            if self._take(")") is None:
                self._expected("')'")
        else:
            rule = self._comparison()
        self.depth -= 1
        return rule

    def _comparison(self) -> Rule:
        start = self.tokens[self.at]
        left = self._operand()
        negated = self._take("not")
        if self._take("in"):
            among = self._among(start, left)
            return Not(among) if negated else among
        if negated:
            self._expected("'in'")
        sign = self._take(*COMPARISONS)
        if sign is None:
            if isinstance(left, Field) and FIELDS[left.name] == "boolean":
                return Flag(left.name)
            self._expected("one of " + " ".join(COMPARISONS) + " in")
        right = self._operand()
        return self._compared(start, Compare(left, sign.text, right))

    def _compared(self, start: _Token, compare: Compare) -> Compare:
        left, right = kind_of(compare.left), kind_of(compare.right)
        if isinstance(compare.left, Literal) and isinstance(compare.right, Literal):
            self._refuse(
                start.position, f"compares two fixed values; one side must be one of {', '.join(FIELDS)}"
            )
        if left != right:
            self._refuse(
                start.position,
                f"{compare.left} is a {left} and {compare.right} a {right}; compare like kinds",
            )
        if left != "number" and compare.sign not in ("==", "!="):
            self._refuse(start.position, f"a {left} has no order; use == or !=, not {compare.sign}")
        return compare

    def _among(self, start: _Token, left: Operand) -> Among:
        if not isinstance(left, Field):
            self._refuse(start.position, f"before 'in' stands one of {', '.join(FIELDS)}")
        if self._take("[") is None:
            self._expected("'['")
        values = [self._value(left)]
        while self._take(","):
            values.append(self._value(left))
        if self._take("]") is None:
            self._expected("',' or ']'")
        return Among(left, tuple(values))

    def _value(self, field: Field) -> Literal:
        token = self.tokens[self.at]
        value = self._operand()
        if not isinstance(value, Literal) or kind_of(value) != FIELDS[field.name]:
            self._refuse(token.position, f"the list for {field.name} holds {FIELDS[field.name]} values only")
        return value

    def _operand(self) -> Operand:
        token = self._take("number", "text", "true", "false", "word")
        if token is None:
            self._expected("a field, a number, a quoted text, true or false")
        if token.kind == "number":
            return Literal(Decimal(token.text) if "." in token.text else int(token.text))
        if token.kind == "text":
            return Literal(re.sub(r"\\(.)", r"\1", token.text[1:-1]))
        if token.kind in ("true", "false"):
            return Literal(token.kind == "true")
        if token.text not in FIELDS:
            self._refuse(token.position, f"{token.text!r} is not a feature; write one of {', '.join(FIELDS)}")
        return Field(token.text)
