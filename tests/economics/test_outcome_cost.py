"""What an outcome cost."""

from datetime import date
from decimal import Decimal

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.economics.outcome_cost import OutcomePricer
from modelmix.settings import load

TODAY = date(2026, 11, 24)


def outcome(model: str, tokens: int | None = 1_000_000, cost: str | None = None) -> Outcome:
    """Build an outcome of a million tokens in and out."""
    return Outcome(
        prompt_id="1",
        task_type="t",
        candidate=Candidate(model),
        score=1.0,
        input_tokens=tokens,
        output_tokens=tokens,
        cost_usd=None if cost is None else Decimal(cost),
    )


def test_tokens_are_priced_on_a_day_before_what_the_table_states() -> None:
    """A model of the book is priced by its tokens, on the day asked for or its last, which is remembered."""
    book = load().price_book()
    pricer = OutcomePricer(book, TODAY)
    assert pricer.cost_usd(outcome("claude-opus-4-8", cost="99")) == Decimal(30)
    assert pricer.days == {"claude-opus-4-8": TODAY}
    named = OutcomePricer(book, TODAY, date(2026, 11, 20))
    assert named.cost_usd(outcome("claude-opus-4-8")) == Decimal(30)
    assert named.days == {"claude-opus-4-8": date(2026, 11, 20)}


def test_a_stand_in_lends_its_rates() -> None:
    """An old model takes the rates of the one it is priced as."""
    book = load().price_book().priced_as({"old": "claude-opus-4-8"})
    assert OutcomePricer(book, TODAY).cost_usd(outcome("old")) == Decimal(30)


def test_without_tokens_or_price_the_table_is_believed() -> None:
    """What the table states is the cost, and the model is listed as such."""
    pricer = OutcomePricer(load().price_book(), TODAY)
    assert pricer.cost_usd(outcome("unheard-of", cost="0.5")) == Decimal("0.5")
    assert pricer.cost_usd(outcome("claude-opus-4-8", tokens=None, cost="0.25")) == Decimal("0.25")
    assert pricer.stated == {"unheard-of", "claude-opus-4-8"}


def test_an_unknown_price_is_never_zero() -> None:
    """Without any basis there is no cost, and it is counted."""
    pricer = OutcomePricer(load().price_book(), TODAY)
    assert pricer.cost_usd(outcome("unheard-of")) is None
    assert pricer.cost_usd(outcome("unheard-of", tokens=None)) is None
    assert pricer.unpriced == {"unheard-of": 2}
