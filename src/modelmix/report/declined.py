"""Declined: candidates that look cheap and fail their bar, and what that is worth."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from modelmix.core.candidate import Candidate
from modelmix.policy.document import TaskEntry

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
    """

    candidate: Candidate
    pairs: int
    loss: Decimal | None
    margin: Decimal | None
    saving_usd: Decimal | None
    saving_bound_usd: Decimal | None
    pays_while_error_below_usd: Decimal | None


def declined(entry: TaskEntry, today_usd: Decimal, calls: int) -> Iterator[Declined]:
    """Yield the candidates that an entry refuses, with what they would have saved.

    Args:
        entry: The task type.
        today_usd: What its calls cost without the policy.
        calls: How many they are.
    """
    for one in entry.refused:
        saving = part_usd(today_usd, one.saving_share)
        per_call = saving / calls if saving is not None and calls else None
        yield Declined(
            candidate=one.candidate,
            pairs=one.pairs,
            loss=one.loss,
            margin=one.margin,
            saving_usd=saving,
            saving_bound_usd=part_usd(today_usd, one.saving_bound),
            pays_while_error_below_usd=break_even_usd(per_call, one.loss),
        )


def part_usd(usd: Decimal, share: Decimal | None) -> Decimal | None:
    """Return a share of an amount, or None where the share is not known."""
    return None if share is None else usd * share


def break_even_usd(per_call_usd: Decimal | None, loss: Decimal | None) -> Decimal | None:
    """Return the cost of a wrong answer at which a move saves nothing: L* = cost difference / quality gap.

    Source: break-even of a single pass with failure cost, E = c + (1 - p) L for both candidates.
    """
    if per_call_usd is None or loss is None or loss <= 0:
        return None
    return max(per_call_usd / loss, _ZERO)
