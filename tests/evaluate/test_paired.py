"""The paired test: Tango's score test and its bounds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import multinomial

from modelmix.evaluate.paired import Pairs, effective, fewest_pairs, pairs_needed

Z95 = float(ndtri(0.95))


@st.composite
def pairs(draw: st.DrawFn) -> Pairs:
    """Draw counts that fit."""
    n = draw(st.integers(1, 500))
    losses = draw(st.integers(0, n))
    return Pairs(draw(st.integers(0, n - losses)), losses, n)


def test_statistic_of_tango_1998() -> None:
    """44 pairs with one regression against a margin of ten points give Z = 1.709 and p = 0.0438."""
    found = Pairs(0, 1, 44)
    assert found.z(0.1) == pytest.approx(1.709, abs=5e-4)
    assert found.p_value(0.1) == pytest.approx(0.0438, abs=5e-5)


def test_loss_is_positive_when_worse() -> None:
    """More losses than gains is a positive loss and a negative difference."""
    found = Pairs(2, 6, 100)
    assert (found.loss, found.difference, found.discordance) == pytest.approx((0.04, -0.04, 0.08))


@given(pairs(), st.floats(0.005, 0.3))
def test_bound_and_test_agree(found: Pairs, margin: float) -> None:
    """The upper bound lies at or below the margin exactly when the test rejects at the same level."""
    bound = found.upper_bound(Z95)
    if abs(bound - margin) > 1e-6:
        assert (bound < margin) == (found.p_value(margin) < 0.05)
    assert found.lower_difference(Z95) == -bound


@given(pairs())
def test_bounds_enclose_the_estimate(found: Pairs) -> None:
    """Lower bound ≤ estimate ≤ upper bound."""
    assert found.lower_bound(Z95) - 1e-9 <= found.loss <= found.upper_bound(Z95) + 1e-9


@given(pairs(), st.floats(0.01, 0.2))
def test_one_more_regression_never_helps(found: Pairs, margin: float) -> None:
    """Turning a pair that agrees into a regression does not lower the p-value."""
    if found.gains + found.losses < found.n:
        worse = Pairs(found.gains, found.losses + 1, found.n)
        assert worse.p_value(margin) >= found.p_value(margin) - 1e-12


@given(pairs(), st.floats(0.01, 0.2))
def test_clearing_and_refuting_are_complements(found: Pairs, margin: float) -> None:
    """The two one-sided p-values sum to one."""
    assert found.p_value(margin) + found.p_value_refuted(margin) == pytest.approx(1.0)


@pytest.mark.parametrize("margin", [0.02, 0.06])
@pytest.mark.parametrize("n", [30, 60, 120])
def test_size_at_the_boundary_is_near_its_level(n: int, margin: float) -> None:
    """By exact enumeration the chance of a false rejection at 4 % is at most 1.25 times 4 %."""
    for gain_rate in (1e-9, 0.01, 0.05):
        law = multinomial(n, [gain_rate, gain_rate + margin, 1 - 2 * gain_rate - margin])
        size = sum(
            float(law.pmf([gains, losses, n - gains - losses]))
            for gains in range(n + 1)
            for losses in range(n + 1 - gains)
            if law.pmf([gains, losses, n - gains - losses]) > 1e-9
            and Pairs(gains, losses, n).p_value(margin) <= 0.04
        )
        assert size <= 0.05


def test_no_pairs_say_nothing() -> None:
    """Without pairs nothing clears, nothing fails, and the bounds are the whole range."""
    empty = Pairs(0, 0, 0)
    assert math.isnan(empty.loss)
    assert math.isnan(empty.discordance)
    assert (empty.p_value(0.02), empty.p_value_refuted(0.02), empty.z(0.02)) == (1.0, 1.0, 0.0)
    assert (empty.lower_bound(Z95), empty.upper_bound(Z95)) == (-1.0, 1.0)


def test_all_pairs_lost_has_no_variance() -> None:
    """At the edge of the range the statistic is infinite or zero, never an error."""
    lost = Pairs(0, 10, 10)
    assert lost.z(1.0) == 0.0
    assert lost.z(-1.0) == -math.inf
    assert lost.upper_bound(Z95) == pytest.approx(1.0)


def test_counts_must_fit() -> None:
    """Negative counts, and more discordant pairs than pairs, are a programmer's error."""
    for gains, losses, n in ((-1, 0, 5), (0, -1, 5), (3, 3, 5)):
        with pytest.raises(ValueError, match="do not fit"):
            Pairs(gains, losses, n)


def test_pooling_by_volume_is_the_plain_pool() -> None:
    """With weights in proportion to n, the effective pool is the sum of the counts."""
    parts = [Pairs(1, 2, 100), Pairs(3, 2, 300)]
    pooled = effective([(part, part.n) for part in parts])
    plain = parts[0] + parts[1]
    assert (pooled.gains, pooled.losses, pooled.n) == pytest.approx(
        (plain.gains, plain.losses, plain.n), rel=1e-2
    )
    assert pooled.n <= plain.n + 1e-9


@given(st.lists(st.tuples(pairs(), st.floats(0.01, 100.0)), min_size=1, max_size=6))
def test_weights_never_add_evidence(strata: list[tuple[Pairs, float]]) -> None:
    """The effective number of pairs is at most the number of pairs, and the loss is the weighted mean."""
    pooled = effective(strata)
    assert 0 < pooled.n <= sum(found.n for found, _ in strata) + 1e-6
    total = sum(weight for _, weight in strata)
    assert pooled.loss == pytest.approx(sum(w * found.loss for found, w in strata) / total, abs=1e-9)


def test_strata_that_go_together_count_for_less() -> None:
    """Two strata that say the same are worth one of them, with or without discordance."""
    for one in (Pairs(3, 4, 200), Pairs(0, 0, 200)):
        apart = effective([(one, 1.0), (Pairs(0, 0, 0), 1.0), (one, 1.0)])
        as_one = effective([(one, 1.0), (Pairs(0, 0, 0), 1.0), (one, 1.0)], {(0, 1): 1.0, (0, 2): 1.0})
        half = effective([(one, 1.0), (one, 1.0)], {(0, 1): 0.5})
        assert as_one.n == pytest.approx(apart.n / 2)
        assert as_one.loss == pytest.approx(apart.loss)
        assert as_one.n < half.n < apart.n


def test_an_empty_pool_is_empty() -> None:
    """Strata without pairs or weight add nothing."""
    assert effective([]) == effective([(Pairs(0, 0, 0), 1.0), (Pairs(0, 1, 9), 0.0)]) == Pairs(0.0, 0.0, 0.0)


def test_fewest_pairs_without_regression() -> None:
    """149 pairs without one regression are needed for two points at 5 %; one fewer is not enough."""
    assert fewest_pairs(0.02, 0.05) == 149
    assert 0.98**149 <= 0.05 < 0.98**148


def test_no_number_suffices_at_the_margin() -> None:
    """A true loss at or beyond the margin cannot be cleared by any number of pairs."""
    assert pairs_needed(0.02, 0.1, alpha=0.05, loss=0.02) is None
    assert pairs_needed(0.02, 0.1, alpha=0.05, loss=0.01) is not None
    assert pairs_needed(1e-6, 0.1, alpha=0.05) is None


def test_perfect_agreement_still_needs_the_fewest() -> None:
    """Without any discordance the number is that of clearing with no regression."""
    assert pairs_needed(0.02, 0.0, alpha=0.05) == fewest_pairs(0.02, 0.05)
