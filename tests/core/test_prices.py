"""Prices: what is known, from when to when, and what a call costs to the last digit."""

import contextlib
import tomllib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.prices import Cost, Price, PriceBook
from modelmix.core.usage import Iteration, Usage
from modelmix.errors import ConfigError, PriceNotFound
from modelmix.settings import Settings

BOOK = Settings(home=Path("unused")).price_book()
TODAY = date(2026, 11, 23)
D = Decimal
BILL = Usage(20_000, 20_000, 10_000, 0, 2_000)
TOKENS = st.integers(0, 3_000_000)
USAGES = st.builds(Usage, TOKENS, TOKENS, TOKENS, TOKENS, TOKENS)
PERIODS = [price for rows in BOOK.prices.values() for price in rows]
ONE = b"""
as_of = 2026-12-01
[[price]]
model = "claude-own-1"
aliases = ["claude-own"]
since = 2026-01-01
batch_multiplier = 0.5
source = "contract"
[[price.tier]]
input = 1
cache_read = 0.1
cache_write_5m = 1.25
cache_write_1h = 2
output = 5.0
"""


def total(model: str, usage: Usage = BILL, when: date = TODAY, **flags: bool) -> Decimal:
    """Return the cost of a call in USD."""
    return BOOK.cost(usage, model, when, **flags).total_usd


# Worked on paper from the pricing page of 2026-10-08 and the Fable 5.2 page of 2026-11-09: a prompt of 50k
# tokens of which 20k are read and 10k written for five minutes, and 2k tokens of output.
@pytest.mark.parametrize(
    ("model", "usd"),
    [
        ("claude-fable-5-2", "0.344"),
        ("claude-mythos-5-2", "0.344"),
        ("claude-fable-5-1", "0.430"),
        ("claude-fable-5", "0.445"),
        ("claude-opus-5-5", "0.174"),
        ("claude-opus-5", "0.2225"),
        ("claude-opus-4-8", "0.2225"),
        ("claude-opus-4-5", "0.2225"),
        ("claude-sonnet-5-5", "0.087"),
        ("claude-sonnet-5", "0.089"),
        ("claude-sonnet-4-6", "0.1335"),
        ("claude-haiku-5-5", "0.00445"),
        ("claude-haiku-4-5", "0.0445"),
    ],
)
def test_a_sample_bill_is_exact(model: str, usd: str) -> None:
    """No rounding: the worked figures, digit for digit."""
    assert total(model) == D(usd)


@pytest.mark.parametrize("price", PERIODS, ids=lambda price: f"{price.model}-{price.since}")
def test_every_period_prices_its_days_and_no_others(price: Price) -> None:
    """From its first day to the day before its end, for every model in the file; each says where from."""
    last = price.until - timedelta(days=1) if price.until else TODAY
    assert BOOK.price(price.model, price.since) is price
    assert BOOK.price(price.model, last) is price
    assert not price.covers(price.since - timedelta(days=1))
    assert price.until is None or not price.covers(price.until)
    assert price.source


def test_every_model_of_the_file_has_a_price_on_its_last_day() -> None:
    """All IDs and aliases resolve, and each has a positive cost then."""
    document = tomllib.loads(resources.files("modelmix").joinpath("data/prices.toml").read_text())
    names = {row["model"] for row in document["price"]} | {
        alias for row in document["price"] for alias in row.get("aliases", ())
    }
    assert len(names) > 30
    for name in names:
        day = BOOK.last_day(name, TODAY)
        assert total(name, when=day) > 0
    assert BOOK.as_of == document["as_of"]


def test_a_change_of_price_takes_effect_on_its_day() -> None:
    """Sonnet 5.5 reads cost 0.20 until 2026-10-06 and 0.10 from the next day."""
    reads = Usage(cache_read_tokens=1_000_000)
    assert total("claude-sonnet-5-5", reads, date(2026, 10, 6)) == D("0.20")
    assert total("claude-sonnet-5-5", reads, date(2026, 10, 7)) == D("0.10")
    noon = datetime(2026, 10, 6, 23, 59, 59, tzinfo=UTC)
    assert BOOK.cost(reads, "claude-sonnet-5-5", noon).total_usd == D("0.20")


