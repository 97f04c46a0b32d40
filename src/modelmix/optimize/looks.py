"""Looks: how a task type is looked at while its pairs come in, and what the looks so far say of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelmix.core.candidate import Candidate
from modelmix.evaluate.boundaries import MOST_LOOKS, Spending
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.sequential import Design, repeated_p_value
from modelmix.evaluate.verdict import Finding, Verdict, judge

NOTHING = Pairs(0.0, 0.0, 0.0)
_SPENDING = Spending.OBRIEN_FLEMING


@dataclass(frozen=True, slots=True)
class Looks:
    """How a type is looked at, fixed before the first look, and how far it has come.

    Attributes:
        candidate: The one put forward on the choosing rows; None where none was, and no fresh pair is bought.
        pairs: Fresh pairs planned.
        planned: Looks planned, 1 to 5.
        taken: Looks taken: fresh rows of later ones do not count yet.
    """

    candidate: Candidate | None
    pairs: int
    planned: int
    taken: int = 0

    def __post_init__(self) -> None:
        if self.pairs < 0 or not 1 <= self.planned <= MOST_LOOKS or not 0 <= self.taken <= self.planned:
            raise ValueError(
                f"{self.pairs} pairs, {self.taken} of {self.planned} looks; plan 1 to {MOST_LOOKS} looks"
            )

    @property
    def is_over(self) -> bool:
        """Whether no look is left."""
        return self.taken == self.planned


@dataclass(frozen=True, slots=True)
class Fixed:
    """Pairs that are tested once.

    Attributes:
        pairs: All of them.
    """

    pairs: Pairs

    def p_value(self, margin: float) -> float:
        """One-sided p-value of the hypothesis that the loss is ``margin`` or more."""
        return self.pairs.p_value(margin)

    def finding(self, margin: float, *, alpha: float, alpha_refute: float) -> Finding:
        """Test against a margin, at one level for clearing and one for failing."""
        return judge(self.pairs, margin, alpha=alpha, alpha_refute=alpha_refute)


@dataclass(frozen=True, slots=True)
class Looked:
    """Pairs that are tested at each look; every figure holds at whatever look it stops.

    Attributes:
        looks: How they are looked at.
        counts: All pairs so far at each look that brought any, the earliest first; one at least.
    """

    looks: Looks
    counts: tuple[Pairs, ...]

    @property
    def pairs(self) -> Pairs:
        """All pairs so far."""
        return self.counts[-1]

    def p_value(self, margin: float) -> float:
        """Smallest level at which it would have cleared so far; see :func:`repeated_p_value`."""
        z = [pairs.z(margin) for pairs in self.counts]
        return repeated_p_value(self._fractions(margin), z, _SPENDING, last=self.looks.is_over)

    def p_value_refuted(self, margin: float) -> float:
        """Smallest level at which the loss would have been shown to be above ``margin``."""
        z = [-pairs.z(margin) for pairs in self.counts]
        return repeated_p_value(self._fractions(margin), z, _SPENDING, last=self.looks.is_over)

    def finding(self, margin: float, *, alpha: float, alpha_refute: float) -> Finding:
        """Test against a margin at every look so far, at one level for clearing and one for failing.

        The bound is the least of the repeated confidence bounds: they hold all at once. It lies at or below
        the margin exactly where the verdict is CLEARS.
        """
        critical = self._critical(margin, alpha)
        verdict = Verdict.UNDECIDED
        if any(pairs.z(margin) >= z for pairs, z in zip(self.counts, critical, strict=True)):
            verdict = Verdict.CLEARS
        elif self.has_failed(margin, alpha_refute):
            verdict = Verdict.FAILS
        bound = min(pairs.upper_bound(z) for pairs, z in zip(self.counts, critical, strict=True))
        return replace(judge(self.pairs, margin, alpha=alpha), verdict=verdict, bound=bound)

    def at_least(self, margin: float, alpha: float) -> float:
        """Return the lower bound of the loss at this look; it holds at every look at once."""
        return self.pairs.lower_bound(self._critical(margin, alpha)[-1])

    def has_failed(self, margin: float, alpha: float) -> bool:
        """Say whether the loss is shown to be above the margin, at a level of its own."""
        critical = self._critical(margin, alpha)
        return any(-pairs.z(margin) >= z for pairs, z in zip(self.counts, critical, strict=True))

    def is_futile(self, margin: float, alpha: float) -> bool:
        """Say whether going on is not worth its pairs."""
        design = self._design(margin, alpha)
        return self.pairs.z(margin) < design.futile(self._fractions(margin))[-1]

    def _critical(self, margin: float, alpha: float) -> tuple[float, ...]:
        return self._design(margin, alpha).critical(self._fractions(margin), last=self.looks.is_over)

    def _fractions(self, margin: float) -> tuple[float, ...]:
        return self._design(margin, 0.05).fractions([pairs.n for pairs in self.counts])

    def _design(self, margin: float, alpha: float) -> Design:
        # Clusters may part otherwise than was foreseen; what is there is planned for at least.
        most = max(self.looks.pairs, round(self.pairs.n))
        return Design(pairs=most, margin=margin, alpha=alpha)


Test = Fixed | Looked


def looked_at(evidence: TypeEvidence, looks: Looks | None, candidate: Candidate, baseline: Candidate) -> Test:
    """Return the fresh pairs of a candidate as they are tested: once, or look by look.

    Args:
        evidence: Fresh rows of a type.
        looks: How it is looked at, or None where nothing was tested before all was in.
        candidate: The candidate.
        baseline: The baseline.
    """
    if candidate not in evidence.arms:
        return Fixed(NOTHING)
    arms = evidence.arms.index(candidate), evidence.arms.index(baseline)
    if looks is None or looks.planned == 1:
        return Fixed(evidence.pairs(*arms))
    counts = _rising([evidence.at_looks(1, number).pairs(*arms) for number in range(1, looks.taken + 1)])
    return Looked(looks, counts) if counts else Fixed(NOTHING)


def _rising(counts: Sequence[Pairs]) -> tuple[Pairs, ...]:
    """Leave out looks that brought no pair."""
    found: list[Pairs] = []
    for pairs in counts:
        if pairs.n > (found[-1].n if found else 0.0):
            found.append(pairs)
    return tuple(found)
