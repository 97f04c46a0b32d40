"""A check that errs: closed form, laws and simulation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from economics.paths import attempts, caps, fixed, shares, simulate, usd, verifiers
from modelmix.economics.difficulty import Fixed
from modelmix.economics.path import AttemptCost, single_pass
from modelmix.economics.retry import retried
from modelmix.economics.verifier import Verifier, verified


@given(attempts, fixed, caps, usd, usd)
def test_without_errors_it_is_the_perfect_check(
    attempt: AttemptCost, difficulty: Fixed, cap: int, error_usd: float, give_up: float
) -> None:
    """At fr = fa = 0 nothing wrong is delivered, and the cost is that of the perfect check."""
    found = verified(attempt, difficulty, Verifier(), cap, error_usd, give_up)
    perfect = retried(attempt, difficulty, cap, give_up)
    assert found.wrong_share == 0.0
    assert found.usd == pytest.approx(perfect.usd)
    assert found.attempts == pytest.approx(perfect.attempts)
    assert found.right_share == pytest.approx(perfect.right_share)


@given(usd, usd, shares, verifiers, caps)
def test_one_chance_has_its_closed_form(
    call: float, check: float, share: float, verifier: Verifier, cap: int
) -> None:
    """Attempts are m = (1 - r^k) / a, (1 - p) fa m delivered wrong, r^k given up."""
    found = verified(AttemptCost(call_usd=call, check_usd=check), Fixed(share), verifier, cap, 4.0, 2.0)
    right, wrong = verifier.accepts(share)
    accepted = right + wrong
    left = max(0.0, 1 - accepted) ** cap
    tries = (1 - left) / accepted if accepted > 1e-6 else found.attempts
    expected = (call + check) * tries + 4.0 * wrong * tries + left * 2.0
    assert found.usd == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert found.wrong_share == pytest.approx(wrong * tries, abs=1e-6)
    assert found.given_up_share == pytest.approx(left, abs=1e-9)


@given(attempts, fixed, verifiers, caps, usd)
def test_dearer_errors_and_hand_overs_make_a_dearer_path(
    attempt: AttemptCost, difficulty: Fixed, verifier: Verifier, cap: int, more: float
) -> None:
    """The cost never falls as c, v, L or H rises."""
    before = verified(attempt, difficulty, verifier, cap, 1.0, 2.0).usd
    dearer = [
        verified(attempt, difficulty, verifier, cap, 1.0 + more, 2.0),
        verified(attempt, difficulty, verifier, cap, 1.0, 2.0 + more),
        *(
            verified(
                replace(attempt, **{name: getattr(attempt, name) + more}), difficulty, verifier, cap, 1.0, 2.0
            )
            for name in ("call_usd", "check_usd")
        ),
    ]
    assert all(path.usd >= before - 1e-9 for path in dearer)


@given(shares, shares, shares, caps)
def test_a_check_that_lets_more_through_delivers_more_that_is_wrong(
    share: float, one: float, other: float, cap: int
) -> None:
    """The share delivered wrong rises with false accepts, and the share given up falls."""
    low, high = sorted((one, other))
    attempt = AttemptCost(call_usd=0.01)
    strict, lax = (verified(attempt, Fixed(share), Verifier(0.1, fa), cap, 1.0, 1.0) for fa in (low, high))
    assert lax.wrong_share >= strict.wrong_share - 1e-9
    assert lax.given_up_share <= strict.given_up_share + 1e-9


@given(attempts, shares, usd)
def test_a_check_that_accepts_all_is_no_check(attempt: AttemptCost, share: float, error_usd: float) -> None:
    """With fr = 0 and fa = 1 the first answer is delivered as it is."""
    found = verified(attempt, Fixed(share), Verifier(0.0, 1.0), 5, error_usd, 9.0)
    assert found.usd == pytest.approx(single_pass(attempt, share, error_usd).usd)


def test_what_cannot_be_solved_is_delivered_wrong_in_the_end() -> None:
    """Retrying a hopeless task behind a check that errs ends, with more tries, in a wrong answer."""
    found = verified(AttemptCost(call_usd=0.01), Fixed(0.9, 0.5), Verifier(0.0, 0.2), 10, 1.0, 1.0)
    assert found.wrong_share > 0.5 * (1 - 0.8**10)


@pytest.mark.parametrize("difficulty", [Fixed(0.85), Fixed(0.6, 0.7), Fixed(0.0)])
@pytest.mark.parametrize("verifier", [Verifier(0.05, 0.2), Verifier(0.3, 0.0), Verifier(1.0, 0.0)])
def test_a_path_by_simulation(difficulty: Fixed, verifier: Verifier) -> None:
    """Attempts, wrong answers, hand-overs and cost agree with tasks that are tried one by one."""
    attempt = AttemptCost(call_usd=0.011, check_usd=0.003, growth_usd=0.002)
    rng, n = np.random.default_rng(11), 200_000
    chances = np.where(rng.random(n) < difficulty.solvable_share, difficulty.success_share, 0.0)
    drawn = simulate(attempt, chances, verifier, 3, (4.0, 2.0), seed=5)
    found = verified(attempt, difficulty, verifier, 3, 4.0, 2.0)
    assert found.attempts == pytest.approx(drawn.attempts, abs=0.01)
    assert found.wrong_share == pytest.approx(drawn.wrong_share, abs=0.005)
    assert found.given_up_share == pytest.approx(drawn.given_up_share, abs=0.005)
    assert found.usd == pytest.approx(drawn.usd, abs=5 * drawn.error_usd + 1e-9)


def test_ranges() -> None:
    """How often a check errs is a share."""
    with pytest.raises(ValueError, match=r"false_accept_share is 1.5"):
        Verifier(0.0, 1.5)
