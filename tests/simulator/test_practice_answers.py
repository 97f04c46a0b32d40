"""Answers: limits, stop sequences, thinking, tools and schemas."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.simulator import thinking, tokens
from modelmix.simulator.schema_example import example
from simulator.practice import Json, Practice

USER = {"role": "user", "content": "Tell me."}
HAIKU: dict[str, Any] = {"model": "claude-haiku-5-5", "max_tokens": 3000, "messages": [USER]}
PLAIN = {**HAIKU, "thinking": {"type": "disabled"}}
TOOL = {
    "name": "look_up",
    "input_schema": {"type": "object", "properties": {"words": {"type": "string", "minLength": 400}}},
}


def text(message: Json) -> str:
    """Return the text of a message."""
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


def test_the_same_request_gets_the_same_answer_and_another_one_another(practice: Practice) -> None:
    """Fixed by seed, model and content."""
    answers = [text(practice.post(PLAIN).json) for _ in range(2)]
    assert answers[0] == answers[1]
    assert text(practice.post({**PLAIN, "messages": [{**USER, "content": "More."}]}).json) != answers[0]
    assert text(practice.post(PLAIN, x_simulate_seed="5").json) != answers[0]
    assert text(practice.post({**PLAIN, "model": "claude-opus-5"}).json) != answers[0]


@pytest.mark.parametrize("limit", [1, 2, 10, 25])
def test_the_limit_cuts_the_answer(practice: Practice, limit: int) -> None:
    """Output equals the limit, the stop reason says so, and what is left is the beginning."""
    whole = text(practice.post(PLAIN).json)
    message = practice.post({**PLAIN, "max_tokens": limit}).json
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("max_tokens", limit)
    assert whole.startswith(text(message))


def test_thinking_can_use_up_the_limit(practice: Practice) -> None:
    """Then no text comes, and every token of the output is thinking."""
    message = practice.post({**HAIKU, "max_tokens": 20}).json
    assert [block["type"] for block in message["content"]] == ["thinking"]
    assert message["usage"]["output_tokens_details"]["thinking_tokens"] == 20


def test_a_stop_sequence_ends_the_text_before_it(practice: Practice) -> None:
    """The earliest one counts; one that does not occur changes nothing."""
    whole = text(practice.post(PLAIN).json)
    message = practice.post({**PLAIN, "stop_sequences": ["practice", "synthetic", "zzz"]}).json
    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "synthetic")
    assert text(message) == whole[: whole.index("synthetic")]
    assert practice.post({**PLAIN, "stop_sequences": ["zzz"]}).json["stop_reason"] == "end_turn"
    nothing = practice.post({**PLAIN, "stop_sequences": ["This"]}).json
    assert nothing["content"] == []
    events = practice.post({**PLAIN, "stop_sequences": ["This"], "stream": True}).events
    assert [event["type"] for event in events] == ["message_start", "ping", "message_delta", "message_stop"]


def test_more_effort_means_more_thinking(practice: Practice) -> None:
    """Thinking tokens rise with the level and are part of the output."""
    counts = []
    for level in ("low", "medium", "high", "xhigh", "max"):
        usage = practice.post({**HAIKU, "output_config": {"effort": level}}).json["usage"]
        counts.append(usage["output_tokens_details"]["thinking_tokens"])
        assert counts[-1] < usage["output_tokens"]
    assert counts == sorted(set(counts))


def test_thinking_follows_the_model_and_the_request(practice: Practice) -> None:
    """On by default where it is, off where it is switched off, within a budget, shown where asked."""

    def thought(**part: Json) -> list[str]:
        message = practice.post({**HAIKU, **part}).json
        return [block["thinking"] for block in message["content"] if block["type"] == "thinking"]

    assert thought() == [""]
    assert thought(thinking={"type": "disabled"}) == []
    assert thought(model="claude-opus-4-8") == []
    assert thought(model="claude-opus-4-8", thinking={"type": "adaptive"}) == [""]
    assert thought(model="claude-sonnet-5-5", thinking={"type": "between_tools"}) == []
    assert "Synthetic" in thought(thinking={"type": "adaptive", "display": "summarized"})[0]
    budget = {"type": "enabled", "budget_tokens": 1024}
    assert "Synthetic" in thought(model="claude-opus-4-6", thinking=budget)[0]


def test_a_forced_tool_is_called_and_a_free_one_when_it_is_named(practice: Practice) -> None:
    """With none it is not; server tools are never called; a limit that is too small ends without a call."""

    def reason(**part: Json) -> str:
        return str(practice.post({**HAIKU, "tools": [TOOL], **part}).json["stop_reason"])

    ask = [{"role": "user", "content": "Use look_up."}]
    assert reason(tool_choice={"type": "any"}) == "tool_use"
    assert reason(tool_choice={"type": "tool", "name": "look_up"}) == "tool_use"
    assert reason(messages=ask) == "tool_use"
    assert reason(messages=ask, tool_choice={"type": "none"}) == "end_turn"
    assert reason() == "end_turn"
    assert reason(tools=[{"type": "web_search_20250305", "name": "look_up"}], messages=ask) == "end_turn"
    assert reason(tool_choice={"type": "any"}, max_tokens=50) == "max_tokens"


def test_a_tool_with_the_fields_of_a_form_gets_the_fields(practice: Practice) -> None:
    """Extraction by a forced tool is the same task as extraction by a schema."""
    from modelmix.core.candidate import Candidate
    from modelmix.simulator import world

    prompt = next(world.prompts(2, 1, "form-extraction"))
    schema = prompt.body["output_config"]["format"]["schema"]
    body = {
        **prompt.body,
        "model": "claude-haiku-5-5",
        "tools": [{"name": "save", "input_schema": schema}],
        "tool_choice": {"type": "tool", "name": "save"},
    }
    del body["output_config"]
    call = practice.post(body).json["content"][0]
    assert json.dumps(call["input"]) == world.answer(prompt, Candidate("claude-haiku-5-5"), 1)
    odd = {"name": "save", "input_schema": {"type": "object", "const": 3}}
    assert practice.post({**body, "tools": [odd]}).json["content"][0]["input"] == {}


def test_thinking_blocks_go_back_to_models_that_read_them(practice: Practice) -> None:
    """The maker counts them, a model that cannot read them drops them, and neither is an error."""
    first = practice.post({**HAIKU, "thinking": {"type": "adaptive", "display": "summarized"}}).json
    turns = [USER, {"role": "assistant", "content": first["content"]}, {"role": "user", "content": "Go on."}]
    plain = [
        USER,
        {"role": "assistant", "content": first["content"][1:]},
        {"role": "user", "content": "Go on."},
    ]

    def count(model: str, messages: Json) -> int:
        body = {"model": model, "messages": messages}
        return int(practice.post(body, path="/v1/messages/count_tokens").json["input_tokens"])

    for model in ("claude-haiku-5-5", "claude-opus-5-5", "claude-sonnet-5-5"):
        assert count(model, turns) > count(model, plain)
    for model in ("claude-fable-5-2", "claude-fable-5-1", "claude-haiku-4-5"):
        assert count(model, turns) == count(model, plain)


def test_an_edited_history_breaks_the_binding(practice: Practice) -> None:
    """What stood before a block must not change, unless the client asks for a drop."""
    beta = {"anthropic_beta": "thinking-binding-controls-2026-08-01"}
    asked = {**HAIKU, "system": "Be brief."}
    made = practice.post(asked).json["content"]
    turns = [USER, {"role": "assistant", "content": made}, {"role": "user", "content": "Go on."}]
    assert practice.post({**asked, "messages": turns}).status == 200
    assert practice.post({**asked, "messages": turns, "cache_control": {"type": "ephemeral"}}).status == 200
    for edited in (
        {**asked, "system": "Be long.", "messages": turns},
        {**asked, "messages": [{**USER, "content": "Tell us."}, *turns[1:]]},
        {**asked, "tools": [TOOL], "messages": turns},
    ):
        assert "bound to a different conversation" in practice.post(edited).error
        drop = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
        assert practice.post({**edited, "thinking": drop}, **beta).status == 200
        assert practice.post({**edited, "model": "claude-opus-5"}).status == 200


def test_a_signature_must_be_genuine_and_its_text_unedited(practice: Practice) -> None:
    """Junk, another's text, and a payload of the wrong shape are refused."""
    good = thinking.sign("claude-haiku-5-5", "p", "text")
    assert thinking.read(good, "text") == thinking.Signature("claude-haiku-5-5", "p")
    assert thinking.read(good, "edited") is None
    shapes = [json.dumps([1, "p", "x"]), json.dumps(["m", 2, "x"]), json.dumps(5), "[", "[1]"]
    for junk in ["", "x", "é", *(base64.b64encode(shape.encode()).decode() for shape in shapes)]:
        assert thinking.read(junk, "text") is None
        block = {"type": "thinking", "thinking": "text", "signature": junk}
        turns = [USER, {"role": "assistant", "content": [block, {"type": "text", "text": "a"}]}, USER]
        assert "Invalid `signature`" in practice.post({**HAIKU, "messages": turns}).error


