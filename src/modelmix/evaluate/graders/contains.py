"""The containing grader: the texts that a known answer names occur in the reply."""

import re
from dataclasses import dataclass
from typing import ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import NO_ANSWER, NO_REFERENCE, Grade, Reference, Ungradable
from modelmix.evaluate.graders.no_answer import says_no_answer
from modelmix.evaluate.graders.plain_text import caseless, trimmed

_PART = re.compile(r"(?:[^\\|]|\\\||\\)+")


@dataclass(frozen=True, slots=True)
class Contains:
    r"""Right if every text of the known answer occurs in the reply, anywhere, parts of words included.

    The answer's texts are parted by ``|``; ``\|`` stands for the sign itself. Unicode is compared in NFC, and
    any white space counts as one blank. Today's answer, where no known one is there, names no texts to look
    for, and such a row is set aside.

    Attributes:
        any_part: Whether one of the texts is enough.
        ignore_case: Whether case makes no difference.
    """

    name: ClassVar[str] = "contains@1"

    any_part: bool = False
    ignore_case: bool = False

    @property
    def spec(self) -> str:
        """Name, version and options."""
        options = ["any"] if self.any_part else []
        options += ["ignore_case"] if self.ignore_case else []
        return self.name + (":" + ",".join(options) if options else "")

    @property
    def bounds_loss(self) -> bool:
        """Two answers that hold the same texts may say different things around them."""
        return False

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Look for the texts."""
        expected = reference.expected or ""
        parts = self._parts(expected)
        if not parts:
            return Ungradable(NO_REFERENCE)
        if not reference.is_known:
            return Ungradable("no known answer")
        why = shortcoming(reply, reference.tool) or self._lacking(parts, self._plain(answer_text(reply)))
        slice_name = NO_ANSWER if says_no_answer(expected) else ""
        return Grade(score=float(not why), grader=self.name, slice_name=slice_name, why=why)

    def _parts(self, expected: str) -> list[str]:
        parts = [self._plain(part.replace("\\|", "|")) for part in _PART.findall(expected)]
        return [part for part in dict.fromkeys(parts) if part]

    def _lacking(self, parts: list[str], text: str) -> str:
        n_found = sum(part in text for part in parts)
        if n_found == len(parts) or (self.any_part and n_found):
            return ""
        return "lacks the text" if n_found == 0 else "lacks a part of the text"

    def _plain(self, text: str) -> str:
        plain = " ".join(trimmed(text).split())
        return caseless(plain) if self.ignore_case else plain
