"""A monthly commitment from observed months."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.economics.contract import Commitment
from modelmix.economics.monthly_commit import monthly_commit

months = st.lists(st.integers(1, 10**6).map(float), min_size=1, max_size=18)
discounts = st.sampled_from([0.05, 0.1, 0.2, 0.25, 0.3, 0.5])


@given(months, discounts)
def test_no_other_month_would_have_been_a_better_size(seen: list[float], discount: float) -> None:
    """Of all observed volumes the chosen one costs least over the same months."""
    found = monthly_commit(seen, discount)
    costs = [sum(Commitment(v * (1 - discount), discount).payment_usd(m) for m in seen) for v in seen]
    assert found.payment_usd <= min(costs) * (1 + 1e-12)
    assert 0 <= found.utilisation_share <= 1 + 1e-12
    assert 0 <= found.coverage_share <= 1 + 1e-12
    assert found.effective_saving_share == pytest.approx(1 - found.payment_usd / sum(seen))


@given(months)
def test_a_larger_discount_never_wants_less(seen: list[float]) -> None:
    """The covered volume rises with the discount."""
    volumes = [monthly_commit(seen, d).list_volume_usd for d in (0.05, 0.1, 0.2, 0.3)]
    assert all(low <= high for low, high in pairwise(volumes))


def test_a_chance_met_exactly_takes_the_lower_month() -> None:
    """Three tenths of ten months are three months, whatever the rounding of 0.3 * 10 says."""
    assert monthly_commit([float(number) for number in range(1, 11)], 0.3).list_volume_usd == 3.0


@pytest.mark.parametrize(("seen", "discount"), [([], 0.1), ([1.0], 0.0), ([1.0], 1.0)])
def test_nothing_to_size_is_an_error(seen: list[float], discount: float) -> None:
    """It needs a month, and a discount that buys something."""
    with pytest.raises(ValueError, match="needs a month"):
        monthly_commit(seen, discount)
