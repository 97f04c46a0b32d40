"""Message shape: what a message and its content blocks must look like."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from modelmix.simulator import field
from modelmix.simulator.dialect import Dialect
from modelmix.simulator.prompt import blocks

_MAX_MESSAGES = 100_000
_SOURCES: dict[str, tuple[str, ...]] = {
    "image": ("base64", "url", "file"),
    "document": ("base64", "text", "content", "url", "file"),
}
_SOURCE_KEY = {"base64": "data", "text": "data", "content": "content", "url": "url", "file": "file_id"}
_CACHE = {"cache_control": field.CACHE_CONTROL}


def _anything(place: str, value: object) -> Iterator[str]:
    del place, value
    return iter(())


def _source(kind: str) -> field.Check:
    def check(place: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - decoded JSON
        yield from field.mapping(place, value)
        if not isinstance(value, dict):
            return
        yield from field.one_of(*_SOURCES[kind])(f"{place}.type", value.get("type"))
        key = _SOURCE_KEY.get(str(value.get("type")), "data")
        if key not in value:
            yield f"{place}.{key}: Field required"
        elif key == "content" and isinstance(value[key], list):
            yield from _content_list(f"{place}.{key}", value[key], {"text", "image"})
        else:
            yield from field.text(f"{place}.{key}", value[key])

    return check


def _inner_content(place: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - decoded JSON
    if isinstance(value, list):
        yield from _content_list(
            place, value, {"text", "image", "document", "search_result", "tool_reference"}
        )
    else:
        yield from field.text(place, value)


_KIND = {"type": _anything}
_BLOCKS: dict[str, field.Check] = {
    "text": field.record({**_KIND, "text": field.text}, {**_CACHE, "citations": field.nullable(field.array)}),
    "image": field.record({**_KIND, "source": _source("image")}, _CACHE),
    "document": field.record(
        {**_KIND, "source": _source("document")},
        {
            **_CACHE,
            "title": field.nullable(field.text),
            "context": field.nullable(field.text),
            "citations": field.nullable(field.record({}, {"enabled": field.boolean})),
        },
    ),
    "search_result": field.record(
        {**_KIND, "source": field.text, "title": field.text, "content": field.array},
        {**_CACHE, "citations": field.nullable(field.mapping)},
    ),
    "tool_result": field.record(
        {**_KIND, "tool_use_id": field.text}, {**_CACHE, "content": _inner_content, "is_error": field.boolean}
    ),
    "tool_use": field.record(
        {**_KIND, "id": field.text, "name": field.text, "input": field.mapping},
        {**_CACHE, "caller": field.nullable(field.mapping), "toolset_name": field.nullable(field.text)},
    ),
    "thinking": field.record({**_KIND, "thinking": field.text, "signature": field.text}, {}),
    "redacted_thinking": field.record({**_KIND, "data": field.text}, {}),
    "tool_reference": field.record({**_KIND, "tool_name": field.text}, _CACHE),
}
_SERVER = (
    "server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result",
    "bash_code_execution_tool_result", "text_editor_code_execution_tool_result", "tool_search_tool_result",
    "advisor_tool_result", "mcp_tool_use", "mcp_tool_result", "fallback", "compaction",
)  # fmt: skip
_BLOCKS.update(dict.fromkeys(_SERVER, _anything))
_USER = frozenset({"text", "image", "document", "search_result", "tool_result"})
_ASSISTANT = frozenset({"text", "thinking", "redacted_thinking", "tool_use", "document", *_SERVER})


def complaints(value: object, dialect: Dialect) -> Iterator[str]:
    """Yield what is wrong with ``messages``, most basic first.

    Source: Messages API reference and error pages (2026-08-22), migration to 2026-10-21.
    """
    yield from field.array("messages", value)
    if not isinstance(value, list):
        return
    if not value:
        yield "messages: at least one message is required"
    if len(value) > _MAX_MESSAGES:
        yield f"messages: at most {_MAX_MESSAGES} messages are allowed"
    for at, message in enumerate(value):
        wrong = list(_message(f"messages.{at}", message, dialect))
        yield from wrong
        if wrong:
            return
    yield from _order(value)
    yield from _tool_pairs(value)


def block_complaints(place: str, block: object, allowed: frozenset[str] | set[str]) -> Iterator[str]:
    """Yield what is wrong with one content block of which only some types are allowed."""
    yield from field.mapping(place, block)
    if not isinstance(block, dict):
        return
    kind = block.get("type")
    if "type" not in block:
        yield f"{place}.type: Field required"
    elif not isinstance(kind, str) or kind not in allowed:
        tags = ", ".join(f"'{tag}'" for tag in sorted(allowed))
        found = f"Input tag '{kind}' found using 'type'"
        yield f"{place}: {found} does not match any of the expected tags: {tags}"
    else:
        yield from _BLOCKS[kind](place, block)


def _content_list(place: str, value: list[Any], allowed: frozenset[str] | set[str]) -> Iterator[str]:
    for at, block in enumerate(value):
        yield from block_complaints(f"{place}.{at}", block, allowed)


def _message(place: str, message: Any, dialect: Dialect) -> Iterator[str]:  # noqa: ANN401 - decoded JSON
    check = _MESSAGE_WITH_CONFIG if dialect.has_beta("mid-conversation-output-config-") else _MESSAGE
    yield from check(place, message)
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return
    allowed = _ASSISTANT if message.get("role") == "assistant" else _USER
    yield from _content_list(f"{place}.content", message["content"], allowed)
    if dialect.is_new:
        yield from _new_version(place, message)


def _content(place: str, value: object) -> Iterator[str]:
    if not isinstance(value, str | list):
        yield f"{place}: Input should be a valid string or list"


_FIELDS = {"role": field.one_of("user", "assistant", "system"), "content": _content}
_MESSAGE = field.record(_FIELDS, {})
_MESSAGE_WITH_CONFIG = field.record(_FIELDS, {"output_config": field.mapping})


def _new_version(place: str, message: Mapping[str, Any]) -> Iterator[str]:
    for at, block in enumerate(message["content"]):
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "document" and message.get("role") == "assistant":
            yield f"{place}.content.{at}: `document` blocks are not permitted in assistant messages"
        if kind == "text" and message.get("role") == "user" and block.get("citations"):
            where = f"{place}.content.{at}.citations"
            yield f"{where}: citations are not permitted on text blocks of user messages"


def _order(messages: list[dict[str, Any]]) -> Iterator[str]:
    if messages and messages[0]["role"] != "user":
        yield 'messages: first message must use the "user" role'
    last = len(messages) - 1
    for at, message in enumerate(messages):
        content = message["content"]
        may_be_empty = message["role"] == "system" or (message["role"] == "assistant" and at == last)
        if not content and not may_be_empty:
            yield (
                f"messages.{at}: all messages must have non-empty content except for the optional final "
                "assistant message"
            )
        if any(
            block.get("type") == "text" and not str(block["text"]).strip() for block in _own_blocks(content)
        ):
            yield "messages: text content blocks must contain non-whitespace text"
    if messages and messages[-1]["role"] == "assistant":
        ending = [block for block in blocks(messages[-1]["content"]) if block.get("type") == "text"][-1:]
        if ending and str(ending[0]["text"]) != str(ending[0]["text"]).rstrip():
            yield "messages: final assistant content cannot end with trailing whitespace"


def _own_blocks(content: object) -> list[dict[str, Any]]:
    # An empty string is an empty message, which has its own complaint.
    return blocks(content) if content else []


def _tool_pairs(messages: list[dict[str, Any]]) -> Iterator[str]:
    turns = [(at, message) for at, message in enumerate(messages) if message["role"] != "system"]
    before: tuple[int, dict[str, Any]] = (-1, {"role": "user", "content": []})
    for (_, earlier), (at, message) in pairwise(
        [before, *turns, (len(messages), {"role": "user", "content": []})]
    ):
        asked = _ids(earlier, "tool_use", "id") if earlier["role"] == "assistant" else []
        answered = _ids(message, "tool_result", "tool_use_id") if message["role"] == "user" else []
        missing = [one for one in asked if one not in answered]
        if missing:
            yield (
                f"messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block "
                "in the next message."
            )
        for one in answered:
            if one not in asked:
                yield (
                    f"messages.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {one}. Each "
                    "`tool_result` block must have a corresponding `tool_use` block in the previous message."
                )


def _ids(message: Mapping[str, Any], kind: str, key: str) -> list[str]:
    return [str(block[key]) for block in blocks(message["content"]) if block.get("type") == kind]
