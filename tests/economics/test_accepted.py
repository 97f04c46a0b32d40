"""An accepted outcome: parts that add up, and where one candidate beats another."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.paths import attempts, fixed, verifiers
from modelmix.economics.accepted import AcceptedOutcome, Contrast, Pays
from modelmix.economics.difficulty import Fixed
from modelmix.economics.path import AttemptCost, single_pass
from modelmix.economics.verifier import Verifier, verified

D = Decimal
cents = st.decimals(0, 10, places=4)
outcomes = st.builds(
    AcceptedOutcome,
    attempt_usd=cents,
    error_share=st.decimals(0, 1, places=3),
    error_usd=st.just(D(2)),
    retries_usd=cents,
    verification_usd=cents,
    escalation_usd=cents,
    delay_usd=cents,
)


@given(outcomes)
def test_the_parts_add_up_exactly(outcome: AcceptedOutcome) -> None:
    """Attempts, retries, verification, escalation, correction and delay are all there is."""
    assert list(outcome.parts_usd) == [
        "attempts", "retries", "verification", "escalation", "correction", "delay",
    ]  # fmt: skip
    assert sum(outcome.parts_usd.values()) == outcome.usd == outcome.running_usd + outcome.correction_usd


@given(outcomes, outcomes, cents)
def test_the_break_even_tells_at_every_cost_of_a_wrong_answer(
    one: AcceptedOutcome, other: AcceptedOutcome, error_usd: Decimal
) -> None:
    """What ``pays`` and the break-even say holds whatever a wrong answer costs."""
    found = one.cheaper_than(other)
    assert found.is_cheaper is (one.usd < other.usd)
    at = (replace(one, error_usd=error_usd), replace(other, error_usd=error_usd))
    saving = at[1].usd - at[0].usd
    if found.pays is Pays.ALWAYS:
        assert (saving > 0 or error_usd == 0, found.break_even_usd) == (True, None)
    elif found.pays is Pays.NEVER:
        assert (saving <= 0, found.break_even_usd) == (True, None)
    else:
        assert found.break_even_usd is not None
        short = error_usd < found.break_even_usd
        if abs(error_usd - found.break_even_usd) > D("1e-20"):
            assert (saving > 0) is (short if found.pays is Pays.ONLY_BELOW else not short)


@given(outcomes, outcomes)
def test_a_comparison_is_the_other_way_round_from_the_other_side(
    one: AcceptedOutcome, other: AcceptedOutcome
) -> None:
    """What one saves the other costs, at the same break-even, and at most one of the two pays always."""
    here, there = one.cheaper_than(other), other.cheaper_than(one)
    assert here.saving_usd == -there.saving_usd
    assert here.break_even_usd == there.break_even_usd
    opposite = {
        Pays.ONLY_BELOW: {Pays.ONLY_ABOVE},
        Pays.ONLY_ABOVE: {Pays.ONLY_BELOW},
        Pays.ALWAYS: {Pays.NEVER},
        Pays.NEVER: {Pays.ALWAYS, Pays.NEVER},
    }
    assert there.pays in opposite[here.pays]


def test_the_saving_that_errors_eat() -> None:
    """A call at a tenth of the price is the dearer one as soon as a wrong answer costs more than L*."""
    big = AcceptedOutcome(attempt_usd=D("0.022"), error_share=D("0.02"), error_usd=D(4))
    small = AcceptedOutcome(attempt_usd=D("0.002"), error_share=D("0.06"), error_usd=D(4))
    assert small.cheaper_than(big) == Contrast(D("-0.14"), Pays.ONLY_BELOW, D("0.5"))
    assert big.cheaper_than(small) == Contrast(D("0.14"), Pays.ONLY_ABOVE, D("0.5"))
    assert replace(small, error_share=D("0.02")).cheaper_than(big).pays is Pays.ALWAYS
    assert replace(big, error_share=D("0.06")).cheaper_than(small).pays is Pays.NEVER


@given(attempts, fixed, verifiers, cents)
def test_a_path_is_an_accepted_outcome(
    attempt: AttemptCost, difficulty: Fixed, verifier: Verifier, error_usd: Decimal
) -> None:
    """Every dollar of a path is in one part, the damage as the correction of what was delivered wrong."""
    path = verified(attempt, difficulty, verifier, 3, float(error_usd), 2.0)
    found = AcceptedOutcome.of_path(path, error_usd)
    assert float(found.usd) == pytest.approx(path.usd, abs=1e-9)
    assert float(found.correction_usd) == pytest.approx(path.damage_usd, abs=1e-9)


def test_one_pass_is_an_accepted_outcome() -> None:
    """The call, and the correction of what is wrong; waiting where it has a price."""
    attempt = AttemptCost(call_usd=0.02, latency_s=5.0, waiting_usd_per_s=0.001)
    found = AcceptedOutcome.of_path(single_pass(attempt, 0.75, 0.0), D(2))
    assert (found.correction_usd, found.delay_usd, found.usd) == (D("0.50"), D("0.005"), D("0.525"))


def test_ranges() -> None:
    """A share of errors is a share, and no part of a cost is negative."""
    with pytest.raises(ValueError, match=r"error_share is 1.5"):
        AcceptedOutcome(attempt_usd=D(1), error_share=D("1.5"), error_usd=D(1))
    with pytest.raises(ValueError, match="no part of a cost is below 0"):
        AcceptedOutcome(attempt_usd=D(1), error_share=D("0.5"), error_usd=D(1), delay_usd=D(-1))
    with pytest.raises(ValueError, match="no part of a cost is below 0"):
        AcceptedOutcome(attempt_usd=D(1), error_share=D(0), error_usd=D(-1))
