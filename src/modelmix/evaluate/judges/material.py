"""Material: what a judge is shown of a request and of answers to it, as text and never as orders.

An answer may hold anything, orders to its judge included. So whatever is shown stands between marks that
follow from all of it by a hash: who wrote a part of it could not know them.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from modelmix.core.reply import Reply

LONGEST_TASK: Final = 60_000
"""Characters of a request that a judge is shown: about 15,000 tokens."""

LONGEST_ANSWER: Final = 30_000
"""Characters of an answer that a judge is shown."""

_GAP: Final = "\n[… {} characters are left out here …]\n"
_MARK_DIGITS: Final = 16
_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode


@dataclass(frozen=True, slots=True)
class Task:
    """A request, as a judge is shown it.

    Attributes:
        text: System prompt and conversation, in order.
        is_whole: Whether nothing was left out: neither length nor images and documents.
    """

    text: str
    is_whole: bool


def task_of(request: Mapping[str, Any]) -> Task:
    """Write a request for a judge.

    Args:
        request: The body as recorded.

    Returns:
        Its text. Of a long one the middle is left out: a system prompt opens it, and what is asked ends it.
        Images and documents are named and not shown.
    """
    parts = list(_parts(request))
    text = "\n\n".join(f"{who}:\n{said}" for who, said, _ in parts if said)
    shown = clipped(text, LONGEST_TASK)
    return Task(shown, is_whole=shown == text and all(whole for _, _, whole in parts))


def answer_of(reply: Reply) -> str:
    """Write an answer for a judge: its text, then its tool calls; an empty one says that it is."""
    calls = [f"[calls {call.name} with {_json(call.arguments)}]" for call in reply.tool_calls]
    said = "\n".join(part for part in (reply.text.strip(), *calls) if part)
    ending = "" if reply.is_whole else f"\n[ends here: {reply.stop_reason}]"
    return clipped(said or "[says nothing]", LONGEST_ANSWER) + ending


def clipped(text: str, longest: int) -> str:
    """Leave out the middle of a text that is too long, and say how much."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return text[:half] + _GAP.format(f"{len(text) - 2 * half:,}") + text[-half:]


def marked(parts: Sequence[tuple[str, str]]) -> str:
    """Put parts between marks that none of them holds.

    Args:
        parts: Name and text of each, such as ``task`` or ``answer 1``.
    """
    whole = "\0".join(text for _, text in parts)
    salt = 0
    while True:
        mark = hashlib.sha256(f"{salt}\0{whole}".encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_DIGITS]
        if mark not in whole:
            break
        salt += 1  # pragma: no cover - a text that holds a hash of itself is not to be had
    return "\n\n".join(f"<<{name} {mark}>>\n{text}\n<<end of {name} {mark}>>" for name, text in parts)


def _parts(request: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Yield who says what, and whether it is all of it."""
    yield ("SYSTEM", *_content(request.get("system")))
    tools = request.get("tools")
    names = [str(tool.get("name")) for tool in _mappings(tools)]
    if names:
        yield "TOOLS", ", ".join(names), True
    for message in _mappings(request.get("messages")):
        yield (str(message.get("role", "user")).upper(), *_content(message.get("content")))


def _content(content: object) -> tuple[str, bool]:
    if isinstance(content, str):
        return content, True
    found, whole = [], True
    for block in _mappings(content):
        text, all_of_it = _block(block)
        whole = whole and all_of_it
        if text:
            found.append(text)
    return "\n".join(found), whole


def _block(block: Mapping[str, Any]) -> tuple[str, bool]:
    kind = block.get("type")
    if kind == "text":
        return str(block.get("text", "")), True
    if kind == "tool_use":
        return f"[calls {block.get('name')} with {_json(block.get('input'))}]", True
    if kind == "tool_result":
        text, whole = _content(block.get("content"))
        return f"[tool result: {text}]", whole
    if kind in {"thinking", "redacted_thinking"}:
        return "", True
    source = block.get("source")
    if kind == "document" and isinstance(source, Mapping) and source.get("type") == "text":
        return str(source.get("data", "")), True
    return f"[{kind} that is not shown]", False


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _json(value: object) -> str:
    try:
        return _encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return "what cannot be written"
