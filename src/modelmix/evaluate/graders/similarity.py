"""The grader of similarity: how much alike a reply and its reference are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.alike import edit_similarity, rouge_l, token_f1
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import NO_ANSWER, NO_REFERENCE, Grade, Reference, Ungradable
from modelmix.evaluate.graders.no_answer import says_no_answer

LONGEST_TEXT = 20_000
"""Most characters of a text that is compared: the time grows with the product of two lengths."""

METRICS: Mapping[str, Callable[[str, str], float]] = {
    "token_f1": token_f1,
    "rouge_l": rouge_l,
    "edit": edit_similarity,
}
"""Each measure by its name."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """Right as far as the reply is like the reference; or right if it is at least so much like it.

    Held against a known answer it grades. Held against today's own answer it says only how alike the two
    are: two that are alike may differ in the one word that counts, and two that are not may both be right.

    Attributes:
        metric: ``token_f1``, ``rouge_l`` or ``edit``.
        least: Least similarity of a right reply, in (0, 1]; 0 where the score is the similarity itself.
    """

    name: ClassVar[str] = "similarity@1"

    metric: str = "token_f1"
    least: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise ValueError(f"metric {self.metric[:40]!r} is none of {', '.join(METRICS)}")
        if not 0 <= self.least <= 1:
            raise ValueError(f"least is {self.least}; a similarity lies between 0 and 1")

    @property
    def spec(self) -> str:
        """Name, version and options."""
        least = f",least={self.least.normalize():f}" if self.least else ""
        return f"{self.name}:metric={self.metric}{least}"

    @property
    def bounds_loss(self) -> bool:
        """To be alike is no equivalence."""
        return False

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Measure the similarity."""
        expected = reference.expected or ""
        if not expected.strip():
            return Ungradable(NO_REFERENCE)
        if len(expected) > LONGEST_TEXT:
            return Ungradable("reference is too long")
        answer = answer_text(reply)
        why = shortcoming(reply, reference.tool) or ("too long" if len(answer) > LONGEST_TEXT else "")
        score = 0.0 if why else METRICS[self.metric](answer, expected)
        if self.least:
            score = float(Decimal(score) >= self.least or score >= float(self.least))
        if score < 1.0:
            why = why or ("too little alike" if self.least else "not all alike")
        slice_name = NO_ANSWER if says_no_answer(expected) else ""
        return Grade(score=score, grader=self.name, slice_name=slice_name, why=why)
