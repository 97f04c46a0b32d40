"""An attempt: one candidate's run at one task, and its grade offline."""

from dataclasses import dataclass
from decimal import Decimal

from modelmix.core.candidate import Candidate


@dataclass(frozen=True, slots=True)
class Attempt:
    """One candidate's run at one task, as seen when serving.

    Attributes:
        candidate: The candidate that ran.
        cost_usd: What the run cost, or None where it cannot be priced.
        signal: Quality evidence known when serving, in [0, 1], or None.
        stop_reason: Why the model stopped, or empty.
    """

    candidate: Candidate
    cost_usd: Decimal | None = None
    signal: float | None = None
    stop_reason: str = ""


@dataclass(frozen=True, slots=True)
class Graded:
    """An attempt and its grade: exists offline only, so that no policy can see a grade.

    Attributes:
        attempt: The attempt.
        score: Grade in [0, 1].
        grader: Name and version of the grader.
    """

    attempt: Attempt
    score: float
    grader: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.score <= 1.0:
            raise ValueError(f"score is {self.score}; a score lies between 0 and 1")
