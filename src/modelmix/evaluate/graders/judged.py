"""Judged: a task type whose answers a model judges; no rule can say anything of them."""

from dataclasses import dataclass, replace

from modelmix.core.candidate import Candidate
from modelmix.core.reply import Reply
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.judges.judge import Judge, Way, name_of
from modelmix.evaluate.judges.rubric import USUAL, Rubric

NOT_JUDGED = "not judged yet"
"""Reason of an answer whose verdict is still to come."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Stands where a grader does; verdicts are asked for, and kept as grades under its spec.

    Attributes:
        way: How answers are judged.
        candidate: The model that judges; None until a plan names one.
        rubric: By what.
    """

    way: Way
    candidate: Candidate | None = None
    rubric: Rubric = USUAL

    @property
    def name(self) -> str:
        """Name and version: ``judge-rubric@1``."""
        return name_of(self.way)

    @property
    def spec(self) -> str:
        """Name with all that a verdict depends on."""
        return self.name if self.candidate is None else self.judge.spec

    @property
    def bounds_loss(self) -> bool:
        """A judge errs: agreement with it bounds nothing."""
        return False

    @property
    def judge(self) -> Judge:
        """The judge.

        Raises:
            ValueError: No model is named yet, or the rubric does not do for its way.
        """
        if self.candidate is None:
            raise ValueError("no model is named that judges")
        return Judge(self.way, self.candidate, self.rubric)

    def by(self, candidate: Candidate, rubric: Rubric | None = None) -> "Judged":
        """Return it with a model where it names none, and with a rubric where one is given."""
        return replace(self, candidate=self.candidate or candidate, rubric=rubric or self.rubric)

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Say that nothing can be said without asking."""
        del reply, reference
        return Ungradable(NOT_JUDGED)
