"""A replayed last turn of a conversation is named as such, wherever it is shown."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelmix.cli.main import run
from modelmix.core.level import LAST_TURNS
from modelmix.simulator.run import running
from modelmix.store.lake import Lake
from pipeline.replay.rig import HAIKU, SEED, Row, labelled, write_log

CALLED = [
    {"role": "user", "content": "Look it up."},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "found"}]},
]
TOOLS = [{"name": "look_up", "input_schema": {"type": "object", "properties": {}}}]


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """A practice API."""
    with running(seed=SEED) as url:
        yield url


def log(turns: int, plain: int) -> list[Row]:
    """Rows of an agent after its first tool call, and rows of single questions of the same type."""
    rows = labelled(turns + plain)
    for one in rows[:turns]:
        one["request"] |= {"messages": [*CALLED, *one["request"]["messages"]], "tools": TOOLS}
    return rows


def test_last_turns_are_no_success_rate(
    api: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Screen, JSON, lake, policy and the basis of its certificate all say what the pairs are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-practice")
    monkeypatch.setenv("MODELMIX_HOME", str(tmp_path / "home"))
    write_log(tmp_path / "log.jsonl", log(6, 4))
    ask = [
        "replay",
        "log.jsonl",
        "--candidate",
        HAIKU,
        "--grader",
        "triage=exact",
        "--yes",
        "--upstream",
        api,
    ]
    assert run([*ask, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    [seen] = found["seen"]
    assert (seen["pairs"], seen["last_turns"]) == (10, 6)
    assert any(note.startswith(f"6 of 10 pairs are {LAST_TURNS}") for note in found["notes"])
    units = [row["unit"] for row in Lake(tmp_path / "home").outcomes()]
    assert (units.count("turn"), units.count("call")) == (12, 8)
    run(["optimize", "--baseline", "claude-opus-5-5", "-o", "policy.yaml"])
    assert "unit: turn" in (tmp_path / "policy.yaml").read_text()
    assert f"{LAST_TURNS}: triage" in (tmp_path / "policy.yaml").read_text()
    assert LAST_TURNS in " ".join(capsys.readouterr().out.split())
