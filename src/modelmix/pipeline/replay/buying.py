"""Buying: a plan's requests bought stage by stage, and after each what is in the books becomes evidence."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from modelmix.errors import UpstreamError
from modelmix.optimize.stopping import Stand
from modelmix.pipeline.current import REFERENCES, REPLAY
from modelmix.pipeline.looked import LOOKS
from modelmix.pipeline.replay.evidence import Evidence, Gatherer
from modelmix.pipeline.replay.interrupt import Interrupts
from modelmix.pipeline.replay.judging import baseline_ids
from modelmix.pipeline.replay.looking import Looking
from modelmix.pipeline.replay.place import Place
from modelmix.pipeline.replay.plan import Item, Plan
from modelmix.pipeline.replay.stages import Stages
from modelmix.pipeline.replay.tally import Tally
from modelmix.pipeline.replay.usable import usable
from modelmix.report.replay_looks import LookRow, look_line
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import Import
from modelmix.store.replay_book import ReplayBook


class Runner(Protocol):
    """What sends the requests of a stage."""

    tally: Tally

    def stop(self) -> None:
        """Send nothing more; what is on its way is waited for."""

    async def go(self, known: Mapping[str, bool], told: Callable[[Tally], None]) -> str:
        """Run to the end of the stage: ``done``, ``capped`` or ``interrupted``."""


@dataclass(kw_only=True)
class Buying:
    """Buys a plan: choosing rows first, then look by look what is still open.

    Attributes:
        stages: The plan in its parts.
        place: Ledger, lake and prices.
        book: The ledger's replay book.
        now: UTC instant of the run.
        replay_id: The replay.
        is_simulated: Whether a practice API answers.
        runner: Plan of a stage → what sends it.
        told: Told how the run stands.
        stands: How the types stand that are looked at.
        tally: How the run stands.
    """

    stages: Stages
    place: Place
    book: ReplayBook
    now: datetime
    replay_id: str
    is_simulated: bool
    runner: Callable[[Plan], Runner]
    told: Callable[[Tally], None]
    stands: dict[str, Stand] = field(default_factory=dict)
    tally: Tally = field(default_factory=lambda: Tally(0))

    def __post_init__(self) -> None:
        self._in: tuple[Item, ...] = ()
        self._begun: tuple[Item, ...] = ()
        self._looking = Looking(
            replay_id=self.replay_id,
            stages=self.stages,
            lake=Lake(self.place.home),
            book=self.place.book,
            capabilities=self.place.capabilities,
            now=self.now,
        )

    @property
    def bought(self) -> Plan:
        """The plan with what was bought, or begun to be."""
        return replace(self.stages.plan, items=(*self._in, *self._begun))

    @property
    def rows(self) -> tuple[LookRow, ...]:
        """How far the types have come that are looked at."""
        return self._looking.rows(self.stands)

    async def run(self) -> str:
        """Buy to the end, the cap, or an interrupt.

        Returns:
            ``done``, ``capped`` or ``interrupted``.

        Raises:
            UpstreamError: The key is refused, or its organisation's spend limit is reached.
            StoreError: The ledger cannot be used.
        """
        kept = self._kept()
        self.stands = self._looking.begin() if kept is None else kept
        with Interrupts() as interrupts:
            try:
                return await self._stages(interrupts, is_chosen=kept is not None)
            except UpstreamError:
                self.conclude("failed")
                raise
            except asyncio.CancelledError:
                # A second Ctrl-C: what is on its way is left, and booked when the replay goes on.
                if (task := asyncio.current_task()) is not None:
                    task.uncancel()
                return "interrupted"

    def _kept(self) -> dict[str, Stand] | None:
        with Ledger.open(self.place.home) as ledger:
            return self._looking.kept(ledger)

    async def _stages(self, interrupts: Interrupts, *, is_chosen: bool) -> str:
        outcome = await self._stage(self.stages.choosing(), interrupts)
        if outcome != "done" or not self.stages.types:
            return outcome
        if not is_chosen:
            self._choose()
        others = self.stages.types - self.stands.keys()
        if others:
            outcome = await self._stage(self.stages.rest(others), interrupts)
        if outcome == "done" and any(stand.looks.candidate is not None for stand in self.stands.values()):
            self.conclude("")
            with Ledger.open(self.place.home) as ledger:
                self._looking.record(ledger)
        self._take_up()
        while outcome == "done" and (ahead := self._ahead()):
            self.tally.look = min(stand.looks.taken for stand in ahead.values()) + 1
            chosen = {n: one.looks.candidate for n, one in ahead.items() if one.looks.candidate is not None}
            outcome = await self._stage(self.stages.fresh(self.tally.look, chosen), interrupts)
            if outcome == "done":
                self._look(ahead)
        return outcome

    def _ahead(self) -> dict[str, Stand]:
        """Return the types whose next look is the first that is missing."""
        still = {name: stand for name, stand in self.stands.items() if stand.is_open}
        first = min((stand.looks.taken for stand in still.values()), default=0)
        return {name: stand for name, stand in still.items() if stand.looks.taken == first}

    def _choose(self) -> None:
        """Put candidates forward."""
        self.conclude("")
        with Ledger.open(self.place.home) as ledger:
            self.stands = self._looking.put_forward(ledger)
        self.conclude("")

    def _take_up(self) -> None:
        """Count the looks of earlier runs as bought, and see again what they have found."""
        taken: list[Item] = []
        for number in range(1, self.stages.looks + 1):
            looked = {name: stand.looks for name, stand in self.stands.items() if stand.looks.taken >= number}
            chosen = {name: one.candidate for name, one in looked.items() if one.candidate is not None}
            taken += self.stages.fresh(number, chosen)
        if taken:
            self._in += tuple(taken)
            self.tally.whole += len(taken)
            self.tally.reused += len(taken)
            self._see()

    def _look(self, ahead: Mapping[str, Stand]) -> None:
        """Take a look at the types whose pairs are in."""
        for name, stand in ahead.items():
            looks = replace(stand.looks, taken=stand.looks.taken + 1)
            self.stands[name] = replace(stand, looks=looks)
        self._see()

    def _see(self) -> None:
        self.conclude("")
        with Ledger.open(self.place.home) as ledger:
            self.stands = self._looking.look(ledger, self.stands)
        # What was decided is kept before anything follows from it.
        self.conclude("")
        self.tally.said = tuple(map(look_line, self.rows))
        self.told(self.tally)

    async def _stage(self, items: Sequence[Item], interrupts: Interrupts) -> str:
        """Buy some requests."""
        plan = replace(self.stages.plan, items=tuple(items))
        before, spent = self.tally, self.book.spent(self.replay_id)
        run = self.runner(plan)
        run.tally.usd, run.tally.open_usd = spent.usd, spent.at_most_usd
        interrupts.watch(run)
        # Choosing rows are evidence of what was seen, however many there are; of a look all are, or none.
        self._in, self._begun = (self._in, plan.items) if self._in else (plan.items, ())

        def told(tally: Tally) -> None:
            self.tally = tally.after(before)
            self.told(self.tally)

        try:
            outcome = await run.go(usable(self.book, plan), told)
        finally:
            self.tally = run.tally.after(before)
        if outcome == "done":
            self._in, self._begun = (*self._in, *self._begun), ()
        return outcome

    def conclude(self, outcome: str) -> Evidence:
        """Hand over what is in the books as evidence, with how it was looked at.

        Args:
            outcome: How the replay ended; empty while it goes on.
        """
        plan = replace(self.stages.plan, items=self._in)
        ids = [item.answer_id for item in plan.items]
        gatherer = Gatherer(
            plan,
            self.book.answers(ids),
            self.book.grades([*ids, *baseline_ids(plan)]),
            self.place.book,
            plan.day,
            self.stages.look_of(self.stands),
            is_timed=not self.is_simulated,
        )
        evidence = gatherer.gather()
        rows = Lake(self.place.home).put_outcomes(
            self.replay_id, evidence.outcomes, keep_text=plan.ask.keep_text
        )
        settings: dict[str, Any] = {
            "simulated": self.is_simulated,
            "upstream": plan.ask.upstream,
            REFERENCES: _references(plan),
            # Also where nothing is looked at: it ends how an earlier replay looked at the same types.
            LOOKS: self._looking.settings(self.stands),
        }
        with Ledger.open(self.place.home) as ledger:
            ledger.record_import(
                Import(
                    import_id=self.replay_id,
                    source=f"replay {self.replay_id}",
                    sha256="",
                    size_bytes=0,
                    kind=REPLAY,
                    at=self.now,
                    rows=rows,
                    bad_rows=0,
                    settings=settings,
                )
            )
        if outcome:
            summary = _summary(plan, evidence, is_simulated=self.is_simulated)
            self.book.conclude(self.replay_id, outcome, summary)
        return evidence


def _references(plan: Plan) -> str:
    """Hash what answers are held against, and by which graders."""
    graders = {name: grader.spec for name, grader in sorted(plan.graders.items())}
    known = sorted(
        (one.recorded.prompt_id, one.reference_sha256) for one in plan.prompts if one.reference.is_known
    )
    return hashlib.sha256(json.dumps([graders, known]).encode()).hexdigest()


def _summary(plan: Plan, evidence: Evidence, *, is_simulated: bool) -> dict[str, Any]:
    """Write what a later report needs: the baseline against itself, and what is simulated."""
    return {
        "simulated": is_simulated,
        "prompts": len(plan.prompts),
        "graders": {one.task_type: one.grader for one in plan.types if one.grader},
        "known": {one.task_type: one.known for one in plan.types if one.grader},
        "again": {name: astuple(pairs) for name, pairs in sorted(evidence.again.items())},
        "margin": plan.ask.margin,
        "alpha": plan.ask.alpha,
    }
