"""Replays that are killed: what was answered is never asked again, and the books equal the bill."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.rig import Heard, Peer
from modelmix.core.usage import Usage
from modelmix.simulator.run import running
from pipeline.replay.rig import PASS, SEED, Bill, front, replay_calls, tokens, world, write_gold, write_log

CONCURRENCY = 8


@pytest.fixture
def api() -> Iterator[str]:
    """A practice API that takes a moment, so that requests are on their way."""
    with running(seed=SEED, latency_ms=5.0) as url:
        yield url


class Command:
    """`modelmix replay` as a process of its own, on a home of its own."""

    def __init__(self, folder: Path, n: int) -> None:
        self.folder = folder
        write_log(folder / "log.jsonl", world(n))
        write_gold(folder / "gold.csv", n)

    @property
    def home(self) -> Path:
        """The home folder."""
        return self.folder / "home"

    def words(self, url: str) -> list[str]:
        """Return the options of a first run."""
        return [
            "log.jsonl",
            "--live",
            "--expected",
            "gold.csv",
            "--grader",
            "report-summary=exact",
            "--again",
            "40",
            "--upstream",
            url,
        ]

    def start(self, words: Sequence[str], cwd: Path | None = None) -> "subprocess.Popen[str]":
        """Start it."""
        line = [sys.executable, "-m", "modelmix", "replay", *words, "--json", "--yes", "--max-spend", "40"]
        line += ["--concurrency", str(CONCURRENCY), "--rate-share", "1"]
        environment = {**os.environ, "MODELMIX_HOME": str(self.home), "ANTHROPIC_API_KEY": "sk-practice"}
        return subprocess.Popen(
            line,
            cwd=cwd or self.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def finish(self, words: Sequence[str], cwd: Path | None = None) -> dict[str, Any]:
        """Run it to its end and return what it printed."""
        with self.start(words, cwd) as process:
            said, complaint = process.communicate()
        assert (process.returncode, complaint) == (0, "")
        return dict(json.loads(said))


class Mark:
    """Says when a number of requests has come in, counted over all processes."""

    def __init__(self) -> None:
        self.heard = 0
        self._at = 0
        self._reached = threading.Event()

    def fault(self, number: int, _heard: Heard, _peer: Peer) -> bytes:
        """Count a request and let it through."""
        self.heard = number
        if number >= self._at:
            self._reached.set()
        return PASS

    def after(self, more: int) -> None:
        """Ask to be told after some more requests."""
        self._reached.clear()
        self._at = self.heard + more

    def wait(self) -> None:
        """Wait for them."""
        assert self._reached.wait(60)


def _killed(folder: Path, api: str, kills: int, n: int) -> None:
    chance = random.Random(kills)
    command, mark = Command(folder, n), Mark()
    with front(api, mark.fault) as (url, _):
        for _ in range(kills):
            mark.after(chance.randint(1, 2 * n // kills))
            with command.start(command.words(url)) as process:
                mark.wait()
                process.kill()
                process.communicate()
            assert process.returncode == -signal.SIGKILL
        found = command.finish(command.words(url))
        again = command.finish(command.words(url))
    bill = Bill.of(api)
    planned = found["requests"]["planned"]
    assert planned <= bill.calls <= planned + kills * CONCURRENCY
    assert (found["requests"]["planned"], 0) == (again["requests"]["reused"], again["requests"]["sent"])
    assert (bill.usage, bill.usd) == (
        tokens(replay_calls(command.home)),
        Decimal(found["spend"]["usd_exact"]),
    )
    assert (found["outcome"], found["resumed"], found["spend"]["answers_lost"]) == ("done", True, 0)
    assert planned == sum(not call.error for call in replay_calls(command.home))


def test_killed_three_times(tmp_path: Path, api: str) -> None:
    """Tokens and dollars equal the bill to the last; at most what was on its way is asked for again."""
    _killed(tmp_path, api, kills=3, n=50)


@pytest.mark.soak
def test_killed_twenty_times(tmp_path: Path, api: str) -> None:
    """The long form."""
    _killed(tmp_path, api, kills=20, n=400)


def test_ctrl_c_goes_on_from_anywhere(tmp_path: Path, api: str) -> None:
    """Exit 130 and a hint; ``--resume`` asks the same from another folder, and nothing twice."""
    command, mark = Command(tmp_path, 40), Mark()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with front(api, mark.fault) as (url, _):
        mark.after(30)
        with command.start(command.words(url)) as process:
            mark.wait()
            process.send_signal(signal.SIGINT)
            said, complaint = process.communicate()
        stopped = json.loads(said)
        assert (
            process.returncode,
            stopped["outcome"],
            stopped["spend"]["answers_lost"],
        ) == (130, "interrupted", 0)
        hint = f"modelmix replay --resume {stopped['replay_id']} --live"
        assert f"modelmix: saved; go on with: {hint}\n" in complaint
        done = command.finish(hint.split()[2:], elsewhere)
    bill = Bill.of(api)
    assert (stopped["replay_id"], "done") == (done["replay_id"], done["outcome"])
    assert stopped["requests"]["answered"] == done["requests"]["reused"]
    assert (done["requests"]["planned"], bill.usd) == (bill.calls, Decimal(done["spend"]["usd_exact"]))
    assert bill.usage == tokens(replay_calls(command.home)) != Usage()
