"""Savings: what a policy saves on real traffic, type by type, and how well each dollar of it is founded."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from modelmix.core.candidate import Candidate
from modelmix.economics.bigger import break_even_usd
from modelmix.policy.by_type import State
from modelmix.policy.document import PolicyDocument, TaskEntry
from modelmix.policy.evidence import TaskEvidence
from modelmix.report.declined import Declined, declined, part_usd
from modelmix.report.proof import Proof
from modelmix.report.today import Realised, Today, TypeToday

MONTH_DAYS = 30
LEAST_DAYS = Decimal(1)
_ZERO = Decimal(0)
_DAY = timedelta(days=1)


class Standing(StrEnum):
    """How well a type's saving is founded."""

    PROVEN = "proven"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSaving:
    """What a policy saves on one task type.

    Attributes:
        task_type: Name of its entry.
        baseline: What its requests ask for today; several if the entry names several.
        candidate: Where it goes; where it stays, the candidate that its evidence is about; None without one.
        verdict: CLEARS, FAILS or UNDECIDED; empty where nothing was measured.
        standing: How well the saving is founded.
        calls: Priced calls that ask for the baseline, those already moved included.
        estimated_calls: Calls among them that a gateway has moved, counted at the baseline's mean cost.
        today_usd: What the calls cost without the policy.
        saving_usd: What the candidate costs less, or None where it is not known; of a type that stays it is
            what is declined or at stake, and nothing of it is saved.
        saving_bound_usd: One-sided 95 % lower bound of it, or None.
        is_moved: Whether the policy routes it.
        is_certified: Whether that route is certified, and the certificate still holds.
        is_live: Whether it is certified and a gateway that enforces this very policy has served it.
        live_calls: Calls that such a gateway moved to the route.
        explicit_calls: Priced calls of the type that ask for something else; they are not moved.
        explicit_usd: What those cost.
        unpriced_calls: Calls of the type without a price; in no sum.
        evidence: What was measured, or None.
        type_margin: Largest loss that the type by itself may have, or None.
        critical: Whether it allows no regression.
        error_cost_usd: What one wrong answer costs, or None where nobody said.
        pays_while_error_below_usd: Cost of a wrong answer below which the move pays, from the measured loss;
            None where the loss is not above zero, or not known.
        pays_for_sure_while_error_below_usd: The same from the bound of the loss; None where that is not above
            zero, or not known.
        declined: Cheaper candidates that fail, the one that would save most first; of a type that is refused,
            its own candidate among them.
        why: Why it stays, or moves.
    """

    task_type: str
    baseline: tuple[Candidate, ...]
    candidate: Candidate | None
    verdict: str
    standing: Standing
    calls: int
    estimated_calls: int
    today_usd: Decimal
    saving_usd: Decimal | None
    saving_bound_usd: Decimal | None
    is_moved: bool
    is_certified: bool
    is_live: bool
    live_calls: int
    explicit_calls: int
    explicit_usd: Decimal
    unpriced_calls: int
    evidence: TaskEvidence | None
    type_margin: Decimal | None
    critical: bool
    error_cost_usd: Decimal | None
    pays_while_error_below_usd: Decimal | None
    pays_for_sure_while_error_below_usd: Decimal | None
    declined: tuple[Declined, ...]
    why: str

    @property
    def refused_usd(self) -> Decimal | None:
        """What the refusal would save beyond the type's own saving; None without one, or without a price.

        The same dollar is never both declined and proven, nor both declined and at stake.
        """
        return self._refused(self.saving_usd, [one.saving_usd for one in self.declined])

    @property
    def refused_bound_usd(self) -> Decimal | None:
        """Lower bound of what the declined candidate saves, less the type's own saving as estimated.

        None where no bound is known.
        """
        own = self.saving_bound_usd if self.standing is Standing.REFUSED else self.saving_usd
        return self._refused(own, [one.saving_bound_usd for one in self.declined])

    @property
    def refusal(self) -> Declined | None:
        """The declined candidate that would save most, or None."""
        return self.declined[0] if self.declined else None

    def _refused(self, own: Decimal | None, others: list[Decimal | None]) -> Decimal | None:
        best = max((usd for usd in others if usd is not None), default=None)
        if best is None:
            return None
        return max(_ZERO, best - (_ZERO if self.standing is Standing.REFUSED else own or _ZERO))


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """What a policy saves on real traffic.

    All amounts are list prices over the span of the traffic; ``scaled`` brings them to other spans.

    Attributes:
        since: First instant of the traffic, or None without any.
        until: Its end, or None without any.
        types: By entry of the policy, in its order.
        other_calls: Priced calls that no entry takes.
        other_usd: What they cost.
        unpriced_calls: Calls without a price, in no sum.
        proof: What replays have cost so far; they are no traffic.
        transcript_calls: Calls from transcripts, which may be a subscription's and then save no dollars.
        simulated_calls: Calls that the practice API answered: their dollars are invented.
        by_source: Source of the traffic → calls.
        realised: What gateways have saved so far.
        policy_name: Name of the policy.
        policy_version: Its number.
        policy_sha256: Its hash; empty for one written by hand.
        policy_expires: Last day of its certificate, or None.
        policy_state: Whether it may route today.
        prices_as_of: Day on which the price table was last checked.
        prices_sha256: Hash of the price documents.
    """

    since: datetime | None
    until: datetime | None
    types: tuple[TypeSaving, ...]
    other_calls: int
    other_usd: Decimal
    unpriced_calls: int
    proof: Proof
    transcript_calls: int
    simulated_calls: int
    by_source: dict[str, int] = field(default_factory=dict)
    realised: Realised
    policy_name: str
    policy_version: int
    policy_sha256: str
    policy_expires: date | None
    policy_state: State
    prices_as_of: date
    prices_sha256: str

    @property
    def days(self) -> Decimal:
        """Length of the traffic's span in days; 0 without traffic."""
        if self.since is None or self.until is None:
            return _ZERO
        return Decimal((self.until - self.since) // timedelta(seconds=1)) / Decimal(
            _DAY // timedelta(seconds=1)
        )

    @property
    def explicit_calls(self) -> int:
        """Priced calls of known types that ask for something else than the baseline."""
        return sum(row.explicit_calls for row in self.types)

    @property
    def explicit_usd(self) -> Decimal:
        """What those cost; an explicit choice is not moved."""
        return sum((row.explicit_usd for row in self.types), _ZERO)

    @property
    def calls(self) -> int:
        """All priced calls of the traffic."""
        return sum(row.calls for row in self.types) + self.explicit_calls + self.other_calls

    @property
    def today_usd(self) -> Decimal:
        """What all traffic costs without the policy."""
        return sum((row.today_usd for row in self.types), _ZERO) + self.explicit_usd + self.other_usd

    @property
    def after_usd(self) -> Decimal:
        """What all traffic costs once every certified move is live."""
        return self.today_usd - self.proven_usd

    @property
    def proven_usd(self) -> Decimal:
        """Saving of the certified moves."""
        return _saving(self.of(Standing.PROVEN))

    @property
    def proven_bound_usd(self) -> Decimal:
        """Sum of the lower bounds of those savings, however they depend on each other."""
        return sum((row.saving_bound_usd or _ZERO for row in self.of(Standing.PROVEN)), _ZERO)

    @property
    def live_usd(self) -> Decimal:
        """Saving of the certified moves that are really served; what is not live lowers no bill."""
        return _saving(self.live)

    @property
    def live_bound_usd(self) -> Decimal:
        """Sum of their lower bounds."""
        return sum((row.saving_bound_usd or _ZERO for row in self.live), _ZERO)

    @property
    def refused_usd(self) -> Decimal:
        """What declined candidates would have saved, beyond what is proven or at stake on the same calls."""
        return sum((row.refused_usd or _ZERO for row in self.types), _ZERO)

    @property
    def undecided_usd(self) -> Decimal:
        """What is at stake: candidates that are neither proven nor refuted."""
        return _saving(self.of(Standing.UNDECIDED))

    @property
    def live(self) -> tuple[TypeSaving, ...]:
        """Types whose certified route is really served."""
        return tuple(row for row in self.types if row.is_live)

    def of(self, standing: Standing) -> tuple[TypeSaving, ...]:
        """Return the types of one standing."""
        return tuple(row for row in self.types if row.standing is standing)

    def scaled(self, usd: Decimal, days: Decimal | int = MONTH_DAYS) -> Decimal | None:
        """Bring an amount of the span to another number of days at the same volume.

        Returns:
            The amount, or None where there is less than a day of traffic: no month follows from an hour.
        """
        return usd * days / self.days if self.days >= LEAST_DAYS else None


