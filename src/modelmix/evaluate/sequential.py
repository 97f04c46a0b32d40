"""Sequential: a paired test that looks at a replay a few times, and may stop early, at one level in all.

A replay comes in batches, and the batches are the looks: at most five. At each look Tango's statistic is held
against a critical value that pays for all looks together (Lan and DeMets), with the pairs planned as the
information; and against a futility value below which going on is not worth its pairs. The critical values do
not count on the futility stop, so that it is advice: whoever goes on all the same keeps the level.

The bound is the repeated confidence bound of Jennison and Turnbull (JRSS B 51, 1989): the largest loss that
the test at this look's critical value does not reject. It holds at every look at once, whatever makes one
stop, and lies below the margin exactly where the verdict is CLEARS.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.optimize import brentq
from scipy.special import ndtri

from modelmix.evaluate.boundaries import (
    MOST_LOOKS,
    Spending,
    check_fractions,
    critical_values,
    crossing_chances,
    crossing_values,
    futility_values,
)
from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.verdict import Finding, Verdict, judge

_LEAST_LEVEL, _MOST_LEVEL = 1e-15, 0.5
_FAR = 100.0  # further ahead or behind than any level makes a difference


@dataclass(frozen=True, slots=True)
class Design:
    """How a comparison is looked at, fixed before the first look.

    With these defaults five even looks have 92 % of the power of one look at all planned pairs, and take 69 %
    of its pairs where nothing is lost, 26 % where twice the margin is (at alpha 5 % and power 80 %; at an
    eighth of that alpha 92, 75 and 22 %).

    Attributes:
        pairs: Pairs planned, as for a test with one look: information 1.
        margin: Largest tolerable loss, a share in (0, 1).
        alpha: One-sided level of all looks together, in (0, 0.5).
        power: Power for which the pairs were planned, in (alpha, 1): it says what futility must not miss.
        spending: How the level is spent.
        giving_up: Chance that may be taken of giving up on a candidate that the plan is meant to clear, in
            [0, 1 - alpha); 0 is no futility stop.
        futility: How that chance is spent.
    """

    pairs: int
    margin: float
    alpha: float = 0.05
    power: float = 0.8
    spending: Spending = Spending.OBRIEN_FLEMING
    giving_up: float = 0.2
    futility: Spending = Spending.POCOCK

    def __post_init__(self) -> None:
        if self.pairs < 1 or not 0.0 < self.margin < 1.0:
            raise ValueError(
                f"{self.pairs} pairs and a margin of {self.margin}; plan one pair or more, a margin in (0, 1)"
            )
        if not 0.0 < self.alpha < min(self.power, _MOST_LEVEL) or self.power >= 1.0:
            raise ValueError(f"alpha is {self.alpha}, power {self.power}; 0 < alpha < 0.5, alpha < power < 1")
        if not 0.0 <= self.giving_up < 1.0 - self.alpha:
            raise ValueError(f"giving_up is {self.giving_up}; it lies between 0 and {1.0 - self.alpha:g}")

    @property
    def drift(self) -> float:
        """Mean of the statistic with all planned pairs, if the loss is what they were planned for."""
        return float(ndtri(1.0 - self.alpha) + ndtri(self.power))

    def fractions(self, n_pairs: Sequence[float]) -> tuple[float, ...]:
        """Return the information of each look; pairs beyond the plan add none.

        Raises:
            ValueError: The pairs do not rise, the plan was reached before the last look, or there are more
                than five looks.
        """
        fractions = tuple(min(n / self.pairs, 1.0) for n in n_pairs)
        check_fractions(fractions)
        return fractions

    def critical(self, fractions: Sequence[float], *, last: bool = False) -> tuple[float, ...]:
        """Return the critical value of each look; the last spends all that is left of alpha if so stated."""
        return _critical(fractions, self.alpha, self.spending, last=last)

    def futile(self, fractions: Sequence[float]) -> tuple[float, ...]:
        """Return the value of each look below which going on is futile; -inf where there is none."""
        critical = self.critical(fractions)
        if not self.giving_up:
            return (-math.inf,) * len(critical)
        spent = [self.futility.spent(fraction, self.giving_up) for fraction in fractions]
        return futility_values(fractions, critical, spent, self.drift)


def _critical(
    fractions: Sequence[float], alpha: float, spending: Spending, *, last: bool
) -> tuple[float, ...]:
    if not last:
        return critical_values(fractions, alpha, spending)
    spent = tuple(spending.spent(fraction, alpha) for fraction in fractions[:-1])
    return crossing_values(tuple(fractions), (*spent, alpha))


@dataclass(frozen=True, slots=True)
class Look:
    """What is known at one look.

    Attributes:
        finding: The verdict with its figures: FAILS where the loss is shown to be above the margin, by the
            same critical value, at a level of its own; the bound is the repeated confidence bound.
        number: Number of the look, counted from 1.
        fraction: Information so far, in (0, 1].
        z: Tango's statistic at the margin.
        critical_z: What it must reach to clear.
        futile_z: Value below which going on is futile.
        stop: Whether to stop here: it clears, fails, is futile, or all pairs are in.
        p_value: Stage-wise p-value, valid if the test stops here because the design says so.
        p_repeated: Smallest level of the design at which it would have cleared at this look or before: valid
            at every look, whatever makes one stop.
    """

    finding: Finding
    number: int
    fraction: float
    z: float
    critical_z: float
    futile_z: float
    stop: bool
    p_value: float
    p_repeated: float

    @property
    def futile(self) -> bool:
        """Whether going on is not worth its pairs, though nothing is decided."""
        return self.finding.verdict is Verdict.UNDECIDED and self.z < self.futile_z


def look(design: Design, counts: Sequence[Pairs], *, last: bool = False) -> Look:
    """Look at a comparison.

    Args:
        design: Fixed before the first look.
        counts: All pairs so far at each look up to this one, the earliest first.
        last: Whether no further pairs will come, for a reason that lies outside these counts (the traffic or
            the money ended): what is left of alpha is then spent here. Having reached the plan is last.

    Raises:
        ValueError: There is no look, or the looks are not those of a growing sample within the plan.

    Several task types: give :attr:`Look.p_repeated` of each, at whatever look it is, to
    :func:`modelmix.evaluate.multiplicity.holm`. A type that another one's rejection leaves more level may
    clear by it at once, without further pairs.
    Source: Maurer and Bretz, Statistics in Biopharmaceutical Research 5 (2013).
    """
    fractions = design.fractions([pairs.n for pairs in counts])
    now, over = counts[-1], last or fractions[-1] >= 1.0
    z = [pairs.z(design.margin) for pairs in counts]
    critical = design.critical(fractions, last=over)
    verdict = Verdict.UNDECIDED
    if z[-1] >= critical[-1]:
        verdict = Verdict.CLEARS
    elif z[-1] <= -critical[-1]:
        verdict = Verdict.FAILS
    futile = design.futile(fractions)[-1]
    plain = judge(now, design.margin, alpha=design.alpha)
    return Look(
        finding=replace(plain, verdict=verdict, bound=now.upper_bound(critical[-1])),
        number=len(counts),
        fraction=fractions[-1],
        z=z[-1],
        critical_z=critical[-1],
        futile_z=futile,
        stop=over or verdict is not Verdict.UNDECIDED or z[-1] < futile,
        p_value=stagewise_p_value(fractions, critical, z[-1]),
        p_repeated=repeated_p_value(fractions, z, design.spending, last=over),
    )


def stagewise_p_value(fractions: Sequence[float], critical: Sequence[float], z: float) -> float:
    """Chance, at the margin, of a result at least as good: cleared at an earlier look, or now with z or more.

    Args:
        fractions: Information at each look up to this one.
        critical: Critical values of the looks; that of this one is not used.
        z: Statistic at this look.

    Returns:
        At most the level if the test clears here; above what is spent so far if it does not. The futility
        stop is not counted on, which makes it larger.

    Source: Tsiatis, Rosner and Mehta, Biometrics 40 (1984); Fairbanks and Madsen, Biometrika 69 (1982).
    """
    upper = (*critical[:-1], z)
    nothing = (-math.inf,) * len(upper)
    return min(1.0, math.fsum(above for _, above in crossing_chances(fractions, nothing, upper, 0.0)))


def repeated_p_value(
    fractions: Sequence[float], z: Sequence[float], spending: Spending, *, last: bool = False
) -> float:
    """Smallest level, from 1e-15, at which the looks so far would have cleared; 1 where it is above one half.

    Args:
        fractions: Information at each look up to this one.
        z: Statistic at each.
        spending: How the level is spent.
        last: Whether this look spends all that is left.

    Source: Liu and Anderson, JASA 103 (2008): sequential p-values; Jennison and Turnbull (1989).
    """

    def ahead(log_level: float) -> float:
        critical = _critical(fractions, math.exp(log_level), spending, last=last)
        most = max(found - needed for found, needed in zip(z, critical, strict=True))
        return min(max(most, -_FAR), _FAR)

    low, high = math.log(_LEAST_LEVEL), math.log(_MOST_LEVEL)
    if ahead(high) < 0.0:
        return 1.0
    return math.exp(float(brentq(ahead, low, high, xtol=1e-12)) if ahead(low) < 0.0 else low)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a design promises before a pair is bought.

    Attributes:
        clears: Chance that it clears, the advice to stop taken.
        futile: Chance that it stops as futile (or as failing) before the last look.
        n_pairs: Expected number of pairs.
    """

    clears: float
    futile: float
    n_pairs: float


