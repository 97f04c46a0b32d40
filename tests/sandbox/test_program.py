"""Programs in the sandbox: hostile ones too end within their limits, and leave nothing behind."""

import os
import sys
import time
from pathlib import Path

import pytest

from modelmix.errors import ConfigError
from modelmix.sandbox import cell
from modelmix.sandbox.limits import Limits
from modelmix.sandbox.program import Ended, run

LIMITS = Limits(cpu_s=1, wall_s=2.0, memory_bytes=256 * 2**20, file_bytes=2**20, output_bytes=100_000)
isolated = pytest.mark.skipif(not cell.can_isolate(), reason="this machine closes user namespaces")


def ran(code: str, said: bytes = b"") -> Ended:
    """Run Python code."""
    return run([sys.executable, "-I", "-S", "-c", code], {"data.txt": "here"}, said, LIMITS)


def test_a_program_reads_and_prints() -> None:
    """Its input ends, its files are there, and its exit code is told."""
    found = ran("import sys; print(sys.stdin.read(), open('data.txt').read()); sys.exit(3)", b"you")
    assert found == Ended("exited", 3, b"you here\n", b"")


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        ("while True: pass", "timed out"),
        ("import time; time.sleep(60)", "timed out"),
        ("import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)", "timed out"),
        ("while True: print('x' * 1000)", "too much output"),
        ("import sys\nwhile True: sys.stderr.write('x' * 1000)", "too much output"),
        ("import os; os.kill(os.getpid(), 9)", "killed"),
        ("import ctypes; ctypes.string_at(0)", "killed"),
        ("import os; os.close(1); os.close(2)", "exited"),
        ("import os; os.close(0); os.close(1); os.close(2)\nwhile True: pass", "timed out"),
        ("open('big', 'wb').write(b'x' * 10**7)", "exited"),
        ("x = bytearray(10**9)", "exited"),
        ("open(0).read(); [open('data.txt') for _ in range(999)]", "exited"),
    ],
)
def test_hostile_programs_end_by_themselves_or_are_ended(code: str, fate: str) -> None:
    """Soon after their time, whatever they ignore, close or fill."""
    start_s = time.monotonic()
    found = ran(code)
    assert found.fate == fate
    assert len(found.output) + len(found.errors) <= LIMITS.output_bytes + 2 * 65_536
    assert time.monotonic() - start_s < 30.0


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("x = bytearray(10**9)", b"MemoryError"),
        ("open('big', 'wb').write(b'x' * 10**7)", b"File too large"),
        ("kept = [open('data.txt') for _ in range(99)]", b"Too many open files"),
    ],
)  # fmt: skip
def test_what_is_beyond_a_limit_is_refused(code: str, error: bytes) -> None:
    """Memory, files and their size: the program is told, the machine feels nothing."""
    assert error in ran(code).errors


def test_no_key_reaches_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in its environment nor in that of whoever started it."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "dummy")
    found = ran("import os; print(sorted(os.environ))")
    assert found.output == b"['HOME', 'LANG', 'PATH', 'TMPDIR']\n"


@isolated
def test_the_environment_of_its_starter_is_closed() -> None:
    """The file that the kernel offers is not for a process of another namespace."""
    assert b"PermissionError" in ran(f"open('/proc/{os.getpid()}/environ').read()").errors


def test_root_is_not_root_inside() -> None:
    """Whoever starts it."""
    assert ran("import os; print(os.getuid() != 0)").output == b"True\n" or os.getuid() != 0


@isolated
def test_there_is_no_network() -> None:
    """Not even to this machine."""
    assert b"unreachable" in ran("import socket; socket.create_connection(('127.0.0.1', 9), 1)").errors


@isolated
@pytest.mark.parametrize(
    "code",
    [
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
        "import os; os.kill(os.getppid(), 9)",
        "import os\nif not os.fork():\n  os.setsid()\n  if not os.fork():\n    import time; time.sleep(4321)",
    ],
)
def test_nothing_that_it_has_started_goes_on(code: str) -> None:
    """A bomb of forks, one that kills its parent, and one that leaves its session."""
    ran(code)
    deadline_s = time.monotonic() + 5.0
    while _offspring() and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert not _offspring()


def _offspring() -> list[str]:
    """Name processes that run our code in a folder of a sandbox of this process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"os.fork()" in line and line.count(b"\0") < 8:
                found.append(entry.name)
    return found


def test_its_folder_is_removed() -> None:
    """With all that it has written there, and though it has closed it."""
    folder = ran("import os; os.mkdir('a'); open('a/b', 'w'); os.chmod('a', 0); print(os.getcwd())").output
    assert not Path(folder.decode().strip()).exists()


def test_what_cannot_be_started_is_said() -> None:
    """With the reason, and what to do."""
    with pytest.raises(ConfigError, match=r"cannot run /nowhere/program.*No such file"):
        run(["/nowhere/program"], {}, b"", LIMITS)


def test_without_namespaces_it_runs_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its limits hold, only network and far offspring are its own."""
    monkeypatch.setattr("modelmix.sandbox.program.can_isolate", lambda: False)
    assert ran("print(1)").output == b"1\n"
    assert ran("import time; time.sleep(60)").fate == "timed out"
