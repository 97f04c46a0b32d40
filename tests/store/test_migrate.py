"""Migrations: a ledger is brought up to date step by step, and one that is not ours is left alone."""

import sqlite3
from pathlib import Path

import pytest

from modelmix.errors import StoreError
from modelmix.store import schema
from modelmix.store.door import engine_at
from modelmix.store.ledger import Ledger
from modelmix.store.migrate import APPLICATION_ID, migrate, statements, steps


def _ask(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def _tell(path: Path, script: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


def test_steps_are_numbered_without_a_gap() -> None:
    """The first is 1."""
    assert list(steps()) == list(range(1, len(steps()) + 1))


def test_the_tables_are_those_of_the_schema(tmp_path: Path) -> None:
    """Names, order and nullability of all columns are what the queries of the store take them for."""
    Ledger.open(tmp_path).close()
    path = tmp_path / "ledger.db"
    made = {
        name: [(row[1], not row[3]) for row in _ask(path, f"PRAGMA table_info({name})")]
        for (name,) in _ask(path, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    }
    meant = {
        name: [(column.name, bool(column.nullable)) for column in table.columns]
        for name, table in schema.metadata.tables.items()
    }
    assert made == meant


def test_a_new_ledger_says_what_it_is(tmp_path: Path) -> None:
    """The file's header holds our mark and the schema's version."""
    Ledger.open(tmp_path).close()
    assert _ask(tmp_path / "ledger.db", "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert _ask(tmp_path / "ledger.db", "PRAGMA user_version") == [(max(steps()),)]
    assert _ask(tmp_path / "ledger.db", "PRAGMA journal_mode") == [("wal",)]


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    """It says which version it is and that modelmix is to be upgraded."""
    Ledger.open(tmp_path).close()
    _tell(tmp_path / "ledger.db", "PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"newer modelmix \(schema 99, this one knows \d+\); upgrade"):
        Ledger.open(tmp_path)


@pytest.mark.parametrize(
    "script", ["CREATE TABLE notes (text)", "PRAGMA user_version = 3", "PRAGMA application_id = 252006673"]
)
def test_someone_elses_database_is_refused(tmp_path: Path, script: str) -> None:
    """A database with tables, a version or a mark that are not ours gets none of our tables."""
    _tell(tmp_path / "ledger.db", script)
    before = _ask(tmp_path / "ledger.db", "SELECT sql FROM sqlite_schema")
    with pytest.raises(StoreError, match="but no modelmix ledger"):
        Ledger.open(tmp_path)
    assert _ask(tmp_path / "ledger.db", "SELECT sql FROM sqlite_schema") == before


def test_a_step_that_fails_leaves_the_version_before_it(tmp_path: Path) -> None:
    """Steps run one by one; of one that fails nothing stays, its tables neither."""
    path = tmp_path / "ledger.db"
    engine = engine_at(path)
    known = {1: "CREATE TABLE a (x);", 2: "CREATE TABLE b (x);\nINSERT INTO nowhere VALUES (1);"}
    with pytest.raises(StoreError, match="no such table: nowhere"):
        migrate(engine, path, known)
    assert _ask(path, "SELECT name FROM sqlite_schema") == [("a",)]
    assert _ask(path, "PRAGMA user_version") == [(1,)]
    assert migrate(engine, path, {**known, 2: "CREATE TABLE b (x);"}) == 2
    assert migrate(engine, path, {**known, 2: "CREATE TABLE b (x);"}) == 2
    engine.dispose()


def test_a_step_that_another_process_took_is_not_taken_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version is looked at again under the lock."""
    Ledger.open(tmp_path).close()
    path = tmp_path / "ledger.db"
    engine = engine_at(path)
    looks = iter([0, *[max(steps())] * len(steps())])
    monkeypatch.setattr("modelmix.store.migrate._checked", lambda *_: next(looks))
    assert migrate(engine, path) == max(steps())
    engine.dispose()


def test_a_script_is_split_at_its_statements() -> None:
    """Semicolons within texts and comments split nothing."""
    script = "-- first; note\nCREATE TABLE a (x);\nINSERT INTO a\nVALUES ('1;2');\n-- end\n"
    assert [part.split()[-1] for part in statements(script)] == ["(x);", "('1;2');"]
