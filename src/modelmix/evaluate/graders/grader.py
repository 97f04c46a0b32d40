"""A grader: what every way of grading by rules alone is."""

from typing import Protocol

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable


class Grader(Protocol):
    """A pure function from a reply and its reference to a grade; it never raises."""

    @property
    def name(self) -> str:
        """Name and version, as outcomes carry it: ``numeric@1``."""
        ...

    @property
    def spec(self) -> str:
        """Name, version and options, as ``--grader`` reads them: ``numeric@1:tolerance=0.01``."""
        ...

    @property
    def bounds_loss(self) -> bool:
        """Whether agreement with the baseline's own answer bounds the loss from above.

        It does where agreeing is an equivalence: of two answers that agree, both are right or neither is,
        whatever the truth. Let b be the baseline's answer and c the candidate's. Then
        loss = P(b right, c wrong) - P(b wrong, c right) ≤ P(b right, c wrong) ≤ P(b and c differ),
        since where they agree and b is right, so is c. A bound that clears the margin clears it for the
        loss itself; a bound that does not may mean only that the candidate is right where the baseline errs.
        """
        ...

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Grade one reply.

        Args:
            reply: What the candidate said.
            reference: What it is held against.

        Returns:
            The grade, or, from the reference alone, why nothing can be said.
        """
        ...
