"""What tests of replays share: logs of the practice world, an API with faults in front, and a run."""

import contextlib
import csv
import http.client
import itertools
import json
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.rig import Heard, Peer, Script, upstream
from gateway.rig import http as response
from modelmix import settings
from modelmix.core.call import REPLAY, Call
from modelmix.core.usage import Usage
from modelmix.demo.asking import Client
from modelmix.pipeline.replay.ask import Ask, Limits
from modelmix.pipeline.replay.place import Place
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.planner import Planner
from modelmix.pipeline.replay.recordings import source_of
from modelmix.pipeline.replay.replay import Replayed, replay
from modelmix.pipeline.replay.tally import Tally
from modelmix.simulator.run import running
from modelmix.simulator.world import prompts
from modelmix.store.ledger import Ledger

BOOK, CAPABILITIES = settings.load().price_book(), settings.load().capabilities()
OPUS, HAIKU, SONNET = "claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-5-5"
SEED = 7
BEGAN = datetime(2026, 11, 10, tzinfo=UTC)

Row = dict[str, Any]


def row(text: str, answer: str, model: str = OPUS, **more: Any) -> Row:  # noqa: ANN401 - any field of a log
    """Write one row of a log by hand; ``request`` and ``response`` add to their bodies."""
    request = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": text}]}
    body = {
        "id": f"msg_{text}_{model}"[:60],
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": answer}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 100, "output_tokens": 5},
    }
    return {
        "timestamp": BEGAN.isoformat(),
        "task_type": more.pop("task_type", "triage"),
        "request": request | more.pop("request", {}),
        "response": body | more.pop("response", {}),
        **more,
    }


def labelled(n: int, **more: Any) -> list[Row]:  # noqa: ANN401 - any field of a log
    """Write rows whose answers are one of three labels."""
    return [
        row(f"case {i}", ("billing", "access", "other")[i % 3], prompt_id=f"case-{i:03d}", **more)
        for i in range(n)
    ]


@cache
def _world(n: int) -> tuple[str, ...]:
    with running(seed=SEED) as url:
        client = Client(url)
        lines = []
        for number, prompt in enumerate(prompts(SEED, n)):
            body = {**prompt.body, "model": OPUS}
            lines.append(
                json.dumps(
                    {
                        "timestamp": (BEGAN + timedelta(minutes=10 * number)).isoformat(),
                        "task_type": prompt.task_type,
                        "prompt_id": prompt.prompt_id,
                        "request": body,
                        "response": dict(client.ask(body).body),
                    }
                )
            )
        client.close()
    return tuple(lines)


def world(n: int) -> list[Row]:
    """Return rows of the practice world, as its API answered them for the dearest model."""
    return [json.loads(line) for line in _world(n)]


