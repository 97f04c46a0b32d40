"""Judges on the screen of a replay: what they cost and go by, each share with its n and interval."""

from decimal import Decimal

from modelmix.evaluate.judges.habits import Seen, habits
from modelmix.report.replay_judges import JudgeRow, judge_json, judge_lines

LONGER = [
    Seen(
        float(i % 2), agree=i % 5 != 0, first_wins=2 if i % 5 == 0 else 1, length_ratio=2.0 if i % 2 else 0.5
    )
    for i in range(40)
]


def row(compared: list[Seen] | None) -> JudgeRow:
    """Write a judge's row."""
    return JudgeRow(
        task_type="letters",
        grader="judge-pairwise@1",
        requests=1,
        usd=Decimal("1.25"),
        habits=None if compared is None else habits(compared),
    )


def test_a_judge_says_what_it_costs_and_goes_by() -> None:
    """Contradictions, ties and the pull of length stand there with their intervals."""
    cost, orders, length = judge_lines(row(LONGER))
    assert cost == "letters by judge-pairwise@1: 1 request, $1.25; not checked against people"
    assert "contradict each other on 20% of 40 (9% to 36%)" in orders
    assert "longer answer wins 100% of 40 (91% to 100%)" in length
    assert length.endswith("twice the length moves the score by +0.50 (shown at 95 %)")
    found = judge_json(row(LONGER))
    assert (found["checked_against_people"], found["habits"]["length_matters"]) == (False, True)
    assert {key: found["habits"]["orders_disagree"][key] for key in ("n", "count", "share")} == {
        "n": 40,
        "count": 8,
        "share": 0.2,
    }


def test_what_was_not_compared_has_no_habits() -> None:
    """A rubric's judge has none, ties alone say nothing of length, and no share of nothing is a number."""
    assert len(list(judge_lines(row(None)))) == 1
    assert judge_json(row(None))["habits"] is None
    assert len(list(judge_lines(row([Seen(0.5, agree=True, first_wins=0, length_ratio=1.0)])))) == 2
    few = list(judge_lines(row(LONGER[:3])))
    assert "twice" not in few[2]
    nothing = judge_json(row([]))
    assert nothing["habits"]["ties"]["share"] is None
    assert "none of 0" in list(judge_lines(row([])))[1]
