"""``modelmix audit``, and ``modelmix`` alone."""

import io
import json
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from modelmix.__main__ import main
from pipeline.transcripts import HAND_COUNT_USD, line, tree, write


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home with the transcripts of the hand count, and a working folder of its own."""
    folder = tmp_path / "user"
    tree(folder / ".claude")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "MODELMIX_HOME", "MODELMIX_PRICES"):
        monkeypatch.delenv(name, raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return folder


def document(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, object]:
    """The JSON object that a command prints, alone on stdout."""
    assert main([*argv, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_without_arguments_it_audits_the_users_own_transcripts(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``modelmix`` alone shows the card of the transcripts that Claude Code keeps, and writes nothing."""
    before = sorted(home.rglob("*"))
    assert main([]) == 0
    said = capsys.readouterr()
    assert "$0.02 · 3 calls" in said.out
    assert "at stake: up to" in said.out
    assert said.err == ""
    assert "PROMPT" not in said.out
    assert max(len(row) for row in said.out.splitlines()) <= 80
    assert before == sorted(home.rglob("*"))
    assert list(Path.cwd().iterdir()) == []


def test_json_equals_the_hand_count(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON holds the exact total, under its schema."""
    found = document(capsys)
    assert found["schema"] == "modelmix.audit/1"
    totals = found["totals"]
    assert isinstance(totals, dict)
    assert (totals["calls"], Decimal(totals["usd_exact"])) == (3, Decimal(HAND_COUNT_USD))


def test_no_transcripts_exits_4(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine without transcripts it says where it looked and what to do."""
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    assert main([]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert "~/.claude/projects" in said.err
    assert said.err.count("\n") == 1


def test_damage_alone_exits_0(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Damaged lines are listed with their places and are no error."""
    path = write(tmp_path / "a.jsonl", [line(1), "{damaged", line(2), "\x00\x01"])
    found = document(capsys, "audit", str(path))
    rows = found["bad_rows"]
    assert isinstance(rows, list)
    assert [(row["source"], row["line"]) for row in rows] == [(str(path), 2), (str(path), 4)]


def test_windows_are_days_or_instants(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """``--since`` counts its first instant, ``--until`` does not."""
    path = write(tmp_path / "a.jsonl", [line(day, day=day) for day in (9, 10, 11)])
    argv = ("audit", str(path), "--since", "2026-11-10", "--until", "2026-11-11T10:00:11Z")
    found = document(capsys, *argv)
    assert found["calls_outside_window"] == 2
    assert found["span"] == {
        "first_day": "2026-11-10",
        "last_day": "2026-11-10",
        "active_days": 1,
        "since": "2026-11-10T00:00:00+00:00",
        "until": "2026-11-11T10:00:11+00:00",
    }
    assert main(["audit", str(path), "--since", "yesterday"]) == 2
    assert "--since" in capsys.readouterr().err


def test_too_much_without_a_price_exits_4(
    home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Above ``--max-unpriced`` the result is printed all the same, and the exit code says so."""
    path = write(tmp_path / "a.jsonl", [line(1), line(2, model="claude-internal")])
    assert main(["audit", str(path)]) == 0
    assert main(["audit", str(path), "--max-unpriced", "0.4", "--json"]) == 4
    said = capsys.readouterr()
    assert "claude-internal" in said.out
    assert "50.0 % of tokens have no price, above --max-unpriced 0.4" in said.err
    priced = ["--price-as", "claude-internal=claude-opus-5-5"]
    assert main(["audit", str(path), "--max-unpriced", "0", *priced]) == 0
    assert main(["audit", str(path), "--max-unpriced", "2"]) == 2


def test_unknown_stand_in_exits_3(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stand-in that has no price itself is an error of configuration."""
    assert main(["audit", "--price-as", "a=b"]) == 3
    assert "'b' is not in the price book" in capsys.readouterr().err


def test_html_goes_to_a_file_or_to_stdout(
    home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """``--html FILE`` writes the page besides the card, ``-`` prints the page instead."""
    page = tmp_path / "report.html"
    assert main(["audit", "--html", str(page)]) == 0
    assert page.read_text().startswith("<!doctype html>")
    said = capsys.readouterr()
    assert "at stake" in said.out
    assert f"wrote {page}" in said.err
    assert main(["audit", "--html", "-"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")
    assert main(["audit", "--html", str(tmp_path / "no" / "where.html")]) == 3
    assert "name another file" in capsys.readouterr().err


def test_standard_input_is_a_log(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``-`` reads a log from standard input."""
    text = json.dumps(line(1)) + "\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    totals = document(capsys, "audit", "-")["totals"]
    assert isinstance(totals, dict)
    assert totals["calls"] == 1


def test_outcomes_in_a_folder_are_named_on_stderr(
    home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A file that is passed over is said so, with the command that reads it."""
    write(tmp_path / "logs" / "a.jsonl", [line(1)])
    write(tmp_path / "logs" / "b.jsonl", ['{"prompt_id": "p", "task_type": "t", "model": "m", "score": 1}'])
    assert main(["audit", str(tmp_path / "logs")]) == 0
    assert "modelmix import" in capsys.readouterr().err


def test_progress_is_shown_on_a_terminal_only(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal a bar runs on stderr; stdout holds the result alone."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["audit", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)
    assert "reading" in said.err


def test_no_color_is_obeyed(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With ``NO_COLOR`` no colour is printed, even on a terminal."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert main([]) == 0
    assert "\x1b[3" not in capsys.readouterr().out


def test_kept_calls_can_be_audited_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--keep`` stores the calls; ``--ledger`` audits them, with the same totals."""
    kept = document(capsys, "audit", "--keep")
    again = document(capsys, "audit", "--ledger")
    assert kept["totals"] == again["totals"]
    assert kept["by_model"] == again["by_model"]
    assert document(capsys, "audit", "--keep")["totals"] == kept["totals"]
    assert document(capsys, "audit", "--ledger")["totals"] == kept["totals"]
    assert main(["audit", "--ledger", "--keep"]) == 2
    assert "--ledger" in capsys.readouterr().err


def test_an_empty_ledger_exits_4(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A ledger without calls is an input without anything, and is not created by the asking."""
    assert main(["audit", "--ledger"]) == 4
    assert "modelmix import" in capsys.readouterr().err


def test_a_ledger_that_cannot_be_read_does_not_stop_an_audit_of_logs(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where earlier verdicts cannot be read it says so and goes on."""
    Path(".modelmix").mkdir()
    Path(".modelmix/ledger.db").write_bytes(b"this is no database, and never was one" * 100)
    assert main([]) == 0
    said = capsys.readouterr()
    assert "3 calls" in said.out
    assert "earlier verdicts are not counted" in said.err
    assert main(["audit", "--ledger"]) == 9
