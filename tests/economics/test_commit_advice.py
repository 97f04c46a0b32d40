"""Commit advice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.contracts import ASSUMED, BANDS, SPEND, assumptions, cents, contracts, spends
from modelmix.economics.commit_advice import advise
from modelmix.economics.commitment import expect
from modelmix.economics.contract import Contract, DiscountTier, Overage
from modelmix.economics.forecast import Assumptions, Chance, TermSpend, forecast

ADVICE = advise(BANDS, forecast(SPEND, ASSUMED))
CLAUSE = replace(BANDS, overage=Overage.COMMITTED)


@pytest.mark.parametrize(
    ("commit_usd", "payment_k"),
    [
        (0, 1_792), (500_000, 1_748), (999_000, 1_714), (1_000_000, 1_631), (1_101_600, 1_622),
        (1_250_000, 1_653), (1_500_000, 1_714), (1_836_000, 1_938), (2_500_000, 2_504),
    ],
)  # fmt: skip
def test_the_cost_curve_of_the_worked_case(commit_usd: float, payment_k: int) -> None:
    """Commitment by commitment, in thousands of dollars."""
    found = expect(BANDS.commitment(commit_usd), ADVICE.forecast.demand)
    assert payment_k == round(found.payment_usd / 1000)


def test_signing_on_todays_bill_can_be_worse_than_not_signing() -> None:
    """In the worked case it costs more than list price would."""
    assert pytest.approx(1_836_000) == ADVICE.today.commitment.commit_usd
    assert pytest.approx(316_170) == ADVICE.regret_usd
    assert ADVICE.today.payment_usd > ADVICE.nothing.payment_usd


def test_the_clause_of_the_worked_case() -> None:
    """Overage at the committed rate is worth $86k there, whichever of the two the contract has."""
    assert round(ADVICE.clause_usd / 1000) == 86
    with_clause = advise(CLAUSE, ADVICE.forecast)
    assert ADVICE.clause_usd == with_clause.clause_usd
    assert with_clause.best.commitment.commit_usd == 1_000_000
    assert round(with_clause.best.payment_usd / 1000) == 1_536


def test_below_the_walk_away_discount_list_price_is_cheaper() -> None:
    """At it the two cost the same."""
    at = ADVICE.walk_away_discount
    assert at is not None
    commit_usd, demand = ADVICE.best.commitment.commit_usd, ADVICE.forecast.demand
    saving = [expect(BANDS.commitment_at(commit_usd, at + by), demand).saving_usd for by in (-0.001, 0.001)]
    assert saving[0] < 0 < saving[1]


def test_a_commitment_that_is_always_used_never_loses() -> None:
    """Its walk-away discount is 0."""
    sure = forecast(TermSpend(2_000_000), Assumptions((Chance(1, 1.0),)))
    assert advise(BANDS, sure).walk_away_discount == 0.0


def test_where_nothing_is_recommended_there_is_no_discount_to_walk_away_from() -> None:
    """A demand below every tier commits to nothing."""
    found = advise(BANDS, forecast(TermSpend(1000), Assumptions((Chance(1, 1.0),))))
    assert (found.best.commitment.commit_usd, found.walk_away_discount) == (0.0, None)


@given(contracts(), spends(), assumptions())
def test_regret_and_clause_are_never_negative(
    contract: Contract, spend: TermSpend, assumed: Assumptions
) -> None:
    """Nothing beats the optimum, and a clause that may be left unused cannot harm."""
    found = advise(contract, forecast(spend, assumed))
    rounding = 1e-9 * found.nothing.list_usd + 1e-6
    assert found.regret_usd >= -rounding
    assert found.clause_usd >= -rounding
    assert found.best.payment_usd <= found.nothing.payment_usd + rounding
    assert all(variation.kept_usd >= -rounding for variation in found.variations)


@given(contracts(), assumptions())
def test_without_a_saving_todays_bill_is_the_forecast(contract: Contract, assumed: Assumptions) -> None:
    """Then nothing is regretted, and adoption and saving are not varied."""
    found = advise(contract, forecast(TermSpend(1000), assumed))
    assert found.regret_usd == 0.0
    assert {"growth", "price"} == {variation.key for variation in found.variations}


@given(contracts(), spends(), assumptions(), st.just(0.0) | cents)
def test_a_saving_is_cash_or_headroom(
    contract: Contract, spend: TermSpend, assumed: Assumptions, signed_usd: float
) -> None:
    """In every scenario the two parts, each at its own rate, are the whole saving at list price."""
    signed = advise(contract, forecast(spend, assumed), signed_usd).signed
    assert signed is not None
    commitment = signed.expected.commitment
    for split in signed.splits:
        cash = split.cash_usd / (1 - commitment.overage_discount)
        headroom = split.headroom_usd / (1 - commitment.discount)
        saved = split.scenario.before_usd - split.scenario.after_usd
        assert pytest.approx(saved, rel=1e-6, abs=1e-6 * split.scenario.before_usd) == cash + headroom
        assert cash * saved >= -1e-6 * max(1.0, split.scenario.before_usd) ** 2
    paid = sum(split.scenario.probability * split.payment_usd for split in signed.splits)
    assert pytest.approx(signed.expected.payment_usd, rel=1e-9, abs=1e-6) == paid


def test_below_a_commitment_a_saving_is_no_cash() -> None:
    """What a commitment pays for anyway cannot be saved in dollars, only freed."""
    contract = Contract((DiscountTier(0, 0.1),))
    grown = forecast(TermSpend(1000, certified_saving_usd=400), Assumptions((Chance(1, 1.0),)))
    idle, tight = (advise(contract, grown, usd).signed for usd in (900.0, 720.0))
    assert idle is not None
    assert tight is not None
    assert pytest.approx([0, 360]) == [idle.cash_usd, idle.headroom_usd]
    assert pytest.approx([200, 180]) == [tight.cash_usd, tight.headroom_usd]


def test_the_advice_names_what_it_rests_on() -> None:
    """Each assumption that carries the figure is moved, and the file's key for it is named."""
    keys = [(variation.key, variation.change) for variation in ADVICE.variations]
    assert keys == [
        ("growth", "every factor 20 % lower"), ("growth", "every factor 20 % higher"),
        ("adoption", "nothing more goes live"), ("adoption", "everything goes live at once"),
        ("saving", "half of it"), ("price", "list prices 20 % lower"),
    ]  # fmt: skip
    by_key = dict(zip(keys, ADVICE.variations, strict=True))
    assert pytest.approx(1_836_000) == by_key["adoption", "nothing more goes live"].best.commit_usd


def test_a_saving_with_a_bound_is_moved_to_it() -> None:
    """The lower bound of the certificate is a better pessimist than half."""
    spend = replace(SPEND, certified_saving_bound_usd=0.5 * 2_400_000)
    changed = [v for v in advise(BANDS, forecast(spend, ASSUMED)).variations if v.key == "saving"]
    assert [variation.change for variation in changed] == ["at its lower bound"]
