"""Replays by message batches: every request asked once, whatever breaks, and the books equal the bill."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelmix.core.candidate import Candidate
from modelmix.errors import UpstreamError
from modelmix.pipeline.replay import batch_run
from modelmix.pipeline.replay.ask import Limits
from modelmix.pipeline.replay.batch_run import BatchRun
from modelmix.simulator.run import running
from modelmix.store.batch_book import BatchBook
from modelmix.store.replay_book import ReplayBook
from modelmix.upstream.ask import key_headers
from modelmix.upstream.batch_results import Ending, Result
from modelmix.upstream.batches import Batches
from pipeline.replay.rig import BOOK, HAIKU, SEED, Bench, Bill, tokens


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def api() -> Iterator[str]:
    """A practice API whose batches end at once."""
    with running(seed=SEED) as url:
        yield url


@pytest.fixture
def bench(tmp_path: Path, api: str) -> Bench:
    """A log, its right answers, and that API."""
    return Bench(tmp_path, api, by_batch=True)


def batches(url: str) -> list[dict[str, Any]]:
    """Return the batches that the API has, newest first."""
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{url}/v1/messages/batches?limit=1000",
        headers={"x-api-key": "practice", "anthropic-version": "2023-06-01"},
    )
    with urllib.request.urlopen(request) as reply:  # noqa: S310 - loopback
        return list(json.load(reply)["data"])


def check_books(bench: Bench, spent: Decimal, calls: int) -> None:
    """Hold the ledger against the bill: as many calls, the same tokens, half of their list price."""
    bill, booked = Bill.of(bench.url), bench.calls()
    answered = [call for call in booked if call.status == 200]
    assert (bill.calls, len(answered)) == (calls, calls)
    assert tokens(answered) == bill.usage
    assert spent == bill.usd / 2


def test_a_replay_by_batch_finds_what_a_live_one_finds(tmp_path: Path, api: str) -> None:
    """The same evidence at half the price; its calls are those of a batch, and tell no latency."""
    (tmp_path / "live").mkdir()
    (tmp_path / "batch").mkdir()
    live, batch = Bench(tmp_path / "live", api), Bench(tmp_path / "batch", api, by_batch=True)
    one, other = live.run(), batch.run()
    assert (one.outcome, other.outcome) == ("done", "done")
    assert {k: v.pairs for k, v in one.evidence.seen.items()} == {
        k: v.pairs for k, v in other.evidence.seen.items()
    }
    calls = batch.calls()
    assert {(call.batch, call.latency_ms) for call in calls} == {(True, None)}
    assert other.spent.usd == sum(
        BOOK.cost(call.usage, call.model_served, call.at, batch=True).total_usd for call in calls
    )
    assert other.spent.total_at_most_usd == other.spent.usd
    # Both sides of a pair are priced as the recorded call was: not one of them as if by batch.
    assert {k: v.usd for k, v in one.evidence.seen.items()} == {
        k: v.usd for k, v in other.evidence.seen.items()
    }


def test_the_books_equal_the_bill(bench: Bench) -> None:
    """What is spent is half the list price of what the API billed."""
    done = bench.run()
    check_books(bench, done.spent.usd, len(done.plan.items))
    assert (done.tally.answered, done.tally.on_their_way) == (len(done.plan.items), 0)
    assert bench.tallies[-1].done == len(done.plan.items)


def test_answers_of_a_batch_and_live_ones_are_the_same_answers(bench: Bench) -> None:
    """What one way has paid for, the other does not ask again."""
    first = bench.run()
    bench.by_batch = False
    again = bench.run()
    assert again.tally.reused == len(first.plan.items)
    assert (again.tally.sent, Bill.of(bench.url).calls) == (0, len(first.plan.items))


DEATHS: dict[str, tuple[type, str]] = {
    "before the chunk leaves": (Batches, "submit"),
    "before its batch is booked": (BatchBook, "sent"),
    "while it waits": (Batches, "wait"),
    "before what was read is booked": (BatchRun, "_settle"),
    "before the batch counts as read": (BatchBook, "read"),
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_death_at_any_moment_costs_nothing_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, death: str
) -> None:
    """The next run finds the batch that was made, or makes it; no request is answered, or billed, twice."""
    where, name = DEATHS[death]

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(where, name, die)
        with pytest.raises(Killed):
            bench.run()
    with ReplayBook.open(bench.home) as book:
        [replay] = book.replays()
        spent = book.spent(replay.replay_id)
    # What is on its way is booked at its worst case, until what came of it is.
    assert (spent.usd > 0, spent.at_most_usd > 0) == (name == "read", name != "read")
    done = bench.run()
    assert (done.outcome, done.resumed, done.replay_id) == ("done", True, replay.replay_id)
    check_books(bench, done.spent.usd, len(done.plan.items))
    assert done.spent.at_most_usd == 0
    asked = sum(sum(one["request_counts"].values()) for one in batches(bench.url))
    assert asked == len(done.plan.items)


def test_a_death_between_two_parts_of_the_results_books_the_rest(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that were booked before are known when they are read again."""
    settle, seen = BatchRun._settle, []

    def die_at_the_third(self: BatchRun, row: Any, results: Any) -> None:  # noqa: ANN401 - as it is called
        seen.append(len(results))
        if len(seen) == 3:
            raise Killed
        settle(self, row, results)

    monkeypatch.setattr(batch_run, "_AT_ONCE", 10)
    with monkeypatch.context() as patched:
        patched.setattr(BatchRun, "_settle", die_at_the_third)
        with pytest.raises(Killed):
            bench.run()
    assert len(bench.calls()) == 20
    done = bench.run()
    check_books(bench, done.spent.usd, len(done.plan.items))


