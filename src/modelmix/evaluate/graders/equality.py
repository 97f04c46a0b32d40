"""Equality: JSON values as keys that are equal exactly where the values are, or mean, the same."""

from collections import Counter
from collections.abc import Hashable
from typing import Any

from modelmix.evaluate.graders.plain_text import trimmed


def key_of(value: Any) -> Hashable:  # noqa: ANN401 - any JSON
    """Return a key of a value as JSON Schema compares: numbers by value, true apart from 1."""
    if isinstance(value, dict):
        return ("object", frozenset((name, key_of(member)) for name, member in value.items()))
    if isinstance(value, list):
        return ("array", tuple(key_of(element) for element in value))
    return ("word" if isinstance(value, bool | None) else "value", value)


def meaning_of(value: Any, *, unordered: bool = False) -> Hashable:  # noqa: ANN401 - any JSON
    """Return a key of what a value says: as `key_of`, with text trimmed, and None where it says nothing.

    Null, an empty string, and arrays and objects that hold nothing else say nothing; at the end of an array
    neither does an element that says nothing.

    Args:
        value: A decoded value.
        unordered: Whether arrays mean the same in any order of their elements.
    """
    if isinstance(value, dict):
        members = [(name, meaning_of(member, unordered=unordered)) for name, member in value.items()]
        filled = frozenset(pair for pair in members if pair[1] is not None)
        return ("object", filled) if filled else None
    if isinstance(value, list):
        elements = [meaning_of(element, unordered=unordered) for element in value]
        if unordered:
            said = [element for element in elements if element is not None]
            return ("array", frozenset(Counter(said).items())) if said else None
        while elements and elements[-1] is None:
            elements.pop()
        return ("array", tuple(elements)) if elements else None
    if isinstance(value, str):
        return ("value", trimmed(value)) if trimmed(value) else None
    return key_of(value) if value is not None else None


def filled_key(value: Any) -> Hashable:  # noqa: ANN401 - any JSON
    """Return a key of a value as `key_of`, with text trimmed, and null members the same as left out.

    Unlike in `meaning_of`, what is empty is a value: to a program, an empty list is not the lack of one.
    """
    if isinstance(value, dict):
        members = ((name, filled_key(member)) for name, member in value.items() if member is not None)
        return ("object", frozenset(members))
    if isinstance(value, list):
        return ("array", tuple(filled_key(element) for element in value))
    return ("value", trimmed(value)) if isinstance(value, str) else key_of(value)


def says_nothing(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Say whether `meaning_of` a value is None, without looking further than the first thing it says."""
    if isinstance(value, dict | list):
        return all(map(says_nothing, value.values() if isinstance(value, dict) else value))
    return value is None or (isinstance(value, str) and not trimmed(value))
