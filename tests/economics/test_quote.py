"""A quote's worst case holds, whatever is asked of whom; what it expects is about what comes."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelmix import settings as product
from modelmix.core.call import Call
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.usage import Iteration, Usage
from modelmix.economics.quote import LONGEST_OUTPUT_TOKENS, TOOL_PROMPT_TOKENS, Quote, Quoter
from modelmix.errors import PriceNotFound
from modelmix.wire.replayable import Asking, asking
from modelmix.wire.usage import stated
from simulator.practice import Practice

LOADED = product.load()
BOOK, TABLE = LOADED.price_book(), LOADED.capabilities()
DAY = date(2026, 11, 23)
QUOTER = Quoter(BOOK, TABLE, DAY)
MODELS = [
    "claude-fable-5-2", "claude-opus-5-5", "claude-opus-5", "claude-opus-4-6", "claude-sonnet-5-5",
    "claude-sonnet-5", "claude-sonnet-4-6", "claude-sonnet-4-5", "claude-haiku-5-5", "claude-haiku-4-5",
]  # fmt: skip
OLD, NEW = "claude-sonnet-4-6", "claude-haiku-5-5"
NOTHING: dict[str, Any] = {}
WORDS = "the claim was filed on Monday; "


def call(model: str = "claude-opus-5-5", usage: Usage | None = None, **changes: Any) -> Call:  # noqa: ANN401 - any field
    """Make a recorded call."""
    return Call(
        call_id="c", at=datetime(2026, 11, 1, tzinfo=UTC), source="messages", model_requested=model,
        model_served=model, usage=usage or Usage(1000, 0, 0, 0, 50), **changes,
    )  # fmt: skip


def text(size: int) -> str:
    """Return a text of so many characters."""
    return (WORDS * (size // len(WORDS) + 1))[:size]


marks = st.sampled_from([None, {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}])
sizes = st.sampled_from([1, 30, 900, 6_000, 30_000]) | st.sampled_from([120_000, 200_000, 250_000, 330_000])
tools = st.lists(
    st.builds(
        lambda name, size: {"name": name, "description": text(size), "input_schema": {"type": "object"}},
        st.sampled_from(["book", "cancel"]),
        st.sampled_from([10, 2_000]),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda tool: tool["name"],
)
with_tools = st.fixed_dictionaries(
    {"tools": tools}, optional={"tool_choice": st.sampled_from([{"type": "auto"}, {"type": "any"}])}
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Make a request that a practice API accepts of most models."""
    mark = draw(marks)
    block: dict[str, Any] = {"type": "text", "text": text(draw(sizes))}
    system: dict[str, Any] = {"type": "text", "text": text(draw(sizes))}
    if mark is not None:
        draw(st.sampled_from([block, system]))["cache_control"] = mark
    request: dict[str, Any] = {
        "model": draw(st.sampled_from(MODELS)), "max_tokens": draw(st.sampled_from([1, 50, 800, 20_000])),
        "system": [system], "messages": [{"role": "user", "content": [block, *draw(images)]}],
    }  # fmt: skip
    extra = st.fixed_dictionaries(
        {},
        optional={
            "inference_geo": st.just("us"),
            "thinking": st.sampled_from([{"type": "adaptive"}, {"type": "disabled"}]),
            "cache_control": st.just({"type": "ephemeral", "ttl": "1h"}),
        },
    )
    return {**request, **draw(extra), **draw(st.just(NOTHING) | with_tools)}


images = st.lists(
    st.just({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}),
    max_size=1,
)


def billed(api: Practice, body: bytes, model: str) -> tuple[Usage, Decimal, str] | None:
    """Send a request and return what is billed for it, or None where it is refused."""
    reply = api.post(body)
    if reply.status != 200:
        return None
    told = stated(reply.json["usage"])
    assert told.usage is not None
    usd = BOOK.cost(told.usage, model, DAY, us=told.us, fast=told.fast).total_usd
    return told.usage, usd, reply.json["model"]


