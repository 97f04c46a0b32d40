"""The choice of a grader: what the recorded answers of a task type allow to be compared by rules alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from modelmix.evaluate.graders.amount import is_bare_amount
from modelmix.evaluate.graders.calls import calls_expected
from modelmix.evaluate.graders.exact import Exact
from modelmix.evaluate.graders.grade import Reference
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.json_fields import JsonFields
from modelmix.evaluate.graders.json_text import decode
from modelmix.evaluate.graders.label import Label, plain_label
from modelmix.evaluate.graders.no_answer import says_no_answer
from modelmix.evaluate.graders.numeric import Numeric
from modelmix.evaluate.graders.tool_call import ToolCalls

MOST = 0.95
"""Share of a type's answers that have to be of a kind: a stray refusal changes none."""

_LONGEST_LABEL, _MOST_LABELS, _TIMES_SEEN = 40, 50, 3
_LONGEST_WORDING, _MOST_WORDS = 60, 8


@dataclass(frozen=True, slots=True)
class Choice:
    """A grader that fits a task type's answers.

    Attributes:
        grader: The grader.
        reason: What it was chosen on: ``answers are numbers``.
        known_share: Share of the answers whose reference is known to be right, in [0, 1].
        is_safe: Whether a bound on how often replies are graded wrong is one on the loss: every right answer
            is known, or agreeing with the baseline's own is enough (`Grader.bounds_loss`).
    """

    grader: Grader
    reason: str
    known_share: float
    is_safe: bool


@dataclass(frozen=True, slots=True)
class NoGrader:
    """A task type that no rule can grade.

    Attributes:
        why: One sentence: what its answers are, and what to do.
    """

    why: str


def choose(references: Sequence[Reference], task_type: str = "TYPE") -> Choice | NoGrader:
    """Choose a grader for a task type from a sample of what its replies are to be held against.

    Tool calls where the model was free to make them; fields where requests state a schema, or answers are
    JSON; numbers before labels, so that `5.0` and `5` are the same; labels where answers are short and few
    are distinct; else the same text where all are short. Free text has no grader here.

    Args:
        references: One for each recorded prompt.
        task_type: Name of the type, for the sentence.
    """
    answered = [reference for reference in references if (reference.expected or "").strip()]
    if not answered:
        return NoGrader(
            f"{task_type} has no recorded answers to hold a reply against; record responses, or give known "
            f"answers with --expected"
        )
    texts = [reference.expected or "" for reference in answered]
    grader, reason = _fitting(answered, texts)
    if grader is None:
        return NoGrader(
            f"answers of {task_type} are free text ({reason}), and to compare them word for word would mean "
            f"nothing; name a grader with --grader {task_type}=KIND, give known answers that are short with "
            f"--expected, or have them judged by a rubric of yours"
        )
    known = sum(reference.is_known for reference in answered) / len(answered)
    return Choice(grader, reason, known, is_safe=known == 1.0 or grader.bounds_loss)


def _fitting(answered: Sequence[Reference], texts: Sequence[str]) -> tuple[Grader | None, str]:
    called = [calls_expected(reference) if reference.is_free else None for reference in answered]
    # A known answer may say that no tool applies; today's text in place of a call is not compared by calls.
    are_calls = [
        bool(calls) or (calls is not None and reference.is_known)
        for calls, reference in zip(called, answered, strict=True)
    ]
    if any(called) and _most(are_calls):
        return ToolCalls(), "answers are tool calls"
    if _most([reference.schema is not None for reference in answered]):
        return JsonFields(), "requests state a JSON schema"
    if _most([_is_structured(text) for text in texts]):
        return JsonFields(), "answers are JSON"
    numbers = sum(map(is_bare_amount, texts))
    if numbers and numbers + sum(map(says_no_answer, texts)) >= MOST * len(texts):
        return Numeric(), "answers are numbers"
    distinct = len({plain_label(text) for text in texts})
    is_short = _most([len(text.strip()) <= _LONGEST_LABEL and "\n" not in text.strip() for text in texts])
    if is_short and distinct <= min(_MOST_LABELS, len(texts) / _TIMES_SEEN):
        return Label(), f"answers are short, and {distinct} of {len(texts)} are distinct"
    if _most([_is_wording(text.strip()) for text in texts]):
        return Exact(), "answers are short"
    typical = int(median(len(text) for text in texts))
    return None, f"{typical:,} characters each, {distinct:,} of {len(texts):,} distinct"


def _most(are: Sequence[bool]) -> bool:
    return sum(are) >= MOST * len(are)


def _is_structured(text: str) -> bool:
    try:
        return isinstance(decode(text), dict | list)
    except ValueError:
        return False


def _is_wording(text: str) -> bool:
    return len(text) <= _LONGEST_WORDING and "\n" not in text and len(text.split()) <= _MOST_WORDS
