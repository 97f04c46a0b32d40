"""An accepted outcome in the report: what it costs on both candidates, as figures and as a sentence."""

from typing import Any

from modelmix.policy.evidence import Accepted, Upward
from modelmix.report.sheet import Sheet


def accepted_row(found: Accepted | None) -> dict[str, Any] | None:
    """Return the figures; ``less`` and ``more`` are the ends of one interval, each with its own sign.

    Args:
        found: What the policy states, or None where a wrong answer has no cost.
    """
    if found is None:
        return None
    return {
        "pairs": found.pairs,
        "baseline_usd": float(found.baseline_usd),
        "candidate_usd": float(found.candidate_usd),
        "less_low_usd": float(found.net_low_usd),
        "less_high_usd": float(found.net_high_usd),
        "more_low_usd": float(-found.net_high_usd),
        "more_high_usd": float(-found.net_low_usd),
        "is_bigger_cheaper": found.net_high_usd < 0,
    }


def upward_row(found: Upward | None) -> dict[str, Any] | None:
    """Return what carries a move to a dearer candidate, or None of any other."""
    if found is None:
        return None
    return {
        "net_usd": float(found.net_usd),
        "net_bound_usd": float(found.net_bound_usd),
        "pays_above_usd": float(found.pays_above_usd),
    }


def accepted(sheet: Sheet, at: str) -> str:
    """Word what an accepted outcome costs on both, and whether bigger is cheaper.

    Args:
        sheet: The document.
        at: Where the candidate stands in it, or the type that it is of.

    Returns:
        A clause without a full stop; empty where a wrong answer has no cost.
    """
    found, here = sheet.at(f"{at}.accepted"), f"{at}.accepted"
    if found is None:
        return ""
    baseline, candidate = (sheet.price(f"{here}.{side}_usd") for side in ("baseline", "candidate"))
    less_low, less_high, more_low, more_high = (
        sheet.price(f"{here}.{end}_usd") for end in ("less_low", "less_high", "more_low", "more_high")
    )
    verdict, between = "with errors paid for", f"between {less_high} less and {more_high} more"
    if found["is_bigger_cheaper"]:
        verdict = '<strong class="bad">bigger is cheaper here</strong>'
        between = f"{more_low} to {more_high} more"
    elif found["less_low_usd"] >= 0:
        between = f"{less_low} to {less_high} less"
    return (
        f"{verdict}: an accepted outcome costs {baseline} on the baseline and {candidate} on the candidate, "
        f"{between} ({sheet.counted(f'{here}.pairs', 'pair')})"
    )


def accepted_paragraph(sheet: Sheet, at: str) -> str:
    """Lay the same out as a paragraph; empty where a wrong answer has no cost."""
    said = accepted(sheet, at)
    return f"<p>Per accepted outcome, {said}.</p>\n" if said else ""
