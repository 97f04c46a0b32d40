"""Capabilities: what each model accepts, as a table that is complete and consistent."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import CapabilityTable, ModelTier
from modelmix.errors import ConfigError
from modelmix.settings import Settings

SETTINGS = Settings(home=Path("unused"))
TABLE, BOOK = SETTINGS.capabilities(), SETTINGS.price_book()
ONE = b"""
as_of = 2026-11-23
[[model]]
id = "claude-own-1"
aliases = ["claude-own"]
tier = "haiku"
released = 2026-01-01
efforts = ["low", "high"]
default_effort = "high"
thinking = ["adaptive"]
sampling = false
prefill = false
forced_tools = true
context_tokens = 1000
max_output_tokens = 100
min_cacheable_tokens = 10
tokenizer = "v2"
inference_geo = true
fast = false
system_messages = true
"""


def test_every_priced_model_has_capabilities_and_the_other_way_round() -> None:
    """The two tables speak of the same models, under the same aliases."""
    assert set(TABLE.models) == set(BOOK.prices)
    assert dict(TABLE.aliases) == dict(BOOK.aliases)


@pytest.mark.parametrize("model", sorted(TABLE.models))
def test_a_row_is_consistent(model: str) -> None:
    """Limits nest, a default effort is an accepted one, dates are in order, prices agree on geo and fast."""
    row = TABLE.models[model]
    assert 0 < row.min_cacheable_tokens < row.max_output_tokens <= row.context_tokens
    assert row.default_effort is None or row.default_effort in row.efforts
    assert list(row.efforts) == [level for level in Effort if level in row.efforts]
    assert row.thinking <= {"adaptive", "enabled", "disabled", "between_tools"}
    assert row.retires is None or row.retires > row.released
    assert row.tier.name.lower() in model
    price = BOOK.price(model, BOOK.last_day(model, TABLE.as_of))
    assert (price.us_multiplier is not None) == row.inference_geo
    assert (price.fast_multiplier is not None) == row.fast


# One line each from the migration and effort pages (2026-10-08) and the Fable 5.2 pages (2026-11-09).
@pytest.mark.parametrize(
    ("model", "forced", "sampling", "prefill", "off", "default"),
    [
        ("claude-fable-5-2", False, False, False, False, "high"),
        ("claude-opus-5-5", False, False, False, False, "medium"),
        ("claude-opus-5", True, False, False, True, "high"),
        ("claude-opus-4-8", True, False, False, True, "high"),
        ("claude-opus-4-6", True, True, False, True, "high"),
        ("claude-opus-4-5", True, True, True, True, "high"),
        ("claude-sonnet-5-5", False, False, False, False, "high"),
        ("claude-sonnet-5", True, False, False, True, "high"),
        ("claude-haiku-5-5", True, False, False, True, "medium"),
        ("claude-haiku-4-5", True, True, True, True, None),
    ],
)
def test_the_documented_capabilities(
    model: str, forced: bool, sampling: bool, prefill: bool, off: bool, default: str | None
) -> None:
    """Forced tools, sampling, prefill, thinking off, and the default effort."""
    row = TABLE.find(model)
    assert row is not None
    assert (row.forced_tools, row.sampling, row.prefill) == (forced, sampling, prefill)
    assert ("disabled" in row.thinking) is off
    assert row.default_effort == default


def test_tiers_are_ordered_cheapest_first() -> None:
    """Haiku below Sonnet below Opus below Fable."""
    assert ModelTier.HAIKU < ModelTier.SONNET < ModelTier.OPUS < ModelTier.FABLE < ModelTier.MYTHOS


def test_finding_resolves_suffix_and_alias() -> None:
    """And says None for what is not in the table."""
    row = TABLE.find("claude-haiku-4-5[1m]")
    assert row is not None
    assert row.model == "claude-haiku-4-5-20251001"
    assert TABLE.find("claude-nobody") is None


def test_an_absent_effort_equals_the_default() -> None:
    """Explicit ones stay; a model without efforts has none; an unknown model is left as it stands."""
    assert TABLE.effective(Candidate("claude-opus-5-5")) == Candidate("claude-opus-5-5", Effort.MEDIUM)
    low = Candidate("claude-opus-5-5", Effort.LOW)
    assert TABLE.effective(low) == low
    assert TABLE.effective(Candidate("claude-haiku-4-5")) == Candidate("claude-haiku-4-5-20251001")
    assert TABLE.effective(Candidate("own[1m]", Effort.MAX)) == Candidate("own", Effort.MAX)


def test_a_table_of_ones_own_is_read() -> None:
    """With its day, its alias and its row; an empty one knows nothing."""
    table = CapabilityTable.parse(ONE)
    assert table.as_of == date(2026, 11, 23)
    row = table.find("claude-own")
    assert row is not None
    assert (row.tier, row.efforts, row.retires) == (ModelTier.HAIKU, (Effort.LOW, Effort.HIGH), None)
    assert CapabilityTable.parse(b"").as_of == date.min


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('id = "claude-own-1"', "", "'id' is missing"),
        ("haiku", "otter", "'OTTER' is missing or not a known value"),
        ('["low", "high"]', '["low", "huge"]', "'huge'"),
        ('["low", "high"]', "5", "claude-own-1"),
        ("2026-01-01", '"soon"', "released = 'soon'"),
        ("2026-01-01", "2026-01-01T00:00:00Z", "released"),
        ("2026-01-01", "2026-01-01\nretires = 3", "retires = 3"),
        ("sampling = false", 'sampling = "no"', "sampling = 'no'"),
        ("= 1000", "= 0", "context_tokens = 0"),
        ("= 1000", "= true", "context_tokens = True"),
        ("[[model]]", "[model]", "write [[model]]"),
        ("as_of = 2026-11-23\n[[model]]", "model = [3]\n[x]", "capabilities of 3"),
        ("[[model]]", "[[model", "not valid TOML"),
    ],
)
def test_a_faulty_table_is_refused_with_its_fault(old: str, new: str, why: str) -> None:
    """Which model, which key, which value."""
    with pytest.raises(ConfigError) as caught:
        CapabilityTable.parse(ONE.replace(old.encode(), new.encode(), 1))
    assert why in str(caught.value)


@given(st.binary(max_size=60))
def test_junk_is_no_table(content: bytes) -> None:
    """It is an empty table or a ConfigError."""
    try:
        table = CapabilityTable.parse(content)
    except ConfigError:
        return
    assert table.models == {}