def test_the_surcharge_above_200k_ended_in_march() -> None:
    """Opus 4.6 doubled its input above 200,000 tokens before 2026-03-13; later it is flat."""
    long = Usage(200_001, output_tokens=1000)
    assert total("claude-opus-4-6", long, date(2026, 3, 12)) == D("2.00001") + D("0.0375")
    assert total("claude-opus-4-6", long, date(2026, 3, 13)) == D("1.000005") + D("0.025")


def test_the_cliff_of_haiku() -> None:
    """At 100,000 prompt tokens the low price holds; one more and every token costs five times as much."""
    at, over = Usage(70_000, 20_000, 10_000, 0, 2_000), Usage(70_001, 20_000, 10_000, 0, 2_000)
    low, high = (BOOK.cost(usage, "claude-haiku-5-5", TODAY) for usage in (at, over))
    assert low.total_usd == D("0.00945")
    assert high.total_usd == D("0.0472505")
    assert (low.long_tier, high.long_tier) == (False, True)
    assert high.output_usd == 5 * low.output_usd
    # Output does not count towards the limit.
    assert not BOOK.cost(Usage(100_000, output_tokens=100_000), "claude-haiku-5-5", TODAY).long_tier


def test_the_multipliers_stack_and_batch_excludes_fast() -> None:
    """Batch halves, US adds a tenth, fast doubles, on every token class."""
    plain = total("claude-opus-5-5")
    assert total("claude-opus-5-5", batch=True) == plain / 2
    assert total("claude-opus-5-5", us=True) == plain * D("1.1")
    assert total("claude-opus-5-5", fast=True) == plain * 2
    assert total("claude-opus-5-5", batch=True, us=True) == plain * D("0.55")
    assert total("claude-opus-5-5", fast=True, us=True) == plain * D("2.2")
    with pytest.raises(PriceNotFound, match="batch and fast mode exclude each other"):
        total("claude-opus-5-5", batch=True, fast=True)


def test_a_factor_without_a_price_is_refused() -> None:
    """No US inference before 4.6, no fast mode on Haiku, and none on Opus 4.8 from 2026-11-30."""
    with pytest.raises(PriceNotFound, match="no US-only inference"):
        total("claude-haiku-4-5", us=True)
    with pytest.raises(PriceNotFound, match="no fast mode on that day"):
        total("claude-haiku-5-5", fast=True)
    assert total("claude-opus-4-8", when=date(2026, 11, 29), fast=True) == 2 * total("claude-opus-4-8")
    with pytest.raises(PriceNotFound, match="no fast mode"):
        total("claude-opus-4-8", when=date(2026, 11, 30), fast=True)


def test_searches_lie_outside_every_multiplier() -> None:
    """A cent each, in batch as well; fetches are free."""
    usage = Usage(web_search_requests=3, web_fetch_requests=9)
    assert total("claude-opus-5-5", usage, batch=True) == D("0.03")


def test_an_unknown_model_is_an_error_that_names_it_and_helps() -> None:
    """Never zero: the error carries model and day and says what to do."""
    with pytest.raises(PriceNotFound, match="'gpt-9' on 2026-11-23: the model is unknown; add it") as caught:
        total("gpt-9")
    assert (caught.value.model, caught.value.day) == ("gpt-9", TODAY)
    with pytest.raises(PriceNotFound, match=r"did you mean 'claude-opus-5-5'\? If not, add it"):
        total("claude-opus-5.5")


def test_a_day_without_a_price_is_an_error_that_tells_the_days() -> None:
    """Before the first price and after the last."""
    with pytest.raises(PriceNotFound, match="on 2026-11-08: it has prices for 2026-11-09 to today"):
        total("claude-fable-5-2", when=date(2026, 11, 8))
    with pytest.raises(PriceNotFound, match="2025-08-05 to 2026-08-05"):
        total("claude-opus-4-1", when=date(2026, 8, 5))


