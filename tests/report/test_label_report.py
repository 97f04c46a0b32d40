"""What labels show: every figure with its n and interval, and what is missing said in words."""

import json
import math
from dataclasses import replace

from rich.console import Console

from modelmix.evaluate.agreement import Share
from modelmix.report.label_page import PairShown, Progress, end_page, pair_page, problem_page
from modelmix.report.label_report import (
    ArmFindings,
    LabelReport,
    LossShown,
    People,
    Rates,
    as_json,
    card,
    interval,
    percent,
    sentences,
    work,
)

DASH = "\N{EN DASH}"
NONE = Share(math.nan, 0.0, 1.0, 0, 0.0)
MOST = Share(0.92, 0.81, 0.97, 48, 40.0)
ARM = ArmFindings(
    task_type="reply", candidate="claude-haiku-5-5", baseline="claude-opus-5-5", grader="judge-rubric@1",
    is_judged=True, prompts=400, same=80, differ=40, labels=60, drawn=48, drawn_differ=20, agreement=MOST,
    rates=Rates(MOST, NONE, MOST, NONE, LossShown(0.02, -0.05, 0.09)), loss=0.068,
    corrected=LossShown(0.024, 0.001, 0.049), upper=0.043, worth=301.4, relabelled_loss=None,
)  # fmt: skip
RULE = replace(
    ARM, task_type="lookup", grader="", is_judged=False, rates=None, corrected=None, upper=None, worth=None,
    same=0, relabelled_loss=-0.01,
)  # fmt: skip
REPORT = LabelReport(
    arms=(ARM, RULE), people=(People("anna", "ben", MOST, 0.81), People("anna", "eve", MOST, None)),
    labels=120, by_person={"anna": 100, "ben": 20}, stale=2, unknown=1, seconds_per_label=14.4, fewest=20,
)  # fmt: skip
PROGRESS = Progress("anna", 3, 10, 1, 14.4)
PAIR = PairShown("ab12", "<reply>", "asked <b>", "left & one", "", 1764000000000)


def screen(report: LabelReport) -> str:
    """Return the screen as text."""
    console = Console(width=160, no_color=True)
    with console.capture() as captured:
        console.print(card(report))
    return captured.get()


def test_the_screen_says_each_figure_with_its_basis() -> None:
    """Raw and corrected loss, agreement, rates, bias, worth and people, with intervals."""
    shown = screen(REPORT)
    for said in (
        "120 labels: anna 100, ben 20",
        "60 of 400 pairs, 48 of them drawn at random (20 where grades differ); 80 more are the same text",
        "92 % (81 % to 97 %, n 48) with judge-rubric@1",
        "good ones passed 92 % (81 % to 97 %, n 48); bad ones failed \N{EN DASH}",
        "6.8 pp, uncorrected",
        "2.4 pp (0.1 pp to 4.9 pp); at most 4.3 pp at 95 %",
        "2.0 pp (\N{MINUS SIGN}5.0 pp to 9.0 pp)",
        "4.4 pp; positive",
        "301 pairs graded by people",
        "6.8 pp by the table, \N{MINUS SIGN}1.0 pp with people's words in its place",
        "anna and ben say the same of 92 % (81 % to 97 %, n 48) of pairs, kappa 0.81",
        "2 labels of answers that are others now: not counted",
        "1 label of answers that are not here: not counted",
    ):
        assert said in shown, said


def test_what_nobody_labelled_says_what_it_takes() -> None:
    """A judge that is taken at its word is named, with the work of checking it."""
    bare = replace(ARM, labels=0, drawn=0, corrected=None, upper=None, worth=None, rates=None)
    rules = (replace(RULE, labels=0), replace(RULE, labels=0, differ=0))
    report = replace(REPORT, arms=(bare, *rules), people=(), stale=0, unknown=0, by_person={})
    shown = screen(report)
    assert "judge-rubric@1 is taken at its word; to check it: 100 labels, about 24 minutes" in shown
    assert "none; graded by the table, loss 6.8 pp; where grades differ: 40 labels, about 10 minutes" in shown
    assert any(line.rstrip().endswith("table, loss 6.8 pp") for line in shown.splitlines())
    assert "measured: 14 s each" in shown
    assert "What all labels show" in end_page(report, PROGRESS)


def test_few_labels_and_labels_made_elsewhere_are_said_to_be_so() -> None:
    """Nineteen labels correct nothing yet; labels that were not drawn at random show no corrected loss."""
    assert "too few labels to correct by: 19 of 20" in dict(sentences(replace(ARM, drawn=19), 20))["so far"]
    elsewhere = replace(ARM, drawn=0, agreement=NONE, corrected=None, upper=None, worth=None, rates=None)
    names = [name for name, _ in sentences(elsewhere, 20)]
    assert names == ["labels", "agreement", "loss by the judge"]
    compared = replace(ARM, rates=None)
    assert "by Rogan-Gladen" not in dict(sentences(compared, 20))
    unknown = dict(sentences(replace(RULE, relabelled_loss=None), 20))
    assert unknown["loss"].endswith(f"{DASH} with people's words in its place")


def test_shares_and_losses_without_labels_are_a_dash() -> None:
    """Nothing is written as 0 % that is not known."""
    assert (percent(NONE), interval(None)) == (DASH, DASH)
    assert work(1, None) == "1 label, about 1 minute (assumed: 30 s each)"
    assert work(100, 0.2) == "100 labels, about 1 minute (measured: 1 s each)"


def test_the_json_is_json_and_whole() -> None:
    """NaN becomes null, and the bias is what the judge is wrong by."""
    document = json.loads(json.dumps(as_json(REPORT), allow_nan=False))
    reply, lookup = document["arms"]
    assert reply["specificity"]["share"] is None
    assert reply["bias"] == ARM.loss - 0.024
    assert (lookup["corrected"], lookup["sensitivity"], lookup["bias"]) == (None, None, None)
    assert lookup["relabelled_loss"] == -0.01


def test_the_page_holds_texts_as_texts() -> None:
    """What others wrote is shown and never obeyed; an empty answer is said to be one."""
    page = pair_page(PAIR, PROGRESS)
    assert "&lt;reply&gt;" in page
    assert "asked &lt;b&gt;" in page
    assert "nothing but white space" in page
    assert "3 of 10 done, 1 skipped" in page
    assert 'value="undo"' in page
    assert 'value="undo"' not in pair_page(PAIR, Progress("anna", 0, 10, 0, None))
    assert "claude" not in page


def test_the_end_says_what_all_labels_show() -> None:
    """Both candidates, people among themselves, and what does not count."""
    page = end_page(REPORT, Progress("anna", 10, 10, 1, None))
    assert "Done: 9 labels of anna, 1 skipped" in page
    assert "claude-haiku-5-5 against claude-opus-5-5" in page
    assert "kappa 0.81" in page
    assert "are others now" in page
    assert "&lt;b&gt;" in problem_page("no <b>")
