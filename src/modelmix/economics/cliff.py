"""The price cliff: what one token more costs where a price changes with the length of the prompt."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage


@dataclass(frozen=True, slots=True)
class Cliff:
    """Cost of a call on both sides of the edge.

    Attributes:
        threshold_tokens: Longest prompt at the lower price.
        at_threshold_usd: Cost with a prompt of that length.
        beyond_usd: Cost with one uncached input token more.
    """

    threshold_tokens: int
    at_threshold_usd: Decimal
    beyond_usd: Decimal

    @property
    def ratio(self) -> Decimal:
        """Cost beyond the edge over cost at it."""
        return self.beyond_usd / self.at_threshold_usd

    @property
    def jump_usd(self) -> Decimal:
        """What the one token costs."""
        return self.beyond_usd - self.at_threshold_usd


def find_cliff(book: PriceBook, model: str, usage: Usage, day: date) -> Cliff | None:
    """Fill a prompt with uncached input up to the edge of the model's lower price, and one token beyond.

    Args:
        book: Prices.
        model: Model that serves.
        usage: The call; its cached tokens and output stay, its uncached input is replaced.
        day: Day of the price.

    Returns:
        None where the price does not depend on length, or the cached part alone is beyond the edge.

    Raises:
        PriceNotFound: The model has no price on that day.

    Source: pricing page (2026-10-08): beyond the edge every token of the call has the higher price.
    """
    threshold = book.price(model, day).tiers[0].max_prompt_tokens
    if threshold is None:
        return None
    room = threshold - (usage.prompt_tokens - usage.input_tokens)
    if room < 0:
        return None
    at, beyond = (
        book.cost(replace(usage, input_tokens=room + more), model, day).total_usd for more in (0, 1)
    )
    return Cliff(threshold, at, beyond)
