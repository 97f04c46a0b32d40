"""Declined: candidates that look cheap and fail their bar, and what that is worth."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from modelmix.core.candidate import Candidate
from modelmix.economics.bigger import break_even_usd
from modelmix.policy.document import TaskEntry
from modelmix.policy.evidence import Accepted, Refused

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """A cheaper candidate of a type that is shown to fail.

    Attributes:
        candidate: The candidate.
        pairs: Pairs that this rests on.
        loss: Measured loss, or None.
        margin: Margin that it is shown to pass, or None.
        saving_usd: What it would have saved on the type's calls, or None.
        saving_bound_usd: One-sided 95 % lower bound of that, or None.
        pays_while_error_below_usd: Cost of a wrong answer below which it would have paid, or None.
        beats_route_while_error_below_usd: Cost of a wrong answer below which it would have paid more than the
            route that the type takes; None where the type stays, where it loses no more than the route does,
            or where that is not known.
        accepted: What an accepted outcome costs on it and on the baseline, or None.
    """

    candidate: Candidate
    pairs: int
    loss: Decimal | None
    margin: Decimal | None
    saving_usd: Decimal | None
    saving_bound_usd: Decimal | None
    pays_while_error_below_usd: Decimal | None
    beats_route_while_error_below_usd: Decimal | None
    accepted: Accepted | None


def declined(entry: TaskEntry, today_usd: Decimal, calls: int) -> list[Declined]:
    """Return the candidates that an entry refuses, the one that would save most first.

    Args:
        entry: The task type.
        today_usd: What its calls cost without the policy.
        calls: How many they are.
    """
    found = [_priced(one, entry, today_usd, calls) for one in _refused(entry)]
    return sorted(found, key=lambda one: (one.saving_usd is None, -(one.saving_usd or _ZERO)))


def _refused(entry: TaskEntry) -> Iterator[Refused]:
    yield from entry.refused
    own = entry.evidence
    if own is None or own.verdict != "FAILS":
        return
    candidate = entry.route if isinstance(entry.route, Candidate) else own.candidate
    if candidate is not None and candidate not in {one.candidate for one in entry.refused}:
        yield Refused(
            candidate=candidate,
            pairs=own.pairs,
            loss=own.loss,
            margin=None if entry.bar is None else entry.bar.type_margin,
            saving_share=own.saving_share,
            saving_bound=own.saving_bound,
            accepted=own.accepted,
        )


def _priced(one: Refused, entry: TaskEntry, today_usd: Decimal, calls: int) -> Declined:
    saving = part_usd(today_usd, one.saving_share)
    per_call = saving / calls if saving is not None and calls else None
    return Declined(
        candidate=one.candidate,
        pairs=one.pairs,
        loss=one.loss,
        margin=one.margin,
        saving_usd=saving,
        saving_bound_usd=part_usd(today_usd, one.saving_bound),
        pays_while_error_below_usd=break_even_usd(per_call, one.loss),
        beats_route_while_error_below_usd=_beats_usd(one, entry, today_usd, calls),
        accepted=one.accepted,
    )


def _beats_usd(one: Refused, entry: TaskEntry, today_usd: Decimal, calls: int) -> Decimal | None:
    own = entry.evidence
    if own is None or not isinstance(entry.route, Candidate) or entry.route == one.candidate or not calls:
        return None
    if one.saving_share is None or own.saving_share is None or one.loss is None or own.loss is None:
        return None
    return break_even_usd(today_usd * (one.saving_share - own.saving_share) / calls, one.loss - own.loss)


def part_usd(usd: Decimal, share: Decimal | None) -> Decimal | None:
    """Return a share of an amount, or None where the share is not known."""
    return None if share is None else usd * share
