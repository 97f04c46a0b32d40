"""The run: requests sent under a spend cap and a share of the rate limits, each booked before it leaves."""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from modelmix.errors import UpstreamError
from modelmix.pipeline.replay.ask import Limits
from modelmix.pipeline.replay.judge import Judge
from modelmix.pipeline.replay.plan import Item, Plan
from modelmix.store.replay_book import ReplayBook
from modelmix.store.replay_records import Sending, Settled
from modelmix.upstream.ask import Heard, ask, key_headers
from modelmix.upstream.messages import Upstream
from modelmix.upstream.rate_share import RateShare
from modelmix.upstream.retry import Again, after_failure, pause_s
from modelmix.wire.replayable import body_of
from modelmix.wire.splice import splice

MOST_TRIES: Final = 6
"""Sendings of one request, the first one included, before it is given up for this run."""

MOST_REJECTED: Final = 20
"""Requests that a candidate may reject, with none accepted, before it is asked no more."""

_FINAL: Final = frozenset({400, 404, 413, 422})
_OVERLOADED: Final = frozenset({429, 529})
_OK: Final = 200
_LONGEST_NAP_S: Final = 0.25


@dataclass(slots=True)
class Tally:
    """How a run stands.

    Attributes:
        whole: Requests of the plan.
        reused: Answers that were there before the run.
        answered: Answers that came, errors that would come again among them.
        rejected: Those of them that are errors.
        given_up: Requests that failed too often; another run tries them again.
        dropped: Requests of candidates that reject everything.
        refusals: Answers that said to come back later (429, 529).
        sent: Requests sent, the repeated ones among them.
        usd: What has come back has cost, this replay's earlier runs included.
        open_usd: The most that requests cost of which nothing has come back.
    """

    whole: int
    reused: int = 0
    answered: int = 0
    rejected: int = 0
    given_up: int = 0
    dropped: int = 0
    refusals: int = 0
    sent: int = 0
    usd: Decimal = Decimal(0)
    open_usd: Decimal = Decimal(0)

    @property
    def done(self) -> int:
        """Requests that are over."""
        return self.reused + self.answered + self.given_up + self.dropped


@dataclass(slots=True)
class _Ended:
    """What became of one sending: an answer, or what broke."""

    sending_id: int
    item: Item
    heard: Heard | None
    at: datetime


@dataclass(slots=True)
class _Queue:
    """Requests to one model, in the order of the plan."""

    items: "deque[tuple[int, Item]]" = field(default_factory=deque)
    accepted: int = 0
    rejected: int = 0


