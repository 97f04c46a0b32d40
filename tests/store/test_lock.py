"""One process at a time holds the lock of an activity, and a dead one holds nothing."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from modelmix.errors import StoreError
from modelmix.store.lock import held

HOLDER = """
import sys
from pathlib import Path
from modelmix.store.lock import held
with held(Path(sys.argv[1]), "replay"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(home: Path) -> "subprocess.Popen[bytes]":
    """Start a process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_one_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    """The sentence names the process; when that is done the lock is free."""
    with holder(tmp_path / "home") as other:
        said = (
            rf"another replay \(process {other.pid}\) is running on .*home; wait until it is done, or stop it"
        )
        with pytest.raises(StoreError, match=said), held(tmp_path / "home", "replay"):
            pass  # pragma: no cover - it is refused
        other.communicate(timeout=60)
    with held(tmp_path / "home", "replay"):
        assert (tmp_path / "home" / "replay.lock").read_text() == str(os.getpid())


def test_a_killed_process_takes_its_lock_along(tmp_path: Path) -> None:
    """Nobody has to clean up after it."""
    with holder(tmp_path) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
    with held(tmp_path, "replay"):
        pass


def test_another_activity_and_another_home_have_their_own(tmp_path: Path) -> None:
    """They do not stand in each other's way; the same one does, also within a process."""
    with held(tmp_path, "replay"), held(tmp_path, "import"), held(tmp_path / "b", "replay"):
        assert (tmp_path / "b" / "replay.lock").exists()
        with pytest.raises(StoreError, match=rf"\(process {os.getpid()}\)"), held(tmp_path, "replay"):
            pass  # pragma: no cover - it is refused
    with held(tmp_path, "replay"):
        pass


def test_what_fails_within_it_passes_through_and_lets_go(tmp_path: Path) -> None:
    """An error of the activity is its own."""
    with pytest.raises(OSError, match="disk"), held(tmp_path, "replay"):
        raise OSError("disk")
    with held(tmp_path, "replay"):
        pass


def test_a_holder_that_has_not_said_its_name_is_unknown(tmp_path: Path) -> None:
    """Between taking the lock and writing down who did."""
    (tmp_path / "replay.lock").touch()
    with (tmp_path / "replay.lock").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match=r"\(process unknown\)"), held(tmp_path, "replay"):
            pass  # pragma: no cover - it is refused


def test_a_longer_name_leaves_nothing_behind(tmp_path: Path) -> None:
    """The file holds the last holder, and nothing of one before."""
    (tmp_path / "replay.lock").write_text("1" * 40)
    with held(tmp_path, "replay"):
        assert (tmp_path / "replay.lock").read_text() == str(os.getpid())


def test_a_lock_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    """Where its home is no folder."""
    (tmp_path / "home").write_text("a file")
    said = r"replay\.lock cannot be made \(Not a directory\); choose another folder by MODELMIX_HOME"
    with pytest.raises(StoreError, match=said), held(tmp_path / "home", "replay"):
        pass  # pragma: no cover - it is refused


def test_a_disk_without_locks_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not taken for another process."""

    def no_locks(_handle: int, _how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("modelmix.store.lock.fcntl.flock", no_locks)
    said = r"cannot be locked \(No locks available\); choose a folder on a local disk"
    with pytest.raises(StoreError, match=said), held(tmp_path, "replay"):
        pass  # pragma: no cover - it is refused
