"""A replay against the practice API: every answer graded and booked to the token, and nothing paid twice."""

import itertools
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.reply import Reply
from modelmix.errors import ConfigError, StoreError
from modelmix.evaluate.graders.grade import Grade
from modelmix.evaluate.graders.held_against import held_against
from modelmix.pipeline.replay.ask import Limits
from modelmix.pipeline.replay.place import Place
from modelmix.pipeline.replay.replay import asked_before, known_answers
from modelmix.simulator import world as practice
from modelmix.simulator.run import running
from modelmix.store import lock
from modelmix.store.lake import Lake
from modelmix.store.replay_book import ReplayBook
from pipeline.replay.rig import (
    HAIKU,
    OPUS,
    SEED,
    Bench,
    Bill,
    list_usd,
    plan_of,
    replay_calls,
    tokens,
    world,
    write_log,
)  # fmt: skip


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """A practice API."""
    with running(seed=SEED) as url:
        yield url


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A log of the practice world and a practice API of its own, whose bill nobody else adds to."""
    with running(seed=SEED) as url:
        yield Bench(tmp_path, url)


def test_every_answer_is_graded_as_grading_it_directly_does(bench: Bench) -> None:
    """What the lake holds is what the world's own answer of that candidate gets, prompt by prompt."""
    done = bench.run()
    asked = {one.prompt_id: one for one in practice.prompts(SEED, bench.n)}
    recorded = {one.recorded.prompt_id: one.recorded for one in done.plan.prompts}
    found = 0
    for one in Lake(bench.home).outcomes():
        candidate = Candidate(one["model"], None if one["effort"] is None else Effort(one["effort"]))
        said = practice.answer(asked[one["prompt_id"]], candidate, SEED)
        reference = held_against(recorded[one["prompt_id"]])
        grade = done.plan.graders[one["task_type"]].grade(Reply(said, (), "end_turn"), reference)
        assert isinstance(grade, Grade)
        assert (one["prompt_id"], candidate, grade.score) == (one["prompt_id"], candidate, one["score"])
        found += 1
    assert (bench.n * 3, "done", 0) == (found, done.outcome, done.tally.given_up)


def test_the_ledger_is_the_bill(bench: Bench) -> None:
    """Calls, tokens of every class and request ids equal the API's own; spend is the exact list price."""
    done = bench.run()
    bill, calls = Bill.of(bench.url), bench.calls()
    assert (len(done.plan.items), bill.usage) == (bill.calls, tokens(calls))
    assert sorted(bill.request_ids) == sorted(call.request_id for call in calls)
    assert bill.usd == done.spent.usd == list_usd(calls) == done.tally.usd
    assert (Decimal(0), 0) == (done.spent.at_most_usd, done.spent.lost)
    assert done.is_simulated


def test_a_second_run_sends_nothing(bench: Bench) -> None:
    """It finds all answers there, and the same evidence."""
    first = bench.run()
    again = bench.run()
    assert len(first.plan.items) == Bill.of(bench.url).calls == again.tally.reused
    assert (0, True, first.replay_id) == (again.tally.sent, again.resumed, again.replay_id)
    assert (first.evidence, first.spent) == (again.evidence, again.spent)


def test_a_quote_knows_what_is_there(bench: Bench) -> None:
    """Before a run everything has to be paid for, after it nothing; a home without a ledger stays without."""
    plan = plan_of(bench.ask)
    assert known_answers(bench.home, plan) == {}
    assert not bench.home.exists()
    bench.run()
    known = known_answers(bench.home, plan)
    assert (Decimal(0), {False}) == (plan.quote(known).at_most_usd, set(known.values()))


def test_a_larger_sample_pays_only_for_what_is_new(bench: Bench) -> None:
    """Answers of a smaller replay are taken over by content, whatever was asked for around them."""
    few = bench.run(pairs=4)
    more = bench.run(pairs=8)
    assert few.replay_id != more.replay_id
    assert len(few.plan.items) > more.tally.reused > len(few.plan.items) // 2
    assert Bill.of(bench.url).calls == len({item.answer_id for item in (*few.plan.items, *more.plan.items)})


def _bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_no_text_is_kept_unasked(bench: Bench) -> None:
    """Without --keep-text no prompt and no answer lies anywhere in the home folder."""
    done = bench.run()
    kept = _bytes_below(bench.home)
    for prompt in done.plan.prompts:
        document = prompt.recorded.request["messages"][0]["content"]
        for line in (one for one in str(document).splitlines() if len(one) > 24):
            assert line.encode() not in kept
    with ReplayBook.open(bench.home) as book:
        assert {None} == {
            one.reply for one in book.answers(item.answer_id for item in done.plan.items).values()
        }
    assert {""} == {one["response"] or "" for one in Lake(bench.home).outcomes()}


