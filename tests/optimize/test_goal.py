"""The bar, fixed before looking."""

import math

import pytest

from modelmix.core.candidate import Candidate
from modelmix.optimize.goal import Goal, default_type_margin
from modelmix.optimize.stratum import Stratum


def stratum(errors: float = 0.04, error_cost: float | None = None, *, critical: bool = False) -> Stratum:
    """Build a task type without comparisons."""
    return Stratum("t", Candidate("a"), 10.0, 1.0, errors, error_cost, critical, ())


@pytest.mark.parametrize(
    ("errors", "margin"), [(0.0, 0.02), (0.031, 0.031), (0.0338, 0.033), (0.2, 0.06), (math.nan, 0.02)]
)
def test_default_margin_is_the_baselines_own_error_rate(errors: float, margin: float) -> None:
    """Between two and six points, cut to a tenth of a point; two where nothing is known."""
    assert default_type_margin(errors) == margin


def test_margin_of_a_type() -> None:
    """A critical type takes the pooled margin, a named one its own, then the common one, then the default."""
    goal = Goal(margin=0.01, type_margin=0.05, type_margins={"t": 0.03})
    assert goal.margin_of(stratum(critical=True), 1.0) == 0.01
    assert goal.margin_of(stratum(), 1.0) == 0.03
    assert Goal(margin=0.01, type_margin=0.05).margin_of(stratum(), 1.0) == 0.05
    assert Goal(margin=0.01).margin_of(stratum(), 1.0) == 0.04


def test_an_error_that_costs_much_shrinks_the_margin() -> None:
    """Beyond saving over error cost the move does not pay, so the margin is never larger."""
    goal = Goal(margin=0.02, type_margin=0.05)
    assert goal.margin_of(stratum(error_cost=1.0), 0.01) == pytest.approx(0.01)
    assert goal.pooled_margin([(0.01, stratum(error_cost=1.0))]) == pytest.approx(0.01)
    assert goal.pooled_margin([(0.5, stratum(error_cost=1.0)), (0.1, stratum())]) == 0.02
    assert goal.pooled_margin([]) == 0.02


@pytest.mark.parametrize(
    ("name", "margin", "alpha", "share"),
    [
        ("margin", 0.0, 0.05, 0.2),
        ("margin", 1.0, 0.05, 0.2),
        ("alpha", 0.1, 0.5, 0.2),
        ("share", 0.1, 0.05, 1.0),
    ],
)
def test_a_goal_out_of_range_is_refused(name: str, margin: float, alpha: float, share: float) -> None:
    """Each figure names its range."""
    with pytest.raises(ValueError, match=name):
        Goal(margin=margin, alpha=alpha, choosing_share=share)
