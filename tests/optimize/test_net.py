"""Net saving: a call's saving less what its errors cost, with bounds that hold for all candidates at once."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate
from modelmix.economics.accepted import Pays
from modelmix.evaluate.paired import Pairs
from modelmix.optimize.net import Net, nets_of
from modelmix.optimize.stratum import Comparison, Stratum

BASE, CHEAP, DEAR = Candidate("base"), Candidate("cheap"), Candidate("dear")


def stratum(*comparisons: Comparison, error_usd: float | None = 2.0, name: str = "t") -> Stratum:
    """Build a task type whose baseline costs ten cents a call and errs in five cases of a hundred."""
    return Stratum(name, BASE, 1000.0, 0.10, 0.05, error_usd, False, comparisons)


def cheap(gains: float, losses: float, n: float = 1000.0, saving: float = 0.09) -> Comparison:
    """Build a candidate that costs a tenth."""
    return Comparison(CHEAP, Pairs(gains, losses, n), saving, 0.0001)


def only(*comparisons: Comparison, error_usd: float | None = 2.0) -> Net:
    """Work out the net saving of the first."""
    return nets_of([stratum(*comparisons, error_usd=error_usd)], 0.05)["t"][0]


def test_errors_that_cost_more_than_calls_save() -> None:
    """At $2 a wrong answer seven points of loss eat nine cents, and it is shown."""
    net = only(cheap(5, 75))
    assert net.saving_usd == pytest.approx(0.09 - 2 * 0.07)
    assert float(net.today.usd) == pytest.approx(0.20)
    assert float(net.then.usd) == pytest.approx(0.25)
    assert net.low_usd < net.saving_usd < net.high_usd
    assert net.is_eaten
    assert net.is_shown_eaten
    seen = only(cheap(5, 55))
    assert (seen.is_eaten, seen.is_shown_eaten) == (True, False)
    assert net.contrast.pays is Pays.ONLY_BELOW
    assert float(net.contrast.break_even_usd or 0) == pytest.approx(0.09 / 0.07)


def test_a_dearer_candidate_with_fewer_errors() -> None:
    """A cent more a call is shown to pay where it saves four errors of a hundred at $2; a tie does too."""
    upward = Comparison(DEAR, Pairs(42, 2, 1000), -0.01, 0.0001)
    net = only(upward)
    assert (net.is_shown_upward, net.is_eaten, net.is_shown_eaten) == (True, False, False)
    assert net.contrast.pays is Pays.ONLY_ABOVE
    assert not only(upward, error_usd=0.2).is_shown_upward
    assert only(replace(upward, saving_usd=0.0)).is_shown_upward
    assert only(replace(upward, saving_usd=0.0)).contrast.pays is Pays.ALWAYS


def test_what_saves_is_neither() -> None:
    """A candidate that loses nothing is cheaper all told, and nothing is to be said of it."""
    net = only(cheap(3, 3))
    assert (net.is_eaten, net.is_shown_eaten, net.is_shown_upward) == (False, False, False)
    assert net.low_usd > 0


@pytest.mark.parametrize(
    "one",
    [
        stratum(cheap(0, 5), error_usd=None),
        stratum(cheap(0, 5), error_usd=math.inf),
        stratum(cheap(0, 0, n=0.0)),
        stratum(cheap(0, 5, saving=math.nan)),
        stratum(replace(cheap(0, 5), saving_error_usd=math.nan)),
        replace(stratum(cheap(0, 5)), baseline_usd=math.nan),
        stratum(),
    ],
)
def test_what_has_no_price_has_no_net_saving(one: Stratum) -> None:
    """Without a cost of errors, a price of calls, or pairs there is nothing to say."""
    assert nets_of([one], 0.05) == {"t": ()}


def test_more_candidates_have_wider_bounds() -> None:
    """What is said of many at once is said with more caution; the best of a type comes first."""
    alone = only(cheap(5, 75))
    other = Comparison(DEAR, Pairs(10, 10, 1000), 0.01, 0.0001)
    many = nets_of([stratum(cheap(5, 75), other), stratum(cheap(5, 75), name="u")], 0.05)
    assert [net.candidate for net in many["t"]] == [DEAR, CHEAP]
    assert many["t"][1].low_usd < alone.low_usd
    assert many["t"][1].high_usd > alone.high_usd
    assert many["u"][0].high_usd == many["t"][1].high_usd


def test_means_of_different_rows_stay_costs() -> None:
    """A saving above the baseline's own mean, or errors below none, cannot make a cost negative."""
    net = only(Comparison(CHEAP, Pairs(90, 0, 1000), 0.2, 0.0001))
    assert (float(net.then.attempt_usd), float(net.then.error_share)) == (0.0, 0.0)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 20.0), st.floats(-0.5, 0.5))
def test_dearer_errors_only_help_who_makes_fewer(
    gains: int, losses: int, error: float, saving: float
) -> None:
    """With the cost of a wrong answer the net saving falls by the loss, and the interval holds it."""
    comparison = Comparison(CHEAP, Pairs(gains, losses, 500), saving, 0.001)
    low, high = (only(comparison, error_usd=usd) for usd in (error, 2 * error))
    assert high.saving_usd - low.saving_usd == pytest.approx(-error * comparison.pairs.loss)
    assert low.low_usd <= low.saving_usd <= low.high_usd


@pytest.mark.parametrize("together", [False, True])
def test_nothing_is_shown_that_is_not_so(*, together: bool) -> None:
    """Where calls save exactly what errors cost, four candidates at once are rarely said to be eaten.

    Of 400 worlds at most 5 % and chance on top, also where wrong answers are the dearer ones to make.
    """
    rng, shown, worlds, n = np.random.default_rng(8), 0, 400, 400
    for _ in range(worlds):
        comparisons = []
        for _ in range(4):
            draw = rng.random(n)
            lost, gained = draw < 0.06, draw > 0.98  # a true loss of four points
            saving = 0.08 + 0.02 * rng.standard_normal(n) - (0.5 * (lost - 0.06) if together else 0.0)
            pairs = Pairs(float(gained.sum()), float(lost.sum()), float(n))
            error = float(saving.std(ddof=1) / math.sqrt(n))
            comparisons.append(Comparison(CHEAP, pairs, float(saving.mean()), error))
        shown += any(net.is_shown_eaten for net in nets_of([stratum(*comparisons)], 0.05)["t"])
    assert shown <= 0.05 * worlds + 2.6 * math.sqrt(0.05 * 0.95 * worlds)
