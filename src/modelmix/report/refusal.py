"""The refusal: of each task type the declined candidate that would save most, and what is wrong with it."""

from decimal import Decimal
from typing import Any

from modelmix.report.accepted import accepted_row
from modelmix.report.apportion import FINE
from modelmix.report.declined import Declined
from modelmix.report.evidence_rows import CandidateShown, evidence_rows
from modelmix.report.receipt import Money, number


def refusal_row(money: Money, i: int, shown: CandidateShown) -> dict[str, Any] | None:
    """Return the refusal of one task type; None where nothing is declined.

    What it saves ``beyond`` the type's own saving is its part of the receipt's line, and adds up to it.

    Args:
        money: Amounts of all types.
        i: Which type.
        shown: What is shown of the candidate's answers.
    """
    row = money.savings.types[i]
    found = row.refusal
    if found is None:
        return None
    span, month = money.span, money.month
    expected, cost = found.pays_while_error_below_usd, row.error_cost_usd
    return declined_row(found, span.quantum) | {
        "beyond_usd": _number(span.refused[i]),
        "beyond_bound_usd": _number(span.refused_bound[i]),
        "month_beyond_usd": None if month is None else _number(month.refused[i]),
        "pays": None if cost is None or expected is None else cost < expected,
        **evidence_rows(shown, money.alpha),
    }


def declined_row(found: Declined, quantum: Decimal) -> dict[str, Any]:
    """Return the figures of a declined candidate.

    Args:
        found: The candidate.
        quantum: The step that amounts are written in.
    """
    saving = None if found.saving_usd is None else found.saving_usd.quantize(quantum)
    return {
        "candidate": str(found.candidate),
        "pairs": found.pairs,
        "loss": None if found.loss is None else float(found.loss),
        "margin": None if found.margin is None else float(found.margin),
        "saving_usd": _number(saving),
        "pays_while_error_below_usd": _fine(found.pays_while_error_below_usd),
        "beats_route_while_error_below_usd": _fine(found.beats_route_while_error_below_usd),
        "accepted": accepted_row(found.accepted),
    }


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else number(amount)


def _fine(amount: Decimal | None) -> float | None:
    return None if amount is None else number(amount.quantize(FINE))
