"""Options that several commands share: bars, amounts, candidates and graders."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import typer

from modelmix.core.candidate import Candidate
from modelmix.errors import ConfigError
from modelmix.evaluate.graders.spec import parse
from modelmix.optimize.goal import LEAST_ALPHA, LEAST_MARGIN, MOST_ALPHA, Goal
from modelmix.policy.share import parse_share

MOST_USD = 10**12
"""The policy file holds no larger amount."""


def goal_of(margin: str, alpha: float, type_margins: Iterable[str], seed: int) -> Goal:
    """Read a bar.

    Args:
        margin: ``0.02``, ``2pp`` or ``2%``.
        alpha: Level, in (0, 0.5).
        type_margins: ``M`` for all types or ``TYPE=M`` for one.
        seed: Seed of the split.

    Raises:
        typer.BadParameter: A figure cannot be read or is out of range.
    """
    common: float | None = None
    named: dict[str, float] = {}
    for text in type_margins:
        task_type, equals, value = text.rpartition("=")
        share = margin_of(value, "--type-margin")
        if equals:
            named[task_type] = share
        else:
            common = share
    return Goal(margin_of(margin, "--margin"), level_of(alpha), common, named, seed=seed)


def level_of(alpha: float) -> float:
    """Check a level.

    Raises:
        typer.BadParameter: It is none that a test can hold.
    """
    if not LEAST_ALPHA <= alpha < MOST_ALPHA:
        said = f"{alpha} is not a level; write one between {LEAST_ALPHA:f} and {MOST_ALPHA}"
        raise typer.BadParameter(said, param_hint="--alpha")
    return alpha


def margin_of(text: str, option: str) -> float:
    """Read a margin.

    Raises:
        typer.BadParameter: It cannot be read, or does not lie between a millionth and 1.
    """
    try:
        share = float(parse_share(text))
    except ConfigError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    if not LEAST_MARGIN <= share < 1.0:
        raise typer.BadParameter(
            f"{text!r} does not lie between {LEAST_MARGIN:f} and 1; write 0.02 or 2pp", param_hint=option
        )
    return share


def amounts_of(
    texts: Iterable[str], option: str, unit: str = "USD; write 0.50"
) -> tuple[Decimal | None, dict[str, Decimal]]:
    """Read ``USD`` for all task types and ``TYPE=USD`` for single ones.

    Args:
        texts: What was given.
        option: The option, for the sentence of an error.
        unit: What the amounts are of, and an example.

    Raises:
        typer.BadParameter: One is not a positive amount.
    """
    common: Decimal | None = None
    named: dict[str, Decimal] = {}
    for text in texts:
        task_type, equals, value = text.rpartition("=")
        try:
            usd = Decimal(value.strip().lstrip("$"))
        except InvalidOperation:
            usd = Decimal("NaN")
        if not usd.is_finite() or not 0 < usd < MOST_USD:
            raise typer.BadParameter(f"{text!r} is not a positive amount of {unit}", param_hint=option)
        if equals:
            named[task_type] = usd
        else:
            common = usd
    return common, named


def candidates_of(text: str, option: str) -> tuple[Candidate, ...]:
    """Read candidates separated by commas: ``MODEL`` or ``MODEL@EFFORT``.

    Raises:
        typer.BadParameter: One cannot be read, or there is none.
    """
    try:
        return tuple(Candidate.parse(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def counts_of(text: str, option: str) -> tuple[int, ...]:
    """Read positive counts separated by commas.

    Raises:
        typer.BadParameter: One is not a positive count.
    """
    try:
        counts = tuple(int(part) for part in text.split(","))
    except ValueError:
        counts = (0,)
    if min(counts) < 1:
        raise typer.BadParameter(f"{text!r} is not a list of counts; write 1700,3400", param_hint=option)
    return counts


def graders_of(texts: Iterable[str], option: str) -> dict[str, str]:
    """Read ``KIND`` for all task types, under the empty name, and ``TYPE=KIND`` for single ones.

    Raises:
        typer.BadParameter: One cannot be read, or a task type has two.
    """
    found: dict[str, str] = {}
    for text in texts:
        try:
            named = parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint=option) from None
        if named.task_type in found:
            what = f"task type {named.task_type!r}" if named.task_type else "all task types"
            raise typer.BadParameter(f"{what} has two graders; keep one", param_hint=option)
        found[named.task_type] = named.grader.spec
    return found
