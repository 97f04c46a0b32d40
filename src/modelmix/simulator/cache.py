"""Cache: the prompt cache of the practice API, exact to the token."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

LOOKBACK = 20
TTL_SECONDS = {"5m": 300, "1h": 3600}
_SWEEP_EVERY = 50_000


@dataclass(frozen=True, slots=True)
class Segment:
    """One cacheable position of a prompt, in the order tools, system, messages.

    Attributes:
        content: What a hit needs to be identical, without ``cache_control``.
        tokens: Tokens that the position adds to the prefix.
        ttl: ``5m`` or ``1h`` if a breakpoint stands here, else empty.
    """

    content: bytes
    tokens: int
    ttl: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """The prompt's tokens, each in exactly one bucket.

    Attributes:
        uncached: After the last breakpoint, or the whole prompt.
        read: Up to the highest hit.
        written_5m: Written with a lifetime of five minutes.
        written_1h: Written with a lifetime of one hour.
    """

    uncached: int
    read: int = 0
    written_5m: int = 0
    written_1h: int = 0

    @property
    def total(self) -> int:
        """The whole prompt."""
        return self.uncached + self.read + self.written_5m + self.written_1h


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request reads and what it will have written once its answer begins.

    Attributes:
        split: The prompt's tokens by bucket.
        at: Start of the request, in seconds; lifetimes count from it.
        entries: Prefix and lifetime in seconds of every entry that it writes.
        hits: Prefixes that it reads.
    """

    split: Split
    at: float
    entries: tuple[tuple[bytes, int], ...] = ()
    hits: tuple[bytes, ...] = ()


@dataclass(slots=True)
class PromptCache:
    """Entries by prefix; a prefix includes the workspace and the model, so a switch of model is a full miss.

    Source: prompt caching (2026-08-22, updated to 2026-10): writes happen only at breakpoints, a read looks
    back 20 positions from each, a lifetime is refreshed free of charge by each hit, and a mixed request bills
    reads up to the highest hit, one-hour writes up to the last one-hour breakpoint, five-minute writes up to
    the last breakpoint.
    """

    _expiry: dict[bytes, tuple[float, int]] = field(default_factory=dict)
    _sweep_at: int = _SWEEP_EVERY

    def plan(self, scope: bytes, segments: Sequence[Segment], minimum: int, now: float) -> Plan:
        """Split a prompt into buckets; nothing is refreshed or written yet.

        Args:
            scope: What separates caches: workspace and model.
            segments: The prompt.
            minimum: Shortest prefix that is cached, in tokens.
            now: Seconds at the start of the request.
        """
        ends = list(accumulate(segment.tokens for segment in segments))
        total = ends[-1] if ends else 0
        points = [at for at, segment in enumerate(segments) if segment.ttl and ends[at] >= minimum]
        if not points:
            return Plan(Split(total), now)
        keys = list(_prefixes(scope, segments[: points[-1] + 1]))
        hit = self._highest_hit(keys, points, now)
        # Three spans: read up to the hit, one-hour writes, five-minute writes.
        new = [at for at in points if at > hit]
        read = ends[hit] if hit >= 0 else 0
        hour_end = max((ends[at] for at in new if segments[at].ttl == "1h"), default=read)
        written_end = max((ends[at] for at in new), default=read)
        split = Split(total - written_end, read, written_end - hour_end, hour_end - read)
        entries = tuple((keys[at], TTL_SECONDS[segments[at].ttl]) for at in new)
        return Plan(split, now, entries, tuple(keys[: hit + 1]))

    def accept(self, plan: Plan) -> None:
        """Refresh what a request reads; to be called when it is accepted."""
        for key in plan.hits:
            self._refresh(key, plan.at)

    def commit(self, plan: Plan) -> None:
        """Make a request's writes usable; to be called when its answer begins."""
        for key, seconds in plan.entries:
            self._expiry[key] = (plan.at + seconds, seconds)
        if len(self._expiry) >= self._sweep_at:
            self._expiry = {key: entry for key, entry in self._expiry.items() if entry[0] > plan.at}
            self._sweep_at = len(self._expiry) + _SWEEP_EVERY

    def _highest_hit(self, keys: Sequence[bytes], points: Iterable[int], now: float) -> int:
        looked_at = {at for point in points for at in range(max(0, point - LOOKBACK + 1), point + 1)}
        return max((at for at in looked_at if self._alive(keys[at], now)), default=-1)

    def _alive(self, key: bytes, now: float) -> bool:
        entry = self._expiry.get(key)
        if entry is not None and entry[0] <= now:
            del self._expiry[key]
            return False
        return entry is not None

    def _refresh(self, key: bytes, now: float) -> None:
        if self._alive(key, now):
            seconds = self._expiry[key][1]
            self._expiry[key] = (now + seconds, seconds)


def _prefixes(scope: bytes, segments: Iterable[Segment]) -> Iterable[bytes]:
    key = hashlib.blake2b(scope, digest_size=16).digest()
    for segment in segments:
        key = hashlib.blake2b(key + segment.content, digest_size=16).digest()
        yield key