def test_suffixes_and_aliases_are_resolved() -> None:
    """A context suffix is stripped, a moving alias replaced by what it points to."""
    assert BOOK.resolve(" claude-opus-5-5[1m] ") == "claude-opus-5-5"
    assert BOOK.resolve("claude-haiku-4-5") == "claude-haiku-4-5-20251001"
    assert total("claude-opus-5-5[1m]") == total("claude-opus-5-5")


def test_the_last_priced_day() -> None:
    """Today while in force, else the last day of the last period before today; the future is unknown."""
    assert BOOK.last_day("claude-opus-5-5", TODAY) == TODAY
    assert BOOK.last_day("claude-3-opus-20240229", TODAY) == date(2026, 1, 4)
    assert BOOK.last_day("claude-sonnet-5-5", date(2026, 10, 1)) == date(2026, 10, 1)
    with pytest.raises(PriceNotFound):
        BOOK.last_day("claude-fable-5-2", date(2026, 1, 1))
    with pytest.raises(PriceNotFound, match="unknown"):
        BOOK.last_day("claude-nobody", TODAY)


def test_an_old_model_can_be_priced_as_another() -> None:
    """Stand-ins apply to names with suffixes too, add up, and must be in the book."""
    book = BOOK.priced_as({"claude-3-opus-20240229[1m]": "claude-opus-4-8"}).priced_as(
        {"own": "claude-haiku-4-5"}
    )
    assert book.cost(BILL, "claude-3-opus-20240229", TODAY).total_usd == total("claude-opus-4-8")
    assert book.cost(BILL, "own", TODAY).total_usd == total("claude-haiku-4-5")
    with pytest.raises(PriceNotFound):
        total("claude-3-opus-20240229")
    with pytest.raises(ConfigError, match="cannot price 'a' as 'claude-nobody'"):
        BOOK.priced_as({"a": "claude-nobody"})


def test_iterations_are_what_is_priced() -> None:
    """Each at its own model and length tier; the totals beside them are not added."""
    usage = Usage(
        1, output_tokens=1, web_search_requests=1,
        iterations=(
            Iteration("message", "", Usage(100_001)),
            Iteration("advisor_message", "claude-opus-5-5", Usage(1000, output_tokens=500)),
        ),
    )  # fmt: skip
    cost = BOOK.cost(usage, "claude-haiku-5-5", TODAY)
    assert cost.input_usd == D("0.0500005") + D("0.004")
    assert cost.output_usd == D("0.01")
    assert cost.server_tools_usd == D("0.01")
    assert cost.long_tier


def test_rates_are_the_price_of_one_token() -> None:
    """With every multiplier applied; priced at them a usage costs what the book says."""
    rates = BOOK.rates("claude-opus-5-5", TODAY, 50_000, batch=True, us=True)
    assert rates.output_usd == D(20) * D("0.55") / 1_000_000
    assert rates.cost(BILL) == BOOK.cost(BILL, "claude-opus-5-5", TODAY, batch=True, us=True)
    assert BOOK.rates("claude-haiku-5-5", TODAY, 100_001).long_tier


@given(USAGES, st.sampled_from(PERIODS), st.booleans())
def test_a_cost_is_the_sum_of_its_classes_and_never_negative(usage: Usage, price: Price, batch: bool) -> None:
    """For every model and period, in batch or not."""
    cost = BOOK.cost(usage, price.model, price.since, batch=batch)
    parts = (
        cost.input_usd,
        cost.cache_read_usd,
        cost.cache_write_5m_usd,
        cost.cache_write_1h_usd,
        cost.output_usd,
        cost.server_tools_usd,
    )
    assert cost.total_usd == sum(parts)
    assert min(parts) >= 0
    assert (cost.total_usd == 0) == (usage.total_tokens == 0)


