"""Power of the planned test, by formula, by counting and by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multinomial

from modelmix.evaluate.paired import Pairs, fewest_pairs, pairs_needed
from modelmix.evaluate.power import power, power_exact

MARGINS, LOSSES = st.floats(0.01, 0.2), st.floats(-0.05, 0.005)
DISCORDANCES, ALPHAS = st.floats(0.06, 0.6), st.floats(0.005, 0.2)
PLANS = [(773, 0.02, 0.05, 0.05, 0.0), (687, 0.03, 0.10, 0.05, 0.0), (172, 0.06, 0.10, 0.05, 0.0),
         (385, 0.06, 0.10, 0.05, 0.02), (516, 0.06, 0.30, 0.05, 0.0), (600, 0.03, 0.10, 0.0125, 0.0),
         (300, 0.03, 0.10, 0.05, 0.03), (300, 0.03, 0.10, 0.05, 0.06)]  # fmt: skip


@given(MARGINS, DISCORDANCES, ALPHAS, LOSSES, st.floats(0.2, 0.99))
def test_power_is_the_inverse_of_the_pairs_needed(
    margin: float, discordance: float, alpha: float, loss: float, wanted: float
) -> None:
    """As many pairs as are needed have at least the power asked for; one fewer has at most that."""
    n = pairs_needed(margin, discordance, alpha=alpha, power=wanted, loss=loss)
    assert n is not None
    assert power(n, margin, discordance, alpha, loss) >= wanted - 1e-9
    if n > 1:
        assert power(n - 1, margin, discordance, alpha, loss) <= wanted + 1e-9


@given(st.integers(0, 5_000), MARGINS, DISCORDANCES, ALPHAS, LOSSES)
def test_power_is_monotone(n: int, margin: float, discordance: float, alpha: float, loss: float) -> None:
    """It rises with pairs, margin and alpha, and falls with discordance and loss."""
    here = power(n, margin, discordance, alpha, loss)
    slack = here - 1e-12
    assert 0.0 <= here <= 1.0
    assert power(n + 10, margin, discordance, alpha, loss) >= slack
    assert power(n, margin + 0.01, discordance, alpha, loss) >= slack
    assert power(n, margin, discordance, alpha + 0.01, loss) >= slack
    assert power(n, margin, discordance + 0.01, alpha, loss) <= here + 1e-12
    assert (
        power(n, margin, discordance, alpha, abs(loss) + 0.005)
        <= power(n, margin, discordance, alpha, abs(loss)) + 1e-12
    )


def test_without_discordance_the_fewest_pairs_decide() -> None:
    """149 pairs that all agree clear two points at 5 %, 148 do not; at a loss of one nothing clears."""
    assert fewest_pairs(0.02, 0.05) == 149
    assert [power(n, 0.02, 0.0, 0.05) for n in (148, 149)] == [0.0, 1.0]
    assert power(1_000, 0.02, 1.0, 0.05, 1.0) == 0.0
    assert [power_exact(n, 0.02, 0.0, 0.05) for n in (0, 132, 133)] == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(("n", "margin", "discordance", "alpha", "loss"), PLANS)
def test_power_holds_against_simulation(
    n: int, margin: float, discordance: float, alpha: float, loss: float
) -> None:
    """In 4,000 seeded worlds the test clears as often as counted, to 0.03, and as by formula, to 0.05."""
    rng = np.random.default_rng(20261123)
    rates = [(discordance - loss) / 2, (discordance + loss) / 2, 1 - discordance]
    worlds = rng.multinomial(n, rates, size=4_000)
    cleared = np.mean([Pairs(int(gains), int(lost), n).p_value(margin) <= alpha for gains, lost, _ in worlds])
    assert power_exact(n, margin, discordance, alpha, loss) == pytest.approx(cleared, abs=0.03)
    assert power(n, margin, discordance, alpha, loss) == pytest.approx(cleared, abs=0.05)


@given(st.integers(1, 40), st.floats(0.02, 0.2), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_counting_is_whole_enumeration(n: int, margin: float, discordance: float, share: float) -> None:
    """Over few pairs the count is the sum of the chances of every outcome that clears."""
    loss = discordance * (2 * share - 1)
    gains_rate, losses_rate = (discordance - loss) / 2, (discordance + loss) / 2
    law = multinomial(n, [gains_rate, losses_rate, max(1 - gains_rate - losses_rate, 0.0)])
    total = sum(
        float(law.pmf([gains, losses, n - gains - losses]))
        for gains in range(n + 1)
        for losses in range(n + 1 - gains)
        if Pairs(gains, losses, n).p_value(margin) <= 0.05
    )
    assert power_exact(n, margin, discordance, 0.05, loss) == pytest.approx(total, abs=1e-7)


def test_the_formula_promises_too_much_of_few_discordant_pairs() -> None:
    """50 pairs with one discordant among them have a quarter of a chance, where the formula says 80 %."""
    assert power(50, 0.05, 0.02, 0.05) == pytest.approx(0.80, abs=0.01)
    assert power_exact(50, 0.05, 0.02, 0.05) == pytest.approx(0.245, abs=0.01)
