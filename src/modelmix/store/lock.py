"""A lock on a home folder that its process takes along when it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelmix.errors import StoreError
from modelmix.store.private import make_file, make_folder


@contextmanager
def held(home: Path, what: str) -> Iterator[None]:
    """Hold the lock of an activity, such as ``replay``, of which a home folder has one at a time.

    Raises:
        StoreError: Another process holds it, or it cannot be made.
    """
    path = home / f"{what}.lock"
    try:
        make_folder(home)
        make_file(path)
        handle = os.open(path, os.O_RDWR)
    except OSError as error:
        why = error.strerror or error
        raise StoreError(f"{path} cannot be made ({why}); choose another folder by MODELMIX_HOME") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise StoreError(
                f"another {what} (process {holder}) is running on {home}; wait until it is done, or stop it"
            ) from error
        except OSError as error:
            why = error.strerror or error
            raise StoreError(
                f"{path} cannot be locked ({why}); choose a folder on a local disk by MODELMIX_HOME"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)
