"""Cells of the contract file: how each kind of value is read, and what to write instead of a wrong one."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BeforeValidator
from pydantic import WithJsonSchema as Schema

MOST_MONTHS: Final = 60
"""Longest term."""
MOST_USD: Final = 10**12
"""No amount is as large."""
MOST_FACTOR: Final = 1_000
MOST_CV: Final = 5

_PERCENT = re.compile(r"(?P<number>[+-]?\d{1,12}(?:\.\d{1,12})?)\s*%", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FIRST_DAY, _LAST_DAY = date(2020, 1, 1), date(2100, 1, 1)
_HUNDRED = Decimal(100)


def shown(value: object) -> str:
    """Write a value for a sentence, as it stands in the file or by its kind.

    >>> shown("8"), shown(True), shown(None), shown([1]), shown(Decimal("0.5"))
    ("'8'", 'true', 'nothing', 'a list', '0.5')
    """
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f"{value!r:.40}"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    return f"{value!s:.40}"


def percent(share: Decimal) -> str:
    """Write a share as a percentage, exactly.

    >>> percent(Decimal("0.075")), percent(Decimal(1))
    ('7.5 %', '100 %')
    """
    text = format(share * _HUNDRED, "f")
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def _number(value: object) -> Decimal | None:
    """Read a number, or a percentage as the share that it is; None if it is neither."""
    if isinstance(value, str):
        found = _PERCENT.fullmatch(value.strip())
        return None if found is None else Decimal(found["number"]) / _HUNDRED
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


def _share(value: object, low: int, high: int, *, open_low: bool = False, open_high: bool = False) -> Decimal:
    number = _number(value)
    inside = number is not None and low <= number <= high
    if number is None or not inside or (open_low and number == low) or (open_high and number == high):
        lower = f"{'above' if open_low else 'at least'} {low * 100} %"
        upper = f"{'below' if open_high else 'at most'} {high * 100} %"
        raise ValueError(f"must be {lower} and {upper}, not {shown(value)}; write 8% or 0.08")
    return number


def _discount(value: object) -> Decimal:
    return _share(value, 0, 1, open_high=True)


def _probability(value: object) -> Decimal:
    return _share(value, 0, 1, open_low=True)


def _part(value: object) -> Decimal:
    return _share(value, 0, 1)


def _saving(value: object) -> Decimal:
    return _share(value, -1, 1)


def _positive(value: object, most: int, example: str) -> Decimal:
    number = _number(value)
    if number is None or not 0 < number <= most:
        raise ValueError(f"must be above 0 and at most {most:,}, not {shown(value)}; write {example}")
    return number


def _factor(value: object) -> Decimal:
    return _positive(value, MOST_FACTOR, "1.2 or 120%")


def _cv(value: object) -> Decimal:
    return _positive(value, MOST_CV, "0.3 or 30%")


def _usd(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value < MOST_USD:
        raise ValueError(
            f"must be an amount of USD, at least 0 and below {MOST_USD:,}, not {shown(value)}; write 250000"
        )
    number = Decimal(value)
    if number != round(number, 2):
        raise ValueError(f"must be dollars and cents, not {shown(value)}; write {round(number, 2)}")
    return number


def _some_usd(value: object) -> Decimal:
    number = _usd(value)
    if not number:
        raise ValueError("must be above 0; write an amount such as 250000, or take the key out")
    return number


def _months(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_MONTHS:
        raise ValueError(f"must be a count of months from 1 to {MOST_MONTHS}, not {shown(value)}; write 12")
    return value


def _start(value: object) -> date:
    text = value if isinstance(value, str) and _DAY.fullmatch(value) else ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise ValueError(
            f"must be a day from {_FIRST_DAY} to {_LAST_DAY}, not {shown(value)}; write 2027-01-01"
        )
    return day


def one_of(value: object, words: tuple[str, ...], otherwise: str) -> str:
    """Read one of some words.

    Raises:
        ValueError: It is none of them.
    """
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"must be {' or '.join(words)}, not {shown(value)}; {otherwise}")
    return value


def _form(**limits: Any) -> Schema:  # noqa: ANN401 - any JSON value
    """Describe a share: a number, or a text in per cent."""
    written = {"type": "string", "pattern": r"^\s*[+-]?[0-9]{1,12}(\.[0-9]{1,12})?\s*%\s*$"}
    return Schema({"anyOf": [{"type": "number", **limits}, written]})


Discount: TypeAlias = Annotated[Decimal, BeforeValidator(_discount), _form(minimum=0, exclusiveMaximum=1)]
Probability: TypeAlias = Annotated[
    Decimal, BeforeValidator(_probability), _form(exclusiveMinimum=0, maximum=1)
]
Part: TypeAlias = Annotated[Decimal, BeforeValidator(_part), _form(minimum=0, maximum=1)]
Saving: TypeAlias = Annotated[Decimal, BeforeValidator(_saving), _form(minimum=-1, maximum=1)]
Factor: TypeAlias = Annotated[
    Decimal, BeforeValidator(_factor), _form(exclusiveMinimum=0, maximum=MOST_FACTOR)
]
Cv: TypeAlias = Annotated[Decimal, BeforeValidator(_cv), _form(exclusiveMinimum=0, maximum=MOST_CV)]
Usd: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_usd),
    Schema({"type": "number", "minimum": 0, "exclusiveMaximum": MOST_USD, "multipleOf": 0.01}),
]
SomeUsd: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_some_usd),
    Schema({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": MOST_USD, "multipleOf": 0.01}),
]
Months: TypeAlias = Annotated[
    int, BeforeValidator(_months), Schema({"type": "integer", "minimum": 1, "maximum": MOST_MONTHS})
]
Start: TypeAlias = Annotated[date, BeforeValidator(_start), Schema({"type": "string", "format": "date"})]
