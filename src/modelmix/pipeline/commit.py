"""Commit: a contract held against today's spend and the savings that are proven."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from modelmix import __version__
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.economics.commit_advice import CommitAdvice, advise
from modelmix.economics.forecast import TermSpend, forecast
from modelmix.economics.monthly_commit import MonthlyCommit, monthly_commit
from modelmix.errors import DataError, EvidenceError
from modelmix.ingest.contract import ContractDocument, parse
from modelmix.pipeline.audit import Window
from modelmix.pipeline.kept import kept_traffic
from modelmix.pipeline.ledger_spend import ledger_spend
from modelmix.pipeline.savings import savings
from modelmix.policy.by_type import State
from modelmix.policy.document import PolicyDocument
from modelmix.report.commit import Basis, CommitReport, LedgerSpend
from modelmix.report.plain import counted
from modelmix.report.savings import Savings
from modelmix.store.book import FILE

LEAST_DAYS = 1
"""Shortest window that a term is scaled from."""
SHORT_DAYS = 28
"""Below it a window is said to be short."""
LEAST_MONTHS = 3
"""Fewest whole months that a history is made of."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked.

    Attributes:
        data: The contract file.
        path: Its name.
        policy: The policy whose savings count, or None.
        policy_path: Its name, or empty.
        window: Span of the ledger's calls that count.
    """

    data: bytes
    path: str
    policy: PolicyDocument | None = None
    policy_path: str = ""
    window: Window = field(default_factory=Window)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an answer is worked out with.

    Attributes:
        home: Folder of the ledger.
        book: Prices.
        capabilities: Tells aliases and default efforts.
        now: Instant of the answer.
    """

    home: Path
    book: PriceBook
    capabilities: CapabilityTable
    now: datetime


class _Shares(NamedTuple):
    """Savings as shares of the spend without a policy, and what they rest on."""

    live: float
    certified: float
    bound: float | None
    basis: Basis
    source: str


def size(ask: Ask, around: Surroundings) -> CommitReport:
    """Size a commitment.

    Raises:
        ConfigError: The contract file is not valid.
        DataError: It states no spend, and the ledger holds no priced call.
        EvidenceError: It states no spend, and the ledger's calls span less than a day.
        StoreError: The ledger cannot be used.
    """
    document = parse(ask.data, ask.path)
    ledger = _ledger(ask, around, document)
    bill_usd, spend_basis, spend_source = _bill(document, ledger, ask.path)
    shares, account = _shares(ask, around, document, ledger)
    spend = _term_spend(document, bill_usd, shares, account)
    if shares.live and spend_basis is Basis.MEASURED:
        spend_basis, spend_source = (
            Basis.ESTIMATED,
            f"{spend_source}, live savings taken off",
        )
    advice = advise(
        document.contract(),
        forecast(spend, document.assumptions()),
        None if document.signed is None else float(document.signed.commit_usd),
    )
    return CommitReport(
        path=ask.path,
        name=document.name,
        start=document.term.start,
        end=document.term.end,
        months=document.term.months,
        advice=advice,
        spend_basis=spend_basis,
        spend_source=spend_source,
        saving_basis=shares.basis,
        saving_source=shares.source,
        ledger=ledger,
        history=_history(ledger, advice),
        policy_path=ask.policy_path,
        notes=tuple(_notes(document, ledger, account, around.now)),
        version=__version__,
    )


def _ledger(ask: Ask, around: Surroundings, document: ContractDocument) -> LedgerSpend | None:
    """Read the ledger where a figure of it is needed; where it only adds, it need not be there."""
    stated = document.demand.baseline_usd is not None
    if stated and ask.policy is None:
        return None
    if stated and not (around.home / FILE).exists():
        return None
    try:
        traffic = kept_traffic(around.home, ask.window.since, ask.window.until)
        found = ledger_spend(traffic.calls(), around.book, ask.window, around.now)
    except DataError as error:
        if stated:
            return None
        raise DataError(f"{error}, or state demand.baseline_usd in {ask.path}") from error
    if found is None and not stated:
        raise DataError(
            f"the ledger {around.home / FILE} holds no priced call in this window; widen it, "
            f"or state demand.baseline_usd in {ask.path}"
        )
    return found


def _bill(document: ContractDocument, ledger: LedgerSpend | None, path: str) -> tuple[float, Basis, str]:
    """Return the list spend over the term at today's routes, its basis, and where it comes from."""
    stated, days = document.demand.baseline_usd, document.term.days
    if stated is not None or ledger is None:
        return float(stated or 0), Basis.ASSUMED, "stated in the contract file"
    if ledger.days < LEAST_DAYS:
        hours = ledger.days * 24
        raise EvidenceError(
            f"the ledger's {counted(ledger.calls, 'priced call')} span {hours:.1f} hours, and no term "
            "follows from less than a day; import more (modelmix import) or state demand.baseline_usd in "
            f"{path}"
        )
    source = (
        f"{counted(ledger.calls, 'call')} of {ledger.days:.1f} days, "
        f"{ledger.since:%Y-%m-%d} to {ledger.until:%Y-%m-%d}, scaled to {days} days"
    )
    return ledger.usd * days / ledger.days, Basis.MEASURED, source


