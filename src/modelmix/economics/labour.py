"""Labour: what a person's minutes cost, and how many minutes an amount pays for."""

from decimal import Decimal

_MINUTES_AN_HOUR = 60


def labour_usd(minutes: Decimal, wage_usd_per_hour: Decimal) -> Decimal:
    """Return what minutes of work cost at a wage.

    >>> labour_usd(Decimal(12), Decimal(30))
    Decimal('6')
    """
    usd = minutes * wage_usd_per_hour / _MINUTES_AN_HOUR
    return Decimal(f"{usd.normalize():f}")  # the same amount is the same text, however it was reckoned


def labour_minutes(usd: Decimal, wage_usd_per_hour: Decimal) -> Decimal:
    """Return how many minutes of work an amount pays for; the wage is above 0.

    >>> labour_minutes(Decimal("0.53625"), Decimal(30))
    Decimal('1.0725')
    """
    return usd * _MINUTES_AN_HOUR / wage_usd_per_hour
