"""Reconciling: what lost answers cost, by the API's own usage report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Final

from modelmix.core.call import REPLAY, Call
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage
from modelmix.errors import PriceNotFound
from modelmix.store.replay_records import Lost, Replay

_MOST_SUMMED: Final = 30
_COUNTS: Final = tuple(field.name for field in fields(Usage) if field.name != "iterations")


@dataclass(frozen=True, slots=True)
class Found:
    """What lost sendings of a replay turned out to cost.

    Attributes:
        costs_usd: Sending → its cost; only the sum of a model's is known.
        calls: Calls that stand for them, with tokens that sum up to what the report shows.
    """

    costs_usd: Mapping[int, Decimal]
    calls: tuple[Call, ...]


def reconcile(
    lost: Mapping[str, Sequence[Lost]],
    asked: Mapping[str, Usage],
    shown: Mapping[str, Usage],
    booked: Mapping[str, Usage],
    book: PriceBook,
    replay: Replay,
) -> Found:
    """Explain lost sendings by what the usage report shows beyond what is booked.

    A report may lag, and may hold other traffic of the same key. So a model's difference is taken only if no
    token class of it is negative (then the report already holds everything that is booked, all of it later
    than what was lost) and it costs no more than the lost sendings can have cost.

    Args:
        lost: Model → its lost sendings.
        asked: Answer → its tokens, from when it was asked again.
        shown: Model → tokens since the replay began, by the report.
        booked: Model → tokens of calls in the ledger, of the same span.
        book: Prices.
        replay: The replay; its beginning is the instant of the calls that stand for them.
    """
    costs: dict[int, Decimal] = {}
    calls: list[Call] = []
    for model, sendings in lost.items():
        beyond = _difference(shown.get(model, Usage()), booked.get(model, Usage()))
        if beyond is None:
            continue
        parts = _shared(beyond, _seen(beyond, sendings, asked)) if beyond.total_tokens else []
        try:
            prices = [book.cost(part, model, replay.at).total_usd for part in parts]
        except PriceNotFound:
            continue
        if sum(prices) > sum((one.reserved_usd for one in sendings), Decimal(0)):
            continue
        costs |= {one.sending_id: Decimal(0) for one in sendings}
        for one, part, usd in zip(sendings, parts, prices, strict=False):
            costs[one.sending_id] = usd
            calls.append(_stand_in(replay, one.sending_id, model, part))
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


def _seen(beyond: Usage, sendings: Sequence[Lost], asked: Mapping[str, Usage]) -> int:
    """Tell how many of the lost sendings the API has seen, at least one.

    Where some of them, as they were answered when asked again, add up to the tokens in question, it is as
    many as they are; else as many as the mean length of their prompts tells.
    """
    lengths = [
        (asked[one.answer_id].prompt_tokens, asked[one.answer_id].output_tokens)
        for one in sendings
        if one.answer_id in asked
    ]
    if not sum(prompt for prompt, _ in lengths):
        return len(sendings)
    by_mean = beyond.prompt_tokens * len(lengths) / sum(prompt for prompt, _ in lengths)
    possible = _adding_up(lengths, (beyond.prompt_tokens, beyond.output_tokens)) or {round(by_mean)}
    return max(1, min(len(sendings), min(possible, key=lambda count: (abs(count - by_mean), count))))


def _adding_up(lengths: Sequence[tuple[int, int]], whole: tuple[int, int]) -> set[int]:
    """Return how many of the lengths can add up to the whole; nothing where there are too many to try."""
    if len(lengths) > _MOST_SUMMED:
        return set()
    # Meeting in the middle: the sums of each half, and what the other half has to add.
    half = len(lengths) // 2
    first, second = _sums(lengths[:half]), _sums(lengths[half:])
    return {
        one + other
        for (prompt, output), counts in first.items()
        for one in counts
        for other in second.get((whole[0] - prompt, whole[1] - output), ())
    }


def _sums(lengths: Sequence[tuple[int, int]]) -> dict[tuple[int, int], set[int]]:
    sums: dict[tuple[int, int], set[int]] = {(0, 0): {0}}
    for prompt, output in lengths:
        for (prompts, outputs), counts in list(sums.items()):
            reached = sums.setdefault((prompts + prompt, outputs + output), set())
            reached |= {count + 1 for count in counts}
    return sums


def _shared(usage: Usage, parts: int) -> list[Usage]:
    """Part tokens into equal shares; what cannot be parted goes to the first."""
    share = Usage(**{name: getattr(usage, name) // parts for name in _COUNTS})
    first = Usage(**{name: getattr(usage, name) - getattr(share, name) * (parts - 1) for name in _COUNTS})
    return [first, *[share] * (parts - 1)]


def _stand_in(replay: Replay, number: int, model: str, usage: Usage) -> Call:
    return Call(
        call_id=f"{replay.replay_id}-{number}",
        at=replay.at,
        source=REPLAY,
        model_requested=model,
        model_served=model,
        usage=usage,
        error="answer-lost",
        reason=f"replay={replay.replay_id}; by the usage report",
    )
