"""The count of a field: how often it came out right, wrong, missing or invented."""

import math
from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """What became of one field of one answer."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"
    INVENTED = "invented"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class FieldCount:
    """How often one field came out how.

    Attributes:
        name: The field, nested ones with dots, elements of arrays with ``[]``: ``lines[].total``.
        right: Filled in both, with the same value.
        wrong: Filled in both, with different values.
        missing: Filled in the reference alone.
        invented: Filled in the reply alone.
        absent: Filled in neither, as it should be.
    """

    name: str
    right: int = 0
    wrong: int = 0
    missing: int = 0
    invented: int = 0
    absent: int = 0

    def __add__(self, other: "FieldCount") -> "FieldCount":
        """Add the counts of the same field in other answers."""
        return FieldCount(
            self.name,
            self.right + other.right,
            self.wrong + other.wrong,
            self.missing + other.missing,
            self.invented + other.invented,
            self.absent + other.absent,
        )

    @property
    def n(self) -> int:
        """Times that the field was looked at."""
        return self.right + self.wrong + self.missing + self.invented + self.absent

    @property
    def precision(self) -> float:
        """Share of what the replies filled in that is right, in [0, 1]; NaN where they filled nothing in."""
        return _share(self.right, self.right + self.wrong + self.invented)

    @property
    def recall(self) -> float:
        """Share of what there was to find that came out right, in [0, 1]; NaN where there was nothing."""
        return _share(self.right, self.right + self.wrong + self.missing)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, in [0, 1]; NaN where nobody filled anything in.

        2 right / (2 right + 2 wrong + missing + invented): a wrong value is one of each.

        Source: C. J. van Rijsbergen, Information Retrieval (1979), chapter 7.
        """
        return _share(2 * self.right, 2 * self.right + 2 * self.wrong + self.missing + self.invented)

    @property
    def invented_share(self) -> float:
        """Share of the times there was nothing to find in which the reply found something; NaN if never."""
        return _share(self.invented, self.invented + self.absent)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
