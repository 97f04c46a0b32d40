"""A rubric: by what answers are judged."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

LONGEST_RUBRIC: Final = 20_000
MOST_POINTS: Final = 20

_POINT: Final = re.compile(r"^\s*(?:[-*]|\d+[.)])\s+(\S.*?)\s*$", re.MULTILINE)

_USUAL: Final = """\
An answer is acceptable if somebody who asked for this could use it as it stands:
- it does what was asked, all of it, and in the form that was asked for;
- what it states is right, as far as the task and common knowledge tell;
- it invents nothing: what the task does not say is not stated as if it did;
- it is understandable, and neither so short nor so long that it fails its purpose.
Style alone decides nothing. Length alone decides nothing. Thanks, greetings and promises decide nothing."""


@dataclass(frozen=True, slots=True)
class Rubric:
    """What makes an answer acceptable, in words.

    Attributes:
        text: The words.
        points: Its points, where it lists any: lines that begin with a dash, a star or a number.
    """

    text: str
    points: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> "Rubric":
        """Read a rubric of the user's.

        Raises:
            ValueError: It is empty, too long, or has too many points.
        """
        words = text.strip()
        if not words:
            raise ValueError("the rubric is empty; write by what an answer is judged")
        if len(words) > LONGEST_RUBRIC:
            raise ValueError(
                f"the rubric has {len(words):,} characters; a judge is given {LONGEST_RUBRIC:,} at most"
            )
        points = tuple(_POINT.findall(words))
        if len(points) > MOST_POINTS:
            raise ValueError(f"the rubric has {len(points)} points; list {MOST_POINTS} at most")
        return cls(words, points)

    @property
    def sha256(self) -> str:
        """Hash of its words: verdicts by another rubric are other verdicts."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


USUAL: Final = Rubric.of(_USUAL)
"""The rubric where the user gives none."""
