"""Mixes: no mix that can be counted out is cheaper, or better, than the one that is found."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.optimize.mix import Mix, MixType, NoMix, Option, best_within, cheapest

hundredths = st.integers(0, 100).map(lambda n: n / 100)
cents = st.integers(0, 500).map(lambda n: n / 1e4)
options = st.lists(st.builds(Option, st.just("o"), cents, hundredths), min_size=1, max_size=4).map(tuple)
bars = st.none() | st.integers(0, 90).map(lambda n: n / 100)
one_type = st.builds(
    MixType,
    name=st.just("t"),
    calls=st.integers(1, 9000).map(float),
    options=options,
    least_quality=bars,
    weight=st.sampled_from([0.5, 1.0, 3.0]),
)
types = st.lists(one_type, min_size=1, max_size=4)
shares = hundredths


def worth(mix_types: list[MixType], picks: tuple[int, ...]) -> tuple[float, float]:
    """Return cost and average quality of whole picks."""
    chosen = [(one, one.options[at]) for one, at in zip(mix_types, picks, strict=True)]
    weighed = math.fsum(one.calls * one.weight for one in mix_types)
    cost = math.fsum(one.calls * option.cost_usd for one, option in chosen)
    return cost, math.fsum(one.calls * one.weight * option.quality for one, option in chosen) / weighed


def allowed(mix_types: list[MixType]) -> list[tuple[int, ...]]:
    """Return every way of sending whole types that keeps each type's own bar."""
    ways = [
        [
            at
            for at, o in enumerate(one.options)
            if one.least_quality is None or o.quality >= one.least_quality
        ]
        for one in mix_types
    ]
    return list(itertools.product(*ways))


@given(types, shares)
def test_no_whole_mix_is_cheaper(mix_types: list[MixType], bar: float) -> None:
    """Counting out all ways of sending whole types finds none that reaches the bar for less."""
    reaching = [
        cost for cost, quality in (worth(mix_types, p) for p in allowed(mix_types)) if quality >= bar - 1e-9
    ]
    found = cheapest(mix_types, bar, whole=True)
    if isinstance(found, NoMix):
        assert not [cost for cost, q in (worth(mix_types, p) for p in allowed(mix_types)) if q >= bar + 1e-7]
    else:
        assert found.cost_usd == pytest.approx(min(reaching), rel=1e-6, abs=1e-6)
        assert worth(mix_types, found.picks) == pytest.approx((found.cost_usd, found.quality))
        assert (found.usd_per_right_answer, found.usd_per_point) == (None, None)


@given(types, st.integers(0, 2000).map(float))
def test_no_whole_mix_within_the_budget_is_better(mix_types: list[MixType], budget: float) -> None:
    """Counting out finds no better one for the money."""
    paid = [q for cost, q in (worth(mix_types, p) for p in allowed(mix_types)) if cost <= budget + 1e-9]
    found = best_within(mix_types, budget, whole=True)
    if isinstance(found, NoMix):
        assert not [
            q
            for cost, q in (worth(mix_types, p) for p in allowed(mix_types))
            if cost <= budget * 0.999 - 1e-6
        ]
    else:
        assert found.quality == pytest.approx(max(paid), abs=1e-6)
        assert found.cost_usd <= budget * (1 + 1e-6) + 1e-6


@given(types, shares)
def test_splits_are_never_dearer_than_whole_types(mix_types: list[MixType], bar: float) -> None:
    """The linear program bounds the integer one, keeps every bar, and its shares add up to 1."""
    split, whole = cheapest(mix_types, bar), cheapest(mix_types, bar, whole=True)
    if isinstance(whole, Mix):
        assert isinstance(split, Mix)
        assert split.cost_usd <= whole.cost_usd * (1 + 1e-6) + 1e-6
    if isinstance(split, Mix):
        assert split.quality >= bar - 1e-6
        for one, row in zip(mix_types, split.shares, strict=True):
            assert math.fsum(row) == pytest.approx(1.0)
            own = math.fsum(share * o.quality for share, o in zip(row, one.options, strict=True))
            assert own >= (one.least_quality or 0.0) - 1e-6


@given(types, shares)
def test_the_price_of_quality_is_what_a_little_more_of_it_costs(mix_types: list[MixType], bar: float) -> None:
    """The dual lies between the slopes on both sides of the bar: cost is convex in quality."""
    step = 1e-4
    low, at, high = (
        cheapest(mix_types, max(bar - step, 0.0)),
        cheapest(mix_types, bar),
        cheapest(mix_types, min(bar + step, 1.0)),
    )
    if bar < step or not (isinstance(low, Mix) and isinstance(at, Mix) and isinstance(high, Mix)):
        return
    assert at.usd_per_point is not None
    tolerance = 1e-3 * (1.0 + at.cost_usd)
    assert at.usd_per_point >= (at.cost_usd - low.cost_usd) / step * 0.01 - tolerance
    assert at.usd_per_point <= (high.cost_usd - at.cost_usd) / step * 0.01 + tolerance


