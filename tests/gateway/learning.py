"""What tests of learning share: an order, a gateway that learns, and its status."""

import contextlib
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from modelmix import settings
from modelmix.core.candidate import Candidate
from modelmix.demo.asking import Client
from modelmix.gateway.learner import LearnOrder
from modelmix.gateway.run import Setup, running
from modelmix.pipeline.learn.ask import LearnAsk
from modelmix.pipeline.learn.learning import LearnPlace
from modelmix.simulator.world import prompts
from modelmix.store.ledger import Ledger

OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-5-5"
BOOK, CAPABILITIES = settings.load().price_book(), settings.load().capabilities()
SEED = 7
_PACE = 50
"""Requests after which traffic lets the learner catch up: here both share a processor."""


def ask_of(**fields: Any) -> LearnAsk:  # noqa: ANN401 - fields of the ask
    """Ask Haiku everything, without a share of the rate limits to keep to."""
    asked = LearnAsk(
        cap_usd=Decimal(25),
        share=1.0,
        candidates=(Candidate(HAIKU),),
        again=0,
        rate_share=1.0,
        patience_s=20.0,
    )
    return replace(asked, **fields)


def order_of(home: Path, upstream: str, *, key: str = "practice", **fields: Any) -> LearnOrder:  # noqa: ANN401 - fields of the ask
    """Order to learn."""
    place = LearnPlace(home=home, book=BOOK, capabilities=CAPABILITIES, key=key)
    return LearnOrder(ask_of(upstream=upstream, **fields), place)


@contextlib.contextmanager
def learning(home: Path, upstream: str, *, key: str = "practice", **fields: Any) -> Iterator[str]:  # noqa: ANN401 - fields of the ask
    """Run a gateway that learns, with a real ledger."""
    setup = Setup(
        home=home,
        capabilities=CAPABILITIES,
        open_rows=partial(Ledger.open, home),
        upstream=upstream,
        drain_s=5,
        learn=order_of(home, upstream, key=key, **fields),
    )
    with running(setup) as url:
        until(lambda: status(url)["state"] != "starting")
        yield url


def status(url: str) -> dict[str, Any]:
    """Ask how learning stands."""
    with urllib.request.urlopen(f"{url}/modelmix/status") as answer:  # noqa: S310 - loopback
        found: dict[str, Any] = json.load(answer)["learning"]
    return found


def until(holds: Callable[[], bool], patience_s: float = 30.0) -> None:
    """Wait until something holds."""
    end_s = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end_s, "it never came about"
        time.sleep(0.02)


def settled(url: str) -> dict[str, Any]:
    """Wait until nothing waits and nothing is on its way, and return the status."""

    def is_idle() -> bool:
        found = status(url)
        return not found["waiting"] and Decimal(found["on_their_way_at_most_usd"]) == 0

    until(is_idle)
    time.sleep(0.1)
    until(is_idle)
    return status(url)


def traffic(url: str, n: int, first: int = 0, *, only: frozenset[str] = frozenset()) -> int:
    """Send prompts of the practice world, every other one streamed, and return how many."""
    client, sent = Client(url), 0
    try:
        for index, prompt in enumerate(prompts(SEED, n)):
            if index >= first and (not only or prompt.task_type in only):
                body = {**prompt.body, "model": OPUS, "stream": index % 2 == 1}
                client.ask(body, task_type=prompt.task_type)
                sent += 1
                if sent % _PACE == 0:
                    until(lambda: status(url)["waiting"] < _PACE)
    finally:
        client.close()
    return sent


def type_of(found: dict[str, Any], task_type: str) -> dict[str, Any]:
    """Return the status of one task type."""
    return next(one for one in found["types"] if one["task_type"] == task_type)


def holds_text(folder: Path, text: bytes) -> list[Path]:
    """Return the files below a folder that hold a text."""
    return [path for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]
