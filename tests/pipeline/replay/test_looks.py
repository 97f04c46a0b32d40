"""A replay that looks: what it buys, when it stops, and that optimize sees one attempt."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.rig import Heard, Peer
from modelmix.core.candidate import Candidate
from modelmix.errors import UpstreamError
from modelmix.optimize.goal import Goal
from modelmix.optimize.stopping import State
from modelmix.pipeline.optimize import Optimised, optimise
from modelmix.pipeline.question import Ask
from modelmix.pipeline.replay.ask import Limits
from modelmix.pipeline.replay.replay import Replayed
from modelmix.pipeline.replay.run import Run
from modelmix.simulator.run import running
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from pipeline.replay.rig import BOOK, CAPABILITIES, PASS, SEED, Bench, error, front, plan_of

TYPES = ("ticket-triage", "report-summary")
N = 800


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """A practice API."""
    with running(seed=SEED) as url:
        yield url


def bench_at(folder: Path, url: str) -> Bench:
    """Make a bench whose types have right answers and prompts enough to be looked at."""
    bench = Bench(folder, url, n=N)
    bench.ask = replace(bench.ask, looks=5, task_types=TYPES, pairs=N, again=5, type_margin=0.06, margin=0.05)
    return bench


@pytest.fixture
def bench(tmp_path: Path, api: str) -> Bench:
    """A bench of its own on the shared API."""
    return bench_at(tmp_path, api)


def optimised(bench: Bench, margin: float = 0.05) -> Optimised:
    """Ask the optimiser with the replay's bar, or another margin."""
    ask = Ask(goal=Goal(margin, 0.05, type_margin=0.06))
    with Ledger.open(bench.home) as ledger:
        return optimise(ask, ledger, Lake(bench.home), BOOK, CAPABILITIES, datetime.now(UTC))


def counts(done: Replayed) -> dict[str, tuple[str, int, float]]:
    """Return by type its state, the looks taken and the pairs."""
    return {
        one.task_type: (one.state, one.taken, one.finding.pairs if one.finding else 0.0) for one in done.looks
    }


def test_it_stops_early_and_optimize_certifies_what_it_saw(bench: Bench) -> None:
    """Two types clear before their last look; the optimiser, asked the same, sees the first attempt."""
    done = bench.run()
    assert done.outcome == "done"
    found = optimised(bench)
    moves = {move.put.task_type: move for move in found.fit.certified.moves}
    assert found.fit.attempt == 1
    for one in done.looks:
        assert one.state is State.CERTIFIED
        assert one.is_early
        move = moves[one.task_type]
        assert (str(move.candidate), move.looks, move.moved) == (one.candidate, one.taken, True)
        assert one.finding == move.finding
    certificate = found.policy.certificate
    assert certificate is not None
    assert (certificate.method.split(",")[0], certificate.attempts) == ("group-sequential", 1)
    assert certificate.looks == max(one.taken for one in done.looks)
    entry = found.policy.tasks["ticket-triage"]
    assert entry.evidence is not None
    assert entry.evidence.looks == moves["ticket-triage"].looks
    with Ledger.open(bench.home) as ledger:
        hashes = {(one.settings_sha256, one.evidence_sha256) for one in ledger.attempts()}
        outcomes = [one.outcome for one in ledger.attempts()]
    assert (len(hashes), outcomes) == (1, ["CLEARS", "CLEARS"])
    fixed = len(plan_of(replace(bench.ask, looks=1)).items)
    assert len(done.plan.items) < 0.6 * fixed


def test_another_bar_is_a_second_attempt(bench: Bench) -> None:
    """Alpha is spent by the replay's own looks; whoever asks otherwise afterwards has what is left."""
    bench.run()
    assert [optimised(bench, margin).fit.attempt for margin in (0.04, 0.05, 0.04)] == [2, 1, 2]


def test_rows_carry_their_look_and_a_second_run_sends_nothing(bench: Bench) -> None:
    """Choosing rows have look 0 and every candidate; fresh ones a look and the one put forward."""
    done = bench.run()
    rows = list(Lake(bench.home).outcomes([done.replay_id]))
    put = {one.task_type: Candidate.parse(one.candidate) for one in done.looks}
    taken = {one.task_type: one.taken for one in done.looks}
    for one in rows:
        assert one["look"] <= taken[one["task_type"]]
        if one["look"]:
            assert one["model"] in {"claude-opus-5-5", put[one["task_type"]].model}
    assert {one["look"] for one in rows if one["task_type"] == TYPES[0]} == set(range(taken[TYPES[0]] + 1))
    again = bench.run()
    assert (again.tally.sent, again.resumed, again.looks) == (0, True, done.looks)
    assert (again.evidence, len(again.plan.items)) == (done.evidence, again.tally.reused)


class _Stop(Exception):  # noqa: N818 - stands for a kill, and is no error
    """A kill."""