@pytest.mark.parametrize(
    ("reader", "maker", "reads"),
    [
        ("claude-fable-5-2", "claude-mythos-5-2", True),
        ("claude-fable-5-2", "claude-opus-5-5", False),
        ("claude-fable-5-1", "claude-opus-5-5", True),
        ("claude-fable-5-1", "claude-sonnet-5-5", False),
        ("claude-opus-5-5", "claude-sonnet-5-5", True),
        ("claude-opus-5-5", "claude-fable-5", False),
        ("claude-sonnet-5-5", "claude-opus-5", False),
        ("claude-sonnet-5-5", "claude-haiku-4-5-20251001", True),
        ("claude-haiku-5-5", "claude-haiku-5-5", True),
        ("claude-haiku-5-5", "claude-opus-5-5", False),
    ],
)
def test_who_reads_whose_thinking(reader: str, maker: str, reads: bool) -> None:
    """The documented pairs; everything else counts as not read."""
    assert thinking.reads(reader, maker) is reads


def test_diagnostics_are_answered_where_asked(practice: Practice) -> None:
    """Asked for, they are there; their comparison is still pending, which the API documents as null."""
    body = {**HAIKU, "diagnostics": {"previous_message_id": None}}
    assert practice.post(body).json["diagnostics"] == {"cache_miss_reason": None}
    assert practice.post(HAIKU).json["diagnostics"] is None


