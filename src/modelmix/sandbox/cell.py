"""A cell: a program at work behind its limits, and the end of everything that it has started."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from modelmix.errors import ConfigError
from modelmix.sandbox.limits import Limits

_LAUNCHER = Path(__file__).with_name("launcher.py")
_NOBODY = 65534
_OTHERS_ENTER = 0o001
_LONGEST_PROBE_S = 20.0


class Cell:
    """A program at work.

    Its environment is empty but for a path and a language, its folder is a temporary one, and no descriptor
    but its standard three is open. Where this process is root, the program is not.

    Attributes:
        process: The launcher, head of a session of its own.
        status: Descriptor that says how the program ended.
        folder: Where it works.
    """

    def __init__(
        self, argv: Sequence[str], files: Mapping[str, str], limits: Limits, *, isolated: bool
    ) -> None:
        self._temporary = TemporaryDirectory(prefix="modelmix-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name).resolve()
        user = _NOBODY if os.geteuid() == 0 else None
        for name, text in files.items():
            path = self.folder / name
            path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
            path.chmod(0o644)
        if user is not None:
            os.chown(self.folder, user, user)
        self.status, status = os.pipe()
        order = {
            "argv": list(argv),
            **(_reachable() if user is not None else {"covered": [], "kept": []}),
            "environment": {
                "PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(self.folder), "TMPDIR": str(self.folder),
            },
            "isolated": isolated,
            "limits": _kernel_limits(limits, isolated=isolated),
            "status": status,
            "user": user,
        }  # fmt: skip
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own script, by its path
                [sys.executable, "-I", "-S", str(_LAUNCHER), json.dumps(order)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self.folder,
                env={},
                start_new_session=True,
                pass_fds=[status],
                bufsize=0,
            )
        except BaseException:
            os.close(self.status)
            self._temporary.cleanup()
            raise
        finally:
            os.close(status)

    def end(self) -> None:
        """End the program and all that it has started, and remove its folder; again, it does nothing."""
        if self.process.returncode is None:
            # Not waited for yet, so its number is still its own, and so is its group's.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            os.close(self.status)
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
        self._temporary.cleanup()


@lru_cache(maxsize=1)
def can_isolate() -> bool:
    """Say whether programs can be cut off from the network, and their offspring ended by the kernel.

    It takes Linux and user namespaces that are open to everybody; some distributions and most containers
    close them.
    """
    if sys.platform != "linux":
        return False
    cell = Cell([sys.executable, "-I", "-S", "-c", ""], {}, Limits(), isolated=True)
    try:
        cell.process.wait(_LONGEST_PROBE_S)
        said = os.read(cell.status, 100)
    except subprocess.TimeoutExpired:
        said = b""
    finally:
        # It is waited for already: what `end` would do is done here.
        cell.process.returncode = None
        cell.end()
    return said == b"exit 0\n"


def not_started(said: str, argv: Sequence[str]) -> ConfigError:
    """Return the error of a program that could not be started at all.

    Args:
        said: What the launcher said: ``start 13``.
        argv: The program.
    """
    number = said.partition(" ")[2]
    why = os.strerror(int(number)) if number.isdecimal() else "the sandbox ended before it began"
    user = " as the user nobody" if os.geteuid() == 0 else ""
    return ConfigError(
        f"the sandbox cannot run {argv[0]}{user}: {why}; make it readable for that user, or run modelmix as "
        "another"
    )


def _kernel_limits(limits: Limits, *, isolated: bool) -> dict[str, int]:
    found = {
        "RLIMIT_CORE": 0,
        "RLIMIT_AS": limits.memory_bytes,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_NOFILE": limits.files,
    }
    if limits.cpu_s:
        found["RLIMIT_CPU"] = limits.cpu_s + 1
    # Outside a namespace all processes of the user count.
    others = 0 if isolated else _processes_of_user()
    if others is not None:
        found["RLIMIT_NPROC"] = limits.processes + others
    return found


@lru_cache(maxsize=1)
def _reachable() -> dict[str, list[str]]:
    """Return folders of Python's that lie behind closed ones (root's home, say), and those closed ones."""
    covered: dict[str, None] = {}
    kept: dict[str, None] = {}
    for prefix in dict.fromkeys(
        (sys.base_prefix, sys.prefix, str(Path(sys.executable).resolve().parent.parent))
    ):
        path = Path(prefix).resolve()
        closed = [one for one in reversed((path, *path.parents)) if not one.stat().st_mode & _OTHERS_ENTER]
        if closed:
            covered[str(closed[0])] = None
            kept[str(path)] = None
    return {"covered": list(covered), "kept": list(kept)}


def _processes_of_user() -> int | None:
    """Count the threads that run as the program's user; None where that cannot be told."""
    user = os.geteuid() or _NOBODY
    found = 0
    with suppress(OSError):
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdecimal() and entry.stat().st_uid == user:
                    found += sum(1 for _ in (entry / "task").iterdir())
        return found
    return None
