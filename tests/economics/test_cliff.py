"""The price cliff, and one text on several models."""

from datetime import date
from decimal import Decimal

import pytest

from modelmix.core.usage import Usage
from modelmix.economics.cliff import find_cliff
from modelmix.economics.comparison import compare_models
from modelmix.errors import PriceNotFound
from modelmix.settings import load

DAY = date(2026, 11, 23)


def test_one_token_more_costs_five_times_as_much() -> None:
    """Beyond 100,000 prompt tokens every token of a Haiku 5.5 call has five times its price."""
    cliff = find_cliff(
        load().price_book(), "claude-haiku-5-5", Usage(cache_read_tokens=80_000, output_tokens=1500), DAY
    )
    assert cliff is not None
    assert cliff.threshold_tokens == 100_000
    assert cliff.at_threshold_usd == Decimal("0.00355")
    assert cliff.jump_usd == cliff.beyond_usd - cliff.at_threshold_usd
    assert cliff.ratio > 5


def test_no_edge_no_cliff() -> None:
    """A model with one price has none, and a cached part beyond the edge leaves no room for one."""
    book = load().price_book()
    assert find_cliff(book, "claude-opus-5-5", Usage(), DAY) is None
    assert find_cliff(book, "claude-haiku-5-5", Usage(cache_read_tokens=100_001), DAY) is None
    with pytest.raises(PriceNotFound):
        find_cliff(book, "claude-unheard-of", Usage(), DAY)


def test_a_text_is_compared_not_its_tokens() -> None:
    """A model of another tokenizer pays for more tokens of the same text; one of the same does not."""
    settings = load()
    usage = Usage(input_tokens=10_000, output_tokens=1000)
    models = ["claude-opus-4-6", "claude-opus-5-5", "claude-sonnet-4-6"]
    ratio = Decimal("1.3")
    first, newer, same = compare_models(
        settings.price_book(), settings.capabilities(), models, usage, DAY, ratio
    )
    assert (first.usd, first.change_share) == (Decimal("0.075"), Decimal(0))
    assert newer.usd == Decimal("0.078")
    assert same.usd == Decimal("0.045")


def test_nothing_costs_nothing() -> None:
    """Without tokens there is no change to speak of."""
    settings = load()
    models = ["claude-opus-4-6", "claude-opus-5-5"]
    costs = compare_models(
        settings.price_book(), settings.capabilities(), models, Usage(), DAY, Decimal("1.3")
    )
    assert [cost.change_share for cost in costs] == [0, 0]
