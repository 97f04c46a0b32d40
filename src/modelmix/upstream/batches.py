"""Message Batches: chunks of questions sent once, waited for, and their results read line by line.

How a replay uses this room:

- A look of a group-sequential replay is a batch: questions are taken in the order of the plan and cut by
  `chunks`, and the look is tested once all its chunks have ended. Half the price, and no share of the limits
  that live requests live on.
- Before a chunk leaves, its questions' worst case and a `mark` are booked; after it has left, its batch's id.
  A run that was killed in between submits the very same chunk with the booked mark and ``again=True``: the
  batch is looked for before anything is sent. There is no idempotency key, so this is what keeps a lost
  answer from being paid twice.
- A batch that has ended may hold fewer answers than questions. ``SUCCEEDED`` is settled with its usage at the
  batch price, and so is an ``ERRORED`` of status 400, 404 or 413, which would come again; all other endings
  cost nothing: their reservations are freed, and the questions join the next chunk, whose own mark keeps the
  old batch out of the search. ``MISSING`` may have been billed: its reservation stays.
- A batch expires after 24 hours; what was answered by then counts: an expired batch is a smaller look, not a
  failed one, and what is missing from it is asked again rather than left out, as it need not be so by chance.
- Reading results may break and is begun again: answers are booked by their ids, so a line read twice is one.
- Ctrl-C leaves a batch going, and billed. A replay that is to cost no more calls `cancel`, and still reads
  what came.
- Betas are headers of a whole batch: questions with other betas are another `Batches`.
- ``results_url`` is followed only below the base URL, so that the key is shown to nobody else.

Source: batch processing and message batches reference (2026-08-22), SDK 2.12.0.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from modelmix.errors import StreamBroken, UpstreamError
from modelmix.upstream.ask import Heard
from modelmix.upstream.batch import Batch, Chunk, Mark, read_batch, read_list
from modelmix.upstream.batch_calls import ADVICE, LATE_S, PATH, BatchCalls, BatchPatience, failed, path_of
from modelmix.upstream.batch_results import Result, join, missing, read_id
from modelmix.upstream.messages import Upstream
from modelmix.upstream.retry import pause_s, retry_after_s

MOST_SENDINGS: Final = 3
"""Times that a chunk is sent at most: a second time only once it is known not to have arrived."""

LOOKS: Final = 4
"""Times that a batch is looked for before it counts as not created: a list may be some seconds behind."""

_PAGE: Final = 100
_MOST_PAGES: Final = 100
_FIRST_NAP_S: Final = 2.0
_LONGEST_NAP_S: Final = 60.0
_OK: Final = 200
_NOT_MADE: Final = 429


@dataclass(frozen=True, slots=True)
class _Sent:
    """What became of a creation: the batch, or what failed and seconds after which to send again, if ever."""

    batch: Batch | None = None
    error: UpstreamError = field(default_factory=lambda: UpstreamError("nothing was sent"))
    after_s: float | None = None
    may_have_arrived: bool = False


class Batches:
    """Message Batches of one key.

    Args:
        upstream: The API, open.
        headers: Key, version and betas of all its batches.
        patience: How long to wait for answers.
        nap: Waits for some seconds.
    """

    def __init__(
        self,
        upstream: Upstream,
        headers: Sequence[tuple[bytes, bytes]],
        patience: BatchPatience | None = None,
        nap: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._calls = BatchCalls(upstream, headers, patience or BatchPatience(), nap)

    async def mark(self) -> Mark:
        """Return the newest batch, to tell later which ones are newer.

        Raises:
            UpstreamError: It cannot be learned, or the key is refused.
        """
        batches, _ = await self._page(b"limit=1")
        return Mark(batches[0].batch_id, batches[0].created_at) if batches else Mark()

    async def submit(
        self, chunk: Chunk, mark: Mark, *, again: bool = False, known: Container[str] = ()
    ) -> Batch:
        """Create the batch of a chunk, once.

        Where it cannot be known whether a request to create it arrived, the batch is looked for before the
        chunk is sent again; see `find` for how long that may take.

        Args:
            chunk: The questions.
            mark: The newest batch before the chunk was first sent, as `mark` returned it then.
            again: Whether it may have been sent before.
            known: Ids of batches that are not this chunk's.

        Raises:
            UpstreamError: It is refused, or was not created after several tries. Submit it with ``again``.
        """
        sent = _Sent()
        for tries in range(1, MOST_SENDINGS + 1):
            if again and (found := await self.find(chunk, mark, known)) is not None:
                return found
            sent = await self._send(chunk, tries)
            if sent.batch is not None:
                return sent.batch
            if sent.after_s is None:
                raise sent.error
            again = again or sent.may_have_arrived
            await self._calls.nap(sent.after_s)
        if again and (found := await self.find(chunk, mark, known)) is not None:
            return found
        raise sent.error

    async def find(self, chunk: Chunk, mark: Mark, known: Container[str] = ()) -> Batch | None:
        """Look for the batch of a chunk among those newer than a mark, several times; None if there is none.

        A batch tells its ids only with its results. So one of the same size that has not ended is waited for,
        up to 24 hours: better late than paid twice.

        Args:
            chunk: The questions.
            mark: The newest batch before the chunk was first sent.
            known: Ids of batches that are not this chunk's.

        Raises:
            UpstreamError: It cannot be known.
        """
        others: set[str] = set()
        for look in range(LOOKS):
            if look:
                await self._calls.nap(LATE_S)
            for batch in await self._newer(mark):
                if batch.batch_id in others or batch.batch_id in known or batch.total != len(chunk.questions):
                    continue
                ended = await self.wait(batch)
                if await self._is_of(ended, chunk):
                    return ended
                others.add(batch.batch_id)
        return None

    async def poll(self, batch_id: str) -> Batch:
        """Return how a batch stands.

        Raises:
            UpstreamError: There is no such batch, or it cannot be learned.
        """
        return _read(await self._calls.ask("GET", path_of(batch_id)))

    async def wait(self, batch: Batch, told: Callable[[Batch], None] | None = None) -> Batch:
        """Wait until a batch has ended: after two seconds, then ever longer, up to a minute.

        Args:
            batch: The batch.
            told: Told how it stands after every look.

        Raises:
            UpstreamError: There is no such batch any more, or it cannot be learned.
        """
        nap_s, asked_s = _FIRST_NAP_S, 0.0
        while not batch.has_ended:
            await self._calls.nap(max(nap_s, asked_s))
            nap_s = min(nap_s * 2.0, _LONGEST_NAP_S)
            heard = await self._calls.ask("GET", path_of(batch.batch_id))
            asked_s = min(retry_after_s(heard.headers, datetime.now(UTC)) or 0.0, _LONGEST_NAP_S)
            batch = _read(heard)
            if told is not None:
                told(batch)
        return batch

    async def cancel(self, batch_id: str) -> Batch:
        """Stop a batch; what is being processed may still be answered, and billed. Wait for its end.

        Raises:
            UpstreamError: There is no such batch, or it cannot be cancelled.
        """
        try:
            return _read(await self._calls.ask("POST", path_of(batch_id) + b"/cancel"))
        except UpstreamError:
            # One that has ended cannot be cancelled; there is nothing left to stop.
            batch = await self.poll(batch_id)
            if batch.has_ended:
                return batch
            raise

    async def results(self, batch: Batch, chunk: Chunk) -> AsyncIterator[Result]:
        """Yield how each question ended, in no particular order; nothing but the present line is held.

        Every question has one result, `Ending.MISSING` where the API says nothing of it. What is none of
        ours comes as `Ending.STRAY`.

        Args:
            batch: The batch, ended.
            chunk: Its questions.

        Raises:
            UpstreamError: The results cannot be had.
            StreamBroken: They broke off: read them again, from their beginning.
        """
        left = dict(chunk.answer_ids)
        n_lines = 0
        async with aclosing(self._calls.lines(batch)) as lines:
            async for line in lines:
                n_lines += 1
                yield join(line, left)
        if n_lines < batch.total:
            raise StreamBroken(
                f"batch {batch.batch_id} has {batch.total} results and only {n_lines} came; read them again",
                bytes_seen=0,
            )
        for result in missing(left):
            yield result

    async def _send(self, chunk: Chunk, tries: int) -> _Sent:
        try:
            heard = await self._calls.create(chunk)
            if heard.status == _OK:
                return _Sent(_read(heard))
        except UpstreamError as error:
            return _Sent(None, error, pause_s(tries), may_have_arrived=True)
        refused, after_s = failed(heard, tries)
        return _Sent(None, refused, after_s, may_have_arrived=heard.status != _NOT_MADE)

    async def _page(self, query: bytes) -> tuple[list[Batch], bool]:
        heard = await self._calls.ask("GET", PATH, query)
        try:
            return read_list(heard.body)
        except (ValueError, RecursionError) as error:
            raise _senseless(heard) from error

    async def _newer(self, mark: Mark) -> list[Batch]:
        """Return the batches that are newer than a mark, newest first."""
        newer: list[Batch] = []
        query = b"limit=%d" % _PAGE
        for _ in range(_MOST_PAGES):
            batches, has_more = await self._page(query)
            for batch in batches:
                if not mark.is_before(batch):
                    return newer
                newer.append(batch)
            if not has_more:
                return newer
            query = b"limit=%d&after_id=%b" % (_PAGE, batches[-1].batch_id.encode())
        raise UpstreamError(
            f"more than {_PAGE * _MOST_PAGES} batches are newer than the last one known; use a workspace of "
            "its own for replays"
        )

    async def _is_of(self, batch: Batch, chunk: Chunk) -> bool:
        async with aclosing(self._calls.lines(batch)) as lines:
            async for line in lines:
                return read_id(line).startswith(chunk.name)
        raise StreamBroken(f"batch {batch.batch_id} has no results; {ADVICE}", bytes_seen=0)


def _read(heard: Heard) -> Batch:
    try:
        return read_batch(heard.body)
    except (ValueError, RecursionError) as error:
        raise _senseless(heard) from error


def _senseless(heard: Heard) -> UpstreamError:
    return UpstreamError(
        f"the upstream's answer is no message batch; check that --upstream speaks the Messages API; {ADVICE}",
        request_id=heard.request_id,
    )
