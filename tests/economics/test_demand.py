"""Demand as a mixture of volumes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.contracts import cents, demands
from modelmix.economics.demand import Demand, Volume

levels = st.floats(0.001, 0.999)


def test_probabilities_sum_to_one() -> None:
    """Half a distribution is none."""
    with pytest.raises(ValueError, match="sum to 1"):
        Demand((Volume(0.5, 10),))


@pytest.mark.parametrize("cv", [0.1, 0.3, 1.5])
def test_the_lognormal_agrees_with_drawn_numbers(cv: float) -> None:
    """Mean, chance, excess, lack and quantile are those of a million draws."""
    demand = Demand.lognormal(100.0, cv)
    sigma = math.sqrt(math.log1p(cv * cv))
    draws = np.random.default_rng(1).lognormal(math.log(100.0) - sigma**2 / 2, sigma, 1_000_000)
    assert pytest.approx(demand.mean_usd, rel=0.01) == draws.mean()
    for usd in (40.0, 100.0, 250.0):
        assert pytest.approx(demand.below(usd), abs=0.003) == np.mean(draws < usd)
        assert pytest.approx(demand.excess_usd(usd), abs=0.5) == np.mean(np.maximum(draws - usd, 0))
        assert pytest.approx(demand.lack_usd(usd), abs=0.5) == np.mean(np.maximum(usd - draws, 0))
    assert pytest.approx(demand.quantile_usd(0.2), rel=0.01) == np.quantile(draws, 0.2)


def test_a_fixed_volume_is_not_below_itself() -> None:
    """Rounding of a commitment that sits on a scenario does not make it dead there."""
    demand = Demand((Volume(0.25, 90.0), Volume(0.75, 110.0)))
    assert tuple(map(demand.below, (90.0 * (1 + 1e-15), 91.0, 110.0, 110.1))) == (0.0, 0.25, 0.25, 1.0)


def test_quantiles_of_fixed_volumes_are_volumes() -> None:
    """The smallest volume that is enough, and at a chance met exactly the lower one."""
    demand = Demand((Volume(0.2, 30.0), Volume(0.1, 10.0), Volume(0.7, 50.0)))
    assert [demand.quantile_usd(q) for q in (0, 0.1, 0.1 + 1e-9, 0.3, 0.99)] == [10.0, 10.0, 30.0, 30.0, 50.0]
    tenths = Demand(tuple(Volume(0.1, float(number)) for number in range(10)))
    assert tenths.quantile_usd(0.3) == 2.0
    assert tenths.quantile_usd(1 - 1e-13) == 9.0


def test_a_mixture_of_both_kinds_has_quantiles() -> None:
    """An atom inside a density is found to the last digit."""
    demand = Demand((Volume(0.5, 100.0, 0.4), Volume(0.5, 80.0)))
    assert pytest.approx(80.0, rel=1e-12) == demand.quantile_usd(0.4)
    assert demand.quantile_usd(0.01) < 80.0 < demand.quantile_usd(0.95)


@given(demands(), st.just(0.0) | cents)
def test_excess_and_lack_balance(demand: Demand, usd: float) -> None:
    """E[D] - V is what exceeds V less what is missing; both are never negative."""
    excess, lack = demand.excess_usd(usd), demand.lack_usd(usd)
    assert min(excess, lack) >= -1e-9 * (usd + demand.mean_usd)
    assert pytest.approx(demand.mean_usd - usd, rel=1e-9, abs=1e-6) == excess - lack


@given(demands(), levels, levels)
def test_quantiles_rise_and_hold_their_chance(demand: Demand, one: float, other: float) -> None:
    """A higher chance needs no smaller amount, and below a quantile lies no more than its chance."""
    low, high = sorted((one, other))
    assert demand.quantile_usd(low) <= demand.quantile_usd(high)
    assert demand.below(demand.quantile_usd(low)) <= low + 1e-9
