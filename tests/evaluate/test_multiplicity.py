"""Many tests at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.multiplicity import (
    benjamini_hochberg,
    e_benjamini_hochberg,
    holm,
    holm_levels,
    simultaneous_z,
)

P_VALUES = st.lists(st.floats(0.0, 1.0), max_size=12)


def test_holm_stops_at_the_first_failure() -> None:
    """A p-value below its own step counts only if every smaller one was rejected."""
    assert holm([0.01, 0.03, 0.04], 0.05) == [True, False, False]
    assert holm([0.04, 0.01, 0.02], 0.05) == [True, True, True]
    assert holm([], 0.05) == []


@given(P_VALUES)
def test_holm_lies_between_bonferroni_and_no_correction(p_values: list[float]) -> None:
    """Holm rejects all that Bonferroni does, and nothing above alpha."""
    for p, rejected in zip(p_values, holm(p_values, 0.05), strict=True):
        assert rejected or p > 0.05 / len(p_values)
        assert not rejected or p <= 0.05


def test_levels_climb_to_alpha() -> None:
    """Steps run from alpha/k to alpha in the order of the p-values."""
    assert [(i, round(level, 4)) for i, level in holm_levels([0.3, 0.1, 0.2], 0.06)] == [
        (1, 0.02),
        (2, 0.03),
        (0, 0.06),
    ]


@given(P_VALUES)
def test_bh_rejects_no_less_than_holm(p_values: list[float]) -> None:
    """BH, which controls less, rejects at least what Holm does."""
    by_holm = {i for i, rejected in enumerate(holm(p_values, 0.05)) if rejected}
    assert by_holm <= set(benjamini_hochberg(p_values, 0.05))


@given(P_VALUES.filter(lambda values: 0.0 not in values))
def test_e_values_of_calibrated_p_values_reject_no_more(p_values: list[float]) -> None:
    """e-BH on 1/p, which holds under any dependence, agrees with BH on p."""
    assert e_benjamini_hochberg([1 / p for p in p_values], 0.1) == pytest.approx(
        benjamini_hochberg(p_values, 0.1)
    )


@pytest.mark.parametrize(("k", "expected"), [(1, 1.645), (2, 2.05), (4, 2.54), (6, 2.89)])
def test_simultaneous_values(k: int, expected: float) -> None:
    """Critical values for 1, 2, 4 and 6 strata at 5 % are 1.645, 2.05, 2.54 and 2.89, to a hundredth."""
    assert simultaneous_z(k, 0.05) == pytest.approx(expected, abs=0.011)


def test_simultaneous_value_bounds_the_best_subset() -> None:
    """The largest pooled statistic over all subsets passes the value in one world of twenty."""
    scores = np.random.default_rng(1).standard_normal((200_000, 4))
    largest = np.sqrt((np.maximum(scores, 0.0) ** 2).sum(axis=1))
    assert (largest > simultaneous_z(4, 0.05)).mean() == pytest.approx(0.05, abs=0.002)
