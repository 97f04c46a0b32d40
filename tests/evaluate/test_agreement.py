"""Agreement: labels that were drawn more often do not count more, and every share has its interval."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.agreement import rate_loss, skill, together, weighted_share
from modelmix.evaluate.judge_correction import CorrectedRate
from modelmix.evaluate.proportion import lower_bound, upper_bound


@given(st.integers(0, 40), st.integers(0, 40))
def test_equal_weights_give_the_plain_share(hits: int, misses: int) -> None:
    """With one weight for all, share and interval are those of Clopper and Pearson."""
    n = hits + misses
    found = weighted_share([True] * hits + [False] * misses, [2.5] * n)
    if not n:
        assert math.isnan(found.share)
        assert (found.low, found.high, found.n) == (0.0, 1.0, 0)
        return
    assert found.share == pytest.approx(hits / n)
    assert found.low == pytest.approx(lower_bound(hits, n, 0.975))
    assert found.high == pytest.approx(upper_bound(hits, n, 0.975))


def test_oversampled_disagreements_do_not_slander_a_judge() -> None:
    """Half of the labels from a tenth of the pairs: the share is that of all, on fewer effective labels."""
    hits = [False] * 25 + [True] * 25 + [True] * 50
    found = weighted_share(hits, [2.0] * 50 + [18.0] * 50)
    assert found.share == pytest.approx(0.95)
    assert found.n == 100
    assert 65 > found.effective_n > 50
    assert found.low < 0.9 < found.share < found.high


def test_rates_are_put_right_by_labels_of_good_and_bad() -> None:
    """A judge that passes nine of ten good answers and fails eight of ten bad ones reports too low a rate."""
    human = [1.0] * 50 + [0.0] * 50
    judge = [1.0] * 45 + [0.0] * 5 + [0.0] * 40 + [1.0] * 10
    found = skill(human, judge, [1.0] * 100, [1.0] * 760 + [0.0] * 240)
    assert (found.sensitivity.share, found.specificity.share) == (0.9, 0.8)
    corrected = found.corrected()
    assert corrected is not None
    assert corrected.rate == pytest.approx(0.8)
    assert corrected.low < 0.8 < corrected.high


def test_what_cannot_be_told_is_not_told() -> None:
    """Without bad answers, or with a judge that is no better than a coin, no rate is put right."""
    assert skill([1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 0.0]).corrected() is None
    assert skill([1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]).corrected() is None


def test_limits_of_a_loss_are_added_in_squares() -> None:
    """The loss is baseline minus candidate, and lies within its limits."""
    found = rate_loss(CorrectedRate(0.9, 0.86, 0.93), CorrectedRate(0.85, 0.82, 0.88))
    assert found.loss == pytest.approx(0.05)
    assert found.low == pytest.approx(0.05 - 0.05)
    assert found.high == pytest.approx(0.05 + math.hypot(0.03, 0.03))


def test_kappa_is_agreement_beyond_chance() -> None:
    """Cohen's example by hand: 70 % agree where chance gives 50 %."""
    pairs = [("a", "a")] * 35 + [("b", "b")] * 35 + [("a", "b")] * 15 + [("b", "a")] * 15
    found = together(pairs)
    assert found.same.share == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    assert math.isnan(together([("a", "a")] * 5).kappa)
    assert math.isnan(together([]).same.share)
    assert np.isfinite(together([("a", "b")]).kappa)
