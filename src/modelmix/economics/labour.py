"""Labour: what a person's minutes cost, and how many minutes an amount pays for."""

from decimal import Decimal

_MINUTES_AN_HOUR = 60


def labour_usd(minutes: Decimal, wage_usd_per_hour: Decimal) -> Decimal:
    """Return what minutes of work cost at a wage.

    >>> labour_usd(Decimal(12), Decimal(30))
    Decimal('6')
    """
    return _plain(minutes * wage_usd_per_hour / _MINUTES_AN_HOUR)


def labour_minutes(usd: Decimal, wage_usd_per_hour: Decimal) -> Decimal:
    """Return how many minutes of work an amount pays for; the wage is above 0.

    >>> labour_minutes(Decimal("0.53625"), Decimal(30))
    Decimal('1.0725')
    """
    return _plain(usd * _MINUTES_AN_HOUR / wage_usd_per_hour)


def _plain(number: Decimal) -> Decimal:
    """Drop trailing zeros: the same figure is the same text, however it was reckoned."""
    return Decimal(f"{number.normalize():f}")
