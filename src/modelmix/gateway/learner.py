"""Learner: a share of the requests goes to candidates as well, beside the gateway and never in its way."""

import asyncio
import contextlib
import logging
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from modelmix.errors import ModelmixError
from modelmix.gateway.capture import is_sampled
from modelmix.gateway.capture_row import LONGEST_ROW_BYTES, Taken, Tape, Unkept, row_of
from modelmix.pipeline.learn.ask import LearnAsk
from modelmix.pipeline.learn.learning import SCHEMA, Learning, LearnPlace
from modelmix.pipeline.learn.sample import Sample, sample_of
from modelmix.store import lock
from modelmix.store.learn_book import LearnBook
from modelmix.upstream.headers import Headers, first
from modelmix.upstream.messages import Upstream

MOST_WAITING: Final = 256
MOST_WAITING_BYTES: Final = 32 * 1024 * 1024
"""Requests, and their text, that may wait for a candidate; beyond, one is dropped."""

PRESSED_S: Final = 30.0
"""How long nothing is sent to a model after a client was told by the upstream to come back later."""

_DRAIN_S: Final = 10.0
_TELLS_IN_S: Final = 2.0
_AUTH: Final = frozenset({b"x-api-key", b"authorization"})

log = logging.getLogger("modelmix.learn")


@dataclass(frozen=True, slots=True)
class LearnOrder:
    """What is to be learned, and with what.

    Attributes:
        ask: What was asked.
        place: Books, prices and the gateway's key; without one the client's own is used.
    """

    ask: LearnAsk
    place: LearnPlace


@dataclass(frozen=True, slots=True)
class _Offer:
    taken: Taken
    betas: str
    auth: Headers = field(repr=False)


