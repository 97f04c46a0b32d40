"""The two readers of a usage object agree."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from modelmix.ingest.api_usage import ApiUsage, buckets
from modelmix.wire.usage import stated

COUNT = st.none() | st.integers(0, 2**40)
SPLIT = st.none() | st.fixed_dictionaries(
    {}, optional={"ephemeral_5m_input_tokens": COUNT, "ephemeral_1h_input_tokens": COUNT}
)
COUNTS = {
    "input_tokens": COUNT, "output_tokens": COUNT, "cache_read_input_tokens": COUNT,
    "cache_creation_input_tokens": COUNT, "cache_creation": SPLIT,
}  # fmt: skip
TEXT = st.none() | st.sampled_from(["message", "claude-opus-5-5", "batch", "fast", "us", "standard"])
ITERATION = st.fixed_dictionaries({}, optional={**COUNTS, "type": TEXT, "model": TEXT})
TOOLS = st.fixed_dictionaries({}, optional={"web_search_requests": COUNT, "web_fetch_requests": COUNT})
USAGE = st.fixed_dictionaries(
    {},
    optional={
        **COUNTS,
        "server_tool_use": st.none() | TOOLS,
        "service_tier": TEXT,
        "speed": TEXT,
        "inference_geo": TEXT,
        "iterations": st.none() | st.lists(ITERATION, max_size=3),
    },
)


@given(USAGE)
def test_the_log_reader_and_the_gateway_count_alike(fields: dict[str, object]) -> None:
    """A usage object gives the same tokens and flags whether it is read from a log or metered in flight."""
    api = msgspec.json.decode(msgspec.json.encode(fields), type=ApiUsage)
    metered = stated(fields)
    if api.is_empty:
        assert metered.usage is None
    else:
        assert (metered.usage, metered.write_split_known) == buckets(api)
        assert (metered.batch, metered.fast, metered.us) == (api.batch, api.fast, api.us)
