"""The lake: calls by day and outcome tables as Parquet files, which any tool can open."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from modelmix.core.outcome import Outcome
from modelmix.errors import StoreError
from modelmix.store.call_row import row_of
from modelmix.store.chunks import Field
from modelmix.store.engine import engine_in
from modelmix.store.ledger import Ledger
from modelmix.store.parquet import write
from modelmix.store.schema import calls as calls_table

FOLDER: Final = "lake"

OUTCOME_FIELDS: Final = (
    Field("import_id", "VARCHAR"),
    Field("prompt_id", "VARCHAR"),
    Field("task_type", "VARCHAR"),
    Field("model", "VARCHAR"),
    Field("effort", "VARCHAR", is_optional=True),
    Field("score", "DOUBLE"),
    Field("cluster_id", "VARCHAR", is_optional=True),
    Field("input_tokens", "BIGINT", is_optional=True),
    Field("output_tokens", "BIGINT", is_optional=True),
    Field("cost_usd", "VARCHAR", is_optional=True),
    Field("checks_ok", "BOOLEAN", is_optional=True),
    Field("slice", "VARCHAR", is_optional=True),
    Field("prompt", "VARCHAR", is_optional=True),
    Field("response", "VARCHAR", is_optional=True),
    Field("expected", "VARCHAR", is_optional=True),
    Field("grader", "VARCHAR", is_optional=True),
    Field("why", "VARCHAR", is_optional=True),
    Field("look", "BIGINT", is_optional=True),
    Field("unit", "VARCHAR", is_optional=True),
    Field("run_id", "VARCHAR", is_optional=True),
    Field("calls", "BIGINT", is_optional=True),
    Field("attempts", "BIGINT", is_optional=True),
    Field("seconds", "DOUBLE", is_optional=True),
    Field("latency_ms", "DOUBLE", is_optional=True),
)
"""Columns of an outcome file; money is exact decimal text."""

_ROWS_AT_ONCE: Final = 4096
_KINDS: Final = {"BIGINT": "BIGINT", "TEXT": "VARCHAR", "SMALLINT": "BOOLEAN", "DOUBLE": "DOUBLE"}
_CODED: Final = ("unit", "prompt_id", "task_type", "model", "effort", "slice")
_MEASURED: Final = ("score", "input_tokens", "output_tokens", "cost_usd")
_NUMBERED: Final = """
CREATE TEMP TABLE rows AS
SELECT row_number() OVER () AS number, coalesce(cluster_id, prompt_id) AS unit, prompt_id, task_type, model,
  coalesce(effort, '') AS effort, coalesce(slice, '') AS slice, score,
  CAST(input_tokens AS DOUBLE) AS input_tokens, CAST(output_tokens AS DOUBLE) AS output_tokens,
  CAST(cost_usd AS DOUBLE) AS cost_usd
FROM read_parquet(?, union_by_name := true)
"""
_NAME: Final = re.compile(r"[a-z_]+")
_COMMENT: Final = re.compile(r"--.*")
_PARAMETER: Final = re.compile(r"\$([a-z_]+)")

_outcome_values: Final = attrgetter(
    "prompt_id", "task_type", "candidate.model", "candidate.effort", "score", "cluster_id", "input_tokens",
    "output_tokens", "cost_usd", "checks_ok", "slice_name",
)  # fmt: skip


def _call_fields() -> tuple[Field, ...]:
    columns = [Field(c.name, _KINDS[str(c.type)], c.nullable is True) for c in calls_table.c]
    return tuple(Field("ts", "TIMESTAMP") if column.name == "at_us" else column for column in columns)


CALL_FIELDS: Final = _call_fields()
"""Columns of a day's calls: those of the ledger, with ``ts`` as a timestamp in UTC."""