class Learner:
    """Learns in a thread with an event loop, connections and a queue of its own.

    What goes wrong in it ends the learning, and never a response.

    Args:
        order: What is to be learned.

    Attributes:
        dropped: Requests dropped because too many were waiting.
    """

    def __init__(self, order: LearnOrder) -> None:
        self._order = order
        self._held = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: asyncio.Queue[_Offer | Sample | None]
        self._learning: Learning | None = None
        self._waiting = self._waiting_bytes = 0
        self._finished: frozenset[str] = frozenset()
        self._is_over = False
        self._why = ""
        self._aside: Counter[str] = Counter()
        self.dropped = 0

    def claim(self) -> None:
        """Take the home folder's learning for this process.

        Raises:
            StoreError: Another gateway learns on it, or its ledger cannot be used.
        """
        home = self._order.place.home
        self._held.enter_context(lock.held(home, "learning"))
        with LearnBook.open(home) as book:
            book.lose_learning()

    def start(self) -> None:
        """Start to learn."""
        self._thread = threading.Thread(target=self._run, name="modelmix-learner", daemon=True)
        self._thread.start()

    # On the gateway's side: nothing here waits, decodes or touches a disk.

    def tape(self, request_id: str, body: bytes, task_type: str) -> Tape | None:
        """Return a tape for an answer that is to be learned from, else None.

        Args:
            request_id: The API's request ID, which decides; the body does where there is none.
            body: The request.
            task_type: Its task type.
        """
        if self._is_over or task_type in self._finished:
            return None
        key = b"learn\0%d\0" % self._order.ask.seed + (request_id.encode() or body)
        room_bytes = LONGEST_ROW_BYTES - len(body)
        return Tape(room_bytes) if room_bytes > 0 and is_sampled(key, self._order.ask.share) else None

    def offer(self, taken: Taken, headers: Headers) -> None:
        """Hand a pair over, after its client has all of it.

        Args:
            taken: The pair.
            headers: The request's headers; of a key only one that is to be used is kept, and only in memory.
        """
        auth = [] if self._order.place.key else [(name, value) for name, value in headers if name in _AUTH]
        with self._lock:
            fits = (
                self._waiting < MOST_WAITING
                and self._waiting_bytes + taken.size_bytes <= MOST_WAITING_BYTES
                and self._loop is not None
                and not self._is_over
            )
            if not fits:
                self.dropped += 1
                return
            self._waiting += 1
            self._waiting_bytes += taken.size_bytes
        self._tell(self._queue.put_nowait, _Offer(taken, first(headers, b"anthropic-beta"), auth))

    def press(self, model: str) -> None:
        """Say that a client was told to come back later: what is learned can wait."""
        learning = self._learning
        if learning is not None:
            self._tell(learning.press, model, PRESSED_S)

    async def status(self) -> dict[str, Any]:
        """Return how it stands, as plain JSON."""
        loop, learning = self._loop, self._learning
        if loop is None or learning is None or self._why:
            return {"schema": SCHEMA, "state": "stopped" if self._why else "starting", "why": self._why}
        told: Future[dict[str, Any]] = Future()
        self._tell(lambda: told.set_result(self._standing(learning)))
        try:
            async with asyncio.timeout(_TELLS_IN_S):
                return await asyncio.wrap_future(told)
        except TimeoutError:
            return {"schema": SCHEMA, "state": "stopped", "why": "it does not answer"}

    def close(self) -> None:
        """Send nothing more, book what is on its way, and let go."""
        if self._thread is not None and self._loop is not None:
            self._tell(self._stop)
            self._thread.join(2 * _DRAIN_S)
            self._thread = None
        self._held.close()

    # On its own side.

    def _tell(self, what: Callable[..., object], *args: object) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended
                loop.call_soon_threadsafe(what, *args)

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except ModelmixError as error:
            self._end(str(error))
        except Exception as error:  # noqa: BLE001 - whatever happens here, answers go on
            self._end(f"{type(error).__name__} in our own code")

    def _end(self, why: str) -> None:
        self._is_over, self._why = True, why
        log.error("nothing more is learned: %s", why)

    async def _live(self) -> None:
        ask, place = self._order.ask, self._order.place
        self._queue = asyncio.Queue()
        self._done = asyncio.Event()
        with LearnBook.open(place.home) as book:
            async with Upstream(ask.upstream, resends=False) as upstream:
                learning = Learning(ask, place, book, upstream)
                await learning.open()
                self._learning = learning
                self._finished = learning.finished_types
                self._loop = asyncio.get_running_loop()
                await self._tended(
                    [asyncio.create_task(self._work(learning)) for _ in range(ask.concurrency)]
                )

    async def _tended(self, workers: "list[asyncio.Task[None]]") -> None:
        """Wait for the end, then let what is on its way come in, and book the rest as lost."""
        ended = asyncio.create_task(self._done.wait())
        try:
            await asyncio.wait([ended, *workers], return_when=asyncio.FIRST_COMPLETED)
            self._stop()
            await asyncio.wait(workers, timeout=_DRAIN_S)
        finally:
            for task in (ended, *workers):
                task.cancel()
            found = await asyncio.gather(*workers, return_exceptions=True)
        for one in found:
            if isinstance(one, Exception):
                raise one

    async def _work(self, learning: Learning) -> None:
        while not self._done.is_set() and (came := await self._queue.get()) is not None:
            if isinstance(came, _Offer):
                for sample in self._read(learning, came):
                    self._queue.put_nowait(sample)
                continue
            await learning.learn(came)
            self._finished = learning.finished_types
            self._is_over = self._is_over or learning.is_over

    def _read(self, learning: Learning, offer: _Offer) -> list[Sample]:
        with self._lock:
            self._waiting -= 1
            self._waiting_bytes -= offer.taken.size_bytes
        try:
            row = row_of(offer.taken, raw=True)
        except Unkept as error:
            found: Sample | str = str(error)
        else:
            capabilities = self._order.place.capabilities
            found = sample_of(row, offer.taken.call, offer.betas, capabilities, offer.auth)
        if isinstance(found, str):
            learning.aside[found] += 1
            return []
        return learning.take(found)

    def _standing(self, learning: Learning) -> dict[str, Any]:
        return learning.status() | {"waiting": self._queue.qsize(), "dropped": self.dropped}

    def _stop(self) -> None:
        self._done.set()
        if self._learning is not None:
            self._learning.stop()
        for _ in range(self._order.ask.concurrency):
            self._queue.put_nowait(None)
