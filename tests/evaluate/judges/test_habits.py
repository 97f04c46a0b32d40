"""Habits of a judge show where it has them, and are not claimed where it has none."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from modelmix.evaluate.judges.habits import Seen, Share, habits


def drawn(n: int, slope: float = 0.0, place: float = 0.0, seed: int = 3) -> list[Seen]:
    """Draw comparisons of a judge that goes by length, or by place."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        ratio = float(2.0 ** rng.normal(0.0, 0.5))
        if rng.random() < place:
            found.append(Seen(0.5, agree=False, first_wins=2, length_ratio=ratio))
            continue
        chance = min(max(0.5 + slope * math.log2(ratio), 0.0), 1.0)
        found.append(Seen(float(rng.random() < chance), agree=True, first_wins=1, length_ratio=ratio))
    return found


def test_a_share_has_its_exact_interval() -> None:
    """Clopper and Pearson's, both ends; nothing of nothing."""
    exact = binomtest(7, 40).proportion_ci(0.95)
    found = Share(7, 40)
    assert (found.share, found.low, found.high) == pytest.approx((0.175, exact.low, exact.high))
    nothing = Share(0, 0)
    assert math.isnan(nothing.share)
    assert (nothing.low, nothing.high) == (0.0, 1.0)


def test_a_judge_that_goes_by_length_is_found_out() -> None:
    """The slope is what it was drawn with, and shown not to be zero."""
    found = habits(drawn(1500, slope=0.3))
    assert found.length_slope == pytest.approx(0.3, abs=0.06)
    assert found.length_matters
    assert found.longer.low > 0.55


def test_a_judge_without_habits_is_not_accused() -> None:
    """In 200 draws hardly one in twenty seems to go by length: the error of the slope is honest."""
    accused = sum(habits(drawn(150, seed=seed)).length_matters for seed in range(200))
    assert accused <= 18


def test_the_error_of_the_slope_is_that_of_many_draws() -> None:
    """The stated error is the spread of the estimate."""
    slopes = [habits(drawn(300, slope=0.2, seed=seed)).length_slope for seed in range(300)]
    stated = habits(drawn(300, slope=0.2, seed=0)).length_slope_error
    assert stated == pytest.approx(np.std([one for one in slopes if one is not None]), rel=0.2)


def test_a_judge_that_goes_by_place_is_found_out() -> None:
    """Contradictions that all favour the first place are no chance; they are ties in the count."""
    found = habits(drawn(400, place=0.2))
    assert found.disagree.share == pytest.approx(0.2, abs=0.06)
    assert (found.first.share, found.first.low > 0.9) == (1.0, True)
    assert found.ties.count == found.disagree.count


def test_one_sided_contradictions_say_nothing_of_the_place() -> None:
    """Better in one order and the same in the other is a doubt, and no habit."""
    found = habits([Seen(0.5, agree=False, first_wins=1, length_ratio=1.0)] * 30)
    assert (found.disagree.count, found.first.n) == (30, 0)
    assert (found.length_slope, found.length_matters) == (None, False)


def test_few_or_empty_answers_tell_no_slope() -> None:
    """An answer of nothing has no length to compare."""
    few = [Seen(1.0, agree=True, first_wins=1, length_ratio=2.0)] * 5
    assert habits(few).length_slope is None
    empty = [Seen(0.0, agree=True, first_wins=1, length_ratio=ratio) for ratio in (0.0, math.inf)] * 30
    found = habits(empty)
    assert (found.longer.n, found.length_slope) == (0, None)
    assert habits([]).disagree.n == 0
