"""Paths: parts that add up, and one pass without a check."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.paths import attempts, fixed, shares, simulate, usd, verifiers
from modelmix.economics.difficulty import Fixed
from modelmix.economics.path import AttemptCost, Path, single_pass
from modelmix.economics.verifier import Verifier, verified


@given(attempts, fixed, verifiers, st.integers(0, 8), usd, usd)
def test_every_task_ends_and_every_dollar_has_its_part(
    attempt: AttemptCost, difficulty: Fixed, verifier: Verifier, cap: int, error_usd: float, give_up: float
) -> None:
    """The three shares add up to one, and the six amounts to the cost."""
    found = verified(attempt, difficulty, verifier, cap, error_usd, give_up)
    assert found.right_share + found.wrong_share + found.given_up_share == pytest.approx(1.0)
    parts = (
        found.first_usd, found.retries_usd, found.check_usd, found.delay_usd, found.damage_usd,
        found.given_up_usd,
    )  # fmt: skip
    assert min(parts) >= -1e-9
    assert math.fsum(parts) == found.usd
    assert found.correct_share == pytest.approx(1.0 - found.wrong_share)


@given(attempts, shares, usd)
def test_one_pass_costs_its_call_and_its_errors(attempt: AttemptCost, share: float, error_usd: float) -> None:
    """E = c + (1 - p) L, with the check and the waiting of one attempt."""
    found = single_pass(attempt, share, error_usd)
    assert found.usd == pytest.approx(attempt.usd() + (1 - share) * error_usd)
    assert (found.attempts, found.given_up_share) == (1.0, 0.0)


def test_one_pass_by_simulation() -> None:
    """Without a check every answer is accepted: the formula agrees with tasks drawn one by one."""
    attempt = AttemptCost(call_usd=0.02, latency_s=3.0, waiting_usd_per_s=0.001)
    found = single_pass(attempt, 0.9, 1.5)
    drawn = simulate(attempt, np.full(200_000, 0.9), Verifier(0.0, 1.0), 1, (1.5, 0.0), seed=1)
    assert found.usd == pytest.approx(drawn.usd, abs=5 * drawn.error_usd)
    assert found.wrong_share == pytest.approx(drawn.wrong_share, abs=0.004)


def test_an_accepted_outcome_pays_for_those_that_are_not() -> None:
    """Cost over the share that ends right; without one that does there is no such cost."""
    attempt = AttemptCost(call_usd=1.0)
    assert single_pass(attempt, 0.5, 2.0).usd_per_accepted == pytest.approx(4.0)
    assert single_pass(attempt, 0.0, 2.0).usd_per_accepted is None
    assert Path(attempts=1.0, right_share=1.0, first_usd=1.0).usd_per_accepted == 1.0


def test_delay_is_priced_by_the_second() -> None:
    """Waiting costs seconds times the price of one; without a price it costs nothing."""
    waited = AttemptCost(call_usd=0.01, latency_s=20.0, waiting_usd_per_s=0.002)
    assert waited.delay_usd == pytest.approx(0.04)
    assert waited.usd() == pytest.approx(0.05)
    assert AttemptCost(call_usd=0.01, latency_s=20.0).usd() == 0.01
    assert AttemptCost(call_usd=0.01, growth_usd=0.004).usd(3) == pytest.approx(0.022)


@pytest.mark.parametrize("wrong", [-0.01, math.inf, math.nan])
def test_no_amount_is_negative_or_endless(wrong: float) -> None:
    """Each amount says its name, its value and its range."""
    with pytest.raises(ValueError, match=r"check_usd is .*; an amount is 0 or more, and finite"):
        AttemptCost(call_usd=0.0, check_usd=wrong)
    with pytest.raises(ValueError, match="error_usd is"):
        single_pass(AttemptCost(call_usd=0.0), 0.5, wrong)


@pytest.mark.parametrize("wrong", [-0.01, 1.01, math.nan])
def test_a_share_lies_between_0_and_1(wrong: float) -> None:
    """Each share says its name, its value and its range."""
    with pytest.raises(ValueError, match=r"success_share is .*; a share lies between 0 and 1"):
        single_pass(AttemptCost(call_usd=0.0), wrong, 1.0)
