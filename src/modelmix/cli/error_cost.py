"""What a wrong answer costs, as options say it: in dollars, or in minutes of correction at a wage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import typer

from modelmix.cli.shares import MOST_USD, amounts_of
from modelmix.economics.labour import labour_usd
from modelmix.report.money import usd as in_words

_HOUR, _MINUTES, _COST = "--wage", "--minutes", "--error-cost"


@dataclass(frozen=True, slots=True)
class ErrorCosts:
    """What a wrong answer costs.

    Attributes:
        common_usd: For every task type, or None where nobody said.
        named_usd: Task type → its own, which wins.
        said: How minutes became dollars, one sentence each.
    """

    common_usd: Decimal | None
    named_usd: Mapping[str, Decimal]
    said: tuple[str, ...] = ()


def error_costs_of(costs: Iterable[str], wage: str | None, minutes: Iterable[str]) -> ErrorCosts:
    """Read what a wrong answer costs: dollars, and minutes of human correction at a wage.

    Args:
        costs: ``USD`` for all types or ``TYPE=USD``.
        wage: What an hour of whoever corrects costs, USD; None without minutes.
        minutes: ``MIN`` for all types or ``TYPE=MIN``: what correcting one wrong answer takes.

    Raises:
        typer.BadParameter: A figure cannot be read, one of wage and minutes lacks the other, or a wrong
            answer is given two costs.
    """
    common, named = amounts_of(costs, _COST)
    common_minutes, named_minutes = amounts_of(minutes, _MINUTES, "minutes; write 12")
    if not named_minutes and common_minutes is None:
        if wage is not None:
            raise typer.BadParameter(
                f"{wage!r} an hour costs nothing without minutes; say how many a wrong answer takes by "
                f"{_MINUTES} TYPE=MIN",
                param_hint=_HOUR,
            )
        return ErrorCosts(common, named)
    if wage is None:
        raise typer.BadParameter(
            f"minutes have no cost without a wage; say what an hour costs by {_HOUR} USD", param_hint=_MINUTES
        )
    hour_usd = _wage(wage)
    both = sorted(named.keys() & named_minutes.keys())
    if both or (common is not None and common_minutes is not None):
        what = f"task type {both[0]!r}" if both else "every task type"
        raise typer.BadParameter(
            f"a wrong answer of {what} has a cost by {_COST} already; keep one of the two",
            param_hint=_MINUTES,
        )
    priced = {name: _priced(taken, hour_usd) for name, taken in named_minutes.items()}
    said = [_said(name, taken, hour_usd, priced[name]) for name, taken in named_minutes.items()]
    if common_minutes is not None:
        common = _priced(common_minutes, hour_usd)
        said.append(
            _said("every other type" if named | priced else "every type", common_minutes, hour_usd, common)
        )
    return ErrorCosts(common, named | priced, tuple(said))


def _wage(text: str) -> Decimal:
    wage, named = amounts_of((text,), _HOUR)
    if wage is None or named:
        raise typer.BadParameter(f"{text!r} is not what an hour costs; write 30", param_hint=_HOUR)
    return wage


def _priced(minutes: Decimal, hour_usd: Decimal) -> Decimal:
    usd = labour_usd(minutes, hour_usd)
    if not 0 < usd < MOST_USD:
        raise typer.BadParameter(
            f"{minutes} minutes at {hour_usd} USD an hour are {usd:.3g} USD, which is no cost of an error; "
            "correct one of the two",
            param_hint=_MINUTES,
        )
    return usd


def _said(name: str, minutes: Decimal, hour_usd: Decimal, usd: Decimal) -> str:
    return f"a wrong answer of {name} costs {in_words(usd)}: {minutes:f} minutes at ${hour_usd:f} an hour"
