"""The run: requests sent under a spend cap and a share of the rate limits, each booked before it leaves."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from modelmix.errors import UpstreamError
from modelmix.pipeline.replay.ask import Limits
from modelmix.pipeline.replay.judge import Judge
from modelmix.pipeline.replay.line import Line
from modelmix.pipeline.replay.plan import Item, Plan
from modelmix.pipeline.replay.tally import Tally
from modelmix.store.replay_book import ReplayBook
from modelmix.store.replay_records import Sending, Settled
from modelmix.upstream.ask import Heard, ask, key_headers
from modelmix.upstream.messages import Upstream
from modelmix.upstream.rate_share import RateShare
from modelmix.upstream.retry import after_failure, pause_s
from modelmix.wire.replayable import sent_body

MOST_TRIES: Final = 6
"""Sendings of one request, the first one included, before it is given up for this run."""

MOST_TRIES_UNHEARD: Final = 3
"""The same while the upstream has not answered at all: a wrong URL should be told soon."""

MOST_WAITS: Final = 30
"""Sendings of a request that is told to come back later: being busy is no fault."""

MOST_IN_VAIN: Final = 8
"""Requests that may be given up, with no answer in between, before the run ends."""

_FINAL: Final = frozenset({400, 413, 422})
_ABSENT: Final = 404
_OVERLOADED: Final = frozenset({429, 529})
_OK: Final = 200
_LONGEST_NAP_S: Final = 0.25


@dataclass(slots=True)
class _Ended:
    """What became of one sending: an answer, or what broke."""

    sending_id: int
    item: Item
    came: Heard | UpstreamError
    at: datetime


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
        self._line = Line((), {})
        self._tries: dict[str, int] = {}
        self._ended: list[_Ended] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._has_heard = False
        self._in_vain = 0
        self._given_up_for = ""
        self.stop_reason = ""
        self.tally = Tally(len(plan.items))

    @property
    def _nothing_answered(self) -> bool:
        return bool(self.tally.given_up) and not self.tally.answered

    def stop(self) -> None:
        """Send nothing more; what is on its way is waited for."""
        self.tally.is_stopping = True
        self._wake.set()

    async def go(self, known: Mapping[str, bool], told: Callable[[Tally], None]) -> str:
        """Run until everything is answered, the cap is reached, or `stop` is called.

        Args:
            known: Answers that are there already → whether each is an error that would come again.
            told: Told how the run stands after every step.

        Returns:
            ``done``, ``capped`` or ``interrupted``.

        Raises:
            UpstreamError: The key is refused, its organisation's spend limit is reached, or nothing answers.
            StoreError: The ledger cannot be used.
        """
        tally = self.tally
        self._line = Line(self._plan.items, known)
        tally.reused, tally.dropped = self._line.reused, self._line.dropped
        loop = asyncio.get_running_loop()
        self._share = RateShare(self._limits.rate_share, loop.time)
        capped = False
        try:
            while True:
                self._settle(loop.time())
                nap_s = None
                if not tally.is_stopping:
                    capped, nap_s = self._send(loop)
                told(tally)
                if not tally.on_their_way and (tally.is_stopping or capped or self._line.is_empty):
                    break
                await self._sleep(nap_s)
        finally:
            await self._drain()
        if self._nothing_answered:
            self.stop_reason = self.stop_reason or self._given_up_for
        if self.stop_reason:
            raise UpstreamError(f"{self.stop_reason}; what was answered is kept: run the same command again")
        if tally.is_stopping:
            return "interrupted"
        return "capped" if capped else "done"

    # Sending.

    def _send(self, loop: asyncio.AbstractEventLoop) -> tuple[bool, float | None]:
        """Send as many requests as slots, money and rate allow.

        Returns:
            Whether the spend cap holds back all that is left, and seconds after which to look again.
        """
        self._line.call_up(loop.time())
        free = self._limits.concurrency - self.tally.on_their_way
        leaving: list[Item] = []
        nap_s = self._line.due_in_s(loop.time())
        capped = False
        while len(leaving) < free:
            item, wait_s, capped = self._next()
            if wait_s is not None:
                nap_s = wait_s if nap_s is None else min(nap_s, wait_s)
            if item is None:
                break
            self._line.take(item)
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
            self.tally.on_their_way += len(leaving)
            for number, item in zip(numbers, leaving, strict=True):
                task = loop.create_task(self._ask(number, item))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return capped and not leaving and not self._line.waits_for_its_time, nap_s

    def _next(self) -> tuple[Item | None, float | None, bool]:
        """Find the first request in order whose model may be asked now and whose worst case can be paid."""
        wait_s: float | None = None
        capped = False
        for item in self._line.heads():
            if not self._affords(item):
                capped = True
                continue
            wait = self._share.wait_s(item.candidate.model)
            if wait == 0.0:
                return item, wait_s, False
            if wait is not None:
                wait_s = wait if wait_s is None else min(wait_s, wait)
        return None, wait_s, capped and wait_s is None

    def _affords(self, item: Item) -> bool:
        cap = self._limits.max_spend_usd
        return cap is None or self.tally.usd + self.tally.open_usd + item.quote.at_most_usd <= cap

    async def _ask(self, sending_id: int, item: Item) -> None:
        prompt = self._plan.prompts[item.prompt]
        recorded = prompt.recorded
        # Written anew from what was planned: bodies of all requests would not fit into memory.
        body = sent_body(recorded.request, item.candidate, item.changes)
        headers = key_headers(self._key, recorded.betas)
        came: Heard | UpstreamError
        try:
            came = await ask(self._upstream, headers, body, self._limits.patience_s)
            if came.status == _OK and self._judge.is_slow(prompt):
                await asyncio.to_thread(self._judge.look_ahead, prompt, came)
        except UpstreamError as error:
            came = error
        self._ended.append(_Ended(sending_id, item, came, datetime.now(UTC)))
        self._wake.set()

    # Settling.

    def _settle(self, now_s: float) -> None:
        """Book everything that has come back, in one transaction."""
        ended, self._ended = self._ended, []
        if ended:
            ends = [self._end(one, now_s) for one in ended]
            self._book.settle(self._judge.replay_id, ends)
            self.tally.on_their_way -= len(ended)

    def _end(self, one: _Ended, now_s: float) -> Settled:
        if isinstance(one.came, UpstreamError):
            return self._broken(one, one.came, now_s)
        self._has_heard = True
        if one.came.status == _OK:
            return self._answered(one, one.came, now_s)
        return self._failed(one, one.came, now_s)

    def _broken(self, one: _Ended, error: UpstreamError, now_s: float) -> Settled:
        """Book a sending of which nothing whole came back: what it cost is not known if it has left."""
        self._share.gone(one.item.candidate.model)
        self._again(one.item, pause_s(self._tried(one.item)), now_s, str(error))
        if error.is_sent:
            return Settled(one.sending_id, "lost", None)
        self.tally.open_usd -= one.item.quote.at_most_usd
        return Settled(one.sending_id, "failed", Decimal(0))

    def _answered(self, one: _Ended, heard: Heard, now_s: float) -> Settled:
        item, model = one.item, one.item.candidate.model
        end = self._judge.settled(one.sending_id, item, self._plan.prompts[item.prompt], heard, one.at)
        self._share.back(model, heard.headers, 0 if end.call is None else end.call.usage.output_tokens)
        if end.answer is None:
            self._again(item, pause_s(self._tried(item)), now_s, "the upstream's answer is no message")
            return end
        self._in_vain = 0
        self._line.accepted(item.candidate)
        return self._final(item, end)

    def _failed(self, one: _Ended, heard: Heard, now_s: float) -> Settled:
        item, status = one.item, heard.status
        prompt = self._plan.prompts[item.prompt]
        self._share.back(item.candidate.model, heard.headers)
        then = after_failure(status, heard.headers, heard.body, self._tried(item), one.at)
        if then.after_s is None and not then.stop and status in _FINAL:
            end = self._judge.settled(one.sending_id, item, prompt, heard, one.at)
            self._line.rejected(item.candidate)
            self.tally.dropped = self._line.dropped
            self.tally.rejected += 1
            return self._final(item, end)
        self.tally.open_usd -= item.quote.at_most_usd
        why = f"the upstream fails again and again (status {status})"
        if then.stop:
            self.stop_reason = then.stop
            self.stop()
        elif status == _ABSENT:
            # It may be there, or open to this key, another day: nothing is kept of it.
            self._line.absent(item.candidate)
            self.tally.dropped = self._line.dropped
            self.tally.given_up += 1
            self._given_up_for = f"the upstream does not have {item.candidate.model}, or not for this key"
        elif then.after_s is None:
            self._give_up(why)
        else:
            if status in _OVERLOADED:
                self.tally.refusals += 1
                self._share.refused(item.candidate.model, then.after_s)
            self._again(item, then.after_s, now_s, why, MOST_WAITS if status in _OVERLOADED else MOST_TRIES)
        return self._judge.failed(one.sending_id, item, prompt, heard, one.at)

    def _final(self, item: Item, end: Settled) -> Settled:
        self.tally.answered += 1
        if end.usd is not None:
            self.tally.open_usd -= item.quote.at_most_usd
            self.tally.usd += end.usd
        return end

    def _tried(self, item: Item) -> int:
        self._tries[item.answer_id] = self._tries.get(item.answer_id, 0) + 1
        return self._tries[item.answer_id]

    def _again(self, item: Item, after_s: float, now_s: float, why: str, most: int = MOST_TRIES) -> None:
        if self._tries[item.answer_id] >= (most if self._has_heard else MOST_TRIES_UNHEARD):
            self._give_up(why)
        else:
            self._line.put_off(item, now_s + after_s)

    def _give_up(self, why: str) -> None:
        """Leave a request to another run, and end this one where nothing is answered any more."""
        self.tally.given_up += 1
        self._given_up_for = why
        self._in_vain += 1
        if self._in_vain >= MOST_IN_VAIN:
            self.stop_reason = self.stop_reason or why
            self.stop()

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
