"""Bench: hold the optimiser, and its rivals, against a known truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from modelmix.core.candidate import Candidate
from modelmix.errors import EvidenceError
from modelmix.evaluate.evidence import Gathered
from modelmix.optimize.contest import Standing, always, certified, compete, naive_certified, static
from modelmix.optimize.contest_looks import certified_by_looks
from modelmix.optimize.goal import TYPE_MARGIN_CEILING, Goal
from modelmix.optimize.population import Boundary, Population, Table, Truth, World
from modelmix.report.contest import Contest


@dataclass(frozen=True, slots=True)
class Draws:
    """How many worlds are drawn, how large, and from which seed."""

    worlds: int
    pairs: tuple[int, ...]
    seed: int


def bench_table(
    gathered: Gathered, baseline: Candidate, arms: Sequence[Candidate], goal: Goal, draws: Draws, title: str
) -> Contest:
    """Take a table of outcomes as the truth and let each way of choosing decide on worlds drawn from it.

    Raises:
        EvidenceError: No prompt was answered by every arm at a known cost.
    """
    try:
        table = Table.of(gathered.types, baseline, arms)
    except ValueError as error:
        names = ", ".join(map(str, arms))
        raise EvidenceError(f"{error}: {names}; name arms that the table holds by --arms") from error
    rows = tuple(("table", standing) for standing in _standings(table, goal, draws, rivals=True))
    used, seen = len(table.whole.type_of), sum(len(evidence.units) for evidence in gathered.types)
    notes = [
        "saved: true saving of what would be deployed, over the baseline's cost",
        "ceiling: the best table per task type that truly keeps the bar",
        "worlds: what 95 % of the worlds saved; quality: change of the pass rate over all traffic",
        "false: worlds in which what is deployed truly loses more than its margin",
    ]
    if used < seen:
        notes.append(
            f"{seen - used:,} of {seen:,} prompts left out: not every arm answered them at a known cost"
        )
    ceilings = {"table": table.truth.ceiling(goal.margin)}
    return Contest(title, used, goal.margin, goal.alpha, draws.seed, ceilings, rows, tuple(notes))


def bench_boundary(types: int, goal: Goal, draws: Draws) -> Contest:
    """Let the procedures decide on worlds at the edge of what may be certified: every slip is a false one.

    Two scenarios: every type loses exactly the pooled margin; half of the types lose exactly their own
    margin, and the other half nothing.
    """
    type_margin = goal.type_margin if goal.type_margin is not None else TYPE_MARGIN_CEILING
    at_type_margin = types // 2
    scenarios = {
        "every type at the margin": Boundary.of([goal.margin] * types, type_margin),
        "half at the type margin, half good": Boundary.of(
            [type_margin] * at_type_margin + [0.0] * (types - at_type_margin), type_margin
        ),
    }
    rows = tuple(
        (name, standing)
        for name, population in scenarios.items()
        for standing in _standings(population, goal, draws, rivals=False)
    )
    ceilings = {name: population.truth.ceiling(goal.margin) for name, population in scenarios.items()}
    notes = (
        f"{types} task types of equal volume; at the edge a loss of exactly the margin counts as false",
        "a procedure is at fault where the lower 95 % bound of its false share is above alpha",
    )
    title = (
        f"boundary worlds, margin {goal.margin:.1%}, alpha {goal.alpha:.0%}, type margin {type_margin:.1%}"
    )
    return Contest(title, None, goal.margin, goal.alpha, draws.seed, ceilings, rows, notes)


def _standings(population: Population, goal: Goal, draws: Draws, *, rivals: bool) -> Iterator[Standing]:
    truth = population.truth
    for pairs in draws.pairs:
        chance = np.random.default_rng([draws.seed, pairs])
        worlds = [population.draw(chance, pairs) for _ in range(draws.worlds)]
        if rivals:
            for arm, candidate in enumerate(truth.arms):
                yield compete(f"always:{candidate}", always(arm), worlds, population, goal)
        ours = compete("modelmix", certified, worlds, population, goal)
        if rivals:
            yield _random_mix(ours, worlds, population, goal)
        yield compete("static", static, worlds, population, goal)
        yield compete("naive-certified", naive_certified, worlds, population, goal)
        yield ours
        yield compete("modelmix, by looks", certified_by_looks, worlds, population, goal)
        if rivals:
            yield _oracle(ours, population, truth.ceiling(goal.margin))


def _random_mix(ours: Standing, worlds: Sequence[World], population: Population, goal: Goal) -> Standing:
    """Send each request to the cheapest arm by a coin that makes the mix cost what ours costs."""
    truth = population.truth
    cheapest = int(np.argmin(truth.volume @ truth.cost_usd))
    whole = compete("random-mix", always(cheapest), worlds[:1], population, goal)
    share = min(1.0, ours.saving_share / whole.saving_share) if whole.saving_share > 0 else 0.0
    worst = _mixed_is_false(truth, cheapest, share, goal)
    return replace(
        whole,
        pairs=ours.pairs,
        saving_share=share * whole.saving_share,
        saving_ci=(share * whole.saving_share, share * whole.saving_share),
        share_of_ceiling=None if whole.share_of_ceiling is None else share * whole.share_of_ceiling,
        quality_delta=share * whole.quality_delta,
        false_clears_pool=worst[0],
        false_clears_type=worst[1],
        false_clears_lower95=max(worst),
        false_clears_upper95=max(worst),
        worlds=ours.worlds,
    )


def _mixed_is_false(truth: Truth, arm: int, share: float, goal: Goal) -> tuple[float, float]:
    """Judge a mix by the traffic that moves: what it loses does not depend on how much of it there is."""
    table = np.full(len(truth.types), arm if share > 0 else 0, dtype=np.int64)
    pool, by_type = truth.pool_is_false(table, goal.margin), truth.type_is_false(table, truth.type_margins)
    return float(pool), float(by_type)


def _oracle(ours: Standing, population: Population, ceiling: float) -> Standing:
    """Report the cheapest arm that scores no less than the baseline, prompt by prompt: nobody can know it."""
    saving, delta = population.oracle()
    return replace(
        ours,
        policy="oracle",
        saving_share=saving,
        saving_ci=(saving, saving),
        share_of_ceiling=saving / ceiling if ceiling > 0 else None,
        quality_delta=delta,
        false_clears_pool=0.0,
        false_clears_type=0.0,
        false_clears_lower95=0.0,
        false_clears_upper95=0.0,
    )
