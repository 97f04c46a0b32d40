"""Looks in words and as JSON: how many pairs, what is shown of the loss, and who goes on."""

import math
from dataclasses import replace

import pytest

from modelmix.evaluate.verdict import Finding, Verdict
from modelmix.optimize.stopping import State
from modelmix.report.replay import as_json, card
from modelmix.report.replay_looks import LookRow, look_line, looks_json
from modelmix.report.replay_plan import LooksPlan
from modelmix.report.replay_plan import as_json as plan_json
from modelmix.report.replay_plan import card as plan_card
from report.replays import PLAN, RESULT, shown


def finding(verdict: Verdict = Verdict.CLEARS, pairs: float = 480.0) -> Finding:
    """Build what a look says."""
    return Finding(verdict, pairs, 0.002, 0.0088, 0.06, 0.01, None)


ROW = LookRow(
    task_type="invoices",
    candidate="claude-haiku-5-5@low",
    state=State.CERTIFIED,
    taken=2,
    planned=5,
    planned_pairs=1200,
    finding=finding(),
    at_least=-0.001,
)
ON = "invoices on claude-haiku-5-5@low: look"
ENDED = f"{ON} 5 of 5, 480 pairs, loss ≤ 0.9 pp"
FAILED = replace(ROW, state=State.FAILS, finding=finding(Verdict.FAILS, 96.0), at_least=0.0649)
OPEN = replace(ROW, state=State.OPEN)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW, f"{ON} 2 of 5, 480 pairs, loss ≤ 0.9 pp, CLEARS 6.0 pp, stopped early"),
        (replace(ROW, taken=5), f"{ON} 5 of 5, 480 pairs, loss ≤ 0.9 pp, CLEARS 6.0 pp"),
        (FAILED, f"{ON} 2 of 5, 96 pairs, loss ≥ 6.4 pp, FAILS 6.0 pp: stays, stopped early"),
        (
            replace(ROW, state=State.FUTILE, finding=finding(Verdict.UNDECIDED)),
            f"{ON} 2 of 5, 480 pairs, loss ≤ 0.9 pp, 6.0 pp is out of reach: stays, stopped early",
        ),
        (
            OPEN,
            f"{ON} 2 of 5, 480 pairs, loss ≤ 0.9 pp, CLEARS 6.0 pp, goes on with the rest",
        ),
        (
            replace(OPEN, finding=finding(Verdict.UNDECIDED, 1.0)),
            f"{ON} 2 of 5, 1 pair, loss ≤ 0.9 pp, UNDECIDED at 6.0 pp, goes on",
        ),
        (
            replace(ROW, state=State.UNDECIDED, taken=5),
            f"{ENDED}, CLEARS 6.0 pp by itself, not with the traffic that moves",
        ),
        (
            replace(ROW, state=State.UNDECIDED, taken=5, finding=finding(Verdict.UNDECIDED)),
            f"{ON} 5 of 5, 480 pairs, loss ≤ 0.9 pp, UNDECIDED at 6.0 pp",
        ),
        (replace(OPEN, taken=0, finding=None), f"{ON} 0 of 5, no fresh pair yet"),
        (
            replace(ROW, state=State.NOT_PUT_FORWARD, candidate="", taken=0, finding=None),
            "invoices: no candidate is put forward: its choosing rows promise too little; it stays",
        ),
        (
            replace(ROW, state=State.CHOOSING, candidate="", taken=0, finding=None),
            "invoices: not chosen for yet; its choosing rows are not all in",
        ),
    ],
)
def test_a_line_says_what_a_look_says(row: LookRow, said: str) -> None:
    """Pairs, the bound that holds, the verdict with its margin, and whether it stopped early."""
    assert look_line(row) == said


def test_names_of_others_cannot_write_on_the_screen() -> None:
    """Control characters of a task type are not printed."""
    assert "\x1b" not in look_line(replace(ROW, task_type="a\x1b[2Jb"))


def test_json_holds_the_same_figures() -> None:
    """What is not known is null."""
    assert looks_json(FAILED) == {
        "task_type": "invoices",
        "candidate": "claude-haiku-5-5@low",
        "state": "fails",
        "looks_taken": 2,
        "looks_planned": 5,
        "pairs": 96.0,
        "pairs_planned": 1200,
        "stopped_early": True,
        "loss": 0.002,
        "at_least": 0.0649,
        "bound": 0.0088,
        "margin": 0.06,
        "verdict": "FAILS",
    }
    nothing = replace(ROW, state=State.CHOOSING, candidate="", taken=0, finding=None, at_least=math.nan)
    found = looks_json(nothing)
    assert {key for key, value in found.items() if value is None} == {
        "candidate", "loss", "at_least", "bound", "margin", "verdict",
    }  # fmt: skip
    assert (found["pairs"], found["stopped_early"]) == (0, False)
    unseen = replace(ROW, finding=Finding(Verdict.UNDECIDED, 0.0, math.nan, 1.0, 0.06, 0.01, None))
    assert looks_json(unseen)["loss"] is None
    assert look_line(unseen).endswith("no fresh pair yet")


def test_a_replay_shows_its_looks_and_the_bar_that_is_the_same_attempt() -> None:
    """Each type has its line, and the last one names optimize with every option of the bar."""
    report = replace(RESULT, looks=(ROW, FAILED), bar="--margin 2pp --alpha 0.1", outcome="done")
    text = " ".join(shown(card(report), 100).split())
    assert "looks invoices on claude-haiku-5-5@low: look 2 of 5, 480 pairs" in text
    assert "modelmix optimize --margin 2pp --alpha 0.1 -o policy.yaml" in text
    assert [one["state"] for one in as_json(report)["looks"]] == ["certified", "fails"]


def test_a_plan_says_how_it_looks() -> None:
    """How many looks, the pairs expected, and who is tested once all the same."""
    plan = replace(PLAN, looks=LooksPlan(looks=5, types=("extraction",), pairs=1, expected_pairs=0.7))
    text = " ".join(shown(plan_card(plan), 100).split())
    assert "looks at most 5: of each type one candidate is put forward" in text
    assert "about 1 of 1 pair if nothing is lost" in text
    assert "asked whole and tested once: a-task-type" in text
    assert "asks at most" in text
    assert plan_json(plan)["looks"] == {
        "looks": 5,
        "task_types": ["extraction"],
        "fresh_pairs": 1,
        "expected_fresh_pairs": 0.7,
    }
    whole = replace(plan, looks=replace(plan.looks, types=tuple(row.task_type for row in plan.types)))  # type: ignore[type-var] # it has looks
    assert "tested once" not in shown(plan_card(whole), 100)
    assert plan_json(replace(plan, looks=None))["looks"] is None
