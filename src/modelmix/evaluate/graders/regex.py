"""The pattern grader: a regular expression that finds something in the reply."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.pattern import danger_of
from modelmix.evaluate.graders.plain_text import trimmed

LONGEST_TEXT = 2_000
"""Most characters of a reply that a pattern is tried on; what is beyond is not looked at.

Two open repeats such as ``.*`` take half a second on so many, and seven minutes on ten times as many: a run
that waits for one pattern hears nothing else.
"""

_KEPT = 64


@dataclass(frozen=True, slots=True)
class Regex:
    """Right if the pattern matches anywhere in the reply. A check, not a comparison: no reference is read.

    The pattern is Python's. ``^`` and ``$`` stand for the ends of the trimmed reply, or of each of its lines
    after ``(?m)``.

    Attributes:
        pattern: The pattern, from 1 to 500 characters, which `danger_of` finds nothing in.
        ignore_case: Whether case makes no difference.
    """

    name: ClassVar[str] = "regex@1"

    pattern: str
    ignore_case: bool = False

    def __post_init__(self) -> None:
        danger = danger_of(self.pattern)
        if danger:
            raise ValueError(danger)

    @property
    def spec(self) -> str:
        """Name, version and options; the pattern is the last, and goes to the end."""
        return f"{self.name}:{'ignore_case,' if self.ignore_case else ''}pattern={self.pattern}"

    @property
    def bounds_loss(self) -> bool:
        """Two answers that a pattern fits may differ, and one of them be wrong."""
        return False

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Try the pattern on the reply."""
        why = shortcoming(reply, reference.tool)
        if not why:
            text = trimmed(answer_text(reply)[:LONGEST_TEXT])
            why = "" if _compiled(self.pattern, self.ignore_case).search(text) else "no match"
        return Grade(score=float(not why), grader=self.name, checks_ok=not why, why=why)


@lru_cache(maxsize=_KEPT)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
