"""The price of errors in words: where the bigger model is the cheaper one, and from which cost on."""

from collections.abc import Iterator
from decimal import Decimal

from modelmix.core.candidate import Candidate
from modelmix.economics.accepted import Pays
from modelmix.optimize.net import Net

_SIGNIFICANT = 3


def price_of_errors(baseline: Candidate, nets: tuple[Net, ...], not_moved: str) -> Iterator[str]:
    """Yield what is to be said of a type that stays, at most one sentence for each way.

    Args:
        baseline: What its requests ask for today.
        nets: Its candidates at the stated cost of a wrong answer, the one that costs least first.
        not_moved: Why the type does not move up all the same, one clause.
    """
    eaten = sorted((net for net in nets if net.is_eaten), key=lambda net: not net.is_shown_eaten)
    if eaten:
        yield _eaten(baseline, eaten[0])
    upward = [net for net in nets if net.is_shown_upward]
    if upward:
        yield f"{_upward(baseline, upward[0])}; {not_moved}"


def dollars(amount: float) -> str:
    """Write dollars to the cent, and amounts below a dollar to three digits.

    >>> dollars(1234.5), dollars(0.0215), dollars(0.00055), dollars(0)
    ('$1,234.50', '$0.0215', '$0.000550', '$0.00')
    """
    if not amount or amount >= 1.0:
        return f"${amount:,.2f}"
    exact = Decimal(repr(float(amount)))
    return f"${exact.quantize(Decimal(1).scaleb(exact.adjusted() - _SIGNIFICANT + 1)):f}"


def _eaten(baseline: Candidate, net: Net) -> str:
    if net.is_shown_eaten:
        said, range_ = "is", f"{dollars(-net.high_usd)} to {dollars(-net.low_usd)} more"
    else:
        said = "may be"
        range_ = f"between {dollars(net.high_usd)} less and {dollars(-net.low_usd)} more"
    return (
        f"bigger {said} cheaper here: {_both(baseline, net)}, {range_} ({net.pairs:,.0f} pairs){_even(net)}"
    )


def _upward(baseline: Candidate, net: Net) -> str:
    return (
        f"bigger would be cheaper here: {_both(baseline, net)}, {dollars(net.low_usd)} to "
        f"{dollars(net.high_usd)} less ({net.pairs:,.0f} pairs){_even(net)}"
    )


def _both(baseline: Candidate, net: Net) -> str:
    error = dollars(float(net.today.error_usd))
    today, then = (dollars(float(outcome.usd)) for outcome in (net.today, net.then))
    return (
        f"at {error} a wrong answer an accepted outcome costs {today} on {baseline} and {then} on "
        f"{net.candidate}"
    )


def _even(net: Net) -> str:
    contrast = net.contrast
    if contrast.break_even_usd is None:
        return ""
    even = dollars(float(contrast.break_even_usd))
    way = (
        "only while a wrong answer costs less" if contrast.pays is Pays.ONLY_BELOW else "once one costs more"
    )
    return f"; {net.candidate} pays {way} than {even}"
