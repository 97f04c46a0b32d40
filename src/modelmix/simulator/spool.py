"""Spool: parts of bytes in their order, in memory while they are few and in a nameless file beyond."""

import weakref
from array import array
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

_IN_MEMORY_BYTES = 1024 * 1024


class Spool:
    """Parts of bytes in their order.

    Up to 1 MB stays in memory; beyond that everything lies in a file without a name, which is gone with the
    spool or the process. Only eight bytes a part stay in memory then.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - it lives as long as the spool
        self._ends = array("Q", [0])
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: int) -> bytes:
        start, end = self._ends[at], self._ends[at + 1]
        self._file.seek(start)
        return self._file.read(end - start)

    def append(self, part: bytes | memoryview) -> None:
        """Add a part at the end."""
        self._file.seek(self._ends[-1])
        self._file.write(part)
        self._ends.append(self._ends[-1] + len(part))

    def pieces(self, size: int, parts: int | None = None) -> Iterator[bytes]:
        """Yield all bytes in order, some of them at a time; parts may be added or read in between.

        Args:
            size: Bytes of each piece but the last.
            parts: Only this many parts from the first; all if None.
        """
        at, end = 0, self._ends[-1 if parts is None else min(parts, len(self))]
        while at < end:
            self._file.seek(at)
            piece = self._file.read(min(size, end - at))
            at += len(piece)
            yield piece
