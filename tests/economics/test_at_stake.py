"""At stake: an upper bound from the bill, and the price of its proof."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from modelmix.core.call import Call
from modelmix.core.capabilities import CapabilityTable, ModelTier
from modelmix.core.usage import Usage
from modelmix.economics.at_stake import AtStake, at_stake, pairs_needed, tier_of
from modelmix.economics.spend import Spend
from modelmix.settings import load

BOOK = load().price_book()
CAPABILITIES = load().capabilities()
TODAY = date(2026, 11, 23)
LIMITS = {row.context_tokens for row in CAPABILITIES.models.values()}


def stake(*rows: Call, capabilities: CapabilityTable = CAPABILITIES) -> AtStake:
    """What is at stake in these calls."""
    spend = Spend(BOOK, LIMITS)
    for row in rows:
        spend.add(row)
    return at_stake(spend.lines(), spend, capabilities, TODAY)


def call(model: str, usage: Usage, task_type: str = "untyped", **fields: bool) -> Call:
    """A call of November."""
    at = datetime(2026, 11, 10, tzinfo=UTC)
    return Call(
        call_id="c",
        at=at,
        source="messages",
        model_requested=model,
        model_served=model,
        usage=usage,
        task_type=task_type,
        **fields,  # type: ignore[arg-type] # flags
    )


@pytest.mark.parametrize(("margin", "pairs"), [(0.02, 773), (0.06, 86)])
def test_pairs_follow_the_power_rule(margin: float, pairs: int) -> None:
    """773 pairs clear two points with 80 % power at 5 % discordance, 86 clear six."""
    assert pairs == pairs_needed(margin)


def test_only_top_tier_calls_are_at_stake() -> None:
    """A call on Sonnet or Haiku, or without a price, puts nothing at stake."""
    found = stake(
        call("claude-sonnet-5-5", Usage(1000)),
        call("claude-haiku-5-5", Usage(1000)),
        call("claude-opus-x", Usage(9)),
    )
    assert not found.types
    assert found.calls == found.usd == found.proof_usd == 0


def test_the_cheapest_candidate_takes_the_same_tokens() -> None:
    """An Opus call of a million output tokens costs 20, on Haiku 0.50: 19.50 is at stake."""
    found = stake(call("claude-opus-5-5", Usage(output_tokens=1_000_000)))
    (row,) = found.types
    assert row.candidates == ("claude-haiku-5-5",)
    assert found.saving_usd == row.saving_usd == Decimal("19.5")
    assert (row.pairs, row.proof_usd) == (1, Decimal("0.5"))


def test_the_cliff_of_the_candidate_counts() -> None:
    """Above 100,000 prompt tokens Haiku 5.5 costs five times as much, and still is the cheapest."""
    found = stake(call("claude-opus-5-5", Usage(150_000)))
    assert found.saving_usd == Decimal("0.6") - Decimal("0.075")


def test_searches_cost_the_same_everywhere() -> None:
    """The price of searches moves with the call."""
    found = stake(call("claude-opus-5-5", Usage(web_search_requests=5)))
    assert found.usd == Decimal("0.05")
    assert found.saving_usd == 0


def test_flags_move_with_the_call_but_speed_does_not() -> None:
    """A batched call is compared with a batched candidate, a fast one with a candidate at standard speed."""
    batched = stake(call("claude-opus-5-5", Usage(output_tokens=1_000_000), batch=True))
    fast = stake(call("claude-opus-5-5", Usage(output_tokens=1_000_000), fast=True))
    assert batched.saving_usd == 10 - Decimal("0.25")
    assert fast.saving_usd == 40 - Decimal("0.5")


def test_where_no_candidate_fits_nothing_moves() -> None:
    """Without a candidate that takes the prompt the calls stay and cost what they cost."""
    found = stake(call("claude-opus-5-5", Usage(1_000_001)))
    (row,) = found.types
    assert not row.candidates
    assert row.saving_usd == 0
    none = CapabilityTable(CAPABILITIES.as_of, {}, {})
    assert stake(call("claude-opus-5-5", Usage(10)), capabilities=none).saving_usd == 0


def test_candidates_are_taken_only_while_they_can_be_called() -> None:
    """A candidate that is retired, or not yet released, is none."""
    spend = Spend(BOOK, LIMITS)
    spend.add(call("claude-opus-5-5", Usage(output_tokens=1_000_000)))
    before = at_stake(spend.lines(), spend, CAPABILITIES, date(2026, 10, 1))
    assert before.types[0].candidates == ("claude-haiku-4-5-20251001",)


def test_candidates_without_the_price_asked_for_are_none() -> None:
    """A candidate without US-only inference takes no call that asks for it."""
    spend = Spend(BOOK, LIMITS)
    spend.add(call("claude-opus-5-5", Usage(output_tokens=1_000_000), us=True))
    before = at_stake(spend.lines(), spend, CAPABILITIES, date(2026, 10, 1))
    assert before.types[0].candidates == ("claude-sonnet-5",)


def test_types_share_the_pooled_pairs_and_have_a_floor_of_their_own() -> None:
    """A type needs its share of the pooled pairs, at least its own, and at most its calls."""
    rows = [call("claude-opus-5-5", Usage(10), "large")] * 9_000
    rows += [call("claude-opus-5-5", Usage(10), "small")] * 900 + [
        call("claude-opus-5-5", Usage(10), "rare")
    ] * 5
    found = {row.task_type: row.pairs for row in stake(*rows).types}
    assert found == {"large": 703, "small": 86, "rare": 5}


def test_types_stand_largest_first() -> None:
    """The type with the largest saving comes first."""
    found = stake(call("claude-opus-5-5", Usage(10), "a"), call("claude-fable-5-2", Usage(1000), "b"))
    assert [row.task_type for row in found.types] == ["b", "a"]
    assert found.pairs == 2


@pytest.mark.parametrize(
    ("model", "tier"),
    [
        ("claude-opus-5-5", ModelTier.OPUS),
        ("claude-opus-5-5[1m]", ModelTier.OPUS),
        ("claude-fable-9", ModelTier.FABLE),
        ("llama", None),
    ],
)
def test_tiers_come_from_the_table_or_the_name(model: str, tier: ModelTier | None) -> None:
    """A model that is not in the table has the tier that its name tells, or none."""
    assert tier == tier_of(model, BOOK, CAPABILITIES)


def test_a_stand_in_lends_its_tier() -> None:
    """A model priced as another is of the other's tier."""
    assert (
        tier_of("old-model", BOOK.priced_as({"old-model": "claude-opus-5-5"}), CAPABILITIES) == ModelTier.OPUS
    )
