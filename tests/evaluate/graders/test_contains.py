"""The containing grader."""

import pytest

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.contains import Contains
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable


def _known(expected: str) -> Reference:
    return Reference(expected, is_known=True)


@pytest.mark.parametrize(
    ("grader", "expected", "said", "why"),
    [
        (Contains(), "Paris", "It is Paris.", ""),
        (Contains(), "Paris", "It is paris.", "lacks the text"),
        (Contains(ignore_case=True), "STRASSE", "Lange straße 1", ""),
        (Contains(), "30 days", "within 30\n  days", ""),
        (Contains(), "cafe\u0301", "Das caf\u00e9", ""),
        (Contains(), "30 days| receipt ", "A receipt, and 30 days.", ""),
        (Contains(), "30 days|receipt", "30 days.", "lacks a part of the text"),
        (Contains(), "30 days|receipt", "No.", "lacks the text"),
        (Contains(any_part=True), "30 days|receipt", "A receipt.", ""),
        (Contains(any_part=True), "30 days|receipt", "No.", "lacks the text"),
        (Contains(), "a\\|b", "x a|b", ""),
        (Contains(), "C:\\temp|\\", "in C:\\temp", ""),
        (Contains(), "|a||a|", "a", ""),
    ],
)
def test_texts_are_looked_for(grader: Contains, expected: str, said: str, why: str) -> None:
    """All of them or one, anywhere; a sign that parts them can be one of the text."""
    found = grader.grade(Reply(said), _known(expected))
    assert found == Grade(score=float(not why), grader="contains@1", why=why)


def test_rows_that_are_set_aside() -> None:
    """Without texts there is nothing to look for, and today's own answer names none."""
    for expected in (None, " ", "|", " | "):
        reference = Reference(expected, is_known=True)
        assert Ungradable("no reference") == Contains().grade(Reply("x"), reference)
    assert Ungradable("no known answer") == Contains().grade(Reply("x"), Reference("x"))


def test_a_reply_is_its_arguments_and_has_to_be_whole() -> None:
    """What is looked through is the answer: the arguments of the tool that is to be called, or the text."""
    reference = Reference("A-7", is_known=True, tool="look")
    for reply, why in (
        (Reply("", (ToolCall("look", {"order": "A-7"}),)), ""),
        (Reply("A-7"), "no tool call"),
        (Reply("", (ToolCall("look", {"order": "A-7"}),), "max_tokens"), "cut off: max_tokens"),
    ):
        assert Grade(score=float(not why), grader="contains@1", why=why) == Contains().grade(reply, reference)


def test_references_that_say_that_there_is_no_answer_are_a_slice() -> None:
    """As with other graders of text."""
    found = Contains(ignore_case=True).grade(Reply("Not stated in it."), _known("not stated"))
    assert Grade(score=1.0, grader="contains@1", slice_name="no answer") == found
    assert not Contains().bounds_loss
