"""Known answers: a table of what the right answer to a prompt is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from modelmix.core.call import BadRow
from modelmix.errors import DataError
from modelmix.ingest.pair import first
from modelmix.ingest.row import Unreadable, objects

IDS: Final = ("prompt_id", "call_id", "request_id", "id")
"""Columns by which a prompt is found; the first that a row fills counts."""

ANSWERS: Final = ("expected", "expected_output", "ground_truth", "label", "gold", "answer")
"""Columns that may hold the answer; the first that a row fills counts."""

NEITHER: Final = "none"
"""What a reviewer writes where no answer that is shown is right."""

_FIRST_SHOWN: Final = "a"
_LONGEST_ID: Final = 512
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
    key, answer = first(row, IDS), first(row, ANSWERS)
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    if not isinstance(key, str) or not 0 < len(key.strip()) <= _LONGEST_ID:
        raise Unreadable(f"it names no prompt ({', '.join(IDS)})")
    if answer is None:
        raise Unreadable(f"it has no answer ({', '.join(ANSWERS)})")
    slice_name = row.get("slice")
    if _FIRST_SHOWN in row and isinstance(answer, str):
        if not answer.strip():
            return None
        word = answer.strip().lower()
        if word == NEITHER:
            return Expected(key.strip(), None)
        answer = row.get(word) or answer if len(word) == 1 else answer
    return Expected(key.strip(), text_of(answer), slice_name.strip() if isinstance(slice_name, str) else "")


def text_of(answer: object) -> str:
    """Return an answer as text: what is not text is written as JSON, as a model would.

    Raises:
        Unreadable: It holds what no text can.
    """
    try:
        text = answer if isinstance(answer, str) else _encode(answer).decode()
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Unreadable("the known answer is no text and no JSON") from error
    return text
