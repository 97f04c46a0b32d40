"""Critical values of pooled statistics over subsets and looks: exact where they can be, never too low."""

import math

import numpy as np
import pytest

from modelmix.evaluate.boundaries import Spending, critical_values
from modelmix.evaluate.multiplicity import simultaneous_z
from modelmix.evaluate.pool_boundary import simultaneous_values
from modelmix.evaluate.proportion import lower_bound
from modelmix.evaluate.sequential import even


@pytest.mark.parametrize("k", [1, 2, 5, 24])
@pytest.mark.parametrize("alpha", [0.04, 0.008])
def test_one_look_is_the_plain_simultaneous_value(k: int, alpha: float) -> None:
    """Nothing is paid for looks that are not taken."""
    assert simultaneous_values(k, (1.0,), alpha) == pytest.approx((simultaneous_z(k, alpha),), abs=1e-9)


def test_one_type_has_its_group_sequential_boundary() -> None:
    """A pool of one is a single test."""
    expected = critical_values(even(4), 0.05, Spending.OBRIEN_FLEMING)
    assert simultaneous_values(1, even(4), 0.05) == expected


@pytest.mark.parametrize("spending", list(Spending))
@pytest.mark.parametrize("k", [2, 4, 8])
def test_it_lies_between_the_plain_value_and_that_of_bonferroni(k: int, spending: Spending) -> None:
    """A look costs at most its part of the level, and no look is cheaper than having no other."""
    alpha, before = 0.05, 0.0
    for fraction, value in zip(even(5), simultaneous_values(k, even(5), alpha, spending), strict=True):
        spent = spending.spent(fraction, alpha)
        assert simultaneous_z(k, spent) - 1e-9 <= value <= simultaneous_z(k, spent - before) + 1e-9
        before = spent


def test_a_look_that_may_spend_nothing_is_never_crossed() -> None:
    """A level too small for a number leaves the first look without a value to reach."""
    first, *_, last = simultaneous_values(3, (1e-4, 0.5, 1.0), 0.01)
    assert math.isinf(first)
    assert math.isfinite(last)


def test_looks_are_looks() -> None:
    """Fractions rise to at most one, and there are at most five."""
    with pytest.raises(ValueError, match="must rise"):
        simultaneous_values(2, (0.5, 0.5), 0.05)
    with pytest.raises(ValueError, match="there are 6 looks"):
        simultaneous_values(2, even(6), 0.05)


def crossed(k: int, alpha: float, worlds: int) -> int:
    """Count worlds in which some subset of k types at the edge crosses at some look."""
    chance = np.random.default_rng([20261125, k])
    values = np.array(simultaneous_values(k, even(5), alpha))
    score = chance.standard_normal((worlds, 5, k)).cumsum(axis=1)
    largest = np.sqrt((np.maximum(score, 0.0) ** 2).sum(axis=2) / np.arange(1, 6))
    return int((largest >= values).any(axis=1).sum())


@pytest.mark.parametrize("k", [2, 4, 8])
def test_the_level_holds_over_subsets_and_looks_and_is_nearly_used_up(k: int) -> None:
    """At the edge some subset crosses at some look with a chance of at most alpha, and little below it."""
    worlds = 40_000
    share = crossed(k, 0.05, worlds)
    assert lower_bound(share, worlds, 0.999) <= 0.05
    assert share / worlds >= 0.04


def test_the_plain_value_at_every_look_is_too_low() -> None:
    """The forbidden procedure: the one-look value at each of five looks is crossed far too often."""
    chance, worlds, k = np.random.default_rng(20261125), 10_000, 4
    score = chance.standard_normal((worlds, 5, k)).cumsum(axis=1)
    largest = np.sqrt((np.maximum(score, 0.0) ** 2).sum(axis=2) / np.arange(1, 6))
    false = int((largest >= simultaneous_z(k, 0.05)).any(axis=1).sum())
    assert lower_bound(false, worlds, 0.999) > 0.08
