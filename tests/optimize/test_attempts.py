"""Spending alpha over attempts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.optimize.attempts import Try, alpha_of_attempt, number_of_attempt, sketch


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


def attempt(settings: str, evidence: str, *prompts: str) -> Try:
    """Build an attempt."""
    return Try(settings, evidence, sketch(prompts))


def test_the_same_question_is_the_same_attempt() -> None:
    """Asking again costs nothing; another margin, or more rows, is another attempt."""
    first, other = attempt("m2", "e", "a"), attempt("m3", "e", "a")
    assert number_of_attempt(first, []) == 1
    assert number_of_attempt(first, [first, other, first]) == 1
    assert number_of_attempt(other, [first, other, first]) == 2
    assert number_of_attempt(attempt("m2", "e+f", "a", "b"), [first, other]) == 3


def test_other_prompts_are_another_matter() -> None:
    """Attempts on other prompts do not count."""
    assert number_of_attempt(attempt("m2", "f", "b"), [attempt("m2", "e", "a")]) == 1


@given(st.sets(st.text(min_size=1), max_size=30), st.sets(st.text(min_size=1), max_size=30))
def test_small_sets_are_known_again_exactly(one: set[str], other: set[str]) -> None:
    """Up to four thousand prompts are kept whole: sketches meet if and only if the prompts do."""
    assert bool(sketch(one) & sketch(other)) == bool(one & other)


def test_a_small_part_of_many_prompts_is_known_again() -> None:
    """Of a hundred thousand prompts four thousand are kept, and a hundredth of them is found among them."""
    many = [f"prompt-{i}" for i in range(100_000)]
    kept = sketch(many)
    assert len(kept) == 4096
    assert kept & sketch(many[5000:6000])
    assert not kept & sketch(f"other-{i}" for i in range(1000))
