"""The numeric grader."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.numeric import Numeric


@pytest.mark.parametrize(
    ("grader", "expected", "said", "why"),
    [
        (Numeric(), "1234.5", "$1,234.50", ""),
        (Numeric(), "12", "12.0000", ""),
        (Numeric(), "12", "12.0001", "other number"),
        (Numeric(), "0.3", "0.30000000000000004", "other number"),
        (Numeric(), "$5", "€5", "other unit"),
        (Numeric(), "5 kg", "5 g", "other unit"),
        (Numeric(), "12%", "0.12", "other number"),
        (Numeric(), "12", "between 11 and 12", "two numbers"),
        (Numeric(), "12", "twelve", "no number"),
        (Numeric(tolerance=Decimal("0.01")), "12", "12.01", ""),
        (Numeric(tolerance=Decimal("0.01")), "12", "12.011", "off by more than the tolerance"),
        (Numeric(relative=Decimal("0.01")), "-200", "-198", ""),
        (Numeric(relative=Decimal("0.01")), "-200", "-197.9", "off by more than the tolerance"),
        (Numeric(Decimal(3), Decimal("0.01")), "100", "103", ""),
        (Numeric(relative=Decimal("0.5")), "1e9000", "1.4e9000", ""),
        (Numeric(relative=Decimal("0.5")), "1e-9000", "9e9999", "off by more than the tolerance"),
    ],
)
def test_numbers_compare_by_value(grader: Numeric, expected: str, said: str, why: str) -> None:
    """Exactly without a tolerance, within the larger of the two with them, and never through a float."""
    grade = grader.grade(Reply(said), Reference(expected, is_known=True))
    assert Grade(score=float(not why), grader="numeric@1", why=why) == grade


def test_a_unit_may_be_left_out_only_of_a_known_answer() -> None:
    """Two that agree with today's answer agree with each other: what that leaves out, all have to."""
    known, today = Reference("12", is_known=True), Reference("12")
    assert Numeric().grade(Reply("12%"), known) == Grade(score=1.0, grader="numeric@1")
    assert Numeric().grade(Reply("12%"), today) == Grade(score=0.0, grader="numeric@1", why="other unit")


@pytest.mark.parametrize(
    ("expected", "said", "why"),
    [
        ("n/a", "12", "invented an answer"),
        ("n/a", "Not stated.", ""),
        ("n/a", "perhaps", "no number"),
        ("12", "unknown", "gave no answer"),
    ],
)
def test_no_answer_is_a_slice(expected: str, said: str, why: str) -> None:
    """Where there is nothing to state, a number is invented and a word that says so is right."""
    slice_name = "no answer" if expected == "n/a" else ""
    grade = Numeric().grade(Reply(said), Reference(expected))
    assert Grade(score=float(not why), grader="numeric@1", slice_name=slice_name, why=why) == grade


def test_references_of_no_number_are_set_aside() -> None:
    """A row is set aside where there is no reference, or it states no one number."""
    assert Ungradable("no reference") == Numeric().grade(Reply("1"), Reference(None))
    assert Ungradable("reference is not a number") == Numeric().grade(Reply("1"), Reference("1 or 2"))


def test_a_cut_reply_is_wrong() -> None:
    """A number whose digits may go on is no number."""
    grade = Numeric().grade(Reply("12", (), "max_tokens"), Reference("12"))
    assert Grade(score=0.0, grader="numeric@1", why="cut off: max_tokens") == grade


@pytest.mark.parametrize("tolerance", ["-1", "nan", "inf"])
def test_tolerances_are_numbers_from_zero_up(tolerance: str) -> None:
    """Any other tolerance is a programmer's error."""
    with pytest.raises(ValueError, match="no number from 0 up"):
        Numeric(Decimal(tolerance))


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.integers(0, 1000))
def test_tolerance_is_symmetric_and_no_context_changes_it(one: int, other: int, tolerance: int) -> None:
    """Two numbers are within a tolerance of each other, whatever the caller's decimal context."""
    grader = Numeric(Decimal(tolerance))
    with localcontext(prec=1):
        found = grader.grade(Reply(str(one)), Reference(str(other)))
    assert found == grader.grade(Reply(str(other)), Reference(str(one)))
    assert isinstance(found, Grade)
    assert found.score == float(abs(one - other) <= tolerance)
