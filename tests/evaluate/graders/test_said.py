"""What is said, as a reader sees it and as a known answer is written."""

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.exact import Exact
from modelmix.evaluate.graders.grade import Reference
from modelmix.evaluate.graders.said import held, said
from modelmix.evaluate.graders.tool_call import ToolCalls

CALLS = (ToolCall("refund", {"order": 7}),)
TEXT = '{"name":"refund","arguments":{"order":7}}'


def test_replies_are_written_as_their_grader_compares_them() -> None:
    """By its calls, whether there are any or none, or by its answer."""
    assert said(Reply("Done.", CALLS), ToolCalls()) == TEXT
    assert said(Reply("Done."), ToolCalls()) == "[]"
    assert said(Reply("Done.", CALLS), Exact()) == '{"order":7}'


def test_references_are_written_in_the_same_form() -> None:
    """A known answer stands as it is; of today's own, what is compared."""
    assert held(Reference('{"order":7}', calls=CALLS), ToolCalls()) == TEXT
    assert held(Reference("No need.", calls=()), ToolCalls()) == "[]"
    assert held(Reference("text"), ToolCalls()) == ""
    assert held(Reference("none", None, is_known=True), ToolCalls()) == "none"
    assert held(Reference('{"order":7}', calls=CALLS), Exact()) == '{"order":7}'
    assert held(Reference(None), Exact()) == ""
