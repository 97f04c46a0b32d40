"""Retries behind a check that is never wrong: what they cost, and when to stop."""

from dataclasses import dataclass

from modelmix.economics.difficulty import Difficulty
from modelmix.economics.path import AttemptCost, Ending, Path, capped_path
from modelmix.economics.ranges import check_amounts, check_cap, check_shares

_TIE = 1e-12


def until_success(attempt: AttemptCost, success_share: float) -> Path:
    """Return the path of retrying until it works, where every task can be solved.

    Args:
        attempt: What an attempt costs.
        success_share: Chance p of each attempt, whatever came before it, in (0, 1].

    Raises:
        ValueError: The chance is not in (0, 1].

    E = (c + v) / p + g (1 - p) / p^2. Independence flatters: use it only where retries are shown not to be
    correlated, and :func:`retried` with a share that never succeeds everywhere else.
    """
    check_shares(success_share=success_share)
    if not success_share:
        raise ValueError("success_share is 0; without any success retries never end, so name a cap")
    attempts, fails = 1.0 / success_share, 1.0 - success_share
    return Path(
        attempts=attempts,
        right_share=1.0,
        first_usd=attempt.call_usd,
        retries_usd=(attempts - 1.0) * attempt.call_usd + attempt.growth_usd * fails / success_share**2,
        check_usd=attempts * attempt.check_usd,
        delay_usd=attempts * attempt.delay_usd,
    )


def retried(attempt: AttemptCost, difficulty: Difficulty, cap: int, give_up_usd: float) -> Path:
    """Return the path of at most ``cap`` attempts, after which a task is given up.

    Args:
        attempt: What an attempt costs.
        difficulty: How often tasks are solved.
        cap: Most attempts, 0 or more; 0 gives every task up at once.
        give_up_usd: Cost H of a task that is given up: a person's, or a dearer model's, USD.

    E(k) = Σ_{j<k} E[q^j] (c + j g + v) + E[q^k] H, which for one chance p is (c + v) (1 - q^k) / p + q^k H.
    """
    check_cap(cap)
    check_amounts(give_up_usd=give_up_usd)
    open_shares = difficulty.open_shares(cap)
    return capped_path(attempt, open_shares, Ending(1.0 - open_shares[-1], 0.0, 0.0, give_up_usd))


@dataclass(frozen=True, slots=True)
class BestCap:
    """How many attempts a task is worth.

    Attributes:
        costs_usd: Expected cost at a cap of 0, 1, 2, …; the first is that of giving up at once.
        cap: The cap that costs least; of equals the smallest.
        one_step_cap: Where the rule "go on while the next attempt is worth its cost" stops. The chance of
            the next success never rises and the cost of an attempt never falls, so it is the best cap too.
    """

    costs_usd: tuple[float, ...]
    cap: int
    one_step_cap: int

    @property
    def usd(self) -> float:
        """Expected cost at the best cap."""
        return self.costs_usd[self.cap]


def best_cap(attempt: AttemptCost, difficulty: Difficulty, give_up_usd: float, most: int) -> BestCap:
    """Find the cap that costs least.

    Args:
        attempt: What an attempt costs.
        difficulty: How often tasks are solved.
        give_up_usd: Cost of a task that is given up, USD.
        most: Largest cap to consider, 0 or more.
    """
    costs = tuple(retried(attempt, difficulty, cap, give_up_usd).usd for cap in range(most + 1))
    least = min(costs)
    cap = next(at for at, usd in enumerate(costs) if usd <= least * (1.0 + _TIE))
    return BestCap(costs, cap, _one_step(attempt, difficulty, give_up_usd, most))


def _one_step(attempt: AttemptCost, difficulty: Difficulty, give_up_usd: float, most: int) -> int:
    open_shares = difficulty.open_shares(most)
    for failures in range(most):
        worth = difficulty.next_success(failures) * give_up_usd
        if not open_shares[failures] or worth <= attempt.usd(failures):
            return failures
    return most
