"""Static: the policy that sends every task to one candidate."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelmix.core.attempt import Attempt
from modelmix.core.candidate import Candidate
from modelmix.core.task import Features
from modelmix.policy.base import Route


@dataclass(frozen=True, slots=True)
class Static:
    """One candidate for every task, whatever was asked for.

    Attributes:
        candidate: Who answers.
    """

    candidate: Candidate

    def next(self, features: Features, tried: Sequence[Attempt]) -> Route:  # noqa: ARG002 - the step function's form
        """Route to the one candidate."""
        return Route(self.candidate, "static")
