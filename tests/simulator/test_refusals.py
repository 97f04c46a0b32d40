"""What the documentation says is rejected is rejected, model by model and field by field."""

from typing import Any

import pytest

from modelmix.simulator.behaviour import MODELS
from simulator.practice import Json, Practice, Reply

NEW = {"anthropic_version": "2026-10-21"}
USER = {"role": "user", "content": "Hello."}
TOOL = {"name": "look_up", "input_schema": {"type": "object", "properties": {}}}
BASE: dict[str, Any] = {"model": "claude-haiku-5-5", "max_tokens": 100, "messages": [USER]}
FABLES = {f"claude-{line}-5-{minor}" for line in ("fable", "mythos") for minor in (1, 2)}
FABLE_5 = {"claude-fable-5", "claude-mythos-5"}
LATE = {"claude-opus-5-5", "claude-sonnet-5-5"}
V4_5 = {"claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"}
V4_6 = {"claude-opus-4-6", "claude-sonnet-4-6"}
SERVED = {name for name, row in MODELS.items() if not row.retired}
NEWER = SERVED - V4_5 - V4_6
EFFORT: Any = {"effort": "xhigh"}
OFF: Any = {"type": "disabled"}

# Feature, the part of a body that uses it, and who rejects it (migration tables of 2026-10).
REJECTED: list[tuple[str, dict[str, Any], set[str]]] = [
    ("temperature", {"temperature": 0.2}, NEWER),
    ("top_p", {"top_p": 0.5}, NEWER),
    ("top_k", {"top_k": 5}, NEWER),
    ("prefill", {"messages": [USER, {"role": "assistant", "content": "Well"}]}, SERVED - V4_5),
    ("budget", {"max_tokens": 3000, "thinking": {"type": "enabled", "budget_tokens": 1024}}, NEWER),
    ("adaptive", {"thinking": {"type": "adaptive"}}, V4_5),
    ("disabled", {"thinking": OFF}, FABLES | FABLE_5 | LATE),
    (
        "disabled at xhigh",
        {"thinking": OFF, "output_config": EFFORT},
        FABLES | FABLE_5 | LATE | {"claude-opus-5", "claude-haiku-5-5"} | V4_5 | V4_6,
    ),
    ("between_tools", {"thinking": {"type": "between_tools"}}, SERVED - {"claude-sonnet-5-5"}),
    (
        "between_tools at max",
        {"thinking": {"type": "between_tools"}, "output_config": {"effort": "max"}},
        SERVED,
    ),
    ("forced any", {"tools": [TOOL], "tool_choice": {"type": "any"}}, FABLES | LATE),
    ("forced tool", {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "look_up"}}, FABLES | LATE),
    ("effort", {"output_config": {"effort": "low"}}, V4_5 - {"claude-opus-4-5-20251101"}),
    ("effort xhigh", {"output_config": EFFORT}, V4_5 | V4_6),
    ("effort max", {"output_config": {"effort": "max"}}, V4_5),
    ("inference_geo", {"inference_geo": "us"}, V4_5),
    (
        "fast",
        {"speed": "fast"},
        SERVED
        - {"claude-fable-5-2", "claude-mythos-5-2", "claude-opus-5-5", "claude-opus-5", "claude-opus-4-8"}
        - {"claude-opus-4-6"},
    ),
    ("output above 64,000", {"max_tokens": 64_001}, V4_5),
    ("output above 128,000", {"max_tokens": 128_001}, SERVED),
    (
        "system message",
        {"messages": [USER, {"role": "system", "content": "Be brief."}]},
        V4_5 | V4_6 | {"claude-sonnet-5"},
    ),
    (
        "old computer tool",
        {"tools": [{"type": "computer_20251124", "name": "computer"}]},
        FABLES | LATE | {"claude-haiku-5-5"},
    ),
]


@pytest.mark.parametrize(("feature", "part", "refusing"), REJECTED, ids=[row[0] for row in REJECTED])
def test_a_feature_is_refused_by_exactly_the_models_that_do_not_take_it(
    practice: Practice, feature: str, part: dict[str, Any], refusing: set[str]
) -> None:
    """Every model is asked; the set of those that answer 400 is the documented one."""
    found = set()
    for model in SERVED:
        reply = practice.post({**BASE, "model": model, **part})
        assert reply.status in {200, 400}, reply.json
        if reply.status == 400:
            found.add(model)
    assert found == refusing


