"""Files: whatever users have, opened as rows: plain, compressed, standard input, CSV and Parquet."""

import gzip
import hashlib
import io
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, cast

from modelmix.core.call import BadRow
from modelmix.errors import DataError
from modelmix.ingest.sniff import kind_of
from modelmix.store import tables, zstd

STANDARD_INPUT: Final = "-"
LOGS: Final = (".jsonl", ".ndjson")
TABLES: Final = (".parquet", ".csv", ".tsv")
LONGEST_LINE_BYTES: Final = 64 * 1024 * 1024
"""A longer line is no row of a log; it is counted, and its bytes are dropped as they come."""

_COMPRESSED: Final = ("", ".gz", ".zst")
_HEAD_BYTES: Final = 64 * 1024
_CHUNK_BYTES: Final = 1024 * 1024
_MAGIC_BYTES: Final = 4
_GZIP: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

Row = bytes | Mapping[str, Any]


def claude_code_places(env: Mapping[str, str], home: Path) -> list[Path]:
    """Return the folders on this machine in which Claude Code keeps transcripts.

    ``CLAUDE_CONFIG_DIR``, a comma-separated list, replaces the default places. Sub-agents' transcripts lie
    deeper in the same folders. Only folders that exist are returned, each once.

    Args:
        env: The environment.
        home: The user's home folder.

    Source: code.claude.com/docs (2026-11): ``~/.claude/projects`` and ``~/.config/claude/projects``.
    """
    named = [name.strip() for name in env.get("CLAUDE_CONFIG_DIR", "").split(",") if name.strip()]
    config = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    folders = [_at_home(name, home) for name in named] or [home / ".claude", config / "claude"]
    projects = [folder if folder.name == "projects" else folder / "projects" for folder in folders]
    return list({path.resolve(): path for path in projects if path.is_dir()}.values())


def _at_home(name: str, home: Path) -> Path:
    return home / name[2:] if name.startswith("~/") else Path(name)


def found(places: Iterable[str | Path], suffixes: Sequence[str] = LOGS + TABLES) -> list[Path]:
    """Return the files that places name: files as they stand, folders with all that lies below them.

    Args:
        places: Paths; ``-`` is standard input.
        suffixes: Ends of the names that are taken from folders, each also with ``.gz`` and ``.zst``.

    Returns:
        Paths in the order of the places, those of a folder sorted; each file once.

    Raises:
        DataError: A place does not exist.
    """
    ends = tuple(suffix + more for suffix in suffixes for more in _COMPRESSED)
    paths: dict[Path, None] = {}
    for place in map(Path, places):
        if place.is_dir():
            paths.update(dict.fromkeys(sorted(_below(place, ends))))
        elif str(place) == STANDARD_INPUT or os.path.lexists(place):
            paths[place] = None
        else:
            raise DataError(f"there is no file or folder {str(place)!r}; correct the path")
    return list(paths)


def _below(folder: Path, ends: tuple[str, ...]) -> Iterator[Path]:
    # A folder that may not be entered is handed on as a file that cannot be opened, and so it is counted.
    unread: list[Path] = []
    for here, _, names in os.walk(folder, onerror=lambda error: unread.append(Path(error.filename))):
        yield from (Path(here, name) for name in names if name.lower().endswith(ends))
    yield from unread


def lines(path: str | Path, bad_rows: list[BadRow]) -> Iterator[bytes]:
    """Yield the lines of a file without their ends, in bounded memory.

    Args:
        path: The file, or ``-``.
        bad_rows: Takes up what could not be read: the file, the rest of it, or a line that is too long (an
            empty line stands in its place, so that the numbers of the others hold).
    """
    with LogFile(path, bad_rows=bad_rows) as log:
        yield from log.lines()


@contextmanager
def on_disk(path: str | Path) -> Iterator[Path]:
    """Yield the path of a regular file: itself, or a copy of what comes through standard input or a pipe.

    The copy is deleted at the end.

    Raises:
        DataError: It cannot be copied.
    """
    if str(path) != STANDARD_INPUT and not Path(path).is_fifo():
        yield Path(path)
        return
    with tempfile.NamedTemporaryFile(prefix="modelmix-") as copy:
        try:
            with sys.stdin.buffer if str(path) == STANDARD_INPUT else Path(path).open("rb") as stream:
                shutil.copyfileobj(stream, copy, _CHUNK_BYTES)
            copy.flush()
        except OSError as error:
            raise DataError(
                f"{path} cannot be copied: {error.strerror or error}; name a file instead"
            ) from error
        yield Path(copy.name)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as they lie on disk, in hexadecimal.

    Raises:
        DataError: It cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}; correct the path") from error


