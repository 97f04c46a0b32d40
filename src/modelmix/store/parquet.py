"""Parquet files: written whole or not at all, in bounded memory."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from modelmix.store.chunks import Field, load
from modelmix.store.engine import engine_in
from modelmix.store.private import make_folder

_FORMAT: Final = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480"


def write(
    file: Path,
    fields: Sequence[Field],
    rows: Iterable[Sequence[Any]],
    spill: Path,
    *,
    keep_empty: bool = False,
) -> int:
    """Write rows to a file under another name and rename it: readers see all of it or what was there before.

    Args:
        file: The file; its folders are made.
        fields: Its columns.
        rows: Values in the order of the columns; read once.
        spill: Folder for what does not fit into memory.
        keep_empty: Whether there is to be a file without any row as well; otherwise it is removed.

    Returns:
        How many rows there were.

    Raises:
        StoreError: It cannot be written, or a value does not fit its column.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    with engine_in(spill) as engine:
        make_folder(file.parent)
        count = load(engine, "rows", fields, rows)
        if not count and not keep_empty:
            file.unlink(missing_ok=True)
            return 0
        try:
            engine.execute(f"COPY rows TO ? ({_FORMAT})", [str(part)])
            part.chmod(0o600)
            _settle(part)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    return count


def _settle(file: Path) -> None:
    """Wait until the file's bytes are on the disk: a rename must not outlive what it names."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
