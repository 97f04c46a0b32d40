"""Tables of labels: what people have said of answers elsewhere, row by row."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate
from modelmix.core.label import ALIKE, DIFFER, Label
from modelmix.errors import DataError
from modelmix.ingest.expected import IDS, id_of, known
from modelmix.ingest.messages import name_of
from modelmix.ingest.number import finite
from modelmix.ingest.row import Unreadable, objects

CANDIDATES: Final = ("candidate", "model")
SCORES: Final = ("score", "verdict", "grade")
PEOPLE: Final = ("who", "labeler", "labeller", "annotator", "rater", "reviewer")

COLUMNS: Final = (
    "prompt_id", "task_type", "candidate", "score", "who", "at", "baseline", "baseline_score", "seconds",
    "stratum", "drawn_by", "answer_sha256", "baseline_sha256",
)  # fmt: skip
"""Columns of a table that modelmix writes; it reads back as it was."""

_GOOD: Final = frozenset({"true", "yes", "y", "good", "right", "correct", "acceptable", "pass", "passed"})
_BAD: Final = frozenset({"false", "no", "n", "bad", "wrong", "incorrect", "unacceptable", "fail", "failed"})
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PLAIN_NUMBER: Final = re.compile(r"[0-9]{0,9}(?:[0-9]|\.[0-9]{1,30})")
_MOST_SECONDS: Final = 10**9


def check_columns(names: Iterable[str]) -> None:
    """Check that a table names prompts, answers and grades.

    Raises:
        DataError: A column is missing; the sentence names it and those found.
    """
    found = list(names)
    for wanted, what in ((IDS, "prompts"), (CANDIDATES, "candidates"), (SCORES, "scores")):
        if not set(wanted) & set(found):
            columns = ", ".join(map(repr, found)) or "none"
            raise DataError(
                f"the table of labels names no {what} (columns found: {columns}); add a column {wanted[0]!r}"
            )


def read(
    rows: Iterable[bytes | Mapping[str, Any]], source: str, *, who: str, now: datetime
) -> Iterator[Label | BadRow]:
    """Read a table of labels.

    A score is a share between 0 and 1, or one of the words good and bad, right and wrong, true and false, yes
    and no, pass and fail. A row with an empty score was passed over where it names the pair's baseline; else
    it says nothing and is passed over here.

    Args:
        rows: JSON lines, or mappings by column.
        source: Name of the file, for bad rows.
        who: Whose labels they are where a row names nobody.
        now: UTC instant for rows that name none.

    Yields:
        One value per row that says something; blank lines give nothing, and no row raises.
    """
    for number, row in objects(rows, source):
        try:
            found = row if isinstance(row, BadRow) else _label(row, who, now)
            if found is not None:
                yield found
        except Unreadable as error:
            yield BadRow(source, number, str(error))


def _label(row: Mapping[str, Any], who: str, now: datetime) -> Label | None:
    prompt_id = id_of(known(row, IDS))
    if not prompt_id:
        raise Unreadable(f"it names no prompt ({', '.join(IDS)})")
    candidate = _candidate(row, CANDIDATES)
    if candidate is None:
        raise Unreadable(f"it names no candidate ({', '.join(CANDIDATES)}); write the model that answered")
    baseline, score = _candidate(row, ("baseline",)), _score(row, SCORES)
    if score is None and baseline is None:
        return None
    stratum = _name(row, "stratum")
    return Label(
        prompt_id=prompt_id,
        task_type=_name(row, "task_type"),
        candidate=candidate,
        score=score,
        who=id_of(known(row, PEOPLE)) or who,
        at=_instant(known(row, ("at",)), now),
        baseline=baseline,
        baseline_score=_score(row, ("baseline_score",)) if baseline is not None else None,
        answer_sha256=_digest(row, "answer_sha256"),
        baseline_sha256=_digest(row, "baseline_sha256"),
        seconds=_seconds(row),
        stratum=stratum if stratum in (DIFFER, ALIKE) else "",
        drawn_by=_name(row, "drawn_by"),
    )


def _name(row: Mapping[str, Any], column: str) -> str:
    return name_of(row.get(column)).strip()


def _candidate(row: Mapping[str, Any], columns: tuple[str, ...]) -> Candidate | None:
    value = known(row, columns)
    if value is None:
        return None
    text = name_of(value).strip()
    if len(text) == 1:
        raise Unreadable(
            f"{columns[0]} is a letter; write the model, or give a review's letters to replay --expected"
        )
    try:
        return Candidate.parse(text)
    except ValueError as error:
        raise Unreadable(f"{columns[0]} is no MODEL or MODEL@EFFORT") from error


def _number(value: object) -> Decimal | None:
    if isinstance(value, str):
        return Decimal(value.strip()) if _PLAIN_NUMBER.fullmatch(value.strip()) else None
    return finite(value)


def _score(row: Mapping[str, Any], columns: tuple[str, ...]) -> float | None:
    value = known(row, columns)
    if value is None or isinstance(value, bool):
        return None if value is None else float(value)
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _GOOD or word in _BAD:
        return float(word in _GOOD)
    score = _number(value)
    if score is None or not 0 <= score <= 1:
        raise Unreadable(f"{columns[0]} is neither a share between 0 and 1 nor good or bad")
    return float(score)


def _digest(row: Mapping[str, Any], column: str) -> str:
    text = _name(row, column)
    if text and not _DIGEST.fullmatch(text):
        raise Unreadable(f"{column} is no SHA-256 in hexadecimal")
    return text


def _seconds(row: Mapping[str, Any]) -> float | None:
    value = known(row, ("seconds",))
    seconds = None if value is None else _number(value)
    if value is not None and (seconds is None or not 0 <= seconds <= _MOST_SECONDS):
        raise Unreadable("seconds is not a number of seconds")
    return None if seconds is None else float(seconds)


def _instant(value: object, now: datetime) -> datetime:
    if value is None:
        return now
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(name_of(value).strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable("at is no instant; write 2026-11-25T10:00:00Z") from error
