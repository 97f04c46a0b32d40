"""Tool shape: what tools, the tool choice and JSON schemas must look like."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelmix.simulator import field

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z")
_SERVER_TOOLS = (
    "bash_", "text_editor_", "computer_", "web_search_", "web_fetch_", "code_execution_", "memory_",
    "tool_search_tool_", "advisor_", "mcp_toolset", "browser_toolset_",
)  # fmt: skip
_CHOICE = {
    "auto": field.record({"type": field.text}, {"disable_parallel_tool_use": field.boolean}),
    "any": field.record({"type": field.text}, {"disable_parallel_tool_use": field.boolean}),
    "tool": field.record(
        {"type": field.text, "name": field.text}, {"disable_parallel_tool_use": field.boolean}
    ),
    "none": field.record({"type": field.text}, {}),
}


def _tool_name(place: str, value: object) -> Iterator[str]:
    yield from field.text(place, value)
    if isinstance(value, str) and not _NAME.match(value):
        yield f"{place}: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"


def _input_schema(place: str, value: object) -> Iterator[str]:
    yield from field.mapping(place, value)
    if isinstance(value, dict):
        if "type" not in value:
            yield f"{place}.type: Field required"
        elif value["type"] != "object":
            yield f"{place}.type: Input should be 'object'"


_CUSTOM = field.record(
    {"name": _tool_name, "input_schema": _input_schema},
    {
        "type": field.nullable(field.one_of("custom")),
        "description": field.text,
        "cache_control": field.CACHE_CONTROL,
        "strict": field.boolean,
        "allowed_callers": field.array,
        "defer_loading": field.boolean,
        "eager_input_streaming": field.nullable(field.boolean),
        "input_examples": field.array,
    },
)


def complaints(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with ``tools`` and ``tool_choice``.

    Source: tool use pages and Messages API reference (2026-08-22).
    """
    tools = body.get("tools", [])
    yield from field.array("tools", tools)
    if not isinstance(tools, list):
        return
    for at, tool in enumerate(tools):
        yield from _tool(f"tools.{at}", tool)
    names = [str(tool.get("name")) for tool in tools if isinstance(tool, dict)]
    if len(set(names)) != len(names):
        yield "tools: Tool names must be unique."
    if "tool_choice" in body:
        yield from _choice(body["tool_choice"], names)


def schema_complaints(place: str, schema: object) -> Iterator[str]:
    """Yield what structured output does not accept in a JSON schema.

    Source: structured outputs (2026-08-22): every object closes itself with ``additionalProperties: false``.
    """
    if isinstance(schema, list):
        for inner in schema:
            if isinstance(inner, dict | list):
                yield from schema_complaints(place, inner)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "object" in kinds and schema.get("additionalProperties") is not False:
        yield f"{place}: For 'object' type, 'additionalProperties' must be explicitly set to false"
    for name, inner in schema.items():
        named = name in {"properties", "$defs", "definitions"} and isinstance(inner, dict)
        for each in inner.values() if named else (inner,):
            if name not in {"enum", "const", "default", "examples"} and isinstance(each, dict | list):
                yield from schema_complaints(place, each)


def _tool(place: str, tool: Any) -> Iterator[str]:  # noqa: ANN401 - decoded JSON
    yield from field.mapping(place, tool)
    if not isinstance(tool, dict):
        return
    kind = tool.get("type")
    if isinstance(kind, str) and kind.startswith(_SERVER_TOOLS):
        yield from field.CACHE_CONTROL(f"{place}.cache_control", tool.get("cache_control"))
        return
    yield from _CUSTOM(place, tool)
    if tool.get("strict") is True:
        yield from schema_complaints(f"{place}.input_schema", tool.get("input_schema"))


def _choice(choice: Any, names: list[str]) -> Iterator[str]:  # noqa: ANN401 - decoded JSON
    yield from field.mapping("tool_choice", choice)
    if not isinstance(choice, dict):
        return
    wrong = list(field.one_of(*_CHOICE)("tool_choice.type", choice.get("type")))
    yield from wrong or _CHOICE[choice["type"]]("tool_choice", choice)
    if not names and not wrong and choice["type"] != "none":
        yield "tool_choice: tool_choice may only be specified while providing tools"
    if choice.get("type") == "tool" and choice.get("name") not in names:
        yield f"tool_choice.tool.name: Tool '{choice.get('name')}' not found in provided tools"
