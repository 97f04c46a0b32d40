"""``modelmix replay``: what it prints, where, and with which exit code."""

import io
import json
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.rig import upstream
from modelmix.cli import meter as meters
from modelmix.cli.main import run
from modelmix.pipeline.replay.tally import Tally
from modelmix.simulator.run import running
from pipeline.replay.rig import HAIKU, SEED, Bill, error, labelled, row, world, write_gold, write_log

Capture = pytest.CaptureFixture[str]


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
    write_log(tmp_path / "log.jsonl", world(40))
    write_gold(tmp_path / "gold.csv", 40)
    return tmp_path


GOLD = ["--expected", "gold.csv", "--grader", "report-summary=exact", "--again", "10"]


def replayed(*words: str) -> int:
    """Run the command."""
    return run(["replay", *words])


def document(capsys: Capture) -> dict[str, Any]:
    """Read the one JSON object on stdout."""
    return dict(json.loads(capsys.readouterr().out))


def test_a_dry_run_sends_and_writes_nothing(here: Path, capsys: Capture, api: str) -> None:
    """It prints price and power, needs no key, and leaves no home behind."""
    before = Bill.of(api).calls
    assert replayed("log.jsonl", *GOLD, "--dry-run", "--upstream", api) == 0
    said = capsys.readouterr()
    for part in (
        "about $",
        "at most $",
        "power",
        "list price, estimated",
        "sent     nothing: this was --dry-run",
    ):
        assert part in said.out
    assert ("", before, False) == (said.err, Bill.of(api).calls, (here / "home").exists())
    assert replayed("log.jsonl", *GOLD, "--dry-run", "--json") == 0
    assert document(capsys)["schema"] == "modelmix.replay-plan/1"


def test_a_dry_run_says_what_a_dollar_buys(capsys: Capture) -> None:
    """Savings at stake and their payback, the price by batch, and margins as an error's cost makes them."""
    assert replayed("log.jsonl", *GOLD, "--dry-run") == 0
    said = capsys.readouterr().out
    for part in ("by Message Batches, in their own time", " at stake ", " next "):
        assert part in said
    assert replayed("log.jsonl", *GOLD, "--dry-run", "--json") == 0
    free = document(capsys)
    assert replayed("log.jsonl", *GOLD, "--dry-run", "--json", "--error-cost", "2") == 0
    dear = document(capsys)
    assert {"at_stake", "next", "batch"} <= dear.keys() == free.keys()
    margins = [
        (a["type_margin"], b["type_margin"]) for a, b in zip(free["types"], dear["types"], strict=True)
    ]
    assert all(a >= b for a, b in margins)
    assert any(a > b for a, b in margins)
    assert free["power"]["margin"] > dear["power"]["margin"]


def test_a_dry_run_leaves_a_home_as_it_is(here: Path, capsys: Capture, api: str) -> None:
    """Also one with answers, which it then takes off the price."""
    assert replayed("log.jsonl", *GOLD, "--yes", "--upstream", api) == 0
    kept = {path: path.read_bytes() for path in (here / "home").rglob("*") if path.is_file()}
    capsys.readouterr()
    assert replayed("log.jsonl", *GOLD, "--dry-run", "--json", "--upstream", api) == 0
    quoted = document(capsys)
    assert (quoted["requests"], 0.0) == (quoted["reused"], quoted["cost"]["at_most_usd"])
    assert kept == {path: path.read_bytes() for path in kept}


def test_a_replay_becomes_a_policy(here: Path, capsys: Capture, api: str) -> None:
    """Its outcomes are what optimize reads, which says that they are simulated."""
    assert replayed("log.jsonl", *GOLD, "--yes", "--upstream", api) == 0
    said = capsys.readouterr()
    for part in (
        "done · ",
        "simulated: answers are synthetic",
        "loss seen",
        "A/A",
        "modelmix optimize --margin 2pp",
    ):
        assert part in said.out
    assert "about $" in said.err
    assert run(["optimize", "-o", "policy.yaml"]) in {0, 8}
    assert "simulated" in (here / "policy.yaml").read_text()


