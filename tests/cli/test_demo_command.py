"""``modelmix demo``, small."""

import json
from pathlib import Path

import pytest

from modelmix.cli.main import run


def test_the_story_ends_with_the_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Audit, policy, gateway and truth are shown, said to be simulated, and shown again on a second run."""
    folder = tmp_path / "demo"
    words = ["demo", "--folder", str(folder), "--prompts", "400", "--live", "30"]
    for _ in range(2):
        assert run(words) == 0
    shown = capsys.readouterr().out
    for expected in ("at stake", "known truth", "claims right", "simulated", "rows in the ledger"):
        assert expected in shown
    assert {path.name for path in folder.iterdir()} >= {
        "requests.jsonl",
        "outcomes.jsonl",
        "policy.yaml",
        "home",
    }


def test_json_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing else is on stdout, and every request is a row of the ledger."""
    assert run(["demo", "--folder", str(tmp_path / "d"), "--prompts", "60", "--live", "12", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["simulated"]) == ("modelmix.demo/1", True)
    assert document["live"]["ledger_rows"] == document["live"]["requests"] == 12
    assert all(decision["right"] for decision in document["decisions"])


def test_a_folder_of_someone_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3, and nothing in it is touched."""
    (tmp_path / "mine").touch()
    assert run(["demo", "--folder", str(tmp_path)]) == 3
    assert "--folder" in capsys.readouterr().err
    assert (tmp_path / "mine").exists()
