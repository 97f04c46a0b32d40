"""Spend: sums by kind are exactly the sums of the calls."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import Call
from modelmix.core.prices import Cost, PriceBook
from modelmix.core.usage import Iteration, Usage
from modelmix.economics.spend import Spend, grouped, total_calls, total_cost, total_usage
from modelmix.errors import PriceNotFound
from modelmix.settings import load

BOOK = load().price_book()
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
MODELS = ["claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-5-5", "claude-haiku-4-5", "claude-unknown"]

counts = st.integers(0, 300_000)
plain_usages = st.builds(Usage, counts, counts, counts, counts, counts, st.integers(0, 3), st.integers(0, 3))
iterations = st.lists(
    st.builds(Iteration, st.just("message"), st.sampled_from([*MODELS, ""]), plain_usages), max_size=3
).map(tuple)
usages = st.builds(lambda usage, parts: replace(usage, iterations=parts), plain_usages, iterations)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Any call, at an instant around a change of prices."""
    return Call(
        call_id=str(draw(st.integers(0, 9))),
        at=datetime(2026, 10, 6, 22, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 5))),
        source="messages",
        model_requested="claude-opus-5-5",
        model_served=draw(st.sampled_from(MODELS)),
        usage=draw(usages),
        task_type=draw(st.sampled_from(["a", "b"])),
        is_subagent=draw(st.booleans()),
        batch=draw(st.booleans()),
        us=draw(st.booleans()),
        fast=draw(st.booleans()),
    )


def call(model: str = "claude-opus-5-5", usage: Usage | None = None) -> Call:
    """A call at noon."""
    return Call(
        call_id="c",
        at=NOON,
        source="messages",
        model_requested=model,
        model_served=model,
        usage=usage or Usage(1_000_000),
    )


def cost_of(book: PriceBook, row: Call) -> Cost | None:
    """What one call costs by itself, or None without a price."""
    try:
        return book.cost(row.usage, row.model_served, row.at, batch=row.batch, us=row.us, fast=row.fast)
    except PriceNotFound:
        return None


@given(st.lists(calls(), max_size=12))
def test_sums_by_kind_equal_the_sum_of_the_calls(rows: list[Call]) -> None:
    """The bill is, to the last digit, what the calls cost one by one; what has no price is apart."""
    spend = Spend(BOOK)
    for row in rows:
        spend.add(row)
    lines = list(spend.lines())
    expected, priced, unpriced = Cost(), 0, 0
    for row in rows:
        cost = cost_of(BOOK, row)
        if cost is None:
            unpriced += 1
        else:
            priced += 1
            expected += cost
    assert expected.total_usd == total_cost(lines).total_usd
    assert expected.input_usd == total_cost(lines).input_usd
    assert expected.server_tools_usd == total_cost(lines).server_tools_usd
    assert unpriced == total_calls(line for line in lines if line.unpriced_why)
    assert priced == total_calls(line for line in lines if not line.unpriced_why)


@given(st.lists(calls(), max_size=12))
def test_no_token_is_lost(rows: list[Call]) -> None:
    """Every token of every call, or of its iterations where it has some, stands in one line."""
    spend = Spend(BOOK, [200_000])
    for row in rows:
        spend.add(row)
    expected = sum(
        sum(part.usage.total_tokens for part in row.usage.iterations)
        if row.usage.iterations
        else row.usage.total_tokens
        for row in rows
    )
    usage = total_usage(spend.lines())
    assert expected == usage.total_tokens
    assert sum(row.usage.web_search_requests for row in rows) == usage.web_search_requests


def test_the_cliff_is_seen_call_by_call() -> None:
    """Two calls below the length limit of a cheap tier are not priced as one above it."""
    spend = Spend(BOOK)
    for _ in range(2):
        spend.add(call("claude-haiku-5-5", usage=Usage(60_000)))
    spend.add(call("claude-haiku-5-5", usage=Usage(100_001)))
    lines = {line.cost.long_tier: line for line in spend.lines()}
    assert Decimal("0.012") == lines[False].cost.total_usd
    assert Decimal("0.0500005") == lines[True].cost.total_usd


def test_a_call_without_a_price_for_one_part_has_none_at_all() -> None:
    """One iteration of unknown price leaves the whole call without one, with its tokens counted."""
    parts = (
        Iteration("message", "claude-opus-5-5", Usage(100)),
        Iteration("advisor_message", "claude-unknown", Usage(10)),
    )
    spend = Spend(BOOK)
    spend.add(call(usage=Usage(100, iterations=parts)))
    (line,) = spend.lines()
    assert (line.kind.model, line.calls, line.usage.total_tokens) == ("claude-unknown", 1, 110)
    assert "MODELMIX_PRICES" in line.unpriced_why
    assert line.cost == Cost()


def test_a_call_counts_once_though_it_has_iterations() -> None:
    """The iterations of a call stand under their models, the call under the one that served it."""
    parts = (
        Iteration("advisor_message", "claude-fable-5-2", Usage(50)),
        Iteration("message", "claude-opus-5-5", Usage(100)),
    )
    spend = Spend(BOOK)
    spend.add(call(usage=Usage(100, iterations=parts)))
    by_model = grouped(spend.lines(), lambda line: line.kind.model)
    assert {m: total_calls(g) for m, g in by_model.items()} == {"claude-opus-5-5": 1, "claude-fable-5-2": 0}


def test_an_unknown_server_of_known_parts_is_priced() -> None:
    """Where every part names a model with a price, an unknown name of the whole does not matter."""
    spend = Spend(BOOK)
    parts = (Iteration("message", "claude-opus-5-5", Usage(1_000_000)),)
    spend.add(call("some-alias", usage=Usage(1_000_000, iterations=parts)))
    (line,) = spend.lines()
    assert (line.kind.model, line.calls) == ("claude-opus-5-5", 1)
    assert line.cost.total_usd == 4


def test_uncached_cost_prices_cached_tokens_as_input() -> None:
    """Without caching, reads and writes would be plain input."""
    spend = Spend(BOOK)
    spend.add(call(usage=Usage(1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 100)))
    (line,) = spend.lines()
    assert line.uncached_usd == 4 * 4 + 20 + 1
    assert line.cost.total_usd == Decimal(4) + Decimal("0.2") + 5 + 8 + 20 + 1


@pytest.mark.parametrize(("prompt", "band"), [(0, 0), (100_000, 0), (100_001, 1), (200_001, 2)])
def test_bands_end_where_limits_do(prompt: int, band: int) -> None:
    """A limit is the longest prompt of its band."""
    spend = Spend(BOOK, [200_000])
    spend.add(call(usage=Usage(prompt, output_tokens=1)))
    (line,) = spend.lines()
    assert band == line.kind.band
    assert prompt <= spend.longest_prompt(band) or band == 2


def test_a_book_without_limits_has_one_band() -> None:
    """Without any limit the longest prompt is unknown and 0 stands for it."""
    book = replace(BOOK, prices={})
    assert Spend(book).longest_prompt(0) == 0
