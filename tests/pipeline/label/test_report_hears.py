"""The report rests on what people had said when its policy was made, as the policy does."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from modelmix.optimize.goal import Goal
from modelmix.pipeline.optimize import optimise
from modelmix.pipeline.policy_file import write
from modelmix.pipeline.question import Ask
from modelmix.pipeline.report import ReportAsked, account
from modelmix.report.account import account_document
from modelmix.settings import load
from modelmix.store.label_book import LabelBook
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from pipeline.label.homes import CAPABILITIES, NOW, OPUS, label_all, make
from report.ledgers import call

LATER = NOW + timedelta(hours=1)


def report(home: Path) -> tuple[dict[str, Any], str]:
    """Return what the account of a home's policy shows of looked-up answers, and its notes."""
    asked = ReportAsked(home=home, policy=home / "policy.yaml", now=LATER)
    document = account_document(account(asked, load().price_book(), CAPABILITIES))
    [entry] = [task for task in document["tasks"] if task["task_type"] == "lookup"]
    [haiku] = [one for one in entry["candidates"] if "haiku" in one["candidate"]]
    return dict(haiku), " ".join(document["notes"])


def test_a_report_shows_what_its_policy_was_made_of(tmp_path: Path) -> None:
    """With labels the loss is people's; labels that came after the policy change nothing in its report."""
    home = make(tmp_path / "home")
    with Ledger.open(home) as ledger:
        ledger.put_calls(call(i, "lookup") for i in range(50))
        ask = Ask(goal=Goal(margin=0.06, type_margin=0.1), baseline=OPUS)
        made = optimise(ask, ledger, Lake(home), load().price_book(), CAPABILITIES, NOW)
    write(home / "policy.yaml", made.policy)
    before = report(home)
    label_all(home, 400)
    assert report(home) == before
    with Ledger.open(home) as ledger:
        made = optimise(ask, ledger, Lake(home), load().price_book(), CAPABILITIES, LATER)
    write(home / "policy.yaml", made.policy)
    after = report(home)
    assert (before[0]["loss"], after[0]["loss"]) == (0.1, 0.0)
    assert "checked by nobody: reply" in before[1]
    assert "people's words stand for" in after[1]
    assert "150 labels correct the judge's loss" in after[1]
    with LabelBook.open(home) as book:
        assert len(book.labels()) == 170
