"""Findings: what labels show of judges, with intervals, and of people among themselves."""

from pathlib import Path

import pytest

from modelmix.core.label import Label
from modelmix.pipeline.label.findings import findings
from modelmix.pipeline.label.population import population
from modelmix.pipeline.label.words import words
from modelmix.report.label_report import as_json
from modelmix.store.label_book import LabelBook
from pipeline.label.homes import HAIKU, NOW, OPUS, found, label_all, make, outcomes


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that one person has labelled whole, and another in part."""
    home = make(tmp_path_factory.mktemp("home"))
    label_all(home, 400)
    label_all(home, 40, "ben")
    return home


def test_the_judge_is_held_against_people(home: Path) -> None:
    """Of all pairs labelled, the shares are the true ones, and the corrected loss is people's own."""
    report = found(home).report()
    reply = next(arm for arm in report.arms if arm.task_type == "reply")
    assert (reply.prompts, reply.same, reply.labels, reply.drawn) == (200, 50, 150, 150)
    assert reply.is_judged
    assert reply.corrected is not None
    assert reply.corrected.loss == pytest.approx(0.05)
    assert reply.loss == pytest.approx(9 / 200)
    assert reply.upper is not None
    assert reply.corrected.low < 0.05 < reply.upper < reply.corrected.high
    # The judge sees five of ten mistakes, and four that are none.
    assert reply.agreement.share == pytest.approx(1 - 9 / 150, abs=0.01)
    assert reply.rates is not None
    assert reply.rates.specificity.share == pytest.approx(0.5)
    assert reply.rates.baseline_specificity.n == 0
    assert reply.rates.rogan_gladen is None


def test_a_rule_shows_its_loss_with_peoples_words(home: Path) -> None:
    """A rule's grades are replaced, so that its loss is told before and after."""
    lookup = next(arm for arm in found(home).report().arms if arm.task_type == "lookup")
    assert lookup.loss == pytest.approx(0.1)
    assert lookup.relabelled_loss == pytest.approx(0.0)
    assert (lookup.corrected, lookup.upper, lookup.worth) == (None, None, None)


def test_people_are_held_against_each_other(home: Path) -> None:
    """Two who both say the truth agree wholly, and the time of a label is its median."""
    report = found(home).report()
    [two] = report.people
    assert (two.one, two.other, two.same.n, two.same.share) == ("anna", "ben", 40, 1.0)
    assert report.seconds_per_label == 12.0
    assert report.by_person == {"anna": 170, "ben": 40}
    document = as_json(report)
    assert document["schema"] == "modelmix.label/1"
    assert {arm["task_type"] for arm in document["arms"]} == {"lookup", "reply"}


def test_comparisons_say_nothing_of_single_answers() -> None:
    """A pairwise judge has no sensitivity; a rubric's rates are put right where there are bad answers."""
    rows = list(outcomes(100))
    pairwise = [
        one if one.task_type != "reply" else type(one)(
            prompt_id=one.prompt_id, task_type="reply", candidate=one.candidate, prompt="x",
            response=one.response, score=0.5 if one.candidate == OPUS else one.score / 2,
            grader="judge-pairwise@1",
        )
        for one in rows
    ]  # fmt: skip
    for table, has_rates in ((rows, True), (pairwise, False)):
        people = population(table)
        said = [
            Label(
                prompt_id=f"j{i}", task_type="reply", candidate=HAIKU, score=float(i % 9 != 3), who="anna",
                at=NOW, baseline=OPUS, baseline_score=float(i % 7 != 3), stratum="alike",
                drawn_by=people["reply"][f"j{i}"][HAIKU].grader,
            )
            for i in range(100)
        ]  # fmt: skip
        report = findings(people, words(said, people), {"reply": OPUS})
        [arm] = report.arms
        assert (arm.rates is not None) == has_rates
        assert arm.labels == 100


def test_kappa_of_people_who_always_say_the_same_is_not_told(tmp_path: Path) -> None:
    """Where chance alone would make them agree there is no kappa; one answer alone counts as well."""
    home = make(tmp_path / "home", 10)
    with LabelBook.open(home) as book:
        for who in ("anna", "ben"):
            book.put(
                [
                    Label(prompt_id=f"j{i}", task_type="reply", candidate=HAIKU, score=1.0, who=who, at=NOW)
                    for i in range(4)
                ]
            )
    report = found(home).report()
    assert [two.kappa for two in report.people] == [None]
    assert report.seconds_per_label is None
    reply = next(arm for arm in report.arms if arm.task_type == "reply")
    assert (reply.labels, reply.drawn, reply.corrected) == (0, 0, None)
