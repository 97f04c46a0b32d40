"""The story: audit, replay, policy, gateway, report and commitment, where the truth is known."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from modelmix.core.candidate import Candidate
from modelmix.demo import folder as demo_folder
from modelmix.demo.known_truth import Checked, check, pool_loss
from modelmix.demo.live import Bill, Live, bill, send
from modelmix.demo.refusal import Refusal, refusal
from modelmix.demo.traffic import BASELINE, CANDIDATES, Collected, Size, collect
from modelmix.gateway.run import Setup
from modelmix.gateway.run import running as gateway_running
from modelmix.optimize.goal import Goal
from modelmix.pipeline.audit import Window, audit
from modelmix.pipeline.commit import Ask as CommitAsk
from modelmix.pipeline.commit import Surroundings
from modelmix.pipeline.commit import size as size_commitment
from modelmix.pipeline.optimize import Optimised, optimise
from modelmix.pipeline.policy_file import write
from modelmix.pipeline.question import Ask
from modelmix.pipeline.replay.ask import Ask as ReplayAsk
from modelmix.pipeline.replay.ask import Limits
from modelmix.pipeline.replay.place import Place
from modelmix.pipeline.replay.planner import Planner
from modelmix.pipeline.replay.recordings import source_of
from modelmix.pipeline.replay.replay import Replayed, replay
from modelmix.pipeline.replay.summary import replay_report
from modelmix.pipeline.replay.tally import Tally
from modelmix.pipeline.report import ReportAsked, account, plotly_source, write_page
from modelmix.pipeline.savings import read_policy
from modelmix.pipeline.traffic import read_traffic
from modelmix.report.account import account_document
from modelmix.report.account_page import account_page
from modelmix.report.audit import Audit
from modelmix.report.commit import CommitReport
from modelmix.report.replay import ReplayReport
from modelmix.settings import Settings
from modelmix.simulator.run import running as simulator_running
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger

MARGIN, ALPHA = 0.02, 0.05
MAX_SPEND_USD: Final = 25

_GRADERS: Final = {"report-summary": "exact", "analytical-question": "exact", "support-assistant": "exact"}
_ANYTHING: Final = "practice"


@dataclass(frozen=True, slots=True)
class Teller:
    """Who is told how the demo goes.

    Attributes:
        heading: A step begins; told its title.
        progress: Told what is counted, how many are done, and how many there are.
        audited: The audit is done.
        replayed: The replay is done.
        optimised: The policy is written; told its file.
        refused: What the policy says no to.
        served: Fresh requests went through the gateway; told what they cost.
        reported: The report is written; told its document and its file.
        committed: The commitment is sized.
    """

    heading: Callable[[str], None]
    progress: Callable[[str, int, int], None]
    audited: Callable[[Audit], None]
    replayed: Callable[[ReplayReport], None]
    optimised: Callable[[Optimised, Goal, Path], None]
    refused: Callable[[Refusal, Optimised], None]
    served: Callable[[Live, Bill], None]
    reported: Callable[[dict[str, Any], Path], None]
    committed: Callable[[CommitReport], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the demo ended.

    Attributes:
        live: What went through the gateway.
        bill: What it cost.
        replayed: What the replay found.
        refusal: What the policy says no to.
        saving_share: What the policy saves, as proven.
        saving_bound: Its lower bound.
        commit: How the commitment was sized.
        checked: Every claim beside the truth.
        true_pool_loss: True loss over the moved traffic.
        policy: The policy file.
        page: The report.
        collected: Files of the first step.
        home: Folder of the ledger and the lake.
    """

    live: Live
    bill: Bill
    replayed: ReplayReport
    refusal: Refusal
    saving_share: float
    saving_bound: float
    commit: CommitReport
    checked: tuple[Checked, ...]
    true_pool_loss: float
    policy: Path
    page: Path
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
    stage = _Stage(folder, surroundings, size, now, teller)
    with simulator_running(seed=size.seed) as api:
        teller.heading(f"a fortnight of traffic: {size.prompts:,} requests, all on {BASELINE}")
        collected = collect(api, folder, size, now, partial(teller.progress, "requests"))
        teller.heading("modelmix audit: what it costs")
        today = read_traffic([collected.log], [str(collected.log)])
        teller.audited(audit(today, stage.book, stage.capabilities, now))
        teller.heading("modelmix replay: the same requests asked again of two cheaper candidates, and graded")
        done = stage.replay(api, collected)
        seen = replay_report(done, Limits())
        teller.replayed(seen)
        teller.heading("modelmix optimize: what provably holds, type by type, on rows that did not choose")
        found = stage.optimise()
        teller.optimised(found, stage.goal, stage.policy)
        teller.heading("what it refuses")
        declined = refusal(found.fit, done.evidence.outcomes, _baseline(found), stage.policy)
        teller.refused(declined, found)
        teller.heading("modelmix serve --enforce: fresh requests, all asking for today's model")
        live, spent = stage.serve(api)
        teller.served(live, spent)
        truth = _truth(api)
    teller.heading("modelmix report, modelmix commit: the receipt, and what to sign")
    teller.reported(stage.report(collected), stage.page)
    committed = stage.commit(collected)
    teller.committed(committed)
    return Ending(
        live=live,
        bill=spent,
        replayed=seen,
        refusal=declined,
        saving_share=found.fit.saving_share,
        saving_bound=found.fit.saving_bound,
        commit=committed,
        checked=tuple(check(found.fit, truth)),
        true_pool_loss=pool_loss(found.fit, truth),
        policy=stage.policy,
        page=stage.page,
        collected=collected,
        home=stage.home,
    )


