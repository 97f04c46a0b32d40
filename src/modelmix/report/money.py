"""How numbers are written: dollars, counts and shares."""

from decimal import ROUND_HALF_EVEN, Decimal

_MINUS = "\N{MINUS SIGN}"
_NONE = "\N{EN DASH}"
_CENT = Decimal("0.01")
_WHOLE_DOLLARS = 100  # from here on an estimate is written to the dollar
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


def about_usd(amount: Decimal) -> str:
    """Write an estimate in dollars to two significant digits, or to the dollar from 100 up.

    >>> about_usd(Decimal("23.456")), about_usd(Decimal("1234.5")), about_usd(Decimal("0.0173"))
    ('$23', '$1,234', '$0.017')
    """
    size = abs(amount)
    sign = _MINUS if amount < 0 else ""
    if size >= _WHOLE_DOLLARS:
        return f"{sign}${round(size):,}"
    return f"{sign}${_significant(size, 2):f}"


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
    if not size:
        return Decimal(0)
    exponent = size.adjusted() - digits + 1
    rounded = size.quantize(Decimal(1).scaleb(exponent), ROUND_HALF_EVEN)
    # Rounding up may have added a digit: 0.00996 is 0.010.
    return rounded.quantize(Decimal(1)) if rounded >= 1 and exponent >= 0 else rounded
