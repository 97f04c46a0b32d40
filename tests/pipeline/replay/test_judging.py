"""Judges in a replay: verdicts are bought like answers, once, under one cap, and texts are forgotten."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelmix.core.candidate import Candidate
from modelmix.errors import ConfigError
from modelmix.evaluate.graders.judged import Judged
from modelmix.pipeline.replay.ask import Ask, Limits
from modelmix.pipeline.replay.judging import Judging
from modelmix.pipeline.replay.replay import Replayed, known_answers
from modelmix.simulator import world as practice
from modelmix.simulator.run import running
from modelmix.store.lake import Lake
from modelmix.store.replay_book import ReplayBook
from pipeline.replay.rig import HAIKU, OPUS, SEED, SONNET, Bench, Bill, list_usd, plan_of

SUMMARY = "report-summary"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A log of the practice world and a practice API of its own, whose bill nobody else adds to."""
    with running(seed=SEED) as url:
        made = Bench(tmp_path, url, n=120)
        made.ask = replace(made.ask, expected=(), task_types=(SUMMARY,), again=0, type_margin=0.06)
        yield made


def judged_run(bench: Bench, way: str, limits: Limits | None = None, **ask: Any) -> Replayed:  # noqa: ANN401 - fields of Ask
    """Replay summaries with a judge."""
    settings: dict[str, Any] = {
        "graders": {SUMMARY: f"judge:{way}"},
        "candidates": (Candidate(HAIKU), Candidate(SONNET)),
    }
    return bench.run(limits, **(settings | ask))


def truth(n: int, model: str) -> dict[str, bool]:
    """Say of each summary whether a model gets it right."""
    return {
        one.prompt_id: practice.answer(one, Candidate(model), SEED) == one.expected
        for one in practice.prompts(SEED, n)
        if one.task_type == SUMMARY
    }


@pytest.mark.parametrize("way", ["rubric", "points"])
def test_verdicts_follow_the_truth(bench: Bench, way: str) -> None:
    """What a judge says of one answer is right nearly always, of the recorded one as of the candidates'."""
    done = judged_run(bench, way)
    right = {model: truth(bench.n, model) for model in (HAIKU, SONNET, OPUS)}
    rows = list(Lake(bench.home).outcomes())
    assert 3 * len(right[OPUS]) == len(rows) > 40
    agree = sum(right[row["model"]][row["prompt_id"]] == (row["score"] == 1.0) for row in rows)
    assert agree >= 0.9 * len(rows)
    assert {f"judge-{way}@1"} == {row["grader"].partition(":")[0] for row in rows}
    assert done.outcome == "done"


def test_a_comparison_won_or_lost_counts_as_one_answer(bench: Bench) -> None:
    """Gains and losses are whole, the baseline is a tie, and nearly all comparisons are as the truth is."""
    done = judged_run(bench, "pairwise")
    own, other = truth(bench.n, OPUS), truth(bench.n, HAIKU)
    (seen,) = (one for (_, arm), one in done.evidence.seen.items() if arm.model == HAIKU)
    lost = sum(own[name] and not other[name] for name in own)
    assert (len(own), 0.0, 0.0) == (seen.n, seen.gains % 1.0, seen.losses % 1.0)
    assert abs(seen.losses - lost) <= 0.15 * len(own)
    scores = Counter(row["score"] for row in Lake(bench.home).outcomes() if row["model"] == OPUS)
    assert {0.5: len(own)} == scores


def test_what_the_judge_goes_by_is_reported(bench: Bench) -> None:
    """Contradictions of the two orders, and ties, are counted over all comparisons that were asked."""
    done = judged_run(bench, "pairwise")
    found = done.evidence.habits[SUMMARY]
    assert 0 < found.ties.n <= 2 * len(truth(bench.n, OPUS))
    assert found.disagree.count <= found.ties.count


def test_the_ledger_is_the_bill_and_tells_judges_apart(bench: Bench) -> None:
    """All that the API has billed is booked, the judge's calls under a reason of their own."""
    done = judged_run(bench, "rubric")
    calls = bench.calls()
    bill = Bill.of(bench.url)
    assert (bill.calls, bill.usd) == (len(calls), list_usd(calls)) == (len(calls), done.spent.usd)
    reasons = Counter(call.reason for call in calls)
    name = f"replay={done.replay_id}"
    assert {name, f"{name} judge=judge-rubric@1"} == set(reasons)
    assert reasons[f"{name} judge=judge-rubric@1"] == done.tally.judged


def test_a_second_run_sends_nothing_and_no_text_is_left(bench: Bench) -> None:
    """Verdicts are kept, texts are not: neither the candidates' answers nor the judge's."""
    first = judged_run(bench, "pairwise")
    billed = Bill.of(bench.url).calls
    again = judged_run(bench, "pairwise")
    assert (billed, first.evidence.outcomes) == (Bill.of(bench.url).calls, again.evidence.outcomes)
    assert again.plan.items[0].answer_id in known_answers(bench.home, again.plan)
    with ReplayBook.open(bench.home) as book:
        kept = book.answers(item.answer_id for item in first.plan.items)
    assert {None} == {one.reply for one in kept.values()}
    for file in bench.home.rglob("ledger.db*"):
        assert b"units made" not in file.read_bytes() or file.suffix != ".db"


