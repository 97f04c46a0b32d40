"""What a replay has found: as a screen whose every figure has its basis, and as JSON that holds them all."""

import json
from dataclasses import replace

import pytest

from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.verdict import judge
from modelmix.report.replay import as_json, card
from report.replays import LONG, RESULT, SEEN, of_markup, plain, shown


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_cut(width: int) -> None:
    """Long names fold, and nothing ends in an ellipsis."""
    text = shown(card(RESULT), width)
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    assert max(len(line) for line in text.splitlines()) <= width
    assert LONG in "".join(line[:27].strip() for line in text.splitlines())


def test_every_figure_has_its_basis() -> None:
    """Answers of how many, dollars of which cap, losses with their pairs, bounds with their level."""
    text = plain(shown(card(RESULT), 200))
    for said in (
        "r-20261125-1 done · 1,500 of 1,546 answers, 100 there before · $2.16 of $30.00",
        "simulated: answers are synthetic, and no dollar was spent",
        "claude-haiku-5-5@medium 1,250 7.8 pp \N{MINUS SIGN}97%",
        "claude-sonnet-5-5@high 46 0.0 pp no price",
        f"{LONG} on claude-haiku-5-5@medium: slice 'no answer' loses 20.0 pp in 40 pairs",
        "other label (90), invented an answer (8), no label (1)",
        "A/A the baseline against itself: 150 pairs, loss 0.7 pp, at most",
        "at 0.95, margin 2.0 pp: UNDECIDED",
        "3 answers got lost on the way and may have cost up to $0.12 more; booked at that",
        "2 answers got lost on the way; booked as the usage report shows them",
        "21 requests: rejected by its candidate as it stands",
        "6 requests: failed too often; the same command tries it again",
        "40 requests: not sent, as its candidate rejects everything",
        "5 prompts could not be graded: reference is not JSON",
        "cost of a call against the baseline's; nothing is certified before optimize",
        "next modelmix optimize --margin 2.5pp -o policy.yaml",
    ):
        assert said in text
    for unsaid in ("two labels", "missing: total", "slice 'fine'"):
        assert unsaid not in text


@pytest.mark.parametrize(
    ("outcome", "command"),
    [
        ("capped", "modelmix replay --resume r-20261125-1 --max-spend MORE"),
        ("interrupted", "modelmix replay --resume r-20261125-1"),
    ],
)
def test_an_unfinished_replay_says_how_to_go_on(outcome: str, command: str) -> None:
    """With the command to type."""
    text = plain(shown(card(replace(RESULT, outcome=outcome)), 120))
    assert text.endswith(f"next {command}")
    assert f"r-20261125-1 {outcome} ·" in text


def test_what_does_not_apply_is_not_said() -> None:
    """A clean run has no line of losses, rejections or copies."""
    clean = replace(
        RESULT,
        is_simulated=False,
        reused=0,
        lost=0,
        found=0,
        rejected=0,
        given_up=0,
        dropped=0,
        ungradable={},
        max_spend_usd=None,
        again=None,
        notes=(),
    )
    text = plain(shown(card(clean), 120))
    for said in ("simulated", "there before", "lost on", "booked", "A/A", "note", " of $"):
        assert said not in text


def test_nothing_graded_is_no_table() -> None:
    """And no step that would fail follows from it."""
    text = plain(shown(card(replace(RESULT, seen=())), 120))
    assert "no answer could be graded yet" in text
    assert "optimize" not in text
    assert text.endswith("next modelmix replay --dry-run, which says what could be asked")


def test_a_baseline_that_agrees_with_itself_clears() -> None:
    """Enough pairs without a difference show it."""
    finding = judge(Pairs(0.0, 0.0, 150), 0.02, alpha=0.05)
    assert "CLEARS" in shown(card(replace(RESULT, again=finding)), 120)


def test_names_of_others_are_shown_not_obeyed() -> None:
    """Neither markup nor terminal controls."""
    text = shown(card(of_markup(RESULT)), 120)
    assert "[red]x[/red]" in text
    assert "\x1b" not in text


def test_json_holds_every_figure() -> None:
    """Spend to the last digit, requests by what became of them, pairs with gains and losses."""
    document = json.loads(json.dumps(as_json(RESULT)))
    assert tuple(document[name] for name in ("schema", "replay_id", "outcome", "resumed", "simulated")) == (
        "modelmix.replay/1",
        "r-20261125-1",
        "done",
        True,
        True,
    )
    assert document["spend"] == {
        "usd": 2.1586213,
        "usd_exact": "2.1586213",
        "lost_at_most_usd": 0.125,
        "answers_lost": 3,
        "answers_lost_found_by_usage_report": 2,
        "max_spend_usd": 30.0,
    }
    assert document["requests"] == {
        "planned": 1546,
        "sent": 1433,
        "answered": 1400,
        "reused": 100,
        "rejected": 21,
        "given_up": 6,
        "dropped": 40,
        "told_to_wait": 7,
    }
    first, second = document["seen"]
    assert (
        first["pairs"],
        first["gains"],
        first["losses"],
        first["loss"],
        first["certified"],
    ) == (1250, 2.0, 100.0, 98 / 1250, False)
    assert (
        first["usd_per_call"],
        first["baseline_usd_per_call"],
        second["usd_per_call"],
        second["baseline_usd_per_call"],
    ) == (0.00021, 0.0071, None, None)
    assert first["found_wrong"][-1] == {"why": "two labels", "answers": 1}
    assert [(one["slice"], one["pairs"]) for one in first["slices"]] == [("fine", 30), ("no answer", 40)]
    again = document["baseline_against_itself"]
    assert tuple(again[name] for name in ("verdict", "pairs", "margin", "alpha")) == (
        "UNDECIDED",
        150,
        0.02,
        0.05,
    )
    assert document["ungradable"] == [{"why": "reference is not JSON", "prompts": 5}]
    assert list(RESULT.notes) == document["notes"]


def test_json_without_pairs_has_no_loss() -> None:
    """It is null, not a number that JSON does not know."""
    nothing = Pairs(0.0, 0.0, 0.0)
    report = replace(
        RESULT,
        again=judge(nothing, 0.02, alpha=0.05),
        seen=(replace(SEEN[0], pairs=nothing),),
        max_spend_usd=None,
    )
    document = json.loads(json.dumps(as_json(report), allow_nan=False))
    assert (
        document["seen"][0]["loss"],
        document["baseline_against_itself"]["loss"],
        document["spend"]["max_spend_usd"],
    ) == (None, None, None)
    assert as_json(replace(RESULT, again=None))["baseline_against_itself"] is None


def test_what_a_person_could_decide_is_said() -> None:
    """How many prompts wait for a reviewer, how to have them written down, and then where they are."""
    waiting = replace(RESULT, to_review=31)
    said = plain(shown(card(waiting), 80))
    assert "on 31 prompts a close candidate differs from today's answer" in said
    assert "--review review.csv writes them down" in said
    assert as_json(waiting)["to_review"] == 31
    written = replace(waiting, review_path="review.csv")
    said = plain(shown(card(written), 80))
    assert "Write the letter of the right answer (or none) under expected in review.csv" in said
    assert "next review review.csv" in said
    assert as_json(written)["review"] == "review.csv"
