"""Strategies for paths, and their simulation: tasks one by one, drawn by seeded chance."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from modelmix.economics.difficulty import Fixed, Varied
from modelmix.economics.path import AttemptCost
from modelmix.economics.verifier import Verifier

shares = st.floats(0.0, 1.0)
usd = st.floats(0.0, 10.0)
caps = st.integers(0, 12)
attempts = st.builds(
    AttemptCost, call_usd=usd, check_usd=usd, growth_usd=usd, latency_s=usd, waiting_usd_per_s=usd
)
fixed = st.builds(Fixed, shares, shares)
varied = st.builds(Varied, st.floats(0.1, 50.0), st.floats(0.1, 50.0))
verifiers = st.builds(Verifier, shares, shares)


class Simulated(NamedTuple):
    """Means over simulated tasks, and the standard error of the cost."""

    attempts: float
    wrong_share: float
    given_up_share: float
    usd: float
    error_usd: float


def simulate(
    attempt: AttemptCost,
    chance_of: NDArray[np.float64],
    verifier: Verifier,
    cap: int,
    prices: tuple[float, float],
    seed: int,
) -> Simulated:
    """Try every task until its answer is accepted or the cap is reached.

    Each task has its own chance; prices are the damage of a wrong answer and the cost of giving up.
    """
    rng = np.random.default_rng(seed)
    n = len(chance_of)
    spent, tries, is_open = np.zeros(n), np.zeros(n), np.ones(n, dtype=bool)
    wrong = np.zeros(n, dtype=bool)
    for failures in range(cap):
        spent[is_open] += (
            attempt.call_usd
            + failures * attempt.growth_usd
            + attempt.check_usd
            + attempt.latency_s * attempt.waiting_usd_per_s
        )
        tries[is_open] += 1
        right = rng.random(n) < chance_of
        errs = rng.random(n)
        accepted = np.where(right, errs >= verifier.false_reject_share, errs < verifier.false_accept_share)
        wrong |= is_open & accepted & ~right
        is_open &= ~accepted
    spent += wrong * prices[0] + is_open * prices[1]
    error = float(spent.std() / np.sqrt(n))
    return Simulated(
        float(tries.mean()), float(wrong.mean()), float(is_open.mean()), float(spent.mean()), error
    )
