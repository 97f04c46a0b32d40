"""Amounts: the one number of a text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.graders.amount import Amount, amount_of, is_bare_amount


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("42", "42", ""),
        ("The answer is 42.", "42", ""),
        ("\ufeff42\n", "42", ""),
        (".5", "0.5", ""),
        ("- 5", "5", ""),  # an item of a list
        ("-5", "-5", ""),
        ("\u22125", "-5", ""),
        ("\u20135", "-5", ""),
        ("5-", "-5", ""),
        ("(1,234.50)", "-1234.50", ""),
        ("five (5) of them", "5", ""),
        ("1,234", "1234", ""),
        ("0,123", "0.123", ""),
        ("1,23", "1.23", ""),
        ("12,34,567.8", "1234567.8", ""),
        ("1.234", "1.234", ""),
        ("1.234,56", "1234.56", ""),
        ("1.234.567", "1234567", ""),
        ("1\u202f234,5", "1234.5", ""),
        ("1'234.5", "1234.5", ""),
        ("1\u2019234\u2019567", "1234567", ""),
        ("$1,234.50", "1234.50", "$"),
        ("-$5", "-5", "$"),
        ("$-5", "-5", "$"),
        ("5 USD", "5", "$"),
        ("EUR5", "5", "€"),
        ("SEK 5", "5", "SEK"),
        ("\uff045", "5", "$"),
        ("12%", "12", "%"),
        ("12 %", "12", "%"),
        ("5 ‰", "5", "‰"),
        ("5kg", "5", "kg"),
        ("It weighs 5 KG.", "5", "kg"),
        ("5 apples were sold", "5", ""),
        ("1.2 million", "1200000", ""),
        ("$1.2bn", "1200000000", "$"),
        ("5k", "5000", ""),
        ("1.5e6", "1500000", ""),
        ("\u22121.5E\u22123", "-0.0015", ""),
        ("\uff11\uff12\uff13", "123", ""),
        ("٣", "3", ""),
        ("5, that is 5.0", "5", ""),
        ("$5 (5 USD)", "5", "$"),
        ("5 (USD 5)", "5", "$"),
        ("A4 paper: 5", "5", ""),
        ("covid-19 cases: 5", "5", ""),
        ("-0", "0", ""),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: str, unit: str) -> None:
    """Signs, separators of any country, currencies, percent, scales and prose around the number are read."""
    assert amount_of(text) == Amount(Decimal(value), unit)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no number"),
        ("NaN", "no number"),
        ("v2", "no number"),
        ("five", "no number"),
        ("10-20", "two numbers"),
        ("2026-11-23", "two numbers"),
        ("1/2", "two numbers"),
        ("5±1", "two numbers"),
        ("12345-A", "two numbers"),
        ("5 USD or 5 EUR", "two numbers"),
        ("1.2.3", "two numbers"),
        ("1,23,4", "two numbers"),
        ("10²", "two numbers"),
        ("0x1F", "two numbers"),
        ("1e99999", "two numbers"),
        ("9" * 401, "two numbers"),
        ("5 " * 1_500, "two numbers"),
        ("5" + " " * 100_000, "too long"),
    ],
)
def test_what_states_no_one_number(text: str, why: str) -> None:
    """Two different numbers, and one that no country writes so, are ambiguous."""
    assert why == amount_of(text)


@pytest.mark.parametrize(
    ("text", "is_bare"),
    [
        ("$1,234.50", True),
        ("(5)", True),
        ("5 days.", True),
        ("0", True),
        ("0.5", True),
        ("007", False),
        ("5 of them", False),
        ("Case 3", False),
        ("1.2.3", False),
        ("", False),
        ("5" * 500, False),
    ],
)
def test_bare_amounts(text: str, *, is_bare: bool) -> None:
    """A number with its unit and nothing else, but no name that is written in digits."""
    assert is_bare == is_bare_amount(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_plain_numbers_read_back(number: Decimal) -> None:
    """What Python writes, with separators or without, is what is read."""
    for text in (f"{number:f}", f"{number:,.4f}", f"{number:,.4f}".translate(str.maketrans(",.", ".,"))):
        assert amount_of(text) == Amount(number, "")
