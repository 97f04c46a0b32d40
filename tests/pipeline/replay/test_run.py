"""The run under faults: each answer is asked for until it is there, and every cent is booked."""

import asyncio
import json
import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.rig import Heard, Peer, answered, http, upstream
from modelmix.core.candidate import Candidate, Effort
from modelmix.demo.asking import Client
from modelmix.errors import UpstreamError
from modelmix.pipeline.replay import run as run_module
from modelmix.pipeline.replay.ask import Limits
from modelmix.pipeline.replay.tally import Tally
from modelmix.simulator.run import running
from modelmix.store.lake import Lake
from modelmix.store.replay_book import ReplayBook
from pipeline.replay.rig import (
    HAIKU,
    OPUS,
    PASS,
    SEED,
    SONNET,
    Bench,
    Bill,
    Fault,
    asked_model,
    error,
    front,
    labelled,
    list_usd,
    replay_calls,
    tokens,
    write_log,
)

SOON = "retry-after-ms: 1"


@pytest.fixture
def api() -> Iterator[str]:
    """A practice API."""
    with running(seed=SEED) as url:
        yield url


def struck(folder: Path, api: str, fault: Fault, limits: Limits | None = None, **ask: object) -> Bench:
    """Run a replay of 60 prompts through faults, and hold its books against the bill."""
    with front(api, fault) as (url, _):
        bench = Bench(folder, url)
        done = bench.run(limits, **{"again": 0, **ask})
    bill = Bill.of(api)
    assert (done.outcome, done.tally.given_up) == ("done", 0)
    # What was lost on the way is found in the usage report, to the token and the cent.
    assert (bill.usage, bill.usd, 0) == (tokens(bench.calls()), done.spent.usd, done.spent.lost)
    assert bill.usd == list_usd(bench.calls())
    assert len(done.evidence.outcomes) == len(done.plan.prompts) + len(done.plan.items)
    return bench


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, "rate_limit_error"),
        (529, "overloaded_error"),
        (500, "api_error"),
        (408, "timeout"),
        (409, "conflict_error"),
    ],
)
def test_what_is_told_to_come_back_comes_back(tmp_path: Path, api: str, status: int, kind: str) -> None:
    """Every tenth request is refused for the moment: all are answered in the end, at no cost."""
    bench = struck(tmp_path, api, lambda n, _h, _p: error(status, kind, "no", SOON) if n % 10 == 3 else PASS)
    failed = [call for call in bench.calls() if call.error]
    assert {(status, kind)} == {(call.status, call.error) for call in failed}
    refusals = bench.tallies[-1].refusals
    assert refusals == (len(failed) if status in {429, 529} else 0)


def test_a_pause_that_is_asked_for_is_kept(tmp_path: Path, api: str) -> None:
    """After a 429 with ``retry-after`` no request of that model leaves before; the other model goes on."""
    loop_s: list[tuple[float, str]] = []

    def fault(n: int, heard: Heard, _peer: Peer) -> bytes:
        import time

        model = asked_model(heard)
        first = model == HAIKU and HAIKU not in [name for _, name in loop_s]
        loop_s.append((time.monotonic(), model))
        return error(429, "rate_limit_error", "no", "retry-after: 0.4") if first else PASS

    struck(tmp_path, api, fault, Limits(rate_share=1.0, concurrency=1), pairs=3)
    times = [at for at, model in loop_s if model == HAIKU]
    assert times[1] - times[0] >= 0.4
    assert any(times[0] < at < times[1] for at, model in loop_s if model == SONNET)