def test_a_prompt_over_the_context_is_refused_by_the_smaller_models(practice: Practice) -> None:
    """A prompt above 200k tokens fits the 1M models only; the message says both numbers."""
    body = {**BASE, "messages": [{"role": "user", "content": "x" * 700_000}]}
    for model in ("claude-haiku-4-5", "claude-haiku-5-5"):
        reply = practice.post({**body, "model": model})
        assert reply.status == (400 if model.endswith("4-5") else 200)
        if reply.status == 400:
            assert reply.error == "prompt is too long: 215389 tokens > 200000 maximum"


def test_a_full_context_stops_the_answer(practice: Practice) -> None:
    """What is left of the context limits the output, with a stop reason of its own."""
    body = {
        "model": "claude-haiku-4-5",
        "max_tokens": 60_000,
        "messages": [{"role": "user", "content": "x" * 649_980}],
    }
    reply = practice.post(body).json
    assert reply["stop_reason"] == "model_context_window_exceeded"
    assert reply["usage"]["input_tokens"] + reply["usage"]["output_tokens"] == 200_000


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k"])
def test_the_new_version_refuses_sampling_even_at_its_default(practice: Practice, name: str) -> None:
    """For every model, in counting too; under the old version the default passes."""
    for model in ("claude-haiku-4-5", "claude-haiku-5-5"):
        body = {**BASE, "model": model, name: 0 if name == "top_k" else 1}
        assert practice.post(body, **NEW).status == 400
        assert practice.post(body).status == 200
    count = {"model": "claude-haiku-4-5", "messages": [USER], name: 1}
    assert practice.post(count, path="/v1/messages/count_tokens", **NEW).status == 400


def test_the_new_version_refuses_documents_of_the_assistant_and_citations_of_the_user(
    practice: Practice,
) -> None:
    """Both are accepted under the old one."""
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "abc"}}
    cited = {"type": "text", "text": "abc", "citations": [{"type": "char_location"}]}
    for messages in (
        [USER, {"role": "assistant", "content": [document]}, USER],
        [{"role": "user", "content": [cited]}],
    ):
        assert practice.post({**BASE, "messages": messages}).status == 200
        assert practice.post({**BASE, "messages": messages}, **NEW).status == 400


@pytest.mark.parametrize("model", ["claude-nobody-9", "claude-opus-4-1", "claude-haiku-5-5[1m]", ""])
def test_a_model_that_is_unknown_or_retired_is_404(practice: Practice, model: str) -> None:
    """The message names it; a context suffix is the client's to strip."""
    reply = practice.post({**BASE, "model": model})
    assert (reply.status, reply.error) == (404, f"model: {model}")


def test_thinking_and_what_excludes_it(practice: Practice) -> None:
    """A forced tool, sampling, a small limit and a prefill do not go with explicit thinking."""
    on = {"type": "enabled", "budget_tokens": 1024}
    old = {**BASE, "model": "claude-haiku-4-5", "max_tokens": 3000, "thinking": on}
    assert practice.post(old).status == 200
    for part in (
        {"tools": [TOOL], "tool_choice": {"type": "any"}},
        {"temperature": 0.5},
        {"top_k": 3},
        {"top_p": 0.9},
        {"max_tokens": 1024},
        {"messages": [USER, {"role": "assistant", "content": "Well"}]},
        {"thinking": {"type": "enabled", "budget_tokens": 1023}},
    ):
        assert practice.post({**old, **part}).status == 400, part
    assert practice.post({**old, "top_p": 0.96}).status == 200


def test_a_warm_up_writes_the_cache_and_answers_nothing(practice: Practice) -> None:
    """max_tokens 0 bills the prompt alone; it does not go with a stream, a format, or forced tools."""
    system = [{"type": "text", "text": "rule " * 400, "cache_control": {"type": "ephemeral"}}]
    warm = {**BASE, "max_tokens": 0, "system": system}
    reply = practice.post(warm).json
    assert (reply["content"], reply["stop_reason"], reply["usage"]["output_tokens"]) == ([], "max_tokens", 0)
    assert practice.usage({**warm, "max_tokens": 50})["read"] > 0
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    for part in (
        {"stream": True},
        {"output_config": {"format": {"type": "json_schema", "schema": schema}}},
        {"tools": [TOOL], "tool_choice": {"type": "any"}},
        {"model": "claude-opus-4-6", "thinking": {"type": "enabled", "budget_tokens": 1024}},
    ):
        assert practice.post({**warm, **part}).status == 400, part