def _saving(rows: tuple[TypeSaving, ...]) -> Decimal:
    return sum((row.saving_usd or _ZERO for row in rows), _ZERO)


@dataclass(frozen=True, slots=True)
class Span:
    """What an account is drawn up on.

    Attributes:
        since: Start that was asked for, or None for that of the traffic.
        until: End that was asked for, or None for that of the traffic.
        state: Whether the policy may route today.
        prices_as_of: Day on which the price table was last checked.
        prices_sha256: Hash of the price documents.
    """

    since: datetime | None
    until: datetime | None
    state: State
    prices_as_of: date
    prices_sha256: str


def savings_of(policy: PolicyDocument, today: Today, span: Span) -> Savings:
    """Apply a policy to traffic.

    The saving of a type is the share that its evidence states, of what the calls that ask for its baseline
    cost; calls that ask for something else are not moved.

    Args:
        policy: The policy.
        today: Its traffic.
        span: When, and at what prices.
    """
    first = span.since if span.since is not None and today.first is not None else today.first
    last = span.until if span.until is not None and today.last is not None else today.last
    certificate = policy.certificate
    return Savings(
        since=first,
        until=last,
        types=tuple(
            _type_saving(policy, name, today.of(name), holds=span.state is not State.EXPIRED)
            for name in policy.tasks
        ),
        other_calls=today.other_calls,
        other_usd=today.other_usd,
        unpriced_calls=today.unpriced_calls,
        proof=today.proof,
        transcript_calls=today.transcript_calls,
        simulated_calls=today.simulated_calls,
        by_source=dict(sorted(today.by_source.items())),
        realised=today.realised(),
        policy_name=policy.name,
        policy_version=policy.version,
        policy_sha256=policy.sha256 or "",
        policy_expires=None if certificate is None else certificate.expires,
        policy_state=span.state,
        prices_as_of=span.prices_as_of,
        prices_sha256=span.prices_sha256,
    )


