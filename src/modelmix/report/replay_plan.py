"""What a replay will do, what it costs at most and what it can prove, as a screen and as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from modelmix.optimize.why import points
from modelmix.report.money import about_usd, count, usd
from modelmix.report.plain import counted, printable
from modelmix.report.replay_worth import Worth, next_notes, stake_notes, ways_note, worth_json

SCHEMA = "modelmix.replay-plan/1"
_NAME_WIDTH = 24
_GRADER_WIDTH = 16
_ASIDE_SHOWN = 5
_LEAST_WRITTEN = 0.0005  # below it one decimal would read 0.0
_NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow:
    """One task type of a plan.

    Attributes:
        task_type: Its name.
        baseline: What its requests ask for today.
        arms: Candidates that are asked.
        grader: Its grader; empty where nothing is asked.
        note: What is to be said of the grader.
        drawn: Prompts that are asked again.
        available: Prompts that could be.
        others: Prompts that ask for something else, and stay.
        known: Those of the drawn whose right answer is known.
        margin: Largest loss that it has to clear by itself.
        needed: Prompts with which no loss clears it four times out of five.
        power: Chance that it clears its margin if it loses nothing.
    """

    task_type: str
    baseline: str
    arms: tuple[str, ...]
    grader: str
    note: str
    drawn: int
    available: int
    others: int
    known: int
    margin: float
    needed: int
    power: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LooksPlan:
    """How the types are looked at.

    Attributes:
        looks: Looks at most.
        types: Types that are looked at; the others are asked whole, and tested once.
        pairs: Fresh pairs planned, of all types if all are put forward.
        expected_pairs: Those of them that are expected to be bought if nothing is lost.
    """

    looks: int
    types: tuple[str, ...]
    pairs: int
    expected_pairs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """A plan with its price and its power.

    Attributes:
        types: By task type.
        costs_usd: Candidate → requests, expected and at most; without answers that are there already.
        expected_usd: What all of it is expected to cost.
        at_most_usd: The most that it can cost.
        max_spend_usd: The cap, or None.
        requests: Requests of the plan.
        reused: Answers that are there already.
        again: Requests that ask the baseline again.
        pool: Fresh pairs of all types together, if all of them move.
        pool_margin: Margin of the traffic that moves.
        pool_power: Loss → chance that the pool clears.
        alpha: Chance taken of a false certificate.
        discordance: Share of pairs that is taken to differ.
        choosing_share: Share of the prompts that only serves to choose.
        set_aside: Reason → rows that are not asked.
        fitted: Candidate and change → prompts that are asked with it, since it rejects them as they stand.
        bad_rows: Rows that could not be read.
        repeats: Rows whose prompt had been seen before.
        unmatched: Known answers whose prompt is in no log.
        scaled: Whether fewer prompts are drawn than are needed, to fit the cap.
        keeps_text: Whether answers are kept.
        prices: Day and hash of the price table.
        worth: Savings at stake, payback, and where the next dollar buys most.
        looks: How types are looked at; None where all is tested once.
        judging_usd: The part of the cost that judges are, expected and at most.
    """

    types: tuple[TypeRow, ...]
    costs_usd: Mapping[str, tuple[int, Decimal, Decimal]]
    expected_usd: Decimal
    at_most_usd: Decimal
    max_spend_usd: Decimal | None
    requests: int
    reused: int
    again: int
    pool: int
    pool_margin: float
    pool_power: Mapping[float, float]
    alpha: float
    discordance: float
    choosing_share: float
    set_aside: Mapping[str, int]
    fitted: Mapping[str, int]
    bad_rows: int
    repeats: int
    unmatched: int
    scaled: bool
    keeps_text: bool
    prices: tuple[str, str]
    worth: Worth
    looks: LooksPlan | None = None
    judging_usd: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))


def as_json(report: PlanReport) -> dict[str, Any]:
    """Return a plan as a JSON object of schema ``modelmix.replay-plan/1``."""
    return {
        "schema": SCHEMA,
        "types": [
            {
                "task_type": row.task_type,
                "baseline": row.baseline,
                "candidates": list(row.arms) if row.grader else [],
                "grader": row.grader or None,
                "note": row.note,
                "prompts": row.drawn,
                "available": row.available,
                "explicit_choices": row.others,
                "known_answers": row.known,
                "type_margin": row.margin,
                "needed": row.needed,
                "power": round(row.power, 4),
            }
            for row in report.types
        ],
        "cost": {
            "basis": "estimated",
            "expected_usd": float(report.expected_usd),
            "at_most_usd": float(report.at_most_usd),
            "judging_expected_usd": float(report.judging_usd[0]),
            "judging_at_most_usd": float(report.judging_usd[1]),
            "max_spend_usd": None if report.max_spend_usd is None else float(report.max_spend_usd),
            "by_candidate": [
                {"candidate": name, "requests": n, "expected_usd": float(e), "at_most_usd": float(m)}
                for name, (n, e, m) in report.costs_usd.items()
            ],
        },
        "looks": _looks_json(report.looks),
        "requests": report.requests,
        "reused": report.reused,
        "baseline_again": report.again,
        "power": {
            "fresh_pairs": report.pool,
            "margin": report.pool_margin,
            "alpha": report.alpha,
            "discordance_assumed": report.discordance,
            "choosing_share": report.choosing_share,
            "clears_at_loss": [
                {"loss": loss, "power": round(power, 4)} for loss, power in report.pool_power.items()
            ],
        },
        "set_aside": [{"why": why, "rows": n} for why, n in report.set_aside.items()],
        "fitted": [{"change": what, "prompts": n} for what, n in sorted(report.fitted.items())],
        "bad_rows": report.bad_rows,
        "repeats": report.repeats,
        "known_answers_unmatched": report.unmatched,
        "scaled_to_cap": report.scaled,
        "keeps_text": report.keeps_text,
        "prices": {"as_of": report.prices[0], "sha256": report.prices[1]},
        **worth_json(report.worth),
    }


def _looks_json(plan: LooksPlan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {
        "looks": plan.looks,
        "task_types": list(plan.types),
        "fresh_pairs": plan.pairs,
        "expected_fresh_pairs": round(plan.expected_pairs, 1),
    }


def card(report: PlanReport) -> RenderableType:
    """Lay a plan out for a terminal of 80 columns or more."""
    table = Table(box=None, pad_edge=False)
    # Names of others' making fold rather than end in an ellipsis: what tells them apart may stand last.
    table.add_column(" task type", max_width=_NAME_WIDTH, overflow="fold")
    table.add_column("grader", max_width=_GRADER_WIDTH, overflow="fold")
    for name in ("prompts", "of", "known", "margin", "power"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in report.types:
        table.add_row(
            Text(f" {printable(row.task_type)}"),
            Text(printable(row.grader)) if row.grader else Text("none", "bold red"),
            count(row.drawn),
            count(row.available),
            count(row.known),
            _small(row.margin),
            f"{row.power:.0%}" if row.grader else _NONE,
        )
    notes = Table.grid(padding=(0, 1))
    notes.add_column(width=9, no_wrap=True, style="bold")
    notes.add_column()
    before = ""
    for label, said in _notes(report):
        notes.add_row("" if label == before else f" {label}", Text(said))
        before = label or before
    return Group(table, Text(), notes)


def _small(margin: float) -> str:
    """Write a margin; one that an error's cost has made tiny is not written as none at all."""
    return points(margin) if margin >= _LEAST_WRITTEN else f"<{points(2 * _LEAST_WRITTEN)}"