def struck(monkeypatch: pytest.MonkeyPatch, *faults: str) -> None:
    """Let the first batches go wrong: what is asked with their headers is struck by a fault."""
    left = list(faults)

    def headers(key: str, betas: str = "") -> list[tuple[bytes, bytes]]:
        return [*key_headers(key, betas), *((b"x-simulate-batch", one.encode()) for one in left[:1])]

    submit = Batches.submit

    async def once(self: Batches, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - as it is called
        try:
            return await submit(self, *args, **more)
        finally:
            del left[:1]

    monkeypatch.setattr(batch_run, "key_headers", headers)
    monkeypatch.setattr(Batches, "submit", once)


def test_what_failed_or_expired_is_asked_again_and_costs_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors of the server and requests that never got their turn join the next batch."""
    struck(monkeypatch, "error=5;expire=7;life=1", "error=2")
    done = bench.run()
    assert done.outcome == "done"
    counts = [one["request_counts"] for one in batches(bench.url)]
    assert [(one["errored"], one["expired"]) for one in reversed(counts)] == [(5, 7), (2, 0), (0, 0)]
    assert done.tally.given_up == 0
    check_books(bench, done.spent.usd, len(done.plan.items))


def test_what_fails_in_every_batch_is_given_up_and_left_to_another_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not go round for ever, and costs nothing."""
    struck(monkeypatch, *["error=3"] * 8)
    done = bench.run()
    assert (done.outcome, done.tally.given_up) == ("done", 3)
    assert len(batches(bench.url)) == 6
    check_books(bench, done.spent.usd, len(done.plan.items) - 3)
    monkeypatch.undo()
    again = bench.run()
    assert (again.tally.given_up, again.tally.answered) == (0, 3)
    check_books(bench, again.spent.usd, len(done.plan.items))


def test_an_api_that_answers_nothing_ends_the_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for batches that never hold an answer; the sentence says what to do."""
    struck(monkeypatch, *["error=9999"] * 9)
    with pytest.raises(UpstreamError, match=r"fails again and again .status 500.; what was answered is kept"):
        bench.run()


def test_the_cap_is_never_passed_and_a_larger_one_goes_on(bench: Bench) -> None:
    """Each chunk leaves only if its worst case fits; what it did not cost pays for the next one."""
    capped = bench.run(Limits(max_spend_usd=Decimal("0.20")), pairs=40)
    assert capped.outcome == "capped"
    assert capped.spent.total_at_most_usd <= Decimal("0.20")
    assert all(tally.usd + tally.open_usd <= Decimal("0.20") for tally in bench.tallies)
    assert 0 < capped.tally.answered < len(capped.plan.items)
    assert len(batches(bench.url)) > 1
    done = bench.run(Limits(max_spend_usd=Decimal(30)))
    assert done.outcome == "done"
    check_books(bench, done.spent.usd, len(done.plan.items))


def test_a_stop_leaves_the_batch_to_go_on(tmp_path: Path) -> None:
    """The first Ctrl-C waits for nothing: the batch is read by the next run, and nothing is asked twice."""
    with running(seed=SEED, batch_seconds=1.5) as url:
        bench = Bench(tmp_path, url, by_batch=True)
        stop_at = iter([False] * 3 + [True] * 10_000)
        made: list[BatchRun] = []
        init = BatchRun.__init__

        def note(self: BatchRun, *args: Any) -> None:  # noqa: ANN401 - as it is called
            init(self, *args)
            made.append(self)

        def told(tally: object) -> None:
            del tally
            if next(stop_at):
                made[-1].stop()

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(BatchRun, "__init__", note)
            patched.setattr(bench, "_told", told)
            left = bench.run()
        assert left.outcome == "interrupted"
        assert left.tally.on_their_way == len(left.plan.items)
        done = bench.run()
        assert (done.outcome, done.tally.sent) == ("done", 0)
        check_books(bench, done.spent.usd, len(done.plan.items))
        assert len(batches(url)) == 1


def test_chunks_are_cut_by_size_and_by_betas(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Betas are headers of a whole batch; many requests are several batches, all on their way at once."""
    monkeypatch.setattr(batch_run, "MOST_QUESTIONS", 30)
    log = bench.folder / "log.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    for row in rows[:15]:
        row["request"] = {"body": row["request"], "headers": {"anthropic-beta": "files-api-2025-04-14"}}
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = bench.run(candidates=(Candidate(HAIKU),), again=0)
    sizes = sorted(sum(one["request_counts"].values()) for one in batches(bench.url))
    betas = sum(bool(prompt.recorded.betas) for prompt in done.plan.prompts)
    assert betas
    assert sum(sizes) == len(done.plan.items)
    assert sizes[0] == min(betas, len(done.plan.items) - betas, sizes[0])
    assert max(sizes) <= 30
    check_books(bench, done.spent.usd, len(done.plan.items))


def test_a_request_that_names_a_speed_goes_at_the_speed_of_a_batch(bench: Bench) -> None:
    """A batch refuses the field; the question stays the same."""
    log = bench.folder / "log.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    for row in rows:
        row["request"]["speed"] = "standard"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = bench.run(candidates=(Candidate(HAIKU),), again=0)
    assert (done.tally.rejected, done.tally.answered) == (0, len(done.plan.items))


def test_a_refused_key_ends_the_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told at once, and nothing stays booked as spent."""
    monkeypatch.setattr(
        batch_run,
        "key_headers",
        lambda key, betas="": [*key_headers(key, betas), (b"x-simulate-error", b"401")],
    )
    with pytest.raises(UpstreamError, match="what was answered is kept"):
        bench.run()
    assert Bill.of(bench.url).calls == 0


def test_what_a_batch_says_nothing_of_stays_booked_and_is_asked_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing line may have been billed: its worst case stays in the books."""
    results = Batches.results
    dropped: list[str] = []

    async def with_a_hole(self: Batches, *args: Any) -> Any:  # noqa: ANN401 - as it is called
        async for result in results(self, *args):
            if not dropped:
                dropped.append(result.answer_id)
                yield Result(Ending.MISSING, result.answer_id, result.custom_id)
            else:
                yield result

    monkeypatch.setattr(Batches, "results", with_a_hole)
    done = bench.run()
    assert done.outcome == "done"
    assert done.tally.answered == len(done.plan.items)
    bill = Bill.of(bench.url)
    assert bill.calls == len(done.plan.items) + 1
    assert done.spent.usd < bill.usd / 2 <= done.spent.total_at_most_usd or done.spent.found == 1


@pytest.mark.parametrize("death", [(BatchBook, "sent"), (Batches, "wait")])
def test_a_live_run_reads_first_what_a_batch_has_left_on_its_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, death: tuple[type, str]
) -> None:
    """What is paid for is not asked again in another way."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(*death, die)
        with pytest.raises(Killed):
            bench.run()
    bench.by_batch = False
    done = bench.run(Limits(rate_share=1.0))
    assert (done.outcome, done.tally.sent) == ("done", 0)
    check_books(bench, done.spent.usd, len(done.plan.items))


def test_a_live_run_counts_a_chunk_that_never_left_as_lost(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can know that it did not: its worst case stays booked, and its questions are asked live."""
    monkeypatch.setattr(batch_run, "_NEAR_NAP_S", 0.001)

    async def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Batches, "submit", die)
        with pytest.raises(Killed):
            bench.run()
    bench.by_batch = False
    done = bench.run(Limits(rate_share=1.0))
    assert (done.outcome, done.tally.sent) == ("done", len(done.plan.items))
    assert done.spent.lost == 0 or done.spent.at_most_usd > 0


