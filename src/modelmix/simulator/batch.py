"""Batch: requests that are answered together in their own time, and how far they have come."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from modelmix.simulator.batch_fault import BatchFault
from modelmix.simulator.dialect import Dialect
from modelmix.simulator.spool import Spool

WAVE = 8
"""Requests that are processed at the same time; none of them reads what another of them writes."""

LIFE_SECONDS = 24 * 3600
KEPT_SECONDS = 29 * 24 * 3600
_POLL_SECONDS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A batch as it was ordered.

    Attributes:
        batch_id: Its id.
        workspace_id: Workspace that it belongs to, or None for the default one.
        api_key_id: Public id of the key that ordered it.
        dialect: Version and betas of all its requests.
        seed: Seed of their answers.
        created: Second at which it was created.
        seconds: How long it takes.
        fault: What is to go wrong.
    """

    batch_id: str
    workspace_id: str | None
    api_key_id: str
    dialect: Dialect
    seed: int
    created: float
    seconds: float
    fault: BatchFault = field(default_factory=BatchFault)

    @property
    def expires(self) -> float:
        """The second at which it expires."""
        return self.created + (LIFE_SECONDS if self.fault.life is None else self.fault.life)


class Batch:
    """A batch and how far it has come. What time it is comes from outside.

    Requests are processed in waves that are spread evenly over the time that the batch takes, in an order of
    its own, which is also the order of the results. What is due when it is cancelled or expires is processed,
    all else is not.

    Args:
        order: What was ordered.
        ids: The ids of its requests.
        params: What each asks for, in the same order.

    Attributes:
        results: Lines of its results so far.
        looks: Looks that have not found it yet.
    """

    def __init__(self, order: Order, ids: Sequence[str], params: Spool) -> None:
        self.order = order
        self.results = Spool()
        self.looks = order.fault.late
        self._ids = ids
        self._params = params
        self._size = len(ids)
        turns = list(range(max(0, self._size - order.fault.expire)))
        Random(order.batch_id).shuffle(turns)
        self._turns = array("L", turns)
        self._done = 0
        self._counts = dict.fromkeys(("succeeded", "errored", "canceled", "expired"), 0)
        self._cancelled: float | None = None
        self._ended: float | None = None

    @property
    def has_ended(self) -> bool:
        """Whether every request has a result."""
        return self._ended is not None

    @property
    def waiting(self) -> int:
        """Requests that have no result yet."""
        return 0 if self.has_ended else self._size - self._done

    @property
    def stops(self) -> float:
        """The second after which nothing more is processed: it is cancelled, or expires."""
        return self.order.expires if self._cancelled is None else min(self._cancelled, self.order.expires)

    def due(self) -> float | None:
        """Return the second at which the next wave is processed, or None if there is none."""
        if self.has_ended or self._done >= len(self._turns):
            return None
        waves = -(-len(self._turns) // WAVE)
        return self.order.created + self.order.seconds * (self._done // WAVE + 1) / waves

    def wave(self) -> list[tuple[int, str, bytes]]:
        """Return position, id and params of the requests of the next wave."""
        places = self._turns[self._done : self._done + WAVE]
        return [(place, self._ids[place], self._params[place]) for place in places]

    def take(self, kind: str, line: bytes) -> None:
        """Take the result of the next request."""
        self.results.append(line)
        self._counts[kind] += 1
        self._done += 1

    def left(self) -> list[str]:
        """Return the ids of the requests that have not been processed."""
        held = range(len(self._turns), self._size)
        return [self._ids[place] for place in (*self._turns[self._done :], *held)]

    @property
    def fate(self) -> str:
        """What becomes of requests that are not processed: ``canceled`` or ``expired``."""
        return "expired" if self._cancelled is None or self._cancelled > self.order.expires else "canceled"

    def cancel(self, now: float) -> None:
        """Stop it; a second time changes nothing."""
        if self._cancelled is None:
            self._cancelled = now

    def end(self, at: float) -> None:
        """End it: every request has its result. What was asked for is kept no longer."""
        self._ended = at
        self._ids, self._params, self._turns = (), Spool(), array("L")

    def archive(self, now: float) -> bool:
        """Let go of the results once their time is over, and say whether it is."""
        over = self.has_ended and now >= self.order.created + KEPT_SECONDS
        if over and len(self.results):
            self.results = Spool()
        return over

    def poll_after(self, now: float) -> int:
        """Return the seconds after which to ask again: at most 10, as the API says."""
        due = self.stops if self.due() is None else min(self.stops, self.order.created + self.order.seconds)
        return max(1, min(_POLL_SECONDS, int(due - now) + 1))

    def document(self, url: str, now: float) -> dict[str, Any]:
        """Return it as the API does.

        Args:
            url: Base URL under which its results are found.
            now: Present second.

        Source: SDK 2.12.0 and message batches reference (2026-08-22): until it ends, all its requests count
        as processing.
        """
        archived = self.archive(now)
        status = "ended" if self.has_ended else "in_progress" if self._cancelled is None else "canceling"
        counts = self._counts if self.has_ended else dict.fromkeys(self._counts, 0)
        place = f"{url}/v1/messages/batches/{self.order.batch_id}/results"
        return {
            "id": self.order.batch_id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": {"processing": 0 if self.has_ended else self._size, **counts},
            "ended_at": _instant(self._ended),
            "created_at": _instant(self.order.created),
            "expires_at": _instant(self.order.expires),
            "archived_at": _instant(self.order.created + KEPT_SECONDS) if archived else None,
            "cancel_initiated_at": _instant(self._cancelled),
            "results_url": place if self.has_ended and not archived else None,
        }


def _instant(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    at = _EPOCH + timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
