"""Grades."""

import pytest

from modelmix.evaluate.graders.grade import LONGEST_WHY, Grade


def test_scores_lie_between_zero_and_one() -> None:
    """Any other score is a programmer's error."""
    for score in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            Grade(score=score, grader="exact@1")


def test_findings_are_short_and_printable() -> None:
    """A finding that could carry a text of the user's into a table is a programmer's error."""
    for why in ("x" * (LONGEST_WHY + 1), "größe", "a\x1b"):
        with pytest.raises(ValueError, match="printable ASCII"):
            Grade(score=0.0, grader="exact@1", why=why)
