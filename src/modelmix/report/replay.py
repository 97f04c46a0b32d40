"""What a replay has found, as a screen and as JSON."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.verdict import Finding, Verdict
from modelmix.optimize.why import at_most, points
from modelmix.report.money import count, usd
from modelmix.report.plain import counted, printable
from modelmix.report.replay_judges import JudgeRow, judge_json, judge_lines
from modelmix.report.replay_looks import LookRow, look_line, looks_json

SCHEMA = "modelmix.replay/1"
_NAME_WIDTH = 26
_WHYS_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRow:
    """What was seen of one candidate on one task type.

    Attributes:
        task_type: The type.
        candidate: The candidate.
        baseline: What it is compared with.
        pairs: Gains, losses and number of pairs.
        usd_per_call: Mean cost of a call, cached as the recorded ones were; None without a price.
        baseline_usd_per_call: The same of the baseline.
        whys: What graders found wrong, most frequent first.
        slices: Named slice → its pairs.
        turns: Pairs that are last turns of a conversation, and no whole tasks.
    """

    task_type: str
    candidate: str
    baseline: str
    pairs: Pairs
    usd_per_call: Decimal | None
    baseline_usd_per_call: Decimal | None
    whys: tuple[tuple[str, int], ...]
    slices: Mapping[str, Pairs] = field(default_factory=dict)
    turns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What a replay has found.

    Attributes:
        replay_id: Its name.
        outcome: ``done``, ``capped`` or ``interrupted``.
        resumed: Whether it went on where an earlier run had ended.
        is_simulated: Whether a practice API answered.
        seen: What was seen, by task type and candidate.
        again: The baseline against itself over all types, or None without.
        requests: Requests of the plan.
        answered: Answers that came in this run.
        reused: Answers that were there before it.
        rejected: Answers of this run that are errors for good.
        given_up: Requests that failed too often; the next run tries them again.
        dropped: Requests to candidates that reject everything.
        sent: Requests sent in this run.
        refusals: Answers that said to come back later.
        usd: What the replay has cost.
        at_most_usd: The most that lost answers cost on top.
        lost: Lost answers whose cost is not known.
        found: Lost answers whose cost the usage report showed.
        max_spend_usd: The cap, or None.
        margin: Largest loss over the traffic that moves.
        ungradable: Reason → prompts that their grader can say nothing of.
        to_review: Prompts on which a close candidate differs and no right answer is known.
        review_path: File that holds them, or empty.
        notes: What a reader should know, one sentence each.
        looks: How far the types have come that are looked at.
        judges: What was judged, and by what the judges go.
        bar: Options with which optimize is asked the same bar.
        policy_file: File that optimize is to write.
        is_live: Whether it was asked live, and goes on so.
    """

    replay_id: str
    outcome: str
    resumed: bool
    is_simulated: bool
    seen: tuple[SeenRow, ...]
    again: Finding | None
    requests: int
    answered: int
    reused: int
    rejected: int
    given_up: int
    dropped: int
    sent: int
    refusals: int
    usd: Decimal
    at_most_usd: Decimal
    lost: int
    found: int
    max_spend_usd: Decimal | None
    margin: float
    ungradable: Mapping[str, int]
    to_review: int = 0
    review_path: str = ""
    notes: tuple[str, ...] = ()
    looks: tuple[LookRow, ...] = ()
    judges: tuple[JudgeRow, ...] = ()
    bar: str = ""
    policy_file: str = "policy.yaml"
    is_live: bool = False


