"""What a commitment costs under a demand, and the commitment that costs least."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from economics.contracts import BANDS, cents, contracts, demands
from modelmix.economics.commitment import (
    best_at,
    best_commitment,
    best_of,
    expect,
    expected_payment_usd,
    ladder,
)
from modelmix.economics.contract import NO_COMMITMENT, Contract, DiscountTier, Overage
from modelmix.economics.demand import Demand, Volume

GRID = 200


def _brute(contract: Contract, demand: Demand) -> float:
    """Least expected payment over a fine grid of commitments, bounds of tiers and net prices of volumes."""
    most = max(demand.quantile_usd(0.999), contract.tiers[-1].from_usd, 1.0)
    kinks = [v.mean_usd * (1 - t.discount) for v in demand.volumes for t in contract.tiers]
    commits = [*np.linspace(0, most, GRID), *kinks, *(tier.from_usd for tier in contract.tiers)]
    return min(expected_payment_usd(contract.commitment(float(commit)), demand) for commit in commits)


@given(contracts(), demands())
def test_no_commitment_costs_less_than_the_best(contract: Contract, demand: Demand) -> None:
    """The ladder's best is at least as good as every commitment of a fine grid."""
    rungs = ladder(contract, demand)
    best = rungs[best_of([rung.payment_usd for rung in rungs])].payment_usd
    assert pytest.approx(best, rel=1e-9) == expected_payment_usd(best_commitment(contract, demand), demand)
    assert best <= _brute(contract, demand) * (1 + 1e-9) + 1e-6


def test_the_best_within_a_narrow_tier_is_kept() -> None:
    """A tier of less than a dollar has amounts of its own: they are not moved to its lower bound."""
    tiers = (DiscountTier(0.0, 0.5), DiscountTier(0.01, 0.5))
    demand = Demand((Volume(1.0, 0.01, 0.0),))
    first, _ = ladder(Contract(tiers, Overage.LIST), demand)
    assert (first.commitment.commit_usd, first.payment_usd) == (0.005, 0.005)


@given(contracts(), demands())
def test_each_rung_is_in_its_tier(contract: Contract, demand: Demand) -> None:
    """Half-open: from its own bound to below the next."""
    rungs = ladder(contract, demand)
    assert list(range(len(rungs))) == [contract.tier_of(rung.commitment.commit_usd) for rung in rungs]
    assert [tier.discount for tier in contract.tiers] == [rung.commitment.discount for rung in rungs]


@given(contracts(), demands())
def test_ties_go_to_the_lower_commitment(contract: Contract, demand: Demand) -> None:
    """No rung below the best costs the same."""
    rungs = ladder(contract, demand)
    best = best_of([rung.payment_usd for rung in rungs])
    assert all(rung.payment_usd > rungs[best].payment_usd for rung in rungs[:best])


def test_a_tie_between_tiers_is_the_lower_one() -> None:
    """Where two tiers cost the same, the smaller promise is made."""
    contract = Contract((DiscountTier(0, 0.0), DiscountTier(90, 0.1)))
    rungs = ladder(contract, Demand((Volume(1.0, 90.0),)))
    assert tuple(rung.payment_usd for rung in rungs) == (90.0, 90.0)
    assert best_of([rung.payment_usd for rung in rungs]) == 0


def test_a_flat_stretch_is_committed_at_its_lower_end() -> None:
    """At a chance met exactly every commitment up to the next scenario costs the same: the least is taken."""
    contract = Contract((DiscountTier(0, 0.2),))
    demand = Demand((Volume(0.2, 100.0), Volume(0.8, 200.0)))
    assert pytest.approx(80.0) == best_at(contract, 0.2, demand).commit_usd


@pytest.mark.parametrize("discount", [0.1, 0.15, 0.2, 0.25])
@pytest.mark.parametrize("cv", [0.3, 0.6])
def test_the_chance_of_unused_commitment_is_the_discount(discount: float, cv: float) -> None:
    """Overage at list: the best commitment covers the discount's quantile of a continuous demand."""
    demand = Demand.lognormal(1_000_000, cv)
    best = best_at(Contract((DiscountTier(0, discount),)), discount, demand)
    assert pytest.approx(discount) == expect(best, demand).p_dead


