"""Migrations: the ledger's schema, brought up to date one numbered step at a time."""

import re
import sqlite3
from importlib import resources
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from modelmix.errors import StoreError
from modelmix.store.door import engine_at, guarded

APPLICATION_ID: Final = 0x6D6D6978
"""Says in the file's header that it is a modelmix ledger (``mmix``)."""

_NAME: Final = re.compile(r"(\d{4})_[a-z_]+\.sql")


def steps() -> dict[int, str]:
    """Return the SQL of every step by its number, in order."""
    folder = resources.files("modelmix.store.migrations")
    named = ((_NAME.fullmatch(file.name), file) for file in folder.iterdir())
    found = {int(name[1]): file.read_text(encoding="utf-8") for name, file in named if name}
    return dict(sorted(found.items()))


def engine_of(path: Path) -> Engine:
    """Return an engine on a ledger that is there and up to date; folder, file and tables are made if need be.

    Raises:
        StoreError: The ledger is locked, damaged, from a newer version, or cannot be made.
    """
    engine = engine_at(path)
    try:
        migrate(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def migrate(engine: Engine, path: Path, known: dict[int, str] | None = None) -> int:
    """Bring a ledger up to date, each step in a transaction of its own.

    Args:
        engine: Engine on the file.
        path: The file, for sentences.
        known: Steps by number; those of the package if None.

    Returns:
        The version that it has now.

    Raises:
        StoreError: The file is from a newer version, is something else, or cannot be used.
    """
    known = steps() if known is None else known
    newest = max(known)
    with guarded(path), engine.connect() as connection:
        version = _checked(connection, path, newest)
    for number in range(version + 1, newest + 1):
        with guarded(path), engine.execution_options(immediate=True).begin() as connection:
            # Another process may have taken the same step while this one waited for the lock.
            if _checked(connection, path, newest) < number:
                for statement in statements(known[number]):
                    connection.exec_driver_sql(statement)
                connection.exec_driver_sql(f"PRAGMA user_version = {number}")
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    return newest


def statements(script: str) -> list[str]:
    """Split a script of SQL into its statements."""
    found: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found


def _checked(connection: Connection, path: Path, newest: int) -> int:
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    kind = int(connection.exec_driver_sql("PRAGMA application_id").scalar_one())
    tables = int(connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one())
    if kind != APPLICATION_ID and (kind or version or tables):
        raise StoreError(
            f"{path} is a database, but no modelmix ledger; choose another folder by MODELMIX_HOME"
        )
    if version > newest:
        raise StoreError(
            f"the ledger {path} was written by a newer modelmix (schema {version}, this one knows {newest}); "
            "upgrade modelmix, or choose another folder by MODELMIX_HOME"
        )
    return version
