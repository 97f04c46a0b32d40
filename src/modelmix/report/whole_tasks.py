"""Whole tasks as a table and as JSON: solved share, cost of a run and of a solved task, retries."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from modelmix.economics.solved import Ratio, SolvedContrast
from modelmix.economics.until_solved import Until
from modelmix.optimize.price_of_errors import dollars
from modelmix.optimize.whole_tasks import WholeCandidate, WholeType, whole_findings
from modelmix.report.plain import counted, printable

_ROWS_SHOWN = 16
_NAME_WIDTH = 30
_NONE = "\N{EN DASH}"
TOGETHER = "all types together"


def whole_json(types: Sequence[WholeType]) -> list[dict[str, Any]]:
    """Return one object per task type; that of all together has null for a type."""
    return [
        {
            "task_type": one.task_type or None,
            "baseline": None if one.baseline is None else str(one.baseline),
            "person_usd": one.person_usd,
            "confidence_against_baseline": one.confidence,
            "candidates": [_candidate(other) for other in one.candidates],
        }
        for one in types
    ]


def _candidate(one: WholeCandidate) -> dict[str, Any]:
    cost = one.cost
    return {
        "candidate": str(one.candidate),
        "tasks": cost.tasks,
        "runs": cost.runs,
        "solved_share": cost.solved_share,
        "usd_per_run": cost.usd,
        "usd_per_failed_run": cost.failed_usd,
        "usd_per_solving_run": cost.succeeded_usd,
        "usd_per_solved_task": _ratio(cost.per_solved),
        "calls_per_run": cost.calls,
        "seconds_per_run": cost.seconds,
        "runs_unpriced": cost.unpriced,
        "against_baseline": None if one.against is None else _against(one, one.against),
        "until_solved": [_until(some) for some in one.until],
    }


def _against(one: WholeCandidate, against: SolvedContrast) -> dict[str, Any]:
    return {
        "tasks": against.tasks,
        "saving_usd_per_solved_task": _ratio(against.saving),
        "cheaper_on_share": against.cheaper_share,
        "is_bigger": one.is_bigger,
    }


def _ratio(ratio: Ratio | None) -> dict[str, Any] | None:
    return None if ratio is None else {"value": ratio.value, "low": ratio.low, "high": ratio.high}


def _until(one: Until) -> dict[str, Any]:
    return {
        "most_runs": one.cap,
        "usd_low": one.low_usd,
        "usd_high": one.high_usd,
        "left_share_low": one.low_open,
        "left_share_high": one.high_open,
    }


def solved_lines(types: Sequence[WholeType], most: int) -> Iterator[str]:
    """Yield what runs of each candidate brought and cost, all types together, at most so many lines."""
    found = types[0].candidates if types else ()
    for one in found[:most]:
        cost, name = one.cost, printable(str(one.candidate))
        runs = counted(cost.runs, "run")
        at = f" at {counted(cost.tasks, 'task')}" if cost.tasks < cost.runs else ""
        money = "no price"
        if cost.usd is not None:
            money = f"{dollars(cost.usd)} a run"
        if cost.per_solved is not None:
            money += f", {dollars(cost.per_solved.value)} a solved task ({range_of(cost.per_solved)})"
        yield f"{name}: {cost.solved_share:.1%} of {runs}{at} solved, {money}"
    if len(found) > most:
        yield f"and {counted(len(found) - most, 'more candidate')}: --json has them"


def whole_tables(types: Sequence[WholeType]) -> Iterator[Table]:
    """Lay out what solved tasks cost for a terminal; where it would be long, all types together only."""
    shown = _shown(types)
    table = _table("whole tasks", ("solved", "tasks", "a run", "a solved task", "95 %"))
    for one, other in _rows(shown):
        table.add_row(_name(one, other), *_cells(other))
    yield table
    person_usd = {one.person_usd for one in shown}
    person = f" at {dollars(usd)}" if len(person_usd) == 1 and (usd := person_usd.pop()) is not None else ""
    table = _table(f"then a person{person}", [f"{counted(cap, 'run')} at most" for cap in (1, 2, 3)])
    for one, other in _rows(shown):
        if other.until:
            table.add_row(_name(one, other), *(_path(some, one.person_usd) for some in other.until))
    yield table


def _table(what: str, columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(f" {what}", max_width=_NAME_WIDTH, overflow="fold")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _rows(types: Sequence[WholeType]) -> Iterator[tuple[WholeType, WholeCandidate]]:
    yield from ((one, other) for one in types for other in one.candidates)


def _name(one: WholeType, other: WholeCandidate) -> Text:
    name = f"{printable(one.task_type)}: " if one.task_type else ""
    return Text(f" {name}{printable(str(other.candidate))}")


def _shown(types: Sequence[WholeType]) -> Sequence[WholeType]:
    rows = sum(len(one.candidates) for one in types)
    return types if rows <= _ROWS_SHOWN else types[:1]


def _cells(one: WholeCandidate) -> Iterator[str]:
    cost = one.cost
    yield f"{cost.solved_share:.1%}"
    yield f"{cost.tasks:,}" if cost.runs == cost.tasks else f"{cost.tasks:,} ({cost.runs:,} runs)"
    yield _NONE if cost.usd is None else dollars(cost.usd)
    yield _NONE if cost.per_solved is None else dollars(cost.per_solved.value)
    yield _NONE if cost.per_solved is None else range_of(cost.per_solved)


def range_of(ratio: Ratio) -> str:
    """Write an interval of dollars; an end that is not known is said to be so."""
    low = "?" if ratio.low is None else dollars(ratio.low)
    return f"{low} or more" if ratio.high is None else f"{low} to {dollars(ratio.high)}"


def whole_lines(types: Sequence[WholeType]) -> Iterator[str]:
    """Yield what is to be read beside the table, one sentence each."""
    yield from whole_findings(types)
    for one in _shown(types):
        for other in one.candidates:
            yield from _said(one, other)
    if len(_shown(types)) < len(types):
        yield f"whole tasks of {len(types) - 1} types, each by itself: --json"


def _said(one: WholeType, other: WholeCandidate) -> Iterator[str]:
    name = f"{printable(one.task_type) or TOGETHER}, {printable(str(other.candidate))}"
    cost = other.cost
    parts = []
    if cost.failed_usd is not None and cost.succeeded_usd:
        more = cost.failed_usd / cost.succeeded_usd - 1.0
        way = "less" if more < 0 else "more"
        parts.append(f"a failed run costs {abs(more):.0%} {way} than a solving one")
    if cost.calls is not None:
        parts.append(f"{cost.calls:,.0f} calls a run")
    if other.against is not None:
        parts.append(
            f"the cheaper one on {other.against.cheaper_share:.1%} of {counted(other.against.tasks, 'task')}"
        )
    if cost.unpriced:
        parts.append(f"{counted(cost.unpriced, 'run')} without a price")
    if parts:
        yield f"{name}: {', '.join(parts)}"


def _path(some: Until, person_usd: float | None) -> str:
    usd = dollars(some.low_usd)
    if some.high_usd > some.low_usd:
        usd += f" to {dollars(some.high_usd)}"
    if person_usd is not None:
        return usd
    left = f"{some.low_open:.0%}"
    if some.high_open > some.low_open:
        left += f" to {some.high_open:.0%}"
    return f"{usd}; {left} left"
