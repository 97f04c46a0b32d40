"""Learning: requests in flight, answered by candidates as well, graded, forgotten, and then evidence."""

import asyncio
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.economics.quote import Quoter
from modelmix.evaluate.graders.grade import Ungradable
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.paired import Pairs
from modelmix.pipeline.learn.ask import LearnAsk
from modelmix.pipeline.learn.asking import Answered, Asker, Purse
from modelmix.pipeline.learn.languages import spoken
from modelmix.pipeline.learn.publish import publish
from modelmix.pipeline.learn.sample import Sample, is_again, items_of, plan_of
from modelmix.pipeline.learn.type_learning import CHOOSING, READY, SAMPLING, TypeLearning
from modelmix.pipeline.replay.arms import arms_of
from modelmix.pipeline.replay.evidence import Gatherer
from modelmix.pipeline.replay.judge import Judge
from modelmix.pipeline.replay.plan import Item
from modelmix.pipeline.replay.prompt import Prompt, grade_of, prompt_of
from modelmix.pipeline.replay.replay import is_practice
from modelmix.store.learn_book import LearnBook
from modelmix.store.replay_records import Replay
from modelmix.upstream.messages import Upstream
from modelmix.upstream.rate_share import RateShare

MOST_HELD_BYTES: Final = 32 * 1024 * 1024
"""Text that may wait for a type's first requests to come together."""

_LOOK_EVERY_S: Final = 0.05

SCHEMA: Final = "modelmix.learn/1"

log = logging.getLogger("modelmix.learn")


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnPlace:
    """Where learning keeps its books, and by what it reckons.

    Attributes:
        home: Folder of ledger and lake.
        book: Prices.
        capabilities: What models accept.
        key: The gateway's API key; empty where the client's own is used.
    """

    home: Path
    book: PriceBook
    capabilities: CapabilityTable
    key: str = field(repr=False, default="")