def outlook(design: Design, looks: int = MOST_LOOKS, *, discordance: float, loss: float = 0.0) -> Outlook:
    """Foresee even looks, by the normal approximation that plans their pairs.

    Args:
        design: The design.
        looks: Number of looks, at even distances.
        discordance: Share of pairs that differ, in (0, 1], above the square of ``loss``.
        loss: True loss assumed; positive is worse.

    Raises:
        ValueError: There are more than five looks or none, or the discordance is not above ``loss`` squared.
    """
    variance = discordance - loss * loss
    if variance <= 0.0:
        raise ValueError(f"discordance is {discordance}; it is above {loss}², the loss squared")
    fractions = even(looks)
    drift = (design.margin - loss) * math.sqrt(design.pairs / variance)
    lower, upper = design.futile(fractions), design.critical(fractions)
    chances = crossing_chances(fractions, lower, upper, drift)
    goes_on, n_pairs, before = 1.0, 0.0, 0.0
    for fraction, (below, above) in zip(fractions, chances, strict=True):
        n_pairs += goes_on * (fraction - before) * design.pairs
        goes_on, before = goes_on - below - above, fraction
    futile = math.fsum(below for below, _ in chances[:-1])
    return Outlook(math.fsum(above for _, above in chances), futile, n_pairs)


def even(looks: int = MOST_LOOKS) -> tuple[float, ...]:
    """Return information fractions at even distances, the last of them 1.

    >>> even(4)
    (0.25, 0.5, 0.75, 1.0)
    """
    return tuple(number / looks for number in range(1, looks + 1))
