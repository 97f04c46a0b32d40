"""Private folders and files: only their owner may look into the ledger and the lake."""

import errno
import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, for its owner alone; one that is there stays as it is.

    Raises:
        OSError: It cannot be made.
    """
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def make_file(file: Path) -> None:
    """Make an empty file, for its owner alone; one that is there stays as it is, and is not even opened.

    A process that closes a file gives up all locks that it holds on it, those of a database that it has open
    there among them: then others take the database for theirs alone, and damage it.
    Source: How to corrupt an SQLite database file, 2.2 (2026-11-25).

    Raises:
        OSError: It cannot be made, or a folder is in its place.
    """
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file)) from None
