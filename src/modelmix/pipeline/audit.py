"""The audit: what existing traffic cost, read from files or from the ledger."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from modelmix import __version__
from modelmix.core.call import REPLAY, Call
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.economics.at_stake import at_stake
from modelmix.economics.cache_health import ColdRestarts, cache_health
from modelmix.economics.spend import Line, Spend, grouped, total_calls, total_cost, total_usage
from modelmix.pipeline.traffic import Traffic
from modelmix.report.audit import Audit, Row, Unpriced
from modelmix.report.proof import SIMULATED, basis_of


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time.

    Attributes:
        since: First instant, inclusive, or None without a start.
        until: First instant that lies outside, or None without an end.
    """

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Say whether an instant lies in the window."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


def audit(
    traffic: Traffic,
    book: PriceBook,
    capabilities: CapabilityTable,
    now: datetime,
    window: Window | None = None,
    failing_types: Collection[str] = (),
) -> Audit:
    """Price a traffic and sum it up.

    Calls that replays made are no traffic: they are summed apart, as the cost of proof.

    Args:
        traffic: What was read; its calls are passed over once and not kept.
        book: Prices; each call is priced at its own day.
        capabilities: Tiers of models.
        now: Instant of the audit, which decides the prices that candidates are taken at.
        window: Span outside which calls are left out.
        failing_types: Task types on which a cheaper candidate is known to fail.
    """
    window = window or Window()
    read = _Read(book, {row.context_tokens for row in capabilities.models.values()})
    for call in traffic.calls():
        if window.holds(call.at):
            read.take(call)
        else:
            read.outside += 1
    lines, proof = list(read.spend.lines()), _row("proof", list(read.proof.lines()))
    stake = at_stake(lines, read.spend, capabilities, now.date())
    return Audit(
        total=_row("all", lines),
        proof=proof,
        proof_basis=basis_of(proof.calls, read.simulated),
        by_model=_dearest_first(lines, lambda line: line.kind.model),
        by_task_type=_dearest_first(lines, lambda line: line.kind.task_type),
        by_day=tuple(sorted(_rows(lines, lambda line: line.kind.day.isoformat()), key=lambda row: row.name)),
        subagents=_row("sub-agents", [line for line in lines if line.kind.is_subagent]),
        cache=cache_health(lines, read.restarts),
        at_stake=stake,
        failing_usd=sum((row.usd for row in stake.types if row.task_type in failing_types), Decimal(0)),
        unpriced=_unpriced(lines),
        bad_rows=tuple(traffic.bad_rows),
        copies=traffic.copies,
        outside=read.outside,
        places=tuple(traffic.places),
        sources=read.sources,
        since=window.since,
        until=window.until,
        prices_as_of=book.as_of,
        prices_sha256=book.sha256,
        priced_as=dict(book.stand_ins),
        version=__version__,
    )


class _Read:
    """Calls that have been read: traffic, and what replays have cost.

    Attributes:
        spend: Bill of the traffic.
        proof: Bill of the replays.
        restarts: Sessions whose cache went cold.
        sources: Source of the traffic → calls.
        simulated: Calls of replays that the practice API answered.
        outside: Calls outside the window.
    """

    def __init__(self, book: PriceBook, contexts: Collection[int]) -> None:
        self.spend, self.proof = Spend(book, contexts), Spend(book, contexts)
        self.restarts = ColdRestarts()
        self.sources: dict[str, int] = {}
        self.simulated = self.outside = 0

    def take(self, call: Call) -> None:
        """Add one call."""
        if call.source == REPLAY:
            self.proof.add(call)
            self.simulated += call.call_id.startswith(SIMULATED)
            return
        self.sources[call.source] = self.sources.get(call.source, 0) + 1
        self.spend.add(call)
        self.restarts.add(call)


def _row(name: str, lines: Sequence[Line]) -> Row:
    unpriced = total_calls(line for line in lines if line.unpriced_why)
    return Row(name, total_calls(lines), total_usage(lines), total_cost(lines), unpriced)


def _rows(lines: Iterable[Line], key: Callable[[Line], str]) -> Iterator[Row]:
    for name, group in grouped(lines, key).items():
        yield _row(name, group)


def _dearest_first(lines: Iterable[Line], key: Callable[[Line], str]) -> tuple[Row, ...]:
    return tuple(sorted(_rows(lines, key), key=lambda row: (-row.usd, -row.calls, row.name)))


def _unpriced(lines: Iterable[Line]) -> tuple[Unpriced, ...]:
    groups = grouped(
        (line for line in lines if line.unpriced_why), lambda line: (line.kind.model, line.unpriced_why)
    )
    rows = (
        Unpriced(model, why, total_calls(group), total_usage(group).total_tokens)
        for (model, why), group in groups.items()
    )
    return tuple(sorted(rows, key=lambda row: (-row.tokens, -row.calls, row.model, row.why)))
