"""What judges of a replay cost and what their verdicts go by, as lines and as JSON."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from modelmix.evaluate.judges.habits import Habits, Share
from modelmix.report.money import count, usd
from modelmix.report.plain import counted, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRow:
    """The judge of one task type.

    Attributes:
        task_type: The type.
        grader: Spec of the judge.
        requests: Requests that this replay has sent to judges of this name.
        usd: What they cost, list price; those lost on the way are not in it.
        habits: What it goes by; None where it judges answers alone, or nothing was compared.
    """

    task_type: str
    grader: str
    requests: int
    usd: Decimal
    habits: Habits | None = None


def judge_json(row: JudgeRow) -> dict[str, Any]:
    """Return a judge as JSON."""
    return {
        "task_type": row.task_type,
        "grader": row.grader,
        "requests": row.requests,
        "usd": float(row.usd),
        "checked_against_people": False,
        "habits": None if row.habits is None else _habits_json(row.habits),
    }


def _habits_json(found: Habits) -> dict[str, Any]:
    return {
        "orders_disagree": _share_json(found.disagree),
        "first_preferred_when_they_do": _share_json(found.first),
        "ties": _share_json(found.ties),
        "longer_wins": _share_json(found.longer),
        "length_slope_per_doubling": found.length_slope,
        "length_slope_standard_error": found.length_slope_error,
        "length_matters": found.length_matters,
    }


def _share_json(share: Share) -> dict[str, Any]:
    return {
        "n": share.n,
        "count": share.count,
        "share": None if math.isnan(share.share) else share.share,
        "interval_95": [share.low, share.high],
    }


def judge_lines(row: JudgeRow) -> Iterator[str]:
    """Write a judge for a terminal."""
    name = printable(row.task_type)
    asked = f"{counted(row.requests, 'request')}, {usd(row.usd)}"
    yield f"{name} by {printable(row.grader)}: {asked}; not checked against people"
    found = row.habits
    if found is None:
        return
    yield (
        f"{name}: the two orders contradict each other on {_said(found.disagree)}, and are ties; "
        f"ties in all {_said(found.ties)}"
    )
    if found.longer.n:
        slope = (
            ""
            if found.length_slope is None
            else f"; twice the length moves the score by {found.length_slope:+.2f}"
        )
        shown = " (shown at 95 %)" if found.length_matters else ""
        yield f"{name}: the longer answer wins {_said(found.longer)}{slope}{shown}"


def _said(share: Share) -> str:
    if not share.n:
        return "none of 0"
    return f"{share.share:.0%} of {count(share.n)} ({share.low:.0%} to {share.high:.0%})"
