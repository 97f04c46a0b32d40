"""Measured: candidates of a task type, summed up."""

import math

import numpy as np
import pytest

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.report.measured import measured, z_of

BASE, CHEAP, ODD = Candidate("base"), Candidate("cheap"), Candidate("odd")


def evidence() -> TypeEvidence:
    """Ten prompts: the cheap one errs on two, once in a slice; the odd one was never paired nor priced."""
    score = np.ones((10, 3))
    score[:2, 1] = 0.0
    score[:, 2] = np.nan
    cost = np.tile([1.0, 0.1, math.nan], (10, 1))
    first = np.arange(10) == 0
    slices = {"field absent": first, "empty": np.zeros(10, np.bool_)}
    return TypeEvidence("t", (BASE, CHEAP, ODD), tuple(map(str, range(10))), score, cost, slices)


def test_each_candidate_has_its_counts_cost_and_slices() -> None:
    """Losses, bound, saving and the slices that have pairs; what was never paired is left out."""
    found = measured("entry", evidence(), BASE, 0.05, {("t", "cheap"): "FAILS"})
    assert found is not None
    assert (found.task_type, found.prompts, found.baseline_usd, found.baseline_errors) == (
        "entry",
        10,
        1.0,
        0.0,
    )
    (one,) = found.candidates
    assert (one.candidate, one.pairs.losses, one.verdict) == (CHEAP, 2.0, "FAILS")
    assert one.cost_usd == pytest.approx(0.1)
    assert one.saving_share == pytest.approx(0.9)
    assert one.bound == one.pairs.upper_bound(z_of(0.05)) > one.pairs.loss
    assert {name: pairs.n for name, pairs in one.slices.items()} == {"field absent": 1.0}


def test_without_its_baseline_nothing_is_compared() -> None:
    """A type whose baseline was not measured has no sums; without a price a cost is not known."""
    assert measured("entry", evidence(), Candidate("other"), 0.05, {}) is None
    free = evidence()
    free.cost_usd[:] = np.nan
    found = measured("entry", free, BASE, 0.05, {})
    assert found is not None
    assert (found.baseline_usd, found.candidates[0].cost_usd, found.candidates[0].verdict) == (None, None, "")