def test_text_is_kept_for_its_owner_alone(bench: Bench) -> None:
    """With --keep-text prompts, answers and right answers are in the lake, in files of mode 0600."""
    bench.run(keep_text=True, pairs=3)
    rows = list(Lake(bench.home).outcomes())
    assert all(one["prompt"] and one["response"] and one["expected"] for one in rows)
    files = [path for path in bench.home.rglob("*") if path.is_file()]
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in files}
    assert {0o700} == {stat.S_IMODE(path.stat().st_mode) for path in bench.home.rglob("*") if path.is_dir()}


def test_kept_answers_are_graded_anew_for_nothing(bench: Bench) -> None:
    """Another grader is another replay of the same answers, and asks for none of them."""
    bench.run(keep_text=True)
    paid = Bill.of(bench.url).calls
    other = bench.run(graders={"report-summary": "exact:ignore_case", "ticket-triage": "exact"})
    assert (paid, 0, Decimal(0)) == (Bill.of(bench.url).calls, other.tally.sent, other.spent.usd)
    specs = {one["task_type"]: one["grader"] for one in Lake(bench.home).outcomes([other.replay_id])}
    assert (specs["ticket-triage"], specs["report-summary"]) == ("exact@1", "exact@1:ignore_case")


def test_without_text_another_grader_asks_again(bench: Bench) -> None:
    """What was forgotten cannot be graded anew; once asked again, it is not asked a third time."""
    bench.run(task_types=("ticket-triage",), again=0, graders={"ticket-triage": "label"})
    paid = Bill.of(bench.url).calls
    for _ in range(2):
        bench.run(task_types=("ticket-triage",), again=0, graders={"ticket-triage": "exact"})
        assert 2 * paid == Bill.of(bench.url).calls


def test_text_that_is_kept_later_is_kept_for_good(bench: Bench) -> None:
    """Asked again with --keep-text, an answer that was forgotten is there for every later grader."""
    only: dict[str, Any] = {"task_types": ("ticket-triage",), "again": 0}
    bench.run(**only, graders={"ticket-triage": "label"})
    paid = Bill.of(bench.url).calls
    bench.run(**only, keep_text=True, graders={"ticket-triage": "exact"})
    done = bench.run(**only, graders={"ticket-triage": "exact:ignore_case"})
    assert (done.tally.sent, Bill.of(bench.url).calls) == (0, 2 * paid)
    assert all(one["response"] for one in Lake(bench.home).outcomes([done.replay_id]))


def test_the_baseline_is_asked_again(bench: Bench) -> None:
    """A/A: as many prompts as asked for, over all types; the practice API's baseline agrees with itself."""
    done = bench.run(again=25)
    pairs = sum(one.n for one in done.evidence.again.values())
    assert (pairs, sum(one.gains + one.losses for one in done.evidence.again.values())) == (25, 0.0)
    asked = [call for call in bench.calls() if call.model_requested == OPUS]
    assert len(asked) == 25
    assert OPUS not in {arm.model for _, arm in done.evidence.seen}


def test_the_calls_of_the_log_are_kept_too(bench: Bench) -> None:
    """They are today's traffic: every one is in the ledger, as import keeps it, and none is the replay's."""
    bench.run(pairs=1)
    from modelmix.store.ledger import Ledger

    with Ledger.open(bench.home) as ledger:
        assert bench.n == sum(call.source != "replay" for call in ledger.calls())
        kinds = {one.kind: one for one in ledger.imports()}
    assert {"simulated": True, "upstream": bench.url}.items() <= kinds["replay"].settings.items()


def test_two_replays_of_one_home_do_not_run_at_once(bench: Bench) -> None:
    """The second is told so, and sends nothing."""
    with lock.held(bench.home, "replay"), pytest.raises(StoreError, match="another replay"):
        bench.run(pairs=1)
    assert Bill.of(bench.url).calls == 0


def test_what_was_asked_can_be_asked_for_again(bench: Bench) -> None:
    """A replay's settings are read back as they were; another name is answered by those there are."""
    done = bench.run(pairs=1, candidates=(Candidate(HAIKU),), type_margin=0.03)
    assert bench.ask == asked_before(bench.home, done.replay_id)
    with pytest.raises(ConfigError, match=rf"no replay 'r-1'.*holds {done.replay_id}"):
        asked_before(bench.home, "r-1")
    with pytest.raises(ConfigError, match="holds none"):
        asked_before(bench.folder, "r-1")


