"""At stake: the most that moving top-tier calls could save, and what proving it would cost.

Nothing here is a saving. It is the bill of the same tokens at the cheapest lower-tier rates, an upper bound
that holds only where a cheaper candidate turns out to be good enough. Tokenizer differences are not counted.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import NormalDist

from modelmix.core.capabilities import CapabilityTable, ModelTier
from modelmix.core.prices import PriceBook, Rates
from modelmix.economics.spend import Line, Spend, grouped, rates_of, total_calls, total_cost
from modelmix.errors import PriceNotFound

TOP_TIER = ModelTier.OPUS
"""Lowest tier whose calls count as top-tier."""

DISCORDANCE = 0.05
"""Assumed share of prompts on which exactly one of two candidates is right."""

MARGIN = 0.02
"""Default margin of the moved traffic."""

TYPE_MARGIN = 0.06
"""Default margin of one task type."""

ALPHA = 0.05
POWER = 0.8


@dataclass(frozen=True, slots=True)
class TypeAtStake:
    """What is at stake in one task type.

    Attributes:
        task_type: Its name.
        calls: Its top-tier calls.
        usd: What they cost.
        candidates: The cheapest lower-tier models for their tokens, largest spend first; empty if none.
        saving_usd: What they would cost less there; may be negative.
        pairs: Prompts to replay so that its proof has the stated power, at most its calls.
        proof_usd: What replaying them costs at the mean cost of a call on the candidates.
    """

    task_type: str
    calls: int
    usd: Decimal
    candidates: tuple[str, ...]
    saving_usd: Decimal
    pairs: int
    proof_usd: Decimal


@dataclass(frozen=True, slots=True)
class AtStake:
    """What is at stake in all top-tier traffic.

    Attributes:
        calls: Top-tier calls.
        usd: What they cost.
        types: By task type, largest saving first.
    """

    calls: int
    usd: Decimal
    types: tuple[TypeAtStake, ...]

    @property
    def saving_usd(self) -> Decimal:
        """What all types together would cost less; may be negative."""
        return sum((row.saving_usd for row in self.types), Decimal(0))

    @property
    def pairs(self) -> int:
        """Prompts to replay."""
        return sum(row.pairs for row in self.types)

    @property
    def proof_usd(self) -> Decimal:
        """What replaying them costs; grading is not in it."""
        return sum((row.proof_usd for row in self.types), Decimal(0))


def pairs_needed(margin: float) -> int:
    """Return how many pairs make a true loss of zero clear a margin with the stated power.

    Normal approximation for paired proportions: n = (z(1-alpha) + z(power))^2 d / margin^2, d the
    discordance; 773 at a margin of 0.02, 86 at 0.06.

    Source: J. M. Nam, Biometrics 53 (1997) 1422-1430, for a true difference of zero.
    """
    z = NormalDist().inv_cdf(1 - ALPHA) + NormalDist().inv_cdf(POWER)
    return math.ceil(z * z * DISCORDANCE / margin**2)


def tier_of(model: str, book: PriceBook, capabilities: CapabilityTable) -> ModelTier | None:
    """Return a model's tier: from the capability table, else from its name; None if neither tells."""
    known = capabilities.find(book.resolve(model)) or capabilities.find(model)
    if known is not None:
        return known.tier
    return next((tier for tier in ModelTier if tier.name.lower() in model.lower()), None)


def at_stake(lines: Iterable[Line], spend: Spend, capabilities: CapabilityTable, today: date) -> AtStake:
    """Work out what top-tier calls would cost on the cheapest lower-tier candidate.

    Args:
        lines: The bill.
        spend: What it was drawn up by.
        capabilities: Tiers, context lengths and days of retirement.
        today: Day whose prices the candidates are taken at.
    """
    book = spend.book
    top = [line for line in lines if _is_top(line, book, capabilities)]
    names = [
        row.model
        for row in capabilities.models.values()
        if row.tier < TOP_TIER and row.released <= today and (row.retires is None or today < row.retires)
    ]
    calls = total_calls(top)
    types = [
        _type_at_stake(
            task_type, group, calls, [_cheapest(line, spend, names, capabilities, today) for line in group]
        )
        for task_type, group in grouped(top, lambda line: line.kind.task_type).items()
    ]
    types.sort(key=lambda row: (-row.saving_usd, row.task_type))
    return AtStake(calls, total_cost(top).total_usd, tuple(types))


def _is_top(line: Line, book: PriceBook, capabilities: CapabilityTable) -> bool:
    if line.unpriced_why:
        return False
    tier = tier_of(line.kind.model, book, capabilities)
    return tier is not None and tier >= TOP_TIER


def _cheapest(
    line: Line, spend: Spend, names: Sequence[str], capabilities: CapabilityTable, today: date
) -> tuple[str, Decimal]:
    """Return the cheapest model for a line's tokens, and their bill; the line's own bill if none fits."""
    prompt = spend.longest_prompt(line.kind.band)
    found = []
    for name in names:
        rates = _candidate_rates(line, spend.book, name, prompt, today)
        if rates is not None and prompt <= capabilities.models[name].context_tokens:
            found.append((rates.cost(line.usage).total_usd + line.cost.server_tools_usd, name))
    if not found:
        return "", line.cost.total_usd
    usd, name = min(found)
    return name, usd


def _candidate_rates(line: Line, book: PriceBook, name: str, prompt: int, today: date) -> Rates | None:
    try:
        # Speed is a property of the dearer model's offer; the candidate runs at its standard one.
        return rates_of(book, line.kind._replace(fast=False), name, today, prompt)
    except PriceNotFound:
        return None


def _type_at_stake(
    task_type: str, group: Sequence[Line], all_calls: int, moved: Sequence[tuple[str, Decimal]]
) -> TypeAtStake:
    calls = total_calls(group)
    usd = total_cost(group).total_usd
    by_candidate: dict[str, Decimal] = {}
    for name, cost in moved:
        if name:
            by_candidate[name] = by_candidate.get(name, Decimal(0)) + cost
    moved_usd = sum((cost for _, cost in moved), Decimal(0))
    share = math.ceil(pairs_needed(MARGIN) * calls / all_calls) if all_calls else 0
    pairs = min(calls, max(pairs_needed(TYPE_MARGIN), share))
    return TypeAtStake(
        task_type=task_type,
        calls=calls,
        usd=usd,
        candidates=tuple(sorted(by_candidate, key=lambda name: (-by_candidate[name], name))),
        saving_usd=usd - moved_usd,
        pairs=pairs,
        proof_usd=moved_usd / calls * pairs if calls else Decimal(0),
    )
