"""Known answers: a table of what the right answer to a prompt is."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from modelmix.core.call import BadRow
from modelmix.errors import DataError
from modelmix.ingest.messages import name_of
from modelmix.ingest.row import Unreadable, objects

IDS: Final = ("prompt_id", "call_id", "request_id", "id")
"""Columns by which a prompt is found; the first that a row fills counts."""

ANSWERS: Final = ("expected", "expected_output", "ground_truth", "label", "gold", "answer")
"""Columns that may hold the answer; the first that a row fills counts."""

NEITHER: Final = "none"
"""What a reviewer writes where no answer that is shown is right."""

_FIRST_SHOWN: Final = "a"
_LARGEST_ID: Final = 10**40
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Expected:
    """The known right answer to one prompt.

    Attributes:
        key: Prompt id, call id or request id.
        answer: The answer, as a model would write it; None where a reviewer found none of those shown right.
        slice_name: Named slice that the prompt belongs to, or empty.
    """

    key: str
    answer: str | None
    slice_name: str = ""


def check_columns(names: Iterable[str]) -> None:
    """Check that a table names prompts and their answers.

    Raises:
        DataError: A column is missing; the sentence names those found.
    """
    found = list(names)
    for wanted, what in ((IDS, "prompts"), (ANSWERS, "answers")):
        if not set(wanted) & set(found):
            columns = ", ".join(map(repr, found)) or "none"
            raise DataError(
                f"the table of known answers names no {what} (columns found: {columns}); add a column "
                f"{wanted[0]!r}"
            )


def read(rows: Iterable[bytes | Mapping[str, Any]], source: str) -> Iterator[Expected | BadRow]:
    """Read a table of known answers.

    Args:
        rows: JSON lines, or mappings by column.
        source: Name of the file, for bad rows.

    In a row that shows answers under ``a``, ``b`` and so on, as a review does, a letter stands for the answer
    under it, and ``none`` says that all are wrong. Such a row whose answer is still empty is passed over.

    Yields:
        One value per row that has an answer; blank lines give nothing, and no row raises.
    """
    for number, row in objects(rows, source):
        try:
            found = row if isinstance(row, BadRow) else _expected(row)
            if found is not None:
                yield found
        except Unreadable as error:
            yield BadRow(source, number, str(error))


def _expected(row: Mapping[str, Any]) -> Expected | None:
    key, answer = id_of(known(row, IDS)), known(row, ANSWERS)
    if not key:
        raise Unreadable(f"it names no prompt ({', '.join(IDS)})")
    slice_name, is_review = name_of(row.get("slice")).strip(), _FIRST_SHOWN in row
    if answer is None and is_review:
        return None
    if answer is None:
        raise Unreadable(f"it has no answer ({', '.join(ANSWERS)})")
    if is_review and isinstance(answer, str):
        word = answer.strip().lower()
        if word == NEITHER:
            return Expected(key, None, slice_name)
        answer = row.get(word) or answer if len(word) == 1 else answer
    return Expected(key, text_of(answer), slice_name)


def known(row: Mapping[str, Any], columns: Iterable[str]) -> object:
    """Return what the first column holds that is filled, or None; an empty cell of a table is not filled."""
    return next((value for value in map(row.get, columns) if not _is_empty(value)), None)


def _is_empty(value: object) -> bool:
    # An empty cell is null, NaN in a column of floats, or in a CSV a text of nothing.
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def id_of(value: object) -> str:
    """Return an identifier as text, also where a table holds it as a whole number; empty if it is none."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_ID:
        return str(value)
    return name_of(value).strip()


def text_of(answer: object) -> str:
    """Return an answer as text: what is not text is written as JSON, as a model would, days without quotes.

    Raises:
        Unreadable: It holds what no text can.
    """
    try:
        text = answer if isinstance(answer, str) else _encode(answer).decode()
        if not isinstance(answer, str) and text.startswith('"'):
            text = str(msgspec.json.decode(text))
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Unreadable("the known answer is no text and no JSON") from error
    return text
