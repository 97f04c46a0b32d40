"""The exact grader: the same text, but for white space at its ends."""

from dataclasses import dataclass
from typing import ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import NO_ANSWER, NO_REFERENCE, Grade, Reference, Ungradable
from modelmix.evaluate.graders.no_answer import says_no_answer
from modelmix.evaluate.graders.plain_text import caseless, trimmed


@dataclass(frozen=True, slots=True)
class Exact:
    """Right if it is the same text in Unicode NFC, trimmed.

    Attributes:
        ignore_case: Whether case makes no difference.
    """

    name: ClassVar[str] = "exact@1"

    ignore_case: bool = False

    @property
    def spec(self) -> str:
        """Name, version and options."""
        return self.name + (":ignore_case" if self.ignore_case else "")

    @property
    def bounds_loss(self) -> bool:
        """Two answers that are the same text are both right or both wrong."""
        return True

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Compare the whole text."""
        expected = self._plain(reference.expected or "")
        if not expected:
            return Ungradable(NO_REFERENCE)
        is_same = self._plain(answer_text(reply)) == expected
        why = shortcoming(reply, reference.tool) or ("" if is_same else "other text")
        slice_name = NO_ANSWER if says_no_answer(expected) else ""
        return Grade(score=float(not why), grader=self.name, slice_name=slice_name, why=why)

    def _plain(self, text: str) -> str:
        return caseless(trimmed(text)) if self.ignore_case else trimmed(text)
