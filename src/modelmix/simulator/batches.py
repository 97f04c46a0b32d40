"""Batches: the endpoints of the Message Batches API."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from modelmix.simulator import batch_fault, batch_shape, paging
from modelmix.simulator.batch import Batch, Order
from modelmix.simulator.batch_work import BatchWork
from modelmix.simulator.dialect import Dialect
from modelmix.simulator.exchange import Exchange
from modelmix.simulator.failure import Failure
from modelmix.simulator.fault import Fault
from modelmix.simulator.request import key_id, read_seed
from modelmix.simulator.settings import Settings
from modelmix.simulator.spool import Spool

PATH = "/v1/messages/batches"
_AT_ONCE = 32
"""Pieces of work that one look does itself; what is due beyond them is done in the background."""

_PIECE_BYTES = 64 * 1024


def methods(path: str) -> frozenset[str]:
    """Return the methods that a path of this API takes; none if it is no path of it."""
    if path == PATH:
        return frozenset({"GET", "POST"})
    rest = path.removeprefix(f"{PATH}/").split("/") if path.startswith(f"{PATH}/") else []
    match rest:
        case [batch_id] if batch_id:
            return frozenset({"GET", "DELETE"})
        case [batch_id, "results"] if batch_id:
            return frozenset({"GET"})
        case [batch_id, "cancel"] if batch_id:
            return frozenset({"POST"})
    return frozenset()


@dataclass(slots=True)
class Batches:
    """The batches of a practice API, by id, oldest first.

    Attributes:
        settings: How the practice API behaves.
        work: Answers their requests.
    """

    settings: Settings
    work: BatchWork
    _batches: dict[str, Batch] = field(default_factory=dict)
    _open: dict[str, Batch] = field(default_factory=dict)
    _created: int = 0
    _going: "asyncio.Task[None] | None" = None

    async def serve(self, exchange: Exchange, dialect: Dialect, struck: Fault | None) -> None:
        """Answer one request to a path of this API.

        Args:
            exchange: The request; its path and method are ones that `methods` knows.
            dialect: Version and betas.
            struck: A fault that breaks the answer, or None.
        """
        reply = await self._reply(exchange, dialect)
        if reply is None:
            return
        if isinstance(reply, Spool):
            await self._results(exchange, reply, struck)
        elif struck is not None and not isinstance(reply, Failure):
            await exchange.break_off(stalls=struck.kind == "stall")
        else:
            await exchange.answer(reply)

    async def look(self) -> None:
        """Bring all batches up to the present: a little at once, what takes longer in the background."""
        now = self.settings.clock()
        for _ in range(_AT_ONCE):
            if not self._step(now):
                return
        if self._going is None or self._going.done():
            self._going = asyncio.get_running_loop().create_task(self._go_on())

    async def _go_on(self) -> None:
        while True:
            if not self._step(self.settings.clock()):
                return
            await asyncio.sleep(0)

    def _step(self, now: float) -> bool:
        for batch_id, batch in self._open.items():
            if self.work.step(batch, now):
                if batch.has_ended:
                    del self._open[batch_id]
                return True
        return False

    async def _reply(
        self, exchange: Exchange, dialect: Dialect
    ) -> Mapping[str, Any] | Failure | Spool | None:
        if (exchange.method, exchange.path) == ("POST", PATH):
            return await self._create(exchange, dialect)
        await self.look()
        return self._list(exchange) if exchange.path == PATH else self._one(exchange)

    def _one(self, exchange: Exchange) -> Mapping[str, Any] | Failure | Spool:
        batch_id, _, action = exchange.path.removeprefix(f"{PATH}/").partition("/")
        batch = self._batches.get(batch_id)
        if batch is None or batch.order.workspace_id != _workspace(exchange) or not _is_known(batch):
            return Failure(404, f"Message Batch {batch_id} not found.")
        now = self.settings.clock()
        if action == "results":
            if batch.archive(now) or not batch.has_ended:
                return Failure(404, f"Message Batch {batch_id} has no available results.")
            return batch.results
        if exchange.method == "DELETE":
            return self._delete(batch)
        if action == "cancel" and batch.has_ended:
            return Failure(400, f"Message Batch {batch_id} has ended and cannot be canceled.")
        if action == "cancel":
            batch.cancel(now)
        elif not batch.has_ended:
            exchange.extra["retry-after"] = str(batch.poll_after(now))
        return batch.document(exchange.base_url, now)

    def _delete(self, batch: Batch) -> Mapping[str, Any] | Failure:
        if not batch.has_ended:
            return Failure(
                400, "In progress batches cannot be deleted. Consider canceling the batch instead."
            )
        del self._batches[batch.order.batch_id]
        return {"id": batch.order.batch_id, "type": "message_batch_deleted"}

    async def _create(self, exchange: Exchange, dialect: Dialect) -> Mapping[str, Any] | Failure | None:
        content = await exchange.body(self.settings.max_batch_bytes)
        if content is None or isinstance(content, Failure):
            return content
        order = self._order(exchange, dialect)
        if isinstance(order, Failure):
            return order
        found = batch_shape.read(content)
        if isinstance(found, Failure):
            return found
        del content
        ids, params = found
        waiting = sum(
            batch.waiting for batch in self._open.values() if batch.order.workspace_id == order.workspace_id
        )
        if waiting + len(ids) > self.settings.batch_queue_requests:
            return Failure(
                429,
                "This request would exceed your organization's limit of "
                f"{self.settings.batch_queue_requests:,} batch requests in the processing queue. "
                "Please try again later.",
                {"retry-after": "10", "x-should-retry": "true"},
            )
        batch = self._batches[order.batch_id] = self._open[order.batch_id] = Batch(order, ids, params)
        # As it stands at its creation, before anything of it is processed.
        document = batch.document(exchange.base_url, order.created)
        await self.look()
        return document

    def _order(self, exchange: Exchange, dialect: Dialect) -> Order | Failure:
        seed = read_seed(exchange.headers, self.settings.seed)
        if isinstance(seed, Failure):
            return seed
        header = exchange.headers.get(batch_fault.HEADER)
        fault = batch_fault.BatchFault() if header is None else batch_fault.parse(header)
        if fault is None:
            return Failure(
                400, f"{batch_fault.HEADER}: {header!r} is not error=N|expire=N|late=N|life=S|slow=S"
            )
        self._created += 1
        name = f"{self.settings.nonce}/batch/{self._created}".encode()
        return Order(
            batch_id=f"msgbatch_sim{hashlib.blake2b(name, digest_size=10).hexdigest()}",
            workspace_id=_workspace(exchange),
            api_key_id=key_id(exchange.headers),
            dialect=replace(dialect, batched=True),
            seed=seed,
            created=self.settings.clock(),
            seconds=self.settings.batch_seconds if fault.slow is None else float(fault.slow),
            fault=fault,
        )

    def _list(self, exchange: Exchange) -> Mapping[str, Any] | Failure:
        workspace = _workspace(exchange)
        ids = [
            batch_id
            for batch_id, batch in reversed(self._batches.items())
            if batch.order.workspace_id == workspace and _is_known(batch)
        ]
        page = paging.cut(ids, exchange.query, "a message batch")
        if isinstance(page, Failure):
            return page
        now = self.settings.clock()
        return page.document([self._batches[one].document(exchange.base_url, now) for one in page.ids])

    async def _results(self, exchange: Exchange, results: Spool, struck: Fault | None) -> None:
        await exchange.start(200, {**exchange.extra, "content-type": "application/x-jsonl"})
        limit = None if struck is None else struck.events
        for piece in results.pieces(_PIECE_BYTES, limit):
            await exchange.write(piece)
        if struck is None or len(results) < (limit or 0):
            await exchange.write(b"", last=True)
        elif struck.kind == "stall":
            await exchange.wait_for_disconnect()


def _workspace(exchange: Exchange) -> str | None:
    return exchange.headers.get("anthropic-workspace-id") or None


def _is_known(batch: Batch) -> bool:
    if batch.looks:
        batch.looks -= 1
        return False
    return True