class Learning:
    """One run of learning. Everything is done in the event loop that it was opened in.

    Args:
        ask: What was asked.
        place: Books and prices.
        book: The ledger's part of it, open; no other process learns on it.
        upstream: The API, over connections of its own.
    """

    def __init__(self, ask: LearnAsk, place: LearnPlace, book: LearnBook, upstream: Upstream) -> None:
        self._ask = ask
        self._place = place
        self._book = book
        self._upstream = upstream
        self._types: dict[str, TypeLearning] = {}
        self._graders: dict[str, Grader] = {}
        self._again: dict[str, Pairs] = {}
        self._again_asked = 0
        self._is_simulated = False
        self._is_capped = False
        self.replay_id = ""
        self.repeats = self.not_baseline = self.surplus = 0
        self.aside: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.fitted: Counter[str] = Counter()

    async def open(self) -> None:
        """Find the run that asked the same, or begin one.

        Raises:
            StoreError: The ledger cannot be used.
        """
        self._book.lose_learning()
        self._is_simulated = await is_practice(self._upstream)
        settings = self._ask.settings()
        sha256 = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        self.replay_id = self._book.same(sha256)
        if self.replay_id:
            self._resume()
        else:
            self.replay_id = self._book.new_name(datetime.now(UTC))
            replay = Replay(replay_id=self.replay_id, at=datetime.now(UTC), settings=settings)
            self._book.begin(replay, sha256)
        self._asker = Asker(
            self._ask,
            Judge(self.replay_id, self._place.book, self._graders),
            self._book,
            self._upstream,
            self._place.key,
            Purse.of(self._ask.cap_usd, self._book.spent_learning()),
            RateShare(self._ask.rate_share, asyncio.get_running_loop().time),
        )

    @property
    def finished_types(self) -> frozenset[str]:
        """Task types of which no more requests are wanted."""
        return frozenset(one.task_type for one in self._types.values() if not one.wants_more)

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be sent."""
        return self._is_capped or bool(self._asker.stopped)

    def press(self, model: str, pause_s: float) -> None:
        """Rest, since the clients' own requests are told to come back later."""
        self._asker.share.refused(model, pause_s)

    def stop(self) -> None:
        """Send nothing more."""
        self._asker.stopped = self._asker.stopped or "the gateway ends"

    # Requests.

    def take(self, sample: Sample) -> list[Sample]:
        """Take up a request, and return those that are to be asked now."""
        name = sample.recorded.call.task_type
        one = self._types.setdefault(name, TypeLearning(name))
        if not one.wants_more or self.is_over:
            self.surplus += 1
            return []
        if sample.recorded.prompt_id in one.seen:
            self.repeats += 1
            return []
        if one.grader is not None and sample.asked != one.baseline:
            self.not_baseline += 1
        ready = one.take(sample)
        if one.grader is None:
            self._make_room()
        return self._chosen(one) if one.can_choose else ready

    def _make_room(self) -> None:
        """Let go of the requests of the rarest types where too much text waits for a choice."""
        while sum(one.waiting_bytes for one in self._types.values()) > MOST_HELD_BYTES:
            waiting = [one for one in self._types.values() if one.first]
            rarest = min(waiting, key=lambda one: (len(one.first), one.task_type))
            self.surplus += len(rarest.first)
            rarest.first = []

    def _chosen(self, one: TypeLearning) -> list[Sample]:
        waited = len(one.first)
        held = one.choose(self._ask)
        self.not_baseline += waited - len(held) if held else 0
        if one.baseline is not None and not one.note:
            today = datetime.now(UTC).date()
            place = self._place
            one.arms = arms_of(one.baseline, self._ask.candidates, place.book, place.capabilities, today)
            if not one.arms:
                one.refuse(f"no cheaper candidate than {one.baseline} is known")
        # Sizes hang on the number of types alone, and grow with it; what is complete stays so.
        graded = [known for known in self._types.values() if known.grader is not None]
        for known in graded:
            if not known.is_ready:
                known.planned = self._ask.planned(len(graded))
        self._note()
        if one.grader is None:
            log.info("learning nothing of %s: %s", one.task_type, one.note)
            return []
        self._graders[one.task_type] = one.grader
        log.info(
            "learning of %s: %s, graded by %s; %d pairs are planned",
            one.task_type, ", ".join(map(str, one.arms)), one.grader.spec, one.planned,
        )  # fmt: skip
        return held

    async def learn(self, sample: Sample) -> None:
        """Ask the candidates what a client asked, grade, keep the grades and forget the rest.

        Raises:
            StoreError: The ledger cannot be used.
        """
        one = self._types[sample.recorded.call.task_type]
        if not one.has_room or self.is_over or one.grader is None:
            self.surplus += 1
            return
        prompt = prompt_of(sample.recorded, sample.asked)
        base = grade_of(prompt, prompt.recorded.reply, one.grader)
        if isinstance(base, Ungradable):
            self.aside[f"not graded: {base.why}"] += 1
            return
        items = self._items(one, prompt)
        held_usd = sum((item.quote.at_most_usd for item in items), Decimal(0))
        if not items:
            return
        one.on_their_way += 1
        try:
            if await self._pays(held_usd):
                await self._answers(one, prompt, items, sample)
        finally:
            one.on_their_way -= 1
        self._look(one)

    async def _pays(self, usd: Decimal) -> bool:
        """Set money aside, waiting for what is held by others; where none is left to come back, all ends."""
        purse = self._asker.purse
        while not self.is_over:
            if purse.hold(usd):
                return True
            if purse.held_usd:
                await asyncio.sleep(_LOOK_EVERY_S)
            else:
                self._cap()
        return False

    def _items(self, one: TypeLearning, prompt: Prompt) -> list[Item]:
        candidates = [(arm, False) for arm in one.arms]
        if self._again_asked < self._ask.again and is_again(prompt.recorded.prompt_id, self._ask.seed):
            self._again_asked += 1
            candidates.append((prompt.baseline, True))
        quoter = Quoter(self._place.book, self._place.capabilities, datetime.now(UTC).date())
        items, rejected = items_of(prompt, candidates, self._ask.upstream, quoter)
        self.rejected.update(f"{candidate}: {why}" for candidate, why in rejected)
        self.fitted.update(f"{item.candidate}: {one.said}" for item in items for one in item.changes)
        return items if any(not item.again for item in items) else []

    async def _answers(self, one: TypeLearning, prompt: Prompt, items: list[Item], sample: Sample) -> None:
        found: dict[str, Answered] = {}
        left = list(items)
        try:
            while left and not self._asker.stopped:
                item = left.pop(0)
                answered = await self._asker.answered(prompt, item, sample.auth)
                if answered is not None:
                    found[item.answer_id] = answered
        finally:
            for item in left:
                self._asker.purse.free(item.quote.at_most_usd)
            # What was answered is kept also where the gateway ends in the middle of a prompt.
            self._keep(one, prompt, items, found)

    def _keep(
        self, one: TypeLearning, prompt: Prompt, items: list[Item], found: Mapping[str, Answered]
    ) -> None:
        if one.grader is None or not found:
            return
        day = datetime.now(UTC).date()
        place = self._place
        grades = [grade for answered in found.values() for grade in answered.grades]
        quoter = Quoter(place.book, place.capabilities, day)
        evidence = Gatherer(
            plan_of(prompt, one.grader, items, self._ask, quoter),
            {name: answered.answer for name, answered in found.items()},
            {(grade.answer_id, grade.grader, grade.reference_sha256): grade for grade in grades},
            place.book,
            day,
        ).gather()
        self._book.put_learned(self.replay_id, spoken(prompt, evidence.outcomes))
        one.count(prompt.recorded.prompt_id, [outcome.candidate for outcome in evidence.outcomes])
        for name, pairs in evidence.again.items():
            self._again[name] = self._again.get(name, Pairs(0.0, 0.0, 0.0)) + pairs
            self._note()

    # What is complete.

    def _look(self, one: TypeLearning) -> None:
        if one.is_ready or len(one.prompts) < one.planned:
            return
        one.is_ready = True
        self._publish()
        names = self._ready()
        log.info(
            "ready to enforce: %d type%s (%s); run %s",
            len(names), "" if len(names) == 1 else "s", ", ".join(names), "; ".join(self.next_commands()),
        )  # fmt: skip

    def _cap(self) -> None:
        if self._is_capped:
            return
        self._is_capped = True
        self._publish()
        log.warning(
            "the cap of $%s is reached; what was learned is evidence now: run %s",
            self._ask.cap_usd, self.next_commands()[0],
        )  # fmt: skip

    def _publish(self) -> None:
        """Hand over what is complete as evidence, or everything once no more money is there.

        A type's outcomes come into the lake only when all that were planned are there, so that nobody can
        look before; money is no verdict, so that what it ends may be looked at as well.
        """
        wanted = set(self._types) if self._is_capped else set(self._ready())
        rows = [row for row in self._book.learned(self.replay_id) if row.task_type in wanted]
        publish(self._place.home, self.replay_id, self._ask, rows, is_simulated=self._is_simulated)
        self._note()

    def _ready(self) -> list[str]:
        return sorted(one.task_type for one in self._types.values() if one.is_ready)

    def next_commands(self) -> list[str]:
        """Return what to run next, in order."""
        margin = f"{self._ask.margin:g}"
        return [
            f"modelmix optimize --margin {margin} --type-margin {margin} --output policy.yaml",
            "modelmix serve --policy policy.yaml --enforce",
        ]

    def _note(self) -> None:
        """Put on record how the run stands, so that another gateway can go on with it."""
        chosen = {name: one for name, one in self._types.items() if one.state != CHOOSING}
        graded = {name: one.grader.spec for name, one in chosen.items() if one.grader is not None}
        outcome = "capped" if self._is_capped else ""
        if not outcome and graded and all(chosen[name].is_ready for name in graded):
            outcome = "done"
        summary = {
            "simulated": self._is_simulated,
            "prompts": sum(len(one.prompts) for one in self._types.values()),
            "graders": graded,
            "known": dict.fromkeys(graded, 0),
            "again": {name: astuple(pairs) for name, pairs in sorted(self._again.items())},
            "margin": self._ask.margin,
            "alpha": self._ask.alpha,
            "types": {name: one.settings() for name, one in sorted(chosen.items())},
        }
        self._book.conclude(self.replay_id, outcome, summary)

    def _resume(self) -> None:
        summary = next(one.summary for one in self._book.replays() if one.replay_id == self.replay_id)
        for name, settings in summary.get("types", {}).items():
            one = self._types[name] = TypeLearning.of(name, settings)
            if one.grader is not None:
                self._graders[name] = one.grader
        self._again = {name: Pairs(*counts) for name, counts in summary.get("again", {}).items()}
        self._again_asked = round(sum(pairs.n for pairs in self._again.values()))
        rows = self._book.learned(self.replay_id)
        for (name, prompt_id), some in groupby(rows, lambda row: (row.task_type, row.prompt_id)):
            if name in self._types:
                self._types[name].count(prompt_id, [row.candidate for row in some])
        for one in self._types.values():
            if self._ask.pairs is not None and one.grader is not None:
                one.plan(self._ask.pairs)

    def status(self) -> dict[str, Any]:
        """Return counts and money, and nothing of how candidates did, as plain JSON."""
        purse, types = self._asker.purse, [one for _, one in sorted(self._types.items())]
        state = "stopped" if self._asker.stopped else "capped" if self._is_capped else "learning"
        kinds = {one.state for one in types}
        if state == "learning" and READY in kinds and not kinds & {SAMPLING, CHOOSING}:
            state = "done"
        return {
            "schema": SCHEMA,
            "replay_id": self.replay_id,
            "state": state,
            "why": self._asker.stopped,
            "simulated": self._is_simulated,
            "cap_usd": str(self._ask.cap_usd),
            "spent_usd": str(purse.usd),
            "on_their_way_at_most_usd": str(purse.held_usd),
            "lost_at_most_usd": str(purse.lost_usd),
            "share": self._ask.share,
            "margin": self._ask.margin,
            "types": [one.status() for one in types],
            "ready": self._ready(),
            "again": {name: int(pairs.n) for name, pairs in sorted(self._again.items())},
            "not_asked": {
                "repeats": self.repeats,
                "not_the_baseline": self.not_baseline,
                "beyond_the_plan": self.surplus,
                "set_aside": dict(self.aside),
                "rejected": dict(sorted(self.rejected.items())),
            },
            "fitted": dict(sorted(self.fitted.items())),
            "failed": dict(self._asker.failed),
            "next": self.next_commands() if self._ready() or self._is_capped else [],
        }