def test_json_is_the_result_alone(capsys: Capture, api: str) -> None:
    """Nothing else is on stdout, and nothing at all on stderr."""
    assert replayed("log.jsonl", *GOLD, "--yes", "--json", "--upstream", api) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (
        found["schema"],
        found["outcome"],
        found["simulated"],
        said.err,
    ) == ("modelmix.replay/1", "done", True, "")


def test_imported_logs_are_the_default(capsys: Capture, api: str) -> None:
    """What was imported is replayed, and logs that are gone are passed over."""
    assert replayed("--dry-run") == 4
    assert "name request/response logs, or a folder of them" in capsys.readouterr().err
    assert run(["import", "log.jsonl"]) == 0
    assert replayed("--dry-run", "--json", *GOLD, "--upstream", api) == 0
    Path("log.jsonl").unlink()
    assert replayed("--dry-run") == 4


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--alpha", "7"], 2, "7.0 is not a level"),
        (["--alpha", "nan"], 2, "is not a level"),
        (["--margin", "3"], 2, "lies outside -1 to 1"),
        (["--type-margin", "0"], 2, "does not lie between"),
        (["--max-spend", "0"], 2, "not a positive amount"),
        (["--error-cost", "-1"], 2, "'-1' is not a positive amount of USD"),
        (["--error-cost", "nosuch=2"], 3, "--error-cost names task type 'nosuch'; the logs hold"),
        (["--max-spend", "triage=3"], 2, "is not an amount of USD; write 30"),
        (
            ["--candidate", "claude-haiku-5-5@hasty"],
            2,
            "'hasty' in 'claude-haiku-5-5@hasty' is not an effort",
        ),
        (["--grader", "vibes"], 2, "is of no known kind 'vibes'"),
        (["--grader", "exact", "--grader", "label"], 2, "all task types has two graders; keep one"),
        (["--grader", "x=exact", "--grader", "x=label"], 2, "task type 'x' has two graders; keep one"),
        (["--concurrency", "0"], 2, "--concurrency"),
        (["--pairs", "0"], 2, "--pairs"),
        (["-"], 2, "logs are read twice"),
        (["--candidate", "gpt-5"], 3, "candidate 'gpt-5' is not in the capability table"),
        (["--candidate", "claude-haiku-4-5@low"], 3, "does not take effort low"),
        (["--type", "nosuch"], 3, "--type names task type 'nosuch'"),
        (["--grader", "nosuch=exact"], 3, "--grader names task type 'nosuch'"),
        (["--upstream", "nowhere"], 3, "upstream 'nowhere' is not a base URL"),
        (["nowhere.jsonl"], 4, "there is no file or folder"),
        (["--expected", "nowhere.csv"], 4, "there is no file or folder"),
        (["gold.csv"], 4, "gold.csv is a table and holds no request/response pairs"),
        (["--type", "report-summary"], 8, "answers of report-summary are free text"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(
    capsys: Capture, words: list[str], code: int, said: str
) -> None:
    """With the exit code of its kind, before anything is sent; and with no text of a prompt."""
    assert code == replayed("log.jsonl", *words, "--dry-run")
    heard = capsys.readouterr()
    assert heard.out == ""
    assert said in " ".join(heard.err.split())
    assert "Traceback" not in heard.err


def test_spending_is_agreed_to(capsys: Capture, api: str) -> None:
    """Off a terminal it needs --yes or --max-spend, and says what it would have cost; nothing was sent."""
    before = Bill.of(api).calls
    assert replayed("log.jsonl", *GOLD, "--upstream", api) == 6
    assert "nothing was sent: it would spend about $" in capsys.readouterr().err
    assert before == Bill.of(api).calls
    assert replayed("log.jsonl", *GOLD, "--pairs", "1", "--max-spend", "30", "--upstream", api) == 0
    assert replayed("log.jsonl", *GOLD, "--pairs", "1", "--upstream", api) == 0  # nothing is left to pay


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 6)])
def test_a_terminal_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, api: str, answer: str, code: int
) -> None:
    """And what it says holds; the line of progress ends before the result."""
    shown = _Terminal()
    monkeypatch.setattr(sys, "stdin", _Terminal(answer))
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(meters, "_EVERY_S", 0.0)
    assert code == replayed("log.jsonl", *GOLD, "--pairs", "2", "--max-spend", "9", "--upstream", api)
    said = shown.getvalue()
    assert "Spend about $" in said
    assert ("at most $" in said, "\rreplay  " in said) == (True, code == 0)
    if code == 0:
        assert " of $9.00" in said
        assert said.endswith("\n")


