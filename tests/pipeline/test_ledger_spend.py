"""What the ledger's traffic cost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from modelmix.core.call import Call
from modelmix.pipeline.audit import Window
from modelmix.pipeline.ledger_spend import ledger_spend
from report.ledgers import BOOK, NOW, OPUS_USD, START, USAGE, call

USD = float(OPUS_USD)
OLD = "claude-haiku-4-5"
OPEN = Window()


def at(number: int, instant: datetime) -> Call:
    """A call at an instant."""
    return replace(call(number, "forms", OLD), at=instant)


def test_priced_calls_are_added_up_over_their_span() -> None:
    """From the first to the last; replays are no traffic, what has no price is counted and in no sum."""
    calls = [
        call(0, "forms"), call(24, "forms", source="claude-code"), call(48, "forms", "claude-unheard-of"),
        call(90, "forms", source="replay"),
    ]  # fmt: skip
    found = ledger_spend(calls, BOOK, OPEN, NOW)
    assert found is not None
    assert (found.calls, found.unpriced_calls, found.transcript_calls, found.proof_calls) == (2, 1, 1, 1)
    assert pytest.approx(2 * USD) == found.usd
    assert (found.since, found.days, found.months_usd) == (START, 2.0, ())


def test_a_window_that_is_stated_is_the_span() -> None:
    """An idle day at its border counts; the future does not."""
    calls = [call(hour, "forms") for hour in range(48)]
    window = Window(START - timedelta(days=1), NOW + timedelta(days=90))
    found = ledger_spend(calls, BOOK, window, NOW)
    assert found is not None
    assert (found.calls, found.since, found.until) == (48, window.since, NOW)
    part = ledger_spend(calls, BOOK, Window(START, START + timedelta(hours=24)), NOW)
    assert part is not None
    assert (part.calls, part.days) == (24, 1.0)


def test_nothing_with_a_price_is_no_spend() -> None:
    """Neither an empty ledger, nor one without a price, nor one of replays alone."""
    for calls in ([], [call(0, "forms", "claude-unheard-of")], [call(0, "forms", source="replay")]):
        assert ledger_spend(calls, BOOK, OPEN, NOW) is None


@pytest.mark.parametrize(
    ("days", "months"),
    [
        (["2026-09-01", "2026-10-31"], 2),
        (["2026-09-02", "2026-10-31"], 1),
        (["2026-09-01", "2026-10-30"], 1),
        (["2026-09-15", "2026-09-20"], 0),
        (["2026-08-31", "2026-12-01"], 3),
        (["2025-12-01", "2026-01-31"], 2),
    ],
)
def test_whole_months_are_those_seen_from_first_to_last_day(days: list[str], months: int) -> None:
    """A month that the traffic enters late or leaves early says nothing of a month."""
    calls = [at(n, datetime.fromisoformat(day).replace(hour=9, tzinfo=UTC)) for n, day in enumerate(days)]
    found = ledger_spend(calls, BOOK, OPEN, datetime(2027, 1, 1, tzinfo=UTC))
    assert found is not None
    assert len(found.months_usd) == months


def test_a_month_without_a_call_is_nothing() -> None:
    """It lies in the span, and cost nothing."""
    calls = [at(n, datetime(2026, month, 15, tzinfo=UTC)) for n, month in enumerate((6, 7, 9))]
    found = ledger_spend(calls, BOOK, OPEN, NOW)
    assert found is not None
    cost = float(BOOK.cost(USAGE, OLD, START).total_usd)
    assert pytest.approx((cost, 0.0)) == found.months_usd
