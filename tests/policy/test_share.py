"""Shares as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.errors import ConfigError
from modelmix.policy.share import parse_share, plain


@pytest.mark.parametrize("text", ["0.02", "2pp", "2%", " 2 % ", "2.0pp", ".02", "+2%", "0.020"])
def test_three_ways_of_writing_are_one_number(text: str) -> None:
    """0.02, 2pp and 2% are the same share."""
    assert Decimal("0.02") == parse_share(text)


@pytest.mark.parametrize("text", ["", "two", "2 points", "1e-2", "0,02", "--1", "2%%", "NaN", "٢%"])
def test_other_writing_is_refused(text: str) -> None:
    """What is not a share is one error that shows how to write it."""
    with pytest.raises(ConfigError, match=r"write it as 0\.02, 2pp or 2%"):
        parse_share(text)


@pytest.mark.parametrize("text", ["2", "101%", "-1.01"])
def test_a_share_lies_within_one(text: str) -> None:
    """Two for two points is the likely slip, and it is caught."""
    with pytest.raises(ConfigError, match="outside -1 to 1"):
        parse_share(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6))
def test_the_plain_form_is_equal_and_unique(number: Decimal) -> None:
    """The plain form changes no number, and equal numbers have one."""
    assert number == plain(number)
    assert str(plain(number)) == str(plain(number.normalize())) == format(plain(number), "f")