def test_effort_may_be_set_in_mid_conversation_under_its_beta(practice: Practice) -> None:
    """The models that offer it take a system message with an effort, and it changes what they think."""
    beta = {"anthropic_beta": "mid-conversation-output-config-2026-07-01"}
    question = {"role": "user", "content": "Why?"}
    change = {"role": "system", "content": [], "output_config": {"effort": "max"}}
    turns = [USER, {"role": "assistant", "content": "Hello."}, change, question]
    body = {**BASE, "max_tokens": 9000, "messages": turns}
    more = practice.post(body, **beta).json["usage"]["output_tokens_details"]["thinking_tokens"]
    plain = {**body, "messages": [turn for turn in turns if turn is not change]}
    assert more > practice.post(plain).json["usage"]["output_tokens_details"]["thinking_tokens"]
    assert practice.post(body).status == 400
    for model in ("claude-opus-4-8", "claude-fable-5-2"):
        assert practice.post({**body, "model": model}, **beta).status == (400 if model.endswith("8") else 200)
    assert practice.post({**body, "thinking": OFF}, **beta).status == 400
    wrong: list[Any] = [{"effort": "huge"}, {}, {"effort": "low", "format": None}]
    for config in wrong:
        bad = [USER, {"role": "system", "content": [], "output_config": config}, question]
        assert practice.post({**body, "messages": bad}, **beta).status == 400
    on_user = [{**USER, "output_config": {"effort": "low"}}]
    assert practice.post({**body, "messages": on_user}, **beta).status == 400
    empty = [USER, {"role": "system", "content": []}, question]
    assert practice.post({**body, "messages": empty}).status == 400


def test_beta_fields_are_known_only_with_their_beta(practice: Practice) -> None:
    """With it they pass; a thread is declined in the way that makes the client go on without."""
    body = {**BASE, "fallbacks": [{"model": "claude-opus-5"}]}
    assert practice.post(body).status == 400
    assert practice.post(body, anthropic_beta="x, server-side-fallback-2026-07-01").status == 200
    reply = practice.post({**BASE, "thread": {"type": "create"}}, anthropic_beta="message-threads-2026-08-12")
    assert reply.json["error"]["details"] == {
        "error_code": "thread_unsupported_request",
        "unsupported": ["thread"],
    }


def test_counting_knows_no_output_fields(practice: Practice) -> None:
    """max_tokens and stream are not part of count_tokens."""
    count = {"model": "claude-haiku-5-5", "messages": [USER]}
    assert practice.post(count, path="/v1/messages/count_tokens").json == {"input_tokens": 7}
    for name, value in (("max_tokens", 5), ("stream", False), ("temperature", 1)):
        assert practice.post({**count, name: value}, path="/v1/messages/count_tokens").status == 400


def test_at_most_four_breakpoints_and_the_long_ones_first(practice: Practice) -> None:
    """Five marks, an hour after five minutes, and a mark on nothing are refused; nested marks count."""
    short, long = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}

    def text(control: Json) -> dict[str, Any]:
        return {"type": "text", "text": "a", "cache_control": control}

    def asked(*controls: Json, **more: Json) -> Reply:
        return practice.post({**BASE, "system": [text(control) for control in controls], **more})

    assert asked(*[short] * 4).status == 200
    assert "maximum of 4" in asked(*[short] * 5).error
    assert "maximum of 4" in asked(*[short] * 4, cache_control=short).error
    assert asked(long, short).status == 200
    assert "must not come after" in asked(short, long).error
    assert "must not come after" in asked(short, cache_control=long).error
    call = {"type": "tool_use", "id": "t", "name": "look_up", "input": {}}
    plain = {"type": "text", "text": "b"}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [plain, text(long)]}
    turns = [USER, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    assert asked(long, messages=turns).status == 200
    assert "messages.2.content.0.content.1" in asked(short, messages=turns).error
