"""A program: run once, with limits, to its end."""

import os
import selectors
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from modelmix.sandbox.cell import Cell, can_isolate, not_started
from modelmix.sandbox.limits import Limits

Fate = Literal["exited", "killed", "timed out", "too much output"]
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended.

    Attributes:
        fate: ``exited``; ``killed`` by a signal; ended for taking too long or printing too much.
        code: Exit code, or number of the signal; 0 where it was ended.
        output: What it printed on standard output, at most `Limits.output_bytes`.
        errors: What it printed on standard error.
    """

    fate: Fate
    code: int
    output: bytes
    errors: bytes


def run(argv: Sequence[str], files: Mapping[str, str], said: bytes, limits: Limits) -> Ended:
    """Run a program in a folder of its own and end all that it has started.

    Args:
        argv: The program by its path, and its arguments.
        files: Name → text of what lies in its folder.
        said: What it reads on standard input, at most 4,096 bytes, and then the end.
        limits: What it may use.

    Raises:
        ConfigError: The program cannot be started.
    """
    cell = Cell(argv, files, limits, isolated=can_isolate())
    try:
        if cell.process.stdin is not None:
            with suppress(BrokenPipeError):
                cell.process.stdin.write(said)
            cell.process.stdin.close()
        return _watched(cell, argv, limits)
    finally:
        cell.end()


def _watched(cell: Cell, argv: Sequence[str], limits: Limits) -> Ended:
    stop_s = time.monotonic() + limits.wall_s
    heard: dict[str, bytearray] = {"output": bytearray(), "errors": bytearray(), "status": bytearray()}
    with selectors.DefaultSelector() as selector:
        for stream, name in (
            (cell.process.stdout, "output"), (cell.process.stderr, "errors"), (cell.status, "status"),
        ):  # fmt: skip
            if stream is not None:
                os.set_blocking(stream if isinstance(stream, int) else stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ, name)
        while (left_s := stop_s - time.monotonic()) > 0:
            is_over = _heard(selector, left_s, heard)
            if is_over:
                _drain(cell, heard, limits)
            if len(heard["output"]) + len(heard["errors"]) > limits.output_bytes:
                return _ended("too much output", 0, heard)
            if is_over:
                return _told(heard, argv)
    return _ended("timed out", 0, heard)


def _heard(selector: selectors.BaseSelector, left_s: float, heard: Mapping[str, bytearray]) -> bool:
    """Read what is there, and say whether the launcher has said its word or is gone."""
    is_over = False
    for key, _ in selector.select(left_s):
        chunk = _read(key.fd)
        if chunk:
            heard[key.data].extend(chunk)
        elif chunk is not None:
            selector.unregister(key.fileobj)
        is_over |= key.data == "status" and (not chunk or chunk.endswith(b"\n"))
    return is_over


def _told(heard: Mapping[str, bytearray], argv: Sequence[str]) -> Ended:
    word, _, number = heard["status"].decode().strip().partition(" ")
    if word == "exit":
        return _ended("exited", int(number), heard)
    if word == "signal":
        is_late = int(number) == signal.SIGXCPU
        return _ended("timed out" if is_late else "killed", int(number), heard)
    if not word:
        return _ended("killed", int(signal.SIGKILL), heard)
    raise not_started(heard["status"].decode().strip(), argv)


def _drain(cell: Cell, heard: Mapping[str, bytearray], limits: Limits) -> None:
    """Read what the program had printed before it ended."""
    for stream, name in ((cell.process.stdout, "output"), (cell.process.stderr, "errors")):
        while stream is not None and len(heard[name]) <= limits.output_bytes:
            chunk = _read(stream.fileno())
            if not chunk:
                break
            heard[name].extend(chunk)


def _read(descriptor: int) -> bytes | None:
    """Read what is there: empty at the end, None where nothing is there yet."""
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None


def _ended(fate: Fate, code: int, heard: Mapping[str, bytearray]) -> Ended:
    return Ended(fate, code, bytes(heard["output"]), bytes(heard["errors"]))
