"""The run by batch: requests sent as message batches, each chunk booked whole before it leaves.

Half the price, and no share of the limits that live requests live on. A batch goes on when this process does
not: what it asks stays booked, and the next run reads it. How a chunk is sent once, whatever breaks in
between, is told in :mod:`modelmix.upstream.batches`.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from modelmix.errors import StreamBroken, UpstreamError
from modelmix.pipeline.replay.ask import Limits
from modelmix.pipeline.replay.judge import Judge
from modelmix.pipeline.replay.plan import Item, Plan
from modelmix.pipeline.replay.run import MOST_TRIES
from modelmix.pipeline.replay.tally import Tally
from modelmix.store.batch_book import BatchBook, ChunkRow
from modelmix.store.replay_book import ReplayBook
from modelmix.store.replay_records import Sending, Settled
from modelmix.upstream.ask import Heard, key_headers
from modelmix.upstream.batch import Batch, Chunk, Mark, Question
from modelmix.upstream.batch_results import Ending, Result
from modelmix.upstream.batches import Batches
from modelmix.upstream.messages import Upstream
from modelmix.upstream.retry import after_failure
from modelmix.wire.replayable import sent_body
from modelmix.wire.splice import without_members

MOST_QUESTIONS: Final = 20_000
MOST_BYTES: Final = 64_000_000
"""Requests and bytes of one chunk: a part of what the API takes, since a chunk is held whole."""

_AT_ONCE: Final = 500
_BROKEN_READS: Final = 6
_NEAR_NAP_S: Final = 0.05
_FINAL: Final = frozenset({400, 413, 422})
_OK: Final = 200
_ABSENT: Final = 404


class _Left(Exception):  # noqa: N818 - a way out of waiting; it never leaves this file
    """The wait for a batch was broken off because the run is to stop."""


@dataclass(slots=True)
class _Sent:
    """A chunk on its way.

    Attributes:
        row: What the ledger says of it.
        ids: The chunk without its bodies: what is needed to read its results.
        batch: Its batch, or None where it is not known yet.
    """

    row: ChunkRow
    ids: Chunk
    batch: Batch | None = None


class BatchRun:
    """Sends what a plan holds and has no answer yet, as message batches.

    Args:
        plan: What to send.
        book: The ledger's replay book.
        judge: Reads, prices and grades.
        upstream: The API.
        limits: How far.
        key: The API key.
    """

    def __init__(
        self, plan: Plan, book: ReplayBook, judge: Judge, upstream: Upstream, limits: Limits, key: str
    ) -> None:
        self._plan = plan
        self._book = book
        self._batch_book = BatchBook.beside(book)
        self._judge = replace(judge, by_batch=True)
        self._upstream = upstream
        self._limits = limits
        self._key = key
        self._items = {item.answer_id: item for item in plan.items}
        self._left: list[Item] = []
        self._tries: dict[str, int] = {}
        self._on_their_way: list[_Sent] = []
        self._stopping = asyncio.Event()
        self._told: Callable[[Tally], None] = lambda _: None
        self._given_up_for = ""
        self.stop_reason = ""
        self.tally = Tally(len(plan.items))

    def stop(self) -> None:
        """Send nothing more, and wait no longer: a batch goes on by itself."""
        self.tally.is_stopping = True
        self._stopping.set()

    async def go(self, known: Mapping[str, bool], told: Callable[[Tally], None]) -> str:
        """Run until everything is answered, the cap is reached, or `stop` is called.

        Args:
            known: Answers that are there already → whether each is an error that would come again.
            told: Told how the run stands after every step.

        Returns:
            ``done``, ``capped`` or ``interrupted``.

        Raises:
            UpstreamError: The key is refused, its organisation's spend limit is reached, or a batch cannot be
                made or read.
            StoreError: The ledger cannot be used.
        """
        self._told = told
        self.tally.reused = sum(item.answer_id in known for item in self._plan.items)
        try:
            rows = self._batch_book.waiting(self._judge.replay_id)
            asked = {answer_id for row in rows for answer_id in row.sending_ids}
            self._left = [
                item
                for item in self._items.values()
                if item.answer_id not in known and item.answer_id not in asked
            ]
            self._on_their_way = await self._open(rows)
            return await self._carry()
        except _Left:
            return "interrupted"

    async def collect(self, told: Callable[[Tally], None]) -> None:
        """Read what an earlier run has left on its way, and send nothing; a stop leaves it to a later run.

        Raises:
            UpstreamError: A batch cannot be read.
            StoreError: The ledger cannot be used.
        """
        self._told = told
        with suppress(_Left):
            for sent in await self._open(self._batch_book.waiting(self._judge.replay_id), send=False):
                await self._read(sent)

    async def _carry(self) -> str:
        while True:
            capped = False
            while self._left and not capped:
                self._leave_if_stopping()
                capped = not await self._send()
                self._told(self.tally)
            if not self._on_their_way:
                break
            await self._read(self._on_their_way[0])
            self._on_their_way.pop(0)
            self._told(self.tally)
            self._end_if_in_vain()
        self._end_if_in_vain(over=True)
        self._told(self.tally)
        return "capped" if self._left else "done"

    def _end_if_in_vain(self, *, over: bool = False) -> None:
        if over and self.tally.given_up and not self.tally.answered:
            self.stop_reason = self.stop_reason or self._given_up_for
        if self.stop_reason:
            raise UpstreamError(f"{self.stop_reason}; what was answered is kept: run the same command again")

    # Sending.

    async def _open(self, rows: list[ChunkRow], *, send: bool = True) -> list[_Sent]:
        """Take up the chunks of an earlier run; one that may have been sent is looked for first.

        Args:
            rows: The chunks.
            send: Whether one that was not sent is sent now; else its requests are booked as lost.
        """
        found = []
        for row in rows:
            if any(answer_id not in self._items for answer_id in row.answer_ids):
                continue  # of another part of the replay, which will read it
            sent = _Sent(row, _without_bodies(row.answer_ids))
            self.tally.on_their_way += len(row.sending_ids)
            if row.batch_id:
                sent.batch = await self._batches(row.betas).poll(row.batch_id)
            elif send:
                await self._submit(sent, again=True)
            else:
                known = self._batch_book.batch_ids()
                mark = Mark(row.mark_id, row.mark_at)
                sent.batch = await self._batches(row.betas).find(sent.ids, mark, known)
            if sent.batch is None:
                lost = [Settled(number, "lost", None) for number in row.sending_ids.values()]
                self._book.settle(self._judge.replay_id, lost)
                self._batch_book.read(row.number)
            else:
                found.append(sent)
        return found

    async def _send(self) -> bool:
        """Book and send the next chunk; False where the spend cap holds back all that is left."""
        items = self._next_chunk()
        if not items:
            return False
        betas = self._betas(items[0])
        batches = self._batches(betas)
        mark = await batches.mark()
        chunk = Chunk.of(Question(item.answer_id, b"") for item in items)
        now = datetime.now(UTC)
        worst = [item.quote.at_most_usd for item in items]
        row = self._batch_book.book(
            self._judge.replay_id,
            chunk.name,
            betas,
            (mark.batch_id, mark.created_at),
            [
                Sending(item.answer_id, item.candidate.model, now, usd)
                for item, usd in zip(items, worst, strict=True)
            ],
        )
        self.tally.open_usd += sum(worst, Decimal(0))
        self.tally.sent += len(items)
        self.tally.on_their_way += len(items)
        taken = {item.answer_id for item in items}
        self._left = [item for item in self._left if item.answer_id not in taken]
        sent = _Sent(row, chunk)
        await self._submit(sent)
        self._on_their_way.append(sent)
        return True

    def _next_chunk(self) -> list[Item]:
        """Take the next requests of one set of betas, in order, as far as money and size allow."""
        cap, held, size = self._limits.max_spend_usd, list[Item](), 0
        open_usd, betas = self.tally.usd + self.tally.open_usd, ""
        for item in self._left:
            if held and self._betas(item) != betas:
                continue
            usd = item.quote.at_most_usd
            if cap is not None and open_usd + usd > cap:
                if held:
                    break
                continue
            size += len(self._body(item)) + 128
            if held and (len(held) >= MOST_QUESTIONS or size > MOST_BYTES):
                break
            betas = self._betas(item)
            held.append(item)
            open_usd += usd
        return held

    async def _submit(self, sent: _Sent, *, again: bool = False) -> None:
        row = sent.row
        questions = (Question(name, self._body(self._items[name])) for name in row.answer_ids)
        mark = Mark(row.mark_id, row.mark_at)
        known = self._batch_book.batch_ids()
        sent.batch = await self._batches(row.betas).submit(
            Chunk.of(questions), mark, again=again, known=known
        )
        self._batch_book.sent(row.number, sent.batch.batch_id)

    def _batches(self, betas: str) -> Batches:
        return Batches(self._upstream, key_headers(self._key, betas), nap=self._nap)

    def _betas(self, item: Item) -> str:
        return self._plan.prompts[item.prompt].recorded.betas

    def _body(self, item: Item) -> bytes:
        body = sent_body(self._plan.prompts[item.prompt].recorded.request, item.candidate, item.changes)
        # A batch has one speed; a request that names one is refused there.
        return without_members(body, "speed") if b'"speed"' in body else body

    # Waiting.

    def _leave_if_stopping(self) -> None:
        if self._stopping.is_set():
            raise _Left

    async def _nap(self, seconds: float) -> None:
        """Wait, unless the run is to stop. An API on this machine is asked more often: it answers at once."""
        self._leave_if_stopping()
        self._told(self.tally)
        wait_s = min(seconds, _NEAR_NAP_S) if self._upstream.is_loopback else seconds
        try:
            async with asyncio.timeout(wait_s):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise _Left

    # Reading.

    async def _read(self, sent: _Sent) -> None:
        """Wait for a batch's end, and book how each of its requests ended."""
        if sent.batch is None:  # pragma: no cover - a chunk is listed once its batch is known
            raise AssertionError("a chunk without a batch cannot be read")
        batches = self._batches(sent.row.betas)
        batch = await batches.wait(sent.batch)
        for tries in range(1, _BROKEN_READS + 1):
            try:
                await self._settle_all(sent, batches, batch)
                break
            except StreamBroken:
                if tries == _BROKEN_READS:
                    raise
                await self._nap(float(2**tries))
        self._batch_book.read(sent.row.number)

    async def _settle_all(self, sent: _Sent, batches: Batches, batch: Batch) -> None:
        held: list[Result] = []
        async for result in batches.results(batch, sent.ids):
            held.append(result)
            if len(held) >= _AT_ONCE:
                self._settle(sent.row, held)
                held = []
        self._settle(sent.row, held)

    def _settle(self, row: ChunkRow, results: list[Result]) -> None:
        """Book results in one transaction; one whose sending was settled before is not booked twice."""
        now = datetime.now(UTC)
        ends = list(self._ends(row, results, now))
        self._book.settle(self._judge.replay_id, ends)
        self.tally.on_their_way -= len(ends)
        self._told(self.tally)

    def _ends(self, row: ChunkRow, results: list[Result], now: datetime) -> Iterator[Settled]:
        for result in results:
            number = row.sending_ids.pop(result.answer_id, None)
            if number is not None:
                yield self._end(number, self._items[result.answer_id], result, now)

    def _end(self, number: int, item: Item, result: Result, now: datetime) -> Settled:
        if result.ending is Ending.SUCCEEDED:
            return self._answered(number, item, result, now)
        if result.ending is Ending.MISSING:
            # It may have been billed: it stays booked at its worst case.
            self._again(item)
            return Settled(number, "lost", None)
        self.tally.open_usd -= item.quote.at_most_usd
        if result.ending is not Ending.ERRORED:
            self._again(item)
            return Settled(number, "failed", Decimal(0))
        return self._failed(number, item, result, now)

    def _answered(self, number: int, item: Item, result: Result, now: datetime) -> Settled:
        end = self._judged(number, item, result, now)
        if end.answer is None:
            self._again(item)
            return end
        self.tally.answered += 1
        if end.usd is not None:
            self.tally.open_usd -= item.quote.at_most_usd
            self.tally.usd += end.usd
        return end

    def _failed(self, number: int, item: Item, result: Result, now: datetime) -> Settled:
        tried = self._tries.get(item.answer_id, 0) + 1
        then = after_failure(result.status, [], result.body, tried, now)
        if then.stop:
            self.stop_reason = then.stop
        elif result.status in _FINAL:
            self.tally.answered += 1
            self.tally.rejected += 1
            return self._judged(number, item, result, now)
        elif result.status == _ABSENT:
            # It may be there, or open to this key, another day: nothing is kept of it.
            self._give_up(f"the upstream does not have {item.candidate.model}, or not for this key")
        else:
            self._again(item, f"the upstream fails again and again (status {result.status})")
        return self._judge.failed(number, item, self._plan.prompts[item.prompt], _heard(result), now)

    def _judged(self, number: int, item: Item, result: Result, now: datetime) -> Settled:
        return self._judge.settled(number, item, self._plan.prompts[item.prompt], _heard(result), now)

    def _again(self, item: Item, why: str = "batches end without an answer") -> None:
        """Put a request back in line, unless it has been tried too often."""
        self._tries[item.answer_id] = self._tries.get(item.answer_id, 0) + 1
        if self._tries[item.answer_id] >= MOST_TRIES:
            self._give_up(why)
        else:
            self._left.append(item)

    def _give_up(self, why: str) -> None:
        """Leave a request to another run."""
        self.tally.given_up += 1
        self._given_up_for = why


def _heard(result: Result) -> Heard:
    # How long a batch took says nothing of how long a request takes.
    return Heard(result.status, [], result.body, result.request_id, None)


def _without_bodies(answer_ids: tuple[str, ...]) -> Chunk:
    """Return a chunk by its ids, which follow from the answers alone."""
    return Chunk.of(Question(answer_id, b"") for answer_id in answer_ids)