def test_a_crash_between_answer_and_verdict_costs_no_answer_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is kept until it is judged, so that the next run asks the judge alone."""

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Judging, "docket", crash)
        with pytest.raises(KeyboardInterrupt):
            judged_run(bench, "rubric")
    asked = Counter(call.model_served for call in bench.calls())
    done = judged_run(bench, "rubric")
    after = Counter(call.model_served for call in bench.calls())
    assert (asked[HAIKU], asked[SONNET]) == (after[HAIKU], after[SONNET])
    assert (0, done.tally.judged) == (asked[OPUS], after[OPUS])


def test_the_cap_holds_for_judges_too(bench: Bench) -> None:
    """What judges cost is under the same cap; a larger one goes on."""
    whole = plan_of(replace(bench.ask, graders={SUMMARY: "judge:rubric"})).quote()
    assert whole.expected_usd < whole.at_most_usd
    cap = Decimal("0.12")
    done = judged_run(bench, "rubric", Limits(max_spend_usd=cap, rate_share=1.0), pairs=len(truth(120, OPUS)))
    assert done.outcome == "capped"
    assert Bill.of(bench.url).usd <= cap
    more = judged_run(bench, "rubric", Limits(rate_share=1.0, max_spend_usd=Decimal(50)))
    assert ("done", Bill.of(bench.url).usd) == (more.outcome, more.spent.usd)


def test_a_judge_of_ones_own_is_said(bench: Bench) -> None:
    """A judge that is itself compared may favour its own answers: the plan says it before money is spent."""

    def note(**ask: Any) -> str:  # noqa: ANN401 - fields of Ask
        asked = replace(bench.ask, graders={SUMMARY: "judge:pairwise"}, **ask)
        (row,) = plan_of(asked).types
        return row.note

    assert "is itself the only candidate" in note(candidates=(Candidate(HAIKU),), judge=Candidate(HAIKU))
    assert "is today's model" in note()
    assert "not yet checked against people" in note(judge=Candidate("claude-fable-5-2"))


def test_a_rubric_of_the_users_is_another_judge(bench: Bench) -> None:
    """It comes with the ask, changes the spec, and survives being written down."""
    usual = plan_of(replace(bench.ask, graders={SUMMARY: "judge:points"}))
    asked = replace(bench.ask, graders={SUMMARY: "judge:points"}, rubrics={SUMMARY: "- names the site"})
    own = plan_of(asked)
    assert usual.graders[SUMMARY].spec != own.graders[SUMMARY].spec
    grader = own.graders[SUMMARY]
    assert isinstance(grader, Judged)
    assert grader.rubric.points == ("names the site",)
    assert asked == Ask.of(asked.settings())
    with pytest.raises(ConfigError, match="cannot be judged: the rubric lists no points"):
        plan_of(replace(asked, rubrics={"": "be kind"}))


def test_a_judge_that_takes_nothing_ends_the_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge whose every request would be rejected is said, and answers are kept for another one."""
    monkeypatch.setattr("modelmix.pipeline.replay.judging.asking", lambda *_: "effort")
    with pytest.raises(ConfigError, match=r"the judge .* rejects what it is asked \(effort\); name another"):
        judged_run(bench, "rubric")
    assert {HAIKU, SONNET} == {call.model_served for call in bench.calls()}


@pytest.mark.parametrize("way", ["rubric", "pairwise"])
def test_no_verdict_speaks_for_what_is_in_use(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A judge whose words cannot be read makes candidates wrong and the baseline right, and is counted."""
    monkeypatch.setattr("modelmix.simulator.answer.verdict", lambda *_: {"nonsense": 1})
    judged_run(bench, way)
    rows = list(Lake(bench.home).outcomes())
    assert {1.0 if way == "rubric" else 0.5} == {row["score"] for row in rows if row["model"] == OPUS}
    asked = [row for row in rows if row["model"] != OPUS and row["score"] != 0.5]
    assert {(0.0, "no verdict: the judge gives no verdict")} == {(row["score"], row["why"]) for row in asked}


def test_texts_stay_where_they_are_wanted(bench: Bench) -> None:
    """With --keep-text answers are there after they have been judged."""
    done = judged_run(bench, "pairwise", keep_text=True)
    with ReplayBook.open(bench.home) as book:
        kept = book.answers(item.answer_id for item in done.plan.items)
    assert all(one.reply is not None for one in kept.values())


def test_what_has_to_be_judged_is_asked_once(bench: Bench) -> None:
    """Two candidates that say the same word for word are judged by one request."""
    done = judged_run(bench, "rubric")
    calls = [call for call in bench.calls() if " judge=" in call.reason]
    answers = {(one["prompt_id"], one["model"]) for one in Lake(bench.home).outcomes()}
    assert len(calls) < len(answers)
    assert done.tally.judged == len(calls)
