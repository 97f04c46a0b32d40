"""Calls in the form of a known answer."""

from collections.abc import Mapping
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.reply import ToolCall
from modelmix.evaluate.graders.calls import calls_expected, calls_named, calls_text
from modelmix.evaluate.graders.grade import Reference

REFUND = ToolCall("refund", {"order": 7})
MAIL = ToolCall("mail", {})


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ('{"name": "refund", "arguments": {"order": 7}}', (REFUND,)),
        ('[{"name": "refund", "arguments": {"order": 7}}, {"name": " mail "}]', (REFUND, MAIL)),
        ('```json\n{"name": "mail", "arguments": {}}\n```', (MAIL,)),
        (" None ", ()),
        ("[]", ()),
        ("", None),
        ("refund", None),
        ("null", None),
        ('"none"', None),
        ("[1]", None),
        ('{"arguments": {}}', None),
        ('{"name": " ", "arguments": {}}', None),
        ('{"name": 1}', None),
        ('{"name": "refund", "arguments": "{}"}', None),
        ('{"name": "refund", "input": {"order": 7}}', None),
        ('[{"name": "mail"}, {"order": 7}]', None),
    ],
)
def test_known_answers_name_calls(text: str, calls: tuple[ToolCall, ...] | None) -> None:
    """One object, a list in order, or `none`; another form is no call without arguments."""
    assert calls == calls_named(text)


def test_calls_are_written_as_they_are_read() -> None:
    """One stands alone, several in a list, none as an empty one; what JSON cannot hold is empty."""
    assert calls_text([MAIL]) == '{"name":"mail","arguments":{}}'
    assert calls_text([MAIL, REFUND]) == (
        '[{"name":"mail","arguments":{}},{"name":"refund","arguments":{"order":7}}]'
    )
    assert calls_text([]) == "[]"
    for odd in (ToolCall("mail", {"a": "\ud800"}), ToolCall("\ud800", {})):
        assert calls_text([MAIL, odd]) == ""


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | WORDS, st.lists)
CALLS = st.lists(
    st.builds(ToolCall, st.sampled_from(["a", "b c", "ü"]), st.dictionaries(WORDS, VALUES, max_size=3))
).map(tuple)


@given(CALLS)
def test_what_is_written_is_read(calls: tuple[ToolCall, ...]) -> None:
    """Calls to text to calls loses nothing but spelling: reading brings texts to one form (NFC).

    Two names of an object that are one in that form are a name twice, which is no JSON that all read alike.
    """
    found = calls_named(calls_text(calls))
    if any(len(set(map(in_one_form, call.arguments))) < len(call.arguments) for call in calls):
        assert found is None
    else:
        assert found == tuple(ToolCall(call.name, in_one_form(call.arguments)) for call in calls)


def in_one_form(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Bring all texts of a value to the form that reading brings them to."""
    if isinstance(value, Mapping):
        return {in_one_form(name): in_one_form(member) for name, member in value.items()}
    if isinstance(value, list):
        return [in_one_form(element) for element in value]
    return normalize("NFC", value) if isinstance(value, str) else value


@given(st.text())
def test_any_text_names_calls_or_none(text: str) -> None:
    """Reading never raises."""
    found = calls_named(text)
    assert found is None or isinstance(found, tuple)


def test_a_known_answer_comes_before_what_was_called() -> None:
    """Where the right calls are known, those of the baseline do not count."""
    assert calls_expected(Reference("none", None, is_known=True, calls=(MAIL,))) == ()
    assert calls_expected(Reference("x", None, is_known=True, calls=(MAIL,))) is None
    assert calls_expected(Reference("{}", calls=(MAIL,))) == (MAIL,)
    assert calls_expected(Reference("text")) is None
