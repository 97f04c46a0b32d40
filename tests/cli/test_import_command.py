"""``modelmix import``."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelmix.__main__ import main
from pipeline.transcripts import line, tree, write

OUTCOME = {"prompt_id": "p1", "task_type": "triage", "model": "claude-haiku-5-5", "score": 1}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger of its own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MODELMIX_HOME", str(folder))
    monkeypatch.delenv("MODELMIX_PRICES", raising=False)
    return folder


def document(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    """The JSON object that the import prints."""
    assert main(["import", *argv, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def outcomes(path: Path, *more: str) -> str:
    """Write a table of outcomes."""
    rows = [json.dumps(OUTCOME | {"prompt_id": f"p{n}", "task_type": f"type-{n % 6}"}) for n in range(12)]
    return str(write(path, [*rows, *more]))


def test_calls_go_into_the_ledger_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second import of the same files adds nothing, and the ledger can be audited."""
    logs = str(tree(tmp_path / "logs"))
    first = document(capsys, logs)
    assert (first["schema"], first["new"], len(first["files"])) == ("modelmix.import/1", 3, 2)
    again = document(capsys, logs)
    assert (again["new"], [file["already"] for file in again["files"]]) == (0, [True, True])
    assert main(["audit", "--ledger", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["totals"]["calls"] == 3


def test_what_happened_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file, its bad rows with their lines, the task types and the next step are named."""
    table = outcomes(tmp_path / "o.jsonl", "{damaged", *["x"] * 4)
    assert main(["import", table]) == 0
    text = capsys.readouterr().out
    assert "12 rows, 12 new" in text
    assert "line 13: " in text
    assert "and 2 more bad rows" in text
    assert "6 task types: type-0 (2)" in text
    assert "and 2 more" in text
    assert "Next: modelmix optimize" in text
    assert main(["import", str(write(tmp_path / "c.jsonl", [line(1)]))]) == 0
    assert "Next: modelmix audit --ledger" in capsys.readouterr().out


def test_many_files_are_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A long list of files is cut, and the sum holds all of them."""
    for number in range(15):
        write(tmp_path / "logs" / f"{number}.jsonl", [line(number)])
    assert main(["import", str(tmp_path / "logs")]) == 0
    text = capsys.readouterr().out
    assert "and 3 more files" in text
    assert "15 rows read, 15 new" in text


def test_task_type_fills_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--task-type`` names what names no type itself."""
    log = str(write(tmp_path / "c.jsonl", [line(1)]))
    assert document(capsys, log, "--task-type", "coding")["files"][0]["task_types"] == {"coding": 1}


def test_nothing_readable_exits_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of which nothing can be read, or that is not there, is an error of one sentence."""
    assert main(["import", str(write(tmp_path / "a.jsonl", ["nothing"]))]) == 4
    assert main(["import", str(tmp_path / "none")]) == 4
    assert capsys.readouterr().err.count("\n") == 2
    assert main(["import"]) == 2


def test_progress_is_shown_on_a_terminal_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal a bar runs on stderr; stdout holds the result alone."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    document_ = document(capsys, str(tree(tmp_path / "logs")))
    assert document_["rows"] == 6
