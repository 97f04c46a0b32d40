"""Ranges: shares and amounts are checked where a value is built, so that no formula sees a wrong one."""

import math


def check_shares(**shares: float) -> None:
    """Hold values to be shares.

    Raises:
        ValueError: One does not lie between 0 and 1.
    """
    for name, value in shares.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} is {value}; a share lies between 0 and 1")


def check_amounts(**amounts: float) -> None:
    """Hold values to be amounts: of dollars, seconds or tasks.

    Raises:
        ValueError: One is negative, infinite or no number.
    """
    for name, value in amounts.items():
        if not (value >= 0.0 and math.isfinite(value)):
            raise ValueError(f"{name} is {value}; an amount is 0 or more, and finite")


def check_cap(cap: int) -> None:
    """Hold a number of attempts to be one.

    Raises:
        ValueError: It is negative.
    """
    if cap < 0:
        raise ValueError(f"the cap is {cap}; attempts are counted from 0")
