"""Retries behind a perfect check: closed forms, laws, brute force and simulation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.paths import attempts, caps, fixed, shares, simulate, usd, varied
from modelmix.economics.difficulty import Difficulty, Fixed, Varied
from modelmix.economics.path import AttemptCost
from modelmix.economics.retry import best_cap, retried, until_success
from modelmix.economics.verifier import Verifier

PERFECT = Verifier()


@given(st.floats(0.001, 1.0), usd, usd, caps, usd)
def test_a_cap_has_its_closed_form(share: float, call: float, check: float, cap: int, give_up: float) -> None:
    """For one chance p: (c + v) (1 - q^k) / p + q^k H."""
    found = retried(AttemptCost(call_usd=call, check_usd=check), Fixed(share), cap, give_up)
    left = (1 - share) ** cap
    assert found.usd == pytest.approx((call + check) * (1 - left) / share + left * give_up)
    assert found.wrong_share == 0.0
    assert found.given_up_share == pytest.approx(left)


@given(st.floats(0.05, 1.0), attempts)
def test_without_a_cap_it_is_the_limit(share: float, attempt: AttemptCost) -> None:
    """(c + v) / p + g q / p^2 is where the capped cost goes as the cap grows."""
    endless = until_success(attempt, share)
    capped = retried(attempt, Fixed(share), 2_000, 0.0)
    assert endless.usd == pytest.approx(capped.usd)
    assert endless.attempts == pytest.approx(capped.attempts)
    assert endless.usd_per_accepted == endless.usd


@given(attempts, shares, shares, caps, usd)
def test_a_share_that_never_succeeds_has_its_closed_form(
    attempt: AttemptCost, share: float, solvable: float, cap: int, give_up: float
) -> None:
    """It is s times the cost of what can be solved, and 1 - s times that of trying in vain."""
    each = retried(attempt, Fixed(share), cap, give_up).usd
    vain = retried(attempt, Fixed(0.0), cap, give_up).usd
    found = retried(attempt, Fixed(share, solvable), cap, give_up)
    assert found.usd == pytest.approx(solvable * each + (1 - solvable) * vain)


@given(attempts, fixed | varied, caps, usd, usd)
def test_dearer_parts_make_a_dearer_path(
    attempt: AttemptCost, difficulty: Difficulty, cap: int, give_up: float, more: float
) -> None:
    """The cost never falls as the call, the check, the growth, the delay or giving up gets dearer."""
    before = retried(attempt, difficulty, cap, give_up).usd
    for name in ("call_usd", "check_usd", "growth_usd", "latency_s"):
        dearer = replace(attempt, **{name: getattr(attempt, name) + more})
        assert retried(dearer, difficulty, cap, give_up).usd >= before - 1e-9
    assert retried(attempt, difficulty, cap, give_up + more).usd >= before - 1e-9


@given(attempts, shares, shares, shares, caps)
def test_a_better_model_gives_up_less(
    attempt: AttemptCost, one: float, other: float, solvable: float, cap: int
) -> None:
    """With a larger chance there are fewer attempts, and fewer tasks are given up: it never costs more."""
    low, high = sorted((one, other))
    worse, better = (retried(attempt, Fixed(p, solvable), cap, 3.0) for p in (low, high))
    assert better.attempts <= worse.attempts + 1e-9
    assert better.given_up_share <= worse.given_up_share + 1e-9
    assert better.usd <= worse.usd + 1e-9


@given(attempts, fixed | varied, st.floats(0.0, 100.0), st.integers(0, 15))
def test_the_best_cap_is_a_minimum(
    attempt: AttemptCost, difficulty: Difficulty, give_up: float, most: int
) -> None:
    """No cap costs less by brute force, and the one-step rule costs no more than it."""
    found = best_cap(attempt, difficulty, give_up, most)
    brute = [retried(attempt, difficulty, cap, give_up).usd for cap in range(most + 1)]
    assert found.costs_usd == pytest.approx(brute)
    assert found.usd == pytest.approx(min(brute), abs=1e-9)
    assert brute[found.one_step_cap] == pytest.approx(min(brute), rel=1e-9, abs=1e-9)
    assert found.costs_usd[0] == pytest.approx(give_up)


@pytest.mark.parametrize("give_up", [0.0, 0.02, 0.6, 50.0])
@pytest.mark.parametrize("solvable", [0.3, 0.9, 1.0])
def test_the_one_step_rule_finds_the_best_cap(solvable: float, give_up: float) -> None:
    """It is not just as cheap: it is the same number of attempts."""
    found = best_cap(AttemptCost(call_usd=0.011, check_usd=0.002), Fixed(0.55, solvable), give_up, 30)
    assert found.cap == found.one_step_cap


def test_what_is_always_solved_is_tried_once() -> None:
    """Where the first attempt always succeeds, the rule asks for no second one."""
    found = best_cap(AttemptCost(call_usd=0.01), Fixed(1.0), 5.0, 4)
    assert (found.cap, found.one_step_cap, found.usd) == (1, 1, 0.01)


@pytest.mark.parametrize("cap", [0, 1, 3])
@pytest.mark.parametrize("difficulty", [Fixed(0.7), Fixed(0.55, 0.8), Varied(4.0, 1.5)])
def test_a_path_by_simulation(difficulty: Fixed | Varied, cap: int) -> None:
    """Attempts, hand-overs and cost agree with tasks that are tried one by one."""
    attempt = AttemptCost(
        call_usd=0.02, check_usd=0.003, growth_usd=0.004, latency_s=2.0, waiting_usd_per_s=0.005
    )
    rng, n = np.random.default_rng(7), 200_000
    if isinstance(difficulty, Fixed):
        chances = np.where(rng.random(n) < difficulty.solvable_share, difficulty.success_share, 0.0)
    else:
        chances = rng.beta(difficulty.alpha, difficulty.beta, n)
    drawn = simulate(attempt, chances, PERFECT, cap, (0.0, 3.0), seed=cap)
    found = retried(attempt, difficulty, cap, 3.0)
    assert found.attempts == pytest.approx(drawn.attempts, abs=0.01)
    assert found.given_up_share == pytest.approx(drawn.given_up_share, abs=0.005)
    assert found.usd == pytest.approx(drawn.usd, abs=5 * drawn.error_usd + 1e-12)


def test_until_success_by_simulation() -> None:
    """Retrying until it works, in a context that grows, agrees with tasks that are tried one by one."""
    attempt = AttemptCost(call_usd=0.02, check_usd=0.003, growth_usd=0.004)
    drawn = simulate(attempt, np.full(200_000, 0.4), PERFECT, 60, (0.0, 0.0), seed=3)
    assert until_success(attempt, 0.4).usd == pytest.approx(drawn.usd, abs=5 * drawn.error_usd)


def test_ranges() -> None:
    """Retries without any chance never end, and no number of attempts is negative."""
    with pytest.raises(ValueError, match="retries never end, so name a cap"):
        until_success(AttemptCost(call_usd=0.01), 0.0)
    with pytest.raises(ValueError, match="the cap is -1; attempts are counted from 0"):
        retried(AttemptCost(call_usd=0.01), Fixed(0.5), -1, 0.0)
    with pytest.raises(ValueError, match=r"give_up_usd is -1.0"):
        retried(AttemptCost(call_usd=0.01), Fixed(0.5), 1, -1.0)
