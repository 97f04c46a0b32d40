"""A recorded request as another candidate is asked it: fitted, or set aside with the reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.wire.fitting import Change, change_bytes, fit
from modelmix.wire.request import Request, read
from modelmix.wire.splice import splice

# Numbers of a log are exact decimals; the order of keys is the caller's, and can matter in a schema.
_encode = msgspec.json.Encoder(decimal_format="number").encode
_canonical = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode

_LIVE_BLOCKS = frozenset({"server_tool_use", "mcp_tool_use", "container_upload"})
_LIVE_RESULT = "_tool_result"
"""Content that the API itself made in an earlier turn, bound to its container or its moment: blocks of these
types, and all whose type ends so (``web_search_tool_result``); the caller's own are ``tool_result``."""

_CLIENT_TOOLS = ("bash_", "text_editor_", "computer_", "memory_")
"""Tools that the API defines, in versions of their own for some models, and the client runs."""

_SERVER_TOOL = "it uses a tool that the API runs itself"


@dataclass(frozen=True, slots=True)
class Asking:
    """A request as it is sent to a candidate.

    Attributes:
        body: Its bytes: model and effort set, fitted to the model, asked for whole rather than as a stream,
            all else as recorded.
        candidate: Who is asked.
        changes: What was changed of it so that the model takes it.
    """

    body: bytes
    candidate: Candidate
    changes: tuple[Change, ...] = ()


def set_aside(request: Mapping[str, Any]) -> str:
    """Say why a recorded request cannot be replayed faithfully on any candidate, or nothing if it can.

    Server tools act on the world or read it as it was then; history of theirs is bound to its moment. Tools
    that the API defines and the client runs come in versions that are made for some models only.
    """
    tools = request.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        kind = tool.get("type") if isinstance(tool, Mapping) else None
        if kind not in (None, "custom"):
            is_clients = str(kind).startswith(_CLIENT_TOOLS)
            return "it uses a tool made for some models only" if is_clients else _SERVER_TOOL
    if request.get("mcp_servers") or request.get("container"):
        return "it is bound to a server or a container of its own"
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        return "its messages were not recorded"
    for message in messages:
        content = message.get("content") if isinstance(message, Mapping) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, Mapping) and _is_live(block.get("type")):
                return "its history holds results of a tool that the API ran itself"
    return ""


def _is_live(kind: object) -> bool:
    return isinstance(kind, str) and (kind in _LIVE_BLOCKS or kind.endswith(_LIVE_RESULT))


def asking(
    request: Mapping[str, Any], candidate: Candidate, capabilities: CapabilityTable, input_tokens: int = 0
) -> Asking | str:
    """Write a recorded request for a candidate.

    Args:
        request: The body as recorded, decoded.
        candidate: Who is to answer, its effort the effective one.
        capabilities: What each model accepts.
        input_tokens: Estimated prompt length in tokens.

    Returns:
        The request, or why the candidate would reject it, in a few stable words.

    Raises:
        ValueError: The body is no request: it names no model, or holds what JSON cannot.
    """
    capability = capabilities.find(candidate.model)
    if capability is None:
        return "unknown model"
    body = body_of(request)
    read_back: Request = read(body)
    if not isinstance(read_back.fields.get("output_config"), dict | None):
        return "output_config"
    asked = capabilities.find(read_back.model)
    changes = fit(read_back, capability, candidate.effort, input_tokens, asked=asked)
    if isinstance(changes, str):
        return changes
    return Asking(change_bytes(splice(body, candidate), changes), candidate, changes)


def sent_body(request: Mapping[str, Any], candidate: Candidate, changes: Sequence[Change]) -> bytes:
    """Write a recorded request again as `asking` wrote it.

    Raises:
        ValueError: It holds what JSON cannot.
    """
    return change_bytes(splice(body_of(request), candidate), changes)


def body_of(request: Mapping[str, Any]) -> bytes:
    """Return a recorded request as bytes, to be answered whole: the same request gives the same bytes.

    Raises:
        ValueError: It holds what JSON cannot.
    """
    return _bytes(_encode, request)


def _bytes(encode: Callable[[object], bytes], request: Mapping[str, Any]) -> bytes:
    try:
        return encode(_without(request, "stream"))
    except (TypeError, ValueError, RecursionError) as error:
        # The encoder's own words may quote the text.
        raise ValueError("the request holds what JSON cannot") from error


def prompt_key(request: Mapping[str, Any]) -> bytes:
    """Return what makes two requests the same prompt: all but model, effort and streaming, as bytes.

    Raises:
        ValueError: It holds what JSON cannot.
    """
    config = request.get("output_config")
    kept = _without(request, "model", "metadata", "output_config")
    if isinstance(config, Mapping) and (rest := _without(config, "effort")):
        kept["output_config"] = rest
    return _bytes(_canonical, kept)


def _without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key not in names}
