"""Quote: what asking a candidate again will cost, expected and at most, before a cent is spent."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from modelmix.core.call import Call
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage
from modelmix.errors import PriceNotFound

SAME_TOKENIZER_SPREAD: Final = Decimal("1.05")
OTHER_TOKENIZER_SPREAD: Final = Decimal("1.6")
"""The most by which a prompt's count may exceed the recorded one: models of one tokenizer agree but for the
prompts of tools; across tokenizers 1.47 was measured on technical text.
Source: migration pages and independent measurements (2026-08 to 2026-10)."""

NEWER_TOKENIZER_RATIO: Final = Decimal("1.3")
"""Tokens of the newer tokenizer per token of the older one. Source: models page (2026-10-08)."""

LONGEST_OUTPUT_TOKENS: Final = 300_000
"""More than any model answers to one request. Source: models overview (2026-10-08)."""

TOOL_PROMPT_TOKENS: Final = 1000
"""More than any model's tool-use system prompt. Source: pricing page, tool use (2026-10-08)."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What one request, or many, will cost.

    Attributes:
        expected_usd: As if it were cached as the recorded call was and answered at the recorded length.
        at_most_usd: With nothing cached that is not paid for, and the answer at its limit.
    """

    expected_usd: Decimal = Decimal(0)
    at_most_usd: Decimal = Decimal(0)

    def __add__(self, other: "Quote") -> "Quote":
        return Quote(self.expected_usd + other.expected_usd, self.at_most_usd + other.at_most_usd)

    def times(self, share: Decimal) -> "Quote":
        """Return a part of it, or a multiple."""
        return Quote(self.expected_usd * share, self.at_most_usd * share)


@dataclass(frozen=True, slots=True)
class Quoter:
    """Quotes what a candidate will cost on recorded requests.

    Attributes:
        book: Prices.
        capabilities: Tokenizers and output limits.
        day: UTC day of the replay.
    """

    book: PriceBook
    capabilities: CapabilityTable
    day: date

    def quote(self, call: Call, model: str, max_tokens: int, *, writes_cache: bool = True) -> Quote:
        """Quote one request.

        Args:
            call: The recorded call.
            model: Model that is asked.
            max_tokens: Limit on output that the request sets; 0, or what is no limit, for none: then the
                model's own.
            writes_cache: Whether the request marks anything to be cached.

        Raises:
            PriceNotFound: The model has no price on the day, or not for what the request asks (US, fast).
        """
        ratio, spread = self._ratios(call.model_served, model)
        usage = call.usage.plain()
        limit = self._limit(model, max_tokens)
        expected = _scaled(usage, ratio)
        expected = replace(expected, output_tokens=min(expected.output_tokens, limit))
        rates = self.book.rates(model, self.day, expected.prompt_tokens, us=call.us, fast=call.fast)
        longest = int(usage.prompt_tokens * spread) + TOOL_PROMPT_TOKENS
        most = self.book.rates(model, self.day, longest, us=call.us, fast=call.fast)
        dearest = most.input_usd
        if writes_cache or usage.cache_write_tokens:
            dearest = max(dearest, most.cache_write_1h_usd, most.cache_write_5m_usd)
        return Quote(
            rates.cost(expected).total_usd,
            longest * dearest + limit * most.output_usd,
        )

    def today_usd(self, call: Call) -> Decimal:
        """Price a recorded call at the day's list prices, in batch or not as it was, at standard speed.

        Raises:
            PriceNotFound: Its model has no price on the day.
        """
        return self.book.cost(call.usage, call.model_served, self.day, batch=call.batch, us=call.us).total_usd

    def instead_usd(self, call: Call, model: str) -> Decimal:
        """Price a recorded call as if another model had answered it, at the length and with the cache it had.

        Tokens are brought to the other model's tokenizer. What a lower effort would not have written is still
        counted, so that a saving is not claimed before answers were seen.

        Raises:
            PriceNotFound: The model has no price on the day, or not for what the call asks.
        """
        ratio, _ = self._ratios(call.model_served, model)
        usage = _scaled(call.usage.plain(), ratio)
        return self.book.cost(usage, model, self.day, batch=call.batch, us=call.us).total_usd

    def batch_share(self, call: Call, model: str) -> Decimal:
        """Return the part of a quote that asking by Message Batches would cost; 1 where it is not sold.

        A batch knows no fast mode: what is recorded as fast is asked there at standard speed.
        """
        try:
            price = self.book.price(model, self.day)
            live = price.multiplier(self.day, batch=False, us=call.us, fast=call.fast)
            return price.multiplier(self.day, batch=True, us=call.us, fast=False) / live
        except PriceNotFound:
            return Decimal(1)

    def _ratios(self, recorded: str, asked: str) -> tuple[Decimal, Decimal]:
        old, new = self.capabilities.find(recorded), self.capabilities.find(asked)
        if old is None or new is None:
            return Decimal(1), OTHER_TOKENIZER_SPREAD
        if old.tokenizer == new.tokenizer:
            return Decimal(1), SAME_TOKENIZER_SPREAD
        newer = new.released > old.released
        ratio = NEWER_TOKENIZER_RATIO if newer else 1 / NEWER_TOKENIZER_RATIO
        return ratio, OTHER_TOKENIZER_SPREAD

    def _limit(self, model: str, max_tokens: int) -> int:
        known = self.capabilities.find(model)
        most = LONGEST_OUTPUT_TOKENS if known is None else known.max_output_tokens
        return min(max_tokens, most) if max_tokens > 0 else most


def _scaled(usage: Usage, ratio: Decimal) -> Usage:
    if ratio == 1:
        return usage
    return replace(
        usage,
        input_tokens=round(usage.input_tokens * ratio),
        cache_read_tokens=round(usage.cache_read_tokens * ratio),
        cache_write_5m_tokens=round(usage.cache_write_5m_tokens * ratio),
        cache_write_1h_tokens=round(usage.cache_write_1h_tokens * ratio),
        output_tokens=round(usage.output_tokens * ratio),
    )
