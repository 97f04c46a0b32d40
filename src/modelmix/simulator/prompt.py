"""Prompt: a valid body as the sequence of positions that the model reads and the cache keys."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from modelmix.core.candidate import Effort
from modelmix.simulator import thinking, tokens
from modelmix.simulator.behaviour import Behaviour
from modelmix.simulator.cache import Segment

Body = Mapping[str, Any]
ATTRIBUTION = "x-anthropic-billing-header:"
"""Beginning of the system block that the API removes while it is the first, separate one."""
_TOOL_FREE, _TOOL_FORCED = 0, 1


def blocks(content: object) -> list[dict[str, Any]]:
    """Return content as a list of blocks; a string is shorthand for one text block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return list(content) if isinstance(content, list) else []


def system_blocks(body: Body) -> list[dict[str, Any]]:
    """Return the system prompt as blocks, without the attribution block."""
    found = blocks(body.get("system"))
    if found and isinstance(body["system"], list) and str(found[0].get("text", "")).startswith(ATTRIBUTION):
        return found[1:]
    return found


def text_of(content: object) -> str:
    """Return the text of all text blocks, joined by newlines."""
    return "\n".join(str(block["text"]) for block in blocks(content) if block.get("type") == "text")


def is_forced(body: Body) -> bool:
    """Say whether the request forces a tool call."""
    choice = body.get("tool_choice") or {}
    return choice.get("type") in {"any", "tool"}


def effort_of(body: Body, behaviour: Behaviour) -> Effort | None:
    """Return the effort in force: the last one a system message set, the request's own, or the default."""
    for message in reversed(body["messages"]):
        level = (message.get("output_config") or {}).get("effort")
        if message["role"] == "system" and level:
            return Effort(level)
    level = (body.get("output_config") or {}).get("effort")
    return Effort(level) if level else behaviour.default_effort


def is_thinking(body: Body, behaviour: Behaviour) -> bool:
    """Say whether the model thinks before it answers; a forced tool call comes without."""
    if is_forced(body):
        return False
    mode = (body.get("thinking") or {}).get("type")
    return behaviour.thinks_by_default if mode is None else mode in {"adaptive", "enabled"}


def segments(
    body: Body, behaviour: Behaviour, kept: frozenset[tuple[int, int]] | None = None
) -> tuple[Segment, ...]:
    """Return the prompt's positions in the order tools, system, messages.

    Args:
        body: A valid body.
        behaviour: The model that reads it; it fixes the tokenizer.
        kept: Message and block index of the thinking blocks that the model reads; all if None.

    What changes a level without being part of it (speed and citations for the system prompt; tool choice,
    images, thinking and effort for the messages) is part of the level's first key.
    """
    automatic = (body.get("cache_control") or {}).get("ttl", "5m") if body.get("cache_control") else ""
    found = [*_tools(body, behaviour), *_system(body, behaviour), *_messages(body, behaviour, kept)]
    if automatic and found:
        last = max((at for at, (_, cacheable) in enumerate(found) if cacheable), default=0)
        segment, _ = found[last]
        found[last] = (Segment(segment.content, segment.tokens, segment.ttl or automatic), True)
    return tuple(segment for segment, _ in found)


def prefix_digest(body: Body, message: int) -> str:
    """Return the digest of everything before a message: what a thinking block in it is bound to.

    Effort, limits, tool choice and cache control are no part of it.
    """
    digest = hashlib.blake2b(digest_size=12)
    for tool in body.get("tools") or ():
        digest.update(_canonical(tool))
    for block in system_blocks(body):
        digest.update(_canonical(block))
    for earlier in body["messages"][:message]:
        digest.update(str(earlier["role"]).encode())
        for block in blocks(earlier.get("content")):
            digest.update(_canonical(block))
    return digest.hexdigest()


