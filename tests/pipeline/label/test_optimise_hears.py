"""The optimiser hears people: in its counts, its certificate and its notes."""

from pathlib import Path

import pytest

from modelmix.core.label import HUMAN
from modelmix.optimize.goal import Goal
from modelmix.pipeline.optimize import Optimised, optimise
from modelmix.pipeline.question import Ask
from modelmix.settings import load
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from pipeline.label.homes import CAPABILITIES, MOST, NOW, OPUS, label_all, make


def run(home: Path) -> Optimised:
    """Run the optimiser on a home."""
    ask = Ask(goal=Goal(margin=0.06, type_margin=0.1), baseline=OPUS)
    with Ledger.open(home) as ledger:
        return optimise(ask, ledger, Lake(home), load().price_book(), CAPABILITIES, NOW)


def test_the_optimiser_hears_people(tmp_path: Path) -> None:
    """Losses that are none are gone, the judge's loss is people's, and the certificate names people."""
    home = make(tmp_path / "home", MOST)
    before = run(home)
    held = before.policy.tasks["lookup"].evidence
    assert held is not None
    assert held.loss is not None
    assert float(held.loss) == pytest.approx(0.1, abs=0.05)
    assert any("judged, and checked by nobody: reply" in note for note in before.notes)
    label_all(home, 400)
    after = run(home)
    lookup, reply = after.policy.tasks["lookup"].evidence, after.policy.tasks["reply"].evidence
    assert lookup is not None
    assert reply is not None
    assert lookup.loss == 0
    assert (lookup.grader, reply.grader) == (f"exact@1, {HUMAN}", f"{HUMAN}, judge-rubric@1")
    assert any("lookup" in note and "people's words stand for" in note for note in after.notes)
    assert any("150 labels correct the judge's loss" in note for note in after.notes)
    assert before.policy.certificate != after.policy.certificate


def test_too_few_labels_correct_nothing(tmp_path: Path) -> None:
    """Below twenty labels a judge is taken at its word, and that is said."""
    home = make(tmp_path / "home", 60)
    label_all(home, 8, task_types=("reply",))
    notes = run(home).notes
    assert any("8 labels of 20 that it takes to correct a judge" in note for note in notes)
    assert not any("checked by nobody" in note for note in notes)
