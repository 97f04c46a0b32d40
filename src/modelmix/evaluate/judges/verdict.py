"""A verdict: what a judge's answer says, or why it says nothing; and what two orders together say."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.grade import Grade, Ungradable
from modelmix.evaluate.judges.judge import Fault, Judge, Way

LONGEST_REASON: Final = 500
TIE: Final = 0.5
"""Score of a candidate that is as good as the baseline, and of every baseline, in comparisons."""

_decode = msgspec.json.Decoder().decode
_NO_VERDICT = "the judge gives no verdict"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of one answer.

    Attributes:
        score: 1 for acceptable and 0 for not, or the share of points that are met.
        fault: What is mainly wrong.
        reason: The judge's sentence; it may quote the answer, and is kept only where text is.
    """

    score: float
    fault: Fault
    reason: str = ""


class Better(StrEnum):
    """Which of two answers is better, by their places."""

    FIRST = "1"
    SECOND = "2"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a judge says of two answers in one order.

    Attributes:
        better: Which place is better.
        fault: What is mainly wrong with the worse one.
        reason: The judge's sentence, kept only where text is.
    """

    better: Better
    fault: Fault
    reason: str = ""


def verdict_of(judge: Judge, reply: Reply) -> Verdict | Ungradable:
    """Read what a judge says of one answer.

    What cannot be read is no tie and no error of the answer's: it is set aside and counted.
    """
    found = _read(reply)
    if isinstance(found, Ungradable):
        return found
    if judge.way is Way.RUBRIC:
        marks = [found.get("acceptable")]
    else:
        marks = [found.get(f"p{number}") for number in range(1, len(judge.rubric.points) + 1)]
    if not all(isinstance(mark, bool) for mark in marks):
        return Ungradable(_NO_VERDICT)
    score = sum(map(bool, marks)) / len(marks)
    return Verdict(score, _fault(found, none=score == 1.0), _reason(found))


def comparison_of(reply: Reply) -> Comparison | Ungradable:
    """Read what a judge says of two answers."""
    found = _read(reply)
    if isinstance(found, Ungradable):
        return found
    try:
        better = Better(str(found.get("better")))
    except ValueError:
        return Ungradable(_NO_VERDICT)
    return Comparison(better, _fault(found, none=better is Better.SAME), _reason(found))


@dataclass(frozen=True, slots=True)
class BothOrders:
    """What two orders together say of a candidate against the baseline.

    Attributes:
        score: 1 if the candidate is better in both orders, 0 if it is worse in both, else a half.
        agree: Whether both orders say the same of the two.
        first_wins: How often, of the two orders, the place shown first was called better: 0, 1 or 2.
        fault: What is mainly wrong with the candidate, where it is worse.
        reason: Sentence of the order in which the candidate stands second.
    """

    score: float
    agree: bool
    first_wins: int
    fault: Fault
    reason: str = ""


def both_orders(ahead: Comparison, behind: Comparison) -> BothOrders:
    """Put two orders together; where they disagree, it is a tie.

    Args:
        ahead: The comparison with the candidate first.
        behind: The one with the candidate second.
    """
    says = {Better.FIRST: 1, Better.SAME: 0, Better.SECOND: -1}
    one, other = says[ahead.better], -says[behind.better]
    score = 1.0 if one == other == 1 else 0.0 if one == other == -1 else TIE
    first_wins = (ahead.better is Better.FIRST) + (behind.better is Better.FIRST)
    fault = behind.fault if score == 0.0 else Fault.NONE
    return BothOrders(score, one == other, first_wins, fault, behind.reason)


def grade_of_verdict(judge: Judge, verdict: Verdict) -> Grade:
    """Write a verdict as a grade; its finding holds nothing of the answer."""
    why = "" if verdict.score == 1.0 else f"judged not acceptable: {verdict.fault}"
    if judge.way is Way.POINTS and verdict.score < 1.0:
        why = f"judged short of the rubric: {verdict.fault}"
    return Grade(score=verdict.score, grader=judge.name, why=why)


def grade_of_orders(judge: Judge, found: BothOrders) -> Grade:
    """Write a comparison as a grade of the candidate; the baseline's own is a tie with itself."""
    why = f"judged worse: {found.fault}" if found.score == 0.0 else ""
    return Grade(score=found.score, grader=judge.name, why=why)


def grade_without(judge: Judge, why: Ungradable, *, is_baseline: bool) -> Grade:
    """Grade an answer that the judge gave no verdict on, so that doubt speaks for what is in use today.

    An answer may itself be what makes a judge refuse, or ramble. Were it set aside, bad answers would vanish
    from the count. So the baseline counts as right, and a candidate as wrong.

    Args:
        judge: The judge.
        why: What `verdict_of` or `comparison_of` gave.
        is_baseline: Whose answer it is.
    """
    if is_baseline:
        return Grade(score=TIE if judge.way is Way.PAIRWISE else 1.0, grader=judge.name)
    return Grade(score=0.0, grader=judge.name, why=f"no verdict: {why.why}")


def _read(reply: Reply) -> Mapping[str, Any] | Ungradable:
    if reply.stop_reason == "refusal":
        return Ungradable("the judge refuses")
    if not reply.is_whole:
        return Ungradable("the judge's verdict is cut off")
    text = reply.text.strip()
    if text.startswith("```"):
        text = text.strip("`").removeprefix("json").strip()
    try:
        found = _decode(text.encode())
    except (ValueError, RecursionError):
        return Ungradable(_NO_VERDICT)
    return found if isinstance(found, Mapping) else Ungradable(_NO_VERDICT)


def _fault(found: Mapping[str, Any], *, none: bool) -> Fault:
    if none:
        return Fault.NONE
    try:
        return Fault(str(found.get("fault")))
    except ValueError:
        return Fault.UNCLEAR


def _reason(found: Mapping[str, Any]) -> str:
    reason = found.get("reason")
    return reason[:LONGEST_REASON] if isinstance(reason, str) else ""
