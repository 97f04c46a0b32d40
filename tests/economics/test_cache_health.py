"""Cache health: what caching saved, and when it went cold."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from modelmix.core.call import Call
from modelmix.core.usage import Usage
from modelmix.economics.cache_health import CacheHealth, ColdRestarts, cache_health
from modelmix.economics.spend import Spend
from modelmix.settings import load

BOOK = load().price_book()
START = datetime(2026, 11, 10, tzinfo=UTC)
WARM = Usage(10, 5_000, 200)
COLD = Usage(10, 0, 5_200)


def call(
    minute: float,
    usage: Usage,
    session: str = "s",
    model: str = "claude-opus-5-5",
    *,
    is_subagent: bool = False,
) -> Call:
    """A call so many minutes after the start."""
    return Call(
        call_id=f"{session}{minute}",
        at=START + timedelta(minutes=minute),
        source="claude-code",
        model_requested=model,
        model_served=model,
        usage=usage,
        session_id=session,
        is_subagent=is_subagent,
    )


def health(*rows: Call) -> CacheHealth:
    """Cache health of these calls."""
    spend, restarts = Spend(BOOK), ColdRestarts()
    for row in rows:
        spend.add(row)
        restarts.add(row)
    return cache_health(spend.lines(), restarts)


def test_saving_is_against_plain_input() -> None:
    """A million tokens read on Opus 5.5 save 3.80, a million written cost 1 more than plain input."""
    found = health(call(0, Usage(0, 1_000_000, 1_000_000)))
    assert (found.read_usd, found.write_usd) == (Decimal("0.2"), Decimal(5))
    assert found.saved_usd == Decimal("3.8") - 1
    assert found.hit_ratio == 0.5


def test_writes_without_reads_cost_extra() -> None:
    """Caching that is never read has a negative saving."""
    assert health(call(0, Usage(0, 0, 1_000_000))).saved_usd == -1


def test_no_input_has_no_ratio() -> None:
    """Without input there is no hit ratio."""
    assert health().hit_ratio is None


def test_a_pause_that_outlives_the_cache_is_a_cold_restart() -> None:
    """A call that reads nothing after more than five minutes found its cache expired."""
    found = health(call(0, COLD), call(2, WARM), call(9, COLD), call(10, WARM), call(0, WARM, "t"))
    assert (found.sessions, found.expired_sessions, found.cold_restarts) == (2, 1, 1)
    assert found.rewritten_tokens == 5_200


@pytest.mark.parametrize(
    "second",
    [
        call(4, COLD),  # too soon: something else changed the prefix
        call(9, WARM),  # it was read
        call(9, Usage(10)),  # nothing is cached any more
        call(9, COLD, model="claude-sonnet-5-5"),  # another model has another cache
        call(9, COLD, is_subagent=True),  # a sub-agent has its own
        call(9, COLD, session=""),  # no session, no cache to lose
        call(-9, COLD),  # out of order
    ],
)
def test_other_misses_are_not_called_expired(second: Call) -> None:
    """Only a pause explains an expired cache."""
    assert health(call(0, WARM), second).cold_restarts == 0


def test_a_session_that_never_cached_cannot_go_cold() -> None:
    """A first write is no restart."""
    assert health(call(0, Usage(10)), call(9, COLD)).cold_restarts == 0