def thinking_blocks(body: Body) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield every thinking block of the history with its message and block index."""
    for at, message in enumerate(body["messages"]):
        for inner, block in enumerate(blocks(message.get("content"))):
            if block.get("type") == "thinking":
                yield at, inner, block


def read_thinking(
    body: Body, behaviour: Behaviour, *, batched: bool = False
) -> tuple[frozenset[tuple[int, int]], str]:
    """Decide which thinking blocks of the history the model reads.

    Args:
        body: A valid body.
        behaviour: The model that reads it.
        batched: Whether it is part of a batch, where an edited prefix drops a block unless told otherwise.

    Returns:
        Message and block index of those it reads, and a complaint, empty if there is none. Blocks of a model
        that it cannot read are dropped; a block whose prefix was edited is an error, or dropped on request.

    Source: preserved thinking (2026-10).
    """
    binding = (body.get("thinking") or {}).get("block_binding") or {}
    drops = binding.get("prefix_mismatch_behavior", "drop_block" if batched else "error") == "drop_block"
    kept: set[tuple[int, int]] = set()
    for at, inner, block in thinking_blocks(body):
        place = f"messages.{at}.content.{inner}"
        signature = thinking.read(str(block["signature"]), str(block["thinking"]))
        if signature is None:
            return frozenset(), f"{place}: Invalid `signature` in `thinking` block"
        if not thinking.reads(behaviour.model, signature.maker):
            continue
        if thinking.is_bound(behaviour.model) and signature.prefix != prefix_digest(body, at):
            if drops:
                continue
            why = "Invalid `signature` in `thinking` block: it is bound to a different conversation"
            return frozenset(), f"{place}: {why}"
        kept.add((at, inner))
    return frozenset(kept), ""


def _tools(body: Body, behaviour: Behaviour) -> Iterator[tuple[Segment, bool]]:
    # The tool-use system prompt stands before the first tool.
    extra = behaviour.tool_prompt_tokens[_TOOL_FORCED if is_forced(body) else _TOOL_FREE]
    for tool in body.get("tools") or ():
        content = _canonical(tool)
        count = tokens.of_bytes(len(content), new_tokenizer=behaviour.new_tokenizer) + extra
        yield Segment(b"tool" + content, count, _ttl(tool)), True
        extra = 0


def _system(body: Body, behaviour: Behaviour) -> Iterator[tuple[Segment, bool]]:
    key = _system_key(body)
    for block in system_blocks(body):
        count = tokens.of_block(block, new_tokenizer=behaviour.new_tokenizer)
        yield Segment(key + b"system" + _canonical(block), count, _ttl(block)), bool(count)
        key = b""


def _messages(
    body: Body, behaviour: Behaviour, kept: frozenset[tuple[int, int]] | None
) -> Iterator[tuple[Segment, bool]]:
    key = _system_key(body) + _messages_key(body, behaviour)
    for at, message in enumerate(body["messages"]):
        extra = tokens.MESSAGE_TOKENS
        for inner, block in enumerate(blocks(message.get("content"))):
            is_thought = block.get("type") == "thinking"
            if is_thought and kept is not None and (at, inner) not in kept:
                continue
            count = tokens.of_block(block, new_tokenizer=behaviour.new_tokenizer) + extra
            content = key + str(message["role"]).encode() + _canonical(block)
            yield Segment(content, count, _ttl(block)), not is_thought and block.get("text") != ""
            key, extra = b"", 0


def _system_key(body: Body) -> bytes:
    cites = any(
        (block.get("citations") or {}).get("enabled") is True
        for message in body["messages"]
        for block in blocks(message.get("content"))
        if block.get("type") == "document"
    )
    return msgspec.json.encode([body.get("speed") or "standard", cites])


def _messages_key(body: Body, behaviour: Behaviour) -> bytes:
    has_image = any(
        block.get("type") == "image"
        for message in body["messages"]
        for block in blocks(message.get("content"))
    )
    mode = {
        key: value for key, value in (body.get("thinking") or {}).items() if key in {"type", "budget_tokens"}
    }
    level = (body.get("output_config") or {}).get("effort") or behaviour.default_effort
    return msgspec.json.encode([body.get("tool_choice") or {"type": "auto"}, has_image, mode, level])


def _canonical(block: Mapping[str, Any]) -> bytes:
    plain = _plain(block)
    if block.get("type") == "tool_result" and isinstance(block.get("content"), list):
        plain["content"] = [_plain(part) for part in block["content"]]
    return msgspec.json.encode(plain)


def _plain(block: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key != "cache_control"}


def _ttl(block: Mapping[str, Any]) -> str:
    # A mark on a part of a tool result stands for the whole result: it is one position.
    parts = block.get("content") if block.get("type") == "tool_result" else None
    marks = [block, *parts] if isinstance(parts, list) else [block]
    found = [mark["cache_control"] for mark in marks if mark.get("cache_control")]
    return str(found[0].get("ttl", "5m")) if found else ""
