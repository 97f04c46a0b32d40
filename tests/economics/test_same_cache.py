"""A candidate's call is cached as the recorded one was: as many tokens as it counted, in those shares."""

from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from modelmix.core.usage import Iteration, Usage
from modelmix.economics.same_cache import cached_as

BUCKETS = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
counts = st.integers(0, 10**7) | st.integers(0, 9)
usages = st.builds(Usage, *[counts] * 7)


def shares(usage: Usage) -> dict[str, Fraction]:
    """Return the part of a prompt that is in each bucket."""
    return {name: Fraction(getattr(usage, name), usage.prompt_tokens) for name in BUCKETS}


@given(usages, usages)
def test_no_token_is_lost_or_made(recorded: Usage, replayed: Usage) -> None:
    """The prompt keeps its length, and output and searches are the candidate's."""
    found = cached_as(recorded, replayed)
    assert found.prompt_tokens == replayed.prompt_tokens
    assert (found.output_tokens, found.web_search_requests, found.web_fetch_requests) == (
        replayed.output_tokens, replayed.web_search_requests, replayed.web_fetch_requests,
    )  # fmt: skip


@given(usages, usages)
def test_each_bucket_has_its_recorded_share_to_within_one_token(recorded: Usage, replayed: Usage) -> None:
    """Rounding moves no bucket by a whole token, uncached input among them."""
    assume(recorded.prompt_tokens)
    found = cached_as(recorded, replayed)
    for name, share in shares(recorded).items():
        assert abs(getattr(found, name) - share * replayed.prompt_tokens) < 1


@given(usages, usages)
def test_doing_it_twice_changes_nothing(recorded: Usage, replayed: Usage) -> None:
    """What is cached as the recorded call is already, stays; and the recorded call is cached as itself."""
    found = cached_as(recorded, replayed)
    assert cached_as(recorded, found) == found
    assert cached_as(recorded, recorded) == recorded


def test_calls_without_a_prompt_tell_and_take_nothing() -> None:
    """No share is known of nothing, and nothing has no parts."""
    some, none = Usage(10, 20, 30, 40, 50), Usage(output_tokens=5)
    assert cached_as(none, some) == some
    assert cached_as(some, none) == none


def test_calls_with_sub_inferences_stay_as_they_are() -> None:
    """Their totals are not what is priced."""
    plain = Usage(100, 0, 0, 0, 10)
    parted = Usage(100, 0, 0, 0, 10, iterations=(Iteration("message", "m", Usage(100)),))
    for recorded, replayed in ((parted, Usage(50)), (Usage(0, 60), parted)):
        assert cached_as(recorded, replayed) == replayed
    assert cached_as(Usage(0, 60), plain) == Usage(0, 100, 0, 0, 10)