def as_json(report: ReplayReport) -> dict[str, Any]:
    """Return what was found as a JSON object of schema ``modelmix.replay/1``."""
    return {
        "schema": SCHEMA,
        "replay_id": report.replay_id,
        "outcome": report.outcome,
        "resumed": report.resumed,
        "simulated": report.is_simulated,
        "spend": {
            "usd": float(report.usd),
            "usd_exact": str(report.usd),
            "lost_at_most_usd": float(report.at_most_usd),
            "answers_lost": report.lost,
            "answers_lost_found_by_usage_report": report.found,
            "max_spend_usd": _float(report.max_spend_usd),
        },
        "requests": {
            "planned": report.requests,
            "sent": report.sent,
            "answered": report.answered,
            "reused": report.reused,
            "rejected": report.rejected,
            "given_up": report.given_up,
            "dropped": report.dropped,
            "told_to_wait": report.refusals,
        },
        "baseline_against_itself": None if report.again is None else _finding(report.again),
        "looks": [looks_json(row) for row in report.looks],
        "judges": [judge_json(row) for row in report.judges],
        "seen": [_seen_json(row) for row in report.seen],
        "to_review": report.to_review,
        "review": report.review_path or None,
        "ungradable": [{"why": why, "prompts": n} for why, n in report.ungradable.items()],
        "notes": list(report.notes),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "verdict": finding.verdict,
        "pairs": finding.pairs,
        "loss": None if math.isnan(finding.loss) else finding.loss,
        "bound": finding.bound,
        "margin": finding.margin,
        "alpha": finding.alpha,
    }


def _seen_json(row: SeenRow) -> dict[str, Any]:
    return {
        "task_type": row.task_type,
        "candidate": row.candidate,
        "baseline": row.baseline,
        "certified": False,
        "pairs": row.pairs.n,
        "last_turns": row.turns,
        "gains": row.pairs.gains,
        "losses": row.pairs.losses,
        "loss": row.pairs.loss if row.pairs.n else None,
        "usd_per_call": _float(row.usd_per_call),
        "baseline_usd_per_call": _float(row.baseline_usd_per_call),
        "found_wrong": [{"why": why, "answers": n} for why, n in row.whys],
        "slices": [
            {
                "slice": name,
                "pairs": pairs.n,
                "gains": pairs.gains,
                "losses": pairs.losses,
                "loss": pairs.loss,
            }
            for name, pairs in sorted(row.slices.items())
        ],
    }