def _notes(report: PlanReport) -> Iterator[tuple[str, str]]:
    """Yield what a reader should know, each with its label; a label stands once for lines that follow."""
    yield from (("grader", printable(row.note)) for row in report.types if row.note)
    yield from _costs(report)
    yield from (("looks", said) for said in _looks(report))
    yield from (("at stake", said) for said in stake_notes(report.worth))
    yield from (("next", said) for said in next_notes(report.worth))
    yield from (("power", said) for said in _power(report))
    yield from (("left out", said) for said in _left_out(report))
    for what, prompts in sorted(report.fitted.items()):
        yield "fitted", f"{printable(what)}, in {counted(prompts, 'prompt')}"
    guessed = [
        row.task_type for row in report.types if row.drawn > row.known and not row.grader.startswith("judge-")
    ]
    if guessed:
        names = printable(", ".join(guessed))
        said = f"against today's own answers where no right one is known ({names}): a loss is an upper bound"
        yield "graded", said
    kept = "are kept, for reports to show" if report.keeps_text else "are graded and forgotten (--keep-text)"
    yield "text", f"answers {kept}"


def _costs(report: PlanReport) -> Iterator[tuple[str, str]]:
    asks = ("" if report.looks is None else "at most ") + counted(report.requests, "request")
    if report.reused:
        asks += f", of which {counted(report.reused, 'answer')} there already"
    yield "asks", asks
    for name, (requests, expected, most) in report.costs_usd.items():
        span = f"about {about_usd(expected)}, at most {about_usd(most)}"
        yield "", f"{printable(name)}: {count(requests)} for {span}"
    span = f"about {about_usd(report.expected_usd)}, at most {about_usd(report.at_most_usd)}"
    yield "cost", f"{span} (list price, estimated)"
    if report.judging_usd[1]:
        expected, most = report.judging_usd
        yield "", f"of which judges about {about_usd(expected)}, at most {about_usd(most)}"
    yield "", ways_note(report.worth)
    if report.max_spend_usd is not None:
        yield "", f"never more than --max-spend {usd(report.max_spend_usd)}"
    if report.scaled:
        yield "", "fewer prompts than the margins need, to stay within it: expect UNDECIDED"


