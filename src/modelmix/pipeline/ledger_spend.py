"""Ledger spend: what the ledger's traffic cost at list price, as it was served."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from modelmix.core.call import REPLAY, Call
from modelmix.core.prices import PriceBook
from modelmix.pipeline.audit import Window
from modelmix.pipeline.savings import cost_usd
from modelmix.report.commit import LedgerSpend
from modelmix.report.today import TRANSCRIPTS


def ledger_spend(calls: Iterable[Call], book: PriceBook, window: Window, now: datetime) -> LedgerSpend | None:
    """Add up the calls of a window.

    The window begins and ends where it is said to, else with the first and the last call in it. Calls that
    replays made are no traffic.

    Args:
        calls: The ledger's calls; passed over once.
        book: Prices; each call is priced at its own day.
        window: Span outside which calls are left out.
        now: The present: a window does not reach beyond it.

    Returns:
        The sums, or None without a call that has a price.
    """
    by_month: dict[date, Decimal] = {}
    first = last = None
    priced = unpriced = transcripts = proof = 0
    for call in calls:
        if not window.holds(call.at):
            continue
        if call.source == REPLAY:
            proof += 1
            continue
        first = call.at if first is None else min(first, call.at)
        last = call.at if last is None else max(last, call.at)
        transcripts += call.source == TRANSCRIPTS
        usd = cost_usd(call, book)
        if usd is None:
            unpriced += 1
            continue
        priced += 1
        month = call.at.astimezone(UTC).date().replace(day=1)
        by_month[month] = by_month.get(month, Decimal(0)) + usd
    if first is None or last is None or not priced:
        return None
    since = first if window.since is None else window.since
    until = last if window.until is None else min(window.until, max(now, last))
    return LedgerSpend(
        since=since,
        until=until,
        calls=priced,
        usd=float(sum(by_month.values(), Decimal(0))),
        unpriced_calls=unpriced,
        transcript_calls=transcripts,
        proof_calls=proof,
        months_usd=tuple(float(by_month.get(month, Decimal(0))) for month in _whole_months(since, until)),
    )


def _whole_months(since: datetime, until: datetime) -> list[date]:
    """Return the first days of the months that lie in a span whole; a day that is begun counts as whole."""
    first, end = since.astimezone(UTC).date(), until.astimezone(UTC).date() + timedelta(days=1)
    starts = [first] if first.day == 1 else []
    month = first.replace(day=1)
    while (month := (month + timedelta(days=31)).replace(day=1)) <= end:
        starts.append(month)
    return [start for start, _ in pairwise(starts)]
