"""Shares as people write them: ``0.02``, ``2pp`` or ``2%``."""

import re
from decimal import Decimal

from modelmix.errors import ConfigError

_WRITTEN = re.compile(r"(?P<number>[+-]?(?:\d{1,12}(?:\.\d{1,24})?|\.\d{1,24}))\s*(?P<unit>pp|%)?", re.ASCII)


def plain(number: Decimal) -> Decimal:
    """Return an equal number in its one plain form: no exponent, no trailing zeros, no negative zero.

    >>> plain(Decimal("1.00E+2")), plain(Decimal("0.0200"))
    (Decimal('100'), Decimal('0.02'))
    """
    if not number:
        return Decimal(0)
    text = format(number, "f")
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def parse_share(text: str) -> Decimal:
    """Read a share, or a margin in score points.

    Args:
        text: ``0.02``, ``2pp`` (percentage points) or ``2%``; the three are the same number.

    Raises:
        ConfigError: It is none of these, or lies outside -1 to 1.

    >>> parse_share("2pp")
    Decimal('0.02')
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{text!r} is not a share; write it as 0.02, 2pp or 2%")
    number = Decimal(found["number"])
    share = plain(number.scaleb(-2) if found["unit"] else number)
    if not -1 <= share <= 1:
        raise ConfigError(f"{text!r} lies outside -1 to 1; write two points as 0.02, 2pp or 2%")
    return share