@pytest.mark.parametrize("n_bytes", [0, 40])
def test_cut_answers_are_asked_again_and_booked(tmp_path: Path, api: str, n_bytes: int) -> None:
    """The API has billed them: they are found in its usage report."""

    def fault(n: int, heard: Heard, peer: Peer) -> bytes | None:
        if n % 12 != 5:
            return PASS
        client = Client(api)
        client.ask(json.loads(heard.body))  # it is answered and billed, and the answer gets lost
        client.close()
        if n_bytes:
            peer.raw.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n" + b"{" * n_bytes)
        return None

    bench = struck(tmp_path, api, fault)
    stand_ins = [call for call in bench.calls() if call.error == "answer-lost"]
    assert len(stand_ins) == Bill.of(api).calls - len([one for one in bench.calls() if not one.error]) > 0


def test_replays_of_one_minute_are_reconciled_apart(tmp_path: Path, api: str) -> None:
    """What an earlier replay has used in the same minute hides nothing that the next one has lost."""
    cut = [False]

    def fault(n: int, heard: Heard, _peer: Peer) -> bytes | None:
        if not cut[0] or n % 4:
            return PASS
        client = Client(api)
        client.ask(json.loads(heard.body))
        client.close()
        return None

    with front(api, fault) as (url, _):
        bench = Bench(tmp_path, url)
        first = bench.run(again=0, pairs=3)
        cut[0] = True
        second = bench.run(again=0, pairs=6)
    assert (second.spent.lost, second.spent.found > 0) == (0, True)
    assert Bill.of(api).usd == first.spent.usd + second.spent.usd


def test_stalled_answers_are_given_up_in_time(tmp_path: Path, api: str) -> None:
    """What takes longer than the patience is asked again."""

    def fault(n: int, _heard: Heard, peer: Peer) -> bytes | None:
        if n != 4:
            return PASS
        peer.raw.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{")
        peer.raw.recv(1)
        return None

    struck(tmp_path, api, fault, Limits(rate_share=1.0, patience_s=0.5), pairs=4)


def test_junk_is_no_answer(tmp_path: Path, api: str) -> None:
    """A page of a proxy with status 200 is not kept as an answer: the request is asked again."""
    page = http("200 OK", b"<html>log in</html>", "content-type: text/html")
    with front(api, lambda n, _h, _p: page if n in {2, 9} else PASS) as (url, _):
        bench = Bench(tmp_path, url)
        done = bench.run(again=0, pairs=4)
    assert ("done", len(done.plan.items)) == (done.outcome, done.tally.answered)
    # What the page stood for is not known to have cost nothing.
    assert Bill.of(api).usd == done.spent.usd
    assert {"http-200"} == {call.error for call in bench.calls() if call.error}


def test_a_message_without_usage_is_booked_at_its_most(tmp_path: Path) -> None:
    """It is graded and never asked again, and its cost is the most that it can be."""

    def script(_peer: Peer, heard: Heard) -> bytes:
        said = [{"type": "text", "text": "billing"}]
        return answered({"id": f"msg_{hash(heard.body)}", "model": HAIKU, "usage": None, "content": said})

    with upstream(script) as (url, heard):
        bench = _labelled(tmp_path, url)
        done = bench.run()
        assert len(done.plan.items) == sum(one.line.startswith(b"POST") for one in heard)
        assert len(done.plan.items) == Counter(one.error for one in bench.calls())["usage-unknown"]
        again = bench.run()
        assert again.tally.sent == 0
    assert (Decimal(0), done.plan.quote().at_most_usd) == (done.spent.usd, done.spent.at_most_usd)
    assert len(done.evidence.outcomes) == 2 * len(done.plan.prompts)


def _labelled(folder: Path, url: str, n: int = 30, **ask: object) -> Bench:
    bench = Bench(folder, url, n=1)
    log = write_log(folder / "labels.jsonl", labelled(n))
    bench.ask = replace(
        bench.ask,
        places=(str(log),),
        expected=(),
        graders={},
        again=0,
        candidates=(Candidate(HAIKU),),
        pairs=12,
    )
    bench.ask = replace(bench.ask, **ask)  # type: ignore[arg-type] # fields of the ask
    return bench


def test_a_candidate_that_rejects_everything_is_dropped(tmp_path: Path, api: str) -> None:
    """After twenty rejections with nothing accepted it is asked no more, nor when the replay goes on."""
    asked: Counter[str] = Counter()

    def fault(_n: int, heard: Heard, _peer: Peer) -> bytes:
        asked[asked_model(heard)] += 1
        return error(400, "invalid_request_error") if asked_model(heard) == SONNET else PASS

    with front(api, fault) as (url, _):
        bench = Bench(tmp_path, url)
        done = bench.run(Limits(rate_share=1.0, concurrency=1), again=0)
        assert (asked[SONNET], done.tally.rejected, done.tally.dropped) == (20, 20, 40)
        assert {HAIKU} == {arm.model for _, arm in done.evidence.seen}
        again = bench.run(again=0)
    assert (asked[SONNET], again.tally.sent, again.tally.dropped) == (20, 0, 40)
    assert (Bill.of(api).usd, 60) == (done.spent.usd, Bill.of(api).calls)


def test_efforts_of_one_model_are_dropped_apart(tmp_path: Path, api: str) -> None:
    """A model that rejects one effort still answers at another."""

    def fault(_n: int, heard: Heard, _peer: Peer) -> bytes:
        return error(400, "invalid_request_error") if b'"max"' in heard.body else PASS

    with front(api, fault) as (url, _):
        bench = Bench(tmp_path, url)
        arms = (Candidate(HAIKU, Effort.LOW), Candidate(HAIKU, Effort.MAX))
        done = bench.run(Limits(rate_share=1.0, concurrency=1), again=0, candidates=arms)
    assert (
        done.tally.answered - done.tally.rejected,
        done.tally.rejected,
        done.tally.dropped,
    ) == (60, 20, 40)


def test_single_rejections_are_final(tmp_path: Path, api: str) -> None:
    """A request that is rejected as it stands costs nothing and is not asked again."""

    def fault(n: int, _heard: Heard, _peer: Peer) -> bytes:
        return error(413, "request_too_large") if n in {3, 8} else PASS

    with front(api, fault) as (url, _):
        bench = Bench(tmp_path, url)
        done = bench.run(again=0, pairs=4)
        assert (done.tally.rejected, done.outcome) == (2, "done")
        assert (
            bench.run(again=0, pairs=4).tally.sent,
            Counter(one.status for one in bench.calls())[413],
        ) == (0, 2)
    assert Bill.of(api).usd == done.spent.usd


def test_a_model_that_is_not_there_is_asked_another_day(tmp_path: Path, api: str) -> None:
    """A 404 is nothing to keep: the candidate is dropped for this run alone."""
    absent = [True]

    def fault(_n: int, heard: Heard, _peer: Peer) -> bytes:
        return error(404, "not_found_error") if absent[0] and asked_model(heard) == SONNET else PASS

    with front(api, fault) as (url, _):
        bench = Bench(tmp_path, url)
        done = bench.run(again=0)
        assert (done.tally.answered, done.tally.given_up + done.tally.dropped) == (60, 60)
        absent[0] = False
        assert bench.run(again=0).tally.answered == 60
    assert Bill.of(api).calls == 120


def test_only_models_that_are_not_there_is_an_error(tmp_path: Path) -> None:
    """A run in which nothing can be answered does not end well."""
    with (
        upstream(lambda _p, _h: error(404, "not_found_error")) as (url, _),
        pytest.raises(UpstreamError, match="does not have claude-haiku-5-5, or not for this key"),
    ):
        _labelled(tmp_path, url).run()


NO_KEY = "refuses the key"
SPENT = "the spend limit of the key's organisation is reached"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (error(401, "authentication_error"), f"{NO_KEY} (401 authentication_error)"),
        (error(403, "permission_error"), f"{NO_KEY} (403 permission_error)"),
        (error(402, "billing_error"), f"{NO_KEY} (402 billing_error)"),
        (error(429, "rate_limit_error", error_code="enforced_spend_limit_reached"), SPENT),
        (error(400, "invalid_request_error", "You have reached your specified API usage limits."), SPENT),
        (error(400, "invalid_request_error", "Your credit balance is too low to access the API."), SPENT),
    ],
)
def test_a_key_that_is_refused_ends_the_run(tmp_path: Path, api: str, answer: bytes, said: str) -> None:
    """What was answered until then is kept and graded, and a new key goes on from there."""
    good = [True]

    def fault(n: int, _heard: Heard, _peer: Peer) -> bytes:
        return answer if good[0] and n > 30 else PASS

    with front(api, fault) as (url, _):
        bench = Bench(tmp_path, url)
        with pytest.raises(UpstreamError) as caught:
            bench.run(Limits(rate_share=1.0, concurrency=4), again=0)
        assert said in str(caught.value)
        assert "what was answered is kept: run the same command again" in str(caught.value)
        assert len([one for one in Lake(bench.home).outcomes() if one["model"] != OPUS]) == 30
        with ReplayBook.open(bench.home) as book:
            assert [one.outcome for one in book.replays()] == ["failed"]
        good[0] = False
        done = bench.run(again=0)
    assert (done.tally.reused, Bill.of(api).calls, done.outcome) == (30, 120, "done")
    assert Bill.of(api).usd == done.spent.usd


