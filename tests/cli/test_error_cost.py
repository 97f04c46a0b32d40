"""What a wrong answer costs, as options say it."""

from decimal import Decimal

import pytest
import typer

from modelmix.cli.error_cost import error_costs_of

D = Decimal


def test_dollars_as_they_are() -> None:
    """Without minutes it is what ``--error-cost`` says."""
    found = error_costs_of(["0.5", "t=4"], None, [])
    assert (found.common_usd, dict(found.named_usd), found.said) == (D("0.5"), {"t": D(4)}, ())


def test_minutes_at_a_wage() -> None:
    """Twelve minutes at $30 an hour are $6, and it is said; types with dollars keep theirs."""
    found = error_costs_of(["u=1"], "$30", ["t=12", "3"])
    assert (found.common_usd, dict(found.named_usd)) == (D("1.5"), {"u": D(1), "t": D(6)})
    assert found.said == (
        "a wrong answer of t costs $6.00: 12 minutes at $30 an hour",
        "a wrong answer of every other type costs $1.50: 3 minutes at $30 an hour",
    )
    assert error_costs_of([], "30", ["3"]).said == (
        "a wrong answer of every type costs $1.50: 3 minutes at $30 an hour",
    )


def test_the_same_cost_is_the_same_question() -> None:
    """Minutes at a wage and dollars that are as much are written alike, so that neither is a new attempt."""
    minutes = error_costs_of([], "30.00", ["t=12.0"])
    assert str(minutes.named_usd["t"]) == str(error_costs_of(["t=6"], None, []).named_usd["t"]) == "6"


@pytest.mark.parametrize(
    ("costs", "wage", "minutes", "why"),
    [
        ([], "30", [], "costs nothing without minutes"),
        ([], None, ["3"], "minutes have no cost without a wage"),
        ([], "x", ["3"], "is not a positive amount of USD"),
        ([], "a=3", ["3"], "'a=3' is not what an hour costs; write 30"),
        ([], "30", ["t=-3"], "is not a positive amount of minutes; write 12"),
        (["t=3"], "30", ["t=3"], "task type 't' has a cost by --error-cost already"),
        (["3"], "30", ["3"], "every task type has a cost by --error-cost already"),
        ([], "999999999999", ["999999999999"], "which is no cost of an error; correct one of the two"),
    ],
)
def test_refusals_are_one_sentence(costs: list[str], wage: str | None, minutes: list[str], why: str) -> None:
    """Each says what is wrong and what to write."""
    with pytest.raises(typer.BadParameter) as refused:
        error_costs_of(costs, wage, minutes)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
