"""A threshold for accepting answers holds its risk with the confidence that was asked for."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from modelmix.evaluate.threshold import Step, choose_threshold, fewest_rows


@st.composite
def grids(draw: st.DrawFn) -> list[Step]:
    """Draw a grid with what was seen on it."""
    thresholds = sorted(draw(st.sets(st.integers(0, 100), min_size=1, max_size=8)), reverse=True)
    seen = [draw(st.integers(0, 400)) for _ in thresholds]
    return [
        Step(threshold / 100, n, draw(st.integers(0, n)))
        for threshold, n in zip(thresholds, seen, strict=True)
    ]


@given(grids(), st.sampled_from([0.01, 0.05, 0.2]), st.sampled_from([0.01, 0.05]))
def test_the_walk_ends_at_the_first_failure(steps: list[Step], risk: float, delta: float) -> None:
    """All thresholds up to the one chosen pass an exact test, and the next one does not."""
    found = choose_threshold(steps, risk, delta)
    exact = [binomtest(s.errors, s.n, risk, "less").pvalue if s.n else 1.0 for s in steps]
    assert found.p_values == pytest.approx(exact)
    passes = [p <= delta for p in found.p_values]
    first = passes.index(False) if False in passes else len(steps)
    assert found.accept_from == (steps[first - 1].threshold if first else None)
    apart = [s.threshold for s, p in zip(steps, found.p_values, strict=True) if p <= delta / len(steps)]
    assert found.bonferroni == (min(apart) if apart else None)


def test_the_risk_is_held_as_often_as_asked() -> None:
    """Where every threshold has exactly the risk that is too much, hardly one in twenty runs accepts at all.

    The forbidden way, the loosest threshold that passes anywhere on the grid, accepts far more often.
    """
    rng, runs, risk, delta = np.random.default_rng(5), 2000, 0.1, 0.05
    wrong = forbidden = 0
    for _ in range(runs):
        counts = rng.binomial(100, risk * 1.0001, size=8)
        steps = [Step(1 - at / 10, 100, int(errors)) for at, errors in enumerate(counts)]
        found = choose_threshold(steps, risk, delta)
        wrong += found.accept_from is not None
        forbidden += min(found.p_values) <= delta
    assert wrong / runs <= delta + 3 * np.sqrt(delta / runs)
    assert forbidden / runs > 3 * delta


def test_rows_without_an_error_show_a_risk() -> None:
    """One row fewer would not; the count is the exact test's own."""
    for risk in (0.01, 0.02, 0.05, 0.1):
        n = fewest_rows(risk, 0.05)
        assert Step(0.5, n, 0).p_value(risk) <= 0.05 < Step(0.5, n - 1, 0).p_value(risk)


def test_nothing_accepted_means_that_everything_is_escalated() -> None:
    """A threshold that no answer reaches shows nothing."""
    found = choose_threshold([Step(0.9, 0, 0), Step(0.8, 500, 0)], 0.05, 0.05)
    assert (found.p_values[0], found.accept_from, found.bonferroni) == (1.0, None, 0.8)
    assert choose_threshold([], 0.05, 0.05).accept_from is None


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Step(0.5, 3, 4), "4 errors of 3 rows"),
        (lambda: choose_threshold([Step(0.5, 3, 0), Step(0.5, 4, 0)], 0.05, 0.05), "do not fall"),
        (lambda: choose_threshold([], 1.0, 0.05), "risk is 1"),
        (lambda: fewest_rows(0.05, 0.0), r"delta 0\.0"),
    ],
)
def test_what_is_no_grid_is_refused(build: Callable[[], object], said: str) -> None:
    """Counts, order and limits are checked before anything is claimed."""
    with pytest.raises(ValueError, match=said):
        build()
