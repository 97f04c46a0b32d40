"""Numbers in others' rows: exact, finite, and believable, or none."""

from decimal import Decimal

from modelmix.ingest.row import Unreadable

DEAREST_USD = Decimal(1_000_000)
"""Most that is believed of one call, in USD."""

FINEST_EXPONENT = -30
"""Smallest decimal place that is kept; a longer tail is damage and would blow up every sum."""


def finite(value: object) -> Decimal | None:
    """Return a number exactly as its shortest text says it; None for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() else None


def claim_usd(value: object, name: str) -> Decimal:
    """Return a cost that a source states: a claim, read exactly or not at all.

    Args:
        value: The amount in USD.
        name: Name of the field, for the clause.

    Raises:
        Unreadable: Not a number, negative, or beyond belief.
    """
    amount = finite(value)
    if amount is None:
        raise Unreadable(f"{name} is not a number")
    if amount < 0:
        raise Unreadable(f"{name} is negative")
    exponent = amount.as_tuple().exponent
    if amount > DEAREST_USD or (isinstance(exponent, int) and exponent < FINEST_EXPONENT):
        raise Unreadable(f"{name} is not a plausible amount of USD")
    return amount
