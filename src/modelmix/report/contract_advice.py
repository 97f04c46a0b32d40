"""What a contract makes of proven savings: the last two lines of the receipt."""

import math
from decimal import Decimal

from modelmix.economics.commit_advice import CommitAdvice
from modelmix.economics.commitment import best_commitment, expect
from modelmix.economics.demand import Demand, Volume
from modelmix.report.commit import Basis, CommitReport
from modelmix.report.plain import counted
from modelmix.report.receipt import ASSUMED, ESTIMATED, Advice

_ALL = 100


def advice_of(report: CommitReport) -> Advice:
    """Reduce a sized commitment to what is cash and what to sign.

    Cash is what payments fall by against no policy at all: under the commitment that is signed, or, where
    none is, the best commitment without the policy against the best one with it. Its interval is that of the
    scenarios. The interval of the commitment is what would be best with one assumption changed.
    """
    advice = report.advice
    best = advice.best
    cash = _cash(advice)
    commits = [best.commitment.commit_usd, *(one.best.commit_usd for one in advice.variations)]
    founded = report.spend_basis is not Basis.ASSUMED and report.saving_basis is not Basis.ASSUMED
    return Advice(
        term_days=(report.end - report.start).days,
        cash_usd=_usd(math.fsum(chance * usd for chance, usd in cash)),
        cash_low_usd=_usd(min(usd for _, usd in cash)),
        cash_high_usd=_usd(max(usd for _, usd in cash)),
        headroom_usd=_usd(0.0 if advice.signed is None else advice.signed.headroom_usd),
        sign_usd=_usd(best.commitment.commit_usd),
        sign_low_usd=_usd(min(commits)),
        sign_high_usd=_usd(max(commits)),
        basis=ESTIMATED if founded else ASSUMED,
        cash_why=_cash_why(advice),
        sign_why=(
            f"{_percent(best.commitment.discount)} off in contract {report.name}; chance that some of it "
            f"stays unused: {_percent(best.p_dead)}; {report.computed_from}"
        ),
    )


def _cash(advice: CommitAdvice) -> list[tuple[float, float]]:
    """Return by scenario its chance and what payments fall by."""
    if advice.signed is not None:
        return [(split.scenario.probability, split.cash_usd) for split in advice.signed.splits]
    scenarios = advice.forecast.scenarios
    without = best_commitment(
        advice.contract, Demand(tuple(Volume(s.probability, s.before_usd, s.cv) for s in scenarios))
    )
    best = advice.best.commitment
    return [
        (s.probability, expect(without, s.before).payment_usd - expect(best, s.after).payment_usd)
        for s in scenarios
    ]


def _cash_why(advice: CommitAdvice) -> str:
    scenarios = counted(len(advice.forecast.scenarios), "scenario")
    if advice.signed is None:
        return f"best commitment without the policy less the best with it, over {scenarios}"
    signed = advice.signed.expected.commitment.commit_usd
    return f"under the {_dollars(signed)} that are signed, over {scenarios}"


def _usd(amount: float) -> Decimal:
    return Decimal(repr(amount))


def _dollars(amount: float) -> str:
    return f"${amount:,.0f}"


def _percent(share: float) -> str:
    return f"{round(share * _ALL, 1):g} %"
