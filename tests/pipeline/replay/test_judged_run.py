"""A judged run as others see it: it stops where it is told to, and ends where its judge takes nothing."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from modelmix.core.candidate import Candidate
from modelmix.core.reply import Reply
from modelmix.core.usage import Usage
from modelmix.errors import UpstreamError
from modelmix.evaluate.graders.grade import Ungradable
from modelmix.evaluate.graders.judged import Judged
from modelmix.evaluate.judges.judge import Way
from modelmix.pipeline.replay.ask import Ask
from modelmix.pipeline.replay.judged_run import JudgedRun
from modelmix.pipeline.replay.judging import Case, Docket, Judging, grades_of, told_by
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.tally import Tally
from modelmix.store.replay_records import AnswerRow
from pipeline.replay.rig import HAIKU, OPUS, labelled, plan_of, write_log


class Sent:
    """What sends nothing and ends as it is told."""

    def __init__(self, dropped: int = 0, during: Callable[[], None] = lambda: None) -> None:
        self.tally = Tally(1, dropped=dropped)
        self.during = during
        self.stops = 0

    def stop(self) -> None:
        """Count."""
        self.stops += 1

    async def go(self, known: Mapping[str, bool], told: Callable[[Tally], None]) -> str:
        """End."""
        del known
        self.during()
        told(self.tally)
        return "done"


class Desk:
    """What has one request for every plan."""

    def __init__(self) -> None:
        self.kept = 0

    def docket(self, plan: Plan, items: object) -> Docket:
        """Return the plan itself."""
        del items
        return Docket(plan)

    def known(self, docket: object) -> dict[str, bool]:
        """Know nothing."""
        del docket
        return {}

    def keep(self, docket: object) -> None:
        """Count."""
        del docket
        self.kept += 1


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A plan of a judged type."""
    log = write_log(tmp_path / "log.jsonl", labelled(6))
    asked: dict[str, Any] = {"candidates": (Candidate(HAIKU),), "upstream": "http://127.0.0.1:1"}
    return plan_of(Ask(places=(str(log),), graders={"": "judge:pairwise"}, looks=1, again=0, **asked))


def test_a_run_that_is_stopped_asks_no_judge(plan: Plan) -> None:
    """Stopped while candidates answer, it asks no judge; while judges do, what they said is kept."""
    first, desk = Sent(), Desk()
    run = JudgedRun(plan, cast("Judging", desk), lambda _: first, lambda _: Sent())
    first.during = run.stop
    assert asyncio.run(run.go({}, lambda _: None)) == "interrupted"
    assert (first.stops, desk.kept) == (1, 0)
    judges = Sent()
    again = JudgedRun(plan, cast("Judging", desk), lambda _: Sent(), lambda _: judges)
    judges.during = again.stop
    assert asyncio.run(again.go({}, lambda _: None)) == "interrupted"
    assert (judges.stops, desk.kept) == (1, 1)


def test_a_judge_that_rejects_everything_ends_the_run(plan: Plan) -> None:
    """It is said which judge, and what to do."""
    run = JudgedRun(plan, cast("Judging", Desk()), lambda _: Sent(), lambda _: Sent(dropped=1))
    with pytest.raises(UpstreamError, match="rejects what it is asked; name another by --judge"):
        asyncio.run(run.go({}, lambda _: None))


def test_one_order_without_a_verdict_is_no_verdict(plan: Plan) -> None:
    """Whichever order it is, the candidate does not win by it; an error for good is no verdict either."""
    judged = Judged(Way.PAIRWISE, Candidate(OPUS))
    case = Case("a", plan.prompts[0], judged, Reply("x", (), "end_turn"), is_baseline=False)
    said = Reply('{"better": "1", "fault": "wrong", "reason": ""}', (), "end_turn")
    failed = told_by(AnswerRow(answer_id="j", call_id="c", status=400, error="e", usage=Usage(), usd=None))
    assert Ungradable("the judge's request fails") == failed
    orders: tuple[list[Reply | Ungradable], ...] = ([said, failed], [failed, said])
    for told in orders:
        (row,) = grades_of(case, told)
        assert (row.score, row.why) == (0.0, "no verdict: the judge's request fails")
    contrary, _ = grades_of(case, [said, said])
    assert contrary.score == 0.5
    alone = replace(case, judged=Judged(Way.RUBRIC, Candidate(OPUS)), is_baseline=True)
    (row,) = grades_of(alone, [failed])
    assert row.score == 1.0
