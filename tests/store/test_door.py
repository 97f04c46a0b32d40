"""The door: every fault of the ledger's file is one sentence that says what to do."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from modelmix.errors import StoreError
from modelmix.store import door
from modelmix.store.door import guarded
from modelmix.store.ledger import Ledger
from modelmix.store.private import make_folder
from store.made import call

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""


def test_a_locked_ledger_names_the_process_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence has the pid of the process that holds the lock, where the system tells it."""
    monkeypatch.setattr(door, "BUSY_MS", 10)
    with Ledger.open(tmp_path) as ledger:
        command = [sys.executable, "-c", HOLDER, str(ledger.path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout
            assert holder.stdout.readline() == b"locked\n"
            with pytest.raises(StoreError, match="is locked by ") as caught:
                ledger.put_calls([call(1)])
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(door, "_LOCKS", tmp_path / "none")
                with pytest.raises(StoreError, match="locked by another process; stop it, or wait"):
                    ledger.put_calls([call(1)])
            holder.communicate(b"\n", timeout=30)
        assert ledger.put_calls([call(1)]).new == 1
    assert str(holder.pid) in str(caught.value) or "another process" in str(caught.value)


OPENER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM calls").fetchall()
connection.close()
"""


def test_opening_it_again_keeps_the_locks_of_those_who_have_it_open(tmp_path: Path) -> None:
    """Another process that closes the ledger does not take itself for the last one, and leaves the log."""
    with Ledger.open(tmp_path) as ledger:
        ledger.put_calls([call(1)])
        Ledger.open(tmp_path).close()
        subprocess.run([sys.executable, "-c", OPENER, str(ledger.path)], check=True)
        assert ledger.path.with_name("ledger.db-wal").exists()
        assert ledger.put_calls([call(2)]).new == 1
        with sqlite3.connect(ledger.path) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert raw.execute("SELECT count(*) FROM calls").fetchall() == [(2,)]
        raw.close()


def test_holders_are_found_by_the_files_they_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks on the ledger's files count; those on other files, waiting ones and our own do not."""
    path = tmp_path / "ledger.db"
    path.touch()
    inode = path.stat().st_ino
    locks = tmp_path / "locks"
    monkeypatch.setattr(door, "_LOCKS", locks)
    locks.write_text(
        f"1: POSIX  ADVISORY  WRITE 4711 08:01:{inode} 128 128\n"
        f"1: -> POSIX  ADVISORY  WRITE 99 08:01:{inode} 128 128\n"
        f"2: POSIX  ADVISORY  READ 815 08:01:{inode} 0 EOF\n"
        f"3: POSIX  ADVISORY  WRITE {os.getpid()} 08:01:{inode} 0 EOF\n"
        "4: FLOCK  ADVISORY  WRITE 77 08:01:1 0 EOF\n"
    )
    assert door._holder(path) == "process 815, 4711"
    locks.write_text("")
    assert door._holder(path) == "another process"


@pytest.mark.parametrize("damage", [b"this is no database" * 300, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_ledger_says_what_to_do(tmp_path: Path, damage: bytes) -> None:
    """A file that is not a database, or was one, is refused and left as it is."""
    path = tmp_path / "ledger.db"
    path.write_bytes(damage)
    with pytest.raises(StoreError, match=r"is damaged or is no ledger; move it away"):
        Ledger.open(tmp_path)
    assert path.read_bytes() == damage


def test_damage_in_the_middle_is_found_when_it_is_met(tmp_path: Path) -> None:
    """Pages that make no sense end the reading with the same sentence."""
    with Ledger.open(tmp_path) as ledger:
        ledger.put_calls([call(number) for number in range(2_000)])
    data = bytearray(ledger.path.read_bytes())
    data[4096 * 60 : 4096 * 100] = b"\x07" * (4096 * 40)
    ledger.path.write_bytes(data)
    with Ledger.open(tmp_path) as ledger, pytest.raises(StoreError, match="is damaged"):
        list(ledger.calls())


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """The sentence names the file and the variable that chooses another place."""
    (tmp_path / "home").write_text("")
    with pytest.raises(StoreError, match=r"cannot be made .* MODELMIX_HOME"):
        Ledger.open(tmp_path / "home")
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "home")


def _fault(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("said by the database")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (sqlite3.SQLITE_FULL, "is full; free space"),
        (sqlite3.SQLITE_READONLY, "cannot be written; check who owns it"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "cannot be written; check who owns it"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be written"),
        (sqlite3.SQLITE_IOERR_WRITE, "the disk of the ledger .* fails"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "is locked by another process"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "is damaged"),
        (sqlite3.SQLITE_ERROR, "cannot be used .* --debug"),
    ],
)
def test_every_fault_is_one_sentence(tmp_path: Path, code: int, said: str) -> None:
    """Each kind of fault of the database, extended codes too, has its own advice and exit code 9."""
    with pytest.raises(StoreError, match=said) as caught, guarded(tmp_path / "ledger.db"):
        raise _fault(code)
    assert caught.value.exit_code == 9
    assert "\n" not in str(caught.value)


def test_a_fault_without_a_code_is_a_sentence_too(tmp_path: Path) -> None:
    """Misuse of the driver has no code."""
    with pytest.raises(StoreError, match="cannot be used"), guarded(tmp_path / "ledger.db"):
        raise sqlite3.ProgrammingError("closed")
