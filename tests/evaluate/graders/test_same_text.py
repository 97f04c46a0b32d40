"""The grader of normalised text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.same_text import SameText, normal_words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Paris.", "  paris "),
        ("\u201cNew\u00a0York\u201d", '"new york"'),
        ("stra\u00dfe", "STRASSE"),
        ("\ufb01ve", "five"),
        ("\uff21\uff22\uff23 \uff11", "abc 1"),
        ("cafe\u0301", "caf\u00e9"),
        ("It\u2019s", "it's"),
        ("well \u2013 done!", "well done"),
        ("\u22125 degrees", "-5 Degrees."),
        ("soft\u00adware", "software"),
        ("in 1999.", "in 1999"),
    ],
)
def test_the_same_words_are_the_same(one: str, other: str) -> None:
    """However they are cased, spaced, quoted or composed."""
    assert normal_words(one) == normal_words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5", "-5"), ("5", ".5"), ("15", "1.5"), ("5", "(5)"), ("5", "5%"), ("10\u00b2", "102"),
        ("1\u00bd", "11/2"), ("C", "C#"), ("re-sign", "resign"), ("can't", "cant"), ("a b", "ab"),
        ("b a", "a b"),
    ],
)  # fmt: skip
def test_other_words_stay_apart(one: str, other: str) -> None:
    """Signs, decimal points, powers and fractions are not punctuation."""
    assert normal_words(one) != normal_words(other)


@given(st.text(max_size=30))
def test_a_normal_form_is_its_own(text: str) -> None:
    """To be the same is an equivalence, and case and blanks around never count."""
    words = normal_words(text)
    assert normal_words(f"\n {text}\t") == words
    assert all(word and word.split() == [word] for word in words)


def test_articles_are_dropped_on_request() -> None:
    """But where nothing else is there."""
    grader = SameText(articles=True)
    found = grader.grade(Reply("the cat"), Reference("A cat."))
    assert found == Grade(score=1.0, grader="text@1")
    assert grader.grade(Reply("an"), Reference("The")) == Grade(score=0.0, grader="text@1", why="other text")
    assert SameText().grade(Reply("the cat"), Reference("a cat")) == Grade(
        score=0.0, grader="text@1", why="other text"
    )


def test_what_stands_beside_the_words() -> None:
    """A cut off reply is wrong; no words are no reference; absent answers are a slice."""
    assert SameText().bounds_loss
    assert SameText().grade(Reply("x", (), "max_tokens"), Reference("x")) == Grade(
        score=0.0, grader="text@1", why="cut off: max_tokens"
    )
    for expected in (None, " ", "..."):
        assert SameText().grade(Reply("x"), Reference(expected)) == Ungradable("no reference")
    assert SameText().grade(Reply("N/A."), Reference("n/a")) == Grade(
        score=1.0, grader="text@1", slice_name="no answer"
    )
