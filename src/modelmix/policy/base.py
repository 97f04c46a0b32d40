"""The step function: what every policy is, for the replay that proves it and for the gateway that runs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from modelmix.core.attempt import Attempt
from modelmix.core.candidate import Candidate
from modelmix.core.task import Features

KILL_SWITCH = "policy.off"
"""Name of the file in the home folder whose presence stops all routing, without a restart."""


@dataclass(frozen=True, slots=True)
class Try:
    """Call this candidate, hold its answer back, and ask again.

    Attributes:
        candidate: Who is to run next.
    """

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Route:
    """The final choice for one task.

    Attributes:
        candidate: Who answers. If it is the candidate of the last attempt, that attempt is delivered.
        reason: Why, in short stable fields: ``task=form-extraction; static; policy=1f0e2d3c``.
    """

    candidate: Candidate
    reason: str


class Policy(Protocol):
    """A pure step function from what is known of a task to who answers it."""

    def next(self, features: Features, tried: Sequence[Attempt]) -> Try | Route:
        """Choose the next step.

        Args:
            features: What is known of the task before any answer.
            tried: Attempts made so far for this task, in order.

        Returns:
            ``Try`` to see one more attempt first, or ``Route``, which is final.
        """
        ...
