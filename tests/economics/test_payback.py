"""Payback: a month follows from days of log, and a saving pays for its proof in so many days."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.economics.payback import month_usd, payback_days


def test_a_month_follows_from_a_span() -> None:
    """Ten days are a third of it."""
    assert Decimal(30) == month_usd(Decimal(10), 10.0)


@pytest.mark.parametrize("days", [0.0, 0.5, 0.999])
def test_no_month_follows_from_hours(days: float) -> None:
    """Less than a day of log says nothing of a month."""
    assert month_usd(Decimal(10), days) is None


def test_the_worked_example_pays_back_in_days() -> None:
    """A proof of $201 for $3,300 a month, seven chances in ten: 2.6 days."""
    assert payback_days(Decimal(201), Decimal(3300), 0.7) == pytest.approx(2.6, abs=0.02)


@pytest.mark.parametrize(
    ("saving", "power"), [(None, 0.8), (Decimal(0), 0.8), (Decimal(-3), 0.8), (Decimal(9), 0.0)]
)
def test_nothing_saved_never_pays(saving: Decimal | None, power: float) -> None:
    """Nor does what cannot be proven."""
    assert payback_days(Decimal(1), saving, power) is None


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.floats(0.01, 1.0))
def test_the_saving_of_those_days_is_the_proof(proof: int, saving: int, power: float) -> None:
    """Days times saving per day times chance is what was paid."""
    days = payback_days(Decimal(proof), Decimal(saving), power)
    assert days is not None
    assert days * saving / 30 * power == pytest.approx(proof)
