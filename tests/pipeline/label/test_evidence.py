"""Labels as evidence: they take the place of rules' grades, correct judges, and make no gain of nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate
from modelmix.core.label import HUMAN, Label
from modelmix.core.outcome import Outcome
from modelmix.evaluate.evidence import gather
from modelmix.pipeline.label.evidence import labelled, overridden, overrides
from modelmix.pipeline.label.heard import Heard, heard
from modelmix.pipeline.label.population import answer_sha256, population
from modelmix.pipeline.label.words import words
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from pipeline.label.homes import CAPABILITIES, HAIKU, NOW, OPUS, label_all, make

SONNET = Candidate("claude-sonnet-5-5")


def answers(*graded: tuple[Candidate, float, str], grader: str = "exact@1") -> list[Outcome]:
    """Make answers to one prompt, each with its grade and text."""
    return [
        Outcome(
            prompt_id="p",
            task_type="t",
            candidate=who,
            score=score,
            prompt="asked",
            response=text,
            grader=grader,
        )
        for who, score, text in graded
    ]


def label(score: float, baseline_score: float | None, **fields: object) -> Label:
    """Make a label of Haiku's answer beside Opus's."""
    one = Label(
        prompt_id="p", task_type="t", candidate=HAIKU, score=score, who="anna", at=NOW,
        baseline=None if baseline_score is None else OPUS, baseline_score=baseline_score,
    )  # fmt: skip
    return replace(one, **fields)  # type: ignore[arg-type] # fields of a label


def scores(rows: Sequence[Outcome], *labels: Label) -> dict[Candidate, float]:
    """Return the grades that stand after labels."""
    people = population(rows)
    said = words(labels, people)
    found = overridden(rows, overrides(people, said), None)
    return {row.candidate: row.score for row in found if isinstance(row, Outcome)}


AGREEMENT = answers((OPUS, 1.0, "a"), (HAIKU, 0.0, "b"), (SONNET, 1.0, "a."))


@pytest.mark.parametrize(
    ("ours", "theirs", "others"),
    [(1.0, 1.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 1.0), (0.0, 0.0, 0.0)],
)
def test_a_word_takes_the_place_of_both_grades(ours: float, theirs: float, others: float) -> None:
    """Who agreed with the baseline keeps agreeing with it: no gain comes from a grade that nobody gave."""
    assert scores(AGREEMENT, label(ours, theirs)) == {OPUS: theirs, HAIKU: ours, SONNET: others}


def test_answers_of_one_text_are_graded_alike() -> None:
    """Sonnet said what Haiku said, so that a word on one is a word on both."""
    rows = answers((OPUS, 1.0, "a"), (HAIKU, 0.0, "b"), (SONNET, 0.0, "b"))
    assert scores(rows, label(1.0, 0.0)) == {OPUS: 0.0, HAIKU: 1.0, SONNET: 1.0}


def test_a_word_on_one_answer_alone_changes_that_one() -> None:
    """An imported label without a baseline says nothing of others."""
    assert scores(AGREEMENT, label(1.0, None)) == {OPUS: 1.0, HAIKU: 1.0, SONNET: 1.0}
    assert scores(AGREEMENT, label(1.0, None, task_type="")) == {OPUS: 1.0, HAIKU: 1.0, SONNET: 1.0}


def test_people_are_averaged() -> None:
    """Two people who do not agree make a half."""
    two = label(0.0, 1.0, who="ben")
    assert scores(AGREEMENT, label(1.0, 1.0), two) == {OPUS: 1.0, HAIKU: 0.5, SONNET: 1.0}


def test_words_that_do_not_count_are_counted() -> None:
    """Another text, another prompt, a pair passed over: nothing changes, and the first two are told."""
    other = label(1.0, 1.0, answer_sha256=answer_sha256("c"), baseline_sha256=answer_sha256("a"))
    elsewhere = label(1.0, 1.0, prompt_id="q")
    passed = replace(elsewhere, prompt_id="p", score=None, baseline_score=None)
    said = words([other, elsewhere, passed], population(AGREEMENT))
    assert (said.scores, said.stale, said.unknown, said.labels) == ({}, 1, 1, ())
    known = label(1.0, 1.0, answer_sha256=answer_sha256("b"), baseline_sha256=answer_sha256("a"))
    assert words([known], population(AGREEMENT)).labels == (known,)
    gone = label(1.0, 1.0, baseline=Candidate("claude-opus-4-8"))
    assert words([gone], population(AGREEMENT)).stale == 1


def test_a_judges_grades_stay() -> None:
    """Labelled pairs are no plain sample: a judge is corrected as a whole, and not here and there."""
    judged = answers((OPUS, 1.0, "a"), (HAIKU, 0.0, "b"), (SONNET, 1.0, "a"), grader="judge-rubric@1")
    assert scores(judged, label(1.0, 0.0)) == {OPUS: 1.0, HAIKU: 0.0, SONNET: 1.0}
    mixed = [*judged[:2], *answers((SONNET, 1.0, "c"))]
    assert scores(mixed, label(1.0, 0.0)) == {OPUS: 1.0, HAIKU: 0.0, SONNET: 1.0}


def test_rows_say_that_people_graded_them() -> None:
    """The grader becomes human@1; what was wrong is said no more where it is not wrong."""
    rows: list[Outcome | BadRow] = [
        replace(AGREEMENT[1], why="it differs"),
        BadRow("lake", 1, "broken"),
        AGREEMENT[2],
    ]
    right = list(overridden(rows, {("t", "p", HAIKU): 1.0}, CAPABILITIES))
    assert right == rows  # the effort that an absent one stands for is another candidate here
    right = list(overridden(rows, {("t", "p", CAPABILITIES.effective(HAIKU)): 1.0}, CAPABILITIES))
    assert right == [replace(AGREEMENT[1], score=1.0, grader=HUMAN, why=""), *rows[1:]]
    [wrong, *_] = overridden(rows, {("t", "p", HAIKU): 0.0}, None)
    assert isinstance(wrong, Outcome)
    assert wrong.why == "it differs"


def test_nothing_is_read_where_nobody_has_spoken(tmp_path: Path) -> None:
    """Without labels no text is read, and rows and evidence pass as they are."""
    home = make(tmp_path / "home", 10)
    with Ledger.open(home) as ledger:
        found = heard(ledger, Lake(home / "elsewhere"), ["none"], CAPABILITIES)
    assert found == Heard(CAPABILITIES)
    assert list(found.over(AGREEMENT)) == AGREEMENT
    types = gather((row, None) for row in AGREEMENT).types
    assert found.beside(types).types == types


def test_only_words_up_to_an_instant_are_heard(tmp_path: Path) -> None:
    """A report rests on what was said when its policy was made."""
    home = make(tmp_path / "home", 60)
    label_all(home, 30)
    with Ledger.open(home) as ledger:
        assert heard(ledger, Lake(home), ["one"], CAPABILITIES, NOW).said is None
        later = heard(ledger, Lake(home), ["one"], CAPABILITIES)
    assert later.said is not None
    assert len(later.said.labels) == 30


def test_labels_by_another_judges_word_are_no_random_part() -> None:
    """What was drawn by one judge's differences corrects no other judge."""
    rows = [
        replace(row, prompt_id=f"p{i}", response=f"{row.response}{i}", grader="judge-rubric@1")
        for i in range(30)
        for row in AGREEMENT[:2]
    ]
    people = population(rows)
    drawn = {"stratum": "differ", "drawn_by": "judge-rubric@1"}
    types = gather((row, None) for row in rows).types
    for by, n in (("judge-rubric@1", 30), ("judge-points@1", 0)):
        labels = [label(1.0, 1.0, prompt_id=f"p{i}", **{**drawn, "drawn_by": by}) for i in range(30)]
        [found] = labelled(types, people, words(labels, people)).types
        assert sum(one.n for one in found.people.values()) == n
    assert np.isnan(types[0].score).sum() == 0
