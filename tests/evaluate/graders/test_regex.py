"""The pattern grader."""

import pytest

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.grade import Grade, Reference
from modelmix.evaluate.graders.regex import LONGEST_TEXT, Regex


@pytest.mark.parametrize(
    ("grader", "said", "why"),
    [
        (Regex(r"INV-\d{4}"), "It is INV-2041.", ""),
        (Regex(r"^INV-\d{4}$"), " INV-2041\n", ""),
        (Regex(r"^INV-\d{4}$"), "It is INV-2041.", "no match"),
        (Regex(r"(?m)^INV-\d{4}$"), "It is:\r\nINV-2041\r\nBye.", ""),
        (Regex("inv"), "INV", "no match"),
        (Regex("inv", ignore_case=True), "INV", ""),
        (Regex("x$"), "a" * LONGEST_TEXT + "x", "no match"),
    ],
)
def test_a_pattern_is_looked_for(grader: Regex, said: str, why: str) -> None:
    """Anywhere, unless it is bound to an end; no reference is needed, and what is too long is cut."""
    for reference in (Reference(None), Reference("other")):
        found = grader.grade(Reply(said), reference)
        assert found == Grade(score=float(not why), grader="regex@1", checks_ok=not why, why=why)


def test_a_reply_is_its_arguments_and_has_to_be_whole() -> None:
    """What was cut off or calls no tool is wrong whatever the pattern says."""
    reference = Reference(None, tool="look")
    for reply, why in (
        (Reply("", (ToolCall("look", {"order": 7}),)), ""),
        (Reply('"order":7'), "no tool call"),
        (Reply("", (ToolCall("look", {"order": 7}),), "refusal"), "refused"),
    ):
        found = Regex('"order":7').grade(reply, reference)
        assert found == Grade(score=float(not why), grader="regex@1", checks_ok=not why, why=why)


def test_what_could_take_time_without_end_is_no_grader() -> None:
    """It is refused when it is named, not when it hangs."""
    with pytest.raises(ValueError, match="could take time without end"):
        Regex("(a+)+$")
    assert not Regex("a").bounds_loss