def write_log(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write a log."""
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def write_gold(path: Path, n: int) -> Path:
    """Write the right answers of the practice world's prompts."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["prompt_id", "expected"])
        table.writerows([one.prompt_id, one.expected] for one in prompts(SEED, n))
    return path


def plan_of(
    ask: Ask, max_spend_usd: Decimal | None = None, day: datetime | None = None, *, by_batch: bool = False
) -> Plan:
    """Plan what is asked."""
    source = source_of(ask.places, CAPABILITIES, ask.expected, ask.task_type)
    day = day or datetime.now(UTC)
    planner = Planner(ask, source, BOOK, CAPABILITIES, day.date(), by_batch)
    return planner.plan(source.scan(), max_spend_usd)


@dataclass
class Bench:
    """A folder with a log, its right answers and a home, and an API to ask."""

    folder: Path
    url: str
    ask: Ask = field(init=False)
    n: int = 60
    by_batch: bool = False
    tallies: list[Tally] = field(default_factory=list)

    def __post_init__(self) -> None:
        log = write_log(self.folder / "log.jsonl", world(self.n))
        gold = write_gold(self.folder / "gold.csv", self.n)
        self.ask = Ask(
            places=(str(log),),
            expected=(str(gold),),
            graders={"report-summary": "exact"},
            upstream=self.url,
            again=20,
            looks=1,
        )

    @property
    def home(self) -> Path:
        """The home folder."""
        return self.folder / "home"

    def run(self, limits: Limits | None = None, **ask: Any) -> Replayed:  # noqa: ANN401 - fields of Ask
        """Run a replay; fields of the ask can be named."""
        limits = limits or Limits(rate_share=1.0)
        self.ask = replace(self.ask, **ask)
        plan = plan_of(self.ask, limits.max_spend_usd, by_batch=self.by_batch)
        place = Place(home=self.home, book=BOOK, capabilities=CAPABILITIES, key="practice")
        return replay(plan, place, limits, datetime.now(UTC), self._told)

    def _told(self, tally: Tally) -> None:
        self.tallies.append(replace(tally))

    def calls(self) -> list[Call]:
        """Return the replay's calls in the ledger."""
        return replay_calls(self.home)


def replay_calls(home: Path) -> list[Call]:
    """Return the calls of replays in a ledger."""
    with Ledger.open(home) as ledger:
        return [call for call in ledger.calls() if call.source == REPLAY]


def tokens(calls: Iterable[Call]) -> Usage:
    """Sum tokens."""
    return sum((call.usage.plain() for call in calls), Usage())


def list_usd(calls: Iterable[Call]) -> Decimal:
    """Sum list prices."""
    return sum(
        (BOOK.cost(call.usage, call.model_served, call.at, us=call.us).total_usd for call in calls),
        Decimal(0),
    )


@dataclass(frozen=True)
class Bill:
    """What a practice API has billed."""

    calls: int
    usage: Usage
    models: Mapping[str, Usage]
    request_ids: Sequence[str]

    @classmethod
    def of(cls, url: str) -> "Bill":
        """Ask for it."""
        with urllib.request.urlopen(f"{url}/simulator/bill") as answer:  # noqa: S310 - loopback
            document = json.load(answer)
        models = {model: _usage(one) for model, one in document["models"].items()}
        return cls(document["total"]["calls"], _usage(document["total"]), models, document["request_ids"])

    @property
    def usd(self) -> Decimal:
        """Its list price: no request of this world is long enough for another price tier."""
        day = datetime.now(UTC).date()
        rates = {model: BOOK.rates(model, day, 0) for model in self.models}
        return sum((rates[model].cost(usage).total_usd for model, usage in self.models.items()), Decimal(0))


def _usage(counts: Mapping[str, int]) -> Usage:
    return Usage(
        input_tokens=counts["input_tokens"],
        cache_read_tokens=counts["cache_read_tokens"],
        cache_write_5m_tokens=counts["cache_write_5m_tokens"],
        cache_write_1h_tokens=counts["cache_write_1h_tokens"],
        output_tokens=counts["output_tokens"],
    )


PASS = b"pass"
"""What a fault returns to let a request through."""

Fault = Callable[[int, Heard, Peer], bytes | None]
"""Number of the request from 1, the request, and its connection → an answer, None to cut it, or PASS."""


@contextlib.contextmanager
def front(url: str, fault: Fault) -> Iterator[tuple[str, list[Heard]]]:
    """Stand in front of an API: requests for messages may be struck by a fault, all else is passed on.

    Yields its URL and the requests heard.
    """
    opened: list[http.client.HTTPConnection] = []
    try:
        with upstream(_passing(url, fault, opened)) as (front_url, heard):
            yield front_url, heard
    finally:
        for connection in opened:
            connection.close()


def _passing(url: str, fault: Fault, opened: list[http.client.HTTPConnection]) -> Script:
    numbers, here = itertools.count(1), threading.local()

    def script(peer: Peer, heard: Heard) -> bytes | None:
        if heard.line.startswith(b"POST /v1/messages "):
            struck = fault(next(numbers), heard, peer)
            if struck != PASS:
                return struck
        if not hasattr(here, "connection"):
            here.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
            opened.append(here.connection)
        method, path, _ = heard.line.decode().split(" ")
        names = (b"x-api-key", b"anthropic-version", b"anthropic-beta", b"content-type")
        headers = {
            name.decode(): value.decode() for name in names if (value := heard.header(name)) is not None
        }
        here.connection.request(method, path, heard.body or None, headers)
        answer = here.connection.getresponse()
        passed = [
            f"{name}: {value}"
            for name, value in answer.getheaders()
            if name.lower() not in {"content-length", "transfer-encoding", "connection", "date", "server"}
        ]
        return response(f"{answer.status} {answer.reason}", answer.read(), *passed)

    return script


def error(status: int, kind: str, message: str = "no", *headers: str, **details: str) -> bytes:
    """Write an error of the API."""
    body = {"type": "error", "error": {"type": kind, "message": message, "details": details or None}}
    return response(f"{status} Error", json.dumps(body).encode(), "content-type: application/json", *headers)


def asked_model(heard: Heard) -> str:
    """Return the model that a request names."""
    return str(json.loads(heard.body)["model"])
