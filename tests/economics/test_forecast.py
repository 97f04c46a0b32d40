"""The forecast of list spend over a term."""

import pytest
from hypothesis import given

from economics.contracts import ASSUMED, GROWTH, SPEND, assumptions, spends
from modelmix.economics.forecast import Assumptions, Chance, TermSpend, forecast, mean, scaled


def test_every_combination_is_a_scenario() -> None:
    """Probabilities multiply, and the saving acts on what has grown."""
    found = forecast(SPEND, ASSUMED)
    assert len(found.scenarios) == 9
    first = found.scenarios[0]
    assert (first.growth, first.adoption, first.price) == (0.9, 0.3, 1.0)
    assert pytest.approx(0.05) == first.probability
    assert pytest.approx(2_160_000) == first.before_usd
    assert pytest.approx(2_160_000 * (1 - 0.3 * 0.55)) == first.after_usd
    assert pytest.approx(1_791_930) == found.demand.mean_usd
    assert pytest.approx(2_400_000 * 1.225) == found.bill.mean_usd


def test_a_live_saving_is_sure() -> None:
    """It is gone from today's bill and from every scenario, whatever is adopted; a price cut cuts all."""
    spend = TermSpend(1000, live_saving_usd=200, certified_saving_usd=100)
    assumed = Assumptions((Chance(1, 1.0),), (Chance(0.5, 0.0), Chance(0.5, 1.0)), (Chance(1, 0.5),))
    assert [scenario.after_usd for scenario in forecast(spend, assumed).scenarios] == [400.0, 350.0]
    assert (spend.bill_usd, forecast(spend, assumed).bill.mean_usd) == (800, 400)


def test_a_negative_saving_makes_demand_larger() -> None:
    """A route that costs more and is wanted all the same is not hidden."""
    spend = TermSpend(1000, live_saving_usd=-100)
    assert forecast(spend, Assumptions((Chance(1, 1.0),))).demand.mean_usd == 1100


@pytest.mark.parametrize(
    "figures", [(-1.0, 0.0, 0.0), (10.0, 11.0, 0.0), (10.0, 6.0, 5.0), (10.0, -1.0, 11.5)]
)
def test_more_than_all_cannot_be_saved(figures: tuple[float, float, float]) -> None:
    """Neither by one saving nor by both together."""
    with pytest.raises(ValueError, match="savings cannot exceed"):
        TermSpend(*figures)


@given(spends(), assumptions())
def test_the_mean_is_the_product_of_means(spend: TermSpend, assumed: Assumptions) -> None:
    """Growth, adoption and prices are independent."""
    factor = mean(assumed.growth) * mean(assumed.price)
    saved = spend.live_saving_usd + mean(assumed.adoption) * spend.certified_saving_usd
    found = forecast(spend, assumed)
    assert pytest.approx((spend.today_usd - saved) * factor, rel=1e-9, abs=1e-6) == found.demand.mean_usd
    assert pytest.approx(spend.bill_usd * factor) == found.bill.mean_usd


def test_scaling_moves_every_value() -> None:
    """Probabilities stay."""
    assert (Chance(0.25, 1.8), Chance(0.5, 2.4), Chance(0.25, 3.2)) == scaled(GROWTH, 2)
