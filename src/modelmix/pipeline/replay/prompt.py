"""Prompt: a recorded request that was drawn, with what its answers are held against."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from modelmix.core.candidate import Candidate
from modelmix.core.recorded import Recorded
from modelmix.evaluate.graders.answer import answer_text
from modelmix.evaluate.graders.grade import Reference

_canonical = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that was drawn.

    Attributes:
        recorded: The request and the answer on file.
        baseline: Candidate that it asked for, its effort the effective one.
        reference: What answers are held against: the known answer, else the one on file.
        reference_sha256: Hash of it.
    """

    recorded: Recorded
    baseline: Candidate
    reference: Reference
    reference_sha256: str


def prompt_of(recorded: Recorded, baseline: Candidate) -> Prompt:
    """Put what answers are held against beside a recorded request."""
    schema, tool = schema_of(recorded.request)
    known = recorded.expected
    expected = answer_text(recorded.reply) if known is None else known
    digest = hashlib.sha256(_canonical([expected, schema, tool])).hexdigest()
    reference = Reference(expected, schema, is_known=known is not None, tool=tool)
    return Prompt(recorded, baseline, reference, digest)


def schema_of(request: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, str]:
    """Return the JSON Schema that an answer has to follow, and the tool that it has to call, if any.

    The schema is that of the output format, or of the tool that the request forces.
    """
    config = request.get("output_config")
    form = config.get("format") if isinstance(config, Mapping) else None
    schema = form.get("schema") if isinstance(form, Mapping) else None
    if isinstance(schema, Mapping):
        return schema, ""
    choice, tools = request.get("tool_choice"), request.get("tools")
    if not isinstance(choice, Mapping) or not isinstance(tools, list):
        return None, ""
    offered = [tool for tool in tools if isinstance(tool, Mapping)]
    if choice.get("type") == "tool":
        offered = [tool for tool in offered if tool.get("name") == choice.get("name")]
    if choice.get("type") not in {"any", "tool"} or len(offered) != 1:
        return None, ""
    found, name = offered[0].get("input_schema"), offered[0].get("name")
    return (found if isinstance(found, Mapping) else None), (name if isinstance(name, str) else "")


def prompt_text(request: Mapping[str, Any], longest: int) -> str:
    """Return the text of a request's last message of the user, cut to a length, for a reader."""
    messages = request.get("messages")
    asked = [
        message
        for message in (messages if isinstance(messages, list) else ())
        if isinstance(message, Mapping) and message.get("role") == "user"
    ]
    content = asked[-1].get("content") if asked else None
    if isinstance(content, str):
        return content[:longest]
    blocks = content if isinstance(content, list) else ()
    texts = [
        block["text"] for block in blocks if isinstance(block, Mapping) and isinstance(block.get("text"), str)
    ]
    return "\n".join(texts)[:longest]
