"""A grade: what a grader says of one reply, what it was held against, and when nothing can be said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelmix.core.reply import ToolCall
from modelmix.evaluate.graders.field_count import FieldCount

LONGEST_WHY = 200
"""Most characters of a grade's finding."""

NO_REFERENCE = "no reference"
"""Reason of a row that has nothing to be held against."""

NO_ANSWER = "no answer"
"""Slice of the rows on which the right answer is that there is none."""

FIELD_ABSENT = "field absent"
"""Slice of the rows on which the document lacks a field."""

NO_TOOL = "no tool applies"
"""Slice of the rows on which the right answer is to call no tool."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a reply is held against; holds text and lives no longer than its grading.

    Attributes:
        expected: The known right answer, else the baseline's own reply; None where there is neither.
        schema: JSON Schema that the request asks its answer to follow, or None.
        is_known: Whether ``expected`` is known to be right; else it is only what is answered today.
        tool: Tool that is to be called with the answer as its arguments, or empty for an answer in text.
        calls: Tools that the baseline's own reply calls, in order; None where it could call none, or where
            its reply is no answer or not what counts.
        is_free: Whether the request leaves it to the model which tool to call, if any.
        prompt: What was asked last, for graders that look at it.
    """

    expected: str | None
    schema: Mapping[str, Any] | None = None
    is_known: bool = False
    tool: str = ""
    calls: tuple[ToolCall, ...] | None = None
    is_free: bool = False
    prompt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """What a grader says of one reply.

    Attributes:
        score: How much of it is right, in [0, 1].
        grader: Name and version of the grader: ``json_fields@1``.
        checks_ok: Whether what can be checked without a reference holds, or None where nothing can.
        slice_name: Named slice that the row belongs to by its reference, never by the reply; or empty.
        why: What is wrong, in a few stable words and names of fields, never a value; empty if nothing is.
        fields: Counts of each field, where the answer has fields.
    """

    score: float
    grader: str
    checks_ok: bool | None = None
    slice_name: str = ""
    why: str = ""
    fields: tuple[FieldCount, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.score <= 1.0:
            raise ValueError(f"score is {self.score}; a score lies between 0 and 1")
        if len(self.why) > LONGEST_WHY or not self.why.isascii() or not self.why.isprintable():
            raise ValueError(f"a finding has at most {LONGEST_WHY} printable ASCII characters")


@dataclass(frozen=True, slots=True)
class Ungradable:
    """A row of which a grader can say nothing: it is set aside and counted by reason.

    Whether a row is set aside follows from its reference alone. If a reply could have it set aside, bad
    replies would vanish from the count.

    Attributes:
        why: The reason in a few stable words: ``no reference``, ``reference is not JSON``.
    """

    why: str
