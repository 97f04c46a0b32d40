"""An accepted outcome: all that it costs, and from which cost of a wrong answer one candidate beats another.

Every task ends accepted: its answer is right, or it is corrected, or somebody else takes over. So what counts
is not the price of a call but attempts, retries, verification, escalation, human correction and delay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from modelmix.economics.bigger import break_even_usd
from modelmix.economics.path import Path

_ZERO = Decimal(0)


class Pays(StrEnum):
    """Where, by what a wrong answer costs, a candidate is the cheaper one: below or above its break-even."""

    ALWAYS = "always"
    ONLY_BELOW = "only below"
    ONLY_ABOVE = "only above"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Contrast:
    """One candidate against another, per accepted outcome.

    Attributes:
        saving_usd: What the first costs less; negative where it costs more.
        pays: Where the first is the cheaper one, by the cost of a wrong answer.
        break_even_usd: Cost of a wrong answer at which both cost the same; None where ``pays`` is ALWAYS or
            NEVER.
    """

    saving_usd: Decimal
    pays: Pays
    break_even_usd: Decimal | None

    @property
    def is_cheaper(self) -> bool:
        """Whether the first costs less, at the cost of a wrong answer that was stated."""
        return self.saving_usd > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedOutcome:
    """What an accepted outcome of one task type costs on one candidate, USD per task.

    Attributes:
        attempt_usd: The first call.
        error_share: Share of tasks that are delivered wrong and corrected, in [0, 1].
        error_usd: What correcting one costs: minutes at a wage, or the damage.
        retries_usd: Further calls.
        verification_usd: Checks.
        escalation_usd: Tasks handed to a dearer model or a person.
        delay_usd: Waiting, where it has a price.
    """

    attempt_usd: Decimal
    error_share: Decimal
    error_usd: Decimal
    retries_usd: Decimal = _ZERO
    verification_usd: Decimal = _ZERO
    escalation_usd: Decimal = _ZERO
    delay_usd: Decimal = _ZERO

    def __post_init__(self) -> None:
        if not 0 <= self.error_share <= 1:
            raise ValueError(f"error_share is {self.error_share}; a share lies between 0 and 1")
        least = min(self.error_usd, *self.parts_usd.values())
        if not least >= 0:
            raise ValueError(f"an amount is {least} USD; no part of a cost is below 0")

    @classmethod
    def of_path(cls, path: Path, error_usd: Decimal) -> "AcceptedOutcome":
        """Return the cost of an accepted outcome on a path.

        Args:
            path: The path; its own damage is left out for ``error_usd``.
            error_usd: What correcting a wrong answer costs, USD.
        """
        return cls(
            attempt_usd=_exact(path.first_usd),
            error_share=min(_exact(path.wrong_share), Decimal(1)),
            error_usd=error_usd,
            retries_usd=_exact(path.retries_usd),
            verification_usd=_exact(path.check_usd),
            escalation_usd=_exact(path.given_up_usd),
            delay_usd=_exact(path.delay_usd),
        )

    @property
    def correction_usd(self) -> Decimal:
        """What wrong answers cost: their share times what correcting one costs."""
        return self.error_share * self.error_usd

    @property
    def parts_usd(self) -> Mapping[str, Decimal]:
        """Part → its cost, in the order in which they arise."""
        return {
            "attempts": self.attempt_usd,
            "retries": self.retries_usd,
            "verification": self.verification_usd,
            "escalation": self.escalation_usd,
            "correction": self.correction_usd,
            "delay": self.delay_usd,
        }

    @property
    def usd(self) -> Decimal:
        """The sum of the parts."""
        return sum(self.parts_usd.values(), _ZERO)

    @property
    def running_usd(self) -> Decimal:
        """The sum of the parts but for the correction of errors."""
        return self.usd - self.correction_usd

    def cheaper_than(self, other: "AcceptedOutcome") -> Contrast:
        """Compare with another candidate, both at its own cost of a wrong answer, and find the break-even.

        Args:
            other: The other candidate.

        The break-even is the one cost of a wrong answer, the same for both, at which they cost the same.
        """
        saving = other.running_usd - self.running_usd
        gap = self.error_share - other.error_share
        if saving > 0:
            pays = Pays.ONLY_BELOW if gap > 0 else Pays.ALWAYS
        else:
            pays = Pays.ONLY_ABOVE if gap < 0 else Pays.NEVER
        if not saving and gap < 0:  # the same price and fewer errors: any cost of a wrong answer decides
            pays = Pays.ALWAYS
        even = {
            Pays.ONLY_BELOW: break_even_usd(saving, gap),
            Pays.ONLY_ABOVE: break_even_usd(-saving, -gap),
        }.get(pays)
        return Contrast(other.usd - self.usd, pays, even)


def _exact(number: float) -> Decimal:
    return Decimal(repr(float(number)))