@given(types, shares)
def test_the_budget_of_a_bar_buys_that_bar(mix_types: list[MixType], bar: float) -> None:
    """Both questions are one: the best quality for the least cost of a bar is at least that bar."""
    found = cheapest(mix_types, bar)
    if isinstance(found, Mix):
        back = best_within(mix_types, found.cost_usd * (1 + 1e-9) + 1e-9)
        assert isinstance(back, Mix)
        assert back.quality >= bar - 1e-5


def test_one_coupling_row_splits_one_type() -> None:
    """Two types and an average bar: one goes whole, the other is parted, and the price of a point is told."""
    easy = MixType("easy", 800.0, (Option("small", 0.001, 0.95), Option("big", 0.01, 0.97)))
    hard = MixType("hard", 200.0, (Option("small", 0.001, 0.50), Option("big", 0.01, 0.90)))
    found = cheapest([easy, hard], 0.9)
    assert isinstance(found, Mix)
    assert found.shares[0] == (1.0, 0.0)
    assert found.shares[1] == pytest.approx((0.5, 0.5))
    assert found.usd_per_right_answer == pytest.approx(0.009 / 0.40)
    assert found.usd_per_point == pytest.approx(0.009 / 0.40 * 10)
    assert found.picks[0] == 0


def test_a_type_keeps_its_own_bar_though_the_average_would_not_need_it() -> None:
    """An average hides a bad type; its own row does not."""
    hard = MixType("hard", 1.0, (Option("small", 0.0, 0.1), Option("big", 1.0, 0.9)), least_quality=0.9)
    easy = MixType("easy", 99.0, (Option("small", 0.0, 1.0),))
    found = cheapest([easy, hard])
    assert isinstance(found, Mix)
    assert found.picks == (0, 1)
    assert found.usd_per_point == 0.0


def test_what_cannot_be_is_said_with_what_can() -> None:
    """Too high a bar, too small a budget, a type without any option that is good enough."""
    one = MixType("one", 10.0, (Option("small", 0.1, 0.5), Option("big", 1.0, 0.8)))
    assert cheapest([one], 0.9) == NoMix("no mix reaches 0.9; the best has 0.8", 0.8)
    assert best_within([one], 0.5) == NoMix("no mix costs $0.50 or less; the cheapest costs $1.00", None)
    short = MixType("short", 10.0, (Option("small", 0.1, 0.5),), least_quality=0.7)
    said = NoMix("no option of short reaches its own bar", None)
    assert (cheapest([one, short], 0.6), best_within([one, short], 100.0), cheapest([short])) == (said,) * 3


def test_more_money_may_buy_nothing() -> None:
    """Where the best is reached the next right answer has no price."""
    one = MixType("one", 10.0, (Option("small", 0.1, 0.5), Option("big", 1.0, 0.8)))
    found = best_within([one], 100.0)
    assert isinstance(found, Mix)
    assert found.quality == pytest.approx(0.8)
    assert found.usd_per_right_answer == math.inf


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: MixType("t", 1.0, ()), "'t' has no option"),
        (lambda: MixType("t", -1.0, (Option("a", 0.0, 0.0),)), "calls is -1"),
        (lambda: MixType("t", 1.0, (Option("a", 0.0, 0.0),), least_quality=2.0), "least_quality is 2"),
        (lambda: Option("a", -0.1, 0.5), "cost_usd is -0.1"),
        (lambda: Option("a", 0.1, 1.5), "quality is 1.5"),
        (lambda: cheapest([MixType("t", 0.0, (Option("a", 0.0, 0.0),))]), "no calls to mix"),
        (lambda: cheapest([], 0.5), "no calls to mix"),
        (lambda: cheapest([MixType("t", 1.0, (Option("a", 0.0, 0.0),))], 1.5), "least_quality is 1.5"),
        (lambda: best_within([MixType("t", 1.0, (Option("a", 0.0, 0.0),))], -1.0), "budget_usd is -1"),
    ],
)
def test_what_is_no_mix_is_refused(build: object, said: str) -> None:
    """Each value out of its range is told by name."""
    with pytest.raises(ValueError, match=said):
        build()  # type: ignore[operator] # each builds or solves one
