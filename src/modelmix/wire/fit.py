"""Fit: whether a model would reject a request as it stands, apart from model and effort."""

from collections.abc import Callable

from modelmix.core.candidate import Effort
from modelmix.core.capabilities import Capability
from modelmix.wire.request import Request

ESTIMATE_EXCESS = 1.3
"""Factor by which an estimated prompt may fall short of the true one (estimates are good to about 25 %)."""

NEUTRAL_FIELDS = frozenset({
    "cache_control", "context_management", "diagnostics", "inference_geo", "max_tokens", "messages",
    "metadata", "model", "output_config", "service_tier", "speed", "stop_sequences", "stream", "system",
    "temperature", "thinking", "tool_choice", "tools", "top_k", "top_p", "user_profile_id", "workspace_id",
})  # fmt: skip
"""Fields that every current model takes, or that are looked at one by one.

Others (``thread``, ``fallbacks``, ``container``, unknown betas) may be bound to a model, so that a request
which has one keeps its own. Source: Messages API reference and SDK 2.12.0 (2026-11-20).
"""

_EFFORTS = tuple(Effort)


def reject_reason(
    request: Request, capability: Capability, effort: Effort | None, input_tokens: int = 0
) -> str | None:
    """Say why a model would reject a request that was written for another one.

    Doubt counts as a rejection: the request then keeps the model it was written for.

    Args:
        request: The request as the client sent it.
        capability: What the target accepts.
        effort: Effort that would be set, or None for none.
        input_tokens: Estimated prompt length in tokens.

    Returns:
        The first obstacle in a few stable words, or None where there is none.

    Source: API reference and migration pages, 400s by model (2026-08-22 to 2026-11-09).
    """
    if effort is not None and effort not in capability.efforts:
        return f"effort {effort}"
    if input_tokens * ESTIMATE_EXCESS > capability.context_tokens:
        return "prompt length"
    for check in _CHECKS:
        obstacle = check(request, capability)
        if obstacle:
            return obstacle
    return _thinking(request, capability, effort)


def _fields(request: Request, _: Capability) -> str:
    unknown = request.fields.keys() - NEUTRAL_FIELDS
    return f"field {_plain(min(unknown))}" if unknown else ""


def _sampling(request: Request, capability: Capability) -> str:
    if capability.sampling:
        return ""
    fields = request.fields
    if fields.get("temperature") not in (None, 1):
        return "temperature"
    return next((key for key in ("top_p", "top_k") if fields.get(key) is not None), "")


def _messages(request: Request, capability: Capability) -> str:
    messages = request.messages
    if messages and messages[-1].get("role") == "assistant" and not capability.prefill:
        return "prefill"
    for message in messages:
        if message.get("role") == "system" and not capability.system_messages:
            return "system message"
        # Effort per message is a beta that only some models take.
        if "output_config" in message:
            return "message output_config"
    return ""


def _tools(request: Request, capability: Capability) -> str:
    if str(request.object_at("tool_choice").get("type")) in {"any", "tool"} and not capability.forced_tools:
        return "forced tool"
    tools = request.fields.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        # Each version of a tool that the API itself defines is made for some models only.
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind is not None and kind != "custom":
            return f"tool {_plain(kind)}"
    return ""


def _limits(request: Request, capability: Capability) -> str:
    limit = request.fields.get("max_tokens")
    if isinstance(limit, int | float) and limit > capability.max_output_tokens:
        return "max_tokens"
    if request.fields.get("inference_geo") is not None and not capability.inference_geo:
        return "inference_geo"
    if request.fields.get("speed") == "fast" and not capability.fast:
        return "speed fast"
    others = request.object_at("output_config").keys() - {"effort", "format"}
    return f"output_config {_plain(min(others))}" if others else ""


def _thinking(request: Request, capability: Capability, effort: Effort | None) -> str | None:
    kind = request.object_at("thinking").get("type")
    if kind is None:
        return None
    if str(kind) not in capability.thinking:
        return f"thinking {_plain(kind)}"
    limit, level = capability.thinking_off_max_effort, capability.effective(effort)
    off = str(kind) in {"disabled", "between_tools"}
    if off and limit is not None and level is not None and _EFFORTS.index(level) > _EFFORTS.index(limit):
        return f"thinking {_plain(kind)} at effort {level}"
    return None


def _plain(word: object) -> str:
    """Keep what may stand in a header field and in a row: the word is the client's, and may be anything."""
    text = "".join(char for char in str(word)[:40] if char.isascii() and (char.isalnum() or char in "_-."))
    return text or "unknown"


_CHECKS: tuple[Callable[[Request, Capability], str], ...] = (_fields, _sampling, _messages, _tools, _limits)
