"""The monthly commitment that observed months would have made best: history only, no forecast."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from modelmix.economics.contract import Commitment


@dataclass(frozen=True, slots=True)
class MonthlyCommit:
    """A use-it-or-lose-it commitment per month, held against the months that it is made from.

    Attributes:
        months: How many months were observed.
        commit_usd: Net dollars committed per month.
        list_volume_usd: List spend that one month's commitment pays for.
        list_usd: Spend of all months at list price.
        payment_usd: What all months would have cost.
        dead_usd: What of it would have been paid and not used.
        covered_usd: List spend that the commitments would have paid for.
    """

    months: int
    commit_usd: float
    list_volume_usd: float
    list_usd: float
    payment_usd: float
    dead_usd: float
    covered_usd: float

    @property
    def utilisation_share(self) -> float:
        """Part of the commitments that is used."""
        return 1 - self.dead_usd / (self.months * self.commit_usd)

    @property
    def coverage_share(self) -> float:
        """Part of the list spend that the commitments pay for."""
        return self.covered_usd / self.list_usd

    @property
    def effective_saving_share(self) -> float:
        """Saving over list spend, the FinOps effective savings rate."""
        return 1 - self.payment_usd / self.list_usd


def monthly_commit(months_usd: Sequence[float], discount: float) -> MonthlyCommit:
    """Size a monthly commitment on observed months, overage at list.

    Args:
        months_usd: List spend of each month, at least one, all above 0.
        discount: Share off list price of what is committed, in (0, 1).

    Raises:
        ValueError: There is no month, or the discount buys nothing.

    Source: the newsvendor on the empirical distribution: the ceil(n d)-th smallest of n months.
    """
    if not months_usd or not 0 < discount < 1:
        raise ValueError("a monthly commitment needs a month and a discount in (0, 1)")
    rank = math.ceil(round(len(months_usd) * discount, 9))
    volume = sorted(months_usd)[rank - 1]
    commitment = Commitment(volume * (1 - discount), discount)
    return MonthlyCommit(
        months=len(months_usd),
        commit_usd=commitment.commit_usd,
        list_volume_usd=volume,
        list_usd=math.fsum(months_usd),
        payment_usd=math.fsum(map(commitment.payment_usd, months_usd)),
        dead_usd=math.fsum(map(commitment.dead_usd, months_usd)),
        covered_usd=math.fsum(min(usd, volume) for usd in months_usd),
    )
