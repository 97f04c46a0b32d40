"""How numbers are written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.report.money import about_usd, count, share, short, usd

amounts = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=12)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0.00"),
        ("1234.565", "$1,234.56"),
        ("1234.566", "$1,234.57"),
        ("0.01", "$0.01"),
        ("0.0096", "$0.0096"),
        ("0.000000123", "$0.00000012"),
        ("-3", "\N{MINUS SIGN}$3.00"),
        ("-0.004", "\N{MINUS SIGN}$0.0040"),
    ],
)
def test_dollars(amount: str, text: str) -> None:
    """Dollars have two decimals, less than a cent has two significant digits."""
    assert text == usd(Decimal(amount))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0.00"),
        ("23.456", "$23"),
        ("28980.4", "$28,980"),
        ("5.12", "$5.10"),
        ("9.99", "$10.00"),
        ("0.0173", "$0.017"),
        ("-12.5", "\N{MINUS SIGN}$12"),
        ("-0.5", "\N{MINUS SIGN}$0.50"),
    ],
)
def test_estimates(amount: str, text: str) -> None:
    """An estimate claims no more digits than it has."""
    assert text == about_usd(Decimal(amount))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (12_345, "12.3k"),
        (999_499, "999k"),
        (999_600, "1M"),
        (123_456_789, "123M"),
        (10**15, "1000T"),
    ],
)
def test_short_counts(number: int, text: str) -> None:
    """Large counts have three significant digits and a letter."""
    assert text == short(number)


def test_counts_have_separators() -> None:
    """Exact counts are separated by thousands."""
    assert count(1_234_567) == "1,234,567"


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 1, "0 %"),
        (1, 1, "100 %"),
        (1, 3, "33.3 %"),
        (1, 10**6, "<0.1 %"),
        (10**6 - 1, 10**6, ">99.9 %"),
        (1, 0, "\N{EN DASH}"),
        (-1, 4, "-25.0 %"),
    ],
)
def test_shares(part: int, whole: int, text: str) -> None:
    """What is not nothing is never written as nothing, what is not all never as all."""
    assert text == share(part, whole)


@given(amounts)
def test_any_amount_can_be_written(amount: Decimal) -> None:
    """Every amount has a form with a dollar sign and no exponent; only nothing reads as nothing."""
    for text in (usd(amount), about_usd(amount)):
        assert "$" in text
        assert "E" not in text
        assert any(digit in text for digit in "123456789") == bool(amount)
