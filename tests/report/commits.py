"""Sized commitments that tests of the card and of the JSON show."""

from dataclasses import replace
from datetime import UTC, date, datetime

from economics.contracts import ASSUMED, BANDS, SPEND
from modelmix.economics.commit_advice import advise
from modelmix.economics.contract import Contract
from modelmix.economics.forecast import Assumptions, TermSpend, forecast
from modelmix.report.commit import Basis, CommitReport, LedgerSpend

LEDGER = LedgerSpend(
    since=datetime(2026, 10, 1, tzinfo=UTC),
    until=datetime(2026, 11, 1, tzinfo=UTC),
    calls=1_000,
    usd=200_000.0,
    unpriced_calls=3,
    months_usd=(200_000.0,),
)


def report_of(
    spend: TermSpend = SPEND,
    contract: Contract = BANDS,
    assumed: Assumptions = ASSUMED,
    signed_usd: float | None = None,
    **changes: object,
) -> CommitReport:
    """Size a commitment; the worked case unless something else is said."""
    report = CommitReport(
        path="contract.yaml",
        name="anthropic-2027",
        start=date(2027, 1, 1),
        end=date(2028, 1, 1),
        months=12,
        advice=advise(contract, forecast(spend, assumed), signed_usd),
        spend_basis=Basis.ASSUMED,
        spend_source="stated in the contract file",
        saving_basis=Basis.ASSUMED,
        saving_source="stated in the contract file",
        ledger=None,
        history=None,
        policy_path="",
        notes=("A note.", "Another one."),
        version="1.0",
    )
    return replace(report, **changes)  # type: ignore[arg-type]  # whatever the test names
