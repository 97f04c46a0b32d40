"""Apportioning: amounts rounded so that they still add up to their rounded sum."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")
FINE = Decimal("0.0001")
_FINE_BELOW_USD = 100


def quantum_of(total_usd: Decimal) -> Decimal:
    """Return the step that amounts of a whole are written in: a cent, and finer below 100 dollars."""
    return FINE if abs(total_usd) < _FINE_BELOW_USD else CENT


def apportioned(amounts: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
    """Round amounts to multiples of a step so that they add up to their sum, rounded to that step.

    Each is rounded down, and what is missing goes, a step each, to those that lost most; of equals to the
    first. No amount moves by a whole step or more.

    Source: the method of largest remainders (Hamilton).

    >>> apportioned([Decimal("0.014"), Decimal("0.014"), Decimal("0.012")], Decimal("0.01"))
    [Decimal('0.02'), Decimal('0.01'), Decimal('0.01')]
    """
    floors = [amount.quantize(quantum, ROUND_FLOOR) for amount in amounts]
    whole = sum(amounts, Decimal(0)).quantize(quantum, ROUND_HALF_EVEN)
    missing = int((whole - sum(floors, Decimal(0))) / quantum)
    by_loss = sorted(range(len(amounts)), key=lambda i: (floors[i] - amounts[i], i))
    for index in by_loss[:missing]:
        floors[index] += quantum
    return floors