class _Stage:
    """The folder in which the demo plays, and the commands that it runs there."""

    def __init__(
        self, folder: Path, surroundings: Settings, size: Size, now: datetime, teller: Teller
    ) -> None:
        self.home, self.policy, self.page = folder / "home", folder / "policy.yaml", folder / "report.html"
        self.book, self.capabilities = surroundings.price_book(), surroundings.capabilities()
        self.goal = Goal(MARGIN, ALPHA)
        # As of this morning: what is live only since then is not yet in the bill that an offer is sized on.
        self._this_morning = Window(until=now)
        self._size, self._now, self._teller = size, now, teller

    def replay(self, api: str, collected: Collected) -> Replayed:
        """Ask the candidates what the log asked."""
        ask = ReplayAsk(
            places=(str(collected.log),),
            expected=(str(collected.known),),
            candidates=CANDIDATES,
            graders=_GRADERS,
            pairs=self._size.prompts,
            keep_text=True,
            upstream=api,
        )
        source = source_of(ask.places, self.capabilities, ask.expected)
        planner = Planner(ask, source, self.book, self.capabilities, self._now.date())
        place = Place(home=self.home, book=self.book, capabilities=self.capabilities, key=_ANYTHING)
        limits = Limits(rate_share=1.0, concurrency=16)
        return replay(planner.plan(source.scan()), place, limits, self._now, self._told)

    def _told(self, tally: Tally) -> None:
        self._teller.progress("answers", tally.done, tally.whole)

    def optimise(self) -> Optimised:
        """Turn the answers into a policy."""
        with Ledger.open(self.home) as ledger:
            ask = Ask(goal=self.goal, name="document-pipeline")
            found = optimise(ask, ledger, Lake(self.home), self.book, self.capabilities, self._now)
        write(self.policy, found.policy)
        return found

    def serve(self, api: str) -> tuple[Live, Bill]:
        """Send fresh requests through the gateway."""
        setup = Setup(
            home=self.home,
            capabilities=self.capabilities,
            open_rows=partial(Ledger.open, self.home),
            policy=self.policy,
            upstream=api,
            enforce=True,
        )
        with gateway_running(setup) as gateway:
            live = send(gateway, self._size, partial(self._teller.progress, "requests"))
        with Ledger.open(self.home) as ledger:
            calls = list(ledger.calls())
        routed = [call for call in calls if call.source == "gateway"]
        return live, bill(routed, [call for call in calls if call.source == "messages"], self.book)

    def report(self, collected: Collected) -> dict[str, Any]:
        """Write the report, with what the contract on offer makes of it."""
        asked = ReportAsked(
            home=self.home,
            policy=self.policy,
            contract=collected.contract,
            contract_window=self._this_morning,
            now=self._now,
        )
        document = account_document(account(asked, self.book, self.capabilities))
        write_page(self.page, account_page(document, plotly_source()))
        return document

    def commit(self, collected: Collected) -> CommitReport:
        """Size the commitment on offer."""
        contract, around = (
            collected.contract,
            Surroundings(self.home, self.book, self.capabilities, self._now),
        )
        ask = CommitAsk(
            contract.read_bytes(),
            str(contract),
            read_policy(self.policy),
            str(self.policy),
            self._this_morning,
        )
        return size_commitment(ask, around)


def _baseline(found: Optimised) -> Candidate:
    return found.fit.decisions[0].stratum.baseline


def _truth(api: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{api}/simulator/truth", timeout=30) as response:  # noqa: S310 - loopback
        document: dict[str, Any] = json.load(response)
    return document
