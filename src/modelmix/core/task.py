"""A task: the unit of work that quality and cost are judged on, and what is known of it beforehand."""

from dataclasses import dataclass

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What is known of a task before any answer; holds no text of the user's.

    Attributes:
        requested: Candidate the client asked for, with its effective effort.
        tag: Task type that the caller named, or empty.
        template: Fingerprint of the system prompt's template, or empty.
        input_tokens: Estimated prompt length in tokens.
        max_tokens: Limit on output that the client set; 0 if none.
        messages: Number of messages.
        tools: Number of tools offered.
        images: Number of image blocks.
        documents: Number of document blocks.
        stream: Whether the answer is to be streamed.
        has_schema: Whether a structured answer is asked for.
        forced_tool: Whether a tool call is forced.
    """

    requested: Candidate
    tag: str = ""
    template: str = ""
    input_tokens: int = 0
    max_tokens: int = 0
    messages: int = 0
    tools: int = 0
    images: int = 0
    documents: int = 0
    stream: bool = False
    has_schema: bool = False
    forced_tool: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A unit of work: what quality and cost are judged on.

    Attributes:
        task_id: Identity of the task.
        task_type: Name of its type.
        features: What was known before any answer.
        calls: The calls made for it, in order.
    """

    task_id: str
    task_type: str
    features: Features
    calls: tuple[Call, ...] = ()
