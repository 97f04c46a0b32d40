"""Capture file: rows of text at the end of a file that only its owner may read."""

import os
import stat
from pathlib import Path

from modelmix.errors import ConfigError

_MODE = 0o600
_HOW = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC


class CaptureFile:
    """A JSONL file that grows by whole rows.

    Args:
        path: The file; it is made, and taken from everybody else, if need be.

    Attributes:
        size_bytes: Its length.

    Raises:
        ConfigError: It cannot be written, is not this user's, is no plain file, or holds something else.
    """

    __slots__ = ("_handle", "_path", "size_bytes")

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._handle = os.open(path, _HOW, _MODE)
        except OSError as error:
            raise _unusable(path, f"cannot be written ({error.strerror})") from error
        try:
            self.size_bytes = self._made_ready()
        except OSError as error:
            os.close(self._handle)
            raise _unusable(path, f"cannot be made private ({error.strerror})") from error
        except ConfigError:
            os.close(self._handle)
            raise

    def append(self, row: bytes) -> None:
        """Write one row, line end included; a row that does not fit on the disk leaves nothing behind.

        Raises:
            OSError: It cannot be written.
        """
        rest = memoryview(row)
        try:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError:
            os.ftruncate(self._handle, self.size_bytes)
            raise
        self.size_bytes += len(row)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)

    def _made_ready(self) -> int:
        status = os.fstat(self._handle)
        if not stat.S_ISREG(status.st_mode):
            raise _unusable(self._path, "is no plain file")
        if status.st_size and os.pread(self._handle, 1, 0) != b"{":
            raise _unusable(self._path, "holds something else than captured calls")
        if stat.S_IMODE(status.st_mode) != _MODE:
            os.fchmod(self._handle, _MODE)
        size_bytes = status.st_size
        # A gateway that was killed in the middle of a row must not cost the next one too.
        if size_bytes and os.pread(self._handle, 1, size_bytes - 1) != b"\n":
            size_bytes += os.write(self._handle, b"\n")
        return size_bytes


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(f"capture file {path} {why}; name another with --capture")
