"""Chunks: Python rows into the analytics engine, column by column, in bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from modelmix.errors import StoreError

_MOST_ROWS: Final = 20_000
_MOST_TEXT: Final = 16 * 1024 * 1024

_NUMPY: Final = {
    "BIGINT": np.int64,
    "DOUBLE": np.float64,
    "BOOLEAN": np.int8,
    "TIMESTAMP": np.int64,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a file of the lake.

    Attributes:
        name: Its name.
        kind: ``VARCHAR``, ``BIGINT``, ``DOUBLE``, ``BOOLEAN``, or ``TIMESTAMP`` (given in microseconds, UTC).
        is_optional: Whether it may be null; a text that is empty is then null.
    """

    name: str
    kind: str
    is_optional: bool = False

    @property
    def declared(self) -> str:
        """The column as it is declared."""
        return f'"{self.name}" {self.kind}'

    @property
    def selected(self) -> str:
        """The column as it is taken from a chunk."""
        if self.kind == "TIMESTAMP":
            return f'make_timestamp("{self.name}")'
        if self.kind == "VARCHAR" and self.is_optional:
            return f"nullif(\"{self.name}\", '')"
        return f'"{self.name}"::{self.kind}'

    def array(self, values: Sequence[Any]) -> NDArray[Any]:
        """Return values of this column as an array that the engine reads."""
        if self.kind == "VARCHAR":
            # A null among texts would let the engine guess the column's type from a sample.
            return np.array([value or "" for value in values], dtype=object)
        kind = _NUMPY[self.kind]
        if not self.is_optional:
            return np.array(values, dtype=kind)
        filled = np.array([0 if value is None else value for value in values], dtype=kind)
        return np.ma.masked_array(filled, mask=[value is None for value in values])


def load(
    engine: duckdb.DuckDBPyConnection, table: str, fields: Sequence[Field], rows: Iterable[Sequence[Any]]
) -> int:
    """Make a table of rows.

    Args:
        engine: The engine.
        table: Name of the new table; a name of ours, not of a user.
        fields: Its columns.
        rows: Values in the order of the columns; read once.

    Returns:
        How many rows there were.

    Raises:
        StoreError: A value does not fit its column.
    """
    engine.execute(f"CREATE TEMP TABLE {table} ({', '.join(field.declared for field in fields)})")
    selected = ", ".join(field.selected for field in fields)
    count = 0
    for chunk in _chunks(rows):
        count += len(chunk)
        columns = zip(*chunk, strict=True)
        try:
            arrays = {field.name: field.array(values) for field, values in zip(fields, columns, strict=True)}
            engine.register("chunk", arrays)
            engine.execute(f"INSERT INTO {table} SELECT {selected} FROM chunk")  # noqa: S608 - our own names
        except (duckdb.InvalidInputException, duckdb.ConversionException, OverflowError) as error:
            # The engine's own words may quote the row.
            kind = type(error).__name__
            raise StoreError(
                f"a row does not fit a Parquet file ({kind}); none of its import was kept"
            ) from error
        engine.unregister("chunk")
    return count


def _chunks(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    chunk: list[Sequence[Any]] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += sum(len(value) for value in row if isinstance(value, str))
        if len(chunk) >= _MOST_ROWS or size >= _MOST_TEXT:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
