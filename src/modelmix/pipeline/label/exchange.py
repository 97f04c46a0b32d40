"""Exchange: labels as a table, out of the ledger and into it."""

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from modelmix.core.call import BadRow
from modelmix.core.label import Label
from modelmix.errors import ConfigError, DataError
from modelmix.ingest import labels as label_rows
from modelmix.store.files import LogFile
from modelmix.store.label_book import LabelBook


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of reading a table.

    Attributes:
        labels: Labels kept.
        passed_over: Of them, pairs that a person passed over.
        people: Whose they are, in order of name.
        bad_rows: Rows that could not be read.
    """

    labels: int
    passed_over: int
    people: tuple[str, ...]
    bad_rows: tuple[BadRow, ...]


def take_in(path: Path, home: Path, *, who: str, now: datetime) -> Taken:
    """Keep the labels of a table: CSV, Parquet or JSONL, plain or compressed.

    Args:
        path: The table.
        home: Folder of the ledger.
        who: Whose labels they are where a row names nobody.
        now: UTC instant for rows that name none.

    Raises:
        DataError: It is not there, lacks a column, or holds no label.
        StoreError: The ledger cannot take them; none is kept then.
    """
    if not os.path.lexists(path):
        raise DataError(f"{path} does not exist; name a table of labels")
    bad_rows: list[BadRow] = []
    found: list[Label] = []
    with LogFile(path, bad_rows=bad_rows) as log:
        columns = log.columns()
        if columns is not None:
            label_rows.check_columns(columns)
        for row in label_rows.read(log.rows(), log.name, who=who, now=now):
            if isinstance(row, BadRow):
                bad_rows.append(row)
            else:
                found.append(row)
    if not found:
        first = f": line {bad_rows[0].line}: {bad_rows[0].why}" if bad_rows else ""
        raise DataError(f"{path} holds no label{first}; a row has a prompt_id, a candidate and a score")
    with LabelBook.open(home) as book:
        book.put(found)
    people = tuple(sorted({label.who for label in found}))
    return Taken(len(found), sum(label.is_skipped for label in found), people, tuple(bad_rows))


def hand_out(path: Path | None, labels: Iterable[Label], stdout: TextIO) -> int:
    """Write labels as CSV, to a new file for its owner alone, or to standard output if it is None.

    Returns:
        How many were written.

    Raises:
        ConfigError: The file cannot be written, or is there already.
    """
    if path is None:
        return _write(stdout, labels)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror or error}); name another file by --export"
        ) from error
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
        return _write(stream, labels)


def _write(stream: TextIO, labels: Iterable[Label]) -> int:
    writer = csv.DictWriter(stream, label_rows.COLUMNS)
    writer.writeheader()
    rows = list(_rows(labels))
    writer.writerows(rows)
    return len(rows)


def _rows(labels: Iterable[Label]) -> Iterator[dict[str, Any]]:
    for label in labels:
        yield {
            "prompt_id": label.prompt_id,
            "task_type": label.task_type,
            "candidate": str(label.candidate),
            "score": label.score,
            "who": label.who,
            "at": label.at.astimezone(UTC).isoformat(),
            "baseline": "" if label.baseline is None else str(label.baseline),
            "baseline_score": label.baseline_score,
            "seconds": label.seconds,
            "stratum": label.stratum,
            "drawn_by": label.drawn_by,
            "answer_sha256": label.answer_sha256,
            "baseline_sha256": label.baseline_sha256,
        }
