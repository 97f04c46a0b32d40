"""What was decided, on screen and as JSON."""

import io
import json
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from rich.console import Console, RenderableType

from modelmix.core.candidate import Candidate
from modelmix.core.level import LAST_TURNS, Level
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.optimize.contest import Standing
from modelmix.optimize.fit import Fit, Scene, fit
from modelmix.optimize.goal import Goal
from modelmix.report import contest
from modelmix.report import fit as fit_report

GOAL = Goal(margin=0.02)
BASE, CHEAP = Candidate("base"), Candidate("cheap")


def evidence(name: str, n: int, wrong: int, cost: float = 0.1) -> TypeEvidence:
    """Build a type on which the cheap arm alone errs on some prompts, spread evenly."""
    score = np.ones((n, 2))
    score[np.linspace(0, n - 1, wrong, dtype=int), 1] = 0.0
    units = tuple(f"{name}{i}" for i in range(n))
    return TypeEvidence(name, (BASE, CHEAP), units, score, np.tile([1.0, cost], (n, 1)))


def decided(*types: TypeEvidence) -> Fit:
    """Fit the types with one baseline."""
    return fit(types, {e.task_type: Scene(BASE, float(len(e.units))) for e in types}, GOAL)


def report(found: Fit, path: str = "policy.yaml") -> fit_report.FitReport:
    """Wrap a fit."""
    return fit_report.FitReport(found, GOAL, path, "ab" * 32 if path else "", ("volumes: prompts",))


def shown(renderable: RenderableType, width: int = 80) -> str:
    """Render as plain text."""
    screen = io.StringIO()
    Console(file=screen, width=width, color_system=None).print(renderable)
    return screen.getvalue()


def test_a_proven_policy_on_screen() -> None:
    """The saving comes with its lower bound, the loss with its upper one, and each type with its verdict."""
    found = decided(
        evidence("moves", 2000, 0), evidence("stays", 500, 200), evidence("dear", 300, 0, cost=2.0)
    )
    text = shown(fit_report.card(report(found)))
    assert "less (at least" in text
    assert "fresh pairs" in text
    assert "errors per 1,000 moved: 0 before, 0 after" in text
    assert "moves: base → cheap" in text
    assert "FAILS on cheap" in text
    assert "no cheaper candidate" in text
    assert "wrote policy.yaml (sha256 abababab)" in text


def test_a_screen_on_which_nothing_moves() -> None:
    """It says so, and what deciding would cost; without a file none is named."""
    text = shown(fit_report.card(report(decided(evidence("small", 30, 0)), path="")))
    assert "nothing moves" in text
    assert "could be decided for about $" in text
    assert "wrote" not in text


def test_names_are_not_obeyed() -> None:
    """Markup and terminal controls in the name of a task type are shown, not obeyed."""
    text = shown(fit_report.card(report(decided(evidence("[red]x\x1b[31m", 30, 0)))))
    assert "\x1b" not in text
    assert "[red]" in text


def test_json_is_json() -> None:
    """Every figure is a number or null: NaN would not be JSON."""
    for found in (
        decided(evidence("moves", 2000, 0), evidence("s", 5, 5)),
        decided(evidence("small", 30, 0)),
    ):
        text = json.dumps(fit_report.as_json(report(found)), allow_nan=False)
        document = json.loads(text)
        assert document["schema"] == "modelmix.optimize/1"
        assert {task["verdict"] for task in document["tasks"]} <= {"CLEARS", "FAILS", "UNDECIDED"}
    bare = evidence("t", 300, 0)
    unpriced = decided(replace(bare, cost_usd=np.full((300, 2), np.nan)))
    assert json.dumps(fit_report.as_json(report(unpriced)), allow_nan=False)


def test_json_says_what_an_accepted_outcome_costs() -> None:
    """At a cost of a wrong answer each candidate has its net saving, and a dearer one that pays is listed."""
    types = evidence("stays", 500, 200)
    for baseline, is_upward in ((BASE, False), (CHEAP, True)):
        found = fit([types], {"stays": Scene(baseline, 500.0, error_cost_usd=20.0)}, GOAL)
        document = json.loads(json.dumps(fit_report.as_json(report(found)), allow_nan=False))
        (task,) = document["tasks"]
        (one,) = task["upward"] if is_upward else task["tested"]
        costs = one["accepted"]
        assert task["error_cost_usd"] == 20.0
        assert costs["net_saving_low_usd"] < costs["net_saving_usd"] < costs["net_saving_high_usd"]
        assert costs["pays"] == ("only above" if is_upward else "only below")
        assert costs["break_even_error_usd"] == pytest.approx(0.9 / 0.4)
        assert costs["is_bigger_cheaper"] is not is_upward
        assert bool(task["upward"]) is is_upward
    free = fit_report.as_json(report(decided(types)))["tasks"][0]
    assert (free["error_cost_usd"], free["tested"][0]["accepted"], free["upward"]) == (None, None, [])
    same = fit(
        [replace(types, score=np.ones((500, 2)))], {"stays": Scene(BASE, 1.0, error_cost_usd=1.0)}, GOAL
    )
    costs = fit_report.as_json(report(same))["tasks"][0]["tested"][0]["accepted"]
    assert (costs["pays"], costs["break_even_error_usd"]) == ("always", None)


