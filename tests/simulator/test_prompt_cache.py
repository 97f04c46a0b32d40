"""The prompt cache of the practice API bills every token once, and as documented."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.simulator import cache as cache_module
from modelmix.simulator.cache import Plan, PromptCache, Segment, Split
from simulator.practice import Json, Practice

SHORT, LONG = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}


def text(words: int, control: Json = None, word: str = "rule ") -> dict[str, Any]:
    """Return a text block of two tokens a word."""
    block = {"type": "text", "text": word * words}
    return block if control is None else {**block, "cache_control": control}


def body(
    *system: Json, model: str = "claude-opus-5-5", question: str = "Go.", **more: Json
) -> dict[str, Any]:
    """Return a request with these system blocks."""
    return {
        "model": model,
        "max_tokens": 3000,
        "system": list(system),
        "messages": [{"role": "user", "content": question}],
        **more,
    }


def test_a_repeat_reads_what_the_first_call_wrote(practice: Practice) -> None:
    """Within the lifetime; a hit refreshes it; after it has passed, the same call writes again."""
    asked = body(text(500, SHORT))
    first = practice.usage(asked)
    assert (first["read"], first["1h"]) == (0, 0)
    assert first["5m"] == 1000
    practice.clock.now += 299
    assert practice.usage(asked) == {**first, "5m": 0, "read": 1000}
    practice.clock.now += 299
    assert practice.usage(asked)["read"] == 1000
    practice.clock.now += 300
    assert practice.usage(asked) == first


def test_an_hour_lasts_an_hour(practice: Practice) -> None:
    """A one-hour write is booked apart and read 59 minutes later."""
    asked = body(text(500, LONG))
    assert practice.usage(asked)["1h"] == 1000
    practice.clock.now += 3599
    assert practice.usage(asked)["read"] == 1000
    practice.clock.now += 3600
    assert practice.usage(asked)["1h"] == 1000


def test_a_mixed_request_bills_three_spans(practice: Practice) -> None:
    """Read up to the hit, one-hour writes up to the last long mark, five-minute writes up to the last."""
    asked = body(text(500, LONG), text(300, word="page "), text(200, SHORT, "fact "), question="Well?")
    spans = practice.usage(asked)
    assert (spans["1h"], spans["5m"]) == (1000, 1000)
    practice.clock.now += 600
    again = practice.usage(asked)
    assert (again["read"], again["5m"], again["1h"]) == (1000, 1000, 0)


def test_another_model_reads_nothing(practice: Practice) -> None:
    """A switch of model is a full miss; the way back finds its own entry."""
    system = text(1000, SHORT)
    assert practice.usage(body(system))["5m"] > 0
    assert practice.usage(body(system, model="claude-haiku-5-5"))["read"] == 0
    assert practice.usage(body(system))["read"] > 0


def test_workspaces_do_not_share_entries(practice: Practice) -> None:
    """The same request in another workspace writes its own."""
    asked = body(text(500, SHORT))
    practice.usage(asked)
    assert practice.usage(asked, anthropic_workspace_id="other")["read"] == 0


@pytest.mark.parametrize(
    ("model", "minimum", "per_word"),
    [("claude-opus-5-5", 512, 2.0), ("claude-opus-4-8", 1024, 2.0), ("claude-haiku-4-5", 4096, 20 / 13)],
)
def test_a_prefix_below_the_models_minimum_is_not_cached(
    practice: Practice, model: str, minimum: int, per_word: float
) -> None:
    """It is silently billed as plain input; at the minimum it is written."""
    words = int(minimum / per_word) + 1
    assert practice.usage(body(text(words, SHORT), model=model))["5m"] >= minimum
    assert practice.usage(body(text(words - 2, SHORT), model=model))["5m"] == 0


def test_automatic_caching_moves_with_the_conversation(practice: Practice) -> None:
    """The mark stands on the last block; each turn reads the one before and writes what is new."""
    turns: list[Any] = [{"role": "user", "content": "rule " * 600}]
    asked = {"model": "claude-haiku-5-5", "max_tokens": 2000, "cache_control": SHORT}
    first = practice.usage({**asked, "messages": turns})
    assert first["uncached"] == 0
    turns += [{"role": "assistant", "content": "Noted."}, {"role": "user", "content": "And now?"}]
    second = practice.usage({**asked, "messages": turns})
    assert second["read"] == first["5m"]
    assert 0 < second["5m"] < 30


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"max_tokens": 4000}, "all"),
        ({"stop_sequences": ["END"]}, "all"),
        ({"output_config": {"effort": "medium"}}, "all"),
        ({"output_config": {"effort": "low"}}, "system"),
        ({"thinking": {"type": "disabled"}}, "system"),
        ({"tool_choice": {"type": "none"}}, "system"),
        ({"image": True}, "system"),
        ({"citations": True}, "tools"),
        ({"tools": []}, "none"),
    ],
    ids=str,
)
def test_a_change_loses_exactly_the_levels_that_it_should(
    practice: Practice, change: dict[str, Any], kept: str
) -> None:
    """The invalidation table: what of tools, system prompt and messages is still read after each change."""
    tool = {
        "name": "look_up",
        "description": "rule " * 600,
        "input_schema": {"type": "object", "properties": {}},
        "cache_control": SHORT,
    }
    asked = body(text(600, SHORT), model="claude-haiku-5-5", tools=[tool])
    asked["messages"] = [{"role": "user", "content": [text(600, SHORT, "fact ")]}]
    first = practice.usage(asked)
    changed = {
        **asked,
        **{name: value for name, value in change.items() if name not in {"image", "citations"}},
    }
    source = {"type": "text", "media_type": "text/plain", "data": "abc"}
    if "image" in change:
        image = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
        changed["messages"] = [{"role": "user", "content": [text(600, SHORT, "fact "), image]}]
    if "citations" in change:
        document = {"type": "document", "source": source, "citations": {"enabled": True}}
        changed["messages"] = [{"role": "user", "content": [text(600, SHORT, "fact "), document]}]
    read = practice.usage(changed)["read"]
    tools = 1200 + 286
    expected = {"all": first["5m"], "system": None, "tools": None, "none": 0}[kept]
    if kept in {"all", "none"}:
        assert read == expected
    elif kept == "system":
        assert tools + 1200 <= read < first["5m"]
    else:
        assert tools <= read < tools + 200


def test_fast_mode_keeps_the_tools_only(practice: Practice) -> None:
    """Speed is part of the system level."""
    asked = body(text(600, SHORT))
    practice.usage(asked)
    assert practice.usage({**asked, "speed": "fast"})["read"] == 0


def test_a_read_looks_back_twenty_positions(practice: Practice) -> None:
    """A turn that adds 19 blocks still hits; one that adds 20 does not."""
    start = text(600, SHORT)
    for added, hits in ((19, True), (20, False)):
        question = f"{added}"
        fresh = [text(1, word=f"{question}{at} ") for at in range(added - 1)]
        practice.clock.now += 10_000
        opening = {"role": "user", "content": [start]}
        assert practice.usage(body(model="claude-haiku-5-5", messages=[opening]))["5m"] > 0
        longer = {"role": "user", "content": [text(600), *fresh, text(1, SHORT, "end ")]}
        asked = body(model="claude-haiku-5-5", messages=[longer])
        assert (practice.usage(asked)["read"] > 0) is hits


def test_marks_and_shorthand_do_not_change_the_prefix(practice: Practice) -> None:
    """A string is one text block, a moved mark is no change, and the attribution block is not part of it."""
    practice.usage(body(text(600, SHORT)))
    without = body(text(600))
    without["messages"] = [
        {"role": "user", "content": [{"type": "text", "text": "Go.", "cache_control": SHORT}]}
    ]
    assert practice.usage(without)["read"] == 1200
    billing = {"type": "text", "text": "x-anthropic-billing-header: cc_version=1; cc_entrypoint=cli"}
    assert practice.usage(body(billing, text(600, SHORT)))["read"] == 1200
    assert practice.usage(body(text(600), billing))["read"] == 0


def test_parallel_first_requests_each_pay_a_write() -> None:
    """An entry is usable only when the first answer has begun."""
    cache, prompt = PromptCache(), [Segment(b"a", 600, "5m")]
    first = cache.plan(b"m", prompt, 512, 0.0)
    second = cache.plan(b"m", prompt, 512, 0.0)
    assert first.split.written_5m == second.split.written_5m == 600
    cache.commit(first)
    assert cache.plan(b"m", prompt, 512, 1.0).split.read == 600


def test_expired_entries_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long run does not keep what nobody can read."""
    monkeypatch.setattr(cache_module, "_SWEEP_EVERY", 10)
    cache = PromptCache(_sweep_at=10)
    for at in range(100):
        cache.commit(cache.plan(b"m", [Segment(str(at).encode(), 600, "5m")], 512, at * 1000.0))
    assert len(cache._expiry) < 15


