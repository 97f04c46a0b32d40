"""A label: what one person says of one answer, or of two that stood side by side."""

from dataclasses import dataclass
from datetime import datetime

from modelmix.core.candidate import Candidate

HUMAN = "human@1"
"""Name and version of the grader that people are."""

DIFFER = "differ"
"""Stratum of pairs whose answers a rule or a judge grades differently."""

ALIKE = "alike"
"""Stratum of pairs whose answers it grades alike, though their texts differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One person's word on one prompt.

    Attributes:
        prompt_id: The prompt.
        task_type: Its task type, or empty where a table names none.
        candidate: Whose answer it is.
        score: Grade of it in [0, 1]; None if the person passed the pair over.
        who: Who says so.
        at: UTC instant.
        baseline: Whose answer stood beside it, or None where it stood alone.
        baseline_score: Grade of that one, or None.
        answer_sha256: Hash of the candidate's answer as it was shown; empty if not known.
        baseline_sha256: The same of the baseline's.
        seconds: Time that the person took, or None where nobody measured.
        stratum: Part of the pairs that it was drawn from at random, or empty: then it stands for itself only.
        drawn_by: Grader by whose word the pairs were parted, or empty.
    """

    prompt_id: str
    task_type: str
    candidate: Candidate
    score: float | None
    who: str
    at: datetime
    baseline: Candidate | None = None
    baseline_score: float | None = None
    answer_sha256: str = ""
    baseline_sha256: str = ""
    seconds: float | None = None
    stratum: str = ""
    drawn_by: str = ""

    def __post_init__(self) -> None:
        for score in (self.score, self.baseline_score):
            if score is not None and not 0.0 <= score <= 1.0:
                raise ValueError(f"score is {score}; a score lies between 0 and 1")
        if not self.prompt_id or not self.who:
            raise ValueError("a label needs the prompt that it is of and the person whose it is")

    @property
    def is_skipped(self) -> bool:
        """Whether the person passed the pair over."""
        return self.score is None

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What it is on: a person has one word on it, the last."""
        return self.who, self.task_type, self.prompt_id, str(self.candidate), str(self.baseline or "")