def _shares(
    ask: Ask, around: Surroundings, document: ContractDocument, ledger: LedgerSpend | None
) -> tuple[_Shares, Savings | None]:
    stated = document.demand.saving
    if stated is not None:
        return _Shares(0.0, float(stated), None, Basis.ASSUMED, "stated in the contract file"), None
    if ask.policy is None:
        return _Shares(0.0, 0.0, None, Basis.NONE, "no policy was named, and none is stated"), None
    if ledger is None:
        return _certificate_shares(ask.policy, ask.policy_path, around), None
    calls = kept_traffic(around.home).calls()
    account = savings(ask.policy, calls, around.book, around.capabilities, around.now, ask.window)
    whole = account.today_usd
    if not whole:
        return _Shares(0.0, 0.0, None, Basis.NONE, "the ledger's calls cost nothing"), account
    proven, live = account.proven_usd, account.live_usd
    routes = sum(row.is_certified for row in account.types)
    bound = account.proven_bound_usd - account.live_bound_usd
    shares = _Shares(
        float(live / whole),
        float((proven - live) / whole),
        float(bound / whole),
        Basis.ESTIMATED if routes else Basis.NONE,
        f"{counted(routes, 'certified route')}, {len(account.live)} live, on the ledger's traffic",
    )
    return shares, account


def _certificate_shares(policy: PolicyDocument, path: str, around: Surroundings) -> _Shares:
    """Take what a policy's certificate states, where no traffic tells more; nothing of it is live."""
    certificate = policy.certificate
    if certificate is None or certificate.verdict != "CLEARS" or certificate.saving_share is None:
        return _Shares(0.0, 0.0, None, Basis.NONE, f"{path} proves none")
    if certificate.expires < around.now.date():
        return _Shares(0.0, 0.0, None, Basis.NONE, f"the certificate of {path} has expired")
    bound = certificate.saving_bound
    return _Shares(
        0.0,
        float(certificate.saving_share),
        None if bound is None else float(bound),
        Basis.ESTIMATED,
        "certificate of the policy, on the volumes that it was made with",
    )


def _term_spend(
    document: ContractDocument, bill_usd: float, shares: _Shares, account: Savings | None
) -> TermSpend:
    """Bring shares to dollars: what is stated is today's bill, and live savings are gone from it."""
    today_usd = bill_usd
    if account is not None and document.demand.baseline_usd is None:
        scaled = account.scaled(account.today_usd, document.term.days)
        today_usd = bill_usd if scaled is None else float(scaled)
    elif shares.live < 1:
        today_usd = bill_usd / (1 - shares.live)
    bound = None if shares.bound is None else today_usd * shares.bound
    return TermSpend(today_usd, today_usd * shares.live, today_usd * shares.certified, bound)


def _history(ledger: LedgerSpend | None, advice: CommitAdvice) -> MonthlyCommit | None:
    discount = advice.best.commitment.discount
    if ledger is None or not discount or len(ledger.months_usd) < LEAST_MONTHS or not all(ledger.months_usd):
        return None
    return monthly_commit(ledger.months_usd, discount)


def _notes(
    document: ContractDocument, ledger: LedgerSpend | None, account: Savings | None, now: datetime
) -> list[str]:
    notes = []
    if document.term.start < now.date():
        notes.append(
            f"The term began on {document.term.start}; figures are for all of it, not for what is left."
        )
    if ledger is not None and document.demand.baseline_usd is None:
        notes += _ledger_notes(ledger)
    if account is not None and account.policy_state is not State.CURRENT:
        notes.append(f"The policy is in the state {account.policy_state}: it may not save what it proved.")
    if account is not None and account.live:
        moved = sum(row.live_calls for row in account.live)
        calls = counted(sum(row.calls for row in account.live), "call")
        notes.append(f"Live routes have moved {moved:,} of the {calls} whose saving is counted as live.")
    if document.demand.saving is not None:
        notes.append(
            "demand.saving is stated: nothing of it is proven here, as a policy's certificate would."
        )
    notes.append("Undecided and refused savings count nothing. Amounts are list price in USD over the term.")
    return notes


def _ledger_notes(ledger: LedgerSpend) -> list[str]:
    notes = []
    if ledger.unpriced_calls:
        calls = counted(ledger.unpriced_calls, "call")
        notes.append(
            f"In no figure, for want of a price: {calls}; spend is larger (modelmix audit --ledger)."
        )
    if ledger.transcript_calls:
        calls = counted(ledger.transcript_calls, "call")
        notes.append(
            f"From transcripts: {calls}; a subscription's draw on no commitment: if they are, state "
            "demand.baseline_usd without them."
        )
    if ledger.days < SHORT_DAYS:
        notes.append(f"{ledger.days:.1f} days are scaled to the term: season and weekends are not in them.")
    if ledger.proof_calls:
        notes.append(f"Left out, as replays are no traffic: {counted(ledger.proof_calls, 'call')}.")
    notes.append(
        "Each call is priced at its own day's list price; price cuts since then are not in the spend."
    )
    return notes