def test_looks_are_batches(tmp_path: Path, api: str) -> None:
    """Each look is a batch of its own, and what the looks decide is what they decide live."""
    (tmp_path / "live").mkdir()
    (tmp_path / "batch").mkdir()
    live, batch = Bench(tmp_path / "live", api, n=330), Bench(tmp_path / "batch", api, n=330, by_batch=True)
    more: dict[str, Any] = {"task_types": ("ticket-triage",), "again": 0, "looks": 5, "type_margin": 0.1}
    one, other = live.run(**more), batch.run(**more)
    assert [(row.task_type, row.state, row.taken) for row in one.looks] == [
        (row.task_type, row.state, row.taken) for row in other.looks
    ]
    taken = max(row.taken for row in other.looks)
    assert taken > 0
    assert len(batches(api)) == 1 + taken


def test_a_chunk_of_another_part_of_a_replay_is_left_to_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on its way in it is not asked again by this part."""
    wait: Callable[..., Any] = Batches.wait

    async def die(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(Batches, "wait", die)
    with pytest.raises(Killed):
        bench.run()
    monkeypatch.setattr(Batches, "wait", wait)
    with BatchBook.open(bench.home) as book, ReplayBook.open(bench.home) as replays:
        [replay] = replays.replays()
        [row] = book.waiting(replay.replay_id)
        assert row.sending_ids.keys() == set(row.answer_ids)
        assert book.batch_ids() == {row.batch_id}
        assert book.waiting("r-other") == []
        assert replays.lose() == 0
