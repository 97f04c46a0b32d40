"""The plan of a replay: as a screen whose every figure has its basis, and as JSON that holds them all."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from modelmix.report.replay_plan import as_json, card
from report.replays import LONG, PLAN, TYPES, plain, shown


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_cut(width: int) -> None:
    """Long names fold, and nothing ends in an ellipsis."""
    text = shown(card(PLAN), width)
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    assert max(len(line) for line in text.splitlines()) <= width
    assert LONG in "".join(line[:25].strip() for line in text.splitlines())
    assert TYPES[0].grader in "".join(line[25:42].strip() for line in text.splitlines())


def test_every_figure_has_its_basis() -> None:
    """Prices are estimated list prices, power says what it assumes, counts say of what."""
    text = plain(shown(card(PLAN), 120))
    for said in (
        "asks 1,546 requests, of which 100 answers there already",
        "claude-haiku-5-5@medium: 1,296 for about $0.37, at most $7.50",
        "claude-opus-5-5@medium, the baseline again: 150 for about $1.10, at most $22",
        "cost about $1.50, at most $30 (list price, estimated)",
        "never more than --max-spend $30.00",
        "fewer prompts than the margins need, to stay within it: expect UNDECIDED",
        "chance to clear the margin if nothing is lost, 5% of the pairs differ and 20% of the prompts only",
        "prompts needed for a chance of four in five: extraction 414",
        "all types together, 1,037 fresh pairs, margin 2.0 pp: no loss clears with 78%",
        "a loss of 0.5 pp clears with 52%, a loss of 1.0 pp clears with 31%",
        "fitted claude-haiku-5-5@low: temperature left out, in 24 prompts",
        "left out 12 rows: it uses a tool that the API runs itself",
        "1 row: it failed when it was recorded",
        "4,567 rows: its prompt had been seen before",
        "3 rows: could not be read",
        "89 rows: a known answer whose prompt is in no log",
        "323 rows: asks for another model or effort than its type; explicit choices stay",
        "graded against today's own answers where no right one is known (extraction): a loss is an upper",
        "answers are graded and forgotten (--keep-text)",
        "grader answers of letters are free text",
        "2.1 pp 81%",
    ):
        assert said in text


def test_what_does_not_apply_is_not_said() -> None:
    """Without a cap, a shortage, guesses or rows left out there is no line of them."""
    whole = replace(TYPES[0], others=0)
    report = replace(
        PLAN,
        types=(whole,),
        max_spend_usd=None,
        scaled=False,
        reused=0,
        set_aside={},
        fitted={},
        bad_rows=0,
        repeats=0,
        unmatched=0,
        keeps_text=True,
    )
    text = plain(shown(card(report), 120))
    for said in (
        "--max-spend",
        "UNDECIDED",
        "needed",
        "left out",
        "fitted",
        "upper bound",
        "there already",
        "grader answers",
    ):
        assert said not in text
    assert "text answers are kept, for reports to show" in text


def test_json_holds_every_figure() -> None:
    """Costs by candidate, power with its assumptions, and what was left out with its reasons."""
    document = json.loads(json.dumps(as_json(PLAN)))
    assert document["schema"] == "modelmix.replay-plan/1"
    first, second, none = document["types"]
    assert {
        "task_type": LONG,
        "baseline": "claude-opus-5-5@medium",
        "candidates": ["claude-haiku-5-5@medium"],
        "grader": TYPES[0].grader,
        "note": "",
        "prompts": 1250,
        "available": 98_765,
        "explicit_choices": 321,
        "known_answers": 1250,
        "type_margin": 0.021,
        "needed": 1250,
        "power": 0.806,
    } == first
    assert (second["needed"], none["grader"], none["candidates"]) == (414, None, [])
    assert document["cost"] == {
        "basis": "estimated",
        "expected_usd": 1.47,
        "at_most_usd": 29.5,
        "judging_expected_usd": 0.0,
        "judging_at_most_usd": 0.0,
        "max_spend_usd": 30.0,
        "by_candidate": [
            {
                "candidate": "claude-haiku-5-5@medium",
                "requests": 1296,
                "expected_usd": 0.37,
                "at_most_usd": 7.5,
            },
            {
                "candidate": "claude-opus-5-5@medium, the baseline again",
                "requests": 150,
                "expected_usd": 1.1,
                "at_most_usd": 22.0,
            },
        ],
    }
    assert document["power"] == {
        "fresh_pairs": 1037,
        "margin": 0.02,
        "alpha": 0.05,
        "discordance_assumed": 0.05,
        "choosing_share": 0.2,
        "clears_at_loss": [
            {"loss": 0.0, "power": 0.78},
            {"loss": 0.005, "power": 0.52},
            {"loss": 0.01, "power": 0.31},
        ],
    }
    assert [one["rows"] for one in document["set_aside"]] == [12, 1]
    assert tuple(
        document[name]
        for name in ("requests", "reused", "baseline_again", "bad_rows", "repeats", "known_answers_unmatched")
    ) == (1546, 100, 150, 3, 4567, 89)
    assert (
        document["scaled_to_cap"],
        document["keeps_text"],
        document["prices"],
    ) == (True, False, {"as_of": "2026-11-10", "sha256": "ab" * 32})
    assert as_json(replace(PLAN, max_spend_usd=None))["cost"]["max_spend_usd"] is None


def test_what_judges_cost_is_told_apart() -> None:
    """Of a plan with judges the card and the JSON say which part of the cost they are."""
    judged = replace(PLAN, judging_usd=(Decimal("0.4"), Decimal("7.5")))
    found = as_json(judged)["cost"]
    assert (found["judging_expected_usd"], found["judging_at_most_usd"]) == (0.4, 7.5)
    assert "of which judges about $0.40, at most $7.50" in shown(card(judged), 120)
