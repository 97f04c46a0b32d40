"""Allocation: where the next dollar of evaluation buys most."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

Floats = NDArray[np.float64]

SIZES = (25, 50, 100, 200, 400, 800, 1600, 3200)
"""Batches of pairs that a plan considers."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """How a budget is shared among strata.

    Attributes:
        n: Sample size of each stratum, not rounded; shape (n_strata,).
        variance: Variance of the weighted mean with these sizes.
    """

    n: tuple[float, ...]
    variance: float


def neyman(
    weights: Sequence[float], sds: Sequence[float], costs_usd: Sequence[float], budget_usd: float
) -> Allocation:
    """Share a budget so that the weighted mean over strata has the least variance.

    n is proportional to weight · sd / √cost; a stratum that never varies, or has no weight, gets nothing.

    Args:
        weights: Share of each stratum in the mean.
        sds: Standard deviation within each.
        costs_usd: Cost of one observation in each, > 0.
        budget_usd: What all of it may cost.

    Raises:
        ValueError: The lists differ in length, or a number is out of its range.

    Source: J. Neyman, JRSS 97 (1934); with costs: Cochran, Sampling Techniques (1977), 5.5.
    """
    strata = list(zip(weights, sds, costs_usd, strict=True))
    if budget_usd < 0 or any(min(w, sd) < 0 or cost <= 0 for w, sd, cost in strata):
        raise ValueError("weights, deviations and the budget are at least 0, and every cost is above 0")
    total = math.fsum(weight * sd * math.sqrt(cost) for weight, sd, cost in strata)
    if not total or not budget_usd:
        return Allocation((0.0,) * len(strata), math.inf if total else 0.0)
    n = tuple(budget_usd * weight * sd / math.sqrt(cost) / total for weight, sd, cost in strata)
    terms = ((weight * sd) ** 2 / size for (weight, sd, _), size in zip(strata, n, strict=True) if size)
    return Allocation(n, math.fsum(terms))


@dataclass(frozen=True, slots=True)
class Prospect:
    """A move that might pay, and what is believed of it.

    Attributes:
        task_type: The type that would move.
        alpha: Answers of the candidate that are right, seen or believed beforehand, > 0.
        beta: Answers of it that are wrong, > 0: its pass rate is Beta(alpha, beta).
        baseline_rate: Pass rate of the baseline, in [0, 1].
        calls: Calls over the time for which the move would hold.
        saving_usd: What the move saves per call.
        error_cost_usd: What one wrong answer costs.
        pair_usd: What one more pair costs: answers, judge and human together.
        fewest_pairs: Pairs below which nothing can be proven, whatever they show: with fewer the type stays.
        most_pairs: Pairs that there are at most; None for no end of them.
        counts_gains: Whether a candidate that is better than the baseline is worth more than its saving; if
            not, a rate beyond the baseline's pays what an equal one pays.
    """

    task_type: str
    alpha: float
    beta: float
    baseline_rate: float
    calls: float
    saving_usd: float
    error_cost_usd: float
    pair_usd: float
    fewest_pairs: int = 0
    most_pairs: int | None = None
    counts_gains: bool = True

    def __post_init__(self) -> None:
        if not (self.alpha > 0 and self.beta > 0):
            raise ValueError(f"{self.task_type}: a belief is Beta(alpha, beta) with both above 0")
        if not self.pair_usd > 0 or min(self.calls, self.error_cost_usd, self.fewest_pairs) < 0:
            raise ValueError(
                f"{self.task_type}: a pair costs more than nothing; counts and costs are at least 0"
            )

    def after(self, passed: int, n: int) -> "Prospect":
        """Return the prospect after n answers more of the candidate were seen, of which some passed."""
        return replace(self, alpha=self.alpha + passed, beta=self.beta + n - passed)

    def payoff_usd(self, rate: Floats | float) -> Floats:
        """What moving is worth at a pass rate of the candidate; staying is worth 0."""
        loss = self.baseline_rate - np.asarray(rate, dtype=np.float64)
        if not self.counts_gains:
            loss = np.maximum(loss, 0.0)
        return np.asarray(self.calls * (self.saving_usd - self.error_cost_usd * loss))


def evsi_usd(prospect: Prospect, n: int) -> float:
    """Expected value of ``n`` more pairs: what deciding after seeing them is worth beyond deciding now.

    E over x ~ BetaBinomial(n, alpha, beta) of max(0, payoff(mean of Beta(alpha + x, beta + n - x))), minus
    max(0, payoff(alpha / (alpha + beta))).

    Args:
        prospect: The move; one that needs a proof (``fewest_pairs``) is worth 0 today.
        n: Pairs more, ≥ 0.

    Returns:
        USD, ≥ 0; 0 with fewer pairs than can prove anything.

    Source: H. Raiffa and R. Schlaifer, Applied Statistical Decision Theory (1961), 4.5; Claxton, Journal of
    Health Economics 18 (1999).
    """
    if n < max(prospect.fewest_pairs, 1):
        return 0.0
    a, b = prospect.alpha, prospect.beta
    x = np.arange(n + 1.0)
    ways = gammaln(n + 1.0) - gammaln(x + 1.0) - gammaln(n - x + 1.0)
    chance = np.exp(ways + betaln(a + x, b + n - x) - betaln(a, b))
    after = float(chance @ np.maximum(0.0, prospect.payoff_usd((a + x) / (a + b + n))))
    now = 0.0 if prospect.fewest_pairs else max(0.0, float(prospect.payoff_usd(a / (a + b))))
    return max(0.0, after - now)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a number of pairs is worth, and costs.

    Attributes:
        n: Pairs.
        evsi_usd: Their expected value.
        cost_usd: What they cost.
    """

    n: int
    evsi_usd: float
    cost_usd: float

    @property
    def net_usd(self) -> float:
        """Value beyond cost."""
        return self.evsi_usd - self.cost_usd


