"""Rate: the rate limits of the practice API as token buckets: always shown, enforced on demand."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from modelmix.simulator.cache import Split
from modelmix.simulator.charge import Charge
from modelmix.simulator.failure import Failure
from modelmix.simulator.settings import Settings

_MINUTE_SECONDS = 60
_ROUNDED_TO = 1_000
# A second of a float clock is not exact to the token.
_DUST = 1e-6
_HEADERS = {
    name: tuple(f"anthropic-ratelimit-{name}-{part}" for part in ("limit", "remaining", "reset"))
    for name in ("requests", "input-tokens", "output-tokens", "tokens")
}
_SHARED = ("claude-opus-4-", "claude-sonnet-4-")


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit per minute.

    Attributes:
        name: As in the headers: ``requests``, ``input-tokens`` or ``output-tokens``.
        per_minute: What a minute refills, and the most that can be saved up.
        enforced: Whether a request over it is refused; else it is only shown.
    """

    name: str
    per_minute: int
    enforced: bool


@dataclass(slots=True)
class _Bucket:
    """What is left of a limit; below zero, what is owed."""

    limit: Limit
    level: float
    at: float

    def refill(self, now: float) -> None:
        """Bring the level up to the present; a clock that steps back gives nothing back."""
        if now > self.at:
            gained = (now - self.at) * self.limit.per_minute / _MINUTE_SECONDS
            self.level, self.at = min(self.limit.per_minute, self.level + gained), now

    @property
    def full_at(self) -> float:
        """The second at which nothing of it is used any more."""
        return self.reaches(self.limit.per_minute)

    def reaches(self, level: float) -> float:
        """Return the second at which it reaches a level; a minute from now if it never will."""
        if level > self.limit.per_minute:
            return self.at + _MINUTE_SECONDS
        return self.at + (level - self.level) * _MINUTE_SECONDS / self.limit.per_minute


@dataclass(slots=True)
class Rate:
    """The limits of each pool of models, and what is left of them.

    Opus 4.x share a pool, Sonnet 4.x share one, every other model has its own. Without limits of its own it
    shows those of the Scale tier.

    Source: rate limits (2026-08-22): token buckets that refill all the time; cache reads do not count towards
    the input limit, writes do; ``max_tokens`` does not count towards the output limit.
    """

    limits: tuple[Limit, ...]
    _pools: dict[str, tuple[_Bucket, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> "Rate":
        """Return the limits that the settings ask for; those not asked for are shown, not enforced."""
        asked = (
            ("requests", settings.requests_per_minute, 10_000),
            ("input-tokens", settings.input_tokens_per_minute, 10_000_000),
            ("output-tokens", settings.output_tokens_per_minute, 2_000_000),
        )
        return cls(
            tuple(Limit(name, usual if own is None else own, own is not None) for name, own, usual in asked)
        )

    def refusal(self, model: str, split: Split, now: float) -> Failure | None:
        """Return the 429 of a request that a limit does not let through, or None; nothing is taken.

        A request needs one request and its prompt without cache reads; how long its answer will be is not
        known yet, so output lets it through unless all is used up.
        """
        needs = (1, split.total - split.read, 1)
        waits = [
            (bucket.reaches(need) - now, bucket.limit)
            for bucket, need in zip(self._refilled(model, now), needs, strict=True)
            if bucket.limit.enforced and bucket.level + _DUST < need
        ]
        if not waits:
            return None
        seconds, limit = max(waits, key=lambda wait: wait[0])
        what = f"{limit.per_minute:,} {limit.name.replace('-', ' ')} per minute"
        return Failure(
            429,
            f"This request would exceed your organization's rate limit of {what} (model: {model}). The "
            "response headers say what is left. Please try again later.",
            {"retry-after": str(max(1, math.ceil(seconds - _DUST))), "x-should-retry": "true"},
        )

    def take(self, charge: Charge) -> None:
        """Take one call out of its buckets; what it uses beyond them is owed."""
        used = (1, charge.split.total - charge.split.read, charge.output_tokens)
        for bucket, amount in zip(self._refilled(charge.model, charge.at), used, strict=True):
            bucket.level -= amount

    def headers(self, model: str, now: float) -> dict[str, str]:
        """Return the ``anthropic-ratelimit-*`` headers of a model.

        Source: rate limits (2026-08-22): tokens left are rounded to the nearest thousand, a reset is when the
        limit is full again, and ``tokens`` is the sum of input and output.
        """
        requests, given, made = self._refilled(model, now)
        left = {"requests": max(0, math.floor(requests.level + _DUST))}
        for name, tokens in (
            ("input-tokens", max(0.0, given.level)),
            ("output-tokens", max(0.0, made.level)),
            ("tokens", max(0.0, given.level) + max(0.0, made.level)),
        ):
            left[name] = math.floor(tokens / _ROUNDED_TO + 0.5) * _ROUNDED_TO
        limits = {bucket.limit.name: bucket.limit.per_minute for bucket in (requests, given, made)}
        limits["tokens"] = given.limit.per_minute + made.limit.per_minute
        resets = {bucket.limit.name: bucket.full_at for bucket in (requests, given, made)}
        resets["tokens"] = max(given.full_at, made.full_at)
        found: dict[str, str] = {}
        for name, (limit, remaining, reset) in _HEADERS.items():
            found[limit] = str(limits[name])
            found[remaining] = str(left[name])
            found[reset] = _instant(math.ceil(resets[name] - _DUST))
        return found

    def _refilled(self, model: str, now: float) -> tuple[_Bucket, ...]:
        name = next((shared for shared in _SHARED if model.startswith(shared)), model)
        pool = self._pools.get(name)
        if pool is None:
            pool = tuple(_Bucket(limit, limit.per_minute, now) for limit in self.limits)
            self._pools[name] = pool
        for bucket in pool:
            bucket.refill(now)
        return pool


@lru_cache(maxsize=1024)
def _instant(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
