"""Files: whatever users have becomes rows, and whatever is damaged becomes a counted bad row."""

import gzip
import io
import os
import threading
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import BadRow
from modelmix.errors import DataError
from modelmix.store import zstd
from modelmix.store.files import LogFile, claude_code_places, found, lines, on_disk, sha256_of
from store.made import zstd_of

needs_zstd = pytest.mark.skipif(
    zstd._library() is None and not any(map(find_spec, ("compression", "backports"))),
    reason="neither a module nor a library for zstd is on this machine",
)
LINES = [b'{"a": %d}' % number for number in range(1000)]
TEXT = b"\n".join(LINES) + b"\n"


def _read(path: Path) -> tuple[list[bytes], list[BadRow]]:
    bad_rows: list[BadRow] = []
    return list(lines(path, bad_rows)), bad_rows


@pytest.mark.parametrize(
    "pack",
    [bytes, gzip.compress, pytest.param(zstd_of, marks=needs_zstd), lambda text: gzip.compress(text) * 2],
)
def test_lines_are_the_same_however_they_are_packed(tmp_path: Path, pack: object) -> None:
    """Plain, gzip, zstd and gzip members in a row are told from their bytes, whatever the name says."""
    file = tmp_path / "log.txt"
    packed = pack(TEXT)  # type: ignore[operator] # one of the four above
    file.write_bytes(packed)
    times = 2 if packed == gzip.compress(TEXT) * 2 else 1
    assert (LINES * times, []) == _read(file)


def test_a_byte_order_mark_and_a_missing_last_line_end_change_nothing(tmp_path: Path) -> None:
    """The mark is taken off, and the last line counts without its end."""
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.rstrip(b"\n"))
    assert _read(file) == (LINES, [])
    with LogFile(file) as log:
        assert log.head.startswith(b'{"a"')
        assert log.size_bytes == len(TEXT) + 2


@given(st.binary(max_size=400), st.integers(1, 50))
def test_no_bytes_raise_and_long_lines_keep_the_numbers(
    tmp_path_factory: object, data: bytes, bound: int
) -> None:
    """Lines are those of ``split``; one over the bound is an empty line and one bad row with its number."""
    plain = b"x" + data  # neither a byte-order mark nor compressed
    file = tmp_path_factory.getbasetemp() / "fuzz"  # type: ignore[attr-defined] # pytest's factory
    file.write_bytes(plain)
    with LogFile(file, longest_line_bytes=bound) as log:
        got = list(log.lines())
    whole = plain.split(b"\n")
    if not whole[-1]:
        whole.pop()
    assert [b"" if len(line) > bound else line for line in whole] == got
    assert [n for n, line in enumerate(whole, 1) if len(line) > bound] == [bad.line for bad in log.bad_rows]


@given(st.sampled_from([gzip.compress(TEXT), zstd_of(TEXT)]), st.data())
def test_damaged_compression_gives_what_lies_before_it(
    tmp_path_factory: object, packed: bytes, data: st.DataObject
) -> None:
    """A file that is cut off or has a wrong byte gives lines and at most one bad row; nothing raises."""
    cut = data.draw(st.integers(0, len(packed)))
    wrong = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "damaged"  # type: ignore[attr-defined] # pytest's factory
    file.write_bytes(
        packed[:cut] + bytes([wrong]) + packed[cut + 1 :] if data.draw(st.booleans()) else packed[:cut]
    )
    with LogFile(file) as log:
        list(log.lines())
    assert len(log.bad_rows) <= 1


def test_what_lies_before_a_cut_is_delivered(tmp_path: Path) -> None:
    """Most of a gzip file that is cut near its end is read, and the cut is a bad row with its place."""
    file = tmp_path / "cut.jsonl.gz"
    packed = gzip.compress(TEXT * 100)
    file.write_bytes(packed[:-20])
    rows, bad_rows = _read(file)
    assert len(rows) > 50_000
    assert [bad.source for bad in bad_rows] == [str(file)]
    assert abs(bad_rows[0].line - len(rows)) <= 1
    assert "from here on" in bad_rows[0].why


