"""The exact grader."""

import pytest

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.exact import Exact
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable


@pytest.mark.parametrize(
    ("expected", "said", "why"),
    [
        ("PO-4417", " PO-4417\r\n", ""),
        ("café", "\ufeffcafe\u0301", ""),  # a byte order mark, and the accent as a sign of its own
        ("one\ntwo", "one\r\ntwo", ""),
        ("yes", "Yes", "other text"),
        ("it's", "it\u2019s", "other text"),
        ("a  b", "a b", "other text"),
        ("\ud800", "\ud800", ""),
        ("yes", "", "other text"),
    ],
)
def test_the_same_text_is_right(expected: str, said: str, why: str) -> None:
    """White space at the ends, line breaks and the spelling of accents make no difference; all else does."""
    grade = Exact().grade(Reply(said), Reference(expected))
    assert Grade(score=float(not why), grader="exact@1", why=why) == grade


def test_case_counts_unless_told_otherwise() -> None:
    """The option ignores case, by full case folding."""
    assert Exact(ignore_case=True).grade(Reply("STRASSE"), Reference("straße")) == Grade(
        score=1.0, grader="exact@1"
    )


def test_a_row_without_a_reference_is_set_aside() -> None:
    """Nothing can be said where there is no reference, or an empty one."""
    for expected in (None, " \n"):
        assert Ungradable("no reference") == Exact().grade(Reply("x"), Reference(expected))


def test_references_without_an_answer_are_a_slice() -> None:
    """A reference that says that there is no answer puts its row in the slice."""
    grade = Exact().grade(Reply("12"), Reference("Not stated."))
    assert Grade(score=0.0, grader="exact@1", slice_name="no answer", why="other text") == grade


def test_arguments_of_a_tool_are_the_answer() -> None:
    """A tool call is compared by its arguments as JSON, whatever the order of their names."""
    reply = Reply("I will file it.", (ToolCall("file", {"b": 1, "a": "x"}),), "tool_use")
    assert Exact().grade(reply, Reference('{"a":"x","b":1}', tool="file")) == Grade(
        score=1.0, grader="exact@1"
    )
