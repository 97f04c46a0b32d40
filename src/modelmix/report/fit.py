"""What an optimisation decided, as a screen and as JSON."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.certify import Move
from modelmix.optimize.fit import Decision, Fit
from modelmix.optimize.goal import Goal
from modelmix.optimize.net import Net
from modelmix.optimize.whole_tasks import WholeType
from modelmix.optimize.why import BEYOND_REACH, at_most, points, why
from modelmix.report.latency import latency_row, latency_words
from modelmix.report.money import about_usd
from modelmix.report.plain import printable
from modelmix.report.whole_tasks import whole_json, whole_lines, whole_tables

SCHEMA = "modelmix.optimize/1"
_COLOURS = {Verdict.CLEARS: "green", Verdict.FAILS: "red", Verdict.UNDECIDED: "yellow"}
_NAME_WIDTH = 36
_INDENT = 2
_NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class FitReport:
    """A fit with what a reader needs to trust it.

    Attributes:
        fit: What was decided.
        goal: The bar.
        policy_path: File that was written, or empty.
        policy_sha256: Its hash.
        notes: What a reader should know, one sentence each: basis of volumes and costs, rows left out.
        whole: What solved tasks cost, where outcomes are of whole tasks.
    """

    fit: Fit
    goal: Goal
    policy_path: str
    policy_sha256: str
    notes: tuple[str, ...]
    whole: tuple[WholeType, ...] = ()


def as_json(report: FitReport) -> dict[str, Any]:
    """Return the report as a JSON object of schema ``modelmix.optimize/1``; NaN becomes null."""
    fit, pool = report.fit, report.fit.certified.pool
    return {
        "schema": SCHEMA,
        "policy": {"path": report.policy_path, "sha256": report.policy_sha256},
        "bar": {"margin": report.goal.margin, "pooled_margin": fit.pooled_margin, "alpha": report.goal.alpha},
        "attempt": fit.attempt,
        "alpha_this_attempt": fit.certified.alpha,
        "certificate": None
        if pool is None
        else {
            "verdict": pool.verdict,
            "pairs": pool.pairs,
            "loss_moved": pool.loss,
            "bound": pool.bound,
            "critical_z": fit.certified.critical_z,
            "moved_calls_share": fit.moved_calls_share,
            "moved_spend_share": fit.moved_spend_share,
            "errors_per_1000": [fit.errors_before, fit.errors_after],
            "saving_share": fit.saving_share,
            "saving_bound": fit.saving_bound,
            "net_saving_share": _number(fit.net.share),
            "net_saving_bound": _number(fit.net.bound),
        },
        "tasks": [_task(decision) for decision in fit.decisions],
        "no_baseline": list(fit.no_baseline),
        "whole_tasks": whole_json(report.whole),
        "notes": list(report.notes),
    }


def _task(decision: Decision) -> dict[str, Any]:
    stratum, move = decision.stratum, decision.move
    return {
        "task_type": stratum.task_type,
        "unit": stratum.level,
        "verdict": decision.verdict,
        "baseline": str(stratum.baseline),
        "route": str(move.candidate) if move is not None and move.moved else "baseline",
        "why": why(decision),
        "put_forward": None
        if move is None
        else {
            "candidate": str(move.candidate),
            "pairs": move.finding.pairs,
            "looks": move.looks or None,
            "loss": _number(move.finding.loss),
            "bound": move.finding.bound,
            "type_margin": move.finding.margin,
            "alpha": move.finding.alpha,
            "saving_share": _number(move.saving_share),
            "saving_bound": _number(move.saving_bound),
            "why_not": move.why_not,
            "upward": _upward(move),
        },
        "tested": [
            {
                "candidate": str(tested.comparison.candidate),
                "verdict": tested.finding.verdict,
                "pairs": tested.comparison.pairs.n,
                "loss": _number(tested.finding.loss),
                "bound": tested.finding.bound,
                "type_margin": tested.finding.margin,
                "saving_usd_per_call": _number(tested.comparison.saving_usd),
                "accepted": _accepted(decision.net(tested.comparison.candidate)),
            }
            for tested in decision.tested
        ],
        "error_cost_usd": stratum.error_cost_usd,
        "latency": {
            "candidate": None if decision.shown is None else str(decision.shown),
            "now": latency_row(decision.latency.now),
            "then": latency_row(decision.latency.then),
        },
        "upward": [
            {"candidate": str(net.candidate), "pairs": net.pairs, "accepted": _accepted(net)}
            for net in decision.nets
            if net.is_shown_upward
        ],
        "errors_per_1000_before": _number(1000.0 * stratum.baseline_errors),
        "more_pairs": decision.more_pairs,
        "more_usd": decision.more_usd,
    }


def _upward(move: Move) -> dict[str, Any] | None:
    net = move.net
    if net is None:
        return None
    return {
        "call_saving_usd": _number(net.call_saving_usd),
        "net_saving_usd": _number(net.saving_usd),
        "net_saving_bound_usd": move.net_bound_usd,
        "units": net.sample.n,
        "pays_above_error_usd": net.pays_above_usd,
    }


def _accepted(net: Net | None) -> dict[str, Any] | None:
    if net is None:
        return None
    even = net.contrast.break_even_usd
    return {
        "baseline_usd": float(net.today.usd),
        "candidate_usd": float(net.then.usd),
        "net_saving_usd": net.saving_usd,
        "net_saving_low_usd": net.low_usd,
        "net_saving_high_usd": net.high_usd,
        "pays": net.contrast.pays,
        "break_even_error_usd": None if even is None else float(even),
        "is_bigger_cheaper": net.is_shown_eaten,
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def card(report: FitReport) -> RenderableType:
    """Lay the report out for a terminal of 80 columns or more."""
    parts: list[RenderableType] = [_headline(report), Text(), _types(report.fit), Text()]
    parts += [Padding(Text(line), (0, 0, 0, _INDENT)) for line in _reasons(report.fit)]
    parts += [Padding(Text(line, "dim"), (0, 0, 0, _INDENT)) for line in _latencies(report.fit)]
    parts.append(Text())
    if report.whole:
        for table in whole_tables(report.whole):
            parts += [table, Text()]
        parts += [Padding(Text(line), (0, 0, 0, _INDENT)) for line in whole_lines(report.whole)]
        parts.append(Text())
    parts += [Padding(Text(note, "dim"), (0, 0, 0, 1)) for note in report.notes]
    if report.policy_path:
        parts.append(Text(f" wrote {report.policy_path} (sha256 {report.policy_sha256[:8]})"))
    return Group(*parts)


def _headline(report: FitReport) -> Text:
    fit, pool = report.fit, report.fit.certified.pool
    text = Text()
    if pool is None:
        text.append(" proven: nothing moves", "bold yellow")
        text.append(f" at margin {points(report.goal.margin)}, alpha {report.goal.alpha:g}\n")
        text.append(_left(fit))
        return text
    moved = sum(decision.moved for decision in fit.decisions)
    _say_saving(text, fit)
    text.append(f" {moved} of {len(fit.decisions)} task types move: {fit.moved_calls_share:.1%} of calls, ")
    text.append(f"{fit.moved_spend_share:.1%} of spend\n")
    text.append(f" moved traffic: loss {points(pool.loss)}, at most {at_most(pool.bound)}; margin ")
    text.append(f"{points(fit.pooled_margin)}: ")
    text.append("CLEARS", "bold green")
    whole = sum(move.comparison.pairs.n for move in fit.certified.moves if move.moved)
    counting = "" if round(pool.pairs) == round(whole) else f", which count as {pool.pairs:,.0f}"
    text.append(f" on {whole:,.0f} fresh pairs{counting}\n")
    text.append(f" errors per 1,000 moved: {fit.errors_before:.0f} before, {fit.errors_after:.0f} after")
    return text


def _left(fit: Fit) -> str:
    """Say what there is to gain where nothing moves: a price for what pairs could decide, or nothing."""
    if all(decision.verdict is Verdict.FAILS for decision in fit.decisions):
        return " nothing to gain: every cheaper candidate measured is shown to lose more than its margin"
    prices = [
        Decimal(repr(decision.more_usd))
        for decision in fit.decisions
        if decision.more_usd is not None and (decision.more_pairs or 0) <= BEYOND_REACH
    ]
    if not prices:
        return " nothing that a number of pairs within reach would decide"
    usd = about_usd(sum(prices, Decimal(0)))
    return f" what is undecided could be decided for about {usd} at list price"


def _say_saving(text: Text, fit: Fit) -> None:
    """Say what calls cost less, or more; and where something moves up, what that buys."""
    low = _floor(fit.saving_bound)
    if fit.saving_share >= 0.0:
        text.append(f" proven: {fit.saving_share:.1%} less", "bold green")
        text.append(f" (at least {low:.1%}) than today on the same traffic\n")
    else:
        text.append(f" calls cost {-fit.saving_share:.1%} more", "bold yellow")
        text.append(f" (at most {-low:.1%}) than today on the same traffic\n")
    if not any(move.moved and move.put.is_upward for move in fit.certified.moves):
        return
    net = f"{fit.net.share:.1%} less (at least {_floor(fit.net.bound):.1%})"
    text.append(" with errors paid for: ")
    text.append(net, "bold green")
    text.append(": bigger is cheaper on what moves up\n")


def _floor(bound: float) -> float:
    """Round a lower bound down to a tenth of a per cent, as it is shown."""
    return math.floor(bound * 1000.0) / 1000.0


def _types(fit: Fit) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(" task type", no_wrap=True, max_width=_NAME_WIDTH, overflow="ellipsis")
    table.add_column("verdict", no_wrap=True)
    for name in ("loss", "at most", "pairs", "saves"):
        table.add_column(name, justify="right", no_wrap=True)
    for decision in _in_order(fit):
        table.add_row(*_cells(decision))
    return table


def _in_order(fit: Fit) -> list[Decision]:
    return sorted(fit.decisions, key=lambda d: (not d.moved, d.verdict, d.stratum.task_type))


def _cells(decision: Decision) -> list[str | Text]:
    name = f" {printable(decision.stratum.task_type)}"
    verdict = Text(decision.verdict, _COLOURS[decision.verdict])
    if decision.move is not None and decision.moved:
        finding, saving = decision.move.finding, f"{decision.move.saving_share:.0%}"
    elif decision.tested:
        finding, saving = decision.tested[0].finding, _NONE
    else:
        return [name, verdict, _NONE, _NONE, _NONE, _NONE]
    return [name, verdict, points(finding.loss), at_most(finding.bound), f"{finding.pairs:.0f}", saving]


def _latencies(fit: Fit) -> Iterator[str]:
    """Yield how long answers take, of what moves or is held back by it, where both sides were measured."""
    for decision in _in_order(fit):
        said = latency_words(decision.latency)
        held_back = decision.move is not None and decision.move.why_not == "latency"
        if said and (decision.moved or held_back):
            where = printable(str(decision.shown))
            yield f"{printable(decision.stratum.task_type)}, time to the last byte: {said} on {where}"


def _reasons(fit: Fit) -> Iterator[str]:
    for decision in _in_order(fit):
        name, baseline = printable(decision.stratum.task_type), printable(str(decision.stratum.baseline))
        if decision.move is not None and decision.moved:
            up = f": {printable(why(decision))}" if decision.move.put.is_upward else ""
            yield f"{name}: {baseline} → {printable(str(decision.move.candidate))}{up}"
        else:
            yield f"{name} stays on {baseline}: {printable(why(decision))}"
