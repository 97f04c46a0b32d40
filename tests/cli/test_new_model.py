"""A new model's day on the command line: the kept sample, the new candidate alone, and the policy diff."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from modelmix.cli.main import run
from modelmix.core.candidate import Candidate
from modelmix.errors import ConfigError
from modelmix.pipeline.replay.ask import Ask, Beside
from modelmix.pipeline.replay.beside import ask_beside
from modelmix.policy.artifact import parse
from modelmix.settings import load
from modelmix.simulator.run import running
from modelmix.store.replay_book import ReplayBook
from pipeline.replay.rig import HAIKU, SEED, SONNET, Bill, world, write_gold, write_log

Capture = pytest.CaptureFixture[str]
N = 60


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """A practice API."""
    with running(seed=SEED) as url:
        yield url


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a log and its right answers, a home of its own, and no key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELMIX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_ADMIN_KEY", raising=False)
    write_log(tmp_path / "log.jsonl", world(N))
    write_gold(tmp_path / "gold.csv", N)
    return tmp_path


def replayed(*words: str) -> int:
    """Run the command."""
    return run(["replay", *words])


def first(api: str, *more: str) -> int:
    """Replay the log, asking Haiku."""
    words = ["log.jsonl", "--expected", "gold.csv", "--grader", "report-summary=exact", "--again", "10"]
    return replayed(*words, "--candidate", HAIKU, "--yes", "--upstream", api, *more)


def document(capsys: Capture) -> dict[str, Any]:
    """Read the one JSON object on stdout."""
    return dict(json.loads(capsys.readouterr().out))


def test_a_new_model_is_asked_what_was_asked_and_nobody_else(here: Path, capsys: Capture, api: str) -> None:
    """The second replay sends one request per prompt, to the new candidate, and shows what would change."""
    assert first(api) == 0
    assert run(["optimize", "-o", "policy.yaml"]) in {0, 8}
    before = Bill.of(api)
    capsys.readouterr()
    assert replayed("--candidate", SONNET, "--yes", "--policy", "policy.yaml") == 0
    said, after = capsys.readouterr(), Bill.of(api)
    grown = {model for model, usage in after.models.items() if usage != before.models.get(model)}
    assert grown == {SONNET}
    assert after.calls - before.calls == N
    for part in ("beside r-", f"the same {N} prompts", "attempt 2 on these prompts, 0.008 of alpha 0.05"):
        assert part in said.err
    for part in ("policy.proposed.yaml, against policy.yaml in force", "changes", "guardrails:", "mv policy"):
        assert part in said.out
    proposed = parse((here / "policy.proposed.yaml").read_bytes())
    assert proposed.version == 2
    assert proposed.certificate is not None
    assert proposed.certificate.attempts == 2

    assert replayed("--candidate", SONNET, "--yes", "--policy", "policy.yaml", "--json") == 0
    again = document(capsys)
    assert (again["policy"]["proposed"], again["policy"]["attempt"]) == ("policy.proposed.yaml", 2)
    assert again["policy"]["changes"]
    assert Bill.of(api).calls == after.calls


def test_without_a_policy_the_next_commands_are_named(capsys: Capture, api: str) -> None:
    """They write beside the policy in force and compare the two; a dry run sends nothing."""
    assert first(api) == 0
    before = Bill.of(api).calls
    assert replayed("--candidate", SONNET, "--dry-run") == 0
    assert Bill.of(api).calls == before
    capsys.readouterr()
    assert replayed("--beside", "last", "--candidate", SONNET, "--yes") == 0
    said = capsys.readouterr().out
    assert "modelmix optimize --margin 2pp -o policy.proposed.yaml" in said
    assert "modelmix policy diff policy.yaml policy.proposed.yaml" in said


def test_a_log_that_has_grown_does_not_change_the_sample(here: Path, capsys: Capture, api: str) -> None:
    """What was logged later is left out and counted, and the way to draw from it is said."""
    assert first(api) == 0
    late = {"timestamp": "2999-01-01T00:00:00+00:00"}
    more = [one | late | {"prompt_id": f"late-{i}"} for i, one in enumerate(world(N + 20)[N:])]
    write_log(here / "log.jsonl", [*world(N), *more])
    before = Bill.of(api).calls
    capsys.readouterr()
    assert replayed("--candidate", SONNET, "--yes") == 0
    assert Bill.of(api).calls - before == N
    said = capsys.readouterr()
    assert "20 rows logged since then would test it with all of alpha" in said.err


def test_a_third_candidate_goes_beside_the_second(capsys: Capture, api: str) -> None:
    """A replay beside a replay asks the same prompts, whose answers are all used again."""
    assert first(api) == 0
    assert replayed("--candidate", SONNET, "--yes") == 0
    before = Bill.of(api).calls
    assert replayed("--candidate", f"{HAIKU}@low", "--yes") == 0
    assert Bill.of(api).calls - before == N
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--beside", "last", "--candidate", SONNET], 3, "no replay in"),
        (["--beside", "r-1", "--candidate", SONNET], 3, "there is no replay 'r-1'"),
        (["--beside", "last"], 2, "name who is new by --candidate"),
        (["--beside", "last", "--candidate", SONNET, "--seed", "3"], 2, "leave out --seed"),
        (["--candidate", SONNET, "--policy", "none.yaml"], 3, "name the policy in force"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(
    capsys: Capture, words: list[str], code: int, sentence: str
) -> None:
    """Nothing is sent, and the sentence says what to do."""
    assert replayed(*words, "--yes") == code
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_who_cannot_be_asked_is_told(capsys: Capture, api: str) -> None:
    """A candidate that was asked, is not known, or has no price is refused before logs are read."""
    assert first(api) == 0
    for name, sentence in ((HAIKU, "has asked"), ("claude-nimbus-9", "not in the capability table")):
        assert replayed("--candidate", name, "--yes") == 3
        assert sentence in capsys.readouterr().err
    book, capabilities = load().price_book(), load().capabilities()
    home = Path("home")
    prices = {model: rows for model, rows in book.prices.items() if model != SONNET}
    unpriced = replace(book, prices=prices)
    with pytest.raises(ConfigError, match="is not in the price book"):
        ask_beside(home, "last", [Candidate(SONNET)], unpriced, capabilities)


def test_a_replay_that_has_not_ended_is_not_gone_beside(capsys: Capture, api: str) -> None:
    """It is to be ended first, and the sentence says how."""
    assert first(api, "--max-spend", "0.02") == 6
    capsys.readouterr()
    with ReplayBook.open(Path("home")) as book:
        (only,) = book.replays()
    assert only.outcome == "capped"
    assert replayed("--beside", only.replay_id, "--candidate", SONNET, "--yes") == 3
    assert "has not ended yet; go on with modelmix replay --resume" in capsys.readouterr().err


def test_what_goes_beside_is_kept_whole() -> None:
    """An ask beside another reads back as it was written, so that it can be resumed."""
    beside = Beside(replay_id="r-1", at=datetime(2026, 11, 25, tzinfo=UTC), prompts=9, also=())
    ask = Ask(places=("a",), beside=beside)
    assert Ask.of(json.loads(json.dumps(ask.settings()))) == ask
    assert Ask(places=("a",)).until is None
