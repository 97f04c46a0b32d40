"""A judged type moves by what people say of it: a judge that overlooks losses cannot move one that fails."""

import numpy as np
import pytest

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.labelled import PairLabels
from modelmix.optimize.fit import Scene, fit
from modelmix.optimize.goal import Goal

OPUS, HAIKU = Candidate("claude-opus-5-5"), Candidate("claude-haiku-5-5")
MARGIN = 0.05


def judged(
    rng: np.random.Generator, name: str, n: int, loss: float, sees: float, labels: tuple[int, int]
) -> TypeEvidence:
    """Make a type whose judge sees only part of the losses, with labels of a random part of each stratum."""
    human = rng.choice([-1.0, 1.0, 0.0], n, p=[loss + 0.01, 0.01, 1 - loss - 0.02])
    judge = np.where((human < 0) & (rng.random(n) > sees), 0.0, human)
    said = np.full(n, np.nan)
    for rows, wanted in ((judge != 0, labels[0]), (judge == 0, labels[1])):
        picked = rng.permutation(np.flatnonzero(rows))[:wanted]
        said[picked] = human[picked]
    score = np.stack([np.where(judge < 0, 0.0, 1.0), np.where(judge > 0, 0.0, 1.0)], axis=1)
    people = {(0, 1): PairLabels(said, np.zeros(n, dtype=np.bool_))} if sum(labels) else {}
    units = tuple(f"{name}{i}" for i in range(n))
    cost = np.tile([0.001, 0.01], (n, 1))
    return TypeEvidence(name, (HAIKU, OPUS), units, score, cost, people=people)


def moved(seed: int, loss: float, labels: tuple[int, int], kinds: int = 2) -> int:
    """Count the types that move in one run."""
    rng = np.random.default_rng(seed)
    types = [judged(rng, f"t{i}", 900, loss, 0.2, labels) for i in range(kinds)]
    scenes = {one.task_type: Scene(OPUS, 1000.0) for one in types}
    found = fit(types, scenes, Goal(margin=MARGIN, type_margin=MARGIN))
    return sum(decision.moved for decision in found.decisions)


def test_a_type_at_its_margin_moves_in_at_most_a_twentieth_of_runs() -> None:
    """With labels the certificate holds; with the judge's word alone such types move nearly always."""
    runs = 120
    assert sum(moved(seed, MARGIN, (0, 0)) > 0 for seed in range(10)) >= 9
    false = sum(moved(seed, MARGIN, (60, 300)) > 0 for seed in range(runs))
    assert false <= 0.05 * runs + 3 * np.sqrt(0.05 * 0.95 * runs)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_type_without_loss_moves_on_labels(seed: int) -> None:
    """Labels do not only refuse: enough of them that find nothing let a type go."""
    assert moved(seed, 0.0, (60, 500)) == 2