def test_a_key_is_needed_before_anything_is_read(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says how to try it without one; a key that can be none is not sent."""
    assert replayed("nowhere.jsonl", "--yes") == 3
    assert "ANTHROPIC_API_KEY is not set" in capsys.readouterr().err
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-\N{EURO SIGN}")
    assert replayed("nowhere.jsonl", "--yes") == 3
    said = capsys.readouterr().err
    assert "holds characters that no key has" in said
    assert "\N{EURO SIGN}" not in said


def test_the_cap_ends_with_six(capsys: Capture, api: str) -> None:
    """What was answered is kept, and a larger cap goes on."""
    words = ["log.jsonl", *GOLD, "--pairs", "7", "--upstream", api, "--json"]
    assert replayed(*words, "--max-spend", "0.15") == 6
    said = capsys.readouterr()
    capped = json.loads(said.out)
    assert "the spend cap is reached" in said.err
    assert (capped["outcome"], Decimal(capped["spend"]["usd_exact"]) <= Decimal("0.15")) == ("capped", True)
    assert replayed("--resume", capped["replay_id"], "--max-spend", "30", "--json") == 0
    done = document(capsys)
    assert (capped["replay_id"], capped["requests"]["answered"]) == (
        done["replay_id"],
        done["requests"]["reused"],
    )


def test_going_on_asks_what_was_asked(capsys: Capture) -> None:
    """Logs and options beside --resume are refused rather than ignored; limits may differ."""
    assert (
        replayed("log.jsonl", "--resume", "r-1", "--pairs", "3", "--candidate", HAIKU, "--error-cost", "1")
        == 2
    )
    assert "leave out LOG, --candidate, --pairs" in " ".join(capsys.readouterr().err.split())
    assert replayed("--resume", "r-1", "--concurrency", "4") == 3
    assert "there is no replay 'r-1'" in capsys.readouterr().err


def test_a_refused_key_ends_with_seven(capsys: Capture) -> None:
    """In one sentence that says that nothing is lost."""
    with upstream(lambda _peer, _heard: error(401, "authentication_error", "invalid x-api-key")) as (url, _):
        assert replayed("log.jsonl", *GOLD, "--yes", "--upstream", url) == 7
    said = capsys.readouterr().err
    assert "refuses the key (401 authentication_error); what was answered is kept" in said


def test_no_text_of_a_prompt_is_shown(here: Path, capsys: Capture, api: str) -> None:
    """Neither on screens nor in errors, whatever the answers are and wherever the row is damaged."""
    secret = "Zyzzogeton"
    rows = [row(f"{secret} {number}", f"{secret}", prompt_id=f"p{number}") for number in range(30)]
    write_log(here / "s.jsonl", rows)
    (here / "bad.jsonl").write_text(
        json.dumps(rows[0])[:-40] + "\n" + json.dumps({**rows[1], "request": 3}) + "\n"
    )
    (here / "bad.csv").write_text(f"prompt_id,expected\n,{secret}\n")
    for words in (
        ["s.jsonl", "--dry-run"],
        ["s.jsonl", "--yes", "--keep-text", "--upstream", api, "--again", "3"],
        ["s.jsonl", "--yes", "--upstream", api, "--json", "--again", "3"],
        ["s.jsonl", "--grader", "json_fields", "--dry-run"],
        ["bad.jsonl", "--dry-run"],
        ["s.jsonl", "--expected", "bad.csv", "--dry-run"],
    ):
        replayed(*words)
        said = capsys.readouterr()
        assert secret not in said.out + said.err, words


def test_help_is_readable(capsys: Capture) -> None:
    """Within 80 columns, with every option; the command table has it in one line."""
    assert replayed("--help") == 0
    said = capsys.readouterr().out
    for part in (
        "Usage: modelmix replay [OPTIONS] [LOG]...",
        "--max-spend USD",
        "--pairs N",
        "--margin M",
        "--resume REPLAY",
    ):
        assert part in said
    assert not re.search("<(int|float|str)", said)
    assert all(len(line) <= 80 for line in said.splitlines())
    assert run(["--help"]) == 0
    assert any(
        "replay" in line and "Ask cheaper candidates" in line for line in capsys.readouterr().out.splitlines()
    )


def _tally(**fields: Any) -> Tally:  # noqa: ANN401 - fields of the tally
    return Tally(**{"whole": 19_000, "reused": 1000, "answered": 6120, "usd": Decimal("8.714"), **fields})


def test_progress_is_one_line() -> None:
    """Answers, spend against the cap, time to go, and what stands in the way; never wider than a terminal."""
    line = meters.progress_line
    assert (
        line(_tally(), Decimal(30), 20.0)
        == "replay  7,120 of 19,000 answers · $8.71 of $30.00 · eta 9 min 54 s"
    )
    assert line(_tally(), None, 0.0) == "replay  7,120 of 19,000 answers · $8.71"
    assert line(_tally(refusals=2), None, 0.5).endswith("eta 6 h 36 min · told to wait: 2")
    assert line(_tally(answered=17_990), None, 1.0).endswith("eta 10 s")
    stopping = line(_tally(is_stopping=True, on_their_way=16), Decimal(30), 20.0)
    assert stopping == "replay  7,120 of 19,000 answers · waiting for 16; Ctrl-C again leaves them"
    assert (
        len(
            line(
                _tally(is_stopping=True, on_their_way=512, whole=10**9, usd=Decimal(10**6)),
                Decimal(10**7),
                1.0,
            )
        )
        < 80
    )


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_goes_where_it_is_read(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    """A terminal has a line that moves and is left at the end; a file has whole lines, and quiet has none."""
    shown = _Terminal() if is_terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(meters, "_EVERY_S", 0.0)
    monkeypatch.setattr(meters, "_EVERY_S_IN_FILES", 0.0)
    meter = meters.Meter(Decimal(30), quiet=False)
    for done in (6120, 6121):
        meter.told(_tally(answered=done, refusals=1))
    meter.end()
    quiet = meters.Meter(None, quiet=True)
    quiet.told(_tally())
    quiet.end()
    first, second = "replay  7,120 of 19,000 answers · $8.71 of $30.00", "replay  7,121 of 19,000 answers"
    said = shown.getvalue()
    assert said.startswith(f"\r{first}" if is_terminal else first)
    assert second in said
    assert (said.count("\n"), said[-1]) == (1 if is_terminal else 2, "\n")


def test_reading_is_told_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a line that moves; a file and a quiet run have nothing of it."""
    shown, written = _Terminal(), io.StringIO()
    for stream, quiet in ((shown, False), (shown, True), (written, False)):
        monkeypatch.setattr(sys, "stderr", stream)
        meter = meters.Meter(None, quiet=quiet)
        meter.read(5000)
        meter.end()
    assert (shown.getvalue(), written.getvalue()) == ("\rreading the logs: 5,000 rows\n", "")


def test_nothing_is_told_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two lines of a file lie ten seconds."""
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    meter = meters.Meter(None, quiet=False)
    meter.told(_tally())
    meter.end()
    assert shown.getvalue() == ""


def test_labels_of_a_log_without_right_answers(here: Path, capsys: Capture, api: str) -> None:
    """Today's own answers are the reference, and the screen says so."""
    write_log(here / "l.jsonl", labelled(20))
    assert replayed("l.jsonl", "--dry-run") == 0
    assert "against today's own answers where no right one is known (triage)" in capsys.readouterr().out


def test_a_review_that_cannot_be_written_is_told_first(here: Path, capsys: Capture, api: str) -> None:
    """Before a cent is spent; one without rows is not written, and says why."""
    (here / "r.csv").write_text("mine")
    before = Bill.of(api).calls
    for path, said in (("r.csv", "r.csv is there already"), ("no/r.csv", "there is no folder no; make it")):
        assert replayed("log.jsonl", *GOLD, "--yes", "--upstream", api, "--review", path) == 2
        assert said in " ".join(capsys.readouterr().err.split())
    assert Bill.of(api).calls == before
    assert replayed("log.jsonl", *GOLD, "--pairs", "1", "--yes", "--upstream", api, "--review", "s.csv") == 0
    assert "modelmix: s.csv was not written: no answer that was kept" in capsys.readouterr().err
    assert not (here / "s.csv").exists()
