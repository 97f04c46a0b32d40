"""Reconciling: what lost answers cost, by the API's own usage report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from modelmix.core.call import REPLAY, Call
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage
from modelmix.errors import PriceNotFound

_COUNTS: Final = tuple(field.name for field in fields(Usage) if field.name != "iterations")


@dataclass(frozen=True, slots=True)
class Found:
    """What lost sendings of a replay turned out to cost.

    Attributes:
        costs_usd: Sending → its cost; a sum that is known is shared among those of a model.
        calls: Calls that stand for them, with tokens that sum up to what the report shows.
    """

    costs_usd: Mapping[int, Decimal]
    calls: tuple[Call, ...]


def reconcile(
    lost: Mapping[str, Sequence[tuple[int, Decimal]]],
    shown: Mapping[str, Usage],
    booked: Mapping[str, Usage],
    book: PriceBook,
    at: datetime,
    replay_id: str,
) -> Found:
    """Explain lost sendings by what the usage report shows beyond what is booked.

    A report may lag, and may hold other traffic of the same key. So a model's difference is taken only if no
    token class of it is negative (then the report already holds everything that is booked, all of it later
    than what was lost) and it costs no more than the lost sendings can have cost.

    Args:
        lost: Model → its lost sendings with the most that each can cost.
        shown: Model → tokens since the replay began, by the report.
        booked: Model → tokens of calls in the ledger, of the same span.
        book: Prices.
        at: Aware UTC instant of the calls that stand for them.
        replay_id: The replay.
    """
    costs: dict[int, Decimal] = {}
    calls: list[Call] = []
    for model, sendings in lost.items():
        beyond = _difference(shown.get(model, Usage()), booked.get(model, Usage()))
        if beyond is None:
            continue
        parts = _shared(beyond, len(sendings))
        try:
            prices = [book.cost(part, model, at).total_usd for part in parts]
        except PriceNotFound:
            continue
        if sum(prices) > sum((usd for _, usd in sendings), Decimal(0)):
            continue
        for (number, _), part, usd in zip(sendings, parts, prices, strict=True):
            costs[number] = usd
            if part.total_tokens:
                calls.append(_stand_in(replay_id, number, model, part, at))
    return Found(costs, tuple(calls))


def total_by_model(calls: Iterable[Call]) -> dict[str, Usage]:
    """Sum the tokens of a replay's calls by the model that served them."""
    found: dict[str, Usage] = {}
    for call in calls:
        if call.source == REPLAY:
            found[call.model_served] = found.get(call.model_served, Usage()) + call.usage.plain()
    return found


def since_opening(shown: Mapping[str, Usage], opening: Mapping[str, Any]) -> dict[str, Usage]:
    """Take what the report showed when the replay began from what it shows now; a class below is nil."""
    found: dict[str, Usage] = {}
    for model, usage in shown.items():
        before = opening.get(model) or {}
        counts = {name: max(0, getattr(usage, name) - int(before.get(name, 0))) for name in _COUNTS}
        found[model] = Usage(**counts)
    return found


def as_opening(shown: Mapping[str, Usage]) -> dict[str, dict[str, int]]:
    """Write what a report shows as plain JSON."""
    return {
        model: {name: getattr(usage, name) for name in _COUNTS if getattr(usage, name)}
        for model, usage in sorted(shown.items())
    }


def _difference(shown: Usage, booked: Usage) -> Usage | None:
    counts = {name: getattr(shown, name) - getattr(booked, name) for name in _COUNTS}
    return None if min(counts.values()) < 0 else Usage(**counts)


def _shared(usage: Usage, parts: int) -> list[Usage]:
    """Part tokens into equal shares; what cannot be parted goes to the first."""
    share = Usage(**{name: getattr(usage, name) // parts for name in _COUNTS})
    first = Usage(**{name: getattr(usage, name) - getattr(share, name) * (parts - 1) for name in _COUNTS})
    return [first, *[share] * (parts - 1)]


def _stand_in(replay_id: str, number: int, model: str, usage: Usage, at: datetime) -> Call:
    return replace(
        Call(
            call_id=f"{replay_id}-{number}", at=at, source=REPLAY, model_requested=model, model_served=model
        ),
        usage=usage,
        error="answer-lost",
        reason=f"replay={replay_id}; by the usage report",
    )