def test_speed_and_place_are_reported_as_used(practice: Practice) -> None:
    """Fast where it is, standard where it is silently ignored; the region or why there is none."""

    def usage(model: str, **part: Json) -> dict[str, str]:
        return dict(practice.post({**HAIKU, "model": model, **part}).json["usage"])

    assert usage("claude-opus-5-5", speed="fast")["speed"] == "fast"
    assert usage("claude-opus-4-6", speed="fast")["speed"] == "standard"
    assert usage("claude-opus-5-5", inference_geo="us")["inference_geo"] == "us"
    assert usage("claude-opus-5-5")["inference_geo"] == "global"
    assert usage("claude-haiku-4-5")["inference_geo"] == "not_available"


def test_every_kind_of_block_is_counted(practice: Practice) -> None:
    """Images have a fixed size, documents go by their data, tool results by what is in them."""

    def count(*blocks: Json) -> int:
        call = {"type": "tool_use", "id": "t", "name": "look_up", "input": {"a": 1}}
        turns = [USER, {"role": "assistant", "content": [call]}, {"role": "user", "content": list(blocks)}]
        body = {"model": "claude-haiku-5-5", "messages": turns, "tools": [TOOL]}
        reply = practice.post(body, path="/v1/messages/count_tokens")
        assert reply.status == 200, reply.json
        return int(reply.json["input_tokens"])

    result = {"type": "tool_result", "tool_use_id": "t"}
    bare = count(result)
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 8000}}
    assert count(result, image) == bare + 1500
    assert count(result, {"type": "text", "text": "abcde"}) == bare + 2
    assert count({**result, "content": [image]}) > 1500
    assert count({**result, "content": "abcde"}) > bare
    pdf = {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": "A" * 64_000},
    }
    assert count(result, pdf) == bare + 4000
    parts = [{"type": "text", "text": "abcde"}, {"type": "text", "text": "abcde"}]
    for source, size in (
        ({"type": "text", "media_type": "text/plain", "data": "abcde"}, 2),
        ({"type": "content", "content": parts}, 4),
        ({"type": "content", "content": "abcde"}, 2),
        ({"type": "url", "url": "abcde"}, 2),
        ({"type": "file", "file_id": "abcde"}, 2),
    ):
        assert count(result, {"type": "document", "source": source}) == bare + size


@given(st.text(), st.booleans())
def test_tokens_grow_with_the_text_and_shrink_with_the_old_tokenizer(value: str, new: bool) -> None:
    """About 30 per cent fewer before Opus 4.7; a cut to so many tokens never counts more."""
    count = tokens.of_text(value, new_tokenizer=new)
    assert (count == 0) == (value == "")
    assert tokens.of_text(value, new_tokenizer=True) >= tokens.of_text(value, new_tokenizer=False)
    assert tokens.of_text(value * 2, new_tokenizer=new) <= 2 * count
    assert tokens.of_bytes(tokens.to_bytes(count, new_tokenizer=new), new_tokenizer=new) <= count


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 3}, 3),
        ({"default": "a", "type": "string"}, "a"),
        ({"enum": ["x", "y"]}, "x"),
        ({"type": "string", "format": "date"}, "2026-11-23"),
        ({"type": "string", "maxLength": 3}, "syn"),
        ({"type": "string", "minLength": 12}, "synthetic..."),
        ({"type": ["null", "integer"]}, 1),
        ({"type": ["null"]}, None),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "number", "exclusiveMaximum": 0}, -1),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"type": "array", "minItems": True}, [None]),
        ({"type": "array", "minItems": 10**9}, [None] * 64),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 1),
        ({"oneOf": [{"const": 7}]}, 7),
        (
            {"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}, 3]},
            {"a": 1, "b": 2},
        ),
        ({"$defs": {"n": {"const": 4}}, "properties": {"a": {"$ref": "#/$defs/n"}}}, {"a": 4}),
        ({"$ref": "#/nowhere/at/all"}, None),
        ({"type": "object", "properties": "odd"}, {}),
        (True, None),
        ({}, {}),
    ],
    ids=str,
)
def test_an_example_conforms_to_its_schema(schema: object, value: object) -> None:
    """The understood keywords, one by one."""
    assert example(schema) == value


def test_a_recursive_schema_ends() -> None:
    """At its first optional point, or with null."""
    tree = {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["next"],
    }
    found, depth = example(tree), 0
    while found["next"] is not None:
        found, depth = found["next"], depth + 1
    assert depth > 0
    endless = example({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]})
    assert json.dumps(endless).count("a") <= 24
    loop = {"$ref": "#"}
    assert example(loop) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "anyOf", "allOf", "enum", "$ref", "required", "minItems", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
)


@given(JSON)
def test_any_schema_gives_some_value(schema: object) -> None:
    """Nonsense schemas do not break the generator."""
    json.dumps(example(schema))