def _float(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def card(report: ReplayReport) -> RenderableType:
    """Lay what was found out for a terminal of 80 columns or more."""
    notes = Table.grid(padding=(0, 1))
    notes.add_column(width=9, no_wrap=True, style="bold")
    notes.add_column()
    before = ""
    for label, said in _notes(report):
        notes.add_row("" if label == before else f" {label}", said)
        before = label
    seen = _seen_table(report) if report.seen else Text(" no answer could be graded yet", "yellow")
    return Group(_headline(report), Text(), seen, Text(), notes)


def _notes(report: ReplayReport) -> Iterator[tuple[str, Text]]:
    yield from (("looks", Text(look_line(row))) for row in report.looks)
    yield from (("judged", Text(line)) for row in report.judges for line in judge_lines(row))
    yield from (("found", Text(line)) for line in _seen_lines(report))
    if report.again is not None:
        yield "A/A", _again(report.again)
    yield from (("booked", Text(line)) for line in _book_lines(report))
    yield from (("note", Text(line, "dim")) for line in report.notes)
    if report.to_review:
        yield "review", Text(_review(report))
    if report.seen:
        said = "cost of a call against the baseline's; nothing is certified before optimize"
        yield "seen", Text(said, "dim")
    yield "next", Text(_next(report), "bold cyan")


def _headline(report: ReplayReport) -> Text:
    text = Text(f" {report.replay_id} ")
    text.append(report.outcome, "bold green" if report.outcome == "done" else "bold yellow")
    text.append(f" · {count(report.answered + report.reused)} of {counted(report.requests, 'answer')}")
    if report.reused:
        text.append(f", {count(report.reused)} there before")
    text.append(f" · {usd(report.usd)}", "bold")
    if report.max_spend_usd is not None:
        text.append(f" of {usd(report.max_spend_usd)}")
    if report.is_simulated:
        text.append("\n simulated: answers are synthetic, and no dollar was spent", "bold yellow")
    return text


def _again(finding: Finding) -> Text:
    text = Text(
        f"the baseline against itself: {finding.pairs:.0f} pairs, loss {points(finding.loss)}, at most "
    )
    text.append(f"{at_most(finding.bound)} at {1.0 - finding.alpha:.4g}, margin {points(finding.margin)}: ")
    text.append(finding.verdict, "bold green" if finding.verdict is Verdict.CLEARS else "bold yellow")
    return text


def _seen_table(report: ReplayReport) -> Table:
    table = Table(box=None, pad_edge=False)
    # Names of others' making fold rather than end in an ellipsis: what tells them apart may stand last.
    table.add_column(" task type", max_width=_NAME_WIDTH, overflow="fold")
    table.add_column("candidate", max_width=_NAME_WIDTH, overflow="fold")
    for name in ("pairs", "loss seen", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in report.seen:
        table.add_row(
            Text(f" {printable(row.task_type)}"),
            Text(printable(row.candidate)),
            f"{row.pairs.n:,.0f}",
            points(row.pairs.loss),
            _change(row),
        )
    return table


def _change(row: SeenRow) -> str:
    if row.usd_per_call is None or not row.baseline_usd_per_call:
        return "no price"
    return f"{float(row.usd_per_call / row.baseline_usd_per_call) - 1.0:+.0%}".replace("-", "\N{MINUS SIGN}")


def _seen_lines(report: ReplayReport) -> Iterator[str]:
    for row in report.seen:
        for name, pairs in sorted(row.slices.items()):
            if pairs.losses > pairs.gains:
                what = f"slice '{printable(name)}' loses {points(pairs.loss)} in {pairs.n:,.0f} pairs"
                yield f"{printable(row.task_type)} on {printable(row.candidate)}: {what}"
        said = ", ".join(f"{printable(why)} ({count(n)})" for why, n in row.whys[:_WHYS_SHOWN])
        if said and row.pairs.losses:
            yield f"{printable(row.task_type)} on {printable(row.candidate)}: {said}"


def _book_lines(report: ReplayReport) -> Iterator[str]:
    if report.lost:
        yield (
            f"{counted(report.lost, 'answer')} got lost on the way and may have cost up to "
            f"{usd(report.at_most_usd)} more; booked at that"
        )
    if report.found:
        yield f"{counted(report.found, 'answer')} got lost on the way; booked as the usage report shows them"
    for number, what in (
        (report.rejected, "rejected by its candidate as it stands"),
        (report.given_up, "failed too often; the same command tries it again"),
        (report.dropped, "not sent, as its candidate rejects everything"),
    ):
        if number:
            yield f"{counted(number, 'request')}: {what}"
    for why, prompts in report.ungradable.items():
        yield f"{counted(prompts, 'prompt')} could not be graded: {printable(why)}"


def _review(report: ReplayReport) -> str:
    prompts = counted(report.to_review, "prompt")
    what = f"on {prompts} a close candidate differs from today's answer; who is right decides the true loss"
    if not report.review_path:
        return f"{what}: --review review.csv writes them down (and keeps text)"
    path = printable(report.review_path)
    return (
        f"{what}. Write the letter of the right answer (or none) under expected in {path}, then run the same "
        f"command with --expected {path} instead of --review: it sends nothing again"
    )


def _next(report: ReplayReport) -> str:
    if report.outcome == "done" and not report.seen:
        return "modelmix replay --dry-run, which says what could be asked"
    if report.outcome == "done" and report.review_path:
        return f"review {printable(report.review_path)}"
    if report.outcome == "done":
        bar = report.bar or f"--margin {report.margin * 100:.12g}pp"
        return f"modelmix optimize {bar} -o {report.policy_file}"
    more = " --live" if report.is_live else ""
    more += " --max-spend MORE" if report.outcome == "capped" else ""
    return f"modelmix replay --resume {report.replay_id}{more}"
