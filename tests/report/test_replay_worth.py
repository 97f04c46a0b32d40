"""What a replay is worth: nothing proven is said to be, and what is not known is said not to be."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from modelmix.report.replay_plan import as_json, card
from modelmix.report.replay_worth import next_notes, stake_notes, ways_note, worth_json
from report.replays import HAIKU, LONG, PLAN, SONNET, WORTH, plain, shown, stake, type_stake


def test_what_is_at_stake_is_not_said_to_be_saved() -> None:
    """By task type and candidate over 30 days, with the days in which it pays for its proof."""
    text = plain(shown(card(PLAN), 200))
    for said in (
        "at stake 2 calls without a price: nothing is counted for them",
        "in 30 days at today's list prices, from 12 days of log, if every answer held (estimated, proven: ",
        f"{LONG} of $150: $120 on {HAIKU}, paid back in less than 0.1 days; $60 on {SONNET}, paid back in 25",
        f"extraction of $150: $9.00 on {HAIKU}, which takes 75.0 % of it, paid back in 4.2 days",
        f"letters of $150: {HAIKU} unpriced (not asked)",
        "what is asked, together: up to $129; all of the proof paid back in 0.4 days",
    ):
        assert said in text


def test_the_type_with_most_at_stake_comes_first() -> None:
    """And beyond eight the rest is one line, with its sum."""
    types = tuple(type_stake(f"t{n}", stake(saving_month_usd=Decimal(n))) for n in range(10))
    lines = list(stake_notes(replace(WORTH, types=types)))
    assert [f"t{n}" for n in range(9, 1, -1)] == [line.split()[0] for line in lines[1:-2]]
    assert lines[-2] == "2 types more: up to $1.00 (--json names them)"


def test_what_saves_nothing_never_pays_back() -> None:
    """A dearer candidate is shown as such, and a type without a cheaper one says so."""
    dear = type_stake("t", stake(saving_month_usd=Decimal(-4), payback_days=None), today_month_usd=None)
    free = type_stake("v", stake(saving_month_usd=Decimal(0)), is_asked=False)
    types = (dear, type_stake("u", is_asked=False), free)
    lines = list(stake_notes(replace(WORTH, types=types, payback_days=None)))
    assert lines[1] == f"t: \N{MINUS SIGN}$4.00 on {HAIKU}, never pays back"
    assert lines[2] == "u of $150: no cheaper candidate (not asked)"
    assert lines[3] == f"v of $150: $0.00 on {HAIKU} (not asked)"
    assert lines[4].endswith("all of the proof never pays back")
    assert (dear.best, type_stake("u").best) == (None, None)


def test_no_month_follows_from_hours_of_log() -> None:
    """Then nothing is said of savings, and the reason is."""
    short = replace(WORTH, types=(), saving_month_usd=None)
    assert list(stake_notes(short)) == [
        "not known: the log spans less than a day, and no month follows from that"
    ]


def test_the_next_dollar_has_a_line_of_each_first_type() -> None:
    """Its pairs, what they cost and what they are expected to bring; at most three types."""
    lines = list(next_notes(WORTH))
    first = f"1,250 more pairs of {LONG} on {HAIKU} for $0.060: expected gain $12 a month"
    assert (first, 2) == (lines[0], len(lines))
    assert lines[1].startswith("(estimated: counts with the chance to clear; ")
    four = tuple(replace(WORTH.next[0], task_type=name) for name in "abcd")
    assert len(list(next_notes(replace(WORTH, next=four)))) == 4
    assert list(next_notes(replace(WORTH, next=(), next_why="nothing: why"))) == ["nothing: why"]


def test_the_price_of_the_other_way_stands_beside_the_quote() -> None:
    """Expected and at most, whichever way it is sent."""
    assert ways_note(WORTH) == (
        "live, at once; by Message Batches, without --live: about $0.74, at most $15 (estimated)"
    )
    assert ways_note(replace(WORTH, by_batch=True)) == (
        "by Message Batches, in their own time; at once, with --live: about $1.50, at most $30 (estimated)"
    )


def test_json_holds_every_figure_of_the_worth() -> None:
    """Beside the keys that were there, with the basis of each part."""
    document = json.loads(json.dumps(as_json(PLAN)))
    assert {**document, **worth_json(WORTH)} == document
    assert {"estimated"} == {document[key]["basis"] for key in ("at_stake", "next", "batch", "live")}
    found = document["at_stake"]
    assert (
        found["span_days"], found["saving_month_usd"], found["proof_usd"], found["payback_days"],
    ) == (12.0, 129.0, 1.47, 0.44)  # fmt: skip
    first, _, last = found["types"]
    assert (
        first["task_type"], first["is_asked"], first["calls"], first["unpriced_calls"], first["today_usd"],
        first["today_month_usd"],
    ) == (LONG, True, 1200, 2, 60.0, 150.0)  # fmt: skip
    assert first["candidates"][0] == {
        "candidate": HAIKU,
        "priced_calls": 1200,
        "taken_share": 1.0,
        "saving_per_call_usd": 0.1,
        "saving_month_usd": 120.0,
        "type_margin": 0.021,
        "power": 0.806,
        "proof_usd": 0.3,
        "payback_days": 0.093,
    }
    assert last["candidates"][0]["saving_month_usd"] is None
    assert document["next"]["purchases"][0] == {
        "step": 1,
        "task_type": LONG,
        "candidate": HAIKU,
        "pairs": 1250,
        "cost_usd": 0.06,
        "gain_month_usd": 12.2,
        "power": 0.806,
    }
    assert (
        document["next"]["why_none"],
        document["next"]["default_error_rate"],
        document["next"]["believed_answers"],
    ) == (None, 0.05, 20.0)
    assert document["batch"] == {
        "basis": "estimated",
        "is_sent": False,
        "expected_usd": 0.735,
        "at_most_usd": 14.75,
    }


@pytest.mark.parametrize(("margin", "said"), [(0.0001, "<0.1 pp"), (0.0213, "2.1 pp")])
def test_a_tiny_margin_is_not_written_as_none(margin: float, said: str) -> None:
    """What an error costs may make it tiny; it never reads as nothing."""
    types = tuple(replace(row, margin=margin) for row in PLAN.types)
    assert said in plain(shown(card(replace(PLAN, types=types)), 120))
