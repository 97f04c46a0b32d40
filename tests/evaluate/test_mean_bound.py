"""The bound of a mean: exact for two values, and never too high at the boundary, however skewed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from modelmix.evaluate.mean_bound import MeanSample

amounts = st.floats(-1000.0, 1000.0).map(lambda x: round(x, 6))


@given(st.integers(1, 60), st.data(), st.sampled_from([0.05, 0.01, 0.002]))
@settings(max_examples=60, deadline=None)
def test_of_right_and_wrong_it_is_clopper_pearson(n: int, data: st.DataObject, alpha: float) -> None:
    """Of ones and zeros the bound is that of Clopper and Pearson."""
    right = data.draw(st.integers(1, n))
    sample = MeanSample(np.array([1.0] * right + [0.0] * (n - right)), 0.0)
    assert sample.lower_bound(alpha) == pytest.approx(beta.ppf(alpha, right, n - right + 1), abs=1e-7)


@given(st.lists(amounts, min_size=1, max_size=30), st.floats(0.0, 100.0), st.floats(0.001, 0.4))
@settings(max_examples=80, deadline=None)
def test_bound_and_p_value_say_the_same(values: list[float], below: float, alpha: float) -> None:
    """The bound lies between the lowest possible value and the largest seen, and tests agree with it."""
    sample = MeanSample(np.array(values), min(values) - below)
    bound = sample.lower_bound(alpha)
    assert sample.lowest <= bound <= max(values)
    spread = max(values) - sample.lowest
    if sample.lowest + 1e-6 < bound < max(values) - 1e-6:
        assert sample.p_value(bound - 1e-4 * spread) < alpha < sample.p_value(bound + 1e-4 * spread)
        assert bound <= sample.mean or alpha > 0.3


@given(st.lists(amounts, min_size=2, max_size=20), st.floats(0.1, 50.0), amounts)
@settings(max_examples=50, deadline=None)
def test_units_and_zero_do_not_matter(values: list[float], factor: float, shift: float) -> None:
    """Other units and another zero move the bound as they move the values."""
    sample = MeanSample(np.array(values), min(values) - 1.0)
    other = MeanSample(factor * np.array(values) + shift, factor * (min(values) - 1.0) + shift)
    spread = max(values) - min(values) + 1.0
    expected = factor * sample.lower_bound(0.05) + shift
    assert other.lower_bound(0.05) == pytest.approx(expected, abs=1e-6 * factor * spread + 1e-9)


def test_a_lower_possible_value_costs_power() -> None:
    """The worse a value might be, the lower the bound: it is never free."""
    values = np.array([1.0, 2.0, 0.5, 1.5] * 5)
    bounds = [MeanSample(values, lowest).lower_bound(0.05) for lowest in (0.5, -1.0, -10.0, -100.0)]
    assert bounds == sorted(bounds, reverse=True)


def test_many_values_come_close_to_the_normal_bound() -> None:
    """Of four thousand even values the bound is that of the normal curve to a hundredth."""
    values = np.random.default_rng(1).uniform(0.0, 1.0, 4000)
    normal = values.mean() - 1.6449 * values.std(ddof=1) / math.sqrt(4000)
    assert MeanSample(values, 0.0).lower_bound(0.05) == pytest.approx(normal, abs=0.0005)


def test_edges() -> None:
    """Without values nothing is shown; what cannot be is shown at once; what is no number is refused."""
    nothing = MeanSample(np.empty(0), -3.0)
    assert (nothing.n, nothing.p_value(), nothing.lower_bound(0.05)) == (0, 1.0, -3.0)
    assert math.isnan(nothing.mean)
    assert math.isnan(nothing.deviation)
    same = MeanSample(np.array([2.0, 2.0]), 2.0)
    assert (same.lower_bound(0.05), same.p_value(2.0), same.p_value(1.9)) == (2.0, 1.0, 0.0)
    assert same.deviation == 0.0
    one = MeanSample(np.array([1.0]), 0.0)
    assert one.lower_bound(0.05) == pytest.approx(0.05)
    assert one.lower_bound(1e-12) == 0.0
    assert MeanSample(np.array([5.0] * 2), -1.0).lower_bound(1.0) == pytest.approx(5.0)
    with pytest.raises(ValueError, match="not a number"):
        MeanSample(np.array([math.nan]), 0.0)
    with pytest.raises(ValueError, match="none is lower"):
        MeanSample(np.array([1.0]), 2.0)


def false_share(chance: np.random.Generator, n: int, sigma: float, worlds: int) -> tuple[float, float]:
    """Share of worlds in which nothing is saved and it is said to be, here and by a t test, at 4 %.

    Costs are log-normal; the dearer candidate gains five points and loses four more answers of a hundred
    each way, and an error costs just what makes the two equal.
    """
    ours = plain = 0
    for _ in range(worlds):
        base, dear = (chance.lognormal(-(sigma**2) / 2, sigma, n) for _ in range(2))
        gains = chance.choice([1.0, 0.0, -1.0], n, p=[0.09, 0.87, 0.04])
        error_usd = 0.2 / 0.05
        nets = base - 1.2 * dear + error_usd * gains
        dearest = max(0.0, float((1.2 * dear - base).max()))
        ours += MeanSample(nets, -(error_usd + 3.0 * dearest)).p_value() <= 0.04
        plain += nets.mean() > 1.75 * nets.std(ddof=1) / math.sqrt(n)
    return ours / worlds, plain / worlds


@pytest.mark.parametrize(("n", "sigma"), [(12, 2.0), (60, 1.5)])
def test_at_the_boundary_it_is_seldom_false(n: int, sigma: float) -> None:
    """Where nothing is saved, skewed costs and few pairs are said to save in at most 4 of 100 worlds."""
    ours, _ = false_share(np.random.default_rng(n), n, sigma, 500)
    assert ours <= 0.04


@pytest.mark.soak
def test_at_the_boundary_for_long() -> None:
    """Over all sizes and skews it holds its level, and a t test does not."""
    chance = np.random.default_rng(3)
    found = [false_share(chance, n, s, 5000) for n in (8, 20, 60, 200, 600) for s in (0.3, 1.0, 1.5, 2.0)]
    assert max(ours for ours, _ in found) <= 0.04
    assert max(plain for _, plain in found) > 0.05
