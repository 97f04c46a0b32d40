"""A contest: what each way of choosing a policy would deploy, world by world, judged against the truth."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from modelmix.evaluate.evidence import Floats
from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.proportion import lower_bound, upper_bound
from modelmix.optimize.attempts import alpha_of_attempt
from modelmix.optimize.certify import certify
from modelmix.optimize.choose import choose
from modelmix.optimize.goal import Goal
from modelmix.optimize.population import Integers, Population, Truth, World, strata
from modelmix.optimize.stratum import Stratum


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a way of choosing would deploy on a world.

    Attributes:
        table: Arm per task type; 0 is the baseline.
        type_margins: Margins that its certificate states.
        bought_share: Share of the fresh pairs planned that it has bought; None where it buys all or none.
    """

    table: Integers
    type_margins: Floats
    bought_share: float | None = None


Way = Callable[[World, Truth, Goal], Deployed]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a way of choosing did over all worlds.

    Attributes:
        policy: Its name.
        pairs: Prompts per world.
        saving_share: Mean true saving over the baseline's cost.
        saving_ci: Central 95 % of the worlds.
        share_of_ceiling: Saving over the best table that truly keeps the bar; None where that saves nothing.
        quality_delta: Mean true change of the pass rate over all traffic; negative is worse.
        false_clears_pool: Share of worlds in which the moved traffic truly loses more than the margin.
        false_clears_type: Share of worlds in which a moved type truly loses more than its margin.
        false_clears_lower95: One-sided 95 % Clopper-Pearson lower bound of the larger of the two.
        false_clears_upper95: Upper bound of it.
        worlds: Number of worlds.
        bought_share: Mean share of the planned fresh pairs that were bought, over worlds in which something
            was put forward; None for ways that buy all.
    """

    policy: str
    pairs: int
    saving_share: float
    saving_ci: tuple[float, float]
    share_of_ceiling: float | None
    quality_delta: float
    false_clears_pool: float
    false_clears_type: float
    false_clears_lower95: float
    false_clears_upper95: float
    worlds: int
    bought_share: float | None = None


def certified(world: World, truth: Truth, goal: Goal) -> Deployed:
    """Choose on some rows and certify on the others: the product's own procedure, at its first attempt."""
    n = len(world.type_of)
    choosing = np.arange(n) < round(goal.choosing_share * n)  # a world's rows are in random order
    alpha = alpha_of_attempt(goal.alpha, 1)
    choice = choose(strata(world, truth, choosing), goal, alpha)
    proved = certify(strata(world, truth, ~choosing), choice, alpha)
    table, margins = stay(truth)
    for move in proved.moves:
        t = truth.types.index(move.put.task_type)
        margins[t] = move.put.type_margin
        if move.moved:
            table[t] = truth.arms.index(move.candidate)
    return Deployed(table, margins)


def static(world: World, truth: Truth, goal: Goal) -> Deployed:
    """Take the cheapest arm within the margin by point estimate, without a test."""
    table, margins = stay(truth)
    for t, arm, _ in _cheapest_within(strata(world, truth), truth, lambda _: goal.margin):
        table[t] = arm
    return Deployed(table, margins)


def naive_certified(world: World, truth: Truth, goal: Goal) -> Deployed:
    """Choose, prune and certify on the same rows at the plain critical value: the forbidden procedure."""
    table, margins = stay(truth)
    picked = _cheapest_within(strata(world, truth), truth, goal_margins(goal))
    picked.sort(key=lambda item: item[2].loss)
    pool = Pairs(0.0, 0.0, 0.0)
    best = 0
    for size, (_, _, pairs) in enumerate(picked, 1):
        pool += pairs
        if pool.p_value(goal.margin) <= goal.alpha:
            best = size
    for t, arm, _ in picked[:best]:
        table[t] = arm
    return Deployed(table, margins)


def goal_margins(goal: Goal) -> Callable[[Stratum], float]:
    """Return the margin of a type as the goal and the type's rows give it."""
    return lambda stratum: goal.margin_of(stratum, math.inf)


def always(arm: int) -> Way:
    """Return the way that sends everything to one arm."""

    def way(world: World, truth: Truth, goal: Goal) -> Deployed:  # noqa: ARG001 - it looks at nothing
        table, margins = stay(truth)
        table[:] = arm
        return Deployed(table, margins)

    return way


def stay(truth: Truth) -> tuple[Integers, Floats]:
    """Return the table that moves nothing, with the types' own margins."""
    return np.zeros(len(truth.types), dtype=np.int64), truth.type_margins.copy()


def _cheapest_within(
    rows: Sequence[Stratum], truth: Truth, margin: Callable[[Stratum], float]
) -> list[tuple[int, int, Pairs]]:
    found = []
    for t, stratum in enumerate(rows):
        within = [c for c in stratum.comparisons if c.saving_usd > 0 and c.pairs.loss <= margin(stratum)]
        if within:
            best = max(within, key=lambda c: c.saving_usd)
            found.append((t, truth.arms.index(best.candidate), best.pairs))
    return found


def compete(name: str, way: Way, worlds: Sequence[World], population: Population, goal: Goal) -> Standing:
    """Let a way of choosing decide on every world and judge what it would deploy against the truth."""
    truth = population.truth
    ceiling = truth.ceiling(goal.margin)
    savings, deltas = np.empty(len(worlds)), np.empty(len(worlds))
    pool_false = type_false = 0
    bought: list[float] = []
    for index, world in enumerate(worlds):
        deployed = way(world, truth, goal)
        savings[index] = truth.saving_share(deployed.table)
        deltas[index] = truth.quality_delta(deployed.table)
        bought += [] if deployed.bought_share is None else [deployed.bought_share]
        pool_false += truth.pool_is_false(deployed.table, goal.margin)
        type_false += truth.type_is_false(deployed.table, deployed.type_margins)
    count, worst = len(worlds), max(pool_false, type_false)
    low, high = np.quantile(savings, [0.025, 0.975])
    return Standing(
        policy=name,
        pairs=len(worlds[0].type_of),
        saving_share=float(savings.mean()),
        saving_ci=(float(low), float(high)),
        share_of_ceiling=float(savings.mean() / ceiling) if ceiling > 0 else None,
        quality_delta=float(deltas.mean()),
        false_clears_pool=pool_false / count,
        false_clears_type=type_false / count,
        false_clears_lower95=lower_bound(worst, count, 0.95),
        false_clears_upper95=upper_bound(worst, count, 0.95),
        worlds=count,
        bought_share=float(np.mean(bought)) if bought else None,
    )
