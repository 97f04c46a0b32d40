"""Difficulty: what is failed is hard, and gets no easier."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.paths import fixed, shares, varied
from modelmix.economics.difficulty import Difficulty, Fixed, Varied


@given(fixed | varied, st.integers(1, 20))
def test_open_shares_fall_by_the_chance_of_the_next_success(difficulty: Difficulty, cap: int) -> None:
    """What is still open falls from one, by exactly the chance that the next attempt solves it."""
    open_shares = difficulty.open_shares(cap)
    assert len(open_shares) == cap + 1
    assert open_shares[0] == pytest.approx(1.0)
    for failures, (before, after) in enumerate(pairwise(open_shares)):
        assert 0.0 <= after <= before + 1e-12
        assert before * (1 - difficulty.next_success(failures)) == pytest.approx(after, abs=1e-9)


@given(fixed | varied, st.integers(0, 50))
def test_a_failure_makes_the_next_success_no_likelier(difficulty: Difficulty, failures: int) -> None:
    """The chance after j + 1 failures is at most that after j."""
    assert difficulty.next_success(failures + 1) <= difficulty.next_success(failures) + 1e-12


def test_hardly_any_hopeless_tasks_are_not_lost_to_rounding() -> None:
    """With one task in 10^16 hopeless, the chance after many failures still only falls."""
    chances = [Fixed(0.6328125, 1.0 - 2.0**-53).next_success(failures) for failures in range(60)]
    assert all(after <= before for before, after in pairwise(chances))
    assert chances[0] == pytest.approx(0.6328125, rel=1e-15)
    assert chances[-1] < 1e-9


@given(st.floats(0.01, 0.99), st.integers(0, 10))
def test_a_beta_that_is_certain_is_one_chance(share: float, cap: int) -> None:
    """With a huge concentration the beta distribution is a fixed chance."""
    certain = Varied(share * 1e9, (1 - share) * 1e9)
    assert certain.open_shares(cap) == pytest.approx(Fixed(share).open_shares(cap), abs=1e-6)
    assert certain.next_success(cap) == pytest.approx(share, rel=1e-6)


@given(shares)
def test_where_all_can_be_solved_failures_tell_nothing(share: float) -> None:
    """Independent attempts have the same chance however many have failed."""
    assert Fixed(share).next_success(7) == share


def test_a_beta_by_simulation() -> None:
    """The share that is open after j attempts is the mean of q^j over drawn chances."""
    fails = 1 - np.random.default_rng(2).beta(4.0, 1.5, 400_000)
    assert Varied(4.0, 1.5).open_shares(4) == pytest.approx(
        [float((fails**tries).mean()) for tries in range(5)], abs=0.002
    )


def test_ranges() -> None:
    """Shares lie between 0 and 1, and a beta distribution has two positive parameters."""
    with pytest.raises(ValueError, match=r"solvable_share is 1.2"):
        Fixed(0.5, 1.2)
    with pytest.raises(ValueError, match="alpha is 0 and beta 1; both lie above 0"):
        Varied(0, 1)
    with pytest.raises(ValueError, match="both lie above 0"):
        Varied(1, float("nan"))
