"""What is said: replies and references written for a reader, in the form that a known answer has."""

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.answer import answer_text
from modelmix.evaluate.graders.calls import calls_text
from modelmix.evaluate.graders.grade import Reference
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.tool_call import ToolCalls


def said(reply: Reply, grader: Grader) -> str:
    """Write what a grader compares of a reply: its answer, or its calls."""
    return calls_text(reply.tool_calls) if isinstance(grader, ToolCalls) else answer_text(reply)


def held(reference: Reference, grader: Grader) -> str:
    """Write what a grader holds replies against; empty where that is nothing."""
    if isinstance(grader, ToolCalls) and not reference.is_known:
        return "" if reference.calls is None else calls_text(reference.calls)
    return reference.expected or ""