@settings(max_examples=200)
@given(requests(), st.sampled_from([*MODELS, NEW, NEW]), st.none() | st.sampled_from(Effort))
def test_no_bill_passes_its_quote(request: dict[str, Any], model: str, effort: Effort | None) -> None:
    """Whatever is cached, whichever tools, effort, tier of length and tokenizer.

    The practice API knows nothing of the quoter's tables; it is asked twice, so that it writes to its cache
    and reads from it.
    """
    api = Practice()
    was = billed(api, json.dumps(request).encode(), request["model"])
    if was is None:
        return
    recorded = call(was[2], was[0], us=request.get("inference_geo") == "us")
    candidate = TABLE.effective(Candidate(model, effort))
    found = asking(request, candidate, TABLE, was[0].prompt_tokens)
    if not isinstance(found, Asking):
        return
    quote = QUOTER.quote(
        recorded, model, request["max_tokens"], writes_cache=b'"cache_control"' in found.body
    )
    assert quote.expected_usd <= quote.at_most_usd
    for _ in range(2):
        now = billed(api, found.body, model)
        if now is not None:
            assert now[1] <= quote.at_most_usd


@given(requests(), st.sampled_from(MODELS))
def test_what_is_expected_is_what_the_same_prompt_costs(request: dict[str, Any], model: str) -> None:
    """Models of one tokenizer count alike but for the prompts of tools; the same model exactly alike."""
    was = billed(Practice(), json.dumps(request).encode(), request["model"])
    candidate = TABLE.effective(Candidate(model))
    known, asked = TABLE.find(request["model"]), TABLE.find(model)
    assert known is not None
    assert asked is not None
    if was is None or known.tokenizer != asked.tokenizer:
        return
    found = asking(request, candidate, TABLE, was[0].prompt_tokens)
    now = billed(Practice(), found.body, model) if isinstance(found, Asking) else None
    if now is None or now[0].cache_write_tokens != was[0].cache_write_tokens:
        return  # the shortest prefix that is cached is not the same
    is_us = request.get("inference_geo") == "us"
    usage = Usage(
        was[0].input_tokens,
        0,
        was[0].cache_write_5m_tokens,
        was[0].cache_write_1h_tokens,
        now[0].output_tokens,
    )
    expected = QUOTER.quote(call(was[2], usage, us=is_us), model, request["max_tokens"]).expected_usd
    rates = BOOK.rates(model, DAY, now[0].prompt_tokens, us=is_us)
    assert abs(now[0].prompt_tokens - usage.prompt_tokens) <= TOOL_PROMPT_TOKENS
    assert abs(expected - now[1]) <= (TOOL_PROMPT_TOKENS if request.get("tools") else 0) * rates.input_usd
    if was[2] == model and "tools" not in request:
        assert expected == now[1]


usages = st.builds(Usage, *[st.integers(0, 200_000)] * 7)


@given(usages, st.sampled_from(MODELS), st.sampled_from(MODELS), st.integers(-5, 200_000), st.booleans())
def test_what_is_expected_is_never_more_than_the_worst_case(
    usage: Usage, recorded: str, asked: str, max_tokens: int, writes: bool
) -> None:
    """Whatever the recorded call was, also one that its own limits would not allow."""
    quote = QUOTER.quote(call(recorded, usage), asked, max_tokens, writes_cache=writes)
    assert Decimal(0) < quote.expected_usd + 1
    assert quote.expected_usd <= quote.at_most_usd


def test_an_answer_is_bounded_by_the_request_and_by_the_model() -> None:
    """Without a limit, or with one that is none, it is the model's own."""
    rate = BOOK.rates(NEW, DAY, 0).output_usd
    recorded = call("claude-opus-5-5", Usage(0, 0, 0, 0, 10))
    most = [QUOTER.quote(recorded, NEW, limit).at_most_usd for limit in (0, 100, 128_000, 10**9, -(10**9))]
    assert [usd - most[1] for usd in most] == [
        127_900 * rate, 0, 127_900 * rate, 127_900 * rate, 127_900 * rate,
    ]  # fmt: skip


def test_a_prompt_grows_with_the_newer_tokenizer() -> None:
    """30 % more tokens are expected of it, and as many fewer of the older; 60 % are feared either way."""
    new = QUOTER.quote(call(OLD, Usage(1000)), NEW, 1)
    rates = BOOK.rates(NEW, DAY, 0)
    assert new.expected_usd == 1300 * rates.input_usd
    assert new.at_most_usd == 2600 * rates.cache_write_1h_usd + rates.output_usd
    old = QUOTER.quote(call(NEW, Usage(1300, 0, 0, 0, 130)), OLD, 500, writes_cache=False)
    rates = BOOK.rates(OLD, DAY, 0)
    assert old.expected_usd == 1000 * rates.input_usd + 100 * rates.output_usd
    assert old.at_most_usd == 3080 * rates.input_usd + 500 * rates.output_usd


