"""Answer: what the practice API says, synthetic and fixed by seed, model and request."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from modelmix.core.candidate import Candidate, Effort
from modelmix.simulator import tokens
from modelmix.simulator.ability import draw
from modelmix.simulator.behaviour import Behaviour
from modelmix.simulator.judging import verdict
from modelmix.simulator.kinds.prose import paragraph
from modelmix.simulator.prompt import (
    blocks,
    effort_of,
    is_forced,
    is_thinking,
    prefix_digest,
    system_blocks,
    text_of,
)
from modelmix.simulator.schema_example import example
from modelmix.simulator.thinking import sign
from modelmix.simulator.world import Item, recognise

_END_TOKENS = 3
_THINKING_TOKENS = {Effort.LOW: 48, Effort.MEDIUM: 128, Effort.HIGH: 320, Effort.XHIGH: 800, Effort.MAX: 1600}
_SUMMARY = "Synthetic thinking: I read the request, weighed what it asks for and checked the result once."


@dataclass(frozen=True, slots=True)
class Answer:
    """A generated answer and its tokens.

    Attributes:
        content: Content blocks as the API returns them.
        stop_reason: Why it stops.
        stop_sequence: The stop sequence that was generated, or None.
        output_tokens: Billed output, thinking included.
        thinking_tokens: The part of it that is thinking.
    """

    content: tuple[dict[str, Any], ...]
    stop_reason: str
    stop_sequence: str | None
    output_tokens: int
    thinking_tokens: int


def compose(body: Mapping[str, Any], behaviour: Behaviour, seed: int, prompt_tokens: int) -> Answer:
    """Generate the answer to a valid body.

    Args:
        body: The request.
        behaviour: The model that answers.
        seed: Seed of the practice world.
        prompt_tokens: Length of the prompt; with the answer it must fit the context.
    """
    room = behaviour.context_tokens - prompt_tokens
    limit = min(body["max_tokens"], room)
    full = "max_tokens" if body["max_tokens"] <= room else "model_context_window_exceeded"
    if limit == 0:
        return Answer((), full, None, 0, 0)
    item = recognise(text_of(system_blocks(body)), _question(body))
    content: list[dict[str, Any]] = []
    thought = 0
    if is_thinking(body, behaviour):
        thought = min(_thinking_tokens(body, behaviour, item), limit)
        content.append(_thinking_block(body, behaviour))
        if thought == limit:
            return Answer(tuple(content), full, None, limit, limit)
    tool = _tool_call(body, item, behaviour, seed)
    if tool is not None:
        size = tokens.of_bytes(len(json.dumps(tool["input"])), new_tokenizer=behaviour.new_tokenizer)
        if thought + size + _END_TOKENS > limit:
            return Answer(tuple(content), full, None, limit, thought)
        return Answer((*content, tool), "tool_use", None, thought + size + _END_TOKENS, thought)
    return _text_answer(_text(body, item, behaviour, seed), body, behaviour, (content, thought, limit, full))


def _text_answer(
    text: str,
    body: Mapping[str, Any],
    behaviour: Behaviour,
    so_far: tuple[list[dict[str, Any]], int, int, str],
) -> Answer:
    content, thought, limit, full = so_far
    reason, sequence = "end_turn", None
    cuts = [(text.find(stop), stop) for stop in body.get("stop_sequences") or () if stop in text]
    if cuts:
        at, sequence = min(cuts)
        text, reason = text[:at], "stop_sequence"
    used = thought + tokens.of_text(text, new_tokenizer=behaviour.new_tokenizer) + _END_TOKENS
    if used > limit:
        room = tokens.to_bytes(limit - thought, new_tokenizer=behaviour.new_tokenizer)
        text = text.encode()[:room].decode(errors="ignore")
        used, reason, sequence = limit, full, None
    if text:
        content = [*content, {"type": "text", "text": text, "citations": None}]
    return Answer(tuple(content), reason, sequence, used, thought)


def _question(body: Mapping[str, Any]) -> str:
    asked = [text_of(message["content"]) for message in body["messages"] if message["role"] == "user"]
    return asked[-1] if asked else ""


def _text(body: Mapping[str, Any], item: Item | None, behaviour: Behaviour, seed: int) -> str:
    if item is not None:
        return item.answer(Candidate(behaviour.model, effort_of(body, behaviour)), seed)
    schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    if schema is not None:
        asked = f"{text_of(system_blocks(body))}\n{_question(body)}"
        judged = verdict(schema, asked, seed, behaviour.model)
        if judged is not None:
            return json.dumps(judged)
        return json.dumps(example(schema))
    rng = Random(f"{seed}/{behaviour.model}/{prefix_digest(body, len(body['messages']))}")
    return f"This is a synthetic answer of the practice API. {paragraph(rng, rng.randint(1, 4))}"


def _tool_call(
    body: Mapping[str, Any], item: Item | None, behaviour: Behaviour, seed: int
) -> dict[str, Any] | None:
    choice = body.get("tool_choice") or {"type": "auto"}
    tools = [tool for tool in body.get("tools") or () if "input_schema" in tool]
    if not tools or choice["type"] == "none":
        return None
    if choice["type"] == "tool":
        tools = [tool for tool in tools if tool["name"] == choice["name"]]
    elif not is_forced(body):
        tools = [tool for tool in tools if _asks_for(body, tool["name"])]
    if not tools:
        return None
    tool = tools[0]
    digest = draw("tool", seed, behaviour.model, prefix_digest(body, len(body["messages"])))
    arguments = _arguments(tool, item, behaviour, body, seed)
    return {
        "type": "tool_use",
        "id": f"toolu_practice{int(digest * 16**12):012x}",
        "name": tool["name"],
        "input": arguments,
        "caller": {"type": "direct"},
    }


def _arguments(
    tool: Mapping[str, Any], item: Item | None, behaviour: Behaviour, body: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    wanted = set(tool["input_schema"].get("properties") or ())
    if item is not None and item.kind.schema is not None and wanted == set(item.kind.schema["properties"]):
        answer = item.answer(Candidate(behaviour.model, effort_of(body, behaviour)), seed)
        return dict(json.loads(answer))
    made = example(tool["input_schema"])
    return made if isinstance(made, dict) else {}


def _asks_for(body: Mapping[str, Any], name: str) -> bool:
    # The model calls a tool when the newest message of the user names it, and not again after its result.
    last = body["messages"][-1]
    answered = any(block.get("type") == "tool_result" for block in blocks(last["content"]))
    return not answered and name in text_of(last["content"])


def _thinking_tokens(body: Mapping[str, Any], behaviour: Behaviour, item: Item | None) -> int:
    difficulty = draw("thinking", _question(body)) if item is None else item.difficulty
    usual = round(_THINKING_TOKENS[effort_of(body, behaviour) or Effort.HIGH] * (0.5 + difficulty))
    budget = (body.get("thinking") or {}).get("budget_tokens")
    return usual if budget is None else min(usual, int(budget))


def _thinking_block(body: Mapping[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    display = (body.get("thinking") or {}).get("display")
    shown = display == "summarized" or (display is None and not behaviour.omits_thinking)
    text = _SUMMARY if shown else ""
    prefix = prefix_digest(body, len(body["messages"]))
    return {"type": "thinking", "thinking": text, "signature": sign(behaviour.model, prefix, text)}
