"""Refusal: what a model rejects in a well-formed request."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelmix.core.candidate import Effort
from modelmix.simulator.behaviour import Behaviour
from modelmix.simulator.dialect import Dialect
from modelmix.simulator.prompt import is_forced

_NEAR_ONE = 0.99
_MIN_TOP_P_THINKING = 0.95
_LONG_BETA = "output-300k-"
# Generation 4.6 and later, in batches only.
_LONG_OUTPUT_TOKENS, _LONG_FROM_TOKENS = 300_000, 128_000


def complaints(body: Mapping[str, Any], behaviour: Behaviour, dialect: Dialect) -> Iterator[str]:
    """Yield what the model rejects in a well-formed body; the first one is what the API answers with.

    Source: migration, effort, thinking, tool-use and models pages (2026-08-22 to 2026-11-09).
    """
    yield from _limits(body, behaviour, dialect)
    yield from _sampling(body, behaviour)
    yield from _thinking(body, behaviour)
    yield from _effort(body, behaviour)
    yield from _tools(body, behaviour)
    yield from _conversation(body, behaviour, dialect)
    yield from _place_and_speed(body, behaviour)
    yield from _warm_up(body)


def _limits(body: Mapping[str, Any], behaviour: Behaviour, dialect: Dialect) -> Iterator[str]:
    limit = behaviour.max_output_tokens
    if dialect.batched and dialect.has_beta(_LONG_BETA) and limit >= _LONG_FROM_TOKENS:
        limit = _LONG_OUTPUT_TOKENS
    if body.get("max_tokens", 0) > limit:
        yield (
            f"max_tokens: {body['max_tokens']} > {limit}, which is the maximum allowed number of output "
            f"tokens for {behaviour.model}"
        )


def _sampling(body: Mapping[str, Any], behaviour: Behaviour) -> Iterator[str]:
    changed = [
        name
        for name, is_default in (
            ("temperature", body.get("temperature", 1) == 1),
            ("top_p", body.get("top_p", 1) >= _NEAR_ONE),
            ("top_k", body.get("top_k", 0) == 0),
        )
        if not is_default
    ]
    if changed and not behaviour.sampling:
        yield f"`{changed[0]}` is not supported on this model; remove it or leave it at its default."
    mode = (body.get("thinking") or {}).get("type")
    if changed and mode in {"enabled", "adaptive"}:
        if "temperature" in changed or "top_k" in changed:
            yield f"`{changed[0]}` may not be set when thinking is enabled; leave it at its default."
        elif body["top_p"] < _MIN_TOP_P_THINKING:
            yield "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled."


def _thinking(body: Mapping[str, Any], behaviour: Behaviour) -> Iterator[str]:
    mode = (body.get("thinking") or {}).get("type")
    if mode is None:
        return
    if mode not in behaviour.thinking:
        yield from _thinking_type(mode, behaviour)
    level = (body.get("output_config") or {}).get("effort") or behaviour.default_effort
    limit = behaviour.off_max_effort
    levels = list(Effort)
    is_off = mode in {"disabled", "between_tools"}
    if is_off and limit is not None and levels.index(Effort(str(level))) > levels.index(limit):
        yield f'"thinking.type.{mode}" is not supported at effort "{level}" on this model; use "{limit}".'
    if mode in {"enabled", "adaptive"} and is_forced(body):
        yield "Thinking may not be enabled when tool_choice forces tool use."


def _thinking_type(mode: str, behaviour: Behaviour) -> Iterator[str]:
    if mode == "enabled":
        yield (
            '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
            '"output_config.effort" to control thinking behavior.'
        )
    elif mode == "adaptive":
        yield "adaptive thinking is not supported on this model"
    else:
        accepted = ", ".join(f'"{one}"' for one in sorted(behaviour.thinking))
        yield f'"thinking.type.{mode}" is not supported for this model. Use one of {accepted}.'


def _effort(body: Mapping[str, Any], behaviour: Behaviour) -> Iterator[str]:
    level = (body.get("output_config") or {}).get("effort")
    if level is None:
        return
    if not behaviour.efforts:
        yield "This model does not support the effort parameter."
    elif level not in behaviour.efforts:
        accepted = ", ".join(behaviour.efforts)
        yield f"This model does not support effort level '{level}'. Supported levels: {accepted}."


def _tools(body: Mapping[str, Any], behaviour: Behaviour) -> Iterator[str]:
    if is_forced(body) and not behaviour.forced_tools:
        yield (
            f'tool_choice: "{body["tool_choice"]["type"]}" is not supported on this model; use "auto" or '
            '"none", or structured outputs.'
        )
    kinds = {str(tool.get("type")) for tool in body.get("tools") or ()}
    if "computer_20251124" in kinds and not behaviour.computer_20251124:
        yield "tools: 'computer_20251124' is not supported on this model; use the computer toolset."


def _conversation(body: Mapping[str, Any], behaviour: Behaviour, dialect: Dialect) -> Iterator[str]:
    messages = body["messages"]
    if messages[-1]["role"] == "assistant" and not behaviour.prefill:
        yield (
            "This model does not support assistant message prefill. The conversation must end with a user "
            "message."
        )
    if messages[-1]["role"] == "assistant" and (body.get("thinking") or {}).get("type") == "enabled":
        yield "messages: assistant message prefill is not supported while thinking is enabled."
    if messages[-1]["role"] == "assistant" and (body.get("output_config") or {}).get("format"):
        yield "output_config.format: structured outputs are not supported with assistant message prefill."
    system = [message for message in messages if message["role"] == "system"]
    if system and not behaviour.system_messages:
        yield (
            'messages: Unexpected role "system". On this model the Messages API accepts a top-level `system` '
            'parameter, not "system" as an input message role.'
        )
    sets_effort = any("output_config" in message for message in messages)
    if sets_effort:
        yield from _message_effort(body, behaviour)
    elif any(not message["content"] for message in system):
        yield "messages: system messages must have non-empty content"
    if dialect.counting or not sets_effort:
        return
    if (body.get("thinking") or {}).get("type") in {"between_tools", "disabled"}:
        yield "messages: output_config is not supported on messages while thinking is off."


def _message_effort(body: Mapping[str, Any], behaviour: Behaviour) -> Iterator[str]:
    if not behaviour.message_effort:
        yield "messages: output_config is not supported on messages of this model."
    for at, message in enumerate(body["messages"]):
        config = message.get("output_config")
        if config is None:
            continue
        if message["role"] != "system":
            yield f"messages.{at}.output_config: only system messages may carry output_config"
        if set(config) != {"effort"} or config["effort"] not in behaviour.efforts:
            yield f"messages.{at}.output_config: Input should be an object with a supported `effort`"


def _place_and_speed(body: Mapping[str, Any], behaviour: Behaviour) -> Iterator[str]:
    if body.get("inference_geo") is not None and not behaviour.inference_geo:
        yield "inference_geo: this model does not support inference_geo."
    if body.get("speed") == "fast" and behaviour.fast == "no":
        yield "speed: fast mode is not supported on this model."


def _warm_up(body: Mapping[str, Any]) -> Iterator[str]:
    if body.get("max_tokens") != 0:
        return
    unfit = {
        "stream": body.get("stream"),
        "thinking": (body.get("thinking") or {}).get("type") == "enabled",
        "output_config.format": (body.get("output_config") or {}).get("format"),
        "tool_choice": is_forced(body),
    }
    for name, present in unfit.items():
        if present:
            yield f"max_tokens: 0 writes the prompt cache and cannot be used with `{name}`"
