"""Standing: how a policy stands at one moment, and what is left of it at rest."""

from dataclasses import dataclass
from datetime import date

from modelmix.policy.by_type import ByType


@dataclass(frozen=True, slots=True)
class Standing:
    """The policy at one moment.

    Attributes:
        policy: The policy on this day, switched off if the switch is thrown; None without a policy.
        resting: The same policy switched off: it names the baselines.
    """

    policy: ByType | None = None
    resting: ByType | None = None

    @classmethod
    def of(cls, policy: ByType, day: date, *, off: bool = False) -> "Standing":
        """Say how a policy stands on a UTC day, with the kill switch thrown or not."""
        resting = policy.switched_off()
        return cls(resting if off else policy.on(day), resting)
