"""The story: audit, outcomes, policy, gateway and truth, on the practice API."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from modelmix.core.call import Call
from modelmix.core.prices import PriceBook
from modelmix.demo import folder as demo_folder
from modelmix.demo.known_truth import Checked, check, pool_loss
from modelmix.demo.live import Bill, Live, bill, send
from modelmix.demo.traffic import Collected, Size, collect
from modelmix.gateway.run import Setup
from modelmix.gateway.run import running as gateway_running
from modelmix.optimize.goal import Goal
from modelmix.pipeline.audit import audit
from modelmix.pipeline.import_ import import_paths
from modelmix.pipeline.optimize import Ask, Optimised, optimise
from modelmix.pipeline.policy_file import write
from modelmix.pipeline.traffic import read_traffic
from modelmix.report.audit import Audit
from modelmix.settings import Settings
from modelmix.simulator.run import running as simulator_running
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger

MARGIN, ALPHA = 0.02, 0.05


@dataclass(frozen=True, slots=True)
class Teller:
    """Who is told how the demo goes.

    Attributes:
        heading: A step begins; told its title.
        progress: Told what is counted, how many are done, and how many there are.
        audited: The audit is done.
        optimised: The policy is written; told its file.
    """

    heading: Callable[[str], None]
    progress: Callable[[str, int, int], None]
    audited: Callable[[Audit], None]
    optimised: Callable[[Optimised, Goal, Path], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """How the demo ended.

    Attributes:
        live: What went through the gateway.
        bill: What it cost.
        checked: Every decision beside the truth.
        true_pool_loss: True loss over the moved traffic.
        policy: The policy file.
        collected: Files of the first step.
        home: Folder of the ledger and the lake.
    """

    live: Live
    bill: Bill
    checked: tuple[Checked, ...]
    true_pool_loss: float
    policy: Path
    collected: Collected
    home: Path


def tell(folder: Path, surroundings: Settings, size: Size, now: datetime, teller: Teller) -> Ending:
    """Run the whole demo: everything is synthetic, and nothing leaves this machine.

    Args:
        folder: Where its files go; made anew.
        surroundings: Prices and capabilities; its home is not touched.
        size: How large it is.
        now: UTC instant of the run.
        teller: Who is told how it goes.

    Raises:
        ConfigError: The folder is someone else's.
    """
    demo_folder.make(folder)
    book, home = surroundings.price_book(), folder / "home"
    with simulator_running(seed=size.seed) as api:
        teller.heading("practice API: today's model and two cheaper ones answer the same prompts")
        collected = collect(api, folder, book, size, now, partial(teller.progress, "answers"))
        teller.heading("modelmix audit: what today's traffic costs")
        today = read_traffic([collected.log], [str(collected.log)])
        teller.audited(audit(today, book, surroundings.capabilities(), now))
        teller.heading("modelmix import, modelmix optimize: what provably holds on a cheaper model")
        policy = folder / "policy.yaml"
        found = _prove(collected, home, surroundings, now)
        write(policy, found.policy)
        teller.optimised(found, Goal(MARGIN, ALPHA), policy)
        teller.heading("modelmix serve --enforce: fresh requests, all asking for today's model")
        live, spent = _serve(api, policy, home, surroundings, size, teller)
        truth = _truth(api)
    checked = tuple(check(found.fit, truth))
    return Ending(live, spent, checked, pool_loss(found.fit, truth), policy, collected, home)


def _prove(collected: Collected, home: Path, surroundings: Settings, now: datetime) -> Optimised:
    book, capabilities = surroundings.price_book(), surroundings.capabilities()
    with Ledger.open(home) as ledger:
        lake = Lake(home)
        import_paths([collected.log, collected.outcomes], ledger, lake, now=now)
        ask = Ask(goal=Goal(MARGIN, ALPHA), name="document-pipeline")
        return optimise(ask, ledger, lake, book, capabilities, now)


def _serve(
    api: str, policy: Path, home: Path, surroundings: Settings, size: Size, teller: Teller
) -> tuple[Live, Bill]:
    setup = Setup(
        home=home,
        capabilities=surroundings.capabilities(),
        open_rows=partial(Ledger.open, home),
        policy=policy,
        upstream=api,
        enforce=True,
    )
    with gateway_running(setup) as gateway:
        live = send(gateway, size, partial(teller.progress, "requests"))
    with Ledger.open(home) as ledger:
        calls = list(ledger.calls())
    return live, _bill(calls, surroundings.price_book())


def _bill(calls: list[Call], book: PriceBook) -> Bill:
    routed = [call for call in calls if call.source == "gateway"]
    return bill(routed, [call for call in calls if call.source != "gateway"], book)


def _truth(api: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{api}/simulator/truth", timeout=30) as response:  # noqa: S310 - loopback
        document: dict[str, Any] = json.load(response)
    return document
