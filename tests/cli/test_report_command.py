"""``modelmix report``, as a user runs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelmix.cli.main import run
from modelmix.report.account import SCHEMA
from report.homes import CONTRACT


def report(home: Path, *more: str) -> int:
    """Run ``modelmix report`` on a home."""
    return run(["--home", str(home), "report", "--policy", str(home / "policy.yaml"), *more])


def examples(task: dict[str, Any]) -> list[Any]:
    """All examples of a type: of its own candidate and of the refusal."""
    own: list[Any] = task["examples"]
    return own if task["refusal"] is None else own + task["refusal"]["examples"]


def test_a_page_is_written_and_the_receipt_shown(
    full_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One file by default, the receipt on stdout, the talk on stderr."""
    monkeypatch.chdir(tmp_path)
    assert report(full_home) == 0
    out, err = capsys.readouterr()
    assert "proven" in out
    assert err == "wrote report.html\n"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "Plotly" in page


def test_json_is_the_page_in_figures(
    full_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One object on stdout; a page only if one is named."""
    monkeypatch.chdir(tmp_path)
    assert (
        report(full_home, "--json", "--examples", "1", "--since", "2026-11-11", "--until", "2026-11-20") == 0
    )
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == SCHEMA
    assert document["span"]["since"] == "2026-11-11T00:00:00+00:00"
    assert document["span"]["days"] == 9.0
    assert [len(examples(task)) for task in document["tasks"]] == [1, 1, 1, 1]
    assert list(tmp_path.iterdir()) == []
    assert report(full_home, "--json", "-o", "named.html", "--no-text") == 0
    assert (tmp_path / "named.html").exists()
    shown = json.loads(capsys.readouterr().out)
    assert not any(examples(task) for task in shown["tasks"])
    assert "Nordwind" not in (tmp_path / "named.html").read_text(encoding="utf-8")


def test_the_page_may_go_to_standard_output(full_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing else is there then; together with --json it is refused."""
    assert report(full_home, "-o", "-") == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")
    assert report(full_home, "--json", "-o", "-") == 2


def test_a_contract_fills_the_receipt(
    full_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cash and what to sign for, with the discount and the chance that some of it stays unused."""
    contract = tmp_path / "contract.yaml"
    contract.write_text(CONTRACT, encoding="utf-8")
    assert report(full_home, "--json", "--contract", str(contract)) == 0
    receipt = json.loads(capsys.readouterr().out)["receipt"]
    assert receipt["sign_for"]["low_usd"] <= receipt["sign_for"]["usd"] <= receipt["sign_for"]["high_usd"]
    assert "20 % off in contract made" in receipt["sign_for"]["why"]
    assert "best commitment without the policy" in receipt["cash"]["why"]


def test_what_is_missing_ends_with_its_code(
    full_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No policy or a changed one is 3, no ledger is 4, each in one sentence."""
    assert report(tmp_path) == 3
    assert "policy.yaml: cannot be read" in capsys.readouterr().err
    text = (full_home / "policy.yaml").read_bytes()
    (tmp_path / "policy.yaml").write_bytes(text.replace(b"version: 1", b"version: 2"))
    assert report(tmp_path) == 3
    assert "was changed after it was written" in capsys.readouterr().err
    (tmp_path / "policy.yaml").write_bytes(text)
    assert report(tmp_path) == 4
    assert "there is no ledger" in capsys.readouterr().err
    assert report(full_home, "-o", str(tmp_path / "no" / "r.html")) == 3
