"""App: the practice API as a bare ASGI application."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from modelmix.simulator import catalogue, fault, message, report_query, world
from modelmix.simulator.answer import Answer, compose
from modelmix.simulator.batch_work import BatchWork
from modelmix.simulator.batches import PATH as BATCHES
from modelmix.simulator.batches import Batches, methods
from modelmix.simulator.bill import Bill
from modelmix.simulator.cache import Plan, PromptCache
from modelmix.simulator.charge import Charge
from modelmix.simulator.dialect import Dialect
from modelmix.simulator.events import error_event, events
from modelmix.simulator.exchange import Exchange, Receive, Scope, Send
from modelmix.simulator.failure import Failure, injected
from modelmix.simulator.fault import Fault
from modelmix.simulator.rate import Rate
from modelmix.simulator.request import Request, authorise, key_id, read_dialect, read_seed, understand
from modelmix.simulator.settings import Settings
from modelmix.simulator.usage_report import UsageReport

ASGI = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]
_MESSAGES, _COUNT, _MODELS = "/v1/messages", "/v1/messages/count_tokens", "/v1/models"
_USAGE = "/v1/organizations/usage_report/messages"
_METHODS = {_MESSAGES: "POST", _COUNT: "POST", _MODELS: "GET", _USAGE: "GET"}
_STATUS = "modelmix practice API: every answer is synthetic"
_FREE = ("/", "/api/hello", "/simulator/truth", "/simulator/bill")


def app(settings: Settings | None = None) -> ASGI:
    """Return a practice API as an ASGI application; each has a cache, a bill, limits and ids of its own."""
    chosen = settings or Settings()
    cache, bill, report = PromptCache(), Bill(), UsageReport()
    batches = Batches(chosen, BatchWork(cache, bill, report))
    return _App(chosen, Rate.of(chosen), cache, bill, report, batches)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One accepted request and what is to be sent for it."""

    request: Request
    plan: Plan
    answer: Answer
    document: dict[str, Any]
    fault: Fault | None

    @property
    def cut_after(self) -> int | None:
        """Events of a stream that are sent before its fault; None if it comes whole or is no stream."""
        return self.fault.events if self.fault is not None and self.request.is_stream else None

    @property
    def share(self) -> float:
        """Share of the output that is sent, and billed, in [0, 1]."""
        limit = self.cut_after
        if limit is None:
            return 1.0
        *before, last = islice(events(self.document), limit + 1)
        return before[-1].share if len(before) == limit and before else last.share


