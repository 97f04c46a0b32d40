"""A verdict: what a paired test says of a move, with what is needed to read it."""

from dataclasses import dataclass
from enum import StrEnum

from scipy.special import ndtri

from modelmix.evaluate.paired import Pairs, pairs_needed


class Verdict(StrEnum):
    """Outcome of a test against a margin."""

    CLEARS = "CLEARS"
    FAILS = "FAILS"
    UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with its figures.

    Attributes:
        verdict: CLEARS if the loss is shown to be at most the margin, FAILS if it is shown to exceed it.
        pairs: Number of pairs it rests on (effective, where pairs are weighted).
        loss: Estimated loss, a share; positive is worse than the baseline; NaN without pairs.
        bound: Upper confidence bound of the loss at ``alpha``.
        margin: Margin tested against.
        alpha: Level of the test after its share of the correction for many tests.
        needed: Pairs in all with which the loss, if it is truly zero or as estimated (the larger), would
            clear with 80 % power; None where it would not with any number.
    """

    verdict: Verdict
    pairs: float
    loss: float
    bound: float
    margin: float
    alpha: float
    needed: int | None


def judge(pairs: Pairs, margin: float, *, alpha: float, alpha_refute: float | None = None) -> Finding:
    """Test one comparison against a margin.

    Args:
        pairs: Counts.
        margin: Largest tolerable loss, a share in (0, 1).
        alpha: Level at which it clears.
        alpha_refute: Level at which it fails; ``alpha`` if None.
    """
    refute = alpha if alpha_refute is None else alpha_refute
    verdict = Verdict.UNDECIDED
    if pairs.p_value(margin) <= alpha:
        verdict = Verdict.CLEARS
    elif pairs.p_value_refuted(margin) <= refute:
        verdict = Verdict.FAILS
    needed = pairs_needed(
        margin, expected_discordance(pairs), alpha=alpha, loss=max(pairs.loss, 0.0) if pairs.n else 0.0
    )
    bound = pairs.upper_bound(float(-ndtri(alpha)))
    return Finding(verdict, pairs.n, pairs.loss, bound, margin, alpha, needed)


def expected_discordance(pairs: Pairs) -> float:
    """Discordance to reckon with: one pseudo-pair that differs, since a few that agree promise little."""
    return (pairs.gains + pairs.losses + 1.0) / (pairs.n + 1.0)
