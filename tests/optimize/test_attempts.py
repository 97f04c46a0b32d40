"""Spending alpha over attempts."""

import math

import pytest

from modelmix.optimize.attempts import alpha_of_attempt


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
