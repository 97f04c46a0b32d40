"""Rate limits: token buckets that refill all the time, shown truly and enforced on demand."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.simulator.cache import Split
from modelmix.simulator.charge import Charge
from modelmix.simulator.rate import Rate
from modelmix.simulator.settings import Settings
from simulator.practice import Practice, Reply

HI: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Hello."}],
}
LONG = {**HI, "messages": [{"role": "user", "content": "word " * 1000}]}
OLD_OPUS, OLDER_OPUS = "claude-opus-4-8", "claude-opus-4-7"


def shown(reply: Reply, name: str) -> tuple[int, int, float]:
    """Return limit and remaining of a limit, and the seconds since 1970 of its reset."""
    limit, left, reset = (
        reply.headers[f"anthropic-ratelimit-{name}-{part}"] for part in ("limit", "remaining", "reset")
    )
    return int(limit), int(left), datetime.strptime(reset, "%Y-%m-%dT%H:%M:%S%z").timestamp()


def charge(model: str, at: float, split: Split, output: int) -> Charge:
    """Charge one call."""
    return Charge(
        request_id="r",
        at=at,
        model=model,
        api_key_id="k",
        workspace_id=None,
        inference_geo="global",
        speed="standard",
        split=split,
        output_tokens=output,
    )


def test_requests_beyond_the_limit_are_refused_until_the_bucket_holds_one(
    make_practice: Callable[..., Practice],
) -> None:
    """After retry-after, and not a second earlier, one more goes through; then the bucket is empty again."""
    practice = make_practice(requests_per_minute=4)
    assert [practice.post(HI).status for _ in range(6)] == [200, 200, 200, 200, 429, 429]
    refused = practice.post(HI)
    assert refused.json["error"]["type"] == "rate_limit_error"
    assert "4 requests per minute" in refused.error
    assert (refused.headers["retry-after"], refused.headers["x-should-retry"]) == ("15", "true")
    assert shown(refused, "requests") == (4, 0, practice.clock.now + 60)
    practice.clock.now += 14
    assert practice.post(HI).headers["retry-after"] == "1"
    practice.clock.now += 1
    assert [practice.post(HI).status for _ in range(2)] == [200, 429]


def test_a_bucket_refills_all_the_time_and_holds_no_more_than_a_minute(
    make_practice: Callable[..., Practice],
) -> None:
    """A tenth of a minute gives back a tenth of the limit; an hour gives back no more than the whole."""
    practice = make_practice(requests_per_minute=30)
    for _ in range(30):
        practice.post(HI)
    practice.clock.now += 6
    assert shown(practice.post(HI), "requests") == (30, 2, practice.clock.now + 56)
    practice.clock.now += 3600
    assert shown(practice.post(HI), "requests") == (30, 29, practice.clock.now + 2)


def test_a_refused_request_costs_nothing(make_practice: Callable[..., Practice]) -> None:
    """It is not billed, takes nothing from any bucket and keeps no cache entry alive."""
    practice = make_practice(requests_per_minute=1)
    cached = {
        **HI,
        "system": [{"type": "text", "text": "rule " * 600, "cache_control": {"type": "ephemeral"}}],
    }
    assert practice.usage(cached)["5m"] > 0
    bill = practice.get("/simulator/bill").json
    practice.clock.now += 59
    assert practice.post(cached).status == 429
    assert practice.get("/simulator/bill").json == bill
    practice.clock.now += 242
    assert practice.usage(cached)["read"] == 0


def test_input_is_limited_without_its_cache_reads(make_practice: Callable[..., Practice]) -> None:
    """A call that reads what the first has written goes through where an uncached one does not."""
    marked = [{"type": "text", "text": "word " * 1000, "cache_control": {"type": "ephemeral"}}]
    cached = {**HI, "messages": [{"role": "user", "content": marked}]}
    practice = make_practice(input_tokens_per_minute=3000)
    assert practice.usage(cached) == {"uncached": 0, "read": 0, "5m": 2004, "1h": 0}
    assert practice.usage(cached) == {"uncached": 0, "read": 2004, "5m": 0, "1h": 0}
    refused = practice.post(LONG)
    assert "3,000 input tokens per minute" in refused.error
    # 2,004 are needed and 996 are left: 1,008 refill in 20.16 seconds.
    assert (refused.status, refused.headers["retry-after"]) == (429, "21")
    assert shown(refused, "input-tokens") == (3000, 1000, practice.clock.now + 41)
    practice.clock.now += 21
    assert practice.post(LONG).status == 200


def test_a_prompt_longer_than_the_limit_is_never_let_through(make_practice: Callable[..., Practice]) -> None:
    """A full bucket does not hold it: waiting is of no use, and the answer stays the same."""
    practice = make_practice(input_tokens_per_minute=2003)
    for _ in range(3):
        assert (practice.post(LONG).status, practice.post(LONG).headers["retry-after"]) == (429, "60")
        practice.clock.now += 60
    assert practice.post(HI).status == 200


def test_output_is_limited_by_what_was_used_not_by_max_tokens(make_practice: Callable[..., Practice]) -> None:
    """An answer may overdraw the bucket; what is owed must be refilled before the next."""
    practice = make_practice(output_tokens_per_minute=60)
    first = practice.post(HI)
    used = first.json["usage"]["output_tokens"]
    assert 60 < used < HI["max_tokens"]
    refused = practice.post(HI)
    assert "60 output tokens per minute" in refused.error
    assert int(refused.headers["retry-after"]) == used - 60 + 1
    practice.clock.now += used - 60
    assert practice.post(HI).status == 429
    practice.clock.now += 1
    assert practice.post(HI).status == 200


def test_each_model_has_its_own_bucket_and_the_older_lines_share_theirs(
    make_practice: Callable[..., Practice],
) -> None:
    """Opus 4.x share one; Opus 5 and Haiku 5.5 are not touched by it."""
    practice = make_practice(requests_per_minute=1)
    asked = [OLD_OPUS, OLDER_OPUS, "claude-opus-5", "claude-haiku-5-5", "claude-sonnet-4-6"]
    statuses = [practice.post({**HI, "model": model}).status for model in asked]
    assert statuses == [200, 429, 200, 200, 200]


def test_without_a_limit_of_its_own_the_standard_ones_are_shown_and_none_is_enforced() -> None:
    """A single limit does not switch on the others."""
    rate = Rate.of(Settings(requests_per_minute=1))
    assert [(limit.per_minute, limit.enforced) for limit in rate.limits] == [
        (1, True),
        (10_000_000, False),
        (2_000_000, False),
    ]
    rate.take(charge("m", 0.0, Split(20_000_000), 9_000_000))
    assert rate.refusal("m", Split(5), 60.0) is None
    headers = rate.headers("m", 0.0)
    assert headers["anthropic-ratelimit-input-tokens-remaining"] == "0"
    assert headers["anthropic-ratelimit-tokens-limit"] == "12000000"


def test_tokens_left_are_rounded_to_the_nearest_thousand_and_added_up() -> None:
    """As documented; the reset of the sum is that of the fuller half's slower partner."""
    rate = Rate.of(Settings(input_tokens_per_minute=6_000, output_tokens_per_minute=60_000))
    rate.take(charge("m", 120.0, Split(500, 300, 100, 51), 29_400))
    headers = rate.headers("m", 120.0)
    left = {name: headers[f"anthropic-ratelimit-{name}-remaining"] for name in ("input-tokens", "tokens")}
    # 651 of 6,000 and 29,400 of 60,000 are used: 5,349 and 30,600 are left.
    assert left == {"input-tokens": "5000", "tokens": "36000"}
    assert headers["anthropic-ratelimit-output-tokens-remaining"] == "31000"
    assert headers["anthropic-ratelimit-input-tokens-reset"] == "1970-01-01T00:02:07Z"
    assert headers["anthropic-ratelimit-tokens-reset"] == "1970-01-01T00:02:30Z"
    assert rate.headers("m", 119.0) == headers, "a clock that steps back gives nothing back"


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.floats(0, 30), st.integers(0, 4_000), st.integers(0, 500)), max_size=60),
)
def test_no_more_is_let_through_than_the_bucket_ever_held(
    per_minute: int, asked: list[tuple[float, int, int]]
) -> None:
    """A minute's worth to begin with and what was refilled since; retry-after keeps its word."""
    rate = Rate.of(Settings(requests_per_minute=per_minute, input_tokens_per_minute=9_000))
    now, passed, tokens = 0.0, 0, 0
    for pause, prompt, output in asked:
        now += pause
        split = Split(prompt)
        refused = rate.refusal("m", split, now)
        if refused is not None:
            now += int(refused.headers["retry-after"])
            assert rate.refusal("m", split, now) is None
        rate.take(charge("m", now, split, output))
        passed, tokens = passed + 1, tokens + prompt
        assert passed <= per_minute + now * per_minute / 60 + 1e-3
        assert tokens <= 9_000 + now * 150 + 1e-3


@given(st.floats(0, 4e9), st.floats(0, 4e9))
def test_headers_are_well_formed_at_any_time(first: float, second: float) -> None:
    """Numbers are not negative or above the limit, resets are timestamps that are not past."""
    rate = Rate.of(Settings(requests_per_minute=7, input_tokens_per_minute=100, output_tokens_per_minute=1))
    rate.take(charge("m", first, Split(90), 40))
    headers = rate.headers("m", second)
    assert len(headers) == 12
    for name in ("requests", "input-tokens", "output-tokens", "tokens"):
        assert int(headers[f"anthropic-ratelimit-{name}-remaining"]) >= 0
        reset = datetime.fromisoformat(headers[f"anthropic-ratelimit-{name}-reset"])
        assert reset >= datetime.fromtimestamp(int(second), UTC)


@pytest.mark.parametrize("fault", ["529", "429", "500"])
def test_an_injected_fault_takes_nothing_from_a_bucket(
    make_practice: Callable[..., Practice], fault: str
) -> None:
    """What is asked to fail is no call."""
    practice = make_practice(requests_per_minute=1)
    failed = practice.post(HI, **{"x-simulate-error": fault})
    assert shown(failed, "requests")[:2] == (1, 1)
    assert practice.post(HI).status == 200
