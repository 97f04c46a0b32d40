"""Capture: a sample of requests and answers on its way into a file, where that was asked for.

Text is a guest: nothing is captured unless a file is named, and nothing waits for it.
"""

import hashlib
import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from modelmix.gateway.capture_row import LONGEST_ROW_BYTES, Taken, Tape, Unkept, row_of

DEFAULT_SHARE = 0.1
DEFAULT_MB = 256

MOST_WAITING_BYTES = 64 * 1024 * 1024
"""Text that may wait for the file; beyond, a pair is dropped rather than the gateway's memory."""

_LOUD_EVERY_S = 10.0

log = logging.getLogger("modelmix.gateway")


@dataclass(frozen=True, slots=True)
class CaptureOrder:
    """What is to be captured.

    Attributes:
        file: Where to.
        share: Share of the calls, in (0, 1].
        most_bytes: Length of the file at which the capture stops.
        raw: Whether secrets are left as they are.
    """

    file: Path
    share: float = DEFAULT_SHARE
    most_bytes: int = DEFAULT_MB * 1024 * 1024
    raw: bool = False


class Rows(Protocol):
    """What takes rows: the capture file, or a stand-in of it."""

    size_bytes: int

    def append(self, row: bytes) -> None:
        """Write a row, or raise ``OSError``."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Capture:
    """Writes pairs in a thread of its own; what it cannot keep in time it drops and counts.

    Args:
        order: What is to be captured.
        rows: The file.

    Attributes:
        written: Pairs written.
        dropped: Pairs dropped because too many were waiting, or the file could not be written.
        unkept: Pairs that were too long or not sound.
        is_full: Whether the file has reached its bound; nothing more is captured then.
    """

    def __init__(self, order: CaptureOrder, rows: Rows) -> None:
        self._order = order
        self._rows = rows
        self._queue: SimpleQueue[Taken | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._waiting_bytes = 0
        self._thread: threading.Thread | None = None
        self._said_at = float("-inf")
        self.written = self.dropped = self.unkept = 0
        self.is_full = False

    def start(self) -> None:
        """Start the writer."""
        self._thread = threading.Thread(target=self._run, name="modelmix-capture", daemon=True)
        self._thread.start()

    def tape(self, request_id: str, body: bytes) -> Tape | None:
        """Return a tape for an answer that is to be captured, else None.

        Args:
            request_id: The API's request ID, which decides; the body does where there is none.
            body: The request.
        """
        room_bytes = LONGEST_ROW_BYTES - len(body)
        if self.is_full or not is_sampled(request_id.encode() or body, self._order.share):
            return None
        if room_bytes <= 0:
            with self._lock:
                self.unkept += 1
            return None
        return Tape(room_bytes)

    def offer(self, taken: Taken) -> None:
        """Hand a pair over; never waits."""
        with self._lock:
            fits = self._waiting_bytes + taken.size_bytes <= MOST_WAITING_BYTES
            if fits:
                self._waiting_bytes += taken.size_bytes
            else:
                self.dropped += 1
        if fits:
            self._queue.put(taken)
        else:
            self._say(f"the capture file is slow: {self.dropped} calls were not captured so far")

    def close(self, timeout_s: float = 10.0) -> None:
        """Write what is waiting, stop the writer and let go of the file."""
        if self._thread is None:
            self._rows.close()
            return
        self._queue.put(None)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.error(
                "%s did not take %d calls in time; they are lost", self._order.file, self._queue.qsize()
            )
        log.info("captured %d calls in %s", self.written, self._order.file)
        self._thread = None

    def counts(self) -> dict[str, object]:
        """Return what became of the sample, for ``/readyz``."""
        return {
            "written": self.written,
            "dropped": self.dropped,
            "unkept": self.unkept,
            "full": self.is_full,
        }

    def _run(self) -> None:
        while (taken := self._queue.get()) is not None:
            with self._lock:
                self._waiting_bytes -= taken.size_bytes
            if not self.is_full:
                self._write(taken)
        self._rows.close()

    def _write(self, taken: Taken) -> None:
        try:
            row = row_of(taken, raw=self._order.raw)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the writer
            with self._lock:
                self.unkept += 1
            why = str(error) if isinstance(error, Unkept) else f"{type(error).__name__} in our own code"
            self._say(f"a call was not captured: {why}")
            return
        if self._rows.size_bytes + len(row) > self._order.most_bytes:
            self.is_full = True
            log.warning(
                "the capture file %s has reached %d MB; nothing more is captured",
                self._order.file,
                self._order.most_bytes // 2**20,
            )
            return
        try:
            self._rows.append(row)
        except OSError as error:
            with self._lock:
                self.dropped += 1
            self._say(f"{self._order.file} could not be written ({error.strerror}); answers go on without it")
        else:
            self.written += 1

    def _say(self, sentence: str) -> None:
        now_s = time.monotonic()
        if now_s - self._said_at >= _LOUD_EVERY_S:
            self._said_at = now_s
            log.error("%s", sentence)


def is_sampled(key: bytes, share: float) -> bool:
    """Say whether a call is in the sample: the same for the same key, and for every larger share."""
    digest = hashlib.blake2b(key, digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64
