"""``modelmix export``."""

import csv
import io
import json
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from modelmix.__main__ import main
from pipeline.transcripts import HAND_COUNT_USD, line, tree, write

OUTCOME = {
    "prompt_id": "p1",
    "task_type": "triage",
    "model": "claude-haiku-5-5",
    "score": 1,
    "prompt": "SECRET",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A ledger with the calls of the hand count, and a lake with one outcome."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MODELMIX_HOME", str(folder))
    monkeypatch.delenv("MODELMIX_PRICES", raising=False)
    logs = tree(tmp_path / "logs")
    outcomes = write(tmp_path / "o.jsonl", [json.dumps(OUTCOME)])
    assert main(["import", str(logs), str(outcomes), "--keep-text"]) == 0
    capsys.readouterr()
    return folder


def test_calls_are_canonical_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """Each call is one JSON line with its tokens and its exact list price."""
    assert main(["export", "calls"]) == 0
    said = capsys.readouterr()
    rows = [json.loads(row) for row in said.out.splitlines()]
    assert len(rows) == 3
    assert sum(Decimal(str(row["list_usd"])) for row in rows) == Decimal(HAND_COUNT_USD)
    assert {row["input_tokens"] for row in rows} == {10}
    assert said.err == "3 rows written\n"


def test_windows_and_stand_ins_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only calls of the window are written; a model priced as another has a price."""
    assert main(["import", str(write(tmp_path / "x.jsonl", [line(9, model="claude-internal", day=12)]))]) == 0
    capsys.readouterr()
    argv = ["export", "calls", "--since", "2026-11-12", "--until", "2026-11-13"]
    assert main(argv) == 0
    assert json.loads(capsys.readouterr().out)["list_usd"] is None
    assert main([*argv, "--price-as", "claude-internal=claude-opus-5-5"]) == 0
    assert json.loads(capsys.readouterr().out)["list_usd"] is not None
    assert main(["export", "calls", "--since", "soon"]) == 2


def test_tables_go_to_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CSV and Parquet are written whole, under the name asked for."""
    sheet, table = tmp_path / "calls.csv", tmp_path / "calls.parquet"
    assert main(["export", "calls", "--format", "csv", "-o", str(sheet)]) == 0
    assert len(list(csv.DictReader(io.StringIO(sheet.read_text())))) == 3
    assert main(["export", "calls", "--format", "parquet", "-o", str(table)]) == 0
    with duckdb.connect() as connection:
        assert connection.execute("SELECT count(*) FROM read_parquet(?)", [str(table)]).fetchone() == (3,)
    assert capsys.readouterr().out == ""
    assert not list(tmp_path.glob(".*"))


def test_outcomes_come_without_text_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Prompts are written only with ``--with-text``."""
    assert main(["export", "outcomes"]) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["prompt_id"] == "p1"
    assert "SECRET" not in text
    assert main(["export", "outcomes", "--with-text"]) == 0
    assert "SECRET" in capsys.readouterr().out


def test_nothing_to_export_exits_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a ledger, or without outcomes, it says what to do first."""
    monkeypatch.setenv("MODELMIX_HOME", str(tmp_path / "empty"))
    assert main(["export", "calls"]) == 4
    assert main(["export", "outcomes"]) == 4
    assert capsys.readouterr().err.count("modelmix import") == 2


def test_what_cannot_be_written_exits_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A place that cannot be written is named, and nothing half written stays."""
    assert main(["export", "calls", "-o", str(tmp_path / "no" / "where.jsonl")]) == 3
    assert "name another file" in capsys.readouterr().err
    assert main(["export", "everything"]) == 2


def test_parquet_is_not_for_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Binary rows are not printed on a terminal."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["export", "calls", "--format", "parquet"]) == 2
    assert "-o" in capsys.readouterr().err
