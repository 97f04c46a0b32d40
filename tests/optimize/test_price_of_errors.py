"""The price of errors in words."""

from modelmix.core.candidate import Candidate
from modelmix.evaluate.paired import Pairs
from modelmix.optimize.net import nets_of
from modelmix.optimize.price_of_errors import dollars, price_of_errors
from modelmix.optimize.stratum import Comparison, Stratum

BASE, CHEAP, MIDDLE, DEAR = (Candidate(name) for name in ("base", "cheap", "middle", "dear"))


def said(*comparisons: Comparison, error_usd: float = 2.0) -> list[str]:
    """Say what is to be said of a type that stays."""
    stratum = Stratum("t", BASE, 1000.0, 0.10, 0.05, error_usd, False, comparisons)
    return list(price_of_errors(BASE, nets_of([stratum], 0.05)["t"], "not put forward"))


def test_bigger_is_cheaper_with_its_figures() -> None:
    """Cost of an accepted outcome on both, the interval, the pairs, and while what it pays."""
    (sentence,) = said(Comparison(CHEAP, Pairs(5, 155, 1000), 0.09, 0.0))
    assert sentence.startswith(
        "bigger is cheaper here: at $2.00 a wrong answer an accepted outcome costs $0.200 on base and $0.410 "
        "on cheap, $0."
    )
    assert "more (1,000 pairs); cheap pays only while a wrong answer costs less than $0.600" in sentence


def test_what_is_seen_and_not_shown_is_said_so() -> None:
    """Where the interval holds zero, bigger may be cheaper."""
    (sentence,) = said(Comparison(CHEAP, Pairs(5, 55, 1000), 0.09, 0.0))
    assert "bigger may be cheaper here" in sentence
    assert "between $0.0" in sentence
    assert "less and $0.0" in sentence


def test_what_is_shown_goes_before_what_costs_less() -> None:
    """Of two whose errors eat their saving, the one of which it is shown is named."""
    shown = Comparison(CHEAP, Pairs(5, 155, 1000), 0.09, 0.0)
    (sentence,) = said(Comparison(MIDDLE, Pairs(5, 55, 1000), 0.09, 0.0), shown)
    assert "on cheap" in sentence


def test_a_dearer_candidate_is_said_and_why_it_stays() -> None:
    """Fewer errors than today's are worth more than a dearer call."""
    up = Comparison(DEAR, Pairs(42, 2, 1000), -0.01, 0.0)
    (sentence,) = said(up)
    assert (
        "bigger would be cheaper here: at $2.00 a wrong answer an accepted outcome costs $0.200 on base"
        in (sentence)
    )
    assert "dear pays once one costs more than $0.250; not put forward" in sentence
    (free,) = said(Comparison(DEAR, Pairs(42, 2, 1000), 0.0, 0.0))
    assert "pairs); not put forward" in free
    assert len(said(up, Comparison(CHEAP, Pairs(5, 155, 1000), 0.09, 0.0))) == 2


def test_nothing_to_say() -> None:
    """Where nothing is eaten and nothing dearer pays there is no sentence."""
    assert said(Comparison(CHEAP, Pairs(3, 3, 1000), 0.09, 0.0)) == []


def test_dollars() -> None:
    """To the cent, and below a dollar to three digits."""
    assert [dollars(x) for x in (1234.5, 1.0, 0.0215, 0.00055, 0.0)] == [
        "$1,234.50", "$1.00", "$0.0215", "$0.000550", "$0.00",
    ]  # fmt: skip
