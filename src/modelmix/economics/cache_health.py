"""Cache health: what prompt caching saved, what it cost, and how often it went cold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from modelmix.core.call import Call
from modelmix.economics.spend import Line

LIFETIME = timedelta(minutes=5)
"""Shortest lifetime of a cached prefix. Source: prompt caching page (2026-10-08)."""


@dataclass(frozen=True, slots=True)
class CacheHealth:
    """Prompt caching over a bill, computed from list prices.

    Attributes:
        read_tokens: Input read from the cache.
        write_tokens: Input written to it.
        uncached_tokens: Input that was neither.
        read_usd: Cost of the reads.
        write_usd: Cost of the writes.
        saved_usd: What the same tokens as plain input would have cost more, reads and writes netted; may
            be negative.
        sessions: Sessions seen.
        expired_sessions: Sessions in which a cache went cold at least once.
        cold_restarts: Calls that read nothing although their session had cached a prompt, after a pause
            longer than the shortest cache lifetime.
        rewritten_tokens: Input that those calls wrote to the cache again.
    """

    read_tokens: int
    write_tokens: int
    uncached_tokens: int
    read_usd: Decimal
    write_usd: Decimal
    saved_usd: Decimal
    sessions: int
    expired_sessions: int
    cold_restarts: int
    rewritten_tokens: int

    @property
    def hit_ratio(self) -> float | None:
        """Share of input read from the cache, in [0, 1]; None without input."""
        prompt = self.read_tokens + self.write_tokens + self.uncached_tokens
        return self.read_tokens / prompt if prompt else None


class ColdRestarts:
    """Follows the main chain of every session and counts the calls that found its cache expired."""

    def __init__(self) -> None:
        # Session → instant, model and whether a prompt was cached, of its latest call.
        self._latest: dict[str, tuple[datetime, str, bool]] = {}
        self._expired: set[str] = set()
        self.calls = 0
        self.rewritten_tokens = 0

    @property
    def sessions(self) -> int:
        """Sessions seen."""
        return len(self._latest)

    @property
    def expired_sessions(self) -> int:
        """Sessions with at least one cold restart."""
        return len(self._expired)

    def add(self, call: Call) -> None:
        """Follow one call; calls older than the session's latest, and sub-agents', tell nothing."""
        if not call.session_id or call.is_subagent:
            return
        latest = self._latest.get(call.session_id)
        usage = call.usage
        if latest is not None:
            if call.at < latest[0]:
                return
            was_cached = latest[2] and latest[1] == call.model_served
            is_cold = not usage.cache_read_tokens and usage.cache_write_tokens > 0
            if was_cached and is_cold and call.at - latest[0] > LIFETIME:
                self._expired.add(call.session_id)
                self.calls += 1
                self.rewritten_tokens += usage.cache_write_tokens
        is_cached = usage.cache_read_tokens + usage.cache_write_tokens > 0
        self._latest[call.session_id] = (call.at, call.model_served, is_cached)


def cache_health(lines: Iterable[Line], restarts: ColdRestarts) -> CacheHealth:
    """Sum up caching over the lines of a bill."""
    read = write = uncached = 0
    read_usd = write_usd = saved_usd = Decimal(0)
    for line in lines:
        read += line.usage.cache_read_tokens
        write += line.usage.cache_write_tokens
        uncached += line.usage.input_tokens
        read_usd += line.cost.cache_read_usd
        write_usd += line.cost.cache_write_5m_usd + line.cost.cache_write_1h_usd
        saved_usd += line.uncached_usd - line.cost.total_usd
    return CacheHealth(
        read_tokens=read,
        write_tokens=write,
        uncached_tokens=uncached,
        read_usd=read_usd,
        write_usd=write_usd,
        saved_usd=saved_usd,
        sessions=restarts.sessions,
        expired_sessions=restarts.expired_sessions,
        cold_restarts=restarts.calls,
        rewritten_tokens=restarts.rewritten_tokens,
    )
