"""Malformed bodies are refused with the place of the fault."""

from typing import Any

import pytest

from simulator.practice import Json, Practice

USER = {"role": "user", "content": "Hello."}
TOOL = {"name": "look_up", "input_schema": {"type": "object", "properties": {}}}
BASE: dict[str, Any] = {"model": "claude-haiku-5-5", "max_tokens": 100, "messages": [USER]}


def said(*content: Json) -> dict[str, Any]:
    """Return the messages of a user who said this."""
    return {"messages": [{"role": "user", "content": list(content)}]}


def image(source: Json) -> dict[str, Any]:
    """Return an image block."""
    return {"type": "image", "source": source}


def schema(value: Json) -> dict[str, Any]:
    """Return the part of a body that asks for this schema."""
    return {"output_config": {"format": {"type": "json_schema", "schema": value}}}


BAD: list[tuple[str, dict[str, Any]]] = [
    ("model: Field required", {"model": ...}),
    ("max_tokens: Field required", {"max_tokens": ...}),
    ("messages: Field required", {"messages": ...}),
    ("model: Input should be a valid string", {"model": 5}),
    ("max_tokens: Input should be a valid integer", {"max_tokens": 1.5}),
    ("max_tokens: Input should be a valid integer", {"max_tokens": True}),
    ("max_tokens: Input should be greater than or equal to 0", {"max_tokens": -1}),
    ("messages: Input should be a valid list", {"messages": {}}),
    ("messages: at least one message is required", {"messages": []}),
    ("messages.0: Input should be a valid dictionary", {"messages": ["hi"]}),
    ("messages.0.content: Field required", {"messages": [{"role": "user"}]}),
    (
        "messages.0.role: Input should be 'user', 'assistant' or 'system'",
        {"messages": [{"role": "tool", "content": "a"}]},
    ),
    (
        "messages.0.content: Input should be a valid string or list",
        {"messages": [{"role": "user", "content": 3}]},
    ),
    ("messages.0.name: Extra inputs are not permitted", {"messages": [{**USER, "name": "x"}]}),
    (
        'messages: first message must use the "user" role',
        {"messages": [{"role": "assistant", "content": "a"}, USER]},
    ),
    ("messages.0: all messages must have non-empty content", {"messages": [{"role": "user", "content": ""}]}),
    ("messages.0: all messages must have non-empty content", said()),
    ("must contain non-whitespace text", {"messages": [{"role": "user", "content": "  "}]}),
    ("messages.0.content.0: Input should be a valid dictionary", said("a")),
    ("messages.0.content.0.type: Field required", said({"text": "a"})),
    ("messages.0.content.0: Input tag 'foo'", said({"type": "foo"})),
    ("messages.0.content.0.text: Field required", said({"type": "text"})),
    ("Input tag 'thinking'", said({"type": "thinking", "thinking": "", "signature": ""})),
    ("source: Input should be a valid dictionary", said(image(1))),
    ("source.type: Input should be 'base64', 'url' or 'file'", said(image({}))),
    ("source.data: Field required", said(image({"type": "base64"}))),
    ("source.url: Input should be a valid string", said(image({"type": "url", "url": 1}))),
    (
        "source.content.0: Input tag",
        said({"type": "document", "source": {"type": "content", "content": [{"type": "tool_use"}]}}),
    ),
    ("unexpected `tool_use_id`", said({"type": "tool_result", "tool_use_id": "t1"})),
    (
        "without `tool_result` blocks",
        {
            "messages": [
                USER,
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "t1", "name": "a", "input": {}}],
                },
                USER,
            ]
        },
    ),
    (
        "final assistant content cannot end with trailing whitespace",
        {"model": "claude-haiku-4-5", "messages": [USER, {"role": "assistant", "content": "a "}]},
    ),
    ("temperature: range: 0..1", {"temperature": 1.2}),
    ("temperature: Input should be a valid number", {"temperature": "hot"}),
    ("top_k: Input should be greater than or equal to 0", {"top_k": -1}),
    ("banana: Extra inputs are not permitted", {"banana": 1}),
    ("thread: Extra inputs are not permitted", {"thread": {"type": "create"}}),
    ("stream: Input should be a valid boolean", {"stream": "yes"}),
    ("system: Input should be a valid string or list", {"system": 7}),
    ("system.0: Input tag 'image'", {"system": [{"type": "image"}]}),
    ("system: text content blocks must be non-empty", {"system": [{"type": "text", "text": ""}]}),
    ("stop_sequences: Input should be a valid list", {"stop_sequences": "END"}),
    ("stop_sequences.0: Input should be a valid string", {"stop_sequences": [1]}),
    ("each stop sequence must contain non-whitespace", {"stop_sequences": [" "]}),
    ("metadata.user_id: String should have at most 256 characters", {"metadata": {"user_id": "u" * 257}}),
    ("metadata.name: Extra inputs", {"metadata": {"name": "x"}}),
    ("service_tier: Input should be 'auto' or 'standard_only'", {"service_tier": "batch"}),
    ("speed: Input should be 'standard' or 'fast'", {"speed": "warp"}),
    ("inference_geo: Input should be 'global' or 'us'", {"inference_geo": "eu"}),
    ("diagnostics.x: Extra inputs", {"diagnostics": {"x": 1}}),
    ("thinking: Input should be a valid dictionary", {"thinking": None}),
    ("thinking: Input tag 'deep'", {"thinking": {"type": "deep"}}),
    ("thinking.budget_tokens: Field required", {"thinking": {"type": "enabled"}}),
    ("thinking.block_binding: Extra inputs", {"thinking": {"type": "adaptive", "block_binding": {}}}),
    ("thinking.display: Input should be", {"thinking": {"type": "adaptive", "display": "loud"}}),
    (
        "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
        {"output_config": {"effort": "huge"}},
    ),
    ("output_config.task_budget: Extra inputs", {"output_config": {"task_budget": {}}}),
    ("output_config.format.schema: Field required", {"output_config": {"format": {"type": "json_schema"}}}),
    ("output_config.format: Input should be a valid dictionary", {"output_config": {"format": "json"}}),
    ("output_config.format.schema: Input should be a valid dictionary", schema(["type"])),
    ("'additionalProperties' must be explicitly set to false", schema({"type": "object"})),
    (
        "'additionalProperties' must be explicitly set to false",
        schema({"anyOf": [{"type": ["object", "null"]}]}),
    ),
    ("tools: Input should be a valid list", {"tools": {}}),
    ("tools.0: Input should be a valid dictionary", {"tools": [1]}),
    ("tools.0.input_schema: Field required", {"tools": [{"name": "a"}]}),
    ("tools.0.input_schema.type: Field required", {"tools": [{"name": "a", "input_schema": {}}]}),
    (
        "tools.0.input_schema.type: Input should be 'object'",
        {"tools": [{"name": "a", "input_schema": {"type": "string"}}]},
    ),
    ("tools.0.name: String should match pattern", {"tools": [{**TOOL, "name": "a b"}]}),
    ("tools.0.name: Input should be a valid string", {"tools": [{**TOOL, "name": 5}]}),
    ("tools.0.input_schema: Input should be a valid dictionary", {"tools": [{**TOOL, "input_schema": 5}]}),
    ("tools: Tool names must be unique.", {"tools": [TOOL, TOOL]}),
    ("'additionalProperties' must be", {"tools": [{**TOOL, "strict": True}]}),
    ("tool_choice may only be specified while providing tools", {"tool_choice": {"type": "auto"}}),
    ("tool_choice: Input should be a valid dictionary", {"tool_choice": "auto", "tools": [TOOL]}),
    ("tool_choice.type: Input should be", {"tool_choice": {"type": "maybe"}, "tools": [TOOL]}),
    ("Tool 'other' not found", {"tool_choice": {"type": "tool", "name": "other"}, "tools": [TOOL]}),
    ("cache_control.type: Input should be 'ephemeral'", {"cache_control": {"type": "forever"}}),
    (
        "cache_control.ttl: Input should be '5m' or '1h'",
        {"cache_control": {"type": "ephemeral", "ttl": "2h"}},
    ),
    (
        "cache_control.ttl: a ttl='1h' cache_control must not come after a ttl='5m' one",
        {
            "cache_control": {"type": "ephemeral", "ttl": "1h"},
            "system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}],
        },
    ),
]