def _type_saving(policy: PolicyDocument, name: str, today: TypeToday, *, holds: bool) -> TypeSaving:
    entry = policy.tasks[name]
    evidence = entry.evidence
    route = entry.route if isinstance(entry.route, Candidate) else None
    candidate = route if route is not None or evidence is None else evidence.candidate
    verdict = "" if evidence is None else evidence.verdict
    certified = route is not None and holds and policy.certified(name)
    saving = None if evidence is None or candidate is None else part_usd(today.usd, evidence.saving_share)
    bound = None if evidence is None or candidate is None else part_usd(today.usd, evidence.saving_bound)
    own = None if entry.bar is None else entry.bar.error_cost_usd
    per_call = saving / today.calls if saving is not None and today.calls else None
    return TypeSaving(
        task_type=name,
        baseline=entry.baseline,
        candidate=candidate,
        verdict=verdict,
        standing=_standing(entry, candidate, certified=certified),
        calls=today.calls,
        estimated_calls=today.estimated_calls,
        today_usd=today.usd,
        saving_usd=saving,
        saving_bound_usd=bound,
        is_moved=route is not None,
        is_certified=certified,
        is_live=certified and today.live_calls > 0,
        live_calls=today.live_calls,
        explicit_calls=today.explicit_calls,
        explicit_usd=today.explicit_usd,
        unpriced_calls=today.unpriced_calls,
        evidence=evidence,
        type_margin=_margin(entry, candidate),
        critical=entry.critical,
        error_cost_usd=own if own is not None else policy.bar.error_cost_usd,
        pays_while_error_below_usd=break_even_usd(per_call, None if evidence is None else evidence.loss),
        pays_for_sure_while_error_below_usd=break_even_usd(
            per_call, None if evidence is None else evidence.bound
        ),
        declined=tuple(declined(entry, today.usd, today.calls)),
        why=entry.why or "",
    )


def _margin(entry: TaskEntry, candidate: Candidate | None) -> Decimal | None:
    """Return the margin that a type's candidate was held against, where the file tells."""
    if entry.bar is not None and entry.bar.type_margin is not None:
        return entry.bar.type_margin
    return next((one.margin for one in entry.refused if one.candidate == candidate), None)


def _standing(entry: TaskEntry, candidate: Candidate | None, *, certified: bool) -> Standing:
    if certified:
        return Standing.PROVEN
    if candidate is None or entry.evidence is None:
        return Standing.UNMEASURED
    return Standing.REFUSED if entry.evidence.verdict == "FAILS" else Standing.UNDECIDED
