"""Spending alpha over attempts."""

import math

import pytest

from modelmix.optimize.attempts import Try, alpha_of_attempt, number_of_attempt


def test_all_attempts_together_spend_alpha() -> None:
    """The parts fall, and sum to alpha however many attempts there are."""
    parts = [alpha_of_attempt(0.05, attempt) for attempt in range(1, 60)]
    assert parts == sorted(parts, reverse=True)
    assert math.fsum(parts) == pytest.approx(0.05)
    assert parts[0] == pytest.approx(0.04)


def test_attempts_are_counted_from_one() -> None:
    """There is no attempt zero."""
    with pytest.raises(ValueError, match="counted from 1"):
        alpha_of_attempt(0.05, 0)


def attempt(settings: str, evidence: str, *imports: str) -> Try:
    """Build an attempt."""
    return Try(settings, evidence, frozenset(imports))


def test_the_same_question_is_the_same_attempt() -> None:
    """Asking again costs nothing; another margin, or more rows, is another attempt."""
    first, other = attempt("m2", "e", "a"), attempt("m3", "e", "a")
    assert number_of_attempt(first, []) == 1
    assert number_of_attempt(first, [first, other, first]) == 1
    assert number_of_attempt(other, [first, other, first]) == 2
    assert number_of_attempt(attempt("m2", "e+f", "a", "b"), [first, other]) == 3


def test_other_rows_are_another_matter() -> None:
    """Attempts on rows of other imports do not count."""
    assert number_of_attempt(attempt("m2", "f", "b"), [attempt("m2", "e", "a")]) == 1
