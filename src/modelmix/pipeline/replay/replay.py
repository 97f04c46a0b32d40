"""Replay: plan, quote, send, book and hand over as evidence; killed anywhere, it goes on where it was."""

import asyncio
import hashlib
import json
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.errors import ConfigError, UpstreamError
from modelmix.pipeline.current import REFERENCES, REPLAY
from modelmix.pipeline.import_ import import_paths
from modelmix.pipeline.replay.ask import Ask, Limits
from modelmix.pipeline.replay.evidence import Evidence, Gatherer
from modelmix.pipeline.replay.judge import Judge, reply_from
from modelmix.pipeline.replay.plan import Item, Plan
from modelmix.pipeline.replay.reconcile import as_opening, reconcile, since_opening, total_by_model
from modelmix.pipeline.replay.review import ReviewRow, to_review
from modelmix.pipeline.replay.run import Run
from modelmix.pipeline.replay.tally import Tally
from modelmix.store import lock
from modelmix.store.book import FILE
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import Import
from modelmix.store.replay_book import ReplayBook
from modelmix.store.replay_records import Replay, Spent
from modelmix.upstream.ask import key_headers
from modelmix.upstream.messages import Upstream
from modelmix.upstream.usage_report import usage_since

_PRACTICE: Final = "modelmix practice API"
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a replay keeps its books and whom it asks.

    Attributes:
        home: Folder of ledger and lake.
        book: Prices.
        capabilities: What models accept.
        key: The API key.
        admin_key: Key that may read the usage report, or empty.
    """

    home: Path
    book: PriceBook
    capabilities: CapabilityTable
    key: str = field(repr=False, default="")
    admin_key: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How a replay ended.

    Attributes:
        replay_id: Its name.
        plan: What was planned.
        outcome: ``done``, ``capped`` or ``interrupted``.
        tally: How the run ended.
        spent: What the replay has cost, earlier runs of it included.
        evidence: What was found.
        is_simulated: Whether a practice API answered.
        resumed: Whether it goes on where an earlier run ended.
        review: Prompts that a person could decide: a candidate differs, and no right answer is known.
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


def known_answers(home: Path, plan: Plan) -> dict[str, bool]:
    """Return the answers of a plan that need not be paid for again → whether each is an error.

    Raises:
        StoreError: The ledger cannot be used.
    """
    if not (home / FILE).exists():
        return {}
    with ReplayBook.open(home) as book:
        return _usable(book, plan)


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
            before, known = self._book.spent(replay_id), _usable(self._book, self._plan)
            limits = self._limits
            if limits.max_spend_usd is None:
                # Whoever agrees to a quote agrees to its worst case and to nothing beyond.
                most = before.total_at_most_usd + self._plan.quote(known).at_most_usd
                limits = replace(limits, max_spend_usd=most)
            run = Run(self._plan, self._book, judge, upstream, limits, self._place.key)
            run.tally.usd, run.tally.open_usd = before.usd, before.at_most_usd
            with _stopping_on_interrupt(run):
                try:
                    outcome = await run.go(known, told)
                except UpstreamError:
                    self._conclude(replay_id, "failed", is_simulated=is_simulated)
                    raise
                except asyncio.CancelledError:
                    # A second Ctrl-C: what is on its way is left, and booked when the replay goes on.
                    outcome = "interrupted"
                    if (task := asyncio.current_task()) is not None:
                        task.uncancel()
            await self._reconcile(upstream, replay_id)
        evidence = self._conclude(replay_id, outcome, is_simulated=is_simulated)
        return Replayed(
            replay_id=replay_id,
            plan=self._plan,
            outcome=outcome,
            tally=run.tally,
            spent=self._book.spent(replay_id),
            evidence=evidence,
            is_simulated=is_simulated,
            resumed=resumed,
            review=tuple(self._review()),
        )

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
            if answer.reply is not None and _grade_key(self._plan, item) not in grades:
                prompt = self._plan.prompts[item.prompt]
                missing.append(judge.grade(answer.answer_id, prompt, reply_from(answer.reply)))
        self._book.put_grades(missing)

    def _review(self) -> list[ReviewRow]:
        ids = [item.answer_id for item in self._plan.items]
        return to_review(self._plan, self._book.answers(ids), self._book.grades(ids))

    def _conclude(self, replay_id: str, outcome: str, *, is_simulated: bool) -> Evidence:
        ids = [item.answer_id for item in self._plan.items]
        gatherer = Gatherer(
            self._plan, self._book.answers(ids), self._book.grades(ids), self._place.book, self._plan.day
        )
        evidence = gatherer.gather()
        rows = Lake(self._place.home).put_outcomes(
            replay_id, evidence.outcomes, keep_text=self._plan.ask.keep_text
        )
        with Ledger.open(self._place.home) as ledger:
            ledger.record_import(
                Import(
                    import_id=replay_id,
                    source=f"replay {replay_id}",
                    sha256="",
                    size_bytes=0,
                    kind=REPLAY,
                    at=self._now,
                    rows=rows,
                    bad_rows=0,
                    settings={
                        "simulated": is_simulated,
                        "upstream": self._plan.ask.upstream,
                        REFERENCES: _references(self._plan),
                    },
                )
            )
        self._book.conclude(replay_id, outcome, _summary(self._plan, evidence, is_simulated=is_simulated))
        return evidence


def _references(plan: Plan) -> str:
    """Hash what answers are held against, and by which graders."""
    graders = {name: grader.spec for name, grader in sorted(plan.graders.items())}
    known = sorted(
        (one.recorded.prompt_id, one.reference_sha256) for one in plan.prompts if one.reference.is_known
    )
    return hashlib.sha256(json.dumps([graders, known]).encode()).hexdigest()


def _grade_key(plan: Plan, item: Item) -> tuple[str, str, str]:
    prompt = plan.prompts[item.prompt]
    spec = plan.graders[prompt.recorded.call.task_type].spec
    return item.answer_id, spec, prompt.reference_sha256


def _usable(book: ReplayBook, plan: Plan) -> dict[str, bool]:
    """Return answers that need not be asked for: graded as planned, kept whole, or an error for good."""
    items = {item.answer_id: item for item in plan.items}
    grades = book.grades(items)
    return {
        answer.answer_id: bool(answer.error) and answer.status != _OK
        for answer in book.answers(items).values()
        if answer.error or answer.reply is not None or _grade_key(plan, items[answer.answer_id]) in grades
    }


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


class _stopping_on_interrupt:  # noqa: N801 - reads as the statement it is
    """Let the first Ctrl-C end a run in order, and the second end it at once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()

    def __enter__(self) -> None:
        with suppress(ValueError, RuntimeError, NotImplementedError):  # not on the main thread
            for number in (signal.SIGINT, signal.SIGTERM):
                self._loop.add_signal_handler(number, self._stop)

    def _stop(self) -> None:
        self._run.stop()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, self._quit)

    def _quit(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def __exit__(self, *exc: object) -> None:
        with suppress(ValueError, RuntimeError, NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                self._loop.remove_signal_handler(number)
