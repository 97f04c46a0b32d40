"""``modelmix commit``."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import modelmix
from house.tree import ROOT
from modelmix.__main__ import main
from modelmix.policy.artifact import render
from modelmix.store.ledger import Ledger
from report.ledgers import call, policy_of

EXAMPLE = ROOT / "docs" / "contract.yaml"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and a terminal of 80 columns."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MODELMIX_HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("MODELMIX_PRICES", raising=False)
    return folder


def contract(tmp_path: Path, old: str = "", new: str = "") -> Path:
    """The example of the documents, changed in one place."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "contract.yaml"
    path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return path


def document(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    """The JSON object that the command prints."""
    assert main(["commit", *argv, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    found = json.loads(said.out)
    assert isinstance(found, dict)
    return found


def test_the_example_of_the_documents_is_sized(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    """One screen of 80 columns, nothing on stderr, nothing written."""
    assert main(["commit", str(EXAMPLE)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert max(len(line) for line in said.out.splitlines()) <= 80
    for words in ("Regret", "Clause", "Signed", "demand.adoption", "If it turns out otherwise", "Next"):
        assert words in said.out
    assert not home.exists()


def test_json_holds_what_the_screen_shows(capsys: pytest.CaptureFixture[str]) -> None:
    """The same run in full, under its schema."""
    found = document(capsys, str(EXAMPLE))
    assert found["schema"] == "modelmix.commit/1"
    assert len(found["scenarios"]) == 18
    assert found["recommended"]["commit_usd"] > 0
    assert main(["commit", str(EXAMPLE)]) == 0
    assert f"commit ${found['recommended']['commit_usd']:,.0f} for the term" in capsys.readouterr().out


def test_a_contract_may_come_on_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for other files, ``-`` stands for it."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(EXAMPLE.read_bytes())))
    assert document(capsys, "-")["file"] == "-"


def test_spend_and_savings_may_come_from_ledger_and_policy(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then they are measured and estimated; a span can be chosen."""
    with Ledger.open(home) as ledger:
        ledger.put_calls([call(hour, "forms") for hour in range(72)])
    policy = tmp_path / "policy.yaml"
    policy.write_bytes(render(policy_of()))
    path = contract(tmp_path, "  saving: 55%", "#")
    path.write_text(
        path.read_text(encoding="utf-8").replace("  baseline_usd: 2400000", "#"), encoding="utf-8"
    )
    found = document(
        capsys, str(path), "--policy", str(policy), "--since", "2026-11-10", "--until", "2026-11-12"
    )
    assumed = found["assumptions"]
    assert (assumed["spend"]["basis"], assumed["saving"]["basis"]) == ("measured", "estimated")
    assert (found["ledger"]["calls"], found["ledger"]["days"], found["policy"]) == (48, 2.0, str(policy))


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """As the package carries it; no contract is needed."""
    assert main(["commit", "--schema"]) == 0
    published = Path(modelmix.__file__).parent / "data" / "contract.schema.json"
    assert capsys.readouterr().out == published.read_text(encoding="utf-8")


def test_what_is_wrong_has_its_exit_code(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """2 usage, 3 the file, 4 no traffic, 8 too little of it; each in one line on stderr."""
    empty = contract(tmp_path, "  baseline_usd: 2400000", "#")
    assert main(["commit", str(empty)]) == 4
    with Ledger.open(home) as ledger:
        ledger.put_calls([call(0, "forms"), call(1, "forms")])
    assert main(["commit", str(empty)]) == 8
    assert main(["commit", str(contract(tmp_path, "8%", "108%"))]) == 3
    assert main(["commit", str(tmp_path / "absent.yaml")]) == 3
    assert main(["commit", str(EXAMPLE), "--policy", str(tmp_path / "absent.yaml")]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 5
    assert "tiers.1.discount: must be at least 0 % and below 100 %, not '108%'; write 8% or 0.08" in said.err
    assert main(["commit"]) == 2
    assert main(["commit", str(EXAMPLE), "--since", "soon"]) == 2
    assert main(["commit", str(EXAMPLE), "--price-as", "x"]) == 2
