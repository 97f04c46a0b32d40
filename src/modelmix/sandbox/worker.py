"""A worker: a program that answers one line of JSON with another, many times, behind limits."""

import os
import selectors
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec

from modelmix.sandbox.cell import Cell, can_isolate
from modelmix.sandbox.limits import Limits

_CHUNK = 65_536
_LATE = "timed out"


class Worker:
    """Asks a program, and starts it anew where it has died or been ended; for one thread at a time.

    Attributes:
        limits: What it may use; `Limits.wall_s` is for one call, its start included where there is one.
    """

    def __init__(self, argv: Sequence[str], files: Mapping[str, str], limits: Limits) -> None:
        self._argv, self._files = tuple(argv), dict(files)
        self.limits = replace(limits, cpu_s=0)
        self._cell: Cell | None = None

    def ask(self, question: Mapping[str, Any], wall_s: float | None = None) -> Mapping[str, Any] | str:
        """Ask once.

        Args:
            question: Names and values that JSON can hold.
            wall_s: Longest time for it, else that of the limits.

        Returns:
            What it answers; or why there is no answer: ``timed out``, ``died`` or ``answered no JSON``.
        """
        if self._cell is None:
            self._cell = Cell(self._argv, self._files, self.limits, isolated=can_isolate())
            for stream in (self._cell.process.stdin, self._cell.process.stdout, self._cell.process.stderr):
                if stream is not None:
                    os.set_blocking(stream.fileno(), False)
        stop_s = time.monotonic() + (self.limits.wall_s if wall_s is None else wall_s)
        answer = self._exchange(self._cell, msgspec.json.encode(question) + b"\n", stop_s)
        if isinstance(answer, bytes):
            with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                found = msgspec.json.decode(answer)
                if isinstance(found, dict):
                    return found
            answer = "answered no JSON"
        self.end()
        return answer

    def end(self) -> None:
        """End the program; the next question starts it anew."""
        if self._cell is not None:
            self._cell.end()
            self._cell = None

    def _exchange(self, cell: Cell, question: bytes, stop_s: float) -> bytes | str:
        stdin, stdout = cell.process.stdin, cell.process.stdout
        if stdin is None or stdout is None:
            return "died"
        try:
            return self._answer(stdout.fileno(), stop_s) if _put(stdin.fileno(), question, stop_s) else _LATE
        except BrokenPipeError:
            return "died"

    def _answer(self, descriptor: int, stop_s: float) -> bytes | str:
        answer = bytearray()
        while len(answer) <= self.limits.output_bytes:
            if not _waited(descriptor, selectors.EVENT_READ, stop_s):
                return _LATE
            chunk = os.read(descriptor, _CHUNK)
            if not chunk:
                return "died"
            answer += chunk
            if chunk.endswith(b"\n"):
                return bytes(answer)
        return "answered no JSON"


def _put(descriptor: int, question: bytes, stop_s: float) -> bool:
    rest = memoryview(question)
    while rest:
        if not _waited(descriptor, selectors.EVENT_WRITE, stop_s):
            return False
        rest = rest[os.write(descriptor, rest) :]
    return True


def _waited(descriptor: int, event: int, stop_s: float) -> bool:
    """Wait until a descriptor can be read or written; False where it cannot in time."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, event)
        return bool(selector.select(max(stop_s - time.monotonic(), 0.0)))
