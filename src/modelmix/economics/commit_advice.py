"""Commit advice: how much to commit to, what signing on today's bill costs, and what a clause is worth."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from modelmix.economics.commitment import (
    TAIL_LEVEL,
    Expectation,
    best_commitment,
    best_of,
    expect,
    expected_payment_usd,
    ladder,
)
from modelmix.economics.contract import NO_COMMITMENT, Commitment, Contract, Overage
from modelmix.economics.demand import Demand
from modelmix.economics.forecast import Chance, Forecast, Scenario, TermSpend, forecast, scaled

STRESS: Final = 0.2
"""How far growth and list prices are moved to see what the advice rests on."""
_STRESSED: Final = f"{100 * STRESS:.0f} %"
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Split:
    """What a saving is worth under a commitment that is signed already.

    Attributes:
        scenario: The scenario.
        payment_usd: Expected payment with the saving.
        dead_usd: Expected part of the commitment that is not used, with the saving.
        cash_usd: What the payment falls by; negative where it rises.
        headroom_usd: Commitment that the saving frees: it is paid all the same, and only use redeems it.
    """

    scenario: Scenario
    payment_usd: float
    dead_usd: float
    cash_usd: float
    headroom_usd: float


@dataclass(frozen=True, slots=True)
class Signed:
    """A commitment that is in force.

    Attributes:
        expected: What it costs.
        splits: The saving of each scenario, split.
    """

    expected: Expectation
    splits: tuple[Split, ...]

    @property
    def cash_usd(self) -> float:
        """Expected cash of the savings."""
        return math.fsum(split.scenario.probability * split.cash_usd for split in self.splits)

    @property
    def headroom_usd(self) -> float:
        """Expected headroom that the savings free."""
        return math.fsum(split.scenario.probability * split.headroom_usd for split in self.splits)


@dataclass(frozen=True, slots=True)
class Variation:
    """The same question with one assumption changed.

    Attributes:
        key: The assumption, as the contract file names it.
        change: What it is changed to, in words.
        best: The best commitment then.
        kept_usd: What the recommended commitment would cost then beyond the best.
    """

    key: str
    change: str
    best: Commitment
    kept_usd: float


@dataclass(frozen=True, slots=True)
class CommitAdvice:
    """What to commit to, and what it rests on.

    Attributes:
        contract: The terms.
        forecast: The scenarios.
        tail_level: Chance beyond which outcomes belong to the tail.
        rungs: The best commitment of each discount tier.
        best_tier: Index of the tier that costs least.
        today: The commitment that today's routes would want, under the forecast with the savings to come.
        nothing: No commitment: everything at list price.
        clause_usd: What overage at the committed rate is worth: the least expected payment without the clause
            minus the one with it.
        walk_away_discount: Discount below which the recommended commitment costs more than list price; None
            where nothing is recommended.
        signed: The commitment in force, or None.
        variations: What the advice rests on.
    """

    contract: Contract
    forecast: Forecast
    tail_level: float
    rungs: tuple[Expectation, ...]
    best_tier: int
    today: Expectation
    nothing: Expectation
    clause_usd: float
    walk_away_discount: float | None
    signed: Signed | None
    variations: tuple[Variation, ...]

    @property
    def best(self) -> Expectation:
        """The recommended commitment."""
        return self.rungs[self.best_tier]

    @property
    def regret_usd(self) -> float:
        """What signing on today's bill costs beyond the recommended commitment, both under the forecast."""
        return self.today.payment_usd - self.best.payment_usd


