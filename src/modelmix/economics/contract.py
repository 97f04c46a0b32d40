"""A spend contract: what discount a commitment buys, and what spend beyond it costs."""

from dataclasses import dataclass
from enum import StrEnum


class Overage(StrEnum):
    """The rate of spend beyond the commitment."""

    LIST = "list"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class DiscountTier:
    """One step of a discount ladder.

    Attributes:
        from_usd: Smallest commitment over the term that has it, net dollars.
        discount: Share off list price, in [0, 1).
    """

    from_usd: float
    discount: float

    def __post_init__(self) -> None:
        if not 0 <= self.discount < 1:
            raise ValueError(f"a discount lies in [0, 1), not at {self.discount}")


@dataclass(frozen=True, slots=True)
class Contract:
    """The terms of a commitment; what is not used of it by the end of the term is lost.

    Attributes:
        tiers: The ladder: each tier holds from its bound, inclusive, to the next one's, exclusive. The first
            begins at 0, bounds rise, discounts do not fall.
        overage: Rate of spend beyond the commitment.
    """

    tiers: tuple[DiscountTier, ...]
    overage: Overage = Overage.LIST

    def __post_init__(self) -> None:
        if not self.tiers or self.tiers[0].from_usd != 0:
            raise ValueError("the first discount tier begins at 0")
        for lower, upper in zip(self.tiers, self.tiers[1:], strict=False):
            if upper.from_usd <= lower.from_usd or upper.discount < lower.discount:
                raise ValueError("discount tiers rise, in bound and discount")

    def tier_of(self, commit_usd: float) -> int:
        """Return the index of the tier that a commitment falls into.

        Args:
            commit_usd: Net dollars over the term, 0 or more.
        """
        return max(at for at, tier in enumerate(self.tiers) if tier.from_usd <= commit_usd)

    def end_usd(self, tier: int) -> float | None:
        """Return the first commitment that is too large for a tier, or None for the last tier."""
        return self.tiers[tier + 1].from_usd if tier + 1 < len(self.tiers) else None

    def commitment(self, commit_usd: float) -> "Commitment":
        """Return a commitment under these terms."""
        return self.commitment_at(commit_usd, self.tiers[self.tier_of(commit_usd)].discount)

    def commitment_at(self, commit_usd: float, discount: float) -> "Commitment":
        """Return a commitment at another discount than the ladder's, under the same overage clause."""
        return Commitment(commit_usd, discount, discount if self.overage is Overage.COMMITTED else 0.0)


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment over one term.

    Attributes:
        commit_usd: Net dollars that are paid in any case.
        discount: Share off list price of what it covers, in [0, 1).
        overage_discount: Share off list price of spend beyond it, in [0, discount].
    """

    commit_usd: float
    discount: float
    overage_discount: float = 0.0

    @property
    def covered_usd(self) -> float:
        """List spend that it pays for."""
        return self.commit_usd / (1 - self.discount)

    @property
    def critical_ratio(self) -> float:
        """Chance of unused commitment at which one more dollar neither gains nor loses, in [0, 1).

        Source: the newsvendor's critical fractile, (d - d_o) / (1 - d_o); Arrow, Harris and Marschak,
        Econometrica 19 (1951) 250-272.
        """
        return (self.discount - self.overage_discount) / (1 - self.overage_discount)

    @property
    def breakeven_utilisation(self) -> float:
        """Share of the commitment that must be used for it to cost no more than going without."""
        return (1 - self.discount) / (1 - self.overage_discount)

    def payment_usd(self, list_usd: float) -> float:
        """Return what is paid for a list spend over the term: the commitment, and what lies beyond it."""
        return self.commit_usd + (1 - self.overage_discount) * max(0.0, list_usd - self.covered_usd)

    def dead_usd(self, list_usd: float) -> float:
        """Return what of the commitment is paid and not used."""
        return max(0.0, self.commit_usd - (1 - self.discount) * list_usd)


NO_COMMITMENT = Commitment(0.0, 0.0)
"""Everything at list price."""