def test_volatile_demand_wants_a_small_commitment() -> None:
    """At 15 % the covered volume is 0.71 of the mean at a variation of 0.3, and 0.48 at 0.6."""
    contract = Contract((DiscountTier(0, 0.15),))
    covered = [best_at(contract, 0.15, Demand.lognormal(1.0, cv)).covered_usd for cv in (0.3, 0.6)]
    assert pytest.approx([0.71, 0.48], abs=0.005) == covered


@given(contracts(), demands())
def test_with_overage_at_the_committed_rate_only_a_tier_is_worth_committing_to(
    contract: Contract, demand: Demand
) -> None:
    """Every rung sits on the bound of its tier."""
    free = Contract(contract.tiers, Overage.COMMITTED)
    assert [tier.from_usd for tier in free.tiers] == [r.commitment.commit_usd for r in ladder(free, demand)]


@given(demands())
def test_nothing_committed_pays_list(demand: Demand) -> None:
    """The expected payment is the expected list spend, and no share of nothing is stated."""
    found = expect(NO_COMMITMENT, demand)
    assert pytest.approx(demand.mean_usd) == found.payment_usd
    assert (found.p_dead, found.dead_usd, found.utilisation_share) == (0.0, 0.0, None)


def test_without_spend_no_share_of_it_is_stated() -> None:
    """Nothing over nothing is not a figure."""
    found = expect(BANDS.commitment(1_000_000), Demand((Volume(1.0, 0.0),)))
    assert (found.effective_saving_share, found.coverage_share) == (None, None)
    assert (found.payment_usd, found.p_dead, found.utilisation_share) == (1_000_000, 1.0, 0.0)


@given(contracts(), demands(), st.just(0.0) | cents)
def test_shares_and_ranges_hold_together(contract: Contract, demand: Demand, commit_usd: float) -> None:
    """Shares lie in [0, 1], the tail costs at least the mean, and the range is a range."""
    found = expect(contract.commitment(commit_usd), demand)
    assert -1e-9 <= found.p_dead <= 1 + 1e-9
    for part in (found.utilisation_share, found.coverage_share):
        assert part is None or -1e-9 <= part <= 1 + 1e-9
    assert found.tail_usd >= found.payment_usd * (1 - 1e-9) - 1e-6
    assert commit_usd <= found.low_usd <= found.high_usd


@given(demands(), st.just(0.0) | cents, st.sampled_from([0.5, 0.8, 0.95]))
def test_the_tail_is_the_mean_of_the_dearest_outcomes(
    demand: Demand, commit_usd: float, level: float
) -> None:
    """For fixed volumes it is the average over the last stretch of the ranked payments."""
    fixed = Demand(tuple(Volume(v.probability, v.mean_usd) for v in demand.volumes))
    commitment = BANDS.commitment(commit_usd)
    left, tail = 1 - level, 0.0
    for volume in sorted(fixed.volumes, key=lambda v: -v.mean_usd):
        taken = min(left, volume.probability)
        tail += taken * commitment.payment_usd(volume.mean_usd)
        left -= taken
    assert pytest.approx(tail / (1 - level), rel=1e-6, abs=1e-6) == expect(commitment, fixed, level).tail_usd


def test_the_tail_of_a_lognormal_is_the_integral() -> None:
    """The mean of the payment's quantiles beyond the level."""
    demand, commitment = Demand.lognormal(1_000_000, 0.5), BANDS.commitment(700_000)
    whole, _ = quad(lambda q: commitment.payment_usd(demand.quantile_usd(q)), 0.8, 1.0, limit=200)
    assert pytest.approx(whole / 0.2, rel=1e-4) == expect(commitment, demand, 0.8).tail_usd
