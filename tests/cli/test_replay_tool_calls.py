"""``modelmix replay`` of requests whose answers are tool calls, from a log to a review and back."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelmix.cli.main import run
from modelmix.demo.asking import Client
from modelmix.simulator.run import running
from pipeline.replay.rig import HAIKU, SEED, Row, row, write_log

TOOLS = [
    {
        "name": name,
        "description": "x",
        "input_schema": {"type": "object", "properties": properties, "required": list(properties)},
    }
    for name, properties in (
        ("refund_order", {"order": {"type": "string"}, "cents": {"type": "integer"}}),
        ("send_mail", {"to": {"type": "string"}}),
    )
]
NAMED = [f"Customer {n} wants refund_order now." for n in range(40)]
SILENT = [f"Customer {n} says thanks." for n in range(4)]


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """A practice API: it calls the tool that the newest message names."""
    with running(seed=SEED) as url:
        yield url


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, and a home in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELMIX_HOME", str(tmp_path / "home"))
    return tmp_path


def _asked(api: str, texts: list[str]) -> list[Row]:
    """Return a log of what the dearest model answers."""
    client = Client(api)
    rows = []
    for text in texts:
        one = row(
            text, "", task_type="agent", prompt_id=text[:12], request={"tools": TOOLS, "max_tokens": 512}
        )
        one["response"] = dict(client.ask(one["request"]).body)
        rows.append(one)
    client.close()
    return rows


def _called(one: Row, *calls: tuple[str, dict[str, Any]]) -> None:
    """Write other calls into a row's answer."""
    one["response"]["content"] = [
        {"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": arguments}
        for n, (name, arguments) in enumerate(calls)
    ]
    one["response"]["stop_reason"] = "tool_use"


def _replayed(capsys: pytest.CaptureFixture[str], api: str, *words: str) -> dict[str, Any]:
    common = ["log.jsonl", "--upstream", api, "--yes", "--json", "--again", "0", "--candidate", HAIKU]
    assert run(["replay", *common, *words]) == 0
    return dict(json.loads(capsys.readouterr().out))


def _whys(found: dict[str, Any]) -> dict[str, int]:
    return {one["why"]: one["answers"] for one in found["seen"][0]["found_wrong"]}


def test_the_same_calls_are_right(here: Path, api: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Calls, their order and arguments are held against the log's; each way to differ is told apart."""
    rows = _asked(api, [*NAMED[:8], *SILENT])
    (block,) = [one for one in rows[0]["response"]["content"] if one["type"] == "tool_use"]
    same = (block["name"], block["input"])
    assert block["name"] == "refund_order"
    _called(rows[0], ("send_mail", {"to": "x"}))
    _called(rows[1], same, ("send_mail", {"to": "x"}))
    _called(rows[2], (block["name"], {**block["input"], "cents": block["input"]["cents"] + 1}))
    _called(rows[3], (block["name"], {**block["input"], "note": "x"}))
    rows[4]["response"]["content"] = [{"type": "text", "text": "No refund is due."}]
    rows[4]["response"]["stop_reason"] = "end_turn"
    _called(rows[8], same)
    write_log(here / "log.jsonl", rows)
    found = _replayed(capsys, api, "--grader", "agent=tool_call")
    (seen,) = found["seen"]
    assert (seen["pairs"], seen["losses"], seen["gains"]) == (12, 6, 0)
    assert _whys(found) == {
        "other tool": 1,
        "too few tool calls": 1,
        "wrong argument: cents": 1,
        "missing argument: *": 1,
        "called a tool where none applies": 1,
        "no tool call": 1,
    }
    assert [(one["slice"], one["pairs"]) for one in seen["slices"]] == [("no tool applies", 4)]


def test_free_calls_are_compared_unasked_and_reviewed_as_calls(
    here: Path, api: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reviewer sees what is called, and the letter is read back as the calls that are right."""
    rows = _asked(api, NAMED)
    (block,) = [one for one in rows[0]["response"]["content"] if one["type"] == "tool_use"]
    same = (block["name"], block["input"])
    _called(rows[0], same, ("send_mail", {"to": "x"}))
    _called(rows[1], ("send_mail", block["input"]))
    write_log(here / "log.jsonl", rows)
    plan = _replayed(capsys, api, "--dry-run")
    assert [one["grader"] for one in plan["types"]] == ["tool_call@1"]
    bound = _replayed(capsys, api, "--review", "review.csv")
    assert bound["seen"][0]["losses"] == bound["to_review"] == 2
    with (here / "review.csv").open(encoding="utf-8", newline="") as file:
        review = list(csv.DictReader(file))
    given = json.dumps({"name": block["name"], "arguments": dict(sorted(block["input"].items()))})
    right = given.replace(": ", ":").replace(", ", ",")
    for one in review:
        assert right in {one["a"], one["b"]}
        assert '"send_mail"' in one["a"] + one["b"]
        one["expected"] = "a" if one["a"] == right else "b"
    with (here / "review.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(review[0]))
        writer.writeheader()
        writer.writerows(review)
    known = _replayed(capsys, api, "--expected", "review.csv", "--keep-text")
    assert known["requests"]["sent"] == 0
    assert (known["seen"][0]["losses"], known["seen"][0]["gains"]) == (0, 2)


def test_known_calls_and_patterns_and_texts(here: Path, api: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Known answers name calls; a pattern needs none, and looks at the arguments of the call."""
    rows = _asked(api, NAMED[:4])
    write_log(here / "log.jsonl", rows)
    with (here / "gold.jsonl").open("w", encoding="utf-8") as file:
        for one in rows:
            calls = [{"name": "refund_order"}, {"name": "send_mail"}]
            file.write(json.dumps({"prompt_id": one["prompt_id"], "expected": calls}) + "\n")
    gold = ("--expected", "gold.jsonl")
    whys = {
        spec: _whys(_replayed(capsys, api, *gold, "--grader", f"agent={spec}"))
        for spec in ("tool_call:names_only", "contains:any", r'regex:pattern="cents":-?\d+')
    }
    assert whys == {
        "tool_call:names_only": {"too few tool calls": 4},
        "contains:any": {"lacks the text": 4},
        r'regex:pattern="cents":-?\d+': {},
    }
