"""The commit card says what the advice holds, within 80 columns."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from economics.contracts import ADOPTION, BANDS, GROWTH, SPEND, assumptions, cents, contracts, spends
from modelmix.economics.contract import Contract, Overage
from modelmix.economics.forecast import Assumptions, Chance, TermSpend
from modelmix.economics.monthly_commit import monthly_commit
from modelmix.report.commit import Basis, CommitReport
from modelmix.report.commit_card import brief, card, dollars, percent
from report.commits import report_of

SURE = Assumptions((Chance(1, 1.0),))


def shown(report: CommitReport, width: int = 80) -> str:
    """The card as plain text."""
    console = Console(width=width, color_system=None, highlight=False, force_terminal=False)
    with console.capture() as capture:
        console.print(card(report))
    return capture.get()


def flat(report: CommitReport) -> str:
    """The words of a card, on one line, its minus signs and dashes as hyphens."""
    words = re.sub(r"\s+", " ", shown(report).replace("│", " "))
    return words.replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-")


def test_the_headline_says_what_to_sign() -> None:
    """The commitment, its tier, what it is expected to cost, how far that varies, and on what it rests."""
    text = flat(report_of())
    assert "commit $1,101,600 for the term: 15 % off, tier from $1,000,000" in text
    assert "expected payment $1,621,830, $170,100 below list ($1,791,930): 9.5 %" in text
    assert "90 % of outcomes pay $1,101,600 to $2,210,400" in text
    assert "computed: spend assumed, saving assumed, growth and adoption assumed" in text


def test_what_else_could_be_signed_stands_beside_it() -> None:
    """The commitment on today's bill, none, and the one in force, with their dead capacity."""
    text = flat(report_of(signed_usd=300_000))
    assert "recommended $1.102M $1.622M -$170,100 7.5 % $20,655 98.1 % $2.400M" in text
    assert "today's bill $1.836M $1.938M $146,070 72.5 % $399,560 78.2 % $2.270M" in text
    assert "nothing $0 $1.792M $0 - - - $2.594M" in text
    assert "as signed $300,000" in text
    assert "P(dead) E[dead] Used Tail" in text


def test_regret_is_dollars() -> None:
    """Signing on today's bill costs so much more, and more than not signing where it does."""
    text = flat(report_of())
    assert "sized on today's bill, costs $316,170 more than the commitment above" in text
    assert "and $146,070 more than signing nothing (computed)" in text
    small = flat(report_of(replace(SPEND, certified_saving_usd=240_000.0)))
    assert "more than the commitment above (computed)" in small
    assert "none: today's bill leads to the same commitment" in flat(report_of(TermSpend(2_400_000)))


def test_the_clause_has_a_price_either_way() -> None:
    """What it would be worth, or is worth."""
    with_clause = replace(BANDS, overage=Overage.COMMITTED)
    assert "instead of list would be worth $85,654" in flat(report_of())
    assert "as in this contract, is worth $85,654" in flat(report_of(contract=with_clause))


def test_a_saving_under_a_signed_commitment_is_cash_or_headroom() -> None:
    """In the whole and per scenario, at the commitment as signed; it stays due."""
    text = flat(report_of(signed_usd=1_836_000))
    assert "of the saving, $678,000 is cash, by which the payment falls, and $399,560 freed headroom" in text
    assert "Scenarios at the commitment as signed (computed)" in text
    assert "25 % 1.2 70 % $1.771M $1.836M $330,480 $720,000 $330,480" in text
    assert "Scenarios at the recommended commitment (computed)" in flat(report_of())


def test_nothing_to_sign_is_said_so() -> None:
    """Below every tier list price is cheapest, and no discount to walk away from is named."""
    text = flat(report_of(TermSpend(1000), assumed=SURE))
    assert "commit nothing: no commitment of this contract is expected to cost less" in text
    assert "the same as list" in text
    assert "Walk away" not in text


def test_a_negative_saving_is_shown_as_such() -> None:
    """A route that costs more raises the forecast, and its sign is kept."""
    text = flat(report_of(TermSpend(2_400_000, -100_000.0, -240_000.0)))
    assert "demand.saving -$240,000, not live" in text
    assert "live saving -$100,000, in today's bill already" in text