def test_a_request_that_only_fails_is_left_to_another_run(
    tmp_path: Path, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up after six sendings; the others are answered, and the next run tries it again."""
    monkeypatch.setattr(run_module, "pause_s", lambda _tries: 0.0)
    bad: list[bytes] = []

    def fault(_n: int, heard: Heard, _peer: Peer) -> bytes:
        bad[:] = bad or [heard.body]
        return error(500, "api_error", "no", SOON) if heard.body == bad[0] else PASS

    with front(api, fault) as (url, heard):
        bench = Bench(tmp_path, url)
        done = bench.run(again=0, pairs=4)
        assert ("done", 1, len(done.plan.items) - 1) == (
            done.outcome,
            done.tally.given_up,
            done.tally.answered,
        )
        assert sum(one.body == bad[0] for one in heard) == 6
        with pytest.raises(UpstreamError, match=r"fails again and again \(status 500\)"):
            bench.run(again=0, pairs=4)
        assert sum(one.body == bad[0] for one in heard) == 12
    assert Bill.of(api).usd == done.spent.usd


def test_an_upstream_that_breaks_down_ends_the_run(tmp_path: Path, api: str) -> None:
    """After eight requests given up in a row, with no answer in between, nothing more is sent."""

    def fault(n: int, _heard: Heard, _peer: Peer) -> bytes:
        return PASS if n <= 20 else error(503, "api_error", "no", SOON)

    with front(api, fault) as (url, heard):
        bench = Bench(tmp_path, url)
        with pytest.raises(UpstreamError, match=r"\(status 503\); what was answered is kept"):
            bench.run(Limits(rate_share=1.0, concurrency=2), again=0)
        assert len(heard) < 20 + 11 * 6
    assert Bill.of(api).calls == 20


def test_an_overloaded_upstream_is_waited_for(tmp_path: Path, api: str) -> None:
    """Being told to wait is no failure: a request is sent up to thirty times."""

    def fault(n: int, _heard: Heard, _peer: Peer) -> bytes:
        return error(529, "overloaded_error", "no", SOON) if n <= 25 else PASS

    bench = struck(tmp_path, api, fault, Limits(rate_share=1.0, concurrency=1), pairs=1)
    assert bench.tallies[-1].refusals == 25


def test_a_redirect_is_no_answer(tmp_path: Path) -> None:
    """It is not followed with the key, and is told."""
    with (
        upstream(lambda _p, _h: http("302 Found", b"", "location: https://example.org/")) as (url, heard),
        pytest.raises(UpstreamError, match=r"\(status 302\)"),
    ):
        _labelled(tmp_path, url).run()
    assert all(one.line.startswith((b"POST /v1/messages", b"GET /")) for one in heard)


def test_where_nobody_listens_nothing_is_spent(tmp_path: Path) -> None:
    """A refused connection costs nothing, is tried three times, and ends the run with the sentence of why."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    bench = _labelled(tmp_path, url)
    with pytest.raises(UpstreamError, match="could not be reached; check the network and --upstream"):
        bench.run()
    with ReplayBook.open(bench.home) as book:
        spent = book.spent(book.replays()[0].replay_id)
    assert (Decimal(0), Decimal(0), 0) == (spent.usd, spent.at_most_usd, spent.lost)
    assert spent.sendings <= 12 * 3


def test_the_pause_of_one_request_does_not_end_a_capped_run(tmp_path: Path, api: str) -> None:
    """What is put off is waited for before the run says that it is capped."""
    seen: list[bytes] = []

    def fault(n: int, heard: Heard, _peer: Peer) -> bytes:
        seen.append(heard.body)
        return error(500, "api_error", "no", "retry-after-ms: 300") if n == 1 else PASS

    with front(api, fault) as (url, _):
        bench = Bench(tmp_path, url)
        done = bench.run(Limits(Decimal("0.12"), 1.0, 2), again=0, pairs=12)
    assert done.outcome == "capped"
    assert seen.count(seen[0]) == 2
    assert Bill.of(api).usd == done.spent.usd <= Decimal("0.12")


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_in_order(tmp_path: Path, api: str, times: int) -> None:
    """The first waits for what is on its way, the second leaves it; both say how to go on."""
    held: list[Peer] = []

    def fault(n: int, _heard: Heard, peer: Peer) -> bytes:
        if n == 10:
            os.kill(os.getpid(), signal.SIGINT)
        if n == 10 and times == 2:
            held.append(peer)
            peer.raw.recv(1)
        return PASS

    class Twice(Bench):
        def _told(self, tally: Tally) -> None:
            super()._told(tally)
            if tally.is_stopping and times == 2 and tally.on_their_way and held:
                held.clear()
                os.kill(os.getpid(), signal.SIGINT)

    with front(api, fault) as (url, _):
        bench = Twice(tmp_path, url)
        done = bench.run(Limits(rate_share=1.0, concurrency=4), again=0)
        assert done.outcome == "interrupted"
        assert (done.spent.lost > 0) == (times == 2)
        assert done.tally.sent < 20
        bench.tallies.clear()
        done = bench.run(again=0)
    assert (done.outcome, done.spent.lost) == ("done", 0)
    assert (Bill.of(api).usage, Bill.of(api).usd) == (tokens(replay_calls(bench.home)), done.spent.usd)


def test_off_the_main_thread_signals_are_left_alone(tmp_path: Path, api: str) -> None:
    """A replay can run in a thread."""
    bench = Bench(tmp_path, api)

    async def elsewhere() -> str:
        return (await asyncio.to_thread(bench.run, None, pairs=1, again=0)).outcome

    assert asyncio.run(elsewhere()) == "done"
