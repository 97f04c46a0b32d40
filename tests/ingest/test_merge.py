"""Merge keeps each distinct call once, exactly as a dict of calls would."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import Call
from modelmix.core.candidate import Effort
from modelmix.core.usage import Iteration, Usage
from modelmix.ingest import merge as merge_module
from modelmix.ingest.merge import Merge

START = datetime(2026, 1, 1, tzinfo=UTC)
COUNT = st.integers(0, 5) | st.integers(0, 2**40)
USAGE = st.builds(Usage, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
INSTANT = st.integers(0, 3).map(lambda s: START + timedelta(seconds=s)) | st.datetimes(timezones=st.just(UTC))
MILLISECONDS = st.none() | st.floats(0, 1e6)
CALL = st.builds(
    Call,
    call_id=st.sampled_from(["a", "b", "c", "", "ä"]) | TEXT,
    at=INSTANT,
    source=TEXT,
    model_requested=TEXT,
    model_served=TEXT,
    usage=st.builds(
        lambda usage, parts: Usage(
            *counts(usage), usage.web_search_requests, usage.web_fetch_requests, tuple(parts)
        ),
        USAGE,
        st.lists(st.builds(Iteration, TEXT, TEXT, USAGE), max_size=2),
    ),
    request_id=TEXT,
    session_id=TEXT,
    is_subagent=st.booleans(),
    task_type=TEXT,
    task_source=TEXT,
    template=TEXT,
    effort=st.none() | st.sampled_from(Effort),
    stream=st.booleans(),
    status=st.integers(100, 599),
    stop_reason=TEXT,
    error=TEXT,
    batch=st.booleans(),
    fast=st.booleans(),
    us=st.booleans(),
    write_split_known=st.booleans(),
    reported_usd=st.none() | st.decimals(0, 100, places=6),
    reason=TEXT,
    policy_sha256=TEXT,
    ttft_ms=MILLISECONDS,
    latency_ms=MILLISECONDS,
)


def counts(usage: Usage) -> tuple[int, int, int, int, int]:
    """Return the five buckets."""
    return (
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_5m_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
    )


def call(call_id: str = "msg_1", **changes: object) -> Call:
    """Return a small call."""
    fields: dict[str, Any] = {
        "at": START,
        "source": "claude-code",
        "model_requested": "m",
        "model_served": "m",
        **changes,
    }
    return Call(call_id=call_id, **fields)


def merged(calls: Iterable[Call]) -> Merge:
    """Fill a merge."""
    merge = Merge()
    for item in calls:
        merge.add(item)
    return merge


def by_dict(calls: Iterable[Call]) -> list[Call]:
    """De-duplicate the plain way."""
    kept: dict[str, Call] = {}
    for item in calls:
        if item.call_id not in kept or item.supersedes(kept[item.call_id]):
            kept[item.call_id] = item
    return sorted(kept.values(), key=lambda item: (item.at, item.call_id))


@given(st.lists(CALL, max_size=12))
def test_it_equals_a_dict_of_calls(calls: list[Call]) -> None:
    """Every field of every call that superseded its copies comes back, by time, then by id."""
    merge = merged(calls)
    assert list(merge.calls()) == by_dict(calls)
    assert (len(merge), merge.copies) == (len(by_dict(calls)), len(calls) - len(by_dict(calls)))


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 9)), max_size=9), st.randoms()
)
def test_totals_do_not_depend_on_the_order(rows: list[tuple[str, bool, int]], random: Random) -> None:
    """Files may be read in any order: the same tokens are counted."""
    calls = [call(name, is_subagent=sub, usage=Usage(output_tokens=out)) for name, sub, out in rows]
    shuffled = random.sample(calls, len(calls))
    assert list(merged(calls).calls()) == list(merged(shuffled).calls())


def test_the_largest_output_of_the_main_chain_is_kept() -> None:
    """Blocks of one call are not summed, and a sub-agent's replay of it changes nothing."""
    blocks = [call(usage=Usage(4, output_tokens=n)) for n in (1, 136, 40)]
    replay = call(usage=Usage(4, output_tokens=500), is_subagent=True, request_id="another")
    assert list(merged([replay, *blocks]).calls()) == [blocks[1]]
    assert list(merged([*blocks, replay]).calls()) == [blocks[1]]


def test_iterations_that_repeat_the_totals_come_back_whole() -> None:
    """The usual single iteration is kept as a reference to the totals and restored from them."""
    totals = Usage(1, 2, 3, 4, 5)
    usage = Usage(
        1, 2, 3, 4, 5, 6, 7, (Iteration("message", "m", totals), Iteration("advisor_message", "n", Usage(9)))
    )
    [found] = merged([call(usage=usage, reported_usd=Decimal("0.10"))]).calls()
    assert found.usage == usage
    assert str(found.reported_usd) == "0.10"


def test_many_calls_outgrow_the_first_table_and_stay_distinct() -> None:
    """The index grows, runs are merged, and instants still come in order."""
    n = merge_module._RUN + 2000
    merge = merged(call(f"msg_{i}", at=START + timedelta(seconds=-i)) for i in range(n))
    merge.add(call("msg_7", usage=Usage(output_tokens=1)))
    found = [item.call_id for item in merge.calls()]
    assert (len(merge), merge.copies, found[0], found[-1]) == (n, 1, f"msg_{n - 1}", "msg_7")
    assert len(set(found)) == n


def test_equal_hashes_do_not_make_calls_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two identifiers with one hash are two calls: the identifier itself decides."""
    monkeypatch.setattr(merge_module, "hash", lambda _: 5, raising=False)
    assert [item.call_id for item in merged([call("b"), call("a"), call("b")]).calls()] == ["a", "b"]


def test_space_of_longer_copies_is_given_back() -> None:
    """Copies whose identifiers keep growing do not fill the memory with the old ones."""
    merge = merged([call("steady")])
    for n in range(400):
        merge.add(call("growing", usage=Usage(output_tokens=n), request_id="r" * (n + 1)))
    assert len(merge._blob) < 2 * merge_module._WASTE_AT_LEAST
    assert [item.call_id for item in merge.calls()] == ["growing", "steady"]
    merge.add(call("growing", usage=Usage(output_tokens=400), request_id="short"))
    assert next(iter(merge.calls())).request_id == "short"
