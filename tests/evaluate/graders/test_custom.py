"""The grader of the user, with a stand-in for what calls their function."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.custom import Custom
from modelmix.evaluate.graders.grade import Grade, Reference

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["score", "why"]), inner),
    max_leaves=4,
)


def graded(came: Mapping[str, Any] | str) -> Grade:
    """Grade a reply with a function from which something comes back."""
    found = Custom("g.py:grade", run=lambda _: came).grade(Reply("x"), Reference("y"))
    assert isinstance(found, Grade)
    return found


@pytest.mark.parametrize(
    ("came", "score", "why"),
    [
        ({"result": True}, 1.0, ""),
        ({"result": False}, 0.0, "not all right"),
        ({"result": 0.25}, 0.25, "not all right"),
        ({"result": {"score": 1, "why": "fine"}}, 1.0, "fine"),
        ({"result": {"score": 0, "why": "gr\u00f6\u00dfer"}}, 0.0, "gr\\xf6\\xdfer"),
        ({"result": {"score": 0, "why": "grader timed out"}}, 0.0, "says grader timed out"),
        ({"result": {"score": 0}}, 0.0, "not all right"),
        ({"result": None}, 0.0, "grader returned no score"),
        ({"result": 1.01}, 0.0, "grader returned no score"),
        ({"result": float("nan")}, 0.0, "grader returned no score"),
        ({"result": {"points": 1}}, 0.0, "grader returned no score"),
        ({"result": {"score": 1, "why": 7}}, 0.0, "grader returned no score"),
        ({"raised": "ValueError"}, 0.0, "grader raised ValueError"),
        ({}, 0.0, "grader raised an error"),
        ("grader timed out", 0.0, "grader timed out"),
    ],
)
def test_what_comes_back_is_a_score_or_a_fault(came: Mapping[str, Any] | str, score: float, why: str) -> None:
    """A function that fails on a reply sets no reply aside."""
    assert graded(came) == Grade(score=score, grader="callable@1", why=why)


@given(JSON)
def test_whatever_comes_back_is_graded(result: object) -> None:
    """Nothing that JSON can hold breaks it."""
    assert 0.0 <= graded({"result": result}).score <= 1.0


def test_a_function_is_told_what_was_asked_and_answered() -> None:
    """By name; a reply that is cut off is wrong without it."""
    told: list[Mapping[str, Any]] = []

    def run(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        told.append(arguments)
        return {"result": 1}

    grader = Custom("g.py:grade", run=run)
    assert not grader.bounds_loss
    grader.grade(Reply("four"), Reference("4", is_known=True, prompt="2+2"))
    grader.grade(Reply("fo", (), "max_tokens"), Reference("4"))
    assert told == [{"answer": "four", "expected": "4", "prompt": "2+2", "is_known": True}]


def test_what_names_no_function_is_refused() -> None:
    """As is a time that is none, and a grader without hands."""
    for function in ("", "grade", ":grade", "g.py:", "g.py:a-b"):
        with pytest.raises(ValueError, match="names no function"):
            Custom(function)
    with pytest.raises(ValueError, match="1 to 600"):
        Custom("g.py:grade", seconds=601)
    with pytest.raises(RuntimeError, match="no run"):
        Custom("g.py:grade").grade(Reply("x"), Reference("y"))
    assert Custom("g.py:f", 5, "ab").spec == "callable@1:function=g.py:f,seconds=5,sha256=ab"