def worths(prospect: Prospect, sizes: Sequence[int] = SIZES) -> tuple[Worth, ...]:
    """Value several numbers of pairs, in the order given; those that there are not are left out."""
    most = math.inf if prospect.most_pairs is None else prospect.most_pairs
    return tuple(Worth(n, evsi_usd(prospect, n), n * prospect.pair_usd) for n in sizes if n <= most)


def best(offers: Sequence[Worth]) -> Worth:
    """Return the offer with the largest value beyond its cost; of equals the first."""
    return max(offers, key=lambda offer: offer.net_usd)


@dataclass(frozen=True, slots=True)
class Purchase:
    """One step of a plan.

    Attributes:
        task_type: Whose pairs are bought.
        pairs: How many.
        cost_usd: What they cost.
        value_usd: Expected value that they add.
    """

    task_type: str
    pairs: int
    cost_usd: float
    value_usd: float

    @property
    def return_on_cost(self) -> float:
        """Value beyond cost, per dollar."""
        return self.value_usd / self.cost_usd - 1.0


def plan(
    prospects: Sequence[Prospect], budget_usd: float, sizes: Sequence[int] = SIZES
) -> tuple[Purchase, ...]:
    """Spend a budget where each next dollar buys most, and stop where none pays.

    Each step buys, over all types, the pairs with the largest (value - cost) / cost beyond what that type has
    already; a step may be long, since a few pairs can be worth nothing where many are worth much.

    Args:
        prospects: At most one per task type.
        budget_usd: What all pairs may cost together.
        sizes: Pairs in all that a type may end with, rising.

    Returns:
        Purchases in order; the first is where the next dollar goes. Empty where no evaluation pays.
    """
    offers = {p.task_type: (Worth(0, 0.0, 0.0), *worths(p, sizes)) for p in prospects}
    at = dict.fromkeys(offers, 0)
    left, bought = budget_usd, []
    while steps := [
        (_purchase(name, offers[name][here], offer), name, to)
        for name, here in at.items()
        for to, offer in enumerate(offers[name][here + 1 :], here + 1)
    ]:
        steps = [step for step in steps if step[0].cost_usd <= left and step[0].return_on_cost > 0.0]
        if not steps:
            break
        purchase, name, to = max(steps, key=lambda step: step[0].return_on_cost)
        bought.append(purchase)
        at[name], left = to, left - purchase.cost_usd
    return tuple(bought)


def _purchase(task_type: str, have: Worth, offer: Worth) -> Purchase:
    return Purchase(
        task_type, offer.n - have.n, offer.cost_usd - have.cost_usd, offer.evsi_usd - have.evsi_usd
    )
