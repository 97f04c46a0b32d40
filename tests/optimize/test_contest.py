"""Ways of choosing, held against a known truth."""

import math

import numpy as np
import pytest

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.proportion import lower_bound
from modelmix.optimize.contest import Way, always, certified, compete, naive_certified, static
from modelmix.optimize.goal import Goal
from modelmix.optimize.population import Boundary, Population, Table, Truth, World, strata

A, B = Candidate("a"), Candidate("b")
GOAL = Goal(margin=0.02)


def evidence(name: str, base: list[float], other: list[float], cost: float = 0.25) -> TypeEvidence:
    """Build a type with two arms, the baseline at a dollar."""
    score = np.array([base, other]).T
    return TypeEvidence(
        name, (A, B), tuple(map(str, range(len(base)))), score, np.tile([1.0, cost], (len(base), 1))
    )


def table() -> Table:
    """Build a table in which one type holds on the cheap arm and the other does not."""
    good = evidence("good", [1, 1, 1, 0] * 100, [1, 1, 1, 0] * 100)
    bad = evidence("bad", [1, 1, 1, 0] * 100, [1, 0, 1, 0] * 100)
    return Table.of([bad, good], A, [A, B])


def test_truth_of_a_table() -> None:
    """Losses, costs and volumes are the table's own means; the ceiling moves the one good type."""
    truth = table().truth
    assert truth.types == ("bad", "good")
    assert truth.loss[:, 1].tolist() == pytest.approx([0.25, 0.0])
    assert truth.volume.tolist() == [0.5, 0.5]
    assert truth.ceiling(0.02) == pytest.approx(0.375)
    assert truth.type_margins.tolist() == [0.06, 0.06]


def test_prompts_without_every_arm_are_left_out() -> None:
    """A type that an arm never met, and prompts without a cost, are no part of the truth."""
    lone = TypeEvidence("lone", (A,), ("1",), np.ones((1, 1)), np.ones((1, 1)))
    unpriced = evidence("unpriced", [1.0], [1.0], cost=math.nan)
    whole = Table.of([lone, unpriced, evidence("good", [1.0], [1.0])], A, [B])
    assert whole.truth.types == ("good",)
    with pytest.raises(ValueError, match="every arm"):
        Table.of([lone, unpriced], A, [B])


def test_the_ceiling_weighs_types_against_each_other() -> None:
    """A type at two and a half points may move if others make up for it, and not if they do not."""
    truth = Truth(
        types=("x", "y"),
        arms=(A, B),
        volume=np.array([0.5, 0.5]),
        loss=np.array([[0.0, 0.025], [0.0, 0.015]]),
        cost_usd=np.array([[1.0, 0.2], [1.0, 0.2]]),
        type_margins=np.array([0.06, 0.06]),
    )
    assert truth.ceiling(0.02) == pytest.approx(0.8)
    assert truth.ceiling(0.019) == pytest.approx(0.4)
    assert truth.ceiling(0.001) == 0.0


def test_no_arm_is_cheaper() -> None:
    """Where nothing is cheaper the ceiling is zero."""
    dear = Table.of([evidence("t", [1.0], [1.0], cost=2.0)], A, [B])
    assert dear.truth.ceiling(0.02) == 0.0
    standing = compete("modelmix", certified, [dear.draw(np.random.default_rng(0), 50)], dear, GOAL)
    assert standing.share_of_ceiling is None
    assert standing.saving_share == 0.0


@pytest.mark.parametrize(
    ("way", "share"), [(certified, 1.0), (static, 1.0), (always(1), 2.0), (always(0), 0.0)]
)
def test_what_each_way_deploys(way: Way, share: float) -> None:
    """On plain evidence ours and the static rule find the ceiling; sending all to one arm does not look."""
    population = table()
    chance = np.random.default_rng(3)
    worlds = [population.draw(chance, 3000) for _ in range(5)]
    standing = compete("way", way, worlds, population, GOAL)
    assert standing.share_of_ceiling == pytest.approx(share)
    assert standing.false_clears_type == (1.0 if share > 1 else 0.0)
    assert (standing.pairs, standing.worlds) == (3000, 5)


