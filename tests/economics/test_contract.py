"""A spend contract and a commitment under it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.contracts import BANDS, cents, contracts
from modelmix.economics.contract import NO_COMMITMENT, Commitment, Contract, DiscountTier, Overage

amounts = st.just(0.0) | cents


@pytest.mark.parametrize(
    ("commit_usd", "discount"),
    [(0, 0.0), (249_999.99, 0.0), (250_000, 0.08), (999_999.99, 0.08), (1_000_000, 0.15), (10**9, 0.25)],
)
def test_a_tier_holds_from_its_bound_to_the_next(commit_usd: float, discount: float) -> None:
    """Bounds belong to the tier that they begin."""
    assert discount == BANDS.commitment(commit_usd).discount


def test_the_last_tier_has_no_end() -> None:
    """Every other tier ends where the next begins."""
    assert [BANDS.end_usd(at) for at in range(5)] == [250_000, 1_000_000, 2_500_000, 5_000_000, None]


@pytest.mark.parametrize(
    "tiers",
    [
        (),
        (DiscountTier(1, 0.1),),
        (DiscountTier(0, 0.0), DiscountTier(0, 0.1)),
        (DiscountTier(0, 0.0), DiscountTier(5, 0.1), DiscountTier(3, 0.2)),
        (DiscountTier(0, 0.2), DiscountTier(5, 0.1)),
    ],
)
def test_a_ladder_that_does_not_rise_is_an_error(tiers: tuple[DiscountTier, ...]) -> None:
    """It begins at 0, and bounds and discounts go up."""
    with pytest.raises(ValueError, match="discount tier"):
        Contract(tiers)


@pytest.mark.parametrize("discount", [-0.01, 1.0, float("nan")])
def test_a_discount_is_a_share_below_1(discount: float) -> None:
    """Nothing is given away, and nothing costs more than list."""
    with pytest.raises(ValueError, match="discount"):
        DiscountTier(0, discount)


def test_a_commitment_by_hand() -> None:
    """$850 at 15 % cover $1,000 of list; beyond that list price is paid, or the committed rate."""
    at_list, committed = Commitment(850, 0.15), Commitment(850, 0.15, 0.15)
    assert pytest.approx(1000) == at_list.covered_usd
    paid = [at_list.payment_usd(400), at_list.payment_usd(1100), committed.payment_usd(1100)]
    assert pytest.approx([850, 950, 935]) == paid
    assert pytest.approx([510, 0]) == [at_list.dead_usd(400), at_list.dead_usd(1100)]
    assert (at_list.critical_ratio, at_list.breakeven_utilisation) == (0.15, 0.85)
    assert (committed.critical_ratio, committed.breakeven_utilisation) == (0.0, 1.0)


@given(amounts)
def test_without_a_commitment_list_price_is_paid(list_usd: float) -> None:
    """Committing to nothing changes nothing, and nothing of it can lie idle."""
    assert (list_usd, 0.0) == (NO_COMMITMENT.payment_usd(list_usd), NO_COMMITMENT.dead_usd(list_usd))


@given(contracts(), amounts, amounts, amounts)
def test_the_payment_never_falls_as_demand_rises(
    contract: Contract, commit_usd: float, less_usd: float, more_usd: float
) -> None:
    """More use never costs less, and it always costs at least the commitment."""
    commitment = contract.commitment(commit_usd)
    less, more = sorted((less_usd, more_usd))
    assert commit_usd <= commitment.payment_usd(less) <= commitment.payment_usd(more)
    assert commitment.dead_usd(more) <= commitment.dead_usd(less) <= commit_usd


@given(contracts(), amounts, amounts)
def test_overage_at_the_committed_rate_never_costs_more(
    contract: Contract, commit_usd: float, list_usd: float
) -> None:
    """The clause is worth something or nothing, never less."""
    with_, without = (Contract(contract.tiers, kind) for kind in (Overage.COMMITTED, Overage.LIST))
    assert with_.commitment(commit_usd).payment_usd(list_usd) <= without.commitment(commit_usd).payment_usd(
        list_usd
    )


@given(contracts(), amounts, amounts)
def test_what_is_paid_is_used_dead_or_overage(contract: Contract, commit_usd: float, list_usd: float) -> None:
    """Payment at the net rate of what is covered, plus overage, plus what lies dead: to the cent."""
    commitment = contract.commitment(commit_usd)
    covered = min(list_usd, commitment.covered_usd)
    overage = (list_usd - covered) * (1 - commitment.overage_discount)
    whole = covered * (1 - commitment.discount) + commitment.dead_usd(list_usd) + overage
    assert pytest.approx(whole, rel=1e-9, abs=1e-6) == commitment.payment_usd(list_usd)
