"""What a judge says is read strictly, and what it does not say counts against no one silently."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate
from modelmix.core.reply import Reply
from modelmix.evaluate.graders.grade import Grade, Ungradable
from modelmix.evaluate.judges.judge import Fault, Judge, Way
from modelmix.evaluate.judges.rubric import Rubric
from modelmix.evaluate.judges.verdict import (
    Better,
    BothOrders,
    Comparison,
    Verdict,
    both_orders,
    comparison_of,
    grade_of_orders,
    grade_of_verdict,
    grade_without,
    verdict_of,
)

OPUS = Candidate("claude-opus-5-5")
RUBRIC, PAIRWISE = Judge(Way.RUBRIC, OPUS), Judge(Way.PAIRWISE, OPUS)
POINTS = Judge(Way.POINTS, OPUS, Rubric.of("- a\n- b\n- c\n- d"))
FIRST, SECOND, SAME = (Comparison(better, Fault.WRONG) for better in Better)


def said(document: Any, stop_reason: str = "end_turn") -> Reply:  # noqa: ANN401 - any JSON
    """Write an answer of a judge."""
    return Reply(document if isinstance(document, str) else json.dumps(document), stop_reason=stop_reason)


def test_a_verdict_is_read() -> None:
    """Acceptable or not, or the share of points; the fault is one of a few, the reason is cut."""
    assert verdict_of(RUBRIC, said({"acceptable": True, "fault": "wrong", "reason": "Fine."})) == Verdict(
        1.0, Fault.NONE, "Fine."
    )
    assert verdict_of(RUBRIC, said({"acceptable": False, "fault": "invented"})) == Verdict(
        0.0, Fault.INVENTED
    )
    marks = {"p1": True, "p2": False, "p3": True, "p4": True, "fault": "?", "reason": "x" * 900}
    found = verdict_of(POINTS, said(marks))
    assert found == Verdict(0.75, Fault.UNCLEAR, "x" * 500)
    fenced = "```json\n" + json.dumps({"acceptable": True}) + "\n```"
    assert verdict_of(RUBRIC, said(fenced)) == Verdict(1.0, Fault.NONE)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (said("{}", "refusal"), "the judge refuses"),
        (said("{", "max_tokens"), "the judge's verdict is cut off"),
        (said("I like it"), "the judge gives no verdict"),
        (said([1]), "the judge gives no verdict"),
        (said({"acceptable": "yes"}), "the judge gives no verdict"),
        (said({"better": "3"}), "the judge gives no verdict"),
    ],
)
def test_what_is_no_verdict_is_none(reply: Reply, why: str) -> None:
    """Not a tie, and not an error of the answer's: it is said to be missing."""
    assert verdict_of(RUBRIC, reply) == comparison_of(reply) == Ungradable(why)


@given(st.text() | st.dictionaries(st.text(max_size=10), st.none() | st.booleans() | st.text(max_size=5)))
def test_any_answer_of_a_judge_can_be_read(document: object) -> None:
    """Whatever it says, there is a verdict or a reason why there is none."""
    for judge in (RUBRIC, POINTS):
        assert isinstance(verdict_of(judge, said(document)), Verdict | Ungradable)
    assert isinstance(comparison_of(said(document)), Comparison | Ungradable)


def test_comparisons_are_read() -> None:
    """The place that is better, and what is wrong with the worse one."""
    assert comparison_of(said({"better": "2", "fault": "incomplete", "reason": "r"})) == Comparison(
        Better.SECOND, Fault.INCOMPLETE, "r"
    )
    assert comparison_of(said({"better": "same", "fault": "wrong"})) == Comparison(Better.SAME, Fault.NONE)


@pytest.mark.parametrize(
    ("ahead", "behind", "expected"),
    [
        (FIRST, SECOND, BothOrders(1.0, True, 1, Fault.NONE)),
        (SECOND, FIRST, BothOrders(0.0, True, 1, Fault.WRONG)),
        (SAME, SAME, BothOrders(0.5, True, 0, Fault.NONE)),
        (FIRST, FIRST, BothOrders(0.5, False, 2, Fault.NONE)),
        (SECOND, SECOND, BothOrders(0.5, False, 0, Fault.NONE)),
        (FIRST, SAME, BothOrders(0.5, False, 1, Fault.NONE)),
        (SAME, FIRST, BothOrders(0.5, False, 1, Fault.NONE)),
    ],
)
def test_only_two_orders_that_agree_have_a_winner(
    ahead: Comparison, behind: Comparison, expected: BothOrders
) -> None:
    """A judge that goes by the place contradicts itself, and that is a tie."""
    assert both_orders(ahead, behind) == expected


@given(st.sampled_from(Better), st.sampled_from(Better))
def test_exchanging_the_sides_exchanges_the_score(one: Better, other: Better) -> None:
    """Neither side is favoured by how two orders are put together."""
    found = both_orders(Comparison(one, Fault.NONE), Comparison(other, Fault.NONE))
    swapped = both_orders(Comparison(other, Fault.NONE), Comparison(one, Fault.NONE))
    assert found.score + swapped.score == 1.0
    assert found.agree == swapped.agree


def test_findings_hold_nothing_of_the_answer() -> None:
    """A grade carries a fault out of a few words; the reason, which may quote, is not in it."""
    assert grade_of_verdict(RUBRIC, Verdict(0.0, Fault.OFF_TASK, "It says hunter2.")) == Grade(
        score=0.0, grader="judge-rubric@1", why="judged not acceptable: off task"
    )
    assert grade_of_verdict(RUBRIC, Verdict(1.0, Fault.NONE)).why == ""
    assert grade_of_verdict(POINTS, Verdict(0.75, Fault.FORM)).why == "judged short of the rubric: form"
    assert grade_of_orders(PAIRWISE, both_orders(SECOND, FIRST)) == Grade(
        score=0.0, grader="judge-pairwise@1", why="judged worse: wrong"
    )
    assert grade_of_orders(PAIRWISE, both_orders(FIRST, SECOND)).score == 1.0
    assert grade_of_orders(PAIRWISE, both_orders(SAME, SAME)).why == ""


def test_without_a_verdict_doubt_speaks_for_today() -> None:
    """An answer that makes its judge refuse does not vanish from the count, and is said to be unjudged."""
    why = Ungradable("the judge refuses")
    assert grade_without(RUBRIC, why, is_baseline=False) == Grade(
        score=0.0, grader="judge-rubric@1", why="no verdict: the judge refuses"
    )
    assert grade_without(RUBRIC, why, is_baseline=True).score == 1.0
    assert grade_without(PAIRWISE, why, is_baseline=True).score == 0.5
