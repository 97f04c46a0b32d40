"""The forecast of list spend over a term: growth, savings that go live, and list prices, by scenario."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from modelmix.economics.demand import Demand, Volume

_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class TermSpend:
    """What a term would cost at list price before it grows, and what proven savings take off.

    Undecided and refused savings are in no figure.

    Attributes:
        today_usd: List spend over the term on today's traffic, had no policy moved any of it.
        live_saving_usd: What certified routes that are live save on it; sure in every scenario; may be
            negative.
        certified_saving_usd: What certified routes that are not live would save on it; counted only as far as
            a scenario adopts it, may be negative.
        certified_saving_bound_usd: Lower confidence bound of that, or None where nobody knows one.
    """

    today_usd: float
    live_saving_usd: float = 0.0
    certified_saving_usd: float = 0.0
    certified_saving_bound_usd: float | None = None

    def __post_init__(self) -> None:
        most = max(self.live_saving_usd, self.live_saving_usd + self.certified_saving_usd)
        if self.today_usd < 0 or most > self.today_usd * (1 + _SAME):
            raise ValueError("savings cannot exceed the spend that they are made on")

    @property
    def bill_usd(self) -> float:
        """List spend over the term as calls are served today."""
        return self.today_usd - self.live_saving_usd


@dataclass(frozen=True, slots=True)
class Chance:
    """A value that an assumption may take.

    Attributes:
        probability: In (0, 1].
        value: A factor of spend, or a share.
    """

    probability: float
    value: float


SURE = (Chance(1.0, 1.0),)
"""A factor of 1, or all, with certainty."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is assumed of a term; the probabilities of each sum to 1.

    Attributes:
        growth: Factors of today's volume: users, requests, tokens per request, model mix.
        adoption: Shares of certified savings, not yet live, that go live (mean over the term).
        price: Factors of today's list prices.
        growth_cv: Coefficient of variation of the volume around each growth factor; 0 for none.
    """

    growth: tuple[Chance, ...]
    adoption: tuple[Chance, ...] = SURE
    price: tuple[Chance, ...] = SURE
    growth_cv: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One combination of what may happen.

    Attributes:
        probability: Its chance.
        growth: Factor of today's volume.
        adoption: Share of certified savings that goes live.
        price: Factor of today's list prices.
        before_usd: Mean list spend had no policy moved anything.
        bill_usd: Mean list spend at today's routes: what is live is saved, nothing more.
        after_usd: Mean list spend with the savings.
        cv: Coefficient of variation around either mean.
    """

    probability: float
    growth: float
    adoption: float
    price: float
    before_usd: float
    bill_usd: float
    after_usd: float
    cv: float

    @property
    def before(self) -> Demand:
        """The demand without a policy, should this scenario come true."""
        return Demand((Volume(1.0, self.before_usd, self.cv),))

    @property
    def after(self) -> Demand:
        """The demand with the savings, should this scenario come true."""
        return Demand((Volume(1.0, self.after_usd, self.cv),))


@dataclass(frozen=True, slots=True)
class Forecast:
    """All scenarios of a term.

    Attributes:
        spend: Today's spend and the proven savings.
        assumptions: What is assumed.
        scenarios: Every combination, in the order of the assumptions.
    """

    spend: TermSpend
    assumptions: Assumptions
    scenarios: tuple[Scenario, ...]

    @property
    def demand(self) -> Demand:
        """The demand with the savings: what there is to commit to."""
        return Demand(tuple(Volume(s.probability, s.after_usd, s.cv) for s in self.scenarios))

    @property
    def bill(self) -> Demand:
        """The demand at today's routes: what today's bill suggests."""
        return Demand(tuple(Volume(s.probability, s.bill_usd, s.cv) for s in self.scenarios))


def forecast(spend: TermSpend, assumptions: Assumptions) -> Forecast:
    """Combine growth, adoption and list prices, which are taken to be independent.

    The list spend of a scenario is (today - live - adoption * certified) * growth * price.
    """
    return Forecast(spend, assumptions, tuple(_scenarios(spend, assumptions)))


def _scenarios(spend: TermSpend, assumptions: Assumptions) -> Iterator[Scenario]:
    for growth in assumptions.growth:
        for adoption in assumptions.adoption:
            for price in assumptions.price:
                factor = growth.value * price.value
                saved = spend.live_saving_usd + adoption.value * spend.certified_saving_usd
                yield Scenario(
                    probability=growth.probability * adoption.probability * price.probability,
                    growth=growth.value,
                    adoption=adoption.value,
                    price=price.value,
                    before_usd=spend.today_usd * factor,
                    # Rounding may leave a spend that is saved whole a hair below nothing.
                    bill_usd=max(0.0, spend.bill_usd) * factor,
                    after_usd=max(0.0, spend.today_usd - saved) * factor,
                    cv=assumptions.growth_cv,
                )


def scaled(chances: tuple[Chance, ...], factor: float) -> tuple[Chance, ...]:
    """Return the same chances with every value times a factor."""
    return tuple(replace(chance, value=chance.value * factor) for chance in chances)


def mean(chances: tuple[Chance, ...]) -> float:
    """Return the mean of what an assumption may be."""
    return math.fsum(chance.probability * chance.value for chance in chances)
