"""Requests per second and CPU per answer of a replay, against a bare aiohttp loop of the same requests.

A stub in a process of its own answers every request at once. Both sides send the same bodies on as many
connections in one interleaved run: the replay books each request before it leaves, reads, prices and grades
the answer, and books it; the bare side reads the answer as JSON and forgets it.

    python bench/replay.py [REQUESTS]
"""

import asyncio
import json
import multiprocessing
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import aiohttp

from modelmix import settings
from modelmix.core.candidate import Candidate
from modelmix.pipeline.replay.ask import Ask, Limits
from modelmix.pipeline.replay.judge import Judge
from modelmix.pipeline.replay.plan import Plan, Planner
from modelmix.pipeline.replay.recordings import source_of
from modelmix.pipeline.replay.run import Run
from modelmix.store.replay_book import ReplayBook
from modelmix.store.replay_records import Replay
from modelmix.upstream.messages import Upstream
from modelmix.wire.replayable import body_of
from modelmix.wire.splice import splice

REQUESTS, CONCURRENCY, ROUNDS = 3000, 16, 5
LEAST_PER_CPU_S = 1500.0
"""Answers that a replay handles at least in one second of one core."""

_MODEL = "claude-haiku-5-5"
_WORDS = "Sort the ticket into one of these classes and answer with its name alone. "
_HEADERS = b"".join(
    b"anthropic-ratelimit-%b-%b: 90000000\r\n" % (name, part)
    for name in (b"requests", b"input-tokens", b"output-tokens")
    for part in (b"limit", b"remaining")
)


class Stub(asyncio.Protocol):
    """An API that answers every request with the same label at once, under an id of its own."""

    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            Stub.count += 1
            body = (
                b'{"id":"msg_%024d","type":"message","role":"assistant","model":"claude-haiku-5-5","content":'
                b'[{"type":"text","text":"billing"}],"stop_reason":"end_turn","usage":{"input_tokens":612,'
                b'"cache_read_input_tokens":0,"cache_creation_input_tokens":0,"output_tokens":3}}'
            ) % Stub.count
            self._transport.write(  # type: ignore[attr-defined] # a connection can be written to
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_%024d\r\n%b"
                b"content-length: %d\r\n\r\n%b" % (Stub.count, _HEADERS, len(body), body)
            )


def serve(listener: socket.socket) -> None:
    """Run the stub until the process is ended."""

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Stub, sock=listener)
        await server.serve_forever()

    asyncio.run(forever())


def planned(folder: Path, count: int, url: str) -> Plan:
    """Write a log and plan one request for each of its rows."""
    system = [{"type": "text", "text": _WORDS * 20}]
    at = datetime(2026, 11, 10, tzinfo=UTC).isoformat()
    with (folder / "log.jsonl").open("w") as log:
        for number in range(count):
            messages = [{"role": "user", "content": f"Ticket {number}: {_WORDS * 10}"}]
            request = {"model": "claude-opus-5-5", "max_tokens": 16, "system": system, "messages": messages}
            answer = {
                "id": f"msg_{number}",
                "type": "message",
                "model": "claude-opus-5-5",
                "content": [{"type": "text", "text": ("billing", "access", "other")[number % 3]}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 600, "output_tokens": 3},
            }
            row = {"timestamp": at, "task_type": "triage", "request": request, "response": answer}
            log.write(json.dumps(row) + "\n")
    surroundings = settings.load()
    book, capabilities = surroundings.price_book(), surroundings.capabilities()
    ask = Ask(
        places=(str(folder / "log.jsonl"),),
        candidates=(Candidate(_MODEL),),
        graders={"": "label"},
        pairs=count,
        again=0,
        upstream=url,
    )
    source = source_of(ask.places, capabilities)
    return Planner(ask, source, book, capabilities, datetime.now(UTC).date()).plan(source.scan())


async def by_replay(plan: Plan, home: Path) -> None:
    """Send a plan as a replay does."""
    judge = Judge("r-1", settings.load().price_book(), plan.graders)
    with ReplayBook.open(home) as book:
        book.begin(Replay(replay_id="r-1", at=datetime.now(UTC), settings={}), "")
        async with Upstream(plan.ask.upstream, resends=False) as upstream:
            limits = Limits(rate_share=1.0, concurrency=CONCURRENCY)
            run = Run(plan, book, judge, upstream, limits, "key")
            await run.go({}, lambda _tally: None)
        if run.tally.answered != len(plan.items):
            raise RuntimeError("not every request was answered, so that there is nothing to compare")


async def by_hand(plan: Plan) -> None:
    """Send the same bodies in a bare loop."""
    bodies = iter(
        [splice(body_of(plan.prompts[item.prompt].recorded.request), item.candidate) for item in plan.items]
    )
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one_after_another() -> None:
            for body in bodies:
                async with session.post(f"{plan.ask.upstream}/v1/messages", data=body) as answer:
                    await answer.json()

        await asyncio.gather(*(one_after_another() for _ in range(CONCURRENCY)))


@dataclass(frozen=True)
class Cost:
    """What one round took."""

    cpu_s: float
    wall_s: float


def measured(work: Awaitable[None]) -> Cost:
    """Run a piece of work to its end."""

    async def run() -> None:
        await work

    begin_cpu_s, begin_s = time.process_time(), time.perf_counter()
    asyncio.run(run())
    return Cost(time.process_time() - begin_cpu_s, time.perf_counter() - begin_s)


def main() -> int:
    """Measure in turns, print medians and the ratio, and return 1 below the target."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    stub = multiprocessing.get_context("fork").Process(target=serve, args=(listener,), daemon=True)
    stub.start()
    try:
        with tempfile.TemporaryDirectory(prefix="modelmix-bench-") as folder:
            plan = planned(Path(folder), count, url)
            rounds = [
                (measured(by_replay(plan, Path(folder) / f"home-{number}")), measured(by_hand(plan)))
                for number in range(ROUNDS)
            ]
    finally:
        stub.terminate()
        stub.join()
    print(f"requests            {count:>10,} on {CONCURRENCY} connections")
    for name, side in (("replay", 0), ("bare aiohttp", 1)):
        cpu_s, wall_s = (median(getattr(r[side], what) for r in rounds) for what in ("cpu_s", "wall_s"))
        each = f"{1e6 * cpu_s / count:,.0f} us of CPU per answer"
        print(
            f"{name:<20}{count / wall_s:>10,.0f} requests/s, {each}, {count / cpu_s:,.0f} per second of CPU"
        )
    ratios = [ours.cpu_s / theirs.cpu_s for ours, theirs in rounds]
    print(f"replay / bare CPU   {median(ratios):>10.2f} x (rounds {min(ratios):.2f} to {max(ratios):.2f})")
    return int(count / median(ours.cpu_s for ours, _ in rounds) < LEAST_PER_CPU_S)


if __name__ == "__main__":
    sys.exit(main())
