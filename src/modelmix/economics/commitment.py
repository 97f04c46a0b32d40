"""What a commitment is expected to cost under a demand, and the commitment that costs least."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from modelmix.economics.contract import Commitment, Contract
from modelmix.economics.demand import Demand

TAIL_LEVEL: Final = 0.8
"""The tail is the mean of the dearest outcomes beyond this chance."""
LOW, HIGH = 0.05, 0.95
"""Ends of the range that is stated beside an expected payment."""
_STEP_USD: Final = 1.0
_TIE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Expectation:
    """A commitment under a demand.

    Attributes:
        commitment: The commitment.
        list_usd: Expected spend at list price.
        payment_usd: Expected payment.
        p_dead: Chance that part of the commitment is not used.
        dead_usd: Expected part of it that is paid and not used.
        covered_usd: Expected list spend that the commitment pays for.
        tail_usd: Mean payment over the dearest outcomes.
        low_usd: 5 % of outcomes cost no more.
        high_usd: 5 % of outcomes cost more.
    """

    commitment: Commitment
    list_usd: float
    payment_usd: float
    p_dead: float
    dead_usd: float
    covered_usd: float
    tail_usd: float
    low_usd: float
    high_usd: float

    @property
    def saving_usd(self) -> float:
        """What it costs less than list price; negative where it costs more."""
        return self.list_usd - self.payment_usd

    @property
    def effective_saving_share(self) -> float | None:
        """Saving over list spend (the FinOps effective savings rate), or None without spend."""
        return self.saving_usd / self.list_usd if self.list_usd else None

    @property
    def utilisation_share(self) -> float | None:
        """Expected part of the commitment that is used, or None where nothing is committed."""
        commit_usd = self.commitment.commit_usd
        return 1 - self.dead_usd / commit_usd if commit_usd else None

    @property
    def coverage_share(self) -> float | None:
        """Expected part of the list spend that the commitment pays for, or None without spend."""
        return self.covered_usd / self.list_usd if self.list_usd else None


def expected_payment_usd(commitment: Commitment, demand: Demand) -> float:
    """Return the mean of what is paid: the commitment, and what lies beyond it."""
    beyond = (1 - commitment.overage_discount) * demand.excess_usd(commitment.covered_usd)
    return commitment.commit_usd + beyond


def expect(commitment: Commitment, demand: Demand, tail_level: float = TAIL_LEVEL) -> Expectation:
    """Work out what a commitment costs under a demand.

    The payment never falls as demand rises, so that its quantiles are the payments at the quantiles of the
    demand, and the tail mean is eta + E[(payment - eta)+] / (1 - level) at such a quantile eta.

    Args:
        commitment: The commitment.
        demand: List spend over the term.
        tail_level: Chance beyond which outcomes belong to the tail, in (0, 1).

    Source: R. T. Rockafellar and S. Uryasev, Journal of Risk 2 (2000) 21-41, theorem 1.
    """
    covered = commitment.covered_usd
    at = demand.quantile_usd(tail_level)
    above = (1 - commitment.overage_discount) * demand.excess_usd(max(at, covered))
    return Expectation(
        commitment=commitment,
        list_usd=demand.mean_usd,
        payment_usd=expected_payment_usd(commitment, demand),
        p_dead=demand.below(covered),
        dead_usd=(1 - commitment.discount) * demand.lack_usd(covered),
        covered_usd=demand.mean_usd - demand.excess_usd(covered),
        tail_usd=commitment.payment_usd(at) + above / (1 - tail_level),
        low_usd=commitment.payment_usd(demand.quantile_usd(LOW)),
        high_usd=commitment.payment_usd(demand.quantile_usd(HIGH)),
    )


def best_at(contract: Contract, discount: float, demand: Demand) -> Commitment:
    """Return the commitment that costs least at one discount, whatever tier it would fall into.

    The expected payment is convex in the commitment; its minimum covers the critical quantile of the demand
    (for scenarios that is a kink, the net price of one of them), and the lowest one where it is flat.
    """
    free = contract.commitment_at(0.0, discount)
    ratio = free.critical_ratio
    covered = demand.quantile_usd(ratio) if ratio > 0 else 0.0
    return replace(free, commit_usd=covered * (1 - discount))


def best_in_tier(contract: Contract, tier: int, demand: Demand) -> Commitment:
    """Return the commitment that costs least within one tier: that of its discount, moved into its bounds.

    One that would be beyond the tier ends a dollar before the next one begins: so it is written, and there is
    no largest amount below that. One within the tier stays what it is, however close to the end.
    """
    lower, end = contract.tiers[tier].from_usd, contract.end_usd(tier)
    best = best_at(contract, contract.tiers[tier].discount, demand)
    commit_usd = best.commit_usd if end is None or best.commit_usd < end else end - _STEP_USD
    return replace(best, commit_usd=max(lower, commit_usd))


def ladder(contract: Contract, demand: Demand, tail_level: float = TAIL_LEVEL) -> tuple[Expectation, ...]:
    """Return the best commitment of each tier, in the order of the tiers."""
    return tuple(expect(rung, demand, tail_level) for rung in _rungs(contract, demand))


def best_of(payments_usd: Sequence[float]) -> int:
    """Return the index of the least expected payment; of equals the first, which is the lower commitment."""
    best = 0
    for at, payment in enumerate(payments_usd):
        if payment < payments_usd[best] * (1 - _TIE):
            best = at
    return best


def best_commitment(contract: Contract, demand: Demand) -> Commitment:
    """Return the commitment that costs least over all tiers; of equals the lower."""
    rungs = _rungs(contract, demand)
    return rungs[best_of([expected_payment_usd(rung, demand) for rung in rungs])]


def _rungs(contract: Contract, demand: Demand) -> list[Commitment]:
    return [best_in_tier(contract, tier, demand) for tier in range(len(contract.tiers))]
