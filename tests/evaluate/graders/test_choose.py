"""The choice of a grader from recorded answers."""

from collections.abc import Sequence

import pytest

from modelmix.core.reply import ToolCall
from modelmix.evaluate.graders.choose import Choice, NoGrader, choose
from modelmix.evaluate.graders.exact import Exact
from modelmix.evaluate.graders.grade import Reference
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.json_fields import JsonFields
from modelmix.evaluate.graders.json_schema import JsonSchema
from modelmix.evaluate.graders.label import Label
from modelmix.evaluate.graders.numeric import Numeric
from modelmix.evaluate.graders.spec import parse
from modelmix.evaluate.graders.tool_call import ToolCalls

LOOK = (ToolCall("look", {"order": 7}),)
SCHEMA = {"type": "object"}
FREE = Reference('{"order":7}', SCHEMA, tool="look", calls=LOOK, is_free=True)
FORCED = Reference('{"order":7}', SCHEMA, tool="look", calls=LOOK)
SPOKEN = [Reference(f"{n}. " + "Which order is it? " * 9, calls=(), is_free=True) for n in range(20)]
CALL = Reference('{"name": "look", "arguments": {"order": 7}}', is_known=True, is_free=True)
NO_CALL = Reference("none", is_known=True, is_free=True)


def _references(texts: Sequence[str], *, is_known: bool = False) -> list[Reference]:
    return [Reference(text, None, is_known) for text in texts]


@pytest.mark.parametrize(
    ("references", "grader", "reason"),
    [
        ([Reference("prose", {"type": "object"})] * 3, JsonFields(), "requests state a JSON schema"),
        (_references(['{"a": 1}', "[]"] * 10), JsonFields(), "answers are JSON"),
        (_references(["1", "2.50 EUR", "n/a"] * 10), Numeric(), "answers are numbers"),
        (_references(["billing", "Access."] * 10), Label(), "answers are short, and 2 of 20 are distinct"),
        (_references(["n/a", "none"] * 10), Label(), "answers are short, and 2 of 20 are distinct"),
        (
            _references(["billing"] * 19 + ["I cannot say. " * 20]),
            Label(),
            "answers are short, and 2 of 20 are distinct",
        ),
        (_references([f"Case {n}b" for n in range(20)]), Exact(), "answers are short"),
        (_references([f"{n:05}" for n in range(20)]), Exact(), "answers are short"),
        (_references([f"{n}-A" for n in range(20)]), Exact(), "answers are short"),
    ],
)
def test_a_grader_fits_the_answers(references: Sequence[Reference], grader: Grader, reason: str) -> None:
    """Schemas, JSON, numbers, labels and short texts each have theirs; one stray in twenty is passed over."""
    assert Choice(grader, reason, 0.0, is_safe=True) == choose(references)


@pytest.mark.parametrize(
    ("references", "grader"),
    [
        ([*[FREE] * 19, SPOKEN[0]], ToolCalls()),
        ([CALL, NO_CALL, NO_CALL], ToolCalls()),
        ([FREE, CALL, NO_CALL], ToolCalls()),
        ([FORCED] * 20, JsonFields()),
        ([NO_CALL] * 20, Label()),
        ([Reference('{"name": "Ada"}', is_known=True)] * 20, JsonFields()),
        ([Reference('{"city": "Rome"}', is_known=True, is_free=True)] * 20, JsonFields()),
    ],
)
def test_calls_are_compared_where_they_were_free(references: Sequence[Reference], grader: Grader) -> None:
    """A forced call is a structured answer; known answers of tools in the form of calls are calls."""
    found = choose(references)
    assert isinstance(found, Choice)
    assert grader == found.grader


def test_text_beside_calls_is_not_passed_over_unasked() -> None:
    """Where some replies call and others speak, comparing calls alone would pass any text."""
    assert isinstance(choose([*[FREE] * 10, *SPOKEN]), NoGrader)


def test_free_text_has_no_grader() -> None:
    """The sentence says what the answers are, why none fits, and what to do."""
    found = choose(_references([f"{n}. " + "A long answer. " * 20 for n in range(20)]), "report-summary")
    assert found == NoGrader(
        "answers of report-summary are free text (303 characters each, 20 of 20 distinct), and to compare "
        "them word for word would mean nothing; name a grader with --grader report-summary=KIND, give known "
        "answers that are short with --expected, or have them judged by a rubric of yours"
    )


def test_nothing_recorded_has_no_grader() -> None:
    """Empty and missing answers say nothing."""
    found = choose([Reference(None), Reference(" ")], "triage")
    assert isinstance(found, NoGrader)
    assert found.why.startswith("triage has no recorded answers")


def test_known_answers_make_any_choice_safe() -> None:
    """The share of known answers is told; with all of them known the figure is the loss itself."""
    known = choose(_references(["1", "2", "3"], is_known=True))
    mixed = choose([*_references(["1"], is_known=True), *_references(["2", "3", "4"])])
    assert known == Choice(Numeric(), "answers are numbers", 1.0, is_safe=True)
    assert mixed == Choice(Numeric(), "answers are numbers", 0.25, is_safe=True)


def test_only_equivalences_bound_the_loss() -> None:
    """A check, a share of fields and a tolerance may pass two answers of which one alone is right."""
    bounding = [
        parse(spec).grader.bounds_loss
        for spec in ("exact", "label", "numeric", "json_fields:unordered", "tool_call")
    ]
    others = [
        parse(spec).grader.bounds_loss
        for spec in (
            "numeric:tolerance=1",
            "numeric:relative=1%",
            "json_fields:mean",
            "json_schema",
            "contains",
            "regex:pattern=a",
        )
    ]
    assert (bounding, others) == ([True] * 5, [False] * 6)
    assert not JsonSchema().bounds_loss
