"""The same text on several models: cost per text, not per token, since tokenizers differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage


@dataclass(frozen=True, slots=True)
class TextCost:
    """What one text costs on a model.

    Attributes:
        model: The model.
        usd: Cost of the call.
        change_share: Change against the first model compared; negative is cheaper.
    """

    model: str
    usd: Decimal
    change_share: Decimal


def compare_models(
    book: PriceBook,
    capabilities: CapabilityTable,
    models: Sequence[str],
    usage: Usage,
    day: date,
    tokens_ratio: Decimal,
) -> list[TextCost]:
    """Price one text on several models.

    Args:
        book: Prices.
        capabilities: Tells which tokenizer a model has.
        models: Models; ``usage`` is counted with the tokenizer of the first.
        usage: Tokens of the text and its answer on the first model.
        day: Day of the prices.
        tokens_ratio: Tokens that another tokenizer makes of one token of the first, > 0.

    Raises:
        PriceNotFound: A model has no price on that day.

    Source: migration guide (2026-10-08): the newer tokenizer makes 1.0 to 1.35 tokens of one older token.
    """
    first = capabilities.find(models[0])
    costs = []
    for model in models:
        capability = capabilities.find(model)
        same = first is None or capability is None or capability.tokenizer == first.tokenizer
        counted = usage if same else _scaled(usage, tokens_ratio)
        costs.append((model, book.cost(counted, model, day).total_usd))
    base = costs[0][1]
    return [TextCost(model, usd, usd / base - 1 if base else Decimal(0)) for model, usd in costs]


def _scaled(usage: Usage, ratio: Decimal) -> Usage:
    return Usage(
        input_tokens=round(usage.input_tokens * ratio),
        cache_read_tokens=round(usage.cache_read_tokens * ratio),
        cache_write_5m_tokens=round(usage.cache_write_5m_tokens * ratio),
        cache_write_1h_tokens=round(usage.cache_write_1h_tokens * ratio),
        output_tokens=round(usage.output_tokens * ratio),
        web_search_requests=usage.web_search_requests,
        web_fetch_requests=usage.web_fetch_requests,
    )
