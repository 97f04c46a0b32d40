"""A check that errs: some right answers are rejected and paid for again, some wrong ones are delivered."""

import math
from dataclasses import dataclass

from modelmix.economics.difficulty import Fixed
from modelmix.economics.path import AttemptCost, Ending, Path, capped_path
from modelmix.economics.ranges import check_amounts, check_cap, check_shares


@dataclass(frozen=True, slots=True)
class Verifier:
    """How often a check is wrong.

    Attributes:
        false_reject_share: Chance that a right answer is rejected, in [0, 1].
        false_accept_share: Chance that a wrong answer is accepted, in [0, 1].
    """

    false_reject_share: float = 0.0
    false_accept_share: float = 0.0

    def __post_init__(self) -> None:
        check_shares(false_reject_share=self.false_reject_share, false_accept_share=self.false_accept_share)

    def accepts(self, success_share: float) -> tuple[float, float]:
        """Return the chances that an attempt is accepted and right, and that it is accepted and wrong."""
        right = success_share * (1.0 - self.false_reject_share)
        return right, (1.0 - success_share) * self.false_accept_share


def verified(
    attempt: AttemptCost,
    difficulty: Fixed,
    verifier: Verifier,
    cap: int,
    error_usd: float,
    give_up_usd: float,
) -> Path:
    """Return the path of at most ``cap`` attempts behind a check that errs.

    Args:
        attempt: What an attempt costs.
        difficulty: How often tasks are solved; one that can never be solved is delivered wrong as soon as
            the check lets an answer through.
        verifier: How often the check is wrong.
        cap: Most attempts, 0 or more.
        error_usd: Damage L of a wrong answer that is delivered, USD.
        give_up_usd: Cost H of a task that is given up, USD.

    With a = p (1 - fr) + (1 - p) fa, r = 1 - a and m = (1 - r^k) / a attempts:
    E = (c + v) m + L (1 - p) fa m + r^k H. Here m is summed, so that it also holds where nothing is accepted.
    """
    check_cap(cap)
    check_amounts(error_usd=error_usd, give_up_usd=give_up_usd)
    open_shares = [0.0] * (cap + 1)
    right_share = wrong_share = 0.0
    for share, success_share in difficulty.classes:
        right, wrong = verifier.accepts(success_share)
        still = [share * max(0.0, 1.0 - right - wrong) ** tries for tries in range(cap + 1)]
        attempts = math.fsum(still[:-1])
        right_share += right * attempts
        wrong_share += wrong * attempts
        open_shares = [one + other for one, other in zip(open_shares, still, strict=True)]
    return capped_path(attempt, open_shares, Ending(right_share, wrong_share, error_usd, give_up_usd))
