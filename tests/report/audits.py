"""Audits that tests of the report show."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from modelmix.core.call import BadRow, Call
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage
from modelmix.pipeline.audit import Window, audit
from modelmix.pipeline.traffic import Traffic
from modelmix.report.audit import Audit
from modelmix.settings import load

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = datetime(2026, 11, 10, tzinfo=UTC)
BOOK = load().price_book()
CAPABILITIES = load().capabilities()


def call(
    number: int = 0,
    model: str = "claude-opus-5-5",
    usage: Usage | None = None,
    task_type: str = "untyped",
    source: str = "claude-code",
    *,
    is_subagent: bool = False,
) -> Call:
    """One call; the number is its id and its minute."""
    return Call(
        call_id=f"msg_{number}",
        at=START + timedelta(minutes=number),
        source=source,
        model_requested=model,
        model_served=model,
        usage=usage or Usage(100, 9_000, 300, 400, 500),
        session_id="s",
        is_subagent=is_subagent,
        task_type=task_type,
    )


def audit_of(
    calls: Iterable[Call],
    bad_rows: Iterable[BadRow] = (),
    copies: int = 0,
    places: Iterable[str] = ("a.jsonl",),
    book: PriceBook = BOOK,
    window: Window | None = None,
) -> Audit:
    """Audit these calls."""
    rows = list(calls)
    traffic = Traffic(lambda: rows, tuple(bad_rows), copies, tuple(places))
    return audit(traffic, book, CAPABILITIES, NOW, window)
