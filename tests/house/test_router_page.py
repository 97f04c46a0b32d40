"""The page about the router: what it shows runs as it stands and prints what it says."""

import contextlib
import io
from datetime import date
from pathlib import Path

import pytest

from house.tree import ROOT, blocks
from modelmix import Router
from modelmix.simulator.run import running

PAGE = ROOT / "docs" / "router.md"
SHOWN = dict(blocks(PAGE))
POLICY = next(text for language, text in blocks(ROOT / "docs" / "policy.md") if language == "yaml")


def test_the_example_prints_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pasted into a program beside the policy of the policy page, before the practice API."""
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("modelmix.inprocess.utc_today", lambda: date(2026, 12, 1))
    said = io.StringIO()
    with running(seed=7) as url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-practice")
        names: dict[str, object] = {}
        with contextlib.redirect_stdout(said):
            exec(compile(SHOWN["python"], PAGE.name, "exec"), names)  # noqa: S102 - the page's own example
        names["client"].close()  # type: ignore[attr-defined] # the example's client
    assert SHOWN["text"] == said.getvalue()


def test_the_page_names_every_public_method() -> None:
    """Each way to make, to ask and to renew a router stands on the page."""
    text = PAGE.read_text(encoding="utf-8")
    methods = [name for name in vars(Router) if not name.startswith("_")]
    assert [name for name in methods if name not in text] == []