def _looks(report: PlanReport) -> Iterator[str]:
    plan = report.looks
    if plan is None:
        return
    yield (
        f"at most {plan.looks}: of each type one candidate is put forward, and its fresh pairs are bought in "
        f"parts until it clears, fails, or is not worth more; about {plan.expected_pairs:,.0f} of "
        f"{counted(plan.pairs, 'pair')} if nothing is lost"
    )
    whole = [row.task_type for row in report.types if row.grader and row.task_type not in plan.types]
    if whole:
        yield f"asked whole and tested once: {printable(', '.join(whole))}"


def _left_out(report: PlanReport) -> Iterator[str]:
    others = sum(row.others for row in report.types)
    for rows, what in (
        *((n, why) for why, n in list(report.set_aside.items())[:_ASIDE_SHOWN]),
        (report.repeats, "its prompt had been seen before"),
        (report.bad_rows, "could not be read"),
        (report.unmatched, "a known answer whose prompt is in no log"),
        (others, "asks for another model or effort than its type; explicit choices stay"),
    ):
        if rows:
            yield f"{counted(rows, 'row')}: {what}"


def _power(report: PlanReport) -> Iterator[str]:
    yield (
        f"chance to clear the margin if nothing is lost, {report.discordance:.0%} of the pairs differ and "
        f"{report.choosing_share:.0%} of the prompts only serve to choose"
    )
    short = ", ".join(
        f"{printable(row.task_type)} {count(row.needed)}"
        for row in report.types
        if row.grader and row.drawn < row.needed
    )
    if short:
        yield f"prompts needed for a chance of four in five: {short}"
    said = ", ".join(
        f"{'no loss' if not loss else 'a loss of ' + points(loss)} clears with {power:.0%}"
        for loss, power in report.pool_power.items()
    )
    pool = f"all types together, {counted(report.pool, 'fresh pair')}, margin {_small(report.pool_margin)}"
    yield f"{pool}: {said}"
