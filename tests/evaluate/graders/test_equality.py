"""Equality of JSON values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.graders.equality import filled_key, key_of, meaning_of, says_nothing
from modelmix.evaluate.graders.json_text import decode

JSON = st.recursive(
    st.none() | st.booleans() | st.sampled_from(["", " ", "a", "a ", "b"]) | st.integers(0, 2).map(float),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("1", "1.0", True),
        ("1", "true", False),
        ("0", "false", False),
        ('"1"', "1", False),
        ("null", "false", False),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', True),
        ("[1,2]", "[2,1]", False),
        ('{"a":null}', "{}", False),
    ],
)
def test_keys_are_equal_where_json_schema_says_so(one: str, other: str, *, is_same: bool) -> None:
    """Numbers compare by value, types never mix, names have no order and elements do."""
    assert is_same == (key_of(decode(one)) == key_of(decode(other)))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ('" a "', '"a"', True),
        ('"é"', '"e\\u0301"', True),
        ('{"a":null,"b":"","c":[],"d":{}}', "null", True),
        ("[null,1]", "[1]", False),
        ("[1,null]", "[1]", True),
        ("[1,2]", "[2,1]", False),
        ("0", "null", False),
        ("false", "null", False),
    ],
)
def test_meanings_pass_over_what_says_nothing(one: str, other: str, *, is_same: bool) -> None:
    """Null, empty and missing mean the same; zero and false say something."""
    assert is_same == (meaning_of(decode(one)) == meaning_of(decode(other)))


def test_unordered_arrays() -> None:
    """In any order means as often as each element is there."""
    one, other, less = (decode(text) for text in ("[[1,2],3,3,null]", "[3,[2,1],3]", "[[1,2],3]"))
    assert meaning_of(one, unordered=True) == meaning_of(other, unordered=True)
    assert meaning_of(one, unordered=True) != meaning_of(less, unordered=True)
    assert meaning_of(decode('[null,""]'), unordered=True) is None


@given(JSON)
def test_the_short_way_agrees(value: object) -> None:
    """`says_nothing` is `meaning_of` being None, in order or not."""
    assert says_nothing(value) == (meaning_of(value) is None) == (meaning_of(value, unordered=True) is None)


@given(JSON, JSON)
def test_filled_values_lie_between_the_same_and_the_same_meaning(one: object, other: object) -> None:
    """What is the same is filled alike, and what is filled alike means the same."""
    if key_of(one) == key_of(other):
        assert filled_key(one) == filled_key(other)
    if filled_key(one) == filled_key(other):
        assert meaning_of(one) == meaning_of(other)


def test_what_is_empty_is_a_value_to_a_program() -> None:
    """Only null members are as if they were left out; in an array null has its place."""
    assert filled_key(decode('{"a":null,"b":" x"}')) == filled_key(decode('{"b":"x"}'))
    for one, other in (("[]", "null"), ('""', "null"), ("[null]", "[]"), ('{"a":""}', "{}")):
        assert filled_key(decode(one)) != filled_key(decode(other))