class Lake:
    """The lake of one home folder.

    A file is written under another name and then renamed: readers see it whole or not at all. Every fault of
    the files is a ``StoreError``.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / FOLDER

    # Outcomes.

    def put_outcomes(self, import_id: str, outcomes: Iterable[Outcome], *, keep_text: bool = False) -> int:
        """Keep the rows of one import, in their order, in place of what was kept of it before.

        Args:
            import_id: Identity of the import; it becomes the file's name.
            outcomes: Its rows; read once.
            keep_text: Whether prompts and answers are kept.

        Returns:
            How many rows were kept; without any no file is written.

        Raises:
            StoreError: The lake cannot take them; what was there before stays.
        """
        rows = (_outcome_row(import_id, outcome, keep_text=keep_text) for outcome in outcomes)
        return write(self._outcome_file(import_id), OUTCOME_FIELDS, rows, self.path)

    def outcome_imports(self) -> tuple[str, ...]:
        """Return the ids of the imports whose outcomes are kept, in order."""
        return tuple(sorted(path.stem for path in (self.path / "outcomes").glob("*.parquet")))

    def outcomes(self, import_ids: Sequence[str] | None = None) -> Iterator[Mapping[str, Any]]:
        """Yield outcome rows by column name, as ``ingest.outcomes`` reads them, import by import.

        Args:
            import_ids: Imports that are wanted; all if None.
        """
        files = self._outcome_files(import_ids)
        if not files:
            return
        query = "SELECT * FROM read_parquet(?, union_by_name := true)"
        with engine_in(self.path) as engine:
            engine.execute(query, [files])
            names = [str(column[0]) for column in engine.description or ()]
            while rows := engine.fetchmany(_ROWS_AT_ONCE):
                for row in rows:
                    yield dict(zip(names, row, strict=True))

    def outcome_columns(self, import_ids: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
        """Return outcomes as arrays of shape (n,), in the order of ``outcomes``.

        ``unit``, ``prompt_id``, ``task_type``, ``model``, ``effort`` and ``slice`` are codes (int32): indexes
        into the sorted arrays ``unit_names`` and so on, where an absent effort or slice is the empty text. A
        unit is the cluster, else the prompt. ``score``, ``input_tokens``, ``output_tokens`` and ``cost_usd``
        are float64, NaN where absent.

        Args:
            import_ids: Imports that are wanted; all if None.
        """
        files = self._outcome_files(import_ids)
        if not files:
            return _no_columns()
        with engine_in(self.path) as engine:
            engine.execute(_NUMBERED, [files])
            found: dict[str, NDArray[Any]] = {}
            for name in _CODED:
                engine.execute(
                    f"CREATE TEMP TABLE {name}_codes AS SELECT {name}, "  # noqa: S608 - our own names
                    f"CAST(row_number() OVER (ORDER BY {name}) - 1 AS INTEGER) AS code "
                    f"FROM (SELECT DISTINCT {name} FROM rows)"
                )
                names = engine.execute(f"SELECT {name} FROM {name}_codes ORDER BY code").fetchnumpy()  # noqa: S608 - our own names
                found[f"{name}_names"] = np.asarray(names[name], dtype=object)
                found[name] = _array(
                    engine, f"{name}_codes.code", f"JOIN {name}_codes USING ({name})", np.int32
                )
            for name in _MEASURED:
                found[name] = _array(engine, name, "", np.float64)
        return found

    # Calls.

    def refresh(self, ledger: Ledger) -> int:
        """Write the days whose calls in the ledger have changed since they were last written.

        Returns:
            How many days were written.
        """
        changed = ledger.changed_days()
        for day, changes in changed.items():
            begin = datetime.combine(day, time(), UTC)
            calls = ledger.calls(begin, begin + timedelta(days=1))
            write(self._day_file(day), CALL_FIELDS, map(row_of, calls), self.path)
            ledger.day_in_lake(day, changes)
        return len(changed)

    def days(self) -> tuple[date, ...]:
        """Return the days that have calls in the lake, in order."""
        return tuple(
            date.fromisoformat(Path(file).parent.name.removeprefix("day=")) for file in self._day_files()
        )

    def query(self, name: str, **parameters: object) -> list[dict[str, Any]]:
        """Run one of the packaged queries.

        Args:
            name: Name of the query: a file of ``store/queries``, which says what it gives and takes.
            parameters: Its parameters; they are bound, never written into the text.

        Returns:
            Rows by column name; none if the lake has no file that the query reads.

        Raises:
            ValueError: There is no such query, or its parameters are others.
        """
        query = _sql(name)
        files = {"calls": self._day_files(), "outcomes": self._outcome_files()}
        sources = {key: found for key, found in files.items() if f"${key}" in query}
        wanted = _parameters(query) - set(sources)
        if wanted != set(parameters):
            raise ValueError(f"query {name!r} takes {sorted(wanted)}, not {sorted(parameters)}")
        if not all(sources.values()):
            return []
        with engine_in(self.path) as engine:
            engine.execute(query, {**sources, **parameters})
            names = [str(column[0]) for column in engine.description or ()]
            return [dict(zip(names, row, strict=True)) for row in engine.fetchall()]

    # Files.

    def _outcome_file(self, import_id: str) -> Path:
        return self.path / "outcomes" / f"{import_id}.parquet"

    def _outcome_files(self, import_ids: Sequence[str] | None = None) -> list[str]:
        ids = self.outcome_imports() if import_ids is None else sorted(set(import_ids))
        files = [self._outcome_file(import_id) for import_id in ids]
        missing = [file.stem for file in files if not file.is_file()]
        if missing:
            raise StoreError(
                f"the lake {self.path} has no outcomes of import {missing[0]!r}; import them again"
            )
        return [str(file) for file in files]

    def _day_file(self, day: date) -> Path:
        return self.path / "calls" / f"day={day.isoformat()}" / "calls.parquet"

    def _day_files(self) -> list[str]:
        return sorted(map(str, (self.path / "calls").glob("day=*/*.parquet")))


def _outcome_row(import_id: str, outcome: Outcome, *, keep_text: bool) -> Sequence[Any]:
    *values, cost_usd, checks_ok, slice_name = _outcome_values(outcome)
    cost = None if cost_usd is None else str(cost_usd)
    text = (outcome.prompt, outcome.response, outcome.expected) if keep_text else ("", "", "")
    whole = (outcome.level, outcome.run_id, outcome.calls, outcome.attempts, outcome.seconds)
    graded = (outcome.grader, outcome.why, outcome.look)
    return (import_id, *values, cost, checks_ok, slice_name, *text, *graded, *whole, outcome.latency_ms)


def _sql(name: str) -> str:
    file = resources.files("modelmix.store.queries").joinpath(f"{name}.sql")
    if not _NAME.fullmatch(name) or not file.is_file():
        raise ValueError(f"there is no query {name!r}")
    return file.read_text(encoding="utf-8")


def _parameters(query: str) -> set[str]:
    return set(_PARAMETER.findall(_COMMENT.sub("", query)))


def _array(
    engine: duckdb.DuckDBPyConnection, value: str, join: str, kind: type[np.int32 | np.float64]
) -> NDArray[Any]:
    query = f"SELECT {value} AS value FROM rows {join} ORDER BY number"  # noqa: S608 - our own names
    found = engine.execute(query).fetchnumpy()["value"]
    if kind is np.float64:
        return np.ma.filled(np.ma.asarray(found, dtype=np.float64), np.nan)
    return np.asarray(found, dtype=kind)


def _no_columns() -> dict[str, NDArray[Any]]:
    codes = {name: np.empty(0, np.int32) for name in _CODED}
    names = {f"{name}_names": np.empty(0, object) for name in _CODED}
    return {**codes, **names, **{name: np.empty(0, np.float64) for name in _MEASURED}}
