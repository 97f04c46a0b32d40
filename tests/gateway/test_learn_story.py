"""A newcomer's first route, learned from their own traffic in flight; its cap and its books hold."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.learning import (
    BOOK,
    CAPABILITIES,
    OPUS,
    SEED,
    ask_of,
    learning,
    settled,
    status,
    traffic,
    type_of,
    until,
)
from gateway.process import served
from modelmix.core.candidate import Candidate
from modelmix.demo.asking import Client
from modelmix.optimize.goal import Goal
from modelmix.pipeline.optimize import Optimised, optimise
from modelmix.pipeline.question import Ask
from modelmix.simulator.run import running
from modelmix.simulator.world import prompts
from modelmix.store.lake import Lake
from modelmix.store.learn_book import LearnBook
from modelmix.store.ledger import Ledger
from pipeline.replay.rig import Bill, list_usd, replay_calls

PLENTY = 10**9
TYPES = frozenset({"ticket-triage", "form-extraction", "support-assistant"})
ENOUGH = 2900
"""Prompts of the practice world in which each of the three has what it needs."""

PLANNED = ask_of().planned(3)


@pytest.fixture(scope="module")
def practice() -> Iterator[str]:
    """A practice API whose rate limits are out of the way."""
    with running(
        seed=SEED,
        requests_per_minute=PLENTY,
        input_tokens_per_minute=PLENTY,
        output_tokens_per_minute=PLENTY,
    ) as url:
        yield url


@dataclass(frozen=True)
class Learnt:
    """What became of one run."""

    home: Path
    status: dict[str, Any]
    billed: Bill
    before: Bill


@pytest.fixture(scope="module")
def learnt(practice: str, tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    """Three types of traffic, learned from until all that was planned is there."""
    home = tmp_path_factory.mktemp("learnt")
    before = Bill.of(practice)
    candidates = (Candidate("claude-haiku-5-5"), Candidate("claude-sonnet-5-5"))
    with learning(home, practice, candidates=candidates, again=40) as gateway:
        traffic(gateway, ENOUGH, only=TYPES)
        found = settled(gateway)
    return Learnt(home, found, Bill.of(practice), before)


def optimised(home: Path, margin: float = 0.06) -> Optimised:
    """Certify what the lake holds."""
    with Ledger.open(home) as ledger:
        ask = Ask(goal=Goal(margin, 0.05, margin))
        return optimise(ask, ledger, Lake(home), BOOK, CAPABILITIES, datetime.now(UTC))


class TestFirstRoute:
    """From the first request to a route that is proven."""

    def test_what_was_planned_is_there(self, learnt: Learnt) -> None:
        """Each type has exactly as many pairs as were planned, and not one more."""
        assert learnt.status["state"] == "done", json.dumps(learnt.status)
        assert learnt.status["ready"] == sorted(TYPES)
        assert {(one["pairs"], one["planned"]) for one in learnt.status["types"]} == {(PLANNED, PLANNED)}

    def test_routes_are_certified_for_less_than_25_dollars(self, learnt: Learnt) -> None:
        """The optimiser certifies from it as from a replay, with nothing told; what loses stays."""
        assert Decimal(learnt.status["spent_usd"]) < 25
        found = optimised(learnt.home)
        routes = {name: entry.route for name, entry in found.policy.tasks.items()}
        assert routes["ticket-triage"] == Candidate.parse("claude-haiku-5-5@medium")
        assert routes["form-extraction"] != Candidate.parse("claude-haiku-5-5@medium")
        assert any("simulated" in note for note in found.notes)

    def test_the_ledger_adds_up_to_the_bill(self, learnt: Learnt) -> None:
        """Calls of clients and of learning, tokens and dollars: the ledger holds what the API has billed."""
        with Ledger.open(learnt.home) as ledger:
            calls = list(ledger.calls())
        assert len(calls) == learnt.billed.calls - learnt.before.calls
        assert list_usd(calls) == learnt.billed.usd - learnt.before.usd

    def test_what_was_spent_is_what_learning_was_billed(self, learnt: Learnt) -> None:
        """Learning's calls are a replay's, in no figure of traffic, and their sum is what is shown."""
        assert list_usd(replay_calls(learnt.home)) == Decimal(learnt.status["spent_usd"])
        assert learnt.status["lost_at_most_usd"] == "0"

    def test_the_baseline_is_asked_again(self, learnt: Learnt) -> None:
        """A share of the prompts has a second answer of the baseline, and no more than were asked for."""
        assert sum(learnt.status["again"].values()) == 40

    def test_nothing_of_a_status_tells_how_candidates_did(self, learnt: Learnt) -> None:
        """Counts and money alone are shown before the plan is complete, and after."""
        words = json.dumps(learnt.status)
        assert not any(word in words for word in ("loss", "score", "verdict", "wrong"))

    def test_another_gateway_goes_on_and_asks_nothing_twice(self, learnt: Learnt, practice: str) -> None:
        """After a restart what is complete stays so, and costs nothing more."""
        candidates = (Candidate("claude-haiku-5-5"), Candidate("claude-sonnet-5-5"))
        before = Bill.of(practice).calls
        with learning(learnt.home, practice, candidates=candidates, again=40) as gateway:
            sent = traffic(gateway, 60, only=TYPES)
            found = settled(gateway)
        assert Bill.of(practice).calls - before == sent
        assert (found["replay_id"], found["ready"]) == (learnt.status["replay_id"], learnt.status["ready"])
        assert type_of(found, "ticket-triage")["pairs"] == PLANNED

    def test_more_pairs_go_on_where_it_was(self, learnt: Learnt, practice: str) -> None:
        """Whoever wants more pairs than were planned gets those that are missing, and pays for no other."""
        candidates = (Candidate("claude-haiku-5-5"), Candidate("claude-sonnet-5-5"))
        with learning(learnt.home, practice, candidates=candidates, again=40, pairs=PLANNED + 5) as gateway:
            traffic(gateway, ENOUGH + 80, ENOUGH, only=frozenset({"ticket-triage"}))
            found = type_of(settled(gateway), "ticket-triage")
        assert (found["state"], found["pairs"]) == ("ready", PLANNED + 5)


class TestPeeking:
    """Nobody sees a difference before what was planned is there."""

    def test_the_lake_is_empty_until_then(self, tmp_path: Path, practice: str) -> None:
        """Outcomes wait in the ledger; a gateway that goes on begins where they are."""
        for first, last in ((0, 120), (120, 240)):
            with learning(tmp_path, practice) as gateway:
                traffic(gateway, last, first, only=frozenset({"ticket-triage", "form-extraction"}))
                found = settled(gateway)
        assert found["ready"] == []
        assert Lake(tmp_path).outcome_imports() == ()
        with LearnBook.open(tmp_path) as book:
            pairs = len({one.prompt_id for one in book.learned(found["replay_id"])})
        assert pairs == sum(one["pairs"] for one in found["types"]) > 60


class TestCap:
    """Learning never costs more than was allowed, whatever happens."""

    def test_a_cap_holds_and_ends_the_plan(self, tmp_path: Path, practice: str) -> None:
        """Worst cases are set aside below the cap; what was learned by then is evidence."""
        with learning(tmp_path, practice, cap_usd=Decimal("0.006")) as gateway:
            traffic(gateway, 300, only=frozenset({"ticket-triage"}))
            found = settled(gateway)
        assert found["state"] == "capped"
        assert 0 < Decimal(found["spent_usd"]) <= Decimal("0.006")
        assert list_usd(replay_calls(tmp_path)) == Decimal(found["spent_usd"])
        assert Lake(tmp_path).outcome_imports() == (found["replay_id"],)
        with learning(tmp_path, practice, cap_usd=Decimal("0.006"), seed=5) as gateway:
            traffic(gateway, 460, 300, only=frozenset({"ticket-triage"}))
            again = settled(gateway)
        assert again["replay_id"] != found["replay_id"]
        assert list_usd(replay_calls(tmp_path)) <= Decimal("0.006")

    def test_a_gateway_that_is_killed_keeps_its_cap(self, tmp_path: Path) -> None:
        """However often it is killed, what the API has billed stays below the cap, and so do the books."""
        cap = Decimal("0.10")
        options = [
            "--learn",
            "--learn-usd",
            str(cap),
            "--learn-share",
            "100%",
            "--learn-candidate",
            "claude-haiku-5-5",
        ]
        with running(
            seed=SEED,
            latency_ms=3.0,
            requests_per_minute=PLENTY,
            input_tokens_per_minute=PLENTY,
            output_tokens_per_minute=PLENTY,
        ) as url:
            for number in range(3):
                with served(tmp_path, url, *options) as gateway:
                    until(lambda: status(gateway.url)["state"] != "starting")
                    first = number * 160
                    traffic(gateway.url, first + 160, first, only=frozenset({"ticket-triage"}))
                    gateway.process.send_signal(signal.SIGKILL)
                    gateway.process.wait()
            billed = Bill.of(url)
        with LearnBook.open(tmp_path) as book:
            book.lose_learning()
            spent = book.spent_learning()
        with Ledger.open(tmp_path) as ledger:
            clients = list_usd(call for call in ledger.calls() if call.source == "gateway")
        assert spent.usd <= billed.usd - clients <= spent.total_at_most_usd <= cap


class TestEnforcing:
    """The newcomer's commands, one after the other."""

    def test_from_learning_to_enforcing(self, learnt: Learnt, practice: str) -> None:
        """`optimize` writes a policy from what was learned, and `serve --enforce` takes its routes."""
        policy = learnt.home / "policy.yaml"
        line = [sys.executable, "-m", "modelmix", "optimize", "--margin", "0.06", "--type-margin", "0.06"]
        environment = {**os.environ, "MODELMIX_HOME": str(learnt.home)}
        subprocess.run([*line, "-o", str(policy)], env=environment, check=True, capture_output=True)
        prompt = next(one for one in prompts(SEED + 1, 50) if one.task_type == "ticket-triage")
        with served(learnt.home, practice, "--policy", str(policy), "--enforce") as gateway:
            client = Client(gateway.url)
            answer = client.ask({**prompt.body, "model": OPUS}, task_type=prompt.task_type)
            client.close()
        assert answer.served_model == "claude-haiku-5-5"
