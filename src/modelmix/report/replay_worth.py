"""What a replay is worth: savings at stake, payback, and where the next dollar of evaluation buys most."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from modelmix.report.money import about_usd, count, share
from modelmix.report.plain import counted, printable

ESTIMATED: Final = "estimated"
_NEXT_SHOWN: Final = 3
_TYPES_SHOWN: Final = 8
_LONG_DAYS: Final = 10.0
_SHORT_DAYS: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What one candidate could save on a task type, and what showing it costs.

    Attributes:
        candidate: Who would answer.
        priced_calls: Calls of the log that have a price on both sides.
        taken_share: Share of the drawn requests that it takes as they stand; only these could move.
        saving_per_call_usd: What it would save on a call, negative where it is dearer; None without a price.
        saving_month_usd: The same over 30 days, on what it takes; None without a price, or a day of log.
        margin: Largest loss with which the move would hold.
        power: Chance that its planned prompts clear that margin if nothing is lost.
        proof_usd: What asking it is expected to cost, without answers that are there already.
        payback_days: Days in which the saving is expected to pay for that; None where it never does.
    """

    candidate: str
    priced_calls: int
    taken_share: float
    saving_per_call_usd: Decimal | None
    saving_month_usd: Decimal | None
    margin: float
    power: float
    proof_usd: Decimal
    payback_days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeStake:
    """What is at stake in one task type.

    Attributes:
        task_type: Its name.
        is_asked: Whether the plan asks anything of it.
        calls: Calls of the log that ask for its baseline.
        unpriced: Those of them without a price.
        today_usd: What the others cost at today's list prices.
        today_month_usd: The same over 30 days; None where the log spans less than a day.
        candidates: By candidate, in the order of the plan.
    """

    task_type: str
    is_asked: bool
    calls: int
    unpriced: int
    today_usd: Decimal
    today_month_usd: Decimal | None
    candidates: tuple[Stake, ...]

    @property
    def best(self) -> Stake | None:
        """The candidate that could save most; None where none saves anything, or no month is known."""
        saving = [one for one in self.candidates if (one.saving_month_usd or 0) > 0]
        return max(saving, key=lambda one: one.saving_month_usd or 0, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPairs:
    """Pairs whose purchase is expected to pay.

    Attributes:
        task_type: Whose pairs.
        candidate: Who answers them.
        pairs: Pairs beyond those that are there.
        cost_usd: What they are expected to cost.
        gain_month_usd: What knowing more is expected to be worth in 30 days.
        power: Chance that the type's pairs clear its margin if nothing is lost; the gain counts with it.
        step: Its place among all purchases, counted from 1: each is where the next dollar buys most by then.
    """

    task_type: str
    candidate: str
    pairs: int
    cost_usd: Decimal
    gain_month_usd: Decimal
    power: float
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a planned replay is worth.

    Attributes:
        span_days: Days from the first call of the log to its last.
        types: By task type, in the order of the plan.
        saving_month_usd: Best candidates of the types that are asked, together; None without a day of log.
        proof_usd: What the whole replay is expected to cost.
        payback_days: Days in which those savings are expected to pay for it; None where they never do.
        next: Purchases, in the order in which they buy most.
        next_why: Why there is none; empty where there is one.
        batch_expected_usd: What the replay would be expected to cost by Message Batches.
        batch_at_most_usd: The most that it could cost that way.
        live_expected_usd: What it would be expected to cost live, request by request.
        live_at_most_usd: The most that it could cost that way.
        by_batch: Whether it is planned by batch.
        default_errors: Baseline's error rate that is taken where right answers are not known.
        believed_answers: Answers that the belief beforehand is worth.
    """

    span_days: float
    types: tuple[TypeStake, ...]
    saving_month_usd: Decimal | None
    proof_usd: Decimal
    payback_days: float | None
    next: tuple[NextPairs, ...]
    next_why: str
    batch_expected_usd: Decimal
    batch_at_most_usd: Decimal
    live_expected_usd: Decimal
    live_at_most_usd: Decimal
    by_batch: bool
    default_errors: float
    believed_answers: float


def worth_json(worth: Worth) -> dict[str, Any]:
    """Return the keys that a plan's JSON has of its worth: ``at_stake``, ``next``, ``batch`` and ``live``."""
    return {
        "at_stake": {
            "basis": ESTIMATED,
            "span_days": round(worth.span_days, 4),
            "saving_month_usd": _number(worth.saving_month_usd),
            "proof_usd": float(worth.proof_usd),
            "payback_days": worth.payback_days,
            "types": [_type_json(row) for row in worth.types],
        },
        "next": {
            "basis": ESTIMATED,
            "why_none": worth.next_why or None,
            "default_error_rate": worth.default_errors,
            "believed_answers": worth.believed_answers,
            "purchases": [
                {
                    "step": one.step,
                    "task_type": one.task_type,
                    "candidate": one.candidate,
                    "pairs": one.pairs,
                    "cost_usd": float(one.cost_usd),
                    "gain_month_usd": float(one.gain_month_usd),
                    "power": round(one.power, 4),
                }
                for one in worth.next
            ],
        },
        "batch": {
            "basis": ESTIMATED,
            "is_sent": worth.by_batch,
            "expected_usd": float(worth.batch_expected_usd),
            "at_most_usd": float(worth.batch_at_most_usd),
        },
        "live": {
            "basis": ESTIMATED,
            "is_sent": not worth.by_batch,
            "expected_usd": float(worth.live_expected_usd),
            "at_most_usd": float(worth.live_at_most_usd),
        },
    }


def _type_json(row: TypeStake) -> dict[str, Any]:
    return {
        "task_type": row.task_type,
        "is_asked": row.is_asked,
        "calls": row.calls,
        "unpriced_calls": row.unpriced,
        "today_usd": float(row.today_usd),
        "today_month_usd": _number(row.today_month_usd),
        "candidates": [
            {
                "candidate": one.candidate,
                "priced_calls": one.priced_calls,
                "taken_share": one.taken_share,
                "saving_per_call_usd": _number(one.saving_per_call_usd),
                "saving_month_usd": _number(one.saving_month_usd),
                "type_margin": one.margin,
                "power": round(one.power, 4),
                "proof_usd": float(one.proof_usd),
                "payback_days": one.payback_days,
            }
            for one in row.candidates
        ],
    }


def _number(usd: Decimal | None) -> float | None:
    return None if usd is None else float(usd)


def ways_note(worth: Worth) -> str:
    """Say how it is sent, and what the quote would be the other way."""
    if worth.by_batch:
        span = f"about {about_usd(worth.live_expected_usd)}, at most {about_usd(worth.live_at_most_usd)}"
        return f"by Message Batches, in their own time; at once, with --live: {span} (estimated)"
    span = f"about {about_usd(worth.batch_expected_usd)}, at most {about_usd(worth.batch_at_most_usd)}"
    return f"live, at once; by Message Batches, without --live: {span} (estimated)"


def stake_notes(worth: Worth) -> Iterator[str]:
    """Say what each candidate could save in 30 days, and how soon that pays for its proof."""
    unpriced = sum(row.unpriced for row in worth.types)
    if unpriced:
        yield f"{counted(unpriced, 'call')} without a price: nothing is counted for them"
    if worth.saving_month_usd is None:
        yield "not known: the log spans less than a day, and no month follows from that"
        return
    yield (
        f"in 30 days at today's list prices, from {_days(worth.span_days)} of log, if every answer held "
        "(estimated, proven: $0):"
    )
    ranked = sorted(worth.types, key=lambda row: (-_best_usd(row), row.task_type))
    for row in ranked[:_TYPES_SHOWN]:
        yield _type_note(row)
    if rest := ranked[_TYPES_SHOWN:]:
        more = sum((_best_usd(row) for row in rest), Decimal(0))
        yield f"{counted(len(rest), 'type')} more: up to {about_usd(more)} (--json names them)"
    paid = _paid(worth.payback_days)
    yield f"what is asked, together: up to {about_usd(worth.saving_month_usd)}; all of the proof {paid}"


def _type_note(row: TypeStake) -> str:
    named = printable(row.task_type)
    said = []
    for one in row.candidates:
        if one.saving_month_usd is None:
            said.append(f"{printable(one.candidate)} unpriced")
            continue
        text = f"{about_usd(one.saving_month_usd)} on {printable(one.candidate)}"
        if one.taken_share < 1.0:
            text += f", which takes {share(one.taken_share, 1.0)} of it"
        if row.is_asked:
            text += f", {_paid(one.payback_days)}"
        said.append(text)
    of = "" if row.today_month_usd is None else f" of {about_usd(row.today_month_usd)}"
    end = "" if row.is_asked else " (not asked)"
    return f"{named}{of}: {'; '.join(said) or 'no cheaper candidate'}{end}"


def _best_usd(row: TypeStake) -> Decimal:
    best = row.best
    return Decimal(0) if best is None or best.saving_month_usd is None else best.saving_month_usd


def next_notes(worth: Worth) -> Iterator[str]:
    """Say where the next dollar of evaluation buys most, one line for each of the first types."""
    if worth.next_why:
        yield worth.next_why
        return
    first: dict[str, NextPairs] = {}
    for one in worth.next:
        first.setdefault(one.task_type, one)
    for one in list(first.values())[:_NEXT_SHOWN]:
        yield (
            f"{count(one.pairs)} more pairs of {printable(one.task_type)} on {printable(one.candidate)} for "
            f"{about_usd(one.cost_usd)}: expected gain {about_usd(one.gain_month_usd)} a month"
        )
    yield (
        "(estimated: counts with the chance to clear; beforehand a candidate is taken to err as often as "
        f"today's model, {worth.default_errors:.0%} where right answers are not known)"
    )


def _paid(days: float | None) -> str:
    return "never pays back" if days is None else f"paid back in {_days(days)}"


def _days(days: float) -> str:
    if days < _SHORT_DAYS:
        return f"less than {_SHORT_DAYS} days"
    return f"{days:,.0f} days" if days >= _LONG_DAYS else f"{days:.1f} days"