def test_the_tier_of_long_prompts_is_feared_before_it_is_reached() -> None:
    """Haiku 5.5 costs five times as much above 100,000 tokens: near it the worst case lies beyond it."""
    near = QUOTER.quote(call(NEW, Usage(99_000)), NEW, 1, writes_cache=False)
    far = QUOTER.quote(call(NEW, Usage(90_000)), NEW, 1, writes_cache=False)
    low, high = BOOK.rates(NEW, DAY, 100_000), BOOK.rates(NEW, DAY, 100_001)
    assert near.expected_usd == 99_000 * low.input_usd
    assert near.at_most_usd == 104_950 * high.input_usd + high.output_usd
    assert far.at_most_usd == 95_500 * low.input_usd + low.output_usd
    long = QUOTER.quote(call(OLD, Usage(77_000)), NEW, 1)
    assert long.expected_usd == 100_100 * high.input_usd


def test_models_that_nobody_knows_are_quoted_at_the_most() -> None:
    """A recorded model without a row may have counted less; one that is asked may answer at length."""
    recorded = call("claude-of-yesterday", Usage(1000))
    assert (
        QUOTER.quote(recorded, NEW, 1).at_most_usd == QUOTER.quote(call(OLD, Usage(1000)), NEW, 1).at_most_usd
    )
    assert QUOTER.quote(recorded, NEW, 1).expected_usd == 1000 * BOOK.rates(NEW, DAY, 0).input_usd
    book = BOOK.priced_as({"claude-of-tomorrow": NEW})
    quote = Quoter(book, TABLE, DAY).quote(recorded, "claude-of-tomorrow", 0, writes_cache=False)
    rates = BOOK.rates(NEW, DAY, 0)
    assert quote.at_most_usd == 2600 * rates.input_usd + LONGEST_OUTPUT_TOKENS * rates.output_usd


def test_what_has_no_price_is_refused() -> None:
    """Not quoted at nothing: neither an unknown model nor a kind of request that it does not take."""
    with pytest.raises(PriceNotFound):
        QUOTER.quote(call(), "claude-of-tomorrow", 1)
    with pytest.raises(PriceNotFound):
        QUOTER.quote(call(us=True), "claude-haiku-4-5", 1)


def test_totals_are_quoted_where_a_call_had_sub_inferences() -> None:
    """The same prompt is read once by whoever is asked."""
    parted = Usage(1000, 0, 0, 0, 50, iterations=(Iteration("message", NEW, Usage(9)),))
    assert QUOTER.quote(call(usage=parted), NEW, 100) == QUOTER.quote(call(), NEW, 100)


def test_quotes_add_up() -> None:
    """Exactly, both figures."""
    one, other = Quote(Decimal("0.1"), Decimal("0.7")), Quote(Decimal("0.2"), Decimal(1))
    assert one + other + Quote() == Quote(Decimal("0.3"), Decimal("1.7"))


def test_a_batch_costs_the_books_share() -> None:
    """Half of it; what was fast is asked at standard speed, and what has no batch price costs the same."""
    assert Decimal("0.5") == QUOTER.batch_share(call(), "claude-haiku-5-5")
    assert Decimal("0.25") == QUOTER.batch_share(call(fast=True), "claude-opus-5-5")
    assert Decimal(1) == QUOTER.batch_share(call(), "claude-unknown")


def test_a_call_is_priced_as_if_another_had_answered() -> None:
    """At its own length and cache, in the other's tokens, in batch where it was one."""
    recorded = call(usage=Usage(1000, 400, 0, 0, 100))
    today = BOOK.cost(recorded.usage, "claude-opus-5-5", DAY).total_usd
    assert today == QUOTER.today_usd(recorded) == QUOTER.instead_usd(recorded, "claude-opus-5-5")
    assert QUOTER.instead_usd(recorded, NEW) < today
    assert today / 2 == QUOTER.today_usd(call(usage=recorded.usage, batch=True))
    longer = BOOK.cost(Usage(1300, 0, 0, 0, 65), NEW, DAY).total_usd
    assert longer == QUOTER.instead_usd(call(OLD), NEW)
