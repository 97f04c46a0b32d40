"""The door to the ledger's file: opening it, its pragmas, and every fault of it as one sentence."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from modelmix.errors import StoreError
from modelmix.store.private import make_file, make_folder

BUSY_MS: Final = 5000
"""How long a writer waits for another one."""

_ELSEWHERE: Final = "choose another folder by MODELMIX_HOME"
_LOCKS: Final = Path("/proc/locks")
_HIGH_BITS: Final = 0xFF
_WAL_PAGES: Final = 1000


def engine_at(path: Path) -> Engine:
    """Return an engine on a SQLite file, made private to its owner where it is new.

    Connections write ahead, commit without waiting for the disk (a killed process loses nothing that was
    committed; a power cut may lose the last commits, never the file), wait for other writers, and hold to
    foreign keys. A connection with the execution option ``immediate`` takes the write lock when it begins.

    Raises:
        StoreError: The folder or the file cannot be made.
    """
    try:
        make_folder(path.parent)
        make_file(path)
    except OSError as error:
        why = error.strerror or error
        raise StoreError(f"the ledger {path} cannot be made ({why}); {_ELSEWHERE}") from error
    engine = create_engine(URL.create("sqlite+pysqlite", database=str(path)))
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # Transactions begin where we say so: the driver of its own accord leaves DDL outside of them.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"wal_autocheckpoint = {_WAL_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    kind = "BEGIN IMMEDIATE" if connection.get_execution_options().get("immediate") else "BEGIN"
    driver: Any = connection.connection.driver_connection
    driver.execute(kind).close()


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn every fault of the database into a ``StoreError`` of one sentence.

    Raises:
        StoreError: The file is locked, damaged, read-only or out of space, or a value does not fit it.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(_sentence(path, error)) from error
    except (OverflowError, UnicodeEncodeError) as error:
        raise StoreError(
            f"a row does not fit the ledger {path} ({type(error).__name__}); none of its batch was kept"
        ) from error


def _sentence(path: Path, error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    match None if code is None else code & _HIGH_BITS:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"the ledger {path} is locked by {_holder(path)}; stop it, or wait until it is done"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return (
                f"the ledger {path} is damaged or is no ledger; move it away and import again, "
                f"or save its rows with: sqlite3 {path} .recover"
            )
        case sqlite3.SQLITE_FULL:
            return f"the disk of the ledger {path} is full; free space and run again"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return f"the ledger {path} cannot be written; check who owns it, or {_ELSEWHERE}"
        case sqlite3.SQLITE_IOERR:
            return f"the disk of the ledger {path} fails ({cause}); check the disk"
    return f"the ledger {path} cannot be used ({cause}); run again with --debug and report it"


def _holder(path: Path) -> str:
    """Name the processes that hold the file, where the system tells."""
    try:
        inodes = {str(file.stat().st_ino) for file in path.parent.glob(f"{path.name}*")}
        locks = [line.split() for line in _LOCKS.read_text(encoding="ascii").splitlines()]
    except OSError:
        return "another process"
    # 1: POSIX ADVISORY WRITE 4711 08:01:131 128 128
    held = {lock[4] for lock in locks if lock[1] != "->" and lock[5].rpartition(":")[2] in inodes}
    pids = sorted(held - {str(os.getpid())}, key=int)
    return f"process {', '.join(pids)}" if pids else "another process"
