"""A path to an accepted outcome: what its attempts, checks, waiting, errors and hand-overs cost in all."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from modelmix.economics.ranges import check_amounts, check_shares


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptCost:
    """What one attempt at a task costs.

    Attributes:
        call_usd: The call, USD, 0 or more.
        check_usd: The check of its answer, USD: a judge's call, tests, or a person's seconds at a wage.
        growth_usd: What each retry costs more than the attempt before it, since failed answers stay in the
            context, USD.
        latency_s: How long an attempt takes, seconds.
        waiting_usd_per_s: What a second of waiting costs, USD; 0 where nobody waits.
    """

    call_usd: float
    check_usd: float = 0.0
    growth_usd: float = 0.0
    latency_s: float = 0.0
    waiting_usd_per_s: float = 0.0

    def __post_init__(self) -> None:
        check_amounts(
            call_usd=self.call_usd,
            check_usd=self.check_usd,
            growth_usd=self.growth_usd,
            latency_s=self.latency_s,
            waiting_usd_per_s=self.waiting_usd_per_s,
        )

    @property
    def delay_usd(self) -> float:
        """What waiting for one attempt costs."""
        return self.latency_s * self.waiting_usd_per_s

    def usd(self, failures: int = 0) -> float:
        """Return what the attempt after a number of failed ones costs, with its check and its waiting."""
        return self.call_usd + failures * self.growth_usd + self.check_usd + self.delay_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Expected cost and outcome of one task.

    The three shares add up to 1, and the six amounts to :attr:`usd`. Whoever takes over a task that is given
    up does it right, at the cost that is stated for that.

    Attributes:
        attempts: Expected number of attempts.
        right_share: Share of tasks whose answer is delivered and right.
        wrong_share: Share of tasks whose answer is delivered and wrong.
        given_up_share: Share of tasks that go to a person or a dearer model.
        first_usd: Call of the first attempt.
        retries_usd: Calls of all others.
        check_usd: Checks.
        delay_usd: Waiting.
        damage_usd: Wrong answers that were delivered.
        given_up_usd: Tasks that were given up.
    """

    attempts: float
    right_share: float
    wrong_share: float = 0.0
    given_up_share: float = 0.0
    first_usd: float
    retries_usd: float = 0.0
    check_usd: float = 0.0
    delay_usd: float = 0.0
    damage_usd: float = 0.0
    given_up_usd: float = 0.0

    @property
    def usd(self) -> float:
        """Expected cost of a task, all told."""
        return math.fsum((
            self.first_usd, self.retries_usd, self.check_usd, self.delay_usd, self.damage_usd,
            self.given_up_usd,
        ))  # fmt: skip

    @property
    def correct_share(self) -> float:
        """Share of tasks that end right, by a model or by whoever takes over."""
        return self.right_share + self.given_up_share

    @property
    def usd_per_accepted(self) -> float | None:
        """Cost over the share of tasks that end right, or None where none does."""
        return self.usd / self.correct_share if self.correct_share else None


def single_pass(attempt: AttemptCost, success_share: float, error_usd: float) -> Path:
    """Return the path of one attempt whose answer is delivered as it is.

    Args:
        attempt: What it costs.
        success_share: Chance that it is right, in [0, 1].
        error_usd: Damage of a wrong answer, USD.

    E = c + (1 - p) L.
    """
    check_shares(success_share=success_share)
    check_amounts(error_usd=error_usd)
    wrong = 1.0 - success_share
    return Path(
        attempts=1.0,
        right_share=success_share,
        wrong_share=wrong,
        first_usd=attempt.call_usd,
        check_usd=attempt.check_usd,
        delay_usd=attempt.delay_usd,
        damage_usd=wrong * error_usd,
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """How tasks end, and what that costs.

    Attributes:
        right_share: Share delivered and right.
        wrong_share: Share delivered and wrong.
        error_usd: Damage of a wrong answer, USD.
        give_up_usd: Cost of a task that is given up, USD.
    """

    right_share: float
    wrong_share: float
    error_usd: float
    give_up_usd: float


def capped_path(attempt: AttemptCost, open_shares: Sequence[float], ending: Ending) -> Path:
    """Add up a path of at most k attempts.

    Args:
        attempt: What an attempt costs.
        open_shares: Share of tasks that are still open after 0, 1, … k attempts: k + 1 falling values.
        ending: How tasks end.

    E = Σ_{j<k} open_j (c + j g + v + delay) + wrong L + open_k H.
    """
    made, given_up = open_shares[:-1], open_shares[-1]
    attempts = math.fsum(made)
    first = made[0] if made else 0.0
    grown = math.fsum(failures * share for failures, share in enumerate(made))
    return Path(
        attempts=attempts,
        right_share=ending.right_share,
        wrong_share=ending.wrong_share,
        given_up_share=given_up,
        first_usd=first * attempt.call_usd,
        retries_usd=(attempts - first) * attempt.call_usd + grown * attempt.growth_usd,
        check_usd=attempts * attempt.check_usd,
        delay_usd=attempts * attempt.delay_usd,
        damage_usd=ending.wrong_share * ending.error_usd,
        given_up_usd=given_up * ending.give_up_usd,
    )
