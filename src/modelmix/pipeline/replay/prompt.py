"""Prompt: a recorded request that was drawn, with what its answers are held against."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from modelmix.core.candidate import Candidate
from modelmix.core.recorded import Recorded
from modelmix.core.reply import Reply
from modelmix.evaluate.graders.calls import calls_text
from modelmix.evaluate.graders.custom import Custom
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.held_against import held_against

ALL_WRONG = "no answer that a reviewer saw is right"
"""Finding on prompts whose answers are all wrong."""

LONGEST_PROMPT = 20_000
"""Most characters of a prompt that a function of the user's is told."""

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
    reference = held_against(recorded)
    if recorded.all_wrong:
        reference = replace(reference, is_known=True)
    content: list[object] = [reference.expected, reference.schema, reference.tool, recorded.all_wrong]
    if reference.calls is not None and len(reference.calls) > 1:
        # One call is told by its tool and arguments; what is graded already keeps its hash.
        content.append(calls_text(reference.calls))
    digest = hashlib.sha256(_canonical(content)).hexdigest()
    return Prompt(recorded, baseline, reference, digest)


def grade_of(prompt: Prompt, reply: Reply, grader: Grader) -> Grade | Ungradable:
    """Grade a reply to a prompt.

    Where a reviewer found all answers wrong, every answer is. One that was not shown may be right all the
    same; nobody knows, and doubt speaks for what is in use today.
    """
    if prompt.recorded.all_wrong:
        return Grade(score=0.0, grader=grader.name, why=ALL_WRONG)
    reference = prompt.reference
    if isinstance(grader, Custom):
        reference = replace(reference, prompt=prompt_text(prompt.recorded.request, LONGEST_PROMPT))
    return grader.grade(reply, reference)


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
