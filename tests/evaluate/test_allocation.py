"""Allocation: least variance for a budget, and where the next evaluation dollar buys most."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.allocation import Prospect, Purchase, best, evsi_usd, neyman, plan, worths

strata = st.lists(
    st.tuples(st.floats(0.01, 1.0), st.just(0.0) | st.floats(0.01, 0.5), st.floats(0.01, 3.0)),
    min_size=1,
    max_size=6,
)


def prospect(name: str = "a", **changes: float) -> Prospect:
    """Build a move that would pay if the candidate is as good as hoped."""
    fields: dict[str, float] = {
        "alpha": 18.0, "beta": 2.0, "baseline_rate": 0.97, "calls": 200_000, "saving_usd": 0.0215,
        "error_cost_usd": 0.4, "pair_usd": 0.6,
    }  # fmt: skip
    return Prospect(name, **{**fields, **changes})  # type: ignore[arg-type] # counts among the floats


@given(strata, st.floats(1.0, 1e4), st.data())
def test_no_other_shares_have_less_variance(
    drawn: list[tuple[float, float, float]], budget: float, data: st.DataObject
) -> None:
    """The whole budget is spent, and no other way to spend it has a smaller variance."""
    weights, sds, costs = zip(*drawn, strict=True)
    found = neyman(weights, sds, costs, budget)
    if not any(sds):
        assert found.variance == 0.0
        return
    assert math.fsum(n * c for n, c in zip(found.n, costs, strict=True)) == pytest.approx(budget)
    parts = [data.draw(st.floats(0.01, 1.0)) for _ in drawn]
    other = [part / sum(parts) * budget / cost for part, cost in zip(parts, costs, strict=True)]
    variance = math.fsum((w * s) ** 2 / n for w, s, n in zip(weights, sds, other, strict=True))
    assert found.variance <= variance * (1 + 1e-9)


def test_without_money_nothing_is_known() -> None:
    """No budget is no sample and no end of variance; what never varies needs none."""
    assert neyman([1.0], [0.3], [1.0], 0.0) == neyman([1.0], [0.3], [2.0], 0.0)
    assert neyman([1.0], [0.3], [1.0], 0.0).variance == math.inf
    assert neyman([0.5, 0.5], [0.0, 0.2], [1.0, 1.0], 50.0).n == (0.0, 50.0)


def test_numbers_out_of_range_are_refused() -> None:
    """Negative weights or budgets, free observations, impossible beliefs and free pairs are errors."""
    for arguments in (([-1.0], [0.1], [1.0], 1.0), ([1.0], [0.1], [0.0], 1.0), ([1.0], [0.1], [1.0], -1.0)):
        with pytest.raises(ValueError, match="at least 0"):
            neyman(*arguments)
    with pytest.raises(ValueError, match="both above 0"):
        prospect(alpha=0.0)
    for change in ({"pair_usd": 0.0}, {"calls": -1.0}):
        with pytest.raises(ValueError, match="costs more than nothing"):
            prospect("a", **change)


def test_what_is_seen_adds_to_what_was_believed() -> None:
    """17 of 18 right, with one right and one wrong believed beforehand, is Beta(18, 2)."""
    assert prospect(alpha=1.0, beta=1.0).after(17, 18) == prospect()


def test_value_against_simulation() -> None:
    """The expected value of 50 pairs is the mean, over simulated worlds, of deciding with them."""
    chance = np.random.default_rng(3)
    one = prospect()
    rates = chance.beta(18.0, 2.0, 200_000).astype(np.float64)
    seen = chance.binomial(50, rates)
    after = np.asarray((18.0 + seen) / 70.0, dtype=np.float64)
    moves = one.payoff_usd(after) > 0
    simulated = float(np.mean(np.where(moves, one.payoff_usd(rates), 0.0)))
    now = max(0.0, float(one.payoff_usd(0.9)))
    assert evsi_usd(one, 50) == pytest.approx(simulated - now, rel=0.05)


@given(
    st.floats(0.5, 50.0), st.floats(0.5, 50.0), st.floats(0.5, 1.0), st.floats(0.0, 2.0), st.integers(1, 200)
)
def test_more_pairs_are_never_worth_less(a: float, b: float, rate: float, cost: float, n: int) -> None:
    """Value is at least 0 and grows with the pairs, up to knowing for certain."""
    one = prospect(alpha=a, beta=b, baseline_rate=rate, error_cost_usd=cost)
    few, many = evsi_usd(one, n), evsi_usd(one, 2 * n)
    assert 0.0 <= few <= many + 1e-6
    assert evsi_usd(one, 0) == 0.0


def test_too_few_pairs_to_prove_are_worth_nothing() -> None:
    """Where a proof needs 149 pairs, 100 are worth nothing, and 200 all that moving is worth."""
    sure = prospect(alpha=980.0, beta=20.0, fewest_pairs=149)
    assert evsi_usd(sure, 100) == 0.0
    assert evsi_usd(sure, 200) > evsi_usd(prospect(alpha=980.0, beta=20.0), 200)


def test_the_best_offer_is_the_largest_net() -> None:
    """Value minus cost decides, not value."""
    offers = worths(prospect(), (0, 25, 200, 800))
    assert best(offers).n == 200
    assert max(offers, key=lambda offer: offer.evsi_usd).n == 800


def test_the_next_dollar_goes_where_it_returns_most() -> None:
    """The first purchase has the largest return; volumes decide between equals; the budget is kept."""
    small, large = prospect("small", calls=20_000), prospect("large", calls=2_000_000)
    bought = plan([small, large], 400.0)
    assert bought[0].task_type == "large"
    assert {purchase.task_type for purchase in bought} == {"small", "large"}
    assert math.fsum(purchase.cost_usd for purchase in bought) <= 400.0
    assert all(purchase.return_on_cost > 0 for purchase in bought)
    assert Purchase("a", 10, 5.0, 15.0).return_on_cost == pytest.approx(2.0)


def test_a_plan_ends_where_nothing_pays() -> None:
    """Hopeless moves, settled moves and an empty purse buy nothing; a plan ends at the largest size."""
    hopeless = prospect("hopeless", alpha=1.0, beta=900.0)
    settled = prospect("settled", alpha=99_000.0, beta=10.0)
    assert plan([hopeless, settled], 1e6) == ()
    assert plan([prospect()], 0.0) == ()
    assert plan([], 100.0) == ()
    bought = plan([prospect(calls=1e9)], 1e9, (25, 50))
    assert sum(purchase.pairs for purchase in bought) == 50


def test_a_long_step_is_taken_where_a_short_one_is_worth_nothing() -> None:
    """A type that must be proven with 149 pairs is bought 200 at once."""
    (first, *_) = plan([prospect(alpha=980.0, beta=20.0, fewest_pairs=149)], 150.0)
    assert first.pairs == 200


def test_what_there_is_not_is_not_offered() -> None:
    """A type with few prompts is offered no more than it has."""
    assert [offer.n for offer in worths(prospect(most_pairs=120))] == [25, 50, 100]
    assert len(worths(prospect())) > 3
    assert plan([prospect(most_pairs=20)], 1e9) == ()


def test_a_better_candidate_may_count_as_an_equal_one() -> None:
    """Then nothing is worth more than the saving; where it counts, being better is worth more."""
    equal, better = prospect(counts_gains=False), prospect()
    assert equal.payoff_usd(0.99) == equal.calls * equal.saving_usd < better.payoff_usd(0.99)
    assert equal.payoff_usd(0.9) == better.payoff_usd(0.9)
    assert evsi_usd(equal, 400) <= equal.calls * equal.saving_usd
