"""Interrupts: the first Ctrl-C ends a replay in order, the second at once."""

import asyncio
import signal
from contextlib import suppress
from typing import Protocol, Self


class Stoppable(Protocol):
    """What sends requests, and can be told to send no more."""

    def stop(self) -> None:
        """Send nothing more; what is on its way is waited for."""


class Interrupts:
    """Listens for SIGINT and SIGTERM while a replay runs.

    Attributes:
        is_stopping: Whether one has come.
    """

    def __init__(self) -> None:
        self.is_stopping = False
        self._runner: Stoppable | None = None
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()

    def watch(self, runner: Stoppable) -> None:
        """Stop this one from now on; at once if an interrupt has come already."""
        self._runner = runner
        if self.is_stopping:
            runner.stop()

    def __enter__(self) -> Self:
        with suppress(ValueError, RuntimeError, NotImplementedError):  # not on the main thread
            for number in (signal.SIGINT, signal.SIGTERM):
                self._loop.add_signal_handler(number, self._stop)
        return self

    def _stop(self) -> None:
        self.is_stopping = True
        if self._runner is not None:
            self._runner.stop()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, self._quit)

    def _quit(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def __exit__(self, *exc: object) -> None:
        with suppress(ValueError, RuntimeError, NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                self._loop.remove_signal_handler(number)