class Run:
    """Sends what a plan holds and has no answer yet.

    All money is booked in the ledger: a request leaves only after its reservation is committed, and its slot
    is free only after its end is. So a killed run has at most ``concurrency`` requests to ask again.

    Args:
        plan: What to send.
        book: The ledger's replay book.
        judge: Reads, prices and grades.
        upstream: The API.
        limits: How fast and how far.
        key: The API key.
    """

    def __init__(
        self, plan: Plan, book: ReplayBook, judge: Judge, upstream: Upstream, limits: Limits, key: str
    ) -> None:
        self._plan = plan
        self._book = book
        self._judge = judge
        self._upstream = upstream
        self._limits = limits
        self._key = key
        self._queues: dict[str, _Queue] = {}
        self._later: list[tuple[float, int, int, Item]] = []
        self._tries: dict[str, int] = {}
        self._ended: list[_Ended] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self.stop_reason = ""
        self.tally = Tally(len(plan.items))

    def stop(self) -> None:
        """Send nothing more; what is on its way is waited for."""
        self._stopping = True
        self._wake.set()

    async def go(self, known: Iterable[str], told: Callable[[Tally], None]) -> str:
        """Run until everything is answered, the cap is reached, or `stop` is called.

        Args:
            known: Answers that are there already.
            told: Told how the run stands after every step.

        Returns:
            ``done``, ``capped`` or ``interrupted``.

        Raises:
            UpstreamError: The key is refused, or its organisation's spend limit is reached.
            StoreError: The ledger cannot be used.
        """
        self._line_up(set(known))
        loop = asyncio.get_running_loop()
        self._share = RateShare(self._limits.rate_share, loop.time)
        capped = False
        try:
            while True:
                self._settle(loop.time())
                told(self.tally)
                nap_s = None
                if not self._stopping:
                    capped, nap_s = self._send(loop)
                if not self._tasks and not self._ended and (self._stopping or capped or self._is_empty()):
                    break
                await self._sleep(nap_s)
        finally:
            await self._drain()
        if self.stop_reason:
            raise UpstreamError(f"{self.stop_reason}; what was answered is kept: run the same command again")
        if self._stopping:
            return "interrupted"
        return "capped" if capped else "done"

    def _line_up(self, known: set[str]) -> None:
        seen = set(known)
        for order, item in enumerate(self._plan.items):
            if item.answer_id in seen:
                self.tally.reused += 1
            else:
                seen.add(item.answer_id)
                self._queues.setdefault(item.candidate.model, _Queue()).items.append((order, item))

    def _is_empty(self) -> bool:
        return not self._later and not any(queue.items for queue in self._queues.values())

    # Sending.

    def _send(self, loop: asyncio.AbstractEventLoop) -> tuple[bool, float | None]:
        """Send as many requests as slots, money and rate allow.

        Returns:
            Whether the spend cap holds back what is next, and seconds after which to look again.
        """
        self._requeue(loop.time())
        free = self._limits.concurrency - len(self._tasks)
        leaving: list[Item] = []
        nap_s: float | None = self._later[0][0] - loop.time() if self._later else None
        capped = False
        while len(leaving) < free:
            item, wait_s, capped = self._next()
            if wait_s is not None:
                nap_s = wait_s if nap_s is None else min(nap_s, wait_s)
            if item is None:
                break
            leaving.append(item)
            self._share.take(item.candidate.model, item.input_tokens)
            self.tally.open_usd += item.quote.at_most_usd
        if leaving:
            now = datetime.now(UTC)
            numbers = self._book.send(
                self._judge.replay_id,
                [Sending(one.answer_id, one.candidate.model, now, one.quote.at_most_usd) for one in leaving],
            )
            self.tally.sent += len(leaving)
            for number, item in zip(numbers, leaving, strict=True):
                task = loop.create_task(self._ask(number, item))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return capped and not leaving, nap_s

    def _next(self) -> tuple[Item | None, float | None, bool]:
        """Take the first request in order whose model may be asked now and whose worst case can be paid."""
        wait_s: float | None = None
        capped = False
        for model, queue in sorted(self._queues.items(), key=lambda entry: _order(entry[1])):
            if not queue.items:
                continue
            item = queue.items[0][1]
            if not self._affords(item):
                capped = True
                continue
            wait = self._share.wait_s(model)
            if wait == 0.0:
                queue.items.popleft()
                return item, wait_s, False
            if wait is not None:
                wait_s = wait if wait_s is None else min(wait_s, wait)
        return None, wait_s, capped and wait_s is None

    def _affords(self, item: Item) -> bool:
        cap = self._limits.max_spend_usd
        return cap is None or self.tally.usd + self.tally.open_usd + item.quote.at_most_usd <= cap

    def _requeue(self, now_s: float) -> None:
        while self._later and self._later[0][0] <= now_s:
            _, order, _, item = heapq.heappop(self._later)
            self._queues[item.candidate.model].items.appendleft((order, item))

    async def _ask(self, sending_id: int, item: Item) -> None:
        recorded = self._plan.prompts[item.prompt].recorded
        heard: Heard | None = None
        # Written anew from what was planned: bodies of all requests would not fit into memory.
        body = splice(body_of(recorded.request), item.candidate)
        try:
            headers = key_headers(self._key, recorded.betas)
            heard = await ask(self._upstream, headers, body, self._limits.patience_s)
        except UpstreamError:
            pass  # nothing whole came back: what it cost is not known
        self._ended.append(_Ended(sending_id, item, heard, datetime.now(UTC)))
        self._wake.set()

    # Settling.

    def _settle(self, now_s: float) -> None:
        """Book everything that has come back, in one transaction."""
        ended, self._ended = self._ended, []
        if ended:
            ends = [self._end(one, now_s) for one in ended]
            self._book.settle(self._judge.replay_id, ends)

    def _end(self, one: _Ended, now_s: float) -> Settled:
        item, heard = one.item, one.heard
        prompt = self._plan.prompts[item.prompt]
        model = item.candidate.model
        if heard is None:
            self._share.gone(model)
            self._again(item, pause_s(self._tried(item)), now_s)
            return Settled(one.sending_id, "lost", None)
        if heard.status == _OK:
            end = self._judge.settled(one.sending_id, item, prompt, heard, one.at)
            output = end.call.usage.output_tokens if end.call is not None else 0
            self._share.back(model, heard.headers, output)
            self._queues[model].accepted += 1
            return self._final(item, end)
        self._share.back(model, heard.headers)
        then = after_failure(heard.status, heard.headers, heard.body, self._tried(item), one.at)
        if then.after_s is None and not then.stop and heard.status in _FINAL:
            self._reject(model)
            return self._final(item, self._judge.settled(one.sending_id, item, prompt, heard, one.at))
        self.tally.open_usd -= item.quote.at_most_usd
        self._after(item, heard.status, then, now_s)
        return self._judge.failed(one.sending_id, item, prompt, heard, one.at)

    def _after(self, item: Item, status: int, then: Again, now_s: float) -> None:
        if then.stop:
            self.stop_reason = then.stop
            self.stop()
        elif then.after_s is None:
            self.tally.given_up += 1
        else:
            if status in _OVERLOADED:
                self.tally.refusals += 1
                self._share.refused(item.candidate.model, then.after_s)
            self._again(item, then.after_s, now_s)

    def _final(self, item: Item, end: Settled) -> Settled:
        self.tally.answered += 1
        if end.usd is not None:
            self.tally.open_usd -= item.quote.at_most_usd
            self.tally.usd += end.usd
        if end.answer is not None and end.answer.status != _OK:
            self.tally.rejected += 1
        return end

    def _tried(self, item: Item) -> int:
        self._tries[item.answer_id] = self._tries.get(item.answer_id, 0) + 1
        return self._tries[item.answer_id]

    def _again(self, item: Item, after_s: float, now_s: float) -> None:
        if self._tries.get(item.answer_id, 0) >= MOST_TRIES:
            self.tally.given_up += 1
        else:
            heapq.heappush(self._later, (now_s + after_s, 0, id(item), item))

    def _reject(self, model: str) -> None:
        """Drop a candidate that rejects everything: going on would only fill the log."""
        queue = self._queues[model]
        queue.rejected += 1
        if queue.rejected >= MOST_REJECTED and not queue.accepted:
            self.tally.dropped += len(queue.items)
            queue.items.clear()

    async def _sleep(self, nap_s: float | None) -> None:
        wait_s = _LONGEST_NAP_S if nap_s is None else max(min(nap_s, _LONGEST_NAP_S), 0.001)
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _drain(self) -> None:
        """Book what still came in, and let go of the rest, where the run ends by an error."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._settle(asyncio.get_running_loop().time())


def _order(queue: _Queue) -> int:
    return queue.items[0][0] if queue.items else 0
