"""Payback: what a log's saving comes to in a month, and in how many days it pays for its proof."""

from decimal import Decimal
from typing import Final

PAYBACK_MONTH_DAYS: Final = 30
LEAST_SPAN_DAYS: Final = 1.0
"""No month follows from a few hours."""


def month_usd(usd: Decimal, span_days: float) -> Decimal | None:
    """Bring an amount of a span to 30 days at the same volume.

    Args:
        usd: The amount.
        span_days: Days from the first to the last call.

    Returns:
        USD, or None where the span is shorter than a day.
    """
    if span_days < LEAST_SPAN_DAYS:
        return None
    return usd * PAYBACK_MONTH_DAYS / Decimal(span_days)


def payback_days(proof_usd: Decimal, saving_month_usd: Decimal | None, power: float) -> float | None:
    """Return the days in which a saving is expected to pay for its proof.

    Args:
        proof_usd: What the proof is expected to cost, ≥ 0.
        saving_month_usd: Saving over 30 days if the move holds; None where it is not known.
        power: Chance that the proof comes off, in [0, 1].

    Returns:
        proof / (saving per day · power); None where nothing is saved, or nothing can be proven.
    """
    if saving_month_usd is None or saving_month_usd <= 0 or power <= 0.0:
        return None
    return float(proof_usd) / (float(saving_month_usd) / PAYBACK_MONTH_DAYS * power)