def test_settings_of_another_version_are_refused(bench: Bench) -> None:
    """They are not guessed at."""
    done = bench.run(pairs=1)
    import sqlite3

    with sqlite3.connect(bench.home / "ledger.db") as raw:
        raw.execute("UPDATE replays SET settings = ?", (json.dumps({"places": []}),))
    raw.close()
    with pytest.raises(ConfigError, match="written by another version; start a new one"):
        asked_before(bench.home, done.replay_id)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cents=st.integers(5, 120), concurrency=st.integers(1, 24), pairs=st.sampled_from([None, 6]))
def test_the_cap_is_never_exceeded(
    tmp_path_factory: pytest.TempPathFactory, cents: int, concurrency: int, pairs: int | None
) -> None:
    """Whatever the cap, what the API bills is at most the cap, and so is what may still be on its way."""
    cap = Decimal(cents) / 100
    with running(seed=SEED) as url:
        bench = Bench(tmp_path_factory.mktemp("cap"), url)
        done = bench.run(Limits(cap, 1.0, concurrency), pairs=pairs)
        bill = Bill.of(url)
    assert bill.usd == done.spent.usd <= cap
    assert all(tally.usd + tally.open_usd <= cap for tally in bench.tallies)
    assert done.outcome == ("done" if done.tally.done == done.tally.whole else "capped")


def test_a_capped_replay_goes_on_with_a_larger_cap(bench: Bench) -> None:
    """It is the same replay, asks only for what is missing, and stays below the larger cap in all."""
    capped = bench.run(Limits(Decimal("0.30"), 1.0), pairs=20)
    assert capped.outcome == "capped"
    assert 0 < capped.tally.answered < capped.tally.whole
    done = bench.run(Limits(Decimal(40), 1.0), pairs=20)
    assert ("done", capped.replay_id, capped.tally.answered) == (
        done.outcome,
        done.replay_id,
        done.tally.reused,
    )
    assert (Bill.of(bench.url).calls, Bill.of(bench.url).usd) == (len(done.plan.items), done.spent.usd)


def test_a_cap_that_pays_for_nothing_is_told(bench: Bench) -> None:
    """The run ends capped, with no request sent: it is no success."""
    done = bench.run(Limits(Decimal("0.0001"), 1.0))
    assert (done.outcome, done.tally.sent, Bill.of(bench.url).calls) == ("capped", 0, 0)


def test_a_replay_without_a_cap_keeps_to_its_own_worst_case(bench: Bench) -> None:
    """Whoever agrees to a quote agrees to at most that."""
    done = bench.run(pairs=2)
    assert done.spent.usd <= done.plan.quote().at_most_usd
    assert all(one.usd + one.open_usd <= done.plan.quote().at_most_usd for one in bench.tallies)


def test_progress_is_told_to_the_end(bench: Bench) -> None:
    """Each figure only grows, and the last is the whole."""
    done = bench.run(pairs=3)
    for before, after in itertools.pairwise(bench.tallies):
        assert before.done <= after.done
        assert before.usd <= after.usd
    assert (done.tally.whole, 0) == (bench.tallies[-1].done, bench.tallies[-1].on_their_way)


def test_the_same_request_under_two_names_is_asked_once(tmp_path: Path, api: str) -> None:
    """Also with other answers on file: a second run finds everything there."""
    rows = world(20)
    twins = [{**one, "prompt_id": f"twin-{number}"} for number, one in enumerate(rows)]
    bench = Bench(tmp_path, api)
    bench.ask = replace(bench.ask, places=(str(write_log(tmp_path / "twins.jsonl", rows + twins)),), again=0)
    done = bench.run(expected=(), graders={"": "exact"})
    assert (len(done.plan.prompts), done.plan.recordings.repeats) == (20, 20)
    assert bench.run().tally.sent == 0


def test_an_api_that_is_not_the_practice_one_is_not_called_simulated(bench: Bench) -> None:
    """Only its own greeting says so."""
    from gateway.rig import answered, upstream

    with upstream(lambda _peer, _heard: answered({"content": [{"type": "text", "text": "x"}]})) as (url, _):
        done = bench.run(pairs=1, again=0, upstream=url, task_types=("ticket-triage",), graders={})
    assert not done.is_simulated
    assert len(replay_calls(bench.home)) == 1  # both answers have the same id of a message


def test_a_place_shows_no_key() -> None:
    """Keys stand in no representation."""
    shown = repr(Place(home=Path(), book=None, capabilities=None, key="sk-1", admin_key="sk-2"))  # type: ignore[arg-type] # only shown
    assert "sk-" not in shown
