"""What a recorded prompt's replies are held against: the known answer, else what was answered."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelmix.core.recorded import Recorded
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import Reference


def held_against(recorded: Recorded) -> Reference:
    """Make the reference of a recorded prompt.

    A recorded reply that was cut off or refused is no answer: the row then has no reference, and a candidate
    that does better there gets no credit for it, which leaves the bound on the loss a bound.

    The schema is that of ``output_config.format``, or of the input of the one tool that has to be called, or
    that the recorded reply did call. A whole reply that called no tool, though it could have, says that none
    applies.

    Source: Messages API reference, structured outputs and tool_choice (2026-11-20).
    """
    request, reply = recorded.request, recorded.reply
    tool = _forced(request)
    is_free = not tool and _may_call(request)
    if recorded.expected is not None:
        return Reference(recorded.expected, _schema(request, tool), is_known=True, tool=tool, is_free=is_free)
    if reply.tool_calls:
        tool = tool or reply.tool_calls[0].name
    lacks = shortcoming(reply, tool)
    text = "" if lacks else answer_text(reply)
    calls = reply.tool_calls if not lacks and (reply.tool_calls or (is_free and text.strip())) else None
    return Reference(
        text if text.strip() else None, _schema(request, tool), tool=tool, calls=calls, is_free=is_free
    )


def _forced(request: Mapping[str, Any]) -> str:
    choice = _object(request, "tool_choice")
    if choice.get("type") == "tool":
        return str(choice.get("name") or "")
    names = [str(tool.get("name") or "") for tool in _tools(request)]
    return names[0] if choice.get("type") == "any" and len(names) == 1 else ""


def _may_call(request: Mapping[str, Any]) -> bool:
    return any(True for _ in _tools(request)) and _object(request, "tool_choice").get("type") != "none"


def _schema(request: Mapping[str, Any], tool: str) -> Mapping[str, Any] | None:
    if tool:
        found = next((one.get("input_schema") for one in _tools(request) if one.get("name") == tool), None)
    else:
        found = _object(_object(request, "output_config"), "format").get("schema")
    return found if isinstance(found, Mapping) else None


def _tools(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    tools = request.get("tools")
    yield from (tool for tool in (tools if isinstance(tools, list) else ()) if isinstance(tool, Mapping))


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}
