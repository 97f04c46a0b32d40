"""Replay: plan, quote, send, book and hand over as evidence; killed anywhere, it goes on where it was."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from modelmix.errors import ConfigError, UpstreamError
from modelmix.evaluate.graders.judged import Judged
from modelmix.pipeline.import_ import import_paths
from modelmix.pipeline.replay.ask import Ask, Limits
from modelmix.pipeline.replay.batch_run import BatchRun
from modelmix.pipeline.replay.buying import Buying, Runner
from modelmix.pipeline.replay.evidence import Evidence
from modelmix.pipeline.replay.interrupt import Interrupts
from modelmix.pipeline.replay.judge import Judge, reply_from
from modelmix.pipeline.replay.judged_run import JudgedRun
from modelmix.pipeline.replay.judging import Judging
from modelmix.pipeline.replay.place import Place
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.reconcile import as_opening, reconcile, since_opening, total_by_model
from modelmix.pipeline.replay.review import ReviewRow, to_review
from modelmix.pipeline.replay.run import Run
from modelmix.pipeline.replay.stages import Stages
from modelmix.pipeline.replay.tally import Tally
from modelmix.pipeline.replay.usable import grade_key, graded
from modelmix.report.replay_looks import LookRow
from modelmix.store import lock
from modelmix.store.book import FILE
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.replay_book import ReplayBook
from modelmix.store.replay_records import Replay, Spent
from modelmix.upstream.ask import key_headers
from modelmix.upstream.messages import Upstream
from modelmix.upstream.usage_report import usage_since

_PRACTICE: Final = "modelmix practice API"
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How a replay ended.

    Attributes:
        replay_id: Its name.
        plan: What was planned, its requests those that were bought or begun to be.
        outcome: ``done``, ``capped`` or ``interrupted``.
        tally: How the run ended.
        spent: What the replay has cost, earlier runs of it included.
        evidence: What was found.
        is_simulated: Whether a practice API answered.
        resumed: Whether it goes on where an earlier run ended.
        review: Prompts that a person could decide: a candidate differs, and no right answer is known.
        looks: How far the types have come that are looked at.
        judged: Name of a judge → its requests that were answered, and their list price.
    """

    replay_id: str
    plan: Plan
    outcome: str
    tally: Tally
    spent: Spent
    evidence: Evidence
    is_simulated: bool
    resumed: bool
    review: tuple[ReviewRow, ...] = ()
    looks: tuple[LookRow, ...] = ()
    judged: Mapping[str, tuple[int, Decimal]] = field(default_factory=dict)


def known_answers(home: Path, plan: Plan) -> dict[str, bool]:
    """Return the answers of a plan that need not be paid for again → whether each is an error.

    Raises:
        StoreError: The ledger cannot be used.
    """
    if not (home / FILE).exists():
        return {}
    with ReplayBook.open(home) as book:
        return graded(book, plan)


def asked_before(home: Path, replay_id: str) -> Ask:
    """Return what an earlier replay asked.

    Raises:
        ConfigError: There is no such replay, or another version has written it.
    """
    replays: dict[str, Replay] = {}
    if (home / FILE).exists():
        with ReplayBook.open(home) as book:
            replays = {one.replay_id: one for one in book.replays()}
    if replay_id not in replays:
        names = ", ".join(replays) or "none"
        raise ConfigError(f"there is no replay {replay_id!r} in {home / FILE}; it holds {names}")
    try:
        return Ask.of(replays[replay_id].settings)
    except (KeyError, ValueError) as error:
        raise ConfigError(f"replay {replay_id} was written by another version; start a new one") from error


