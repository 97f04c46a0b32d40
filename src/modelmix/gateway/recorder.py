"""Recorder: rows on their way into the ledger, many in one commit, each awaited by its response."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Protocol

from modelmix.core.call import Call

MOST_WAITING = 10_000
"""Rows that may wait for the ledger; beyond, a row is lost rather than the gateway's memory."""

GATHER_S = 0.003
"""How long a commit waits for more rows where the last one was just made: it costs as much as ten rows."""

_LOUD_EVERY_S = 10.0
_PROMPT_S = 1.0

_Waiting = tuple[Call, "asyncio.Future[bool] | None"]

log = logging.getLogger("modelmix.gateway")


class Rows(Protocol):
    """What takes rows: the ledger, or a stand-in of it."""

    def put_calls(self, calls: Sequence[Call]) -> object:
        """Commit the rows in one transaction, or raise."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class Recorder:
    """Commits rows in a thread of its own; rows that come while one commit runs share the next.

    A ledger that fails loses rows, never responses: each loss is counted and said in the log.

    Args:
        open_rows: Opens the ledger; called in the writer's thread.
        patience_s: Longest time that the end of a response waits for its commit.

    Attributes:
        written: Rows committed.
        lost: Rows that could not be committed.
        late: Rows whose response was let go before they were committed.
    """

    def __init__(self, open_rows: Callable[[], Rows], patience_s: float = 2.0) -> None:
        self._open_rows = open_rows
        self._patience_s = patience_s
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._said_at = float("-inf")
        self.written = self.lost = self.late = 0

    def start(self) -> None:
        """Start the writer; call it inside the event loop whose responses will wait."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="modelmix-recorder", daemon=True)
        self._thread.start()

    async def record(self, call: Call) -> bool:
        """Hand a row over and wait until it is committed.

        Returns:
            True once it is; False if it was lost, or is still waiting after the patience.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        if not self._take(call, future):
            return False
        timer = loop.call_later(self._patience_s, self._give_up, future)
        try:
            return await future
        finally:
            timer.cancel()

    def leave(self, call: Call) -> None:
        """Hand a row over without waiting."""
        self._take(call, None)

    def close(self, timeout_s: float = 10.0) -> None:
        """Commit what is waiting and stop the writer."""
        self._closing = True
        self._wake.put(None)
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    def _take(self, call: Call, future: "asyncio.Future[bool] | None") -> bool:
        with self._lock:
            full = len(self._waiting) >= MOST_WAITING
            was_empty = not self._waiting
            if not full:
                self._waiting.append((call, future))
        if full:
            self._lose(1, "too many rows are waiting for the ledger")
        elif was_empty:
            self._wake.put(None)
        return not full

    def _run(self) -> None:
        rows: Rows | None = None
        committed_s = float("-inf")
        while True:
            self._wake.get()
            if time.monotonic() - committed_s < GATHER_S and not self._closing:
                time.sleep(GATHER_S)
            with self._lock:
                batch, self._waiting = self._waiting, []
            if batch:
                rows = self._commit(rows, batch)
                committed_s = time.monotonic()
            elif self._closing:
                break
            if self._closing:
                self._wake.put(None)
        if rows is not None:
            rows.close()

    def _commit(self, rows: Rows | None, batch: "list[_Waiting]") -> Rows | None:
        began_s = time.monotonic()
        try:
            rows = rows or self._open_rows()
            rows.put_calls([call for call, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever the ledger does, responses go on
            if len(batch) > 1 and rows is not None and time.monotonic() - began_s < _PROMPT_S:
                # The ledger answers, so one row of the batch may be what it does not take.
                for one in batch:
                    rows = self._commit(rows, [one])
                return rows
            self._lose(len(batch), f"{type(error).__name__}: {error}")
            self._tell(batch, committed=False)
        else:
            self.written += len(batch)
            self._tell(batch, committed=True)
        return rows

    def _tell(self, batch: "list[_Waiting]", *, committed: bool) -> None:
        futures = [future for _, future in batch if future is not None]
        loop = self._loop
        if futures and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(_settle, futures, committed)

    def _lose(self, rows: int, why: str) -> None:
        self.lost += rows
        self._say(f"{self.lost} rows of calls could not be kept so far ({why}); answers go on without them")

    def _give_up(self, future: "asyncio.Future[bool]") -> None:
        if not future.done():
            self.late += 1
            self._say("a row was not committed in time; its response was let go")
            future.set_result(False)

    def _say(self, sentence: str) -> None:
        now = time.monotonic()
        if now - self._said_at >= _LOUD_EVERY_S:
            self._said_at = now
            log.error("%s", sentence)


def _settle(futures: "list[asyncio.Future[bool]]", committed: bool) -> None:
    for future in futures:
        if not future.done():
            future.set_result(committed)
