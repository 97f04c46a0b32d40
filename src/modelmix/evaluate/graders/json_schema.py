"""The schema grader: a reply that follows the JSON Schema of its request, whatever it says."""

from dataclasses import dataclass
from typing import ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.json_text import decode
from modelmix.evaluate.graders.validity import INVALID, UnfollowableError, Validity, validity


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """Right if the reply is JSON and valid. A check, not a comparison: a valid answer may still be wrong."""

    name: ClassVar[str] = "json_schema@1"

    @property
    def spec(self) -> str:
        """Name and version."""
        return self.name

    @property
    def bounds_loss(self) -> bool:
        """Two answers that are both valid may differ, and one of them be wrong."""
        return False

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Validate the reply; the text of the reference shows only whether the schema can be followed."""
        if reference.schema is None:
            return Ungradable("no schema")
        found = validity(reference.schema)
        if found is None or cannot_follow(found, reference.expected):
            return Ungradable(INVALID)
        why = shortcoming(reply, reference.tool) or fault_of(found, answer_text(reply))
        return Grade(score=float(not why), grader=self.name, checks_ok=not why, why=why)


def fault_of(found: Validity, text: str) -> str:
    """Say what keeps an answer from being valid JSON, empty if nothing does."""
    try:
        return found.fault(decode(text))
    except ValueError as error:
        return str(error)


def cannot_follow(found: Validity, expected: str | None) -> bool:
    """Say whether a schema fails on the reference itself, so that it could hold against no answer."""
    try:
        found.fault(None if expected is None else decode(expected))
    except UnfollowableError:
        return True
    except ValueError:
        return False
    return False
