"""Findings: what graders found, counted, and the baseline against itself."""

from dataclasses import replace

import pytest

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.report import findings as module
from modelmix.report.findings import Finding, Findings

BASE, CHEAP = Candidate("base"), Candidate("cheap")
INVENTS = "invents purchase_order where the field is absent"


def outcome(number: int, candidate: Candidate, why: str = "", slice_name: str = "") -> Outcome:
    """Build a graded answer."""
    return Outcome(
        prompt_id=f"p{number}",
        task_type="forms",
        candidate=candidate,
        score=0.0 if why else 1.0,
        slice_name=slice_name,
        grader="json_fields@1",
        why=why,
    )


def test_findings_are_counted_within_their_slice() -> None:
    """An error that occurs in one slice only is counted against that slice's answers."""
    found = Findings()
    for number in range(40):
        absent = "field absent" if number < 20 else ""
        both = f"{INVENTS}; misreads total" if number < 3 else INVENTS
        found.add(outcome(number, CHEAP, both if number < 8 else "", absent), "one")
        found.add(outcome(number, BASE, INVENTS if number == 0 else "", absent), "one")
    found.add(outcome(99, CHEAP, "misreads total"), "one")
    assert found.of("forms", CHEAP, BASE) == (
        Finding(INVENTS, 8, 20, "field absent", 1),
        Finding("misreads total", 4, 41, "", 0),
    )
    assert found.graders("forms") == ("json_fields@1",)
    assert (found.of("other", CHEAP, BASE), found.graders("other")) == ((), ())


def test_a_prompt_counts_once_though_two_imports_hold_it() -> None:
    """A second replay of the same prompts holds the answers of the first: they are not two findings each."""
    found = Findings()
    for import_id in ("one", "two"):
        for number in range(10):
            found.add(outcome(number, CHEAP, INVENTS if number < 4 else "", "field absent"), import_id)
            found.add(outcome(number, BASE, INVENTS if number == 9 else "", "field absent"), import_id)
    found.add(outcome(3, CHEAP, INVENTS, "field absent"), "one")
    assert found.of("forms", CHEAP, BASE) == (Finding(INVENTS, 4, 10, "field absent", 1),)
    assert found.repeats("forms", BASE) is None
    repeats = found.repeats("forms", CHEAP)
    assert repeats is not None
    assert repeats.n == 1


def test_a_slice_is_compared_with_the_baselines_same_slice() -> None:
    """The same error of the baseline elsewhere says nothing of it."""
    found = Findings()
    for number in range(6):
        absent = "field absent" if number < 3 else ""
        found.add(outcome(number, CHEAP, INVENTS if number < 2 else "", absent), "one")
        found.add(outcome(number, BASE, INVENTS if number > 3 else "", absent), "one")
    assert found.of("forms", CHEAP, BASE) == (Finding(INVENTS, 2, 3, "field absent", 0),)


def test_free_words_are_not_counted_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many kinds of error only known ones are counted."""
    monkeypatch.setattr(module, "_MOST_KINDS", 2)
    found = Findings()
    for number, why in enumerate(("a", "b", "c", "a", "; ")):
        found.add(outcome(number, CHEAP, why), "one")
    assert [(one.what, one.answers) for one in found.of("forms", CHEAP, BASE)] == [("a", 2), ("b", 1)]


def test_two_answers_of_one_import_are_the_baseline_against_itself() -> None:
    """Second answers pair with first ones; the same prompt in two imports may be the same answer twice."""
    found = Findings()
    for score, second in ((1.0, 0.0), (1.0, 1.0), (0.0, 1.0)):
        one = outcome(int(score * 10 + second), BASE)
        found.add(replace(one, score=score), "one")
        found.add(replace(one, score=second), "one")
    found.add(outcome(50, BASE), "one")
    found.add(outcome(50, BASE), "two")
    found.add(replace(outcome(51, BASE), grader=""), "two")
    pairs = found.repeats("forms", BASE)
    assert pairs is not None
    assert (pairs.gains, pairs.losses, pairs.n) == (1.0, 1.0, 3.0)
    assert found.repeats("forms", CHEAP) is None


def test_of_several_slices_the_narrowest_is_named() -> None:
    """All errors lie in two slices at once: what is said is the one that narrows them down most."""
    found = Findings()
    for number in range(40):
        names = "tenant acme; field absent" if number < 10 else "tenant acme" if number < 30 else ""
        found.add(outcome(number, CHEAP, INVENTS if number < 6 else "", names), "one")
        found.add(outcome(number, BASE, "", names), "one")
    assert found.of("forms", CHEAP, BASE) == (Finding(INVENTS, 6, 10, "field absent", 0),)
