"""Boundaries: against published tables, an independent integration, and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from modelmix.evaluate.boundaries import (
    Spending,
    critical_values,
    crossing_chances,
    futility_values,
)

LOOKS = st.lists(st.integers(1, 50), min_size=1, max_size=5, unique=True).map(
    lambda steps: tuple(n / 50 for n in sorted(steps))
)
ALPHAS = st.floats(0.001, 0.2)

# Jennison and Turnbull (2000), tables 2.1 and 2.3: two-sided tests, whose one-sided level is half.
POCOCK = {
    0.025: {2: 2.178, 3: 2.289, 4: 2.361, 5: 2.413},
    0.05: {2: 1.875, 3: 1.992, 4: 2.067, 5: 2.122},
}
OBRIEN_FLEMING = {
    0.025: {2: 1.977, 3: 2.004, 4: 2.024, 5: 2.040},
    0.05: {2: 1.678, 3: 1.710, 4: 1.733, 5: 1.751},
}
# Lan-DeMets boundaries of five even looks at one-sided 0.025, as printed by the authors' own program
# (Reboussin, DeMets, Kim and Lan, Controlled Clinical Trials 21, 2000).
LAN_DEMETS = {
    Spending.OBRIEN_FLEMING: (4.8769, 3.3569, 2.6803, 2.2898, 2.0310),
    Spending.POCOCK: (2.4380, 2.4268, 2.4101, 2.3966, 2.3859),
}


def even(looks: int) -> tuple[float, ...]:
    """Return looks at even distances."""
    return tuple(number / looks for number in range(1, looks + 1))


def crossing(fractions: tuple[float, ...], upper: list[float], drift: float = 0.0) -> float:
    """Chance of reaching a value of ``upper`` at any look."""
    nothing = [-math.inf] * len(upper)
    return math.fsum(above for _, above in crossing_chances(fractions, nothing, upper, drift))


@pytest.mark.parametrize("alpha", [0.025, 0.05])
@pytest.mark.parametrize("looks", [2, 3, 4, 5])
def test_constants_of_pocock_and_of_obrien_and_fleming(alpha: float, looks: int) -> None:
    """The constant that spends alpha over even looks is the published one, to three decimals."""
    at = even(looks)
    flat = brentq(lambda c: crossing(at, [c] * looks) - alpha, 1.0, 4.0)
    falling = brentq(lambda c: crossing(at, [c / math.sqrt(t) for t in at]) - alpha, 1.0, 4.0)
    # The tables are two-sided; that a walk might cross on both sides does not show at this precision.
    assert flat == pytest.approx(POCOCK[alpha][looks], abs=6e-4)
    assert falling == pytest.approx(OBRIEN_FLEMING[alpha][looks], abs=6e-4)


@pytest.mark.parametrize("spending", list(Spending))
def test_boundaries_of_lan_and_demets(spending: Spending) -> None:
    """Five even looks at 2.5 % have the published critical values."""
    found = critical_values(even(5), 0.025, spending)
    assert found == pytest.approx(LAN_DEMETS[spending], abs=2e-4)


@pytest.mark.parametrize("fractions", [(0.3, 1.0), (0.2, 0.25, 0.9), (0.1, 0.5, 0.51, 1.0)])
@pytest.mark.parametrize("spending", list(Spending))
def test_integration_agrees_with_the_multivariate_normal(
    fractions: tuple[float, ...], spending: Spending
) -> None:
    """The chance not to have cleared by the last look is the normal orthant that scipy integrates."""
    values = critical_values(fractions, 0.05, spending)
    covariance = [[math.sqrt(min(s, t) / max(s, t)) for s in fractions] for t in fractions]
    inside = multivariate_normal.cdf(
        np.array(values), np.zeros(len(fractions)), covariance, abseps=1e-7, maxpts=2_000_000, rng=1
    )
    assert 1.0 - inside == pytest.approx(spending.spent(fractions[-1], 0.05), abs=2e-5)


@given(LOOKS, ALPHAS, st.sampled_from(Spending))
def test_all_looks_together_spend_what_they_may(
    fractions: tuple[float, ...], alpha: float, spending: Spending
) -> None:
    """At each look the chance of having cleared is what may be spent by then."""
    values = critical_values(fractions, alpha, spending)
    for count in range(1, len(fractions) + 1):
        spent = crossing(fractions[:count], list(values[:count]))
        assert spent == pytest.approx(spending.spent(fractions[count - 1], alpha), abs=1e-9)


@given(LOOKS, st.floats(0.001, 0.1), st.sampled_from(Spending))
def test_a_larger_level_never_asks_for_more(
    fractions: tuple[float, ...], alpha: float, spending: Spending
) -> None:
    """Critical values fall as the level grows: what p-values over levels rest on."""
    strict, lax = (critical_values(fractions, level, spending) for level in (alpha, 2 * alpha))
    assert all(low <= high + 1e-6 for low, high in zip(lax, strict, strict=True))


@given(st.floats(0.0, 1.5), st.floats(0.0, 1.5), ALPHAS, st.sampled_from(Spending))
def test_spending_rises_from_nothing_to_alpha(
    one: float, other: float, alpha: float, spending: Spending
) -> None:
    """It never falls, is 0 at no information and alpha at all of it."""
    few, many = sorted([one, other])
    assert spending.spent(few, alpha) <= spending.spent(many, alpha) + 1e-15
    assert (spending.spent(0.0, alpha), spending.spent(1.0, alpha)) == (0.0, alpha)


@given(LOOKS, st.sampled_from(Spending), st.floats(0.01, 0.3))
def test_giving_up_costs_what_it_may(
    fractions: tuple[float, ...], spending: Spending, giving_up: float
) -> None:
    """With the drift that was planned for, the chance to give up is what was allowed, or all that is left."""
    upper = critical_values(fractions, 0.05, Spending.OBRIEN_FLEMING)
    spent = [spending.spent(fraction, giving_up) for fraction in fractions]
    lower = futility_values(fractions, upper, spent, 2.5)
    chances = crossing_chances(fractions, lower, upper, 2.5)
    below = math.fsum(chance for chance, _ in chances)
    assert all(low <= high for low, high in zip(lower, upper, strict=True))
    assert below <= spent[-1] + 1e-9
    if all(low < high for low, high in zip(lower, upper, strict=True)):
        assert below == pytest.approx(spent[-1], abs=1e-9)


def test_nothing_and_more_than_is_left_can_be_allowed() -> None:
    """Where no giving up is allowed nothing is futile; where more than is left, all but what clears."""
    lower = futility_values((0.5, 1.0), (1.0, 1.0), [0.0, 0.9], 2.5)
    assert lower == (-math.inf, 1.0)


def test_simulated_looks_stop_as_computed() -> None:
    """In 40,000 simulated walks with a drift each look stops, below and above, as often as integrated."""
    fractions, drift = (0.15, 0.4, 0.7, 1.0), 1.8
    upper = critical_values(fractions, 0.05, Spending.POCOCK)
    lower = futility_values(fractions, upper, [0.05, 0.1, 0.15, 0.2], 2.5)
    steps = np.diff((0.0, *fractions))
    walk = np.cumsum(np.random.default_rng(8).normal(drift * steps, np.sqrt(steps), (40_000, 4)), axis=1)
    z = walk / np.sqrt(fractions)
    going = np.ones(40_000, dtype=bool)
    for look, (below, above) in enumerate(crossing_chances(fractions, lower, upper, drift)):
        assert np.mean(going & (z[:, look] < lower[look])) == pytest.approx(below, abs=0.006)
        assert np.mean(going & (z[:, look] >= upper[look])) == pytest.approx(above, abs=0.006)
        going &= (z[:, look] >= lower[look]) & (z[:, look] < upper[look])


def test_one_look_is_the_plain_test() -> None:
    """With one look at all information the critical value is the plain one."""
    for spending in Spending:
        assert critical_values((1.0,), 0.05, spending) == pytest.approx((float(-ndtri(0.05)),))


def test_looks_close_together_cost_little() -> None:
    """A look a hair after another, where hardly anything is spent, is computed and changes little."""
    plain = critical_values((0.5, 1.0), 0.05, Spending.POCOCK)
    close = critical_values((0.5, 0.5001, 1.0), 0.05, Spending.POCOCK)
    assert close[2] == pytest.approx(plain[1], abs=2e-3)


def test_nothing_is_left_after_all_is_decided() -> None:
    """Where futility meets the critical value no walk goes on, and later looks have nothing to decide."""
    chances = crossing_chances((0.5, 1.0), (1.0, 1.0), (1.0, 1.0), 0.0)
    assert chances[1] == (0.0, 0.0)
    assert math.fsum(chances[0]) == pytest.approx(1.0)
    assert crossing_chances((0.5, 1.0), (-1.0, -math.inf), (1.0, math.inf), 0.0)[1] == (0.0, 0.0)
    assert crossing_chances((0.5, 1.0), (-1.0, math.inf), (1.0, math.inf), 0.0)[1][0] == pytest.approx(
        1.0 - math.fsum(crossing_chances((0.5,), (-1.0,), (1.0,), 0.0)[0])
    )


@pytest.mark.parametrize("fractions", [(), (0.5, 0.5), (0.6, 0.4), (0.0, 1.0), (0.5, 1.1), (0.1,) * 6])
def test_looks_that_do_not_rise_are_refused(fractions: tuple[float, ...]) -> None:
    """One to five looks, each with more information than the one before, none beyond the plan."""
    with pytest.raises(ValueError, match=r"looks; plan|must rise"):
        critical_values(fractions, 0.05, Spending.POCOCK)