def test_every_assumption_has_its_basis() -> None:
    """The keys of the contract file, their values, and one word each."""
    spend = replace(SPEND, certified_saving_bound_usd=1_000_000.0)
    assumed = Assumptions(GROWTH, ADOPTION, (Chance(0.8, 1.0), Chance(0.2, 0.8)), 0.3)
    report = report_of(spend, assumed=assumed, spend_basis=Basis.MEASURED, saving_basis=Basis.ESTIMATED)
    text = flat(report)
    assert re.search(r"demand.baseline_usd \$2,400,000: stated in the contract file measured", text)
    assert "(at least $1,000,000), not live" in text
    assert "0.9 (25 %), 1.2 (50 %), 1.6 (25 %), cv 30 %" in text
    assert "30 % (20 %), 70 % (50 %), 100 % (30 %)" in text
    assert "demand.price 1 (80 %), 0.8 (20 %) assumed" in text
    assert "Prices" in text
    assert "demand.price list prices stay assumed" in flat(report_of())
    assert "demand.adoption 100 % of what is not live assumed" in flat(report_of(assumed=SURE))
    assert "the 12 likeliest; 6 more: --json lists them" in text


def test_without_a_saving_adoption_tells_no_scenario_apart() -> None:
    """Growth alone is left, with its whole chances."""
    text = flat(report_of(TermSpend(2_400_000)))
    assert "Growth At list Payment Dead" in text
    assert "25 % 0.9 $2.160M $1.836M $0 50 % 1.2 $2.880M" in text
    assert "demand.saving $0, not live" in text


def test_a_commitment_that_is_always_used_is_never_walked_away_from() -> None:
    """Otherwise the discount is named."""
    assert "at no discount: it is used whole in every scenario" in flat(report_of(TermSpend(2_400_000)))
    assert "below 0.9 % off, list price is cheaper" in flat(report_of())


def test_what_changes_the_answer_is_listed() -> None:
    """Each assumption moved, the best commitment then, and what keeping this one would cost."""
    text = flat(report_of())
    assert "adoption: nothing more goes live $1,836,000 $129,600" in text
    assert "price: list prices 20 % lower $1,000,000 $23,906" in text


def test_history_is_measured() -> None:
    """What the whole months alone would have wanted."""
    text = flat(report_of(history=monthly_commit([90_000.0, 100_000.0, 110_000.0], 0.15)))
    assert "3 whole months alone, at the same discount, would have made $76,500 a month best" in text
    assert "(measured; no growth, no saving to come)" in text


@pytest.mark.parametrize(
    ("basis", "why"),
    [
        (Basis.NONE, "Next modelmix optimize, then modelmix commit with --policy"),
        (Basis.ASSUMED, "--policy policy.yaml: take out demand.saving"),
        (Basis.ESTIMATED, "Next edit demand in contract.yaml where you know better"),
    ],
)
def test_the_next_step_follows_from_what_is_weakest(basis: Basis, why: str) -> None:
    """Prove something, count what is proven, or sharpen the assumptions."""
    assert why in flat(report_of(saving_basis=basis))


def test_one_month_is_singular() -> None:
    """A term of one month is no months."""
    assert "1 month from" in shown(report_of(months=1))


@given(contracts(), spends(), assumptions(), st.none() | cents)
def test_no_card_is_wider_than_its_terminal(
    contract: Contract, spend: TermSpend, assumed: Assumptions, signed_usd: float | None
) -> None:
    """Whatever the figures are: no line is longer than 80 columns, and no figure is cut off."""
    text = shown(report_of(spend, contract, assumed, signed_usd))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text


def test_large_figures_fit() -> None:
    """A contract of a billion is shown whole."""
    contract = Contract((*BANDS.tiers,))
    text = shown(report_of(TermSpend(9.4e11, 1.1e11, 2.2e11), contract, signed_usd=999_999_999_999.0))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text


def test_amounts_are_written_without_what_nobody_knows() -> None:
    """Signs stand before the dollar, and no share has digits that rounding made."""
    minus = "\N{MINUS SIGN}"
    assert (brief(999_999.4), brief(999_999.6)) == ("$999,999", "$1.000M")
    assert (dollars(-1234.4), brief(-1_234_567.0)) == (f"{minus}$1,234", f"{minus}$1.235M")
    assert (percent(0.1 + 0.2), percent(1e-9), brief(515_700_000_000.0)) == ("30 %", "<0.01 %", "$515.7B")
