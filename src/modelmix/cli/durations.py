"""Durations, as options say them: ``4s``, ``800ms`` or ``2m``, for all task types or one."""

import re
from collections.abc import Iterable
from typing import Final

import typer

MOST_MS: Final = 3_600_000.0
"""No answer is waited for longer than an hour."""
_FORM: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m)", re.ASCII)
_UNITS: Final = {"ms": 1.0, "s": 1000.0, "m": 60_000.0}


def durations_of(texts: Iterable[str], option: str) -> tuple[float | None, dict[str, float]]:
    """Read ``TIME`` for all task types and ``TYPE=TIME`` for single ones.

    Args:
        texts: What was given.
        option: The option, for the sentence of an error.

    Returns:
        Milliseconds for all types, or None, and by type.

    Raises:
        typer.BadParameter: One is no time between a millisecond and an hour.
    """
    common: float | None = None
    named: dict[str, float] = {}
    for text in texts:
        task_type, equals, value = text.rpartition("=")
        found = _FORM.fullmatch(value.strip())
        milliseconds = 0.0 if found is None else float(found[1]) * _UNITS[found[2]]
        if not 1.0 <= milliseconds <= MOST_MS:
            raise typer.BadParameter(
                f"{text!r} is no time between 1ms and 60m; write 4s, 800ms or TYPE=4s", param_hint=option
            )
        if equals:
            named[task_type] = milliseconds
        else:
            common = milliseconds
    return common, named
