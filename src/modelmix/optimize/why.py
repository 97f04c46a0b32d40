"""Why a task type stays or moves, in one sentence of figures."""

import math

from modelmix.core.level import LAST_TURNS, Level
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.certify import Move
from modelmix.optimize.fit import Decision, Tested
from modelmix.optimize.price_of_errors import dollars, price_of_errors

BEYOND_REACH = 100_000
"""Pairs that nobody would buy to decide one type: what would take more is not offered at a price."""

_SHOWN = 3
_ROUNDING = 1e-6  # what binary fractions add to a bound of exactly a tenth of a point


def why(decision: Decision) -> str:
    """Word the reason of a decision.

    Every figure has its n; losses are points of the pass rate, positive is worse than the baseline. Where a
    wrong answer has a cost and a type stays, it says whether the bigger model is the cheaper one.
    """
    if decision.moved and decision.move is not None:
        finding = decision.move.finding
        return (
            f"CLEARS on {decision.move.candidate}: {_net(decision.move)}loss {points(finding.loss)}, at most "
            f"{at_most(finding.bound)} (margin {points(finding.margin)}), {finding.pairs:.0f} fresh pairs"
            f"{_looks(decision.move)}{_unit(decision)}"
        )
    said = price_of_errors(decision.stratum.baseline, decision.nets, not_moved=_not_upward(decision))
    return "; ".join([*_verdicts(decision), *said]) + (_unit(decision) if decision.tested else "")


def _unit(decision: Decision) -> str:
    """Say what pairs are of, where it is not single answers: nobody should read more into them."""
    return {
        Level.TASK: "; pairs are whole tasks",
        Level.TURN: f"; pairs are {LAST_TURNS}",
    }.get(decision.stratum.level, "")


def _net(move: Move) -> str:
    """Say what a move upward costs and saves, and while it pays; nothing of a move down."""
    net = move.net
    if net is None:
        return ""
    even = (
        ""
        if net.pays_above_usd is None
        else f", pays only while one costs more than {dollars(net.pays_above_usd)}"
    )
    return (
        f"bigger is cheaper here: a call costs {dollars(-net.call_saving_usd)} more and an accepted outcome "
        f"{dollars(net.saving_usd)} less, at least {dollars(move.net_bound_usd)} less (at "
        f"{dollars(net.error_usd)} a wrong answer{even}); "
    )


def _not_upward(decision: Decision) -> str:
    """Say why nothing moves up, where a dearer candidate is the cheaper one by all rows."""
    move = decision.move
    if move is None or not move.put.is_upward:
        return "not put forward: the rows that it is chosen on promise too little"
    return {
        "net": "put forward, and its fresh rows alone do not show the saving",
        "pool": "put forward, and what moves up does not clear together",
        "critical": "put forward, and a pair regressed or there are too few",
    }.get(move.why_not, f"put forward, and held back by its {move.why_not}")


def _looks(move: Move) -> str:
    return "" if not move.looks else f" in {move.looks} look{'' if move.looks == 1 else 's'}"


def _verdicts(decision: Decision) -> list[str]:
    if not decision.tested:
        return ["UNDECIDED: no cheaper candidate was measured against its baseline"]
    failing = [t for t in decision.tested if t.finding.verdict is Verdict.FAILS]
    parts = [_failing(t) for t in failing[:_SHOWN]]
    if len(failing) > _SHOWN:
        parts.append(f"and on {len(failing) - _SHOWN} more")
    open_ones = [t for t in decision.tested if t.finding.verdict is not Verdict.FAILS]
    if open_ones:
        parts.insert(0, _undecided(decision, open_ones[0]))
    return parts


def points(share: float) -> str:
    """Write a share as percentage points.

    >>> points(0.0213), points(-0.05)
    ('2.1 pp', '-5.0 pp')
    """
    # Adding zero after rounding turns a negative zero into a plain one.
    return "unknown" if math.isnan(share) else f"{round(share * 100, 1) + 0.0:.1f} pp"


def at_most(bound: float) -> str:
    """Write an upper bound as percentage points, rounded up: what is shown is never better than what holds.

    >>> at_most(0.0132), at_most(0.02)
    ('1.4 pp', '2.0 pp')
    """
    return points(math.ceil(bound * 1000.0 - _ROUNDING) / 1000.0)


def _failing(tested: Tested) -> str:
    pairs, finding = tested.comparison.pairs, tested.finding
    return (
        f"FAILS on {tested.comparison.candidate}: loss {points(finding.loss)}, "
        f"margin {points(finding.margin)}, {pairs.n:.0f} pairs"
    )


def _undecided(decision: Decision, tested: Tested) -> str:
    name, pairs = tested.comparison.candidate, tested.comparison.pairs
    obstacle = _obstacle(decision) if decision.move and decision.move.candidate == name else ""
    said = f"UNDECIDED on {name}: "
    if obstacle:
        return said + f"{obstacle}; {pairs.n:.0f} pairs"
    if tested.finding.needed is None:
        loss = points(tested.finding.loss)
        return said + f"{pairs.n:.0f} pairs; no number would clear at the loss seen, {loss}"
    if decision.more_pairs is None:
        return said + f"{_passed_over(decision)}; {pairs.n:.0f} pairs"
    if decision.more_pairs > BEYOND_REACH:
        loss = points(tested.finding.loss)
        return said + f"{pairs.n:.0f} pairs; at the loss seen, {loss}, over {BEYOND_REACH:,} would be needed"
    said += f"{pairs.n:.0f} of about {pairs.n + decision.more_pairs:,.0f} pairs"
    if decision.more_usd is not None:
        said += f"; ${decision.more_usd:,.2f} more would decide"
    return said


def _passed_over(decision: Decision) -> str:
    if decision.move is None:
        return "not put forward, since its choosing rows promised too little beside the other types"
    return "put forward, and not cleared by its fresh rows"


def _obstacle(decision: Decision) -> str:
    reason = decision.move.why_not if decision.move else ""
    if reason.startswith("slice "):
        return f"its slice '{reason.removeprefix('slice ')}' loses more than the margin"
    return {
        "pool": "clears its own margin, but the moved traffic together does not clear with it",
        "critical": "critical, and a pair regressed or there are too few",
        "saving": "clears its margin, but its saving is not shown to be above zero",
        "latency": "it is not shown to answer within the bound of latency",
    }.get(reason, "")