@pytest.mark.parametrize(("message", "part"), BAD)
def test_a_malformed_body_is_refused_with_its_place(
    practice: Practice, message: str, part: dict[str, Any]
) -> None:
    """400 invalid_request_error, naming the field."""
    body = {name: value for name, value in {**BASE, **part}.items() if value is not ...}
    reply = practice.post(body)
    assert (reply.status, reply.json["error"]["type"]) == (400, "invalid_request_error"), reply.json
    assert message in reply.error


def test_more_messages_than_the_api_takes_are_refused(practice: Practice) -> None:
    """The documented limit is 100,000."""
    assert "at most 100000 messages" in practice.post({**BASE, "messages": [USER] * 100_001}).error


def test_a_prefill_does_not_go_with_structured_output(practice: Practice) -> None:
    """Even where the model takes a prefill."""
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    body = {
        **BASE,
        "model": "claude-haiku-4-5",
        "messages": [USER, {"role": "assistant", "content": "{"}],
        "output_config": {"format": {"type": "json_schema", "schema": schema}},
    }
    assert "structured outputs are not supported with assistant message prefill" in practice.post(body).error


def test_values_inside_a_schema_are_not_schemas(practice: Practice) -> None:
    """An object in an enum or a default needs not close itself; an empty text cannot be marked."""
    schema = {
        "type": "object",
        "properties": {"a": {"enum": [{"type": "object"}]}},
        "default": {"type": "object"},
        "additionalProperties": False,
    }
    body = {**BASE, "output_config": {"format": {"type": "json_schema", "schema": schema}}}
    assert practice.post(body).status == 200
    document = {"type": "document", "source": {"type": "text", "data": "a"}, "cache_control": None}
    empty = {"type": "text", "text": "", "cache_control": {"type": "ephemeral"}}
    turns = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": []},
        {"role": "user", "content": "b"},
    ]
    assert practice.post({**BASE, "messages": [{"role": "user", "content": [document]}]}).status == 200
    assert practice.post({**BASE, "messages": [{"role": "user", "content": [empty]}]}).status == 400
    assert practice.post({**BASE, "messages": turns}).status == 400


@pytest.mark.parametrize("body", [b"[]", b"3", b"null", b'"x"'])
def test_a_body_that_is_no_object_is_refused(practice: Practice, body: bytes) -> None:
    """JSON of another type is a malformed request."""
    assert practice.post(body).error == "Input should be a valid dictionary"
