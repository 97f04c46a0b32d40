"""The contestant that looks: no more false certificates, nearly the power, and fewer pairs."""

import numpy as np
import pytest

from modelmix.evaluate.proportion import lower_bound
from modelmix.optimize.contest import Standing, certified, compete
from modelmix.optimize.contest_looks import certified_by_looks
from modelmix.optimize.goal import Goal
from modelmix.optimize.population import Boundary

GOAL = Goal(margin=0.02, type_margin=0.06)


def standings(losses: list[float], worlds: int, pairs: int, goal: Goal = GOAL) -> tuple[Standing, Standing]:
    """Let both procedures decide on the same worlds."""
    population = Boundary.of(losses, 0.06)
    chance = np.random.default_rng([20261125, len(losses), pairs])
    drawn = [population.draw(chance, pairs) for _ in range(worlds)]
    fixed = compete("fixed", certified, drawn, population, goal)
    return fixed, compete("looks", certified_by_looks, drawn, population, goal)


SCENARIOS = {
    "every type at the margin": [0.02] * 4,
    "at the margin of one type": [0.06],
    "half at the type margin": [0.06, 0.06, 0.0, 0.0],
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_false_certificates_stay_within_alpha(scenario: str) -> None:
    """At the edge, where whatever moves is false, looks move no more than alpha allows, and stop early."""
    _, looks = standings(SCENARIOS[scenario], 150, 1500)
    assert looks.false_clears_lower95 <= GOAL.alpha
    assert looks.bought_share is not None
    assert looks.bought_share < 1.0


def test_power_is_nearly_that_of_one_look_for_fewer_pairs() -> None:
    """Where nothing is lost, looks save at least nine tenths of what one saves, for 80 % of its pairs."""
    fixed, looks = standings([0.0] * 4, 60, 4000)
    assert looks.saving_share >= 0.9 * fixed.saving_share > 0.2
    assert looks.bought_share is not None
    assert looks.bought_share <= 0.8
    assert fixed.bought_share is None


def test_a_hopeless_candidate_is_given_up_early() -> None:
    """Three times its margin is told from a part of the pairs."""
    _, looks = standings([0.06, 0.06], 40, 3000, Goal(margin=0.02, type_margin=0.02))
    assert looks.saving_share == 0.0
    assert looks.bought_share is None or looks.bought_share <= 0.5


def test_types_with_fewer_rows_than_looks_are_looked_at_where_they_have_any() -> None:
    """A handful of prompts certifies nothing, and stops nothing."""
    _, looks = standings([0.0, 0.0, 0.0], 12, 25)
    assert looks.saving_share == 0.0


def test_a_world_in_which_nothing_is_put_forward_buys_nothing() -> None:
    """Without a choosing row nothing is put forward: there is no share to speak of."""
    _, looks = standings([0.85], 3, 1)
    assert (looks.bought_share, looks.saving_share) == (None, 0.0)


@pytest.mark.soak
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_false_certificates_over_many_worlds(scenario: str) -> None:
    """The same over 10,000 worlds."""
    _, looks = standings(SCENARIOS[scenario], 10_000, 1500)
    assert looks.false_clears_lower95 <= GOAL.alpha
    assert lower_bound(0, 10_000, 0.95) == 0.0
