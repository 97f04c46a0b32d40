"""Our price table agrees with an independent one wherever that one knows the model."""

import warnings
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from modelmix.core.price import Price
from modelmix.core.usage import Usage
from modelmix.settings import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import genai_prices

BOOK = Settings(home=Path("unused")).price_book()
TODAY = date(2026, 11, 23)
PERIODS = [price for rows in BOOK.prices.values() for price in rows]
SHORT = Usage(30_001, 20_000, 10_000, 7_000, 2_000)
LONG = Usage(150_005, 100_000, 50_000, 35_000, 10_000)
LISTED_BATCH_SINCE = date(2026, 10, 14)

# Models that genai-prices 0.2.3 does not know.
UNKNOWN_THERE = {"claude-mythos-5", "claude-mythos-5-1", "claude-mythos-preview"}
# Where the two differ, and why ours is right: (model, first day of our period, long prompt) → reason.
DIFFERENT = {
    ("claude-sonnet-5-5", date(2026, 9, 28), False): "reads cost 0.20 until 2026-10-07; it knows 0.10 only",
    ("claude-sonnet-5-5", date(2026, 9, 28), True): "reads cost 0.20 until 2026-10-07; it knows 0.10 only",
    ("claude-sonnet-4-5-20250929", date(2026, 4, 30), True): (
        "prompts above 200k are an error since 2026-04-30; it keeps the surcharge"
    ),
    ("claude-sonnet-4-20250514", date(2025, 5, 22), True): (
        "the 1M beta above 200k cost double until 2026-04-30; it has no such tier"
    ),
}


def theirs(model: str, day: date, usage: Usage, context: dict[str, str] | None = None) -> Decimal:
    """Return what the other table says; its input count includes the cached tokens."""
    result = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.prompt_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            cache_write_1h_tokens=usage.cache_write_1h_tokens,
            output_tokens=usage.output_tokens,
        ),
        model,
        provider_id="anthropic",
        genai_request_timestamp=datetime.combine(day, time(12), UTC),
        price_context=context,
    )
    return Decimal(result.total_price)


def last_day(price: Price) -> date:
    """Return the last day of a period up to today."""
    return price.until - timedelta(days=1) if price.until else TODAY


@pytest.mark.parametrize("price", PERIODS, ids=lambda price: f"{price.model}-{price.since}")
def test_every_period_agrees_to_the_digit_or_differs_for_a_reason(price: Price) -> None:
    """On its first and last day, for a short and a long prompt; a listed difference must still be one."""
    for day in (price.since, last_day(price)):
        for usage in (SHORT, LONG):
            if price.model in UNKNOWN_THERE:
                with pytest.raises(LookupError):
                    theirs(price.model, day, usage)
                continue
            ours = BOOK.cost(usage, price.model, day).total_usd
            differs = (price.model, price.since, usage is LONG) in DIFFERENT
            assert (ours != theirs(price.model, day, usage)) is differs


@pytest.mark.parametrize("model", sorted(BOOK.prices))
def test_batches_agree_since_they_list_them(model: str) -> None:
    """It prices batches from 2026-10-14 on, for models that are still served."""
    in_force = BOOK.last_day(model, TODAY) == TODAY
    if model in UNKNOWN_THERE or not in_force:
        return
    day = max(LISTED_BATCH_SINCE, BOOK.price(model, TODAY).since)
    for usage in (SHORT, LONG):
        if (model, BOOK.price(model, day).since, usage is LONG) not in DIFFERENT:
            ours = BOOK.cost(usage, model, day, batch=True).total_usd
            assert ours == theirs(model, day, usage, {"processing": "batch"})


def test_the_cliff_of_haiku_lies_at_the_same_token() -> None:
    """100,000 prompt tokens are cheap in both tables, 100,001 dear."""
    for usage in (Usage(70_000, 20_000, 10_000, 0, 2_000), Usage(70_001, 20_000, 10_000, 0, 2_000)):
        ours = BOOK.cost(usage, "claude-haiku-5-5", TODAY).total_usd
        assert ours == theirs("claude-haiku-5-5", TODAY, usage)
