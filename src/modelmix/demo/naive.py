"""The naive router: the cheapest candidate that gets most answers right; no interval, no slices."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.evaluate.graders.grade import FIELD_ABSENT

GOOD_ENOUGH: Final = 0.8
"""Pass rate from which the naive router takes a candidate."""

_INVENTED: Final = "invented: "


@dataclass(frozen=True, slots=True)
class Naive:
    """What the naive router would do.

    Attributes:
        routes: Task type → where it goes.
        saving_share: What it saves, over today's spend on the same prompts.
        errors_per_1000: Wrong answers per 1,000 before and after.
        invented: Forms with an absent field in which its choice fills one in.
        absent: Forms with an absent field.
    """

    routes: Mapping[str, Candidate]
    saving_share: float
    errors_per_1000: tuple[float, float]
    invented: int
    absent: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong answer of a declined candidate that today's model gives right.

    Attributes:
        prompt_id: The prompt.
        task_type: Its type.
        candidate: Who answered.
        why: What is wrong with it.
        expected: The right answer.
        response: The wrong one.
    """

    prompt_id: str
    task_type: str
    candidate: Candidate
    why: str
    expected: str
    response: str


def naive(outcomes: Sequence[Outcome], baseline: Candidate) -> Naive:
    """Route every task type by averages.

    Args:
        outcomes: Graded answers, the baseline's among them.
        baseline: What everything runs on today.
    """
    by_arm: dict[tuple[str, Candidate], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_arm[outcome.task_type, outcome.candidate].append(outcome)
    routes: dict[str, Candidate] = {}
    for (task_type, candidate), rows in sorted(by_arm.items(), key=lambda entry: _mean_usd(entry[1])):
        if _pass_rate(rows) >= GOOD_ENOUGH:
            routes.setdefault(task_type, candidate)
    types = {task_type for task_type, _ in by_arm}
    chosen = {name: by_arm[name, routes.get(name, baseline)] for name in types}
    today = {name: by_arm[name, baseline] for name in types}
    today_usd = sum((_mean_usd(rows) * len(rows) for rows in today.values()), Decimal(0))
    naive_usd = sum((_mean_usd(chosen[name]) * len(today[name]) for name in types), Decimal(0))
    calls = sum(map(len, today.values()))
    absent = [
        row
        for rows in chosen.values()
        for row in rows
        if row.slice_name == FIELD_ABSENT and row.task_type in types
    ]
    return Naive(
        routes=routes,
        saving_share=float(1 - naive_usd / today_usd) if today_usd else 0.0,
        errors_per_1000=(
            1000 * sum((1 - _pass_rate(today[n])) * len(today[n]) for n in types) / max(calls, 1),
            1000 * sum((1 - _pass_rate(chosen[n])) * len(today[n]) for n in types) / max(calls, 1),
        ),
        invented=sum(row.why.startswith(_INVENTED) for row in absent),
        absent=len(absent),
    )


def worst(
    outcomes: Sequence[Outcome], refused: Mapping[str, Sequence[Candidate]], baseline: Candidate, n: int
) -> list[Wrong]:
    """Return wrong answers of declined candidates on prompts that the baseline has right, inventions first.

    Args:
        outcomes: Graded answers with their text.
        refused: Task type → candidates that fail on it.
        baseline: What everything runs on today.
        n: How many.
    """
    right = {row.prompt_id for row in outcomes if row.candidate == baseline and row.score == 1.0}
    found = [
        Wrong(row.prompt_id, row.task_type, row.candidate, row.why, row.expected, row.response)
        for row in outcomes
        if row.candidate in refused.get(row.task_type, ()) and row.score == 0.0 and row.prompt_id in right
    ]
    found.sort(key=lambda one: (not one.why.startswith(_INVENTED), one.task_type, one.prompt_id))
    return found[:n]


def _pass_rate(rows: Sequence[Outcome]) -> float:
    return sum(row.score for row in rows) / len(rows) if rows else 0.0


def _mean_usd(rows: Sequence[Outcome]) -> Decimal:
    priced = [row.cost_usd for row in rows if row.cost_usd is not None]
    return sum(priced, Decimal(0)) / len(priced) if priced else Decimal(0)