def standing(policy: str, pairs: int = 1700, *, false: float = 0.0, ceiling: float | None = 0.5) -> Standing:
    """Build a standing."""
    return Standing(policy, pairs, 0.2, (0.1, 0.3), ceiling, -0.001, false, 0.0, false, false, 200)


@pytest.mark.parametrize("width", [80, 120])
def test_a_contest_on_screen(width: int) -> None:
    """Each scenario and size has its table; a false share whose lower bound passes alpha stands out."""
    rows = (("table", standing("modelmix")), ("table", standing("naive", 3400, false=0.4, ceiling=None)))
    held = contest.Contest("t.parquet", 841, 0.02, 0.05, 7, {"table": 0.564}, rows, ("a note",))
    text = shown(contest.table(held), width)
    assert "t.parquet · 841 prompts · margin 2.0 pp · alpha 0.05" in text
    assert "table · 200 worlds of 1,700 pairs · ceiling 56.4%" in text
    assert "table · 200 worlds of 3,400 pairs" in text
    assert "40.0%" in text
    assert "a note" in text
    assert max(map(len, text.splitlines())) <= width


def test_a_contest_as_json() -> None:
    """The keys are those of the schema."""
    held = contest.Contest("t", None, 0.02, 0.05, 7, {"table": 0.5}, (("table", standing("modelmix")),))
    document = json.loads(json.dumps(contest.as_json(held), allow_nan=False))
    assert document["schema"] == "modelmix.bench/1"
    assert document["ceiling_saving_share"] == 0.5
    keys = {
        "policy", "pairs", "saving_share", "saving_ci", "share_of_ceiling", "quality_delta",
        "false_clears_pool", "false_clears_type", "false_clears_upper95", "worlds",
    }  # fmt: skip
    assert keys <= set(document["rows"][0])
    assert Decimal(str(document["rows"][0]["saving_share"])) == Decimal("0.2")


def test_a_truth_that_is_a_formula_has_no_prompts() -> None:
    """Where the truth rests on no table, the title counts none."""
    held = contest.Contest("the edge", None, 0.02, 0.05, 7, {"edge": 0.0}, (("edge", standing("modelmix")),))
    assert shown(contest.table(held)).splitlines()[0].strip() == "the edge"


def test_where_nothing_is_to_be_gained_it_says_so() -> None:
    """One homogeneous type whose cheaper candidate fails: no price is named for deciding anything."""
    text = shown(fit_report.card(report(decided(evidence("fails", 600, 200)))))
    assert "nothing to gain: every cheaper candidate measured is shown to lose more" in text
    assert "could be decided" not in text


def test_what_nobody_would_buy_is_not_offered_at_a_price() -> None:
    """A type that stays for want of a cheaper candidate, or of pairs beyond reach, has no price."""
    dear = decided(evidence("dear", 300, 0, cost=2.0))
    assert "nothing that a number of pairs within reach would decide" in shown(fit_report.card(report(dear)))
    small = decided(evidence("small", 30, 0))
    far = replace(small, decisions=tuple(replace(one, more_pairs=100_001) for one in small.decisions))
    text = shown(fit_report.card(report(far)), width=200)
    assert "nothing that a number of pairs within reach would decide" in text
    assert "30 pairs; at the loss seen, 0.0 pp, over 100,000 would be needed" in text


def test_pairs_of_whole_tasks_and_of_last_turns_are_named() -> None:
    """Whether a type moves or stays, its reason says what its pairs are."""
    for level, said in ((Level.TASK, "; pairs are whole tasks"), (Level.TURN, f"; pairs are {LAST_TURNS}")):
        types = evidence("moves", 2000, 0), evidence("stays", 500, 200)
        document = fit_report.as_json(report(decided(*(replace(one, level=level) for one in types))))
        for task in document["tasks"]:
            assert (task["unit"], task["why"][-len(said) :]) == (level, said)
    none = decided(replace(evidence("dear", 300, 0, cost=2.0), level=Level.TASK))
    assert "pairs" not in fit_report.as_json(report(none))["tasks"][0]["why"]
