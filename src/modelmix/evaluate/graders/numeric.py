"""The numeric grader: the same number, exactly or within a tolerance."""

from dataclasses import dataclass
from decimal import Context, Decimal
from typing import ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.amount import Amount, amount_of
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import NO_ANSWER, NO_REFERENCE, Grade, Reference, Ungradable
from modelmix.evaluate.graders.no_answer import says_no_answer

# A context of its own: what the caller set must change no grade. It rounds and never raises.
_EXACT = Context(prec=100, traps=[])
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Numeric:
    """Right if the reply states one number, and it lies within the tolerance of the reference's.

    A unit that one of the two leaves out makes no difference against a known answer; the other one does. Both
    have to write the same one where the reference is only today's answer, which may leave out the wrong one.

    Attributes:
        tolerance: Largest difference, ≥ 0.
        relative: Largest difference as a share of the reference, ≥ 0; the larger of the two holds.
    """

    name: ClassVar[str] = "numeric@1"

    tolerance: Decimal = _ZERO
    relative: Decimal = _ZERO

    def __post_init__(self) -> None:
        for value in (self.tolerance, self.relative):
            if not value.is_finite() or value < 0:
                raise ValueError(f"a tolerance of {value} is no number from 0 up")

    @property
    def spec(self) -> str:
        """Name, version and options."""
        options = [
            f"{option}={getattr(self, option)}"
            for option in ("tolerance", "relative")
            if getattr(self, option)
        ]
        return self.name + (":" + ",".join(options) if options else "")

    @property
    def bounds_loss(self) -> bool:
        """Equal numbers are both right or both wrong; near ones may lie on either side of a tolerance."""
        return not self.tolerance and not self.relative

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Compare the one number of each."""
        text = reference.expected or ""
        expected = amount_of(text)
        is_none = says_no_answer(text)
        if not text.strip():
            return Ungradable(NO_REFERENCE)
        if not is_none and isinstance(expected, str):
            return Ungradable("reference is not a number")
        why = shortcoming(reply, reference.tool)
        if not why:
            answer = answer_text(reply)
            right = None if isinstance(expected, str) else expected
            why = self._against(answer, right, is_known=reference.is_known)
        slice_name = NO_ANSWER if is_none else ""
        return Grade(score=float(not why), grader=self.name, slice_name=slice_name, why=why)

    def _against(self, answer: str, right: Amount | None, *, is_known: bool) -> str:
        found = amount_of(answer)
        if isinstance(found, str):
            if says_no_answer(answer):
                return "" if right is None else "gave no answer"
            return found
        if right is None:
            return "invented an answer"
        if found.unit != right.unit and (not is_known or (found.unit and right.unit)):
            return "other unit"
        if found.value == right.value:
            return ""
        gap = _EXACT.abs(_EXACT.subtract(found.value, right.value))
        near = max(self.tolerance, _EXACT.multiply(self.relative, _EXACT.abs(right.value)))
        if gap <= near:
            return ""
        return "other number" if self.bounds_loss else "off by more than the tolerance"
