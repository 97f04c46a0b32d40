"""Whatever is sent, the practice API answers in its own words and never with 500."""

import asyncio
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelmix.simulator import request_shape
from modelmix.simulator.app import app
from modelmix.simulator.behaviour import MODELS
from modelmix.simulator.dialect import VERSIONS, Dialect
from modelmix.simulator.failure import Failure
from modelmix.simulator.field import CACHE_CONTROL
from modelmix.simulator.request import understand
from modelmix.simulator.settings import Settings
from simulator.practice import Json

SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 200_000) | st.floats(allow_nan=False) | st.text(max_size=8)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)
CONTROL = st.sampled_from([None, {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}])
TEXT = st.sampled_from(
    ["hello", "Task kind: ticket-triage.", "<document>\nx\n</document>", " ", "", "look_up"]
)
SOURCE = st.sampled_from(
    [
        {"type": "base64", "media_type": "image/png", "data": "AAAA"},
        {"type": "url", "url": "https://example.com/a"},
        {"type": "text", "media_type": "text/plain", "data": "abc"},
        {"type": "content", "content": [{"type": "text", "text": "abc"}]},
        {"type": "file", "file_id": "f1"},
    ]
)
BLOCK = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXT}, optional={"cache_control": CONTROL}),
    st.fixed_dictionaries({"type": st.sampled_from(["image", "document"]), "source": SOURCE}),
    st.fixed_dictionaries({"type": st.just("tool_use"), "id": TEXT, "name": TEXT, "input": st.just({})}),
    st.fixed_dictionaries(
        {"type": st.just("tool_result"), "tool_use_id": TEXT},
        optional={
            "content": st.just([{"type": "text", "text": "r", "cache_control": {"type": "ephemeral"}}])
        },
    ),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": TEXT, "signature": TEXT}),
    st.fixed_dictionaries({"type": st.text(max_size=8)}),
    JSON,
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"]), "content": TEXT | st.lists(BLOCK, max_size=3)},
    optional={"output_config": st.just({"effort": "low"})},
)
SCHEMA = st.sampled_from(
    [
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "additionalProperties": False},
        {"type": "array"},
        {},
    ]
)
TOOL = st.fixed_dictionaries(
    {"name": st.sampled_from(["look_up", "b"]), "input_schema": SCHEMA},
    optional={"strict": st.booleans(), "x": JSON},
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "system": TEXT | st.lists(BLOCK, max_size=3),
    "tools": st.lists(TOOL | JSON, max_size=2),
    "tool_choice": st.fixed_dictionaries(
        {"type": st.sampled_from(["auto", "any", "tool", "none"])}, optional={"name": TEXT}
    ),
    "thinking": st.fixed_dictionaries(
        {"type": st.sampled_from(["adaptive", "enabled", "disabled", "between_tools"])},
        optional={"budget_tokens": st.integers(0, 5000), "display": TEXT},
    ),
    "output_config": st.fixed_dictionaries(
        {},
        optional={
            "effort": st.sampled_from(["low", "max", None, "no"]),
            "format": st.fixed_dictionaries({"type": st.just("json_schema"), "schema": SCHEMA}),
        },
    ),
    "cache_control": CONTROL,
    "stop_sequences": st.lists(TEXT, max_size=2),
    "stream": st.booleans(),
    "speed": st.sampled_from(["fast", "standard", None]),
    "inference_geo": st.sampled_from(["us", "global", None]),
    "metadata": st.just({"user_id": "u"}),
    "diagnostics": st.just({"previous_message_id": None}),
    "temperature": st.sampled_from([0, 0.5, 1]),
}
BODY = st.fixed_dictionaries(
    {
        "model": st.sampled_from([*MODELS, "claude-haiku-4-5"]),
        "max_tokens": st.integers(0, 3000),
        "messages": st.lists(MESSAGE, min_size=1, max_size=4),
    },
    optional={name: strategy | JSON if name != "stream" else strategy for name, strategy in FIELDS.items()},
)
HEADERS = [(b"x-api-key", b"k"), (b"anthropic-version", b"2023-06-01")]
BETAS = frozenset({"mid-conversation-output-config-2026-07-01", "thinking-binding-controls-2026-08-01"})


def post(content: bytes) -> tuple[int, bytes]:
    """Post to a fresh practice API and return status and body."""
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/v1/messages", "headers": HEADERS}
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content}

    async def send(message: Json) -> None:
        sent.append(message)

    asyncio.run(app(Settings(clock=lambda: 0.0))(scope, receive, send))
    return sent[0]["status"], b"".join(message["body"] for message in sent[1:])


@given(BODY)
def test_a_plausible_body_is_answered_or_refused(body: dict[str, Any]) -> None:
    """Almost valid bodies get a message or an error of the client's, in the right envelope."""
    status, content = post(json.dumps(body).encode())
    assert status in {200, 400, 404}, content
    if status != 200:
        assert json.loads(content)["type"] == "error"
    elif body.get("stream"):
        assert content.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    else:
        assert json.loads(content)["type"] == "message"


@given(st.sampled_from(VERSIONS), st.sampled_from([frozenset(), BETAS]), st.booleans(), BODY)
def test_every_dialect_understands_or_refuses(
    version: str, betas: frozenset[str], counting: bool, body: dict[str, Any]
) -> None:
    """Under both versions, with and without betas, reading a body ends in a request or a failure."""
    found = understand(json.dumps(body).encode(), Dialect(version, betas, counting))
    assert isinstance(found, Failure) or found.prompt_tokens > 0


@given(st.lists(BLOCK, max_size=2), st.lists(BLOCK, max_size=3), st.booleans(), CONTROL)
def test_a_conversation_with_tools_is_answered_or_refused(
    before: list[Any], after: list[Any], bare: bool, control: Json
) -> None:
    """Paired calls and results with any blocks around them, marked or not."""
    call = {"type": "tool_use", "id": "t", "name": "look_up", "input": {}, "cache_control": control}
    result = {"type": "tool_result", "tool_use_id": "t", "cache_control": control}
    if not bare:
        result["content"] = after
    turns = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": [*before, call]},
        {"role": "user", "content": [result, *after]},
    ]
    status, content = post(
        json.dumps({"model": "claude-opus-5-5", "max_tokens": 900, "messages": turns}).encode()
    )
    assert status in {200, 400}, content


@given(BODY | JSON, st.booleans())
def test_all_complaints_about_any_body_can_be_listed(body: Json, counting: bool) -> None:
    """The API answers with the first; finding the others must not raise either."""
    for version in VERSIONS:
        wrong = list(request_shape.complaints(body, Dialect(version, BETAS, counting)))
        assert all(wrong)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_junk_is_refused(content: bytes) -> None:
    """Bytes that are no request at all are the client's error."""
    assert post(content)[0] == 400


@given(JSON)
def test_a_check_of_a_value_never_raises(value: object) -> None:
    """Any JSON value is judged; what is not null or a mark is complained of."""
    wrong = list(CACHE_CONTROL("cache_control", value))
    assert bool(wrong) == (value is not None)
