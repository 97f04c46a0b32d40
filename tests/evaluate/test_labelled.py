"""Labels beside evidence: they go with their rows, and units count once."""

import numpy as np

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.labelled import PairLabels

OPUS, HAIKU = Candidate("claude-opus-5-5"), Candidate("claude-haiku-5-5")


def evidence(human: list[float], n: int = 60, unit: int = 1) -> TypeEvidence:
    """Make a type whose judge finds no difference, with labels of the first rows."""
    said = np.full(n, np.nan)
    said[: len(human)] = human
    labels = PairLabels(said, np.zeros(n, dtype=np.bool_))
    return TypeEvidence(
        "reply",
        (HAIKU, OPUS),
        tuple(f"u{i // unit}" for i in range(n)),
        np.ones((n, 2)),
        np.ones((n, 2)),
        {"half": np.arange(n) < n // 2},
        people={(0, 1): labels},
    )


def test_counts_are_what_labels_and_judge_are_worth() -> None:
    """Thirty labels with three losses: a loss of a tenth on about thirty pairs, not on the judge's sixty."""
    found = evidence([-1.0] * 3 + [0.0] * 27).pairs(0, 1)
    assert abs(found.loss - 0.1) < 1e-9
    assert 25 < found.n < 40


def test_labels_go_with_their_rows() -> None:
    """Rows that are taken keep their labels, and the others' are gone."""
    whole = evidence([-1.0] * 3 + [0.0] * 27)
    part = whole.take(np.arange(60) >= 20)
    assert part.people[0, 1].n == 10
    assert part.pairs(0, 1).loss == 0.0


def test_slices_stay_with_the_judge() -> None:
    """A named slice is tested on all of its rows: people have seen too few of them."""
    whole = evidence([-1.0] * 3 + [0.0] * 27)
    assert whole.pairs(0, 1, whole.slices["half"]).n == 30
    assert whole.pairs(1, 0).n == 60


def test_rows_of_one_unit_count_once() -> None:
    """Ten prompts of one document are one unit: thirty labels of three documents prove next to nothing."""
    found = evidence([0.0] * 30, unit=10).pairs(0, 1)
    assert found.n < 6
