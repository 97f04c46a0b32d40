"""When the bigger model is the cheaper one."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.paths import shares, usd
from modelmix.economics.bigger import Bigger, OnePass, break_even_usd, retrying
from modelmix.economics.labour import labour_minutes, labour_usd
from modelmix.economics.path import AttemptCost
from modelmix.economics.retry import until_success

cents = st.decimals(0, 10, places=4)
parts = st.decimals(0, 1, places=4)
D = Decimal


@given(cents, cents, parts, parts, cents)
def test_the_bigger_one_is_cheaper_beyond_the_break_even(
    small_usd: Decimal, big_usd: Decimal, small: Decimal, big: Decimal, error_usd: Decimal
) -> None:
    """Where the big one is better and dearer, it is cheaper iff a wrong answer costs more than L*."""
    found = Bigger(OnePass(min(small_usd, big_usd), small), OnePass(max(small_usd, big_usd), big))
    if found.break_even_usd is None:
        assert found.gap_share <= 0
        assert not found.is_cheaper(error_usd)
    elif abs(error_usd - found.break_even_usd) > D("1e-20"):
        assert found.is_cheaper(error_usd) is (error_usd > found.break_even_usd)


def test_a_gap_of_two_points_between_haiku_and_opus() -> None:
    """A wrong answer of $1.07, or 129 seconds at $30 an hour, pays for Opus 5.5."""
    found = Bigger(OnePass(D("0.00055"), D("0.96")), OnePass(D("0.022"), D("0.98")))
    assert found.break_even_usd == D("1.0725")
    minutes = found.minutes(D(30))
    assert minutes is not None
    assert 60 * minutes == D("128.7")
    assert found.small.accepted_usd(D(4)) == D("0.16055")
    assert found.big.accepted_usd(D(4)) == D("0.102")
    assert found.is_cheaper(D(4))


def test_the_ratio_of_quality_and_price_would_pick_the_wrong_one() -> None:
    """Quality per dollar prefers 86 % at $0.00055 to 96 % at $0.022 by far; with errors at $1 it is wrong."""
    small, big = OnePass(D("0.00055"), D("0.86")), OnePass(D("0.022"), D("0.96"))
    assert small.right_share / small.call_usd > 30 * big.right_share / big.call_usd
    assert Bigger(small, big).is_cheaper(D(1))
    assert not Bigger(small, big).is_cheaper(D("0.1"))


def test_intervals_follow_from_those_of_the_shares() -> None:
    """The widest gap gives the least break-even; where the gap may be none, no cost may decide."""
    small = OnePass(D("0.001"), D("0.95"), (D("0.93"), D("0.97")))
    big = OnePass(D("0.021"), D("0.99"))
    assert small.accepted_bounds_usd(D(10)) == (D("0.301"), D("0.701"))
    assert big.accepted_bounds_usd(D(10)) is None
    assert Bigger(small, big).break_even_bounds_usd is None
    assert Bigger(small, big, (D("0.02"), D("0.08"))).break_even_bounds_usd == (D("0.25"), D(1))
    assert Bigger(small, big, (D("-0.01"), D("0.08"))).break_even_bounds_usd == (D("0.25"), None)


@pytest.mark.parametrize(
    ("extra", "gap", "expected"),
    [
        (D("0.02"), D("0.04"), D("0.5")),
        (D("-0.02"), D("0.04"), D(0)),
        (D("0.02"), D(0), None),
        (D("0.02"), D("-0.01"), None),
        (None, D("0.04"), None),
        (D("0.02"), None, None),
    ],
)
def test_the_break_even(extra: Decimal | None, gap: Decimal | None, expected: Decimal | None) -> None:
    """Cost difference over gap; none without a gap or a cost, and nothing where nothing is paid for it."""
    assert break_even_usd(extra, gap) == expected


def test_without_a_break_even_there_are_no_minutes() -> None:
    """A big one that is no better pays at no wage."""
    assert Bigger(OnePass(D(1), D("0.9")), OnePass(D(2), D("0.9"))).minutes(D(30)) is None


@given(usd, usd, usd, st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_retried_the_bigger_one_is_cheaper_below_the_threshold(
    small_usd: float, big_usd: float, growth: float, small: float, big: float
) -> None:
    """At the threshold both cost the same; below it the big one is cheaper, above it the small one."""
    one = AttemptCost(call_usd=small_usd, check_usd=0.01, growth_usd=growth)
    other = AttemptCost(call_usd=big_usd, check_usd=0.01)
    found = retrying((one, small), (other, big))
    threshold = found.small_threshold_share
    assert (found.small_usd, found.big_usd) == (until_success(one, small).usd, until_success(other, big).usd)
    if threshold <= 1:
        assert until_success(one, threshold).usd == pytest.approx(found.big_usd)
    if abs(small - threshold) > 1e-9:
        assert found.is_bigger_cheaper is (small < threshold)


def test_nothing_is_cheaper_than_nothing() -> None:
    """Where a big attempt costs nothing, it is at least as cheap at every chance of the small one."""
    free = AttemptCost(call_usd=0.0)
    assert retrying((AttemptCost(call_usd=0.1), 1.0), (free, 0.5)).small_threshold_share == 1.0
    assert not retrying((free, 1.0), (free, 0.5)).is_bigger_cheaper


@given(shares)
def test_one_pass_by_simulation(share: float) -> None:
    """The cost of an accepted outcome is that of answers that are corrected where they are wrong."""
    right = np.random.default_rng(9).random(40_000) < share
    drawn = float((0.02 + 1.5 * ~right).mean())
    found = OnePass(D("0.02"), D(repr(share))).accepted_usd(D("1.5"))
    assert float(found) == pytest.approx(drawn, abs=0.03)


@given(st.decimals(0, 1000, places=2), st.decimals("0.01", 1000, places=2))
def test_minutes_and_dollars_of_labour_are_the_same(minutes: Decimal, wage: Decimal) -> None:
    """What minutes cost pays for so many minutes."""
    assert labour_minutes(labour_usd(minutes, wage), wage) == pytest.approx(minutes)


@pytest.mark.parametrize(
    ("call", "right", "bounds"),
    [("-1", "0.5", None), ("1", "1.5", None), ("1", "0.5", ("0.6", "0.7")), ("1", "0.5", ("0.4", "1.1"))],
)
def test_ranges(call: str, right: str, bounds: tuple[str, str] | None) -> None:
    """Shares lie between 0 and 1 and inside their interval, and no call pays."""
    with pytest.raises(ValueError, match="costs at 0 or above"):
        OnePass(D(call), D(right), None if bounds is None else (D(bounds[0]), D(bounds[1])))