@dataclass(slots=True)
class _App:
    settings: Settings
    rate: Rate
    cache: PromptCache
    bill: Bill
    report: UsageReport
    batches: Batches
    calls: int = 0
    faulty_calls: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            self.calls += 1
            name = f"{self.settings.nonce}/{self.calls}".encode()
            request_id = f"req_sim{hashlib.blake2b(name, digest_size=10).hexdigest()}"
            await self._route(Exchange.begin(scope, receive, send, request_id))

    async def _route(self, exchange: Exchange) -> None:
        method, path = exchange.method, exchange.path
        if path in _FREE:
            await self.batches.look()
            await exchange.answer(self._free(path) if method in {"GET", "HEAD"} else _not_allowed(method))
            return
        allowed = _methods(path)
        if method not in allowed:
            await exchange.answer(_not_allowed(method) if allowed else Failure(404, f"Not found: {path}"))
            return
        dialect = authorise(exchange.headers) or read_dialect(exchange.headers, counting=path == _COUNT)
        if isinstance(dialect, Failure):
            await exchange.answer(dialect)
            return
        exchange.extra["anthropic-organization-id"] = "00000000-0000-4000-8000-00000000c1ad"
        if path == _USAGE:
            await self.batches.look()
            await exchange.answer(self._usage(exchange, dialect))
        elif path == _MODELS:
            await exchange.answer(catalogue.page(exchange.query))
        elif path.startswith(_MODELS):
            await exchange.answer(catalogue.one(path.removeprefix(f"{_MODELS}/")))
        elif path.startswith(BATCHES):
            await self._batch(exchange, dialect)
        else:
            await self._read_body(exchange, dialect)

    def _free(self, path: str) -> dict[str, Any]:
        if path == "/simulator/truth":
            return world.truth(self.settings.seed)
        if path == "/simulator/bill":
            return self.bill.document()
        return {"status": "ok", "name": _STATUS}

    def _usage(self, exchange: Exchange, dialect: Dialect) -> dict[str, Any] | Failure:
        query = report_query.read(exchange.query_pairs, dialect, self.settings.clock())
        return query if isinstance(query, Failure) else self.report.page(query)

    async def _batch(self, exchange: Exchange, dialect: Dialect) -> None:
        struck = self._fault(exchange, is_stream=exchange.path.endswith("/results"))
        if isinstance(struck, Failure):
            await exchange.answer(struck)
        elif struck is not None and not struck.breaks_body:
            await exchange.answer(injected(struck.kind))
        else:
            await self.batches.serve(exchange, dialect, struck)

    async def _read_body(self, exchange: Exchange, dialect: Dialect) -> None:
        content = await exchange.body(self.settings.max_body_bytes)
        if content is None:
            return
        if isinstance(content, Failure):
            await exchange.answer(content)
            return
        request = understand(content, dialect)
        seed = read_seed(exchange.headers, self.settings.seed)
        if isinstance(request, Failure):
            await exchange.answer(request)
        elif isinstance(seed, Failure):
            await exchange.answer(seed)
        elif dialect.counting:
            await exchange.answer({"input_tokens": request.prompt_tokens})
        else:
            await self._message(exchange, request, seed)

    async def _message(self, exchange: Exchange, request: Request, seed: int) -> None:
        struck = self._fault(exchange, is_stream=request.is_stream)
        if isinstance(struck, Failure):
            await exchange.answer(struck)
            return
        model, now = request.behaviour.model, self.settings.clock()
        if struck is not None and not struck.breaks_body and not (request.is_stream and struck.after):
            await self._refuse(exchange, injected(struck.kind), model, now)
            return
        workspace = exchange.headers.get("anthropic-workspace-id", "default")
        scope = f"{workspace}/{model}".encode()
        plan = self.cache.plan(scope, request.segments, request.behaviour.min_cacheable_tokens, now)
        refused = self.rate.refusal(model, plan.split, now)
        if refused is not None:
            await self._refuse(exchange, refused, model, now)
            return
        answer = compose(request.body, request.behaviour, seed, plan.split.total)
        message_id = exchange.request_id.replace("req_", "msg_")
        document = message.document(message_id, request, answer, plan.split)
        turn = _Turn(request, plan, answer, document, struck)
        self._settle(exchange, turn)
        exchange.extra.update(self.rate.headers(model, now))
        if self.settings.latency_ms:
            await asyncio.sleep(self.settings.latency_ms / 1000)
        self.cache.commit(plan)
        await (self._stream(exchange, turn) if request.is_stream else self._whole(exchange, turn))

    async def _refuse(self, exchange: Exchange, failure: Failure, model: str, now: float) -> None:
        exchange.extra.update(self.rate.headers(model, now))
        await exchange.answer(failure)

    def _fault(self, exchange: Exchange, *, is_stream: bool) -> Fault | Failure | None:
        header = exchange.headers.get(fault.HEADER)
        if header is None:
            return None
        found = fault.parse(header)
        if found is None:
            return Failure(
                400, f"{fault.HEADER}: {header!r} is not 529|429|500|cut|stall[;after=N][;times=N]"
            )
        key = exchange.headers.get("x-api-key") or exchange.headers.get("authorization", "")
        self.faulty_calls[header, key] += 1
        return found if found.strikes(self.faulty_calls[header, key], stream=is_stream) else None

    def _settle(self, exchange: Exchange, turn: _Turn) -> None:
        # Everything at once and before anything is waited for: a client that vanishes, or a server that is
        # stopped, cannot leave a call on the bill that the report or the limits know nothing of.
        usage = turn.document["usage"]
        charge = Charge(
            request_id=exchange.request_id,
            at=turn.plan.at,
            model=turn.request.behaviour.model,
            api_key_id=key_id(exchange.headers),
            workspace_id=exchange.headers.get("anthropic-workspace-id") or None,
            inference_geo=usage["inference_geo"],
            speed=usage["speed"],
            split=turn.plan.split,
            output_tokens=round(turn.answer.output_tokens * turn.share),
        )
        self.cache.accept(turn.plan)
        self.bill.add(charge)
        self.report.add(charge)
        self.rate.take(charge)

    async def _whole(self, exchange: Exchange, turn: _Turn) -> None:
        if turn.fault is None:
            await exchange.answer(turn.document)
            return
        await exchange.break_off(stalls=turn.fault.kind == "stall")

    async def _stream(self, exchange: Exchange, turn: _Turn) -> None:
        headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
        await exchange.start(200, {**exchange.extra, **headers})
        share = 0.0
        for event in islice(events(turn.document), turn.cut_after):
            await self._pace(turn, event.share - share)
            share = event.share
            await exchange.write(event.encode(), last=event.name == "message_stop")
            if event.name == "message_stop":
                return
        await self._break(exchange, turn.fault)

    async def _pace(self, turn: _Turn, share: float) -> None:
        if self.settings.tokens_per_second and share > 0:
            await asyncio.sleep(turn.answer.output_tokens * share / self.settings.tokens_per_second)

    async def _break(self, exchange: Exchange, struck: Fault | None) -> None:
        if struck is not None and struck.kind == "stall":
            await exchange.wait_for_disconnect()
        elif struck is not None and not struck.breaks_body:
            event = error_event(injected(struck.kind).body(exchange.request_id))
            await exchange.write(event.encode(), last=True)


def _methods(path: str) -> frozenset[str]:
    if path.startswith(f"{_MODELS}/"):
        return frozenset({"GET"})
    return frozenset({_METHODS[path]}) if path in _METHODS else methods(path)


def _not_allowed(method: str) -> Failure:
    return Failure(405, f"Method {method} is not allowed here")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