def test_an_empty_prompt_costs_nothing() -> None:
    """No segments, no tokens."""
    assert PromptCache().plan(b"m", [], 512, 0.0) == Plan(Split(0), 0.0)


def test_a_plan_that_is_not_accepted_keeps_nothing_alive() -> None:
    """A refused request reads nothing; an accepted one refreshes the entries that it reads."""
    prompt = [Segment(b"a", 300), Segment(b"b", 300, "5m"), Segment(b"c", 10, "5m")]
    for accepted, read in ((False, 0), (True, 610)):
        cache = PromptCache()
        cache.commit(cache.plan(b"m", prompt, 512, 0.0))
        plan = cache.plan(b"m", prompt, 512, 299.0)
        assert plan.split.read == 610
        if accepted:
            cache.accept(plan)
        assert cache.plan(b"m", prompt, 512, 301.0).split.read == read


SEGMENT = st.builds(
    Segment, st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 900), st.sampled_from(["", "", "5m", "1h"])
)


@given(st.lists(st.tuples(st.lists(SEGMENT, max_size=30), st.integers(0, 4000)), max_size=6))
def test_every_prompt_token_is_in_exactly_one_bucket(requests: list[tuple[list[Segment], int]]) -> None:
    """Whatever was cached before; and an immediate repeat writes nothing that it has just written."""
    cache, now = PromptCache(), 0.0
    for segments, wait in requests:
        now += wait
        plan = cache.plan(b"m", segments, 512, now)
        split = plan.split
        assert split.total == sum(segment.tokens for segment in segments)
        assert min(split.uncached, split.read, split.written_5m, split.written_1h) >= 0
        cache.accept(plan)
        cache.commit(plan)
        again = cache.plan(b"m", segments, 512, now).split
        assert (again.written_5m, again.written_1h) == (0, 0)
        assert again.read == split.read + split.written_5m + split.written_1h
        assert again.uncached == split.uncached
