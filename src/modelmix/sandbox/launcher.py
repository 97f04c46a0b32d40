"""The launcher: a script that binds itself to limits and then becomes the program. Never imported.

Limits are set between fork and exec; a process with threads must not do that itself, so this one does. It
knows the standard library alone and is started as ``python -I -S launcher.py ORDER``. Three processes stand
in a row: the launcher, which the product can end; the first process of a process namespace of its own, with
whose end the kernel ends all others in it, also those that have left the process group; and the program.

On the descriptor ``status`` one line says how it went: ``exit CODE``, ``signal NUMBER``,
``start ERRNO`` or ``isolation ERRNO``.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from typing import Any

_NEW_USER, _NEW_PID, _NEW_NET, _NEW_IPC = 0x10000000, 0x20000000, 0x40000000, 0x08000000
_NEW_MOUNTS, _BIND, _RECURSIVE, _PRIVATE = 0x00020000, 4096, 16384, 1 << 18  # mount(2)
_PARENT_DEATH, _DUMPABLE, _NO_NEW_PRIVILEGES = 1, 4, 38  # prctl(2)


def main() -> None:
    """Bind this process as ordered, and start the program."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    status: int = order["status"]
    os.set_inheritable(status, False)
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc is not None and order["covered"]:
        _cover(libc, order["covered"], order["kept"])
    os.umask(0o077)
    if order["user"] is not None:
        os.setgroups([])
        os.setgid(order["user"])
        os.setuid(order["user"])
    if libc is not None and order["isolated"]:
        libc.prctl(_DUMPABLE, 1, 0, 0, 0)  # a changed user may not write its own map otherwise
        try:
            _isolate(libc)
        except OSError as error:
            _say(status, f"isolation {error.errno}")
            os._exit(1)
    _guard(libc)
    first = os.fork()
    if first:
        os.waitpid(first, 0)
        os._exit(0)
    _guard(libc)
    program = os.fork()
    if not program:
        _become(order, libc)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    os.dup2(0, 2)
    ended = 0
    while ended != program:
        ended, how = os.wait()
    code = os.waitstatus_to_exitcode(how)
    _say(status, f"exit {code}" if code >= 0 else f"signal {-code}")
    os._exit(0)


def _cover(libc: ctypes.CDLL, covered: list[str], kept: list[str]) -> None:
    """Lay an empty folder over each that the program's user may not enter, with what it needs bound into it.

    Only this process and its children see it. Without the right to mount nothing happens, and the program
    cannot be started.
    """
    if libc.unshare(_NEW_MOUNTS) or libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None):
        return
    opened = {path: os.open(path, os.O_PATH) for path in kept}
    for folder in covered:
        libc.mount(b"none", folder.encode(), b"tmpfs", 0, b"mode=755,size=1m")
    for path, descriptor in opened.items():
        os.makedirs(path, exist_ok=True)  # noqa: PTH103 - pathlib takes its time to load
        libc.mount(f"/proc/self/fd/{descriptor}".encode(), path.encode(), None, _BIND | _RECURSIVE, None)
        os.close(descriptor)


def _isolate(libc: ctypes.CDLL) -> None:
    """Leave users, processes and network of the machine behind; what follows has a loopback that is down.

    Raises:
        OSError: The kernel does not allow it without root.
    """
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_USER | _NEW_PID | _NEW_NET | _NEW_IPC):
        raise OSError(ctypes.get_errno(), "unshare")
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, line.encode())
        os.close(descriptor)


def _guard(libc: ctypes.CDLL | None) -> None:
    """End with the parent, and let the program look at nothing of this process."""
    if libc is not None:
        libc.prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_DUMPABLE, 0, 0, 0, 0)


def _become(order: dict[str, Any], libc: ctypes.CDLL | None) -> None:
    try:
        for name, asked in order["limits"].items():
            number = getattr(resource, name)
            hard = resource.getrlimit(number)[1]
            most = asked if hard == resource.RLIM_INFINITY else min(asked, hard)
            # Past the first of the two a process is told why it ends, at the second it is ended.
            soft = max(most - 1, 1) if name == "RLIMIT_CPU" else most
            resource.setrlimit(number, (soft, most))
        if libc is not None:
            libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        # Python ignores these two, and what is ignored stays so.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        os.execve(order["argv"][0], order["argv"], order["environment"])  # noqa: S606 - the point of it
    except OSError as error:
        _say(order["status"], f"start {error.errno}")
    finally:
        os._exit(127)


def _say(status: int, line: str) -> None:
    os.write(status, f"{line}\n".encode())


if __name__ == "__main__":
    main()
