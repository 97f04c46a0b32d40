"""Exact bounds of a proportion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from modelmix.evaluate.proportion import lower_bound, upper_bound


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_bounds_solve_the_binomial_tail(case: tuple[int, int]) -> None:
    """At the lower bound the chance of as many passes is 5 %; at the upper that of as few."""
    passed, n = case
    low, high = lower_bound(passed, n, 0.95), upper_bound(passed, n, 0.95)
    assert low <= passed / n <= high
    if passed:
        assert binom.sf(passed - 1, n, low) == pytest.approx(0.05, abs=1e-6)
    if passed < n:
        assert binom.cdf(passed, n, high) == pytest.approx(0.05, abs=1e-6)


def test_edges() -> None:
    """No pass bounds below by zero, all passes bound above by one."""
    assert lower_bound(0, 10, 0.95) == 0.0
    assert upper_bound(10, 10, 0.95) == 1.0