def advise(
    contract: Contract,
    expected: Forecast,
    signed_usd: float | None = None,
    tail_level: float = TAIL_LEVEL,
) -> CommitAdvice:
    """Size a commitment.

    Args:
        contract: The terms.
        expected: The forecast.
        signed_usd: A commitment over the term that is in force already, or None.
        tail_level: Chance beyond which outcomes belong to the tail, in (0, 1).
    """
    demand = expected.demand
    rungs = ladder(contract, demand, tail_level)
    best_tier = best_of([rung.payment_usd for rung in rungs])
    best = rungs[best_tier].commitment
    naive = best_commitment(contract, expected.bill)
    return CommitAdvice(
        contract=contract,
        forecast=expected,
        tail_level=tail_level,
        rungs=rungs,
        best_tier=best_tier,
        today=expect(naive, demand, tail_level),
        nothing=expect(NO_COMMITMENT, demand, tail_level),
        clause_usd=_clause_usd(contract, demand),
        walk_away_discount=_walk_away(contract, best, demand) if best.commit_usd else None,
        signed=None if signed_usd is None else _signed(contract, signed_usd, expected, tail_level),
        variations=tuple(_variations(contract, best.commit_usd, expected)),
    )


def _clause_usd(contract: Contract, demand: Demand) -> float:
    at_list, committed = (
        expected_payment_usd(best_commitment(replace(contract, overage=overage), demand), demand)
        for overage in (Overage.LIST, Overage.COMMITTED)
    )
    return at_list - committed


def _walk_away(contract: Contract, best: Commitment, demand: Demand) -> float:
    """Halve the interval of discounts until it is narrow; more discount never costs more."""
    most_usd = demand.mean_usd * (1 + _ROUNDING)

    def pays(discount: float) -> bool:
        commitment = contract.commitment_at(best.commit_usd, discount)
        return expected_payment_usd(commitment, demand) <= most_usd

    low, high = 0.0, best.discount
    if pays(low):
        return low
    while high - low > _ROUNDING:
        middle = (low + high) / 2
        low, high = (low, middle) if pays(middle) else (middle, high)
    return high


def _signed(contract: Contract, signed_usd: float, expected: Forecast, tail_level: float) -> Signed:
    commitment = contract.commitment(signed_usd)
    splits = tuple(_split(commitment, scenario) for scenario in expected.scenarios)
    return Signed(expect(commitment, expected.demand, tail_level), splits)


def _split(commitment: Commitment, scenario: Scenario) -> Split:
    before, after = expect(commitment, scenario.before), expect(commitment, scenario.after)
    return Split(
        scenario=scenario,
        payment_usd=after.payment_usd,
        dead_usd=after.dead_usd,
        cash_usd=before.payment_usd - after.payment_usd,
        headroom_usd=after.dead_usd - before.dead_usd,
    )


def _variations(contract: Contract, commit_usd: float, base: Forecast) -> Iterator[Variation]:
    kept = contract.commitment(commit_usd)
    for key, change, changed in _changed(base):
        demand = changed.demand
        best = best_commitment(contract, demand)
        kept_usd = expected_payment_usd(kept, demand) - expected_payment_usd(best, demand)
        yield Variation(key, change, best, kept_usd)


def _changed(base: Forecast) -> Iterator[tuple[str, str, Forecast]]:
    spend, assumed = base.spend, base.assumptions
    for word, factor in (("lower", 1 - STRESS), ("higher", 1 + STRESS)):
        grown = replace(assumed, growth=scaled(assumed.growth, factor))
        yield "growth", f"every factor {_STRESSED} {word}", forecast(spend, grown)
    if spend.certified_saving_usd:
        none, full = ((Chance(1.0, share),) for share in (0.0, 1.0))
        yield "adoption", "nothing more goes live", forecast(spend, replace(assumed, adoption=none))
        yield "adoption", "everything goes live at once", forecast(spend, replace(assumed, adoption=full))
        yield "saving", *_less_saving(spend, base)
    cut = replace(assumed, price=scaled(assumed.price, 1 - STRESS))
    yield "price", f"list prices {_STRESSED} lower", forecast(spend, cut)


def _less_saving(spend: TermSpend, base: Forecast) -> tuple[str, Forecast]:
    bound = spend.certified_saving_bound_usd
    words = "half of it" if bound is None else "at its lower bound"
    less = spend.certified_saving_usd / 2 if bound is None else bound
    return words, forecast(replace(spend, certified_saving_usd=less), base.assumptions)
