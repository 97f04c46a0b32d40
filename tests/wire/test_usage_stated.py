"""The API's usage object becomes disjoint buckets, or one clause that says why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.usage import Iteration, Usage
from modelmix.wire.usage import MOST_COUNTED, Stated, merged, stated

COUNT = st.integers(0, 10**6) | st.none()
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
NAMES = [
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
    "server_tool_use",
    "iterations",
    "service_tier",
    "speed",
    "inference_geo",
]


def test_a_full_object_fills_each_bucket_once() -> None:
    """Writes are split by lifetime, searches counted, tier, speed and place noted."""
    said = stated(
        {
            "input_tokens": 512,
            "cache_creation_input_tokens": 300,
            "cache_read_input_tokens": 2048,
            "output_tokens": 7,
            "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
            "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 3},
            "output_tokens_details": {"x": 1},
            "service_tier": "batch",
            "speed": "fast",
            "inference_geo": "us",
        }
    )
    assert said == Stated(Usage(512, 2048, 100, 200, 7, 2, 3), batch=True, fast=True, us=True)


def test_writes_of_unknown_lifetime_count_as_five_minutes_and_are_marked() -> None:
    """No written token is lost when the split is absent or does not add up."""
    bare = stated({"input_tokens": 1, "cache_creation_input_tokens": 300})
    assert bare == Stated(Usage(1, 0, 300, 0, 0), write_split_known=False)
    short = stated(
        {
            "input_tokens": 1,
            "cache_creation_input_tokens": 300,
            "cache_creation": {"ephemeral_1h_input_tokens": 100},
        }
    )
    assert short == Stated(Usage(1, 0, 200, 100, 0), write_split_known=False)


def test_iterations_keep_their_own_models_and_counts() -> None:
    """Advisor tokens are only there, so they must survive."""
    said = stated(
        {
            "input_tokens": 5,
            "output_tokens": 6,
            "iterations": [
                {"type": "message", "input_tokens": 5, "output_tokens": 6},
                {
                    "type": "advisor_message",
                    "model": "claude-opus-5-5",
                    "input_tokens": 50,
                    "output_tokens": 60,
                },
                {},
            ],
        }
    )
    assert said.usage is not None
    assert said.usage.iterations == (
        Iteration("message", "", Usage(5, output_tokens=6)),
        Iteration("advisor_message", "claude-opus-5-5", Usage(50, output_tokens=60)),
        Iteration("message", "", Usage()),
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (None, "there is no usage object"),
        ([1], "there is no usage object"),
        ({}, "usage states neither input_tokens nor output_tokens"),
        ({"input_tokens": -1}, "usage has no sound input_tokens"),
        ({"input_tokens": 1.5}, "usage has no sound input_tokens"),
        ({"input_tokens": True}, "usage has no sound input_tokens"),
        ({"output_tokens": MOST_COUNTED + 1}, "usage has no sound output_tokens"),
        ({"input_tokens": 1, "cache_creation": 5}, "usage has no sound cache_creation"),
        ({"input_tokens": 1, "iterations": {}}, "usage has no sound iterations"),
        ({"input_tokens": 1, "iterations": [1]}, "usage has no sound iterations"),
    ],
)
def test_what_cannot_be_trusted_is_none_and_says_why(fields: object, why: str) -> None:
    """A damaged object is never read as zero tokens."""
    assert stated(fields) == Stated(None, why=why)


@given(ANY | st.dictionaries(st.sampled_from(NAMES), ANY | COUNT))
def test_any_value_is_read_or_refused(fields: object) -> None:
    """Whatever an upstream sends, nothing is raised, and None always has a reason."""
    said = stated(fields)
    assert (said.usage is None) == bool(said.why)


@given(st.dictionaries(st.sampled_from(NAMES[:4]), COUNT), st.dictionaries(st.sampled_from(NAMES[:4]), COUNT))
def test_a_delta_replaces_what_it_states_and_nothing_else(start: object, delta: object) -> None:
    """Counts are cumulative: they are never added up."""
    assert isinstance(start, dict)
    assert isinstance(delta, dict)
    whole = merged(start, delta)
    assert isinstance(whole, dict)
    for name in NAMES[:4]:
        stated_last = delta.get(name)
        assert whole.get(name) == (start.get(name) if stated_last is None else stated_last)


def test_a_delta_without_usage_leaves_the_start() -> None:
    """One side that is no object leaves the other."""
    assert merged({"input_tokens": 1}, None) == {"input_tokens": 1}
    assert merged(None, {"input_tokens": 1}) == {"input_tokens": 1}