def test_a_line_longer_than_memory_should_hold_is_dropped_as_it_comes(tmp_path: Path) -> None:
    """A line of several reads that is too long leaves an empty line; its neighbours are read."""
    file = tmp_path / "long.jsonl"
    file.write_bytes(b"first\n" + b"y" * 5_000_000 + b"\nlast")
    with LogFile(file, longest_line_bytes=2_000_000) as log:
        assert list(log.lines()) == [b"first", b"", b"last"]
    assert [(bad.line, bad.why) for bad in log.bad_rows] == [(2, "the line is longer than 2,000,000 bytes")]
    with LogFile(file) as log:
        assert [len(line) for line in log.lines()] == [5, 5_000_000, 4]
    assert log.bytes_read == log.size_bytes


@pytest.mark.parametrize("name", ["none.jsonl", "."])
def test_a_file_that_cannot_be_opened_is_a_bad_row(tmp_path: Path, name: str) -> None:
    """What is no file at all is counted, not raised."""
    rows, bad_rows = _read(tmp_path / name)
    assert rows == []
    assert len(bad_rows) == 1
    assert bad_rows[0].why.startswith("cannot be read: ")


def test_zstd_without_a_decoder_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing decompresses Zstandard, the file is one bad row that names the package."""
    monkeypatch.setattr(zstd, "_MODULES", ("no_such_module_at_all",))
    monkeypatch.setattr(zstd, "_LIBRARIES", ("libnosuchthing.so.1",))
    zstd._library.cache_clear()
    file = tmp_path / "log.jsonl.zst"
    file.write_bytes(zstd_of(TEXT))
    rows, bad_rows = _read(file)
    zstd._library.cache_clear()
    assert rows == []
    assert "pip install backports.zstd" in bad_rows[0].why


def test_a_module_for_zstd_is_taken_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module with ``open`` in the manner of Python 3.14 is preferred to the system's library."""
    file = tmp_path / "log.jsonl.zst"
    file.write_bytes(zstd_of(TEXT))
    (tmp_path / "zstd_stand_in.py").write_text(
        "import io\ndef open(stream, mode):\n    return io.BytesIO(b'from the module')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(zstd, "_MODULES", ("zstd_stand_in",))
    assert _read(file) == ([b"from the module"], [])


@needs_zstd
def test_zstd_frames_in_a_row_are_joined_and_a_cut_is_told(tmp_path: Path) -> None:
    """Frames of many blocks are read through; a frame without its end is a bad row."""
    file = tmp_path / "log.jsonl.zst"
    file.write_bytes(zstd_of(TEXT * 50) + zstd_of(TEXT))
    assert _read(file) == (LINES * 51, [])
    file.write_bytes(zstd_of(TEXT)[:-100])
    rows, bad_rows = _read(file)
    assert bad_rows[0].why.endswith("the compressed stream ends early")
    assert rows[:500] == LINES[:500]
    file.write_bytes(b"\x28\xb5\x2f\xfd" + b"\xff" * 100)
    assert _read(file)[1][0].why.endswith("the compressed stream is damaged")


class _Input:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_read_without_seeking(monkeypatch: pytest.MonkeyPatch, pack: object) -> None:
    """``-`` is standard input, compressed or not, and it stays open."""
    stand_in = _Input(pack(TEXT))  # type: ignore[operator] # one of the two above
    monkeypatch.setattr("sys.stdin", stand_in)
    with LogFile("-") as log:
        assert list(log.lines()) == LINES
    assert log.name == "-"
    assert log.size_bytes == 0
    assert not stand_in.buffer.closed


def test_a_pipe_is_read_as_a_file_and_can_be_copied_to_disk(tmp_path: Path) -> None:
    """A named pipe gives its lines, and ``on_disk`` makes a file of it that is gone afterwards."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(TEXT,))
    writer.start()
    assert _read(pipe) == (LINES, [])
    writer.join()
    writer = threading.Thread(target=pipe.write_bytes, args=(TEXT,))
    writer.start()
    with on_disk(pipe) as copy:
        assert copy.read_bytes() == TEXT
    writer.join()
    assert not copy.exists()


def test_on_disk_takes_files_as_they_are_and_copies_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is yielded itself; standard input is copied; a fault while copying is an error."""
    file = tmp_path / "log"
    file.write_bytes(TEXT)
    with on_disk(file) as same:
        assert same == file
    monkeypatch.setattr("sys.stdin", _Input(TEXT))
    with on_disk("-") as copy:
        assert sha256_of(copy) == sha256_of(file)

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    failing = _Input(b"")
    failing.buffer = Failing()
    monkeypatch.setattr("sys.stdin", failing)
    with pytest.raises(DataError, match="- cannot be copied: Input/output error"), on_disk("-"):
        pass
    with pytest.raises(DataError, match="No such file"):
        sha256_of(tmp_path / "none")


def test_folders_give_their_logs_in_order_and_files_as_they_are(tmp_path: Path) -> None:
    """Folders are walked to the bottom, sorted; a file comes once; other names are passed over."""
    for name in (
        "b/two.jsonl",
        "b/one.jsonl.gz",
        "a/deep/x.jsonl.zst",
        "a/t.parquet",
        "a/notes.txt",
        "a/t.csv",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    named = tmp_path / "a" / "notes.txt"
    got = [path.relative_to(tmp_path).as_posix() for path in found([tmp_path, named, named])]
    assert got == [
        "a/deep/x.jsonl.zst",
        "a/t.csv",
        "a/t.parquet",
        "b/one.jsonl.gz",
        "b/two.jsonl",
        "a/notes.txt",
    ]
    logs = [path.name for path in found([tmp_path], (".jsonl",))]
    assert logs == ["x.jsonl.zst", "one.jsonl.gz", "two.jsonl"]
    assert found(["-"]) == [Path("-")]
    with pytest.raises(DataError, match=r"no file or folder '.*typo'"):
        found([tmp_path / "typo"])


def test_a_folder_that_may_not_be_entered_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes as a path that cannot be opened, so that it is seen."""

    def walk(top: Path, onerror: object) -> list[object]:
        onerror(PermissionError(13, "Permission denied", str(top / "closed")))  # type: ignore[operator] # as os.walk
        return []

    monkeypatch.setattr("os.walk", walk)
    assert [path.name for path in found([tmp_path])] == ["closed"]


def test_claude_code_keeps_transcripts_in_known_places(tmp_path: Path) -> None:
    """Both default folders are found where they exist; the variable's folders replace them."""
    for name in (".claude/projects", ".config/claude/projects", "work/projects", "other"):
        (tmp_path / name).mkdir(parents=True)

    def places(**env: str) -> list[str]:
        return [path.relative_to(tmp_path).as_posix() for path in claude_code_places(env, tmp_path)]

    assert places() == [".claude/projects", ".config/claude/projects"]
    assert places(XDG_CONFIG_HOME=str(tmp_path / "none")) == [".claude/projects"]
    assert places(CLAUDE_CONFIG_DIR=f"~/work, {tmp_path}/work/projects/,{tmp_path}/other") == [
        "work/projects"
    ]


def test_a_subagents_transcript_lies_below_its_session(tmp_path: Path) -> None:
    """Folders of sessions are walked, so sub-agents are found without being named."""
    agent = tmp_path / ".claude" / "projects" / "-home-me" / "session" / "subagents" / "agent-1.jsonl"
    agent.parent.mkdir(parents=True)
    agent.touch()
    assert found(claude_code_places({}, tmp_path)) == [agent]
