"""Review: only the prompts that decide are shown, blind, and a letter turns a bound into the loss."""

import csv
import json
import stat
from pathlib import Path

import pytest

from modelmix.cli.main import run
from modelmix.errors import ConfigError
from modelmix.pipeline.replay.review import ReviewRow, write_review
from modelmix.simulator.run import running
from modelmix.simulator.world import Prompt, prompts

ROWS = [
    ReviewRow("p-1", "triage", "Which team?", ("billing", "refunds")),
    ReviewRow("p-2", "triage", 'Say "no", or\nnothing', ("a", "b", "c")),
]
BASELINE = "claude-opus-5-5"


def test_a_csv_has_a_column_for_each_answer(tmp_path: Path) -> None:
    """Answers stand under letters beside an empty column for the right one, for the owner's eyes alone."""
    path = tmp_path / "review.csv"
    write_review(path, ROWS)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["a"] for row in rows] == ["billing", "a"]
    assert [row["c"] for row in rows] == ["", "c"]
    assert [row["expected"] for row in rows] == ["", ""]
    assert rows[1]["prompt"] == 'Say "no", or\nnothing'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_any_other_name_is_written_as_json_lines(tmp_path: Path) -> None:
    """One object per prompt, with as many letters as it has answers."""
    path = tmp_path / "review.jsonl"
    write_review(path, ROWS)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [sorted(row) for row in rows] == [
        ["a", "b", "expected", "prompt", "prompt_id", "task_type"],
        ["a", "b", "c", "expected", "prompt", "prompt_id", "task_type"],
    ]


def test_a_review_is_never_written_over(tmp_path: Path) -> None:
    """Somebody's work stays, and a file that cannot be made is named."""
    path = tmp_path / "review.csv"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="is there already"):
        write_review(path, ROWS)
    assert path.read_text(encoding="utf-8") == "mine"
    with pytest.raises(ConfigError, match="cannot be written"):
        write_review(tmp_path / "nowhere" / "review.csv", ROWS)


def record(url: str, path: Path, asked: list[Prompt]) -> None:
    """Record what today's model answers."""
    from modelmix.demo.asking import Client

    client = Client(url)
    with path.open("w", encoding="utf-8") as log:
        for prompt in asked:
            request = {**prompt.body, "model": BASELINE}
            row = {
                "timestamp": "2026-11-20T00:00:00Z",
                "prompt_id": prompt.prompt_id,
                "task_type": prompt.task_type,
                "request": request,
                "response": client.ask(request).body,
            }
            log.write(json.dumps(row) + "\n")
    client.close()


def test_a_few_letters_decide_what_agreement_leaves_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without labels every difference counts as a loss; after a review of those few, none is left."""
    monkeypatch.setenv("MODELMIX_HOME", str(tmp_path / "home"))
    log, review = tmp_path / "log.jsonl", tmp_path / "review.csv"
    asked = list(prompts(7, 260, "ticket-triage"))
    with running(seed=7) as url:
        record(url, log, asked)
        words = ["replay", str(log), "--upstream", url, "--yes", "--rate-share", "1", "--json"]
        words += ["--candidate", "claude-haiku-5-5", "--again", "0"]
        assert run([*words, "--review", str(review)]) == 0
        bound = json.loads(capsys.readouterr().out)
        with review.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        differing = bound["seen"][0]["losses"]
        assert bound["to_review"] == len(rows) == differing > 0
        right = {prompt.prompt_id: prompt.expected for prompt in asked}
        for row in rows:
            letters = [letter for letter in "ab" if row[letter] == right[row["prompt_id"]]]
            row["expected"] = letters[0].upper() if letters else "none"
        with review.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        assert run([*words, "--expected", str(review), "--keep-text"]) == 0
        known = json.loads(capsys.readouterr().out)
    assert known["requests"]["sent"] == 0
    assert known["seen"][0]["pairs"] == bound["seen"][0]["pairs"] == 260
    assert known["seen"][0]["losses"] < differing
    assert run(["optimize", "-o", str(tmp_path / "policy.yaml"), "--json"]) == 0
    (task,) = json.loads(capsys.readouterr().out)["tasks"]
    assert task["verdict"] == "CLEARS"


def test_letters_are_shuffled() -> None:
    """Who stands under which letter follows from the prompt alone: neither side is always first."""
    from modelmix.pipeline.replay.review import _shuffled

    first = {_shuffled(str(number), "today's") < _shuffled(str(number), "other") for number in range(50)}
    assert first == {True, False}
