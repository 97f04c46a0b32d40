"""E-processes: valid at every look, in both directions, and computed from what came before alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.eprocess import (
    CAP,
    confidence_sequence,
    log_wealth,
    log_wealth_fixed,
    stop_index,
    stop_indices,
    watch,
)
from modelmix.evaluate.proportion import lower_bound

DIFFERENCES = st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=60)
MARGINS = st.floats(0.01, 0.5)


def draw(loss: float, runs: int, n: int, discordance: float = 0.1) -> np.ndarray:
    """Draw differences with a given true loss."""
    drawn = np.random.default_rng([7, n, round(1e4 * (1 + loss))]).random((runs, n))
    gain, lost = (discordance - loss) / 2, (discordance + loss) / 2
    return (drawn < gain).astype(float) - ((drawn >= gain) & (drawn < gain + lost))


def test_a_fixed_bet_by_hand() -> None:
    """At a margin of ten points a bet of 0.6 gains 3 % on a tie, 33 % on a gain and loses 27 % on a loss."""
    found = np.exp(log_wealth_fixed([0, 1, -1], 0.1, 0.6))
    assert found.tolist() == pytest.approx([1.03, 1.03 * 1.33, 1.03 * 1.33 * 0.73])


def test_the_first_adaptive_bet_by_hand() -> None:
    """Before anything is seen the mean is one half and the variance a quarter: the bet is 0.05 / 0.2525."""
    assert math.exp(log_wealth([1.0], 0.1)[0]) == pytest.approx(1.0 + 0.05 / 0.2525 * 0.55)


@given(DIFFERENCES, MARGINS, st.integers(1, 59))
def test_a_bet_knows_only_the_past(differences: list[float], margin: float, at: int) -> None:
    """What comes later changes nothing of the path before it."""
    whole = log_wealth(differences, margin)
    assert log_wealth(differences[:at], margin).tolist() == whole[:at].tolist()


@given(DIFFERENCES, MARGINS)
def test_no_pair_loses_more_than_the_cap(differences: list[float], margin: float) -> None:
    """The wealth stays above zero: one pair takes at most half of it."""
    steps = np.diff(log_wealth(differences, margin), prepend=0.0)
    assert (steps >= math.log1p(-CAP) - 1e-12).all()


@given(st.lists(st.tuples(DIFFERENCES.filter(lambda d: len(d) >= 5), MARGINS), min_size=1, max_size=1))
def test_many_runs_are_each_its_own(cases: list[tuple[list[float], float]]) -> None:
    """Runs computed together equal runs computed one by one."""
    ((differences, margin),) = cases
    runs = np.array([differences, differences[::-1]])
    together = log_wealth(runs, margin)
    assert together[1].tolist() == pytest.approx(log_wealth(differences[::-1], margin).tolist())
    fixed = log_wealth_fixed(runs, margin, 0.5)
    assert fixed[0].tolist() == pytest.approx(log_wealth_fixed(differences, margin, 0.5).tolist())


@pytest.mark.parametrize("margin", [0.03, 0.1])
def test_looking_all_the_time_is_false_at_most_at_the_level(margin: float) -> None:
    """Over 2,000 runs at the boundary that are looked at after every pair, few enough ever clear."""
    differences = draw(margin, 2_000, 600)
    for paths in (log_wealth(differences, margin), log_wealth_fixed(differences, margin, 0.5)):
        false = int((stop_indices(paths, 0.05) > 0).sum())
        assert lower_bound(false, 2_000, 0.999) <= 0.05


def test_what_is_good_clears_and_what_is_bad_is_futile() -> None:
    """Without a loss nearly all of 2,000 pairs' runs clear; at three times the margin they are futile."""
    assert np.mean(stop_indices(log_wealth(draw(0.0, 200, 2_000), 0.05), 0.05) > 0) > 0.95
    bad = watch(draw(0.15, 1, 2_000, 0.2)[0], 0.05, 0.05)
    assert bad.stop is None
    assert bad.futile is not None
    assert bad.futile < 2_000


def test_a_constant_run_has_no_variance() -> None:
    """Pairs that always gain, or always lose, neither divide by zero nor overflow the path."""
    gains = watch([1.0] * 3_000, 0.1, 0.05)
    assert (gains.stop, gains.futile) == (8, None)
    assert gains.e_values[-1] == math.inf
    losses = watch([-1.0] * 50, 0.1, 0.05)
    assert losses.stop is None
    assert losses.futile == 10


def test_nothing_seen_says_nothing() -> None:
    """Without pairs there is no stop, and no bound."""
    empty = watch([], 0.1, 0.05)
    assert (empty.e_values.size, empty.stop, empty.futile) == (0, None, None)
    assert confidence_sequence([], 0.05).lower.size == 0


def test_the_stop_is_counted_from_one() -> None:
    """The first pair is pair 1; reaching 1/alpha exactly is enough."""
    assert stop_index([math.log(20.0), 0.0], 0.05) == 1
    assert stop_indices(np.log([[1.0, 30.0], [1.0, 19.0]]), 0.05).tolist() == [2, 0]


def test_the_confidence_sequence_holds_at_all_times() -> None:
    """In 300 runs the true mean leaves the 90 % band at any time in at most about 10 %; it narrows."""
    outside = 0
    runs = draw(0.04, 300, 300, 0.2)
    for run in runs:
        band = confidence_sequence(run, 0.05)
        assert (np.diff(band.lower) >= 0).all()
        assert (np.diff(band.upper) <= 0).all()
        outside += bool((band.lower > -0.04).any() or (band.upper < -0.04).any())
    assert lower_bound(outside, 300, 0.999) <= 0.10
    assert band.upper[-1] - band.lower[-1] < 0.4


def test_futility_is_the_upper_confidence_sequence_below_the_margin() -> None:
    """The upper bound falls below -margin just where watching says that going on is futile."""
    run = draw(0.25, 1, 400, 0.4)[0]
    found = watch(run, 0.1, 0.05)
    assert found.futile is not None
    upper = confidence_sequence(run, 0.05).upper
    assert upper[found.futile - 1] <= -0.1 + 1e-9
    assert upper[found.futile - 2] > -0.1 - 1e-9


def test_trying_few_means_widens_the_band() -> None:
    """With a coarse grid the band holds that of a fine one that contains it."""
    run = draw(0.0, 1, 300)[0]
    fine, coarse = confidence_sequence(run, 0.05, 201), confidence_sequence(run, 0.05, 21)
    assert (coarse.lower <= fine.lower + 1e-12).all()
    assert (coarse.upper >= fine.upper - 1e-12).all()


def test_all_means_can_be_rejected_but_the_last() -> None:
    """A run of gains drives the lower bound up to the last mean tried below 1."""
    assert confidence_sequence([1.0] * 400, 0.05, 3).lower[-1] == 0.0


def test_numbers_out_of_range_are_refused() -> None:
    """Differences outside [-1, 1] or unknown, margins of 1, ruinous bets and empty grids are errors."""
    for bad in ([1.5], [math.nan]):
        with pytest.raises(ValueError, match="between -1 and 1"):
            log_wealth(bad, 0.1)
    with pytest.raises(ValueError, match="margin is 1"):
        log_wealth([0.0], 1.0)
    for bet in (-0.1, 2.3):
        with pytest.raises(ValueError, match="bet is"):
            log_wealth_fixed([0.0], 0.1, bet)
    with pytest.raises(ValueError, match="at least 3"):
        confidence_sequence([0.0], 0.05, 2)