@pytest.mark.parametrize("after", [30, 150, 200, 260])
def test_a_killed_replay_goes_on_in_its_stage(
    tmp_path: Path, api: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it dies, the next run ends as one that was never killed, and no answer is paid for twice."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    expected = bench_at(tmp_path / "a", api).run()
    bench = bench_at(tmp_path / "b", api)
    settle = Run._settle
    settled = 0

    def dying(run: Run, now_s: float) -> None:
        nonlocal settled
        before = run.tally.answered
        settle(run, now_s)
        settled += run.tally.answered - before
        if settled >= after:
            raise _Stop

    with monkeypatch.context() as patched:
        patched.setattr(Run, "_settle", dying)
        with pytest.raises(_Stop):
            bench.run()
    done = bench.run()
    assert (done.resumed, done.outcome, counts(done)) == (True, "done", counts(expected))
    assert done.tally.reused >= after
    first = {str(one.candidate) for one in expected.looks}
    assert first == {str(one.candidate) for one in done.looks}
    assert optimised(bench).fit.attempt == 1


def test_what_was_put_forward_is_not_chosen_anew(bench: Bench) -> None:
    """A capped replay goes on with its candidate and its looks; both runs are one attempt."""
    probe = bench.run(again=4)
    stop_at = next(tally.usd for tally in bench.tallies if tally.look == 2)
    (bench.folder / "other").mkdir()
    capped_at = bench_at(bench.folder / "other", bench.url)
    cap = stop_at + Decimal("0.02")
    capped = capped_at.run(Limits(cap, 1.0), again=4)
    assert capped.outcome == "capped"
    assert capped.spent.usd <= cap
    between = optimised(capped_at)
    done = capped_at.run(Limits(Decimal(100), 1.0))
    assert (done.outcome, done.replay_id, counts(done)) == ("done", capped.replay_id, counts(probe))
    assert (between.fit.attempt, optimised(capped_at).fit.attempt) == (1, 1)


def test_an_error_in_a_look_keeps_what_was_decided(tmp_path: Path, api: str) -> None:
    """A key refused in the middle ends the run; looks taken stay, and a part of one is no evidence yet."""

    def refuse(number: int, _heard: Heard, _peer: Peer) -> bytes | None:
        return PASS if number <= 260 else error(401, "authentication_error")

    with front(api, refuse) as (url, _):
        bench = bench_at(tmp_path, url)
        with pytest.raises(UpstreamError, match="key"):
            bench.run()
        with Ledger.open(bench.home) as ledger:
            kept = ledger.imports()[-1].settings["looks"]
        rows = list(Lake(bench.home).outcomes())
        taken = {name: one["taken"] for name, one in kept.items()}
        assert max((one["look"] for one in rows), default=0) <= max(taken.values())


def test_a_type_that_promises_nothing_buys_nothing_more(tmp_path: Path, api: str) -> None:
    """Its choosing rows are all that is paid for, and it says so."""
    bench = bench_at(tmp_path, api)
    done = bench.run(task_types=("form-extraction",), error_cost_usd=Decimal(1_000_000))
    (one,) = done.looks
    assert (one.state, one.candidate, one.taken) == (State.NOT_PUT_FORWARD, "", 0)
    assert {row["look"] for row in Lake(bench.home).outcomes()} == {0}
    assert optimised(bench).fit.certified.moves == ()


def test_where_the_ledger_knows_another_baseline_all_is_bought_at_once(bench: Bench) -> None:
    """The optimiser would test another pair than the plan: no look is taken, and today's design is kept."""
    other = Bench(bench.folder, bench.url, n=N)
    log = bench.folder / "more.jsonl"
    text = Path(other.ask.places[0]).read_text().replace("claude-opus-5-5", "claude-sonnet-5-5")
    lines = [line.replace('"id": "msg_', '"id": "msg_x') for line in text.splitlines()]
    log.write_text("\n".join([*lines, *(one.replace("msg_x", "msg_y") for one in lines)]))
    from modelmix.pipeline.import_ import import_paths

    with Ledger.open(bench.home) as ledger:
        import_paths([str(log)], ledger, Lake(bench.home), now=datetime.now(UTC), task_type=None)
    done = bench.run(pairs=80)
    assert done.looks == ()
    assert len(done.plan.items) == len(plan_of(replace(bench.ask, looks=1)).items)
    assert {row["look"] for row in Lake(bench.home).outcomes([done.replay_id])} == {0}


def test_rows_of_another_replay_are_not_mixed_in(bench: Bench) -> None:
    """What an earlier replay bought of fresh prompts counts in no look, and is said to be left out."""
    bench.run(looks=1, pairs=100)
    done = bench.run(looks=5, pairs=300)
    found = optimised(bench)
    for move in found.fit.certified.moves:
        row = next(one for one in done.looks if one.task_type == move.put.task_type)
        assert row.finding is not None
        assert move.finding.pairs == row.finding.pairs
    assert any("that a replay looks at" in note for note in found.notes)


def test_a_lake_from_before_looks_still_reads(bench: Bench) -> None:
    """Files without the column, and imports that say nothing of looks, are tested as they were."""
    done = bench.run(looks=1, pairs=80)
    with sqlite3.connect(bench.home / "ledger.db") as raw_ledger:
        raw_ledger.execute("UPDATE imports SET settings = json_remove(settings, '$.looks')")
    raw_ledger.close()
    file = next((bench.home / "lake" / "outcomes").glob("*.parquet"))
    import duckdb

    with duckdb.connect() as raw:
        raw.read_parquet(str(file)).project("* EXCLUDE (look)").to_table("t")
        raw.table("t").to_parquet(str(file))
    before = optimised(bench)
    assert before.policy.certificate is not None
    assert before.policy.certificate.method == "tango-fixed, holm, chi-bar pool"
    assert before.policy.certificate.looks is None
    assert before.fit.attempt == 1
    assert {row["import_id"] for row in Lake(bench.home).outcomes()} == {done.replay_id}


def test_a_replay_without_looks_ends_the_looks_of_an_earlier_one(bench: Bench) -> None:
    """Its rows are tested once, all of them, as the second attempt that they are."""
    bench.run(looks=5, pairs=300)
    assert optimised(bench).fit.attempt == 1
    done = bench.run(looks=1, pairs=350)
    found = optimised(bench)
    assert (done.looks, found.fit.attempt) == ((), 2)
    assert {move.looks for move in found.fit.certified.moves} == {0}
    assert not any("that a replay looks at" in note for note in found.notes)
