"""Whole tasks, as a user has them: transcripts, a table of how sessions ended, what a solved task costs."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelmix.__main__ import main
from modelmix.cli.main import run as run_command
from modelmix.policy.artifact import parse
from pipeline.transcripts import line, write

OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-5-5"
CALL_USD = (10 * 4 + 1_000 * 0.2 + 100 * 5 + 200 * 8 + 100 * 20) / 1e6
"""A call of a transcript on Opus 5.5, by hand: uncached, read, written for 5 minutes and an hour, answer."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger of its own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MODELMIX_HOME", str(folder))
    monkeypatch.delenv("MODELMIX_PRICES", raising=False)
    return folder


def said(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> dict[str, Any]:
    """The JSON object that a command prints."""
    assert main([*argv, "--json"]) == code
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def few_sessions(folder: Path) -> None:
    """Four sessions: of two calls, of one, of one on each of two models, and of one without an outcome."""
    write(folder / "a.jsonl", [line(1, session="one"), line(2, session="one", is_subagent=True)])
    write(folder / "b.jsonl", [line(3, session="two")])
    write(folder / "c.jsonl", [line(4, session="both"), line(5, session="both", model=HAIKU)])
    write(folder / "d.jsonl", [line(6, session="open")])


def test_a_solved_task_costs_what_was_counted_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three calls in two sessions, of which one was solved: all three are the cost of the solved one.

    The table is read before the log here, and is joined all the same.
    """
    few_sessions(tmp_path / "x" / "logs")
    table = tmp_path / "x" / "ended.csv"
    table.write_text("session_id,solved\none,1\ntwo,0\nboth,1\ngone,1\n")
    report = said(capsys, "import", str(table), str(tmp_path / "x" / "logs"))
    ended = next(file for file in report["files"] if file["source"] == str(table))
    assert ended["sessions"] == {
        "matched": 3, "unmatched": 1, "without_outcome": 1, "unpriced": 0, "served_by_several": 1,
    }  # fmt: skip
    [whole] = ended["whole_tasks"]
    by_name = {one["candidate"]: one for one in whole["candidates"]}
    assert sorted(by_name) == ["claude-haiku-5-5 medium + claude-opus-5-5 medium", f"{OPUS}@medium"]
    opus = by_name[f"{OPUS}@medium"]
    assert (opus["tasks"], opus["solved_share"], opus["calls_per_run"]) == (2, 0.5, 1.5)
    assert opus["usd_per_solved_task"]["value"] == pytest.approx(3 * CALL_USD)
    assert (opus["usd_per_solving_run"], opus["usd_per_failed_run"]) == (
        pytest.approx(2 * CALL_USD),
        pytest.approx(CALL_USD),
    )


def test_such_a_table_is_joined_anew_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A session whose log came later is found when the same table is imported again; a run counts once."""
    table = tmp_path / "ended.jsonl"
    write(table, [{"session_id": "one", "solved": True}, {"session_id": "two", "solved": False}])
    assert main(["import", str(table)]) == 4
    assert "0 of 2 rows match a session of the ledger" in capsys.readouterr().err
    few_sessions(tmp_path / "logs")
    assert main(["import", str(tmp_path / "logs")]) == 0
    capsys.readouterr()
    for _ in range(2):
        assert main(["import", str(table)]) == 0
        text = capsys.readouterr().out
        assert "2 of 2 rows match a session of the ledger; sessions without an outcome: 2" in text
        assert f"{OPUS}@medium: 50.0% of 2 runs solved, $0.00651 a run, $0.0130 a solved task" in text
    later = write(tmp_path / "later.jsonl", [{"session_id": "two", "solved": True}])
    assert main(["import", str(later)]) == 0


def test_tasks_that_several_models_served_are_evidence_for_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With nothing else there is nothing to optimise, and the sentence says why."""
    few_sessions(tmp_path / "logs")
    table = write(tmp_path / "ended.jsonl", [{"session_id": "both", "solved": 1}])
    assert main(["import", str(tmp_path / "logs"), str(table)]) == 0
    capsys.readouterr()
    assert main(["optimize", "--baseline", OPUS, "-o", str(tmp_path / "p.yaml")]) != 0
    assert "every task was served by several models together" in capsys.readouterr().err


def many_tasks(tmp_path: Path, tasks: int = 60) -> tuple[Path, Path]:
    """Tasks that both models have run: Opus in one call, Haiku in three; Haiku fails every third."""
    rows, number = ["session_id,task_id,solved"], 0
    for task in range(tasks):
        for model, calls in ((OPUS, 1), (HAIKU, 3)):
            session = f"{model}-{task}"
            lines = []
            for _ in range(calls):
                number += 1
                lines.append(line(number, model=model, session=session, day=1 + task % 20))
            write(tmp_path / "logs" / f"{session}.jsonl", lines)
            rows.append(f"{session},task-{task},{int(model == OPUS or task % 3 > 0)}")
    table = tmp_path / "ended.csv"
    table.write_text("\n".join(rows))
    return tmp_path / "logs", table


def test_optimize_judges_whole_tasks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pairs are tasks, costs are those of all their calls, and what a solved task costs stands beside."""
    logs, table = many_tasks(tmp_path)
    assert main(["import", str(logs), "--task-type", "fixing"]) == 0
    assert main(["import", str(table)]) == 0
    capsys.readouterr()
    output = tmp_path / "policy.yaml"
    ask = ("optimize", "--baseline", OPUS, "--wage", "60", "--minutes", "5", "-o", str(output))
    found = said(capsys, *ask, code=8)
    [task] = found["tasks"]
    assert (task["task_type"], task["unit"], task["verdict"]) == ("fixing", "task", "FAILS")
    assert task["why"].endswith("; pairs are whole tasks")
    [whole] = found["whole_tasks"]
    assert (whole["baseline"], whole["person_usd"]) == (f"{OPUS}@medium", 5.0)
    opus, haiku = whole["candidates"]
    assert opus["usd_per_solved_task"]["value"] == pytest.approx(CALL_USD)
    assert haiku["usd_per_solved_task"]["value"] == pytest.approx(haiku["usd_per_run"] * 60 / 40)
    assert haiku["against_baseline"]["tasks"] == 60
    assert haiku["until_solved"][0]["usd_low"] == pytest.approx(haiku["usd_per_run"] + 20 / 60 * 5.0)
    evidence = parse(output.read_bytes(), "x").tasks["fixing"].evidence
    assert evidence is not None
    assert evidence.unit == "task"
    assert "whole tasks: fixing" in found["notes"][0]
    assert any(note.startswith("cost of 120 sessions that a table tells") for note in found["notes"])
    assert run_command([*ask]) == 8
    text = capsys.readouterr().out
    assert "a solved task" in text
    assert "then a person at $5.00" in text


def test_the_report_shows_whole_tasks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures and page have what a solved task costs, and of what the pairs are."""
    logs, table = many_tasks(tmp_path)
    assert main(["import", str(logs), "--task-type", "fixing"]) == 0
    assert main(["import", str(table)]) == 0
    policy, page = tmp_path / "policy.yaml", tmp_path / "report.html"
    assert run_command(["optimize", "--baseline", OPUS, "-o", str(policy)]) == 8
    capsys.readouterr()
    found = said(capsys, "report", "--policy", str(policy), "-o", str(page))
    assert found["tasks"][0]["unit"] == "task"
    [whole] = found["whole_tasks"]
    assert [one["candidate"] for one in whole["candidates"]] == [f"{OPUS}@medium", f"{HAIKU}@medium"]
    assert run_command(["report", "--policy", str(policy), "-o", str(page)]) == 0
    assert "<h2>Whole tasks</h2>" in page.read_text()


def test_runs_with_costs_of_their_own_need_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table of agent runs, several to a task, is evidence on whole tasks; each run counts once."""
    rows = [
        {
            "instance_id": f"i{task}", "task_type": "fixing", "model": model, "cost_usd": cost,
            "api_calls": 7, "run": run, "wall_seconds": 60, "resolved": task % 5 != run or not run,
        }
        for task in range(30) for run in range(2) for model, cost in ((OPUS, 0.5), (HAIKU, 0.1))
    ]  # fmt: skip
    table = write(tmp_path / "runs.jsonl", rows)
    report = said(capsys, "import", str(table))
    [file] = report["files"]
    assert (file["kind"], file["units"]) == ("outcomes-jsonl", {"task": 120})
    opus = next(one for one in file["whole_tasks"][0]["candidates"] if one["candidate"] == OPUS)
    assert (opus["tasks"], opus["runs"], opus["seconds_per_run"]) == (30, 60, 60.0)
    assert len(opus["until_solved"]) == 2
    assert opus["until_solved"][1]["left_share_low"] == opus["until_solved"][1]["left_share_high"]
    again = write(tmp_path / "again.jsonl", rows[:8])
    assert main(["import", str(again)]) == 0
    capsys.readouterr()
    found = said(capsys, "optimize", "--baseline", OPUS, "-o", str(tmp_path / "p.yaml"), code=8)
    whole = {one["candidate"]: one for one in found["whole_tasks"][0]["candidates"]}
    assert whole[f"{OPUS}@medium"]["runs"] == 60
    assert found["tasks"][0]["unit"] == "task"


def test_the_unit_can_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--unit task`` says what columns do not tell; another unit is another import."""
    rows = [{"prompt_id": "p", "task_type": "t", "model": OPUS, "score": 1, "cost_usd": 1}]
    table = str(write(tmp_path / "t.jsonl", rows))
    assert said(capsys, "import", table)["files"][0]["units"] == {"call": 1}
    again = said(capsys, "import", table, "--unit", "task")["files"][0]
    assert (again["already"], again["units"]) == (False, {"task": 1})
    assert said(capsys, "import", table, "--unit", "task")["files"][0]["already"]
    assert main(["import", table, "--unit", "week"]) == 2