@given(USAGES, st.integers(2, 7), st.sampled_from(sorted(BOOK.prices)))
def test_cost_is_linear_within_a_tier(usage: Usage, times: int, model: str) -> None:
    """So many times the tokens at the same rates cost so many times as much; nothing is rounded."""
    day = BOOK.last_day(model, TODAY)
    many = Usage(
        times * usage.input_tokens,
        times * usage.cache_read_tokens,
        times * usage.cache_write_5m_tokens,
        times * usage.cache_write_1h_tokens,
        times * usage.output_tokens,
    )
    rates = BOOK.rates(model, day, usage.prompt_tokens)
    assert rates.cost(many).total_usd == times * rates.cost(usage).total_usd
    if BOOK.price(model, day).tier(usage.prompt_tokens) is BOOK.price(model, day).tier(many.prompt_tokens):
        assert BOOK.cost(many, model, day).total_usd == times * BOOK.cost(usage, model, day).total_usd
    else:
        assert BOOK.cost(many, model, day).total_usd > times * BOOK.cost(usage, model, day).total_usd


@given(st.lists(USAGES, max_size=5))
def test_costs_add_class_by_class(usages: list[Usage]) -> None:
    """In any order, to the digit."""
    costs = [BOOK.cost(usage, "claude-haiku-5-5", TODAY) for usage in usages]
    forward, backward = Cost(), Cost()
    for cost in costs:
        forward = forward + cost
    for cost in reversed(costs):
        backward = backward + cost
    assert forward == backward
    assert forward.total_usd == sum((cost.total_usd for cost in costs), D(0))
    assert forward.long_tier == any(cost.long_tier for cost in costs)


