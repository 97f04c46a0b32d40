"""A function of the user's: found, hashed, and called in workers that are kept."""

import hashlib
import importlib.machinery
import json
import sys
import weakref
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from modelmix.errors import ConfigError
from modelmix.sandbox.limits import Limits
from modelmix.sandbox.worker import Worker

_CALLER = Path(__file__).with_name("calling.py")
_START_S = 10.0
_DIGITS = 12


class Function:
    """Calls a function of the user's, from any number of threads.

    Attributes:
        sha256: First digits of the hash of its source file.
    """

    def __init__(self, place: str, seconds: int, workers: int) -> None:
        """Find the function and load it once.

        Args:
            place: ``module:function`` or ``path/to/grader.py:function``.
            seconds: Longest time of one call.
            workers: Processes at most.

        Raises:
            ConfigError: There is no such file or module, it cannot be loaded, or takes other arguments.
        """
        self._place = place
        where, _, function = place.rpartition(":")
        is_file = where.endswith(".py")
        source = Path(where) if is_file else _source_of(where, place)
        try:
            text = source.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"grader {place} cannot be read: {error}; name a Python file") from error
        self.sha256 = hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
        here = str(source.resolve().parent) if is_file else str(Path.cwd())
        order = {
            "file": "grader.py" if is_file else "",
            "module": where,
            "function": function,
            "path": [here, *(path for path in sys.path if path)],
        }
        argv = [sys.executable, "-I", "-B", "calling.py", json.dumps(order)]
        files = {"calling.py": _CALLER.read_text(encoding="utf-8")} | ({"grader.py": text} if is_file else {})
        self._limits = Limits(wall_s=seconds + _START_S, memory_bytes=2**31, files=256)
        self._seconds = seconds
        self._free: SimpleQueue[tuple[Worker, bool]] = SimpleQueue()
        self._workers = [Worker(argv, files, self._limits) for _ in range(workers)]
        for worker in self._workers:
            self._free.put((worker, False))
        # Also at the end of this process, whoever forgets it: its folders are removed.
        self._end = weakref.finalize(self, _end_all, self._workers)
        self._prove()

    def __call__(self, arguments: Mapping[str, Any]) -> Mapping[str, Any] | str:
        """Call it once.

        Returns:
            ``{"result": ...}``, ``{"raised": NAME}``, or why nothing came: ``grader timed out``.
        """
        worker, is_ready = self._free.get()
        try:
            if not is_ready:
                came = worker.ask({}, _START_S)
                if isinstance(came, str):
                    return f"grader {came}"
            came = worker.ask(arguments, self._seconds)
            is_ready = not isinstance(came, str)
        except OSError:
            worker.end()
            is_ready, came = False, "could not be started"
        finally:
            self._free.put((worker, is_ready))
        return f"grader {came}" if isinstance(came, str) else came

    def end(self) -> None:
        """End all workers."""
        self._end()

    def _prove(self) -> None:
        worker, _ = self._free.get()
        came = worker.ask({}, _START_S)
        if isinstance(came, str) or "ready" not in came:
            fault = f"it {came}" if isinstance(came, str) else came.get("fault", "it says nothing")
            self.end()
            raise ConfigError(f"grader {self._place} cannot be used: {fault}")
        self._free.put((worker, True))


def _end_all(workers: list[Worker]) -> None:
    for worker in workers:
        worker.end()


def _source_of(module: str, place: str) -> Path:
    """Find a module's file without running anything of it."""
    path: list[str] | None = [str(Path.cwd()), *sys.path]
    found: importlib.machinery.ModuleSpec | None = None
    parts = module.split(".")
    for index in range(len(parts)):
        found = importlib.machinery.PathFinder.find_spec(".".join(parts[: index + 1]), path)
        if found is None:
            break
        path = list(found.submodule_search_locations or ())
    if found is None or not found.origin or not found.origin.endswith(".py"):
        raise ConfigError(
            f"grader {place} names module {module!r}, which is not there; name a file: "
            "path/to/grader.py:grade"
        )
    return Path(found.origin)
