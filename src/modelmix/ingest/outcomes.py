"""Outcome tables: graded answers that someone already has, row by row."""

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.level import Level
from modelmix.core.outcome import Outcome
from modelmix.errors import DataError
from modelmix.ingest.number import claim_usd, finite
from modelmix.ingest.row import Unreadable, objects
from modelmix.ingest.task_rows import TELLING, named, named_columns

REQUIRED = ("prompt_id", "task_type", "model", "score")
OPTIONAL = (
    "effort", "cluster_id", "prompt", "response", "input_tokens", "output_tokens", "cost_usd", "checks_ok",
    "slice", "expected", "grader", "why", "look", "latency_ms", "latency_s",
    "unit", "run_id", "calls", "attempts", "seconds",
)  # fmt: skip

TEXTS = ("prompt", "response", "expected")
"""Columns that hold somebody's text."""

_MOST_TOKENS = 2**40
_LONGEST_NAME = 512
_MOST_LOOKS = 5
_MOST_SECONDS = 10**9
_MOST_LATENCY_MS = 1e9
_TRUE = frozenset({"true", "t", "yes", "1", "1.0", "pass", "passed"})
_FALSE = frozenset({"false", "f", "no", "0", "0.0", "fail", "failed"})
_ABSENT = frozenset({"", "null", "none", "nan", "na", "n/a"})


def check_columns(names: Iterable[str]) -> None:
    """Check that a table has the columns that an outcome needs.

    Args:
        names: Names of the table's columns.

    Raises:
        DataError: A required column is missing; the sentence names it, what was found, and what may be meant.
    """
    found = [str(name) for name in names]
    ours = named_columns(found)
    missing = [name for name in REQUIRED if name not in ours]
    if not missing:
        return
    alike = {name: difflib.get_close_matches(name, found, n=1, cutoff=0.6) for name in missing}
    hints = [f"rename {near[0]!r} to {name!r}" for name, near in alike.items() if near]
    advice = ", ".join(hints) or f"an outcome table has {', '.join(REQUIRED)}"
    columns = ", ".join(map(repr, found)) or "none"
    raise DataError(
        f"outcome table lacks {', '.join(map(repr, missing))} (columns found: {columns}): {advice}"
    )


def read(
    rows: Iterable[bytes | Mapping[str, Any]],
    source: str,
    *,
    keep_text: bool = False,
    level: Level | None = None,
) -> Iterator[Outcome | BadRow]:
    """Read the rows of an outcome table.

    Columns beyond the known ones are ignored, and an optional field that is empty is absent. The model may be
    written ``MODEL@EFFORT``. Scores are shares between 0 and 1, or true and false. A row that says whether it
    was solved, or how many calls or attempts it took, is a run at a whole task.

    Args:
        rows: JSON lines, or mappings by column; the values of a CSV are texts.
        source: Name of the file, for bad rows.
        keep_text: Whether prompts and answers are kept.
        level: What the scores are of where rows do not say by ``unit``; None goes by the columns.

    Yields:
        An outcome per row, or a bad row; blank lines give nothing, and no row raises.
    """
    for number, row in objects(rows, source):
        try:
            yield row if isinstance(row, BadRow) else _outcome(row, keep_text=keep_text, level=level)
        except Unreadable as error:
            yield BadRow(source, number, str(error))


def _outcome(given: Mapping[str, Any], *, keep_text: bool, level: Level | None) -> Outcome:
    row = named(given)
    return Outcome(
        prompt_id=_required(row, "prompt_id"),
        task_type=_required(row, "task_type"),
        candidate=_candidate(row),
        score=_score(row),
        cluster_id=_name(row, "cluster_id"),
        input_tokens=_tokens(row, "input_tokens"),
        output_tokens=_tokens(row, "output_tokens"),
        cost_usd=_cost(row),
        checks_ok=_flag(row, "checks_ok"),
        slice_name=_name(row, "slice"),
        prompt=_text(row, "prompt") if keep_text else "",
        response=_text(row, "response") if keep_text else "",
        expected=_text(row, "expected") if keep_text else "",
        grader=_note(row, "grader"),
        why=_note(row, "why"),
        look=_look(row),
        level=_level(given, level),
        run_id=_name(row, "run_id"),
        calls=_count(row, "calls"),
        attempts=_count(row, "attempts", least=1),
        seconds=_seconds(row),
        latency_ms=_latency_ms(row),
    )


def is_empty(value: object) -> bool:
    """Say whether a cell is empty: null, NaN where its column is of floats, or a text that says so."""
    return _is_null(value) or (isinstance(value, str) and value.strip().lower() in _ABSENT)