def test_a_price_file_adds_models_and_periods() -> None:
    """Later documents add; the newest date stands; the hash changes with every byte."""
    own = PriceBook.parse(b"[server_tools]\nweb_search_usd_per_1000 = 5\n", ONE)
    assert own.as_of == date(2026, 12, 1)
    assert own.resolve("claude-own") == "claude-own-1"
    assert own.cost(BILL, "claude-own", TODAY).total_usd == D("0.0445")
    assert own.web_search_usd == D("0.005")
    assert own.sha256 != PriceBook.parse(ONE).sha256
    later = ONE.replace(b"2026-01-01", b"2027-01-01")
    both = PriceBook.parse(later, ONE.replace(b"batch", b"until = 2027-01-01\nbatch"))
    assert [price.since.year for price in both.prices["claude-own-1"]] == [2026, 2027]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('model = "claude-own-1"\n', "", "'?': key 'model' is missing"),
        ('"claude-own-1"', "5", "a price is a table whose model is a string"),
        ('"claude-own-1"', '"claude-own-1', "not valid TOML"),
        ("source", "sauce", "unknown key 'sauce'"),
        ("output = 5.0", "", "key 'output' is missing"),
        ("output = 5.0", "output = 0", "0 is not a positive number"),
        ("output = 5.0", "output = -1.5", "not a positive number"),
        ("output = 5.0", "output = true", "True is not a positive number"),
        ("output = 5.0", 'output = "5"', "'5' is not a positive number"),
        ("output = 5.0", "output = nan", "not a positive number"),
        ("output = 5.0", "output = inf", "not a positive number"),
        ("batch_multiplier = 0.5", "batch_multiplier = 0", "not a positive number"),
        ("batch_multiplier = 0.5", "batch_multiplier = 0.5\nus_multiplier = 0", "not a positive number"),
        ("2026-01-01", '"2026-01-01"', "since is a day"),
        ("2026-01-01", "2026-01-01T00:00:00Z", "since is a day"),
        ("2026-01-01", "2026-01-01\nuntil = 2026-01-01", "until 2026-01-01 is not after since"),
        ("2026-01-01", "2026-01-01\nfast_until = 5", "fast_until is a day"),
        ("2026-12-01", "2026-12-01T00:00:00", "as_of is a day"),
        ('["claude-own"]', '"claude-own"', "aliases is a list of strings"),
        ('["claude-own"]', "[1]", "aliases is a list of strings"),
        ("output = 5.0", "output = 5.0\nmax_prompt_tokens = 10", "only its last tier"),
        ("[[price.tier]]", "[price.tier]", "tier is a list of tables"),
        ("[[price]]", "[price]", "write [[price]]"),
        ("[[price]]", "[server_tools]\nweb_search_usd_per_1000 = -1\n[[price]]", "per_1000 is -1"),
        ("[[price]]", "[server_tools]\nweb_search_usd_per_1000 = true\n[[price]]", "is True"),
        ("as_of", "server_tools = 'x'\nas_of", "web_search_usd_per_1000 is 'x'"),
    ],
)  # fmt: skip
def test_a_faulty_price_file_is_refused_with_its_fault(old: str, new: str, why: str) -> None:
    """A zero, a missing key, a wrong kind: never read as a free or a guessed price."""
    text = ONE.decode()
    assert old in text
    with pytest.raises(ConfigError) as caught:
        PriceBook.parse(text.replace(old, new, 1).encode())
    assert why in str(caught.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    """As not valid TOML."""
    with pytest.raises(ConfigError, match="not valid TOML"):
        PriceBook.parse(b"\xff\xfe")


def test_periods_must_not_overlap() -> None:
    """Neither when the older is open, nor when it ends too late."""
    later = ONE.replace(b"2026-01-01", b"2026-06-01")
    for end in (b"", b"until = 2026-06-02\n"):
        with pytest.raises(ConfigError, match="prices of 'claude-own-1' from 2026-01-01, 2026-06-01 overlap"):
            PriceBook.parse(ONE.replace(b"batch", end + b"batch"), later)


@pytest.mark.parametrize("limits", [[20, 10], [10, 10], [0], [-5], [1.5], ['"ten"'], ["true"]], ids=str)
def test_tiers_rise(limits: list[object]) -> None:
    """Otherwise the first would price what the second is for."""
    head, _, tier = ONE.decode().partition("[[price.tier]]")
    parts = [f"[[price.tier]]\nmax_prompt_tokens = {limit}{tier}" for limit in limits]
    with pytest.raises(ConfigError, match=r"must rise from tier to tier|only its last tier"):
        PriceBook.parse("".join([head, *parts, "[[price.tier]]", tier]).encode())


VALUES = st.sampled_from(
    ["1", "0.5", "-1", "nan", "inf", "true", '"x"', "2026-01-01", "2026-01-01T00:00:00Z", "[]", "[1]", "{}"]
)
KEYS = [
    "as_of",
    "model",
    "aliases",
    "since",
    "batch_multiplier",
    "source",
    "input",
    "output",
    "tier",
    "price",
]


@given(
    st.lists(
        st.tuples(st.sampled_from([*KEYS, "until", "us_multiplier", "max_prompt_tokens"]), VALUES), max_size=4
    )
)
def test_any_price_file_is_read_or_refused(changes: list[tuple[str, str]]) -> None:
    """Whatever value stands at whatever key."""
    lines = ONE.decode().splitlines()
    for key, value in changes:
        line = f"{key} = {value}"
        at = next((at for at, one in enumerate(lines) if one.startswith(f"{key} =")), None)
        if at is None:
            lines.insert(1, line)
        else:
            lines[at] = line
    try:
        book = PriceBook.parse("\n".join(lines).encode())
    except ConfigError:
        return
    for rows in book.prices.values():
        assert book.cost(BILL, rows[0].model, rows[0].since).total_usd > 0


@given(st.binary(max_size=80))
def test_junk_is_no_price_file(content: bytes) -> None:
    """It is an empty book or a ConfigError."""
    with contextlib.suppress(ConfigError):
        assert PriceBook.parse(content).prices == {}
