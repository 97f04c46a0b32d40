"""App: the practice API as a bare ASGI application."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from modelmix.simulator import catalogue, fault, message, world
from modelmix.simulator.answer import Answer, compose
from modelmix.simulator.bill import Bill
from modelmix.simulator.cache import Plan, PromptCache
from modelmix.simulator.dialect import Dialect
from modelmix.simulator.events import error_event, events
from modelmix.simulator.exchange import Exchange, Receive, Scope, Send
from modelmix.simulator.failure import Failure, injected
from modelmix.simulator.fault import Fault
from modelmix.simulator.rate import Rate
from modelmix.simulator.request import Request, authorise, read_dialect, read_seed, understand
from modelmix.simulator.settings import Settings

ASGI = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]
_MESSAGES, _COUNT, _MODELS = "/v1/messages", "/v1/messages/count_tokens", "/v1/models"
_STATUS = "modelmix practice API: every answer is synthetic"
_FREE = ("/", "/api/hello", "/simulator/truth", "/simulator/bill")


def app(settings: Settings | None = None) -> ASGI:
    """Return a practice API as an ASGI application; each has a cache, a bill and ids of its own."""
    return _App(settings or Settings())


@dataclass(frozen=True, slots=True)
class _Turn:
    """One accepted request and what is to be sent for it."""

    request: Request
    plan: Plan
    answer: Answer
    document: dict[str, Any]
    fault: Fault | None


@dataclass(slots=True)
class _App:
    settings: Settings
    cache: PromptCache = field(default_factory=PromptCache)
    bill: Bill = field(default_factory=Bill)
    rate: Rate = field(default_factory=Rate)
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
            await exchange.answer(self._free(path) if method in {"GET", "HEAD"} else _not_allowed(method))
            return
        if path not in {_MESSAGES, _COUNT, _MODELS} and not path.startswith(f"{_MODELS}/"):
            await exchange.answer(Failure(404, f"Not found: {path}"))
            return
        if method != ("GET" if path.startswith(_MODELS) else "POST"):
            await exchange.answer(_not_allowed(method))
            return
        dialect = authorise(exchange.headers) or read_dialect(exchange.headers, counting=path == _COUNT)
        if isinstance(dialect, Failure):
            await exchange.answer(dialect)
            return
        exchange.extra["anthropic-organization-id"] = "00000000-0000-4000-8000-00000000c1ad"
        if path == _MODELS:
            await exchange.answer(catalogue.page(exchange.query))
        elif path.startswith(_MODELS):
            await exchange.answer(catalogue.one(path.removeprefix(f"{_MODELS}/")))
        else:
            await self._read_body(exchange, dialect)

    def _free(self, path: str) -> dict[str, Any]:
        if path == "/simulator/truth":
            return world.truth(self.settings.seed)
        if path == "/simulator/bill":
            return self.bill.document()
        return {"status": "ok", "name": _STATUS}

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
        struck = self._fault(exchange, request)
        if isinstance(struck, Failure):
            await exchange.answer(struck)
            return
        now = self.settings.clock()
        exchange.extra.update(self.rate.headers(request.behaviour.model, now))
        if struck is not None and not struck.breaks_body and not (request.is_stream and struck.after):
            await exchange.answer(injected(struck.kind))
            return
        workspace = exchange.headers.get("anthropic-workspace-id", "default")
        scope = f"{workspace}/{request.behaviour.model}".encode()
        plan = self.cache.plan(scope, request.segments, request.behaviour.min_cacheable_tokens, now)
        answer = compose(request.body, request.behaviour, seed, plan.split.total)
        message_id = exchange.request_id.replace("req_", "msg_")
        document = message.document(message_id, request, answer, plan.split)
        if self.settings.latency_ms:
            await asyncio.sleep(self.settings.latency_ms / 1000)
        self.cache.commit(plan)
        turn = _Turn(request, plan, answer, document, struck)
        await (self._stream(exchange, turn) if request.is_stream else self._whole(exchange, turn))

    def _fault(self, exchange: Exchange, request: Request) -> Fault | Failure | None:
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
        return found if found.strikes(self.faulty_calls[header, key], stream=request.is_stream) else None

    def _charge(self, exchange: Exchange, turn: _Turn, share: float = 1.0) -> None:
        model, split = turn.request.behaviour.model, turn.plan.split
        output = round(turn.answer.output_tokens * share)
        self.bill.add(exchange.request_id, model, split, output)
        self.rate.count(model, split, output, self.settings.clock())

    async def _whole(self, exchange: Exchange, turn: _Turn) -> None:
        if turn.fault is None:
            self._charge(exchange, turn)
            await exchange.answer(turn.document)
            return
        # A body that ends early: fewer bytes than the header promises.
        self._charge(exchange, turn)
        await exchange.start(
            200, {**exchange.extra, "content-type": "application/json", "content-length": "4096"}
        )
        await exchange.write(b'{"type":"message","id":"')
        if turn.fault.kind == "stall":
            await exchange.wait_for_disconnect()

    async def _stream(self, exchange: Exchange, turn: _Turn) -> None:
        headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
        await exchange.start(200, {**exchange.extra, **headers})
        limit = turn.fault.events if turn.fault is not None else None
        share = 0.0
        for sent, event in enumerate(events(turn.document)):
            if limit is not None and sent >= limit:
                break
            await self._pace(turn, event.share - share)
            share = event.share
            if event.name == "message_stop":
                self._charge(exchange, turn)
            await exchange.write(event.encode(), last=event.name == "message_stop")
        else:
            return
        self._charge(exchange, turn, share)
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


def _not_allowed(method: str) -> Failure:
    return Failure(405, f"Method {method} is not allowed here")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