def replay(
    plan: Plan, place: Place, limits: Limits, now: datetime, told: Callable[[Tally], None]
) -> Replayed:
    """Run a plan to its end, its cap, or Ctrl-C.

    The calls of the logs are kept in the ledger as ``import`` keeps them: they are today's traffic. What
    was answered is in the lake as evidence when this returns.

    Args:
        plan: What to send.
        place: Ledger, prices and key.
        limits: How fast and how far.
        now: Aware UTC instant of the run.
        told: Told how the run stands.

    Raises:
        UpstreamError: The key is refused, or its organisation's spend limit is reached.
        StoreError: The ledger cannot be used, or another replay runs on it.
    """
    with lock.held(place.home, "replay"):
        with Ledger.open(place.home) as ledger:
            paths = [str(path) for path in plan.recordings.paths]
            import_paths(paths, ledger, Lake(place.home), now=now, task_type=plan.ask.task_type or None)
        with ReplayBook.open(place.home) as book:
            return asyncio.run(_Replaying(plan, place, limits, now, book).run(told))


class _Replaying:
    """One run of a replay, with its books open."""

    def __init__(self, plan: Plan, place: Place, limits: Limits, now: datetime, book: ReplayBook) -> None:
        self._plan = plan
        self._place = place
        self._limits = limits
        self._now = now
        self._book = book
        self._settings_sha256 = hashlib.sha256(
            json.dumps(plan.ask.settings(), sort_keys=True).encode()
        ).hexdigest()

    async def run(self, told: Callable[[Tally], None]) -> Replayed:
        """Run to the end and hand over what was found."""
        # The lock is held: whatever is still on its way belongs to a process that is no more.
        self._book.lose()
        async with Upstream(self._plan.ask.upstream, resends=False) as upstream:
            is_simulated = await is_practice(upstream)
            replay_id = self._book.same(self._settings_sha256)
            resumed = bool(replay_id)
            if not resumed:
                replay_id = await self._begin(upstream)
            judge = Judge(replay_id, self._place.book, self._plan.graders, self._plan.ask.keep_text)
            self._grade_anew(judge)
            if not self._plan.by_batch:
                await self._collect(upstream, judge, told)
            buying = self._buying(upstream, judge, told, is_simulated=is_simulated)
            outcome = await buying.run()
            await self._reconcile(upstream, replay_id)
        evidence = buying.conclude(outcome)
        return Replayed(
            replay_id=replay_id,
            plan=buying.bought,
            outcome=outcome,
            tally=buying.tally,
            spent=self._book.spent(replay_id),
            evidence=evidence,
            is_simulated=is_simulated,
            resumed=resumed,
            review=tuple(self._review(buying.bought)),
            looks=buying.rows,
            judged=self._judged(judge),
        )

    def _buying(
        self, upstream: Upstream, judge: Judge, told: Callable[[Tally], None], *, is_simulated: bool
    ) -> Buying:
        replay_id, stages = judge.replay_id, Stages.of(self._plan)
        place = self._place
        judging = Judging(
            self._book, place.capabilities, place.book, self._plan.day, self._plan.ask.keep_text
        )
        known = graded(self._book, self._plan)
        limits = self._limits
        if limits.max_spend_usd is None:
            # Whoever agrees to a quote agrees to its worst case and to nothing beyond.
            spent = self._book.spent(replay_id).total_at_most_usd
            limits = replace(limits, max_spend_usd=spent + stages.quote(known).at_most_usd)

        kind = BatchRun if self._plan.by_batch else Run

        def asks(plan: Plan) -> Runner:
            return kind(plan, self._book, judge, upstream, limits, self._place.key)

        def judges(plan: Plan) -> Runner:
            grader = plan.grader_of(plan.items[0])
            reader = replace(judge, role=grader.name)
            return kind(plan, self._book, reader, upstream, limits, self._place.key)

        def runner(plan: Plan) -> Runner:
            return JudgedRun(plan, judging, asks, judges)

        return Buying(
            stages=stages,
            place=self._place,
            book=self._book,
            now=self._now,
            replay_id=replay_id,
            is_simulated=is_simulated,
            runner=runner,
            told=told,
        )

    async def _collect(self, upstream: Upstream, judge: Judge, told: Callable[[Tally], None]) -> None:
        """Read batches that an earlier run of this replay has left on their way: they are paid for."""
        run = BatchRun(self._plan, self._book, judge, upstream, self._limits, self._place.key)
        with Interrupts() as interrupts:
            interrupts.watch(run)
            await run.collect(told)

    async def _begin(self, upstream: Upstream) -> str:
        day = f"r-{self._now:%Y%m%d}-"
        numbers = [one.replay_id.removeprefix(day) for one in self._book.replays()]
        replay_id = day + str(1 + max((int(n) for n in numbers if n.isdecimal()), default=0))
        shown = await self._usage(upstream, self._now)
        opening = {} if shown is None else {"shown": as_opening(shown)}
        settings = self._plan.ask.settings()
        self._book.begin(
            Replay(replay_id=replay_id, at=self._now, settings=settings, opening=opening),
            self._settings_sha256,
        )
        return replay_id

    async def _usage(self, upstream: Upstream, since: datetime) -> Mapping[str, Any] | None:
        """Ask for the usage report where it may be asked for: with an admin key, or on this machine."""
        key = self._place.admin_key or (self._place.key if upstream.is_loopback else "")
        if not key:
            return None
        return await usage_since(upstream, key_headers(key), since, datetime.now(UTC))

    async def _reconcile(self, upstream: Upstream, replay_id: str) -> None:
        lost = self._book.lost(replay_id)
        started = next(one for one in self._book.replays() if one.replay_id == replay_id)
        if not lost or "shown" not in started.opening:
            return
        shown = await self._usage(upstream, started.at)
        if shown is None:
            return
        with Ledger.open(self._place.home) as ledger:
            # What was booked before in the same minute is in the report's opening already.
            booked = total_by_model(ledger.calls(since=started.at))
        asked = self._book.answers(one.answer_id for some in lost.values() for one in some)
        found = reconcile(
            lost,
            {name: answer.usage for name, answer in asked.items()},
            since_opening(shown, started.opening["shown"]),
            booked,
            self._place.book,
            started,
        )
        if found.costs_usd:
            self._book.find(found.costs_usd, found.calls)

    def _grade_anew(self, judge: Judge) -> None:
        """Grade answers whose reply was kept and whose grader is another one now."""
        items = {item.answer_id: item for item in self._plan.items}
        grades = self._book.grades(items)
        missing = []
        for answer in self._book.answers(items).values():
            item = items[answer.answer_id]
            if isinstance(self._plan.grader_of(item), Judged):
                continue
            if answer.reply is not None and grade_key(self._plan, item) not in grades:
                prompt = self._plan.prompts[item.prompt]
                missing.append(judge.grade(answer.answer_id, prompt, reply_from(answer.reply)))
        self._book.put_grades(missing)

    def _judged(self, judge: Judge) -> dict[str, tuple[int, Decimal]]:
        """Return what judges have cost: their calls stand in the ledger under a reason of their own."""
        names = {one.name for one in self._plan.graders.values() if isinstance(one, Judged)}
        if not names:
            return {}
        reasons = {f"replay={judge.replay_id} judge={name}": name for name in names}
        found = dict.fromkeys(names, (0, Decimal(0)))
        (started,) = (one.at for one in self._book.replays() if one.replay_id == judge.replay_id)
        with Ledger.open(self._place.home) as ledger:
            for call in ledger.calls(since=started):
                name = reasons.get(call.reason)
                if name is not None:
                    requests, usd = found[name]
                    found[name] = requests + 1, usd + (judge.usd(call, call.at) or Decimal(0))
        return found

    def _review(self, bought: Plan) -> list[ReviewRow]:
        ids = [item.answer_id for item in bought.items]
        return to_review(bought, self._book.answers(ids), self._book.grades(ids))


async def is_practice(upstream: Upstream) -> bool:
    """Say whether a practice API stands behind the upstream; only one on this machine can."""
    if not upstream.is_loopback:
        return False
    with suppress(UpstreamError, ValueError, AttributeError):
        response = await upstream.forward("GET", b"/", b"", [], None)
        try:
            name = json.loads(await response.read()).get("name")
        finally:
            response.close()
        return isinstance(name, str) and name.startswith(_PRACTICE)
    return False