class LogFile:
    """One file or standard input, opened to be read once.

    Whatever is in the file, and whether there is one, nothing raises: faults are counted in ``bad_rows``.

    Args:
        path: The file, or ``-``.
        name: Its name for people; the path if None.
        bad_rows: List that takes up what could not be read; a new one if None.
        longest_line_bytes: Bound of a line.

    Attributes:
        name: Its name for people.
        bad_rows: What could not be read so far.
        size_bytes: Its size on disk; 0 if unknown.
        head: Its first 64 KB, decompressed, without a byte-order mark.
        kind: What it holds, by ``ingest.sniff.kind_of``.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        bad_rows: list[BadRow] | None = None,
        longest_line_bytes: int = LONGEST_LINE_BYTES,
    ) -> None:
        self.name = str(path) if name is None else name
        self.bad_rows: list[BadRow] = [] if bad_rows is None else bad_rows
        self.size_bytes = 0
        self._path = Path(path)
        self._longest = longest_line_bytes
        self._rows = 0
        self._raw: _Counted | None = None
        self._stream: BinaryIO | None = None
        try:
            self._open()
        except (OSError, zstd.NoDecoder) as error:
            self._lose(error)
        self.head = b"".join(self._first_chunks()).removeprefix(_BYTE_ORDER_MARK)
        self.kind = kind_of(self.head, self.name)

    def _open(self) -> None:
        is_input = str(self._path) == STANDARD_INPUT
        raw = sys.stdin.buffer if is_input else self._path.open("rb", buffering=0)
        self._raw = _Counted(raw, keep_open=is_input)
        self.size_bytes = 0 if is_input else os.fstat(raw.fileno()).st_size
        magic = self._raw.first(_MAGIC_BYTES)
        stream = io.BufferedReader(self._raw, _CHUNK_BYTES)
        if magic.startswith(_GZIP):
            self._stream = cast("BinaryIO", gzip.GzipFile(fileobj=stream))
        else:
            self._stream = zstd.reader(stream) if magic == zstd.MAGIC else stream

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the disk so far, before decompression."""
        return self._raw.count if self._raw else 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._stream is not None:
            self._stream.close()
        if self._raw is not None:
            self._raw.close()

    def columns(self) -> list[str] | None:
        """Return the names of a table's columns, or None if it is no table or cannot be read."""
        if self.kind == "outcomes-csv":
            return tables.csv_header(self.head)
        return tables.parquet_columns(self._path) if self.kind == "parquet" else None

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[Row]:
        """Yield its rows: mappings from CSV and Parquet, lines from everything else.

        An empty line stands for each row that is in ``bad_rows`` and for what takes up a line without being
        a row (the header of a CSV), so that the numbers that a reader counts are those of the file.

        Args:
            columns: Columns of a table that are wanted; all if None. Others may come as well.
        """
        if self.kind == "parquet":
            return tables.parquet_rows(self._path, self.name, self.bad_rows, columns)
        if self.kind == "outcomes-csv":
            return tables.csv_rows(self.lines(), self.name, self.bad_rows)
        return self.lines()

    def lines(self) -> Iterator[bytes]:
        """Yield its lines without their ends; the last need not have one."""
        parts: list[bytes] = []
        size = 0
        for chunk in self._chunks():
            first, *others = chunk.split(b"\n")
            size += len(first)
            # What is already too long is not held until its end comes.
            parts = [*parts, first] if size <= self._longest else []
            if others:
                yield self._line(parts, size)
                last = others.pop()
                self._rows += len(others)
                yield from others
                parts, size = [last], len(last)
        if size:
            yield self._line(parts, size)

    def _line(self, parts: list[bytes], size: int) -> bytes:
        self._rows += 1
        if size > self._longest:
            self.bad_rows.append(
                BadRow(self.name, self._rows, f"the line is longer than {self._longest:,} bytes")
            )
            return b""
        return b"".join(parts)

    def _first_chunks(self) -> Iterator[bytes]:
        size = 0
        while size < _HEAD_BYTES and (chunk := self._read(_HEAD_BYTES - size)):
            size += len(chunk)
            yield chunk

    def _chunks(self) -> Iterator[bytes]:
        chunk = self.head
        while chunk:
            yield chunk
            chunk = self._read(_CHUNK_BYTES)

    def _read(self, size: int) -> bytes:
        if self._stream is None:
            return b""
        try:
            # One read at a time: what lies before damage is delivered.
            return self._stream.read1(size)  # type: ignore[attr-defined,no-any-return] # all are buffered streams
        except (OSError, EOFError, zlib.error) as error:
            self._lose(error)
            return b""

    def _lose(self, error: Exception) -> None:
        self.close()
        self._stream = None
        reason = getattr(error, "strerror", None) or str(error)
        where = " from here on" if self._rows else ""
        self.bad_rows.append(BadRow(self.name, self._rows + 1, f"cannot be read{where}: {reason}"))


class _Counted(io.RawIOBase):
    """A raw stream that counts, and whose beginning can be looked at without seeking."""

    def __init__(self, raw: Any, *, keep_open: bool) -> None:  # noqa: ANN401 - raw or buffered, as stdin is
        self.count = 0
        self._raw = raw
        self._keep_open = keep_open
        self._ahead = b""
        self._take = getattr(raw, "readinto1", raw.readinto)

    def first(self, size: int) -> bytes:
        buffer = bytearray(size)
        while len(self._ahead) < size and (
            taken := self._take(memoryview(buffer)[: size - len(self._ahead)])
        ):
            self._ahead += buffer[:taken]
        return self._ahead

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer, as io defines it
        if self._ahead:
            size = min(len(buffer), len(self._ahead))
            buffer[:size], self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            size = self._take(buffer) or 0
        self.count += size
        return int(size)

    def close(self) -> None:
        if not self._keep_open and not self.closed:
            self._raw.close()
        super().close()
