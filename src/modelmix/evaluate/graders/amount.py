"""An amount: the one number that a text states, read exactly."""

import re
from dataclasses import dataclass
from decimal import Decimal

from modelmix.evaluate.graders.plain_text import trimmed

LONGEST_TEXT = 100_000
"""Longest text in which a number is looked for."""

_END = " \t\n.,;:!?)]}\"'*`"
_AROUND = _END + "([{"
_LONGEST_NUMBER, _LARGEST_EXPONENT, _MOST_NUMBERS = 400, 9_999, 1_000
_SPACES = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}"
_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"
_DASHES = "\\-\N{MINUS SIGN}\N{EN DASH}\N{FULLWIDTH HYPHEN-MINUS}"
_CODES = {
    "USD": "$", "EUR": "\N{EURO SIGN}", "GBP": "\N{POUND SIGN}", "JPY": "\N{YEN SIGN}",
    "\N{FULLWIDTH DOLLAR SIGN}": "$", "\N{FULLWIDTH YEN SIGN}": "\N{YEN SIGN}",
    **{code: code for code in ("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "HKD", "HUF", "ILS", "INR",
                               "KRW", "MXN", "NOK", "NZD", "PLN", "SEK", "SGD", "THB", "TRY", "ZAR")},
}  # fmt: skip
_CURRENCY = rf"(?:[$¢£¥฿\u20a0-\u20c0]|{'|'.join(_CODES)})"
_SCALES = {
    "k": 3, "K": 3, "thousand": 3, "M": 6, "mn": 6, "mio": 6, "million": 6, "millions": 6, "B": 9, "bn": 9,
    "mrd": 9, "billion": 9, "billions": 9, "tn": 12, "trillion": 12, "trillions": 12,
}  # fmt: skip

# Digits behind a letter are part of a name (`A4`, the 19 of `covid-19`); a dash between digits is no sign.
_NUMBER = re.compile(
    rf"""
    (?<![\w.,]) (?<![^\W\d][{_DASHES}])
    (?P<sign>[{_DASHES}])? (?:(?P<before>{_CURRENCY})[{_SPACES}]?)? (?P<inner>[{_DASHES}])?
    (?P<body>\d+(?:[.,{_APOSTROPHES}]\d+|[{_SPACES}]\d{{3}}(?!\d))*+|[.,]\d+)
    (?:[eE](?P<exponent>[{_DASHES}+]?\d{{1,9}})(?!\w))?
    (?P<trailing>-(?![\w{_SPACES}]))?
    (?P<after>[{_DASHES}]?\w+|[{_SPACES}]?(?:[%‰]|{_CURRENCY}(?!\w))|[{_SPACES}][^\W\d_]+)?
    """,
    re.VERBOSE,
)
_SIGN = re.compile(rf"[%‰]|{_CURRENCY}")
_SPACED = re.compile(rf"\d{{1,3}}(?P<mark>[{_SPACES}{_APOSTROPHES}])\d{{3}}(?:(?P=mark)\d{{3}})*(?:[.,]\d+)?")
_ENGLISH = re.compile(r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d+)?")
_CONTINENTAL = re.compile(r"[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})")
_PLAIN = re.compile(r"\d*(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit.

    Attributes:
        value: The number, exact and finite.
        unit: Sign of a currency, ``%``, or a word behind the number: one that is written onto it, or that the
            text ends with; or empty.
    """

    value: Decimal
    unit: str


def amount_of(text: str) -> Amount | str:
    """Read the one number that a text states; prose around it is passed over.

    Thousands may be parted by commas, dots, spaces or apostrophes. Where only the reader's country would
    tell, a comma before three digits parts thousands and a lone dot is decimal. ``(12.50)`` alone is
    negative. ``1.2 million`` is scaled.

    Args:
        text: The text, at most 100,000 characters.

    Returns:
        The amount; or why there is none: ``no number``, ``two numbers`` or ``too long``. A number that is
        stated twice is one, and one that cannot be read counts as a second.

    >>> amount_of("The total is 1.234,50 EUR.")
    Amount(value=Decimal('1234.50'), unit='€')
    """
    if len(text) > LONGEST_TEXT:
        return "too long"
    plain = trimmed(text)
    found: Amount | None = None
    for count, match in enumerate(_NUMBER.finditer(plain)):
        amount = _amount(match, is_negative=_is_in_parentheses(plain, match))
        is_other = found is not None and amount is not None and not _agree(found, amount)
        if amount is None or is_other or count > _MOST_NUMBERS:
            return "two numbers"
        found = amount if found is None or not found.unit else found
    return found or "no number"


def is_bare_amount(text: str) -> bool:
    """Say whether a text is a number with its unit and nothing else; `007` is a name written in digits.

    >>> is_bare_amount("$1,234.50"), is_bare_amount("5 of them"), is_bare_amount("007")
    (True, False, False)
    """
    if len(text) > _LONGEST_NUMBER:
        return False
    plain = trimmed(text).strip(_AROUND)
    is_name = len(plain) > 1 and plain[0] == "0" and plain[1].isdigit()
    return bool(_NUMBER.fullmatch(plain)) and not is_name and not isinstance(amount_of(plain), str)


def _agree(one: Amount, other: Amount) -> bool:
    return one.value == other.value and (one.unit == other.unit or not (one.unit and other.unit))


def _is_in_parentheses(text: str, match: re.Match[str]) -> bool:
    return text.startswith("(") and text.endswith(")") and match.span() == (1, len(text) - 1)


def _amount(match: re.Match[str], *, is_negative: bool) -> Amount | None:
    digits = _digits(match["body"])
    exponent = int(re.sub(f"[{_DASHES}]", "-", match["exponent"] or "0"))
    unit, power = _unit(match)
    if digits is None or power is None or abs(exponent) > _LARGEST_EXPONENT:
        return None
    value = Decimal(f"{digits}e{exponent + power}")
    signs = (match["sign"], match["inner"], match["trailing"], is_negative or None)
    return Amount(value.copy_negate() if any(signs) else value, unit)


def _digits(body: str) -> str | None:
    """Write a number with a decimal point and nothing else; None where no country writes it so."""
    if len(body) > _LONGEST_NUMBER:
        return None
    spaced = _SPACED.fullmatch(body)
    if spaced:
        return body.replace(spaced["mark"], "").replace(",", ".")
    if _ENGLISH.fullmatch(body):
        return body.replace(",", "")
    if _CONTINENTAL.fullmatch(body):
        return body.replace(".", "").replace(",", ".")
    return body.replace(",", ".") if _PLAIN.fullmatch(body) else None


def _unit(match: re.Match[str]) -> tuple[str, int | None]:
    """Return the unit and the power of ten of what stands around a number; no power where it spoils it."""
    before, after = match["before"] or "", match["after"] or ""
    word = after.strip(_SPACES)
    power = _SCALES.get(word, _SCALES.get(word.casefold(), 0) if len(word) > 1 else 0)
    sign = before or (word if _SIGN.fullmatch(word) else "")
    if power or sign:
        return _CODES.get(sign, sign), power
    is_attached, is_last = word == after, not match.string[match.end() :].strip(_END)
    if is_attached and word and not word.isalpha():
        return "", None
    return word.casefold() if is_attached or is_last else "", 0
