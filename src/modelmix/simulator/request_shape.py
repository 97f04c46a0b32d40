"""Request shape: what a body must look like, whatever the model."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from modelmix.core.candidate import Effort
from modelmix.simulator import field, message_shape, tool_shape
from modelmix.simulator.dialect import Dialect

MAX_BREAKPOINTS = 4
_MIN_BUDGET = 1024
_DISPLAY = field.nullable(field.one_of("summarized", "omitted", "updates"))
_BINDING_BETA = "thinking-binding-controls-"
# Beta fields and the beginning of the betas that unlock them; the practice API accepts them without effect.
_BETA_FIELDS = {
    "fallbacks": ("server-side-fallback-",),
    "fallback_credit_token": ("fallback-credit-",),
    "context_management": ("context-management-", "compact-"),
    "compaction": ("compact-",),
    "mcp_servers": ("mcp-client-",),
    "thread": ("message-threads-",),
    "billing_policy": ("billing-policy-",),
    "user_profile_id": ("user-profiles-",),
    "workspace_id": ("workspace-",),
}
_NOT_BATCHED = ("speed", "thread", "fallbacks")
_SAMPLING = {"temperature": field.share, "top_p": field.share, "top_k": field.whole(0)}


def _anything(place: str, value: object) -> Iterator[str]:
    del place, value
    return iter(())


def _system(place: str, value: object) -> Iterator[str]:
    if isinstance(value, list):
        for at, block in enumerate(value):
            yield from message_shape.block_complaints(f"{place}.{at}", block, {"text"})
            if isinstance(block, dict) and block.get("text") == "":
                yield f"{place}: text content blocks must be non-empty"
    elif not isinstance(value, str):
        yield f"{place}: Input should be a valid string or list"


def _stop_sequences(place: str, value: object) -> Iterator[str]:
    yield from field.array(place, value)
    for at, item in enumerate(value if isinstance(value, list) else ()):
        yield from field.text(f"{place}.{at}", item)
        if isinstance(item, str) and not item.strip():
            yield f"{place}: each stop sequence must contain non-whitespace"


def _user_id(place: str, value: object) -> Iterator[str]:
    yield from field.text(place, value)
    if isinstance(value, str) and len(value) > 256:  # noqa: PLR2004 - the documented limit
        yield f"{place}: String should have at most 256 characters"


_COMMON: dict[str, field.Check] = {
    "system": _system,
    "tools": _anything,
    "tool_choice": _anything,
    "thinking": _anything,
    "output_config": _anything,
    "cache_control": field.CACHE_CONTROL,
    "speed": field.nullable(field.one_of("standard", "fast")),
}
_CREATE_ONLY: dict[str, field.Check] = {
    "max_tokens": field.whole(0),
    "container": field.nullable(_anything),
    "diagnostics": field.nullable(field.record({}, {"previous_message_id": field.nullable(field.text)})),
    "inference_geo": field.nullable(field.one_of("global", "us")),
    "metadata": field.record({}, {"user_id": field.nullable(_user_id)}),
    "service_tier": field.one_of("auto", "standard_only"),
    "stop_sequences": _stop_sequences,
    "stream": field.boolean,
}


def complaints(body: object, dialect: Dialect) -> Iterator[str]:
    """Yield what is wrong with a body, most basic first; a body without complaints is well formed.

    Source: Messages API reference (2026-08-22), SDK 2.12.0, migration to 2026-10-21.
    """
    if not isinstance(body, dict):
        yield "Input should be a valid dictionary"
        return
    for name in ("model", "messages") if dialect.counting else ("model", "max_tokens", "messages"):
        if name not in body:
            yield f"{name}: Field required"
    if dialect.batched:
        yield from _batched(body)
    yield from _fields(body, dialect)
    yield from message_shape.complaints(body.get("messages"), dialect)
    yield from tool_shape.complaints(body)
    yield from _thinking(body, dialect)
    yield from _output_config(body, dialect)
    yield from _cache_control(body)


def _batched(body: Mapping[str, Any]) -> Iterator[str]:
    if body.get("stream") is True:
        yield '"stream=True" is not supported in the Message Batches API'
    for name in _NOT_BATCHED:
        if body.get(name) is not None:
            yield f"{name}: `{name}` is not supported in the Message Batches API"
    if body.get("max_tokens") == 0:
        yield "max_tokens: must be greater than or equal to 1"


def _fields(body: Mapping[str, Any], dialect: Dialect) -> Iterator[str]:
    known = {**_COMMON} if dialect.counting else {**_COMMON, **_CREATE_ONLY}
    for name, value in body.items():
        if name in _SAMPLING and dialect.is_new:
            yield f"{name}: `{name}` is not supported in anthropic-version {dialect.version}"
        elif name in _SAMPLING and not dialect.counting:
            yield from _SAMPLING[name](name, value)
        elif name == "model":
            yield from field.text(name, value)
        elif name in known:
            yield from known[name](name, value)
        elif name != "messages" and not dialect.has_beta(*_BETA_FIELDS.get(name, ())):
            yield f"{name}: Extra inputs are not permitted"


def _thinking(body: Mapping[str, Any], dialect: Dialect) -> Iterator[str]:
    if "thinking" not in body:
        return
    value = body["thinking"]
    wrong = list(field.mapping("thinking", value))
    kind = value.get("type") if isinstance(value, dict) else None
    binding = {"block_binding": field.mapping} if dialect.has_beta(_BINDING_BETA) else {}
    shapes = {
        "adaptive": field.record({"type": field.text}, {"display": _DISPLAY, **binding}),
        "enabled": field.record(
            {"type": field.text, "budget_tokens": field.whole(_MIN_BUDGET)}, {"display": _DISPLAY, **binding}
        ),
        "disabled": field.record({"type": field.text}, binding),
        "between_tools": field.record({"type": field.text}, {"display": _DISPLAY, **binding}),
    }
    if not wrong and (not isinstance(kind, str) or kind not in shapes):
        tags = ", ".join(f"'{tag}'" for tag in shapes)
        wrong.append(
            f"thinking: Input tag '{kind}' found using 'type' does not match any of the expected tags: {tags}"
        )
    if wrong:
        yield from wrong
        return
    yield from shapes[str(kind)]("thinking", value)
    budget, limit = value.get("budget_tokens"), body.get("max_tokens")
    if kind == "enabled" and isinstance(budget, int) and isinstance(limit, int) and 0 < limit <= budget:
        yield "`max_tokens` must be greater than `thinking.budget_tokens`."


def _output_config(body: Mapping[str, Any], dialect: Dialect) -> Iterator[str]:
    if "output_config" not in body:
        return
    check = _BUDGETED_OUTPUT if dialect.has_beta("task-budgets-") else _OUTPUT
    yield from check("output_config", body["output_config"])


def _format(place: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - decoded JSON
    yield from _JSON_SCHEMA(place, value)
    if isinstance(value, dict):
        yield from _schema(f"{place}.schema", msgspec.json.encode(value.get("schema")))


@lru_cache(maxsize=256)
def _schema(place: str, schema: bytes) -> tuple[str, ...]:
    # A program asks for the same few schemas again and again.
    return tuple(tool_shape.schema_complaints(place, msgspec.json.decode(schema)))


_JSON_SCHEMA = field.record({"type": field.one_of("json_schema"), "schema": field.mapping}, {})
_OUTPUT_FIELDS = {"effort": field.nullable(field.one_of(*Effort)), "format": field.nullable(_format)}
_OUTPUT = field.record({}, _OUTPUT_FIELDS)
_BUDGETED_OUTPUT = field.record({}, {**_OUTPUT_FIELDS, "task_budget": field.mapping})


def _cache_control(body: Mapping[str, Any]) -> Iterator[str]:
    marks = list(_marks(body))
    automatic = body.get("cache_control")
    count = len(marks) + (1 if automatic else 0)
    if count > MAX_BREAKPOINTS:
        yield f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {count}."
    short = False
    for place, block in marks:
        ttl = block["cache_control"].get("ttl", "5m")
        if block.get("type") == "text" and not block.get("text"):
            yield f"{place}.cache_control: cache_control cannot be set for empty text blocks"
        if ttl == "1h" and short:
            yield (
                f"{place}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
                "cache_control block. Note that blocks are processed in the following order: `tools`, "
                "`system`, `messages`."
            )
        short = short or ttl == "5m"
    if isinstance(automatic, dict) and automatic.get("ttl") == "1h" and short:
        yield "cache_control.ttl: a ttl='1h' cache_control must not come after a ttl='5m' one."


def _marks(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    messages = body.get("messages")
    levels = [("tools", body.get("tools")), ("system", body.get("system"))]
    for at, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if isinstance(message, dict) else None
        levels.append((f"messages.{at}.content", content))
    for place, level in levels:
        for at, block in enumerate(level if isinstance(level, list) else ()):
            if isinstance(block, dict):
                yield from _marked(f"{place}.{at}", block)


def _marked(place: str, block: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    inner = block.get("content") if block.get("type") == "tool_result" else None
    for at, part in enumerate(inner if isinstance(inner, list) else ()):
        if isinstance(part, dict) and isinstance(part.get("cache_control"), dict):
            yield f"{place}.content.{at}", part
    if isinstance(block.get("cache_control"), dict):
        yield place, block
