"""Apportioning: rounded parts that add up to their rounded sum."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from modelmix.report.apportion import CENT, FINE, apportioned, quantum_of

AMOUNTS = st.lists(st.decimals(-(10**7), 10**7, allow_nan=False, places=9), max_size=30)


@given(AMOUNTS, st.sampled_from([CENT, FINE]))
def test_parts_add_up(amounts: list[Decimal], quantum: Decimal) -> None:
    """The rounded parts sum to the rounded sum exactly, and none moves by a whole step."""
    parts = apportioned(amounts, quantum)
    assert sum(parts, Decimal(0)) == sum(amounts, Decimal(0)).quantize(quantum)
    assert all(abs(part - amount) < quantum for part, amount in zip(parts, amounts, strict=True))


def test_what_is_exact_stays() -> None:
    """Amounts in whole steps are not touched, and nothing stays nothing."""
    exact = [Decimal("1.25"), Decimal("-0.01"), Decimal(0)]
    assert apportioned(exact, CENT) == exact
    assert apportioned([], CENT) == []


def test_small_bills_are_written_finer() -> None:
    """Below a hundred dollars a cent would hide too much."""
    assert (quantum_of(Decimal("99.99")), quantum_of(Decimal(100))) == (FINE, CENT)
