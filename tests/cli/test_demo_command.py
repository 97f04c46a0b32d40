"""``modelmix demo``, small."""

import json
from pathlib import Path

import pytest

from modelmix.cli.main import run
from report.figures import figures


def test_the_story_is_told_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Audit, replay, policy, refusal, gateway, receipt and commitment, said to be simulated, twice."""
    folder = tmp_path / "demo"
    words = ["demo", "--folder", str(folder), "--prompts", "1400", "--live", "30"]
    for _ in range(2):
        assert run(words) == 0
    shown = capsys.readouterr().out
    for expected in (
        "at stake",
        "the baseline against itself",
        "naive router",
        "declined",
        "invented: ",
        "was changed after it was written",
        "rows in the ledger",
        "receipt",
        "beyond the above",
        "cash: best commitment without the policy",
        "proof cost $",
        "today's bill",
        "known truth",
        "decisions right",
        "simulated",
        "modelmix replay LOG --dry-run",
    ):
        assert expected in shown
    assert {path.name for path in folder.iterdir()} >= {
        "requests.jsonl",
        "known.jsonl",
        "contract.yaml",
        "policy.yaml",
        "report.html",
        "home",
    }


def test_json_is_one_object_that_adds_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing else is on stdout, every request is a row of the ledger, and the story's claims are in it."""
    words = ["demo", "--folder", str(tmp_path / "d"), "--prompts", "1400", "--live", "12", "--json"]
    assert run(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["simulated"]) == ("modelmix.demo/2", True)
    assert document["live"]["ledger_rows"] == document["live"]["requests"] == 12
    assert document["claims"] == document["right"] > 0
    again = document["replay"]["baseline_against_itself"]
    assert (again["verdict"], again["loss"]) == ("CLEARS", 0.0)
    assert document["naive"]["saving_share"] > document["proven"]["saving_share"] > 0
    assert document["naive"]["absent_fields_invented"] > 0
    assert "form-extraction" in {one["task_type"] for one in document["declined"]}
    assert all(one["usd_month"] > 0 for one in document["declined"])
    assert len(document["wrong_answers"]) == 2
    assert "was changed" in document["tampered_policy"]
    page = {one.path: one.value for one in figures(Path(document["report"]).read_text(encoding="utf-8"))}
    signed = document["commit"]["recommended"]["commit_usd"]
    assert float(page["receipt.sign_for.usd"]) == pytest.approx(signed, abs=0.01)
    assert (float(page["receipt.cash.usd"]) > 0, float(page["realised.saving_usd"]) > 0) == (True, True)
    assert page["baseline_against_itself.verdict"] == '"CLEARS"'


def test_a_folder_of_someone_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3, and nothing in it is touched."""
    (tmp_path / "mine").touch()
    assert run(["demo", "--folder", str(tmp_path)]) == 3
    assert "--folder" in capsys.readouterr().err
    assert (tmp_path / "mine").exists()
