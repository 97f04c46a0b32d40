"""The analytics engine: DuckDB within bounds, its faults as one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from modelmix.errors import StoreError

MEMORY: Final = "256MB"
THREADS: Final = 2


@contextmanager
def engine_in(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield an engine that works in bounded memory, spills into a folder, and never fetches anything.

    Args:
        folder: The lake's folder; what does not fit into memory goes to ``tmp`` in it.

    Raises:
        StoreError: The engine fails.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": THREADS,
        "temp_directory": str(folder / "tmp"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        with duckdb.connect(":memory:", config=config) as engine:
            engine.execute("SET TimeZone = 'UTC'")
            yield engine
    except (duckdb.Error, OSError) as error:
        raise StoreError(_sentence(folder, error)) from error


def _sentence(folder: Path, error: Exception) -> str:
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"the lake {folder} needs more room than memory and disk have; free space and run again"
    if isinstance(error, OSError | duckdb.IOException):
        return (
            f"the lake {folder} cannot be read or written ({_brief(error)}); check the disk and who owns it"
        )
    if isinstance(error, duckdb.InvalidInputException | duckdb.SerializationException):
        return f"a file of the lake {folder} is damaged ({_brief(error)}); remove it and import again"
    # The engine's own words may quote rows.
    return f"the lake {folder} cannot be used ({type(error).__name__}); run again with --debug and report it"


def _brief(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).partition("\n")[0].rstrip(".")
