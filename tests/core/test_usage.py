"""Usage: every token in exactly one bucket."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.usage import Iteration, Usage

COUNT = st.integers(0, 10**9)
PLAIN = st.builds(Usage, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)
FULL = st.builds(
    lambda usage, parts: usage + Usage(iterations=tuple(parts)),
    PLAIN,
    st.lists(st.builds(Iteration, st.just("message"), st.just(""), PLAIN), max_size=3),
)
BUCKETS = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "web_search_requests",
    "web_fetch_requests",
)


@given(PLAIN)
def test_the_totals_are_the_sums_of_their_buckets(usage: Usage) -> None:
    """The prompt is four buckets, the whole call five; no token counts twice."""
    assert usage.cache_write_tokens == usage.cache_write_5m_tokens + usage.cache_write_1h_tokens
    prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    assert usage.prompt_tokens == prompt
    assert usage.total_tokens == prompt + usage.output_tokens


@given(FULL, FULL, FULL)
def test_addition_loses_nothing(one: Usage, two: Usage, three: Usage) -> None:
    """Bucket by bucket, in any grouping, iterations in order, with nothing as the neutral element."""
    for name in BUCKETS:
        assert getattr(one + two, name) == getattr(one, name) + getattr(two, name)
    assert (one + two) + three == one + (two + three)
    assert (one + two).plain() == (two + one).plain()
    assert (one + two).iterations == one.iterations + two.iterations
    assert one + Usage() == one


@given(FULL)
def test_plain_keeps_the_totals_and_drops_the_iterations(usage: Usage) -> None:
    """Same buckets, no parts."""
    assert usage.plain().iterations == ()
    assert all(getattr(usage.plain(), name) == getattr(usage, name) for name in BUCKETS)


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_negative_count_is_refused_by_name(bucket: str) -> None:
    """The error names bucket and value."""
    counts: Any = [-1 if name == bucket else 0 for name in BUCKETS]
    with pytest.raises(ValueError, match=f"{bucket} is -1; a count cannot be negative"):
        Usage(*counts)