def test_the_oracle_picks_prompt_by_prompt() -> None:
    """It saves wherever the cheap arm scores no less, and never loses quality."""
    saving, delta = table().oracle()
    assert saving == pytest.approx(0.75 * (0.5 + 0.375))
    assert delta >= 0.0


def test_strata_of_a_world_equal_a_hand_count() -> None:
    """Gains, losses and savings are summed by type; a type without rows has no comparison."""
    world = World(
        np.array([0, 0, 0]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.tile([1.0, 0.25], (3, 1))
    )
    first, empty = strata(world, table().truth)
    (comparison,) = first.comparisons
    assert (comparison.pairs.gains, comparison.pairs.losses, comparison.pairs.n) == (1.0, 1.0, 3.0)
    assert (comparison.saving_usd, comparison.saving_error_usd) == pytest.approx((0.75, 0.0))
    assert first.baseline_errors == pytest.approx(1 / 3)
    assert (empty.comparisons, empty.calls) == ((), 0.0)
    (single,) = strata(world, table().truth, np.array([True, False, False]))[0].comparisons
    assert math.isnan(single.saving_error_usd)


def boundary(types: int) -> list[Population]:
    """Build both scenarios of the edge."""
    half = types // 2
    return [Boundary.of([0.02] * types, 0.06), Boundary.of([0.06] * half + [0.0] * (types - half), 0.06)]


def false_share(way: Way, population: Population, worlds: int, pairs: int, seed: int) -> tuple[int, float]:
    """Count worlds with a false certificate, and bound their share from below."""
    chance = np.random.default_rng([seed, pairs])
    drawn = [population.draw(chance, pairs) for _ in range(worlds)]
    standing = compete("way", way, drawn, population, GOAL)
    worst = max(standing.false_clears_pool, standing.false_clears_type)
    return round(worst * worlds), lower_bound(round(worst * worlds), worlds, 0.95)


def test_a_boundary_is_what_it_says() -> None:
    """A large world of the edge has the losses, errors and costs that its truth states."""
    population = Boundary.of([0.02, 0.06], 0.06)
    world = population.draw(np.random.default_rng(0), 400_000)
    for t, loss in enumerate((0.02, 0.06)):
        rows = world.type_of == t
        for arm in (1, 2):
            assert (world.score[rows, 0] - world.score[rows, arm]).mean() == pytest.approx(loss, abs=0.003)
    assert 1 - world.score[:, 0].mean() == pytest.approx(0.1, abs=0.003)
    assert population.truth.ceiling(0.02) == 0.0
    assert population.oracle()[0] > 0.6
    assert Boundary.of([0.0, 0.06], 0.06).truth.ceiling(0.02) == pytest.approx(0.4)


@pytest.mark.parametrize("types", [8, 24])
def test_certificates_hold_at_the_boundary(types: int) -> None:
    """Ours is false in no more worlds than alpha allows; choosing and certifying on the same rows is."""
    for population in boundary(types):
        _, ours = false_share(certified, population, 150, 1700, seed=7)
        _, naive = false_share(naive_certified, population, 150, 1700, seed=7)
        assert ours <= 0.05
        assert naive > 0.05


@pytest.mark.soak
@pytest.mark.parametrize("types", [2, 8, 24])
@pytest.mark.parametrize("pairs", [600, 1700, 3400, 10_000])
def test_certificates_hold_over_thousands_of_worlds(types: int, pairs: int) -> None:
    """Over 2,000 worlds of each scenario the lower bound of the false share is not above alpha."""
    for population in boundary(types):
        _, ours = false_share(certified, population, 2000, pairs, seed=11)
        assert ours <= 0.05
