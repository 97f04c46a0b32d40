"""Made contracts, demands and forecasts, for tests of the commitment."""

from hypothesis import strategies as st

from modelmix.economics.contract import Contract, DiscountTier, Overage
from modelmix.economics.demand import Demand, Volume
from modelmix.economics.forecast import Assumptions, Chance, TermSpend

BANDS = Contract((
    DiscountTier(0, 0.0),
    DiscountTier(250_000, 0.08),
    DiscountTier(1_000_000, 0.15),
    DiscountTier(2_500_000, 0.20),
    DiscountTier(5_000_000, 0.25),
))  # fmt: skip
GROWTH = (Chance(0.25, 0.9), Chance(0.5, 1.2), Chance(0.25, 1.6))
ADOPTION = (Chance(0.2, 0.3), Chance(0.5, 0.7), Chance(0.3, 1.0))
SPEND = TermSpend(2_400_000, certified_saving_usd=0.55 * 2_400_000)
ASSUMED = Assumptions(GROWTH, ADOPTION)

shares = st.floats(0.01, 1.0)
cents = st.integers(1, 10**9).map(lambda number: number / 100)


@st.composite
def chances(draw: st.DrawFn, values: st.SearchStrategy[float]) -> tuple[Chance, ...]:
    """Up to four values with probabilities that sum to 1."""
    weights = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    return tuple(Chance(weight / sum(weights), draw(values)) for weight in weights)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """A ladder of up to four tiers under either clause."""
    bounds = sorted({0.0, *draw(st.lists(cents, max_size=3))})
    steps = sorted(draw(st.lists(st.floats(0, 0.6), min_size=len(bounds), max_size=len(bounds))))
    tiers = tuple(DiscountTier(*pair) for pair in zip(bounds, steps, strict=True))
    return Contract(tiers, draw(st.sampled_from(Overage)))


@st.composite
def demands(draw: st.DrawFn) -> Demand:
    """A mixture of up to four volumes, fixed and lognormal ones among each other."""
    spreads = st.sampled_from([0.0, 0.0, 0.1, 0.6, 2.0])
    amounts = st.just(0.0) | cents
    return Demand(tuple(
        Volume(chance.probability, chance.value, draw(spreads)) for chance in draw(chances(amounts))
    ))  # fmt: skip


@st.composite
def spends(draw: st.DrawFn) -> TermSpend:
    """A term's spend with savings, negative ones among them."""
    today = draw(cents)
    live = draw(st.floats(-0.5, 0.5))
    certified = draw(st.floats(-0.5, 0.5))
    bound = draw(st.none() | st.floats(-0.6, certified))
    return TermSpend(today, today * live, today * certified, None if bound is None else today * bound)


@st.composite
def assumptions(draw: st.DrawFn) -> Assumptions:
    """Growth, adoption and list prices with up to four values each."""
    return Assumptions(
        growth=draw(chances(st.floats(0.1, 3))),
        adoption=draw(chances(st.floats(0, 1))),
        price=draw(chances(st.floats(0.2, 1.5))),
        growth_cv=draw(st.sampled_from([0.0, 0.3])),
    )
