"""Tables: CSV and Parquet files as rows by column name."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from modelmix.core.call import BadRow

_MARKS: Final = ",;\t"
_LONGEST_CELL: Final = 64 * 1024 * 1024
_ROWS_AT_ONCE: Final = 4096


def csv_header(head: bytes) -> list[str]:
    """Return the column names of a CSV, in lower case and without surrounding blanks.

    Args:
        head: Its beginning, with the whole first line.
    """
    text = _text(head.split(b"\n", 1)[0])
    return _header(text, _mark(text))


def csv_rows(
    lines: Iterable[bytes], name: str, bad_rows: list[BadRow]
) -> Iterator[bytes | Mapping[str, str | None]]:
    """Yield the rows of a CSV as texts by column name.

    The mark between cells is the one of comma, semicolon and tab that the header uses most. Cells may hold
    line ends. For every line that yields no row an empty one is yielded, so that counting gives line numbers.

    Args:
        lines: Its lines, without their ends.
        name: Name of the file, for bad rows.
        bad_rows: Takes up rows with more cells than the header, or with a quote that never ends.
    """
    texts = (_text(line) + "\n" for line in lines)
    header = next(texts, "")
    mark = _mark(header)
    names = _header(header, mark)
    yield b""
    _allow_long_cells()
    reader = csv.reader(texts, delimiter=mark)
    said = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            bad_rows.append(BadRow(name, reader.line_num + 1, f"not a row of a CSV: {error}"))
            cells = []
        if cells is None:
            return
        for _ in range(reader.line_num - said - 1):
            yield b""
        said = reader.line_num
        if len(cells) > len(names):
            why = f"{len(cells)} cells under {len(names)} columns; put cells that hold {mark!r} in quotes"
            bad_rows.append(BadRow(name, said + 1, why))
            cells = []
        yield dict(zip(names, cells, strict=False)) if cells else b""


def parquet_columns(path: Path) -> list[str] | None:
    """Return the column names of a Parquet file, or None if it cannot be read."""
    import duckdb

    with duckdb.connect(":memory:", config=_CAREFUL) as engine:
        try:
            engine.execute("SELECT * FROM read_parquet(?) LIMIT 0", [str(path)])
        except duckdb.Error:
            return None
        return _names(str(column[0]) for column in engine.description or ())


def parquet_rows(
    path: Path, name: str, bad_rows: list[BadRow], columns: Sequence[str] | None = None
) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a Parquet file by column name, in lower case.

    Args:
        path: The file.
        name: Its name, for bad rows.
        bad_rows: Takes up what cannot be read.
        columns: Columns that are wanted; all if None. One that is missing is left out.
    """
    import duckdb

    wanted = "*" if columns is None else "COLUMNS(lambda name: list_contains(?, lower(trim(name))))"
    given = [] if columns is None else [list(columns)]
    row = 0
    with duckdb.connect(":memory:", config=_CAREFUL) as engine:
        try:
            engine.execute(f"SELECT {wanted} FROM read_parquet(?)", [*given, str(path)])  # noqa: S608 - one of two texts above
            names = _names(str(column[0]) for column in engine.description or ())
            while rows := engine.fetchmany(_ROWS_AT_ONCE):
                for cells in rows:
                    yield dict(zip(names, cells, strict=True))
                row += len(rows)
        except duckdb.Error:
            # The engine's own words may quote the data.
            bad_rows.append(BadRow(name, row + 1, "cannot be read as Parquet from here on"))


_CAREFUL: Final[dict[str, Any]] = {
    "threads": 2,
    "memory_limit": "512MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def _text(line: bytes) -> str:
    # What is not UTF-8 must stay visible: the reader of the rows refuses surrogates.
    return line.decode("utf-8", "surrogateescape")


def _mark(header: str) -> str:
    return max(_MARKS, key=header.count)


def _header(text: str, mark: str) -> list[str]:
    try:
        return _names(next(csv.reader([text], delimiter=mark), []))
    except csv.Error:
        return []


def _names(names: Iterable[str]) -> list[str]:
    return [name.strip().lower() for name in names]


def _allow_long_cells() -> None:
    # The module's bound is one for the whole process; a prompt is longer than its 128 KB.
    csv.field_size_limit(_LONGEST_CELL)
