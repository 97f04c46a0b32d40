"""Today: what calls cost, or would have cost had no policy moved them, sorted by entry of a policy."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from modelmix.core.call import REPLAY, Call
from modelmix.policy.placement import Place
from modelmix.report.proof import SIMULATED, Proof

BOUND_Z = 1.6448536269514722  # one-sided 95 %
TRANSCRIPTS = "claude-code"
_ZERO = Decimal(0)


class Basis(NamedTuple):
    """Calls whose mean cost stands for what a moved call would have cost.

    Attributes:
        entry: Entry of the policy, or empty.
        task_type: Task type where no entry takes it, else empty.
        model: Model that they ask for and are answered by.
        asks: Whether they ask for what the entry's requests ask for today, effort included.
    """

    entry: str
    task_type: str
    model: str
    asks: bool


@dataclass(slots=True)
class _Costs:
    """Costs of calls: how many, their sum, and the sum of their squares."""

    calls: int = 0
    usd: Decimal = _ZERO
    squares: Decimal = _ZERO

    def add(self, usd: Decimal) -> None:
        self.calls += 1
        self.usd += usd
        self.squares += usd * usd

    @property
    def mean_usd(self) -> Decimal:
        return self.usd / self.calls

    @property
    def variance(self) -> float:
        if self.calls < 2:  # noqa: PLR2004 - one value has no spread
            return 0.0
        spread = self.squares - self.usd * self.usd / self.calls
        return max(0.0, float(spread) / (self.calls - 1))


@dataclass(slots=True)
class _Moved:
    """Calls that a gateway moved, with one basis."""

    calls: int = 0
    usd: Decimal = _ZERO


@dataclass(slots=True)
class _Type:
    calls: int = 0
    usd: Decimal = _ZERO
    explicit_calls: int = 0
    explicit_usd: Decimal = _ZERO
    unpriced_calls: int = 0
    moved: dict[Basis, _Moved] = field(default_factory=dict)
    live_calls: int = 0


@dataclass(frozen=True, slots=True)
class TypeToday:
    """What one entry's calls cost today.

    Attributes:
        calls: Priced calls that ask for its baseline, those already moved included.
        usd: What they cost, moved ones at the mean cost of the baseline.
        estimated_calls: Moved ones among them.
        explicit_calls: Priced calls that ask for something else, which is honoured.
        explicit_usd: What those cost.
        unpriced_calls: Calls without a price; in no sum.
        live_calls: Calls that a gateway with this very policy moved to the route.
    """

    calls: int = 0
    usd: Decimal = _ZERO
    estimated_calls: int = 0
    explicit_calls: int = 0
    explicit_usd: Decimal = _ZERO
    unpriced_calls: int = 0
    live_calls: int = 0


@dataclass(frozen=True, slots=True)
class Realised:
    """What gateways saved by moving calls, under this policy and earlier ones.

    The counterfactual of a call is the mean cost of the baseline's calls of its type, with the caching that
    those had. It is an estimate, and the saving may be negative.

    Attributes:
        calls: Calls that were moved and have a price.
        usd: What they cost.
        counterfactual_usd: What they would have cost on what they asked for.
        error_usd: Standard error of that; it knows of chance, not of prompts that have changed since.
        unreferenced_calls: Moved calls without one call of their baseline to compare with: they stand in all
            sums at what they cost, as if they had saved nothing.
    """

    calls: int = 0
    usd: Decimal = _ZERO
    counterfactual_usd: Decimal = _ZERO
    error_usd: Decimal = _ZERO
    unreferenced_calls: int = 0

    @property
    def saving_usd(self) -> Decimal:
        """Counterfactual minus cost; negative if it cost more."""
        return self.counterfactual_usd - self.usd

    @property
    def saving_bound_usd(self) -> Decimal:
        """One-sided 95 % lower bound of the saving."""
        return self.saving_usd - Decimal(repr(BOUND_Z)) * self.error_usd


class Today:
    """Adds calls up; memory grows with entries and models, not with calls.

    Attributes:
        first: Instant of the first call counted, or None.
        last: Instant of the last, or None.
        other_calls: Priced calls that no entry takes.
        other_usd: What they cost; moved ones at the mean cost of what they asked for.
        proof: Calls that replays made, whenever: the cost of proof, in nothing else here.
        transcript_calls: Calls from transcripts, which do not tell a subscription from a key.
        simulated_calls: Calls that the practice API answered; they carry its ids.
        unpriced_calls: Calls without a price; in no sum.
        by_source: Source of calls → number of them, replays left out.
    """

    def __init__(self) -> None:
        self._types: dict[str, _Type] = {}
        self._other = _Type()
        self._means: dict[Basis, _Costs] = {}
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.proof = Proof()
        self.transcript_calls = 0
        self.simulated_calls = 0
        self.unpriced_calls = 0
        self.by_source: dict[str, int] = {}

    def add(self, call: Call, place: Place, usd: Decimal | None, *, counts: bool = True) -> None:
        """Add one call.

        Args:
            call: The call.
            place: Where it stands in the policy.
            usd: What it cost, or None where that is not known.
            counts: Whether it lies in the window; one outside only helps to know what the baseline costs. A
                replay's counts whenever it was made: proof has a cost so far, and none of a month.
        """
        if call.source == REPLAY:
            self.proof = self.proof.with_call(call, usd)
            return
        basis = Basis(place.entry, "" if place.entry else call.task_type, place.baseline, place.asks)
        # What failed before it was billed says nothing of what an answer costs.
        if usd and not place.moved:
            self._means.setdefault(basis, _Costs()).add(usd)
        if counts:
            self._count(call, place, basis, usd)

    def _count(self, call: Call, place: Place, basis: Basis, usd: Decimal | None) -> None:
        self.first = call.at if self.first is None else min(self.first, call.at)
        self.last = call.at if self.last is None else max(self.last, call.at)
        self.by_source[call.source] = self.by_source.get(call.source, 0) + 1
        self.transcript_calls += call.source == TRANSCRIPTS
        self.simulated_calls += call.call_id.startswith(SIMULATED)
        row = self._types.setdefault(place.entry, _Type()) if place.entry else self._other
        row.live_calls += place.live
        if usd is None:
            self.unpriced_calls += 1
            row.unpriced_calls += 1
        elif place.moved and usd:
            moved = row.moved.setdefault(basis, _Moved())
            moved.calls += 1
            moved.usd += usd
        elif place.asks or not place.entry:
            row.calls += 1
            row.usd += usd
        else:
            row.explicit_calls += 1
            row.explicit_usd += usd

    @property
    def other_calls(self) -> int:
        """Priced calls that no entry takes."""
        return self._other.calls + sum(moved.calls for moved in self._other.moved.values())

    @property
    def other_usd(self) -> Decimal:
        """What they cost, moved ones at the mean cost of what they asked for."""
        return self._other.usd + sum((self._would(*item) for item in self._other.moved.items()), _ZERO)

    def of(self, entry: str) -> TypeToday:
        """Return what the calls of one entry cost today."""
        row = self._types.get(entry, _Type())
        asking = [item for item in row.moved.items() if item[0].asks]
        other = [item for item in row.moved.items() if not item[0].asks]
        estimated = sum(moved.calls for _, moved in asking)
        return TypeToday(
            calls=row.calls + estimated,
            usd=row.usd + sum((self._would(*item) for item in asking), _ZERO),
            estimated_calls=estimated,
            explicit_calls=row.explicit_calls + sum(moved.calls for _, moved in other),
            explicit_usd=row.explicit_usd + sum((self._would(*item) for item in other), _ZERO),
            unpriced_calls=row.unpriced_calls,
            live_calls=row.live_calls,
        )

    def realised(self) -> Realised:
        """Return what all moved calls together saved."""
        # Two kinds of moved calls may rest on the same mean: its error counts for both together.
        shared: dict[int, tuple[_Costs, int]] = {}
        calls = unreferenced = 0
        usd = would = _ZERO
        for row in (*self._types.values(), self._other):
            for basis, moved in row.moved.items():
                costs = self._costs(basis)
                calls += moved.calls
                usd += moved.usd
                would += self._would(basis, moved)
                if costs is None:
                    unreferenced += moved.calls
                else:
                    before = shared.get(id(costs), (costs, 0))[1]
                    shared[id(costs)] = (costs, before + moved.calls)
        variance = math.fsum(c.variance * n * (1.0 + n / c.calls) for c, n in shared.values())
        return Realised(calls, usd, would, Decimal(repr(math.sqrt(variance))), unreferenced)

    def _costs(self, basis: Basis) -> _Costs | None:
        return self._means.get(basis) or self._means.get(basis._replace(asks=not basis.asks))

    def _would(self, basis: Basis, moved: _Moved) -> Decimal:
        costs = self._costs(basis)
        return moved.usd if costs is None else costs.mean_usd * moved.calls
