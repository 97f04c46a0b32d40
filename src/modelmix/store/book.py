"""A book in the ledger's file: opened once, read in one connection at a time, written in transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection, Engine

from modelmix.store.door import guarded
from modelmix.store.migrate import engine_of

FILE: Final = "ledger.db"


class Book:
    """What one home folder keeps in SQL; several processes may have it open, one writes at a time.

    Each method that writes is one transaction: it is kept whole or not at all, and once it has returned the
    rows survive a killed process. Every fault of the file is a ``StoreError``.
    """

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._writer = engine.execution_options(immediate=True)
        self.path = path

    @classmethod
    def open(cls, home: Path) -> Self:
        """Open the book of a home folder; folder, file and tables are made where they are not there yet.

        Raises:
            StoreError: The ledger is locked, damaged, from a newer version, or cannot be made.
        """
        path = home / FILE
        return cls(engine_of(path), path)

    @classmethod
    def beside(cls, other: "Book") -> Self:
        """Return a book on the same file as another, which stays the one to close."""
        return cls(other._engine, other.path)  # noqa: SLF001 - of its own kind

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        with guarded(self.path):
            self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with guarded(self.path), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with guarded(self.path), self._writer.begin() as connection:
            yield connection