def _is_null(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_nan()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _name(row: Mapping[str, Any], column: str) -> str:
    """Return an identifier as text, empty where there is none."""
    value = row.get(column)
    if _is_null(value):
        return ""
    if not isinstance(value, str | int | float | Decimal) or isinstance(value, bool):
        raise Unreadable(f"{column} is not a text")
    try:
        name = str(value).strip()
    except ValueError as error:
        raise Unreadable(f"{column} is a number beyond belief") from error
    if len(name) > _LONGEST_NAME:
        raise Unreadable(f"{column} is longer than {_LONGEST_NAME} characters")
    return _storable(name, column)


def _storable(text: str, column: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unreadable(f"{column} holds half of a surrogate pair") from error
    return text


def _required(row: Mapping[str, Any], column: str) -> str:
    name = _name(row, column)
    if not name:
        raise Unreadable(f"{column} is missing")
    return name


def _text(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    return _storable(value, column) if isinstance(value, str) else ""


def _note(row: Mapping[str, Any], column: str) -> str:
    """Return what a row says of its score, cut to a length; no row is lost over it."""
    value = row.get(column)
    text = value.strip()[:_LONGEST_NAME] if isinstance(value, str) else ""
    return text.encode("utf-8", "ignore").decode()


def _look(row: Mapping[str, Any]) -> int:
    """Return the look at which a row came in; what is no count of looks is none, and loses no row."""
    value = row.get("look")
    return value if isinstance(value, int) and 0 <= value <= _MOST_LOOKS else 0


def _level(row: Mapping[str, Any], asked: Level | None) -> Level:
    """Return what a row's score is of: what it says, else what was asked for, else what its columns tell."""
    said = _name(row, "unit").lower()
    if said in _ABSENT:
        is_whole = any(not is_empty(row.get(column)) for column in TELLING)
        return asked or (Level.TASK if is_whole else Level.CALL)
    try:
        return Level(said)
    except ValueError as error:
        raise Unreadable(f"unit is none of {', '.join(Level)}") from error


def _seconds(row: Mapping[str, Any]) -> float | None:
    value = row.get("seconds")
    if is_empty(value):
        return None
    number = _number(value, "seconds")
    if not 0 <= number <= _MOST_SECONDS:
        raise Unreadable("seconds is not a time that a run can take")
    return float(number)


def _latency_ms(row: Mapping[str, Any]) -> float | None:
    """Return how long an answer took, from milliseconds or seconds; what is no time loses no row."""
    for column, factor in (("latency_ms", 1.0), ("latency_s", 1000.0)):
        value = row.get(column)
        if is_empty(value) or isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            continue
        try:
            found = factor * float(value)
        except (ValueError, OverflowError):
            continue
        if 0.0 <= found <= _MOST_LATENCY_MS:
            return found
    return None


def _candidate(row: Mapping[str, Any]) -> Candidate:
    try:
        candidate = Candidate.parse(_required(row, "model"))
        level = _name(row, "effort")
        effort = Effort(level.lower()) if level.lower() not in _ABSENT else None
    except ValueError as error:
        raise Unreadable(f"model or effort is not valid; efforts are {', '.join(Effort)}") from error
    if effort is None:
        return candidate
    if candidate.effort not in (None, effort):
        raise Unreadable("model names one effort and the column effort another")
    return Candidate(candidate.model, effort)


def _score(row: Mapping[str, Any]) -> float:
    value = row.get("score")
    if is_empty(value):
        raise Unreadable("score is missing")
    truth = _truth(value)
    if truth is not None:
        return float(truth)
    score = _number(value, "score")
    if score < 0:
        raise Unreadable("score is negative; a score lies between 0 and 1")
    if score > 1:
        raise Unreadable("score is above 1; write shares, so that 83 % is 0.83")
    return float(score)


def _truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    return None


def _number(value: object, column: str) -> Decimal:
    if isinstance(value, str):
        try:
            value = Decimal(value.strip())
        except ArithmeticError as error:
            raise Unreadable(f"{column} is not a number") from error
    number = finite(value)
    if number is None:
        raise Unreadable(f"{column} is not a finite number")
    return number


def _tokens(row: Mapping[str, Any], column: str) -> int | None:
    return _count(row, column, what="a count of tokens")


def _count(row: Mapping[str, Any], column: str, *, least: int = 0, what: str = "a count") -> int | None:
    value = row.get(column)
    if is_empty(value):
        return None
    number = _number(value, column)
    # Tables that pass through pandas write whole numbers as 12.0.
    if not least <= number <= _MOST_TOKENS or number != int(number):
        raise Unreadable(f"{column} is not {what}")
    return int(number)


def _cost(row: Mapping[str, Any]) -> Decimal | None:
    value = row.get("cost_usd")
    return None if is_empty(value) else claim_usd(_number(value, "cost_usd"), "cost_usd")


def _flag(row: Mapping[str, Any], column: str) -> bool | None:
    value = row.get(column)
    if is_empty(value):
        return None
    truth = _truth(value)
    if truth is None and isinstance(value, int | float | Decimal) and value in (0, 1):
        truth = value == 1
    if truth is None:
        raise Unreadable(f"{column} is neither true nor false")
    return truth
