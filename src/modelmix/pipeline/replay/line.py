"""The line: requests that wait to be sent, by candidate, in the order of the plan."""

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from modelmix.core.candidate import Candidate
from modelmix.pipeline.replay.plan import Item

MOST_REJECTED: Final = 20
"""Requests that a candidate may reject, with none accepted, before it is asked no more."""


@dataclass(slots=True)
class _Queue:
    """Requests to one candidate, in the order of the plan, and how it took the earlier ones."""

    items: "deque[tuple[int, Item]]" = field(default_factory=deque)
    accepted: int = 0
    rejected: int = 0

    @property
    def is_hopeless(self) -> bool:
        return self.rejected >= MOST_REJECTED and not self.accepted

    @property
    def order(self) -> int:
        return self.items[0][0] if self.items else 0


class Line:
    """Requests that wait.

    Args:
        items: Requests of the plan, in order.
        known: Answers that are there already → whether each is an error that would come again.

    Attributes:
        reused: Requests whose answer is there already.
        dropped: Requests that will not be sent, as their candidate rejects everything.
    """

    def __init__(self, items: Sequence[Item], known: Mapping[str, bool]) -> None:
        self.reused = self.dropped = 0
        self._queues: dict[Candidate, _Queue] = {}
        self._later: list[tuple[float, int, Item]] = []
        self._put_off = 0
        for order, item in enumerate(items):
            queue = self._queues.setdefault(item.candidate, _Queue())
            if item.answer_id not in known:
                queue.items.append((order, item))
            else:
                self.reused += 1
                queue.rejected += known[item.answer_id]
                queue.accepted += not known[item.answer_id]
        for queue in self._queues.values():
            if queue.is_hopeless:
                self._drop(queue)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits, not even for its time."""
        return not self._later and not any(queue.items for queue in self._queues.values())

    @property
    def waits_for_its_time(self) -> bool:
        """Whether a request is put off to a later instant."""
        return bool(self._later)

    def due_in_s(self, now_s: float) -> float | None:
        """Return seconds until the next request that was put off is due; None without one."""
        return self._later[0][0] - now_s if self._later else None

    def heads(self) -> Iterator[Item]:
        """Yield the first request of each candidate, in the order of the plan."""
        waiting = [queue for queue in self._queues.values() if queue.items]
        if len(waiting) > 1:
            waiting.sort(key=lambda queue: queue.order)
        for queue in waiting:
            yield queue.items[0][1]

    def take(self, item: Item) -> None:
        """Take the first request of a candidate out."""
        self._queues[item.candidate].items.popleft()

    def put_off(self, item: Item, until_s: float) -> None:
        """Let a request wait until an instant; it is then the first of its candidate."""
        self._put_off += 1
        heapq.heappush(self._later, (until_s, self._put_off, item))

    def call_up(self, now_s: float) -> None:
        """Bring back those whose time has come."""
        while self._later and self._later[0][0] <= now_s:
            item = heapq.heappop(self._later)[2]
            self._queues[item.candidate].items.appendleft((0, item))

    def accepted(self, candidate: Candidate) -> None:
        """Note that a candidate has taken a request."""
        self._queues[candidate].accepted += 1

    def rejected(self, candidate: Candidate) -> None:
        """Note that a candidate has rejected one; after too many it is asked no more."""
        queue = self._queues[candidate]
        queue.rejected += 1
        if queue.is_hopeless:
            self._drop(queue)

    def absent(self, candidate: Candidate) -> None:
        """Note that the API does not have a candidate: it is asked no more."""
        self._drop(self._queues[candidate])

    def _drop(self, queue: _Queue) -> None:
        self.dropped += len(queue.items)
        queue.items.clear()
