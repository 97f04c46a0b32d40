"""The naive router, beside which the demo sets what is proven."""

from decimal import Decimal

import pytest

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.demo.naive import naive, worst

BASE, CHEAP, CHEAPER = Candidate("base"), Candidate("cheap"), Candidate("cheaper")
USD = {BASE: Decimal(10), CHEAP: Decimal(5), CHEAPER: Decimal(1)}


def row(number: int, candidate: Candidate, score: float, *, why: str = "", absent: bool = False) -> Outcome:
    """Write one graded answer."""
    return Outcome(
        prompt_id=str(number),
        task_type="forms",
        candidate=candidate,
        score=score,
        cost_usd=USD[candidate],
        slice_name="field absent" if absent else "",
        why=why,
        response="given",
        expected="right",
    )


def outcomes(cheaper_right: int) -> list[Outcome]:
    """Let three candidates answer ten forms, on the last of which a field is absent."""
    rows = [row(number, BASE, 1.0, absent=number == 9) for number in range(10)]
    rows += [row(number, CHEAP, 1.0, absent=number == 9) for number in range(10)]
    for number in range(10):
        right = number < cheaper_right
        why = "" if right else "invented: due_on" if number == 9 else "wrong: total"
        rows.append(row(number, CHEAPER, float(right), why=why, absent=number == 9))
    return rows


@pytest.mark.parametrize(("right", "taken", "saving"), [(8, CHEAPER, 0.9), (7, CHEAP, 0.5)])
def test_it_takes_the_cheapest_that_gets_eight_of_ten_right(
    right: int, taken: Candidate, saving: float
) -> None:
    """Averages decide, whatever they hide."""
    found = naive(outcomes(right), BASE)
    assert found.routes == {"forms": taken}
    assert found.saving_share == pytest.approx(saving)
    assert found.absent == 1
    assert found.invented == int(taken == CHEAPER)


def test_its_harm_is_counted_in_wrong_answers() -> None:
    """Errors per 1,000 are those of today and of its choice."""
    before, after = naive(outcomes(8), BASE).errors_per_1000
    assert before == 0.0
    assert after == pytest.approx(200.0)


def test_without_a_good_enough_candidate_it_stays() -> None:
    """A type in which nobody reaches the rate keeps its baseline; without a price nothing is saved."""
    poor = [row(number, candidate, 0.0) for number in range(4) for candidate in (BASE, CHEAP)]
    found = naive(poor, BASE)
    assert (found.routes, found.saving_share) == ({}, 0.0)
    assert naive([], BASE).saving_share == 0.0


def test_the_worst_answers_are_those_that_today_gives_right() -> None:
    """Inventions come first, and only declined candidates are shown."""
    rows = outcomes(7)
    shown = worst(rows, {"forms": [CHEAPER]}, BASE, 2)
    assert [(one.prompt_id, one.why) for one in shown] == [("9", "invented: due_on"), ("7", "wrong: total")]
    assert worst(rows, {}, BASE, 2) == []
