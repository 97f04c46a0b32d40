"""How numbers are written: dollars, counts and shares."""

from decimal import ROUND_HALF_EVEN, Decimal

_MINUS = "\N{MINUS SIGN}"
_NONE = "\N{EN DASH}"
_CENT = Decimal("0.01")
_WHOLE_DOLLARS = 10  # from here on an estimate is written to the dollar
_WHOLE_TERM_DOLLARS = 1000
_LEAST_PERCENT = 0.05  # below it one decimal would read 0.0
_ALL = 100
_STEPS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))


def usd(amount: Decimal) -> str:
    """Write dollars to the cent, and amounts below one cent to two significant digits.

    >>> usd(Decimal("1234.567")), usd(Decimal("0.00425")), usd(Decimal(0))
    ('$1,234.57', '$0.0042', '$0.00')
    """
    size = abs(amount)
    sign = _MINUS if amount < 0 else ""
    if size and size < _CENT:
        return f"{sign}${_significant(size, 2):f}"
    return f"{sign}${size.quantize(_CENT, ROUND_HALF_EVEN):,}"


def term_usd(amount: Decimal) -> str:
    """Write an estimate of a contract's whole term: to the dollar from 1,000 up, else to the cent.

    >>> term_usd(Decimal("1231575.68")), term_usd(Decimal("12.5"))
    ('$1,231,576', '$12.50')
    """
    size = abs(amount)
    if size < _WHOLE_TERM_DOLLARS:
        return usd(amount)
    return f"{_MINUS if amount < 0 else ''}${size.quantize(Decimal(1), ROUND_HALF_EVEN):,}"


def about_usd(amount: Decimal) -> str:
    """Write an estimate in dollars: whole from 10 up, else to two significant digits.

    >>> about_usd(Decimal("1234.5")), about_usd(Decimal("5.12")), about_usd(Decimal("0.0173"))
    ('$1,234', '$5.10', '$0.017')
    """
    size = abs(amount)
    sign = _MINUS if amount < 0 else ""
    if size >= _WHOLE_DOLLARS:
        return f"{sign}${round(size):,}"
    rounded = _significant(size, 2)
    return f"{sign}${rounded:.2f}" if rounded >= 1 or not rounded else f"{sign}${rounded:f}"


def count(number: int) -> str:
    """Write a count exactly, with separators.

    >>> count(1234567)
    '1,234,567'
    """
    return f"{number:,}"


def short(number: int) -> str:
    """Write a large count to three significant digits.

    >>> short(999), short(12345), short(3_100_000_000), short(999_999)
    ('999', '12.3k', '3.1B', '1M')
    """
    for step, letter in _STEPS:
        # 999,950 would otherwise read as 1000k.
        if number >= step - step // 2000:
            size = number / step
            return f"{size:.3g}{letter}" if size < _ALL else f"{size:.0f}{letter}"
    return str(number)


def share(part: Decimal | float, whole: Decimal | float) -> str:
    """Write a share in per cent; what is not nothing is never written as nothing, nor as all.

    >>> share(1, 8), share(1, 100_000), share(0, 5), share(99_999, 100_000), share(5, 5)
    ('12.5 %', '<0.1 %', '0 %', '>99.9 %', '100 %')
    """
    if not whole:
        return _NONE
    percent = float(part) / float(whole) * _ALL
    if percent in {0, _ALL}:
        return f"{percent:.0f} %"
    if 0 < percent < _LEAST_PERCENT:
        return "<0.1 %"
    if _ALL - _LEAST_PERCENT <= percent < _ALL:
        return ">99.9 %"
    return f"{percent:.1f} %"


def _significant(size: Decimal, digits: int) -> Decimal:
    return size.quantize(Decimal(1).scaleb(size.adjusted() - digits + 1), ROUND_HALF_EVEN) if size else size
