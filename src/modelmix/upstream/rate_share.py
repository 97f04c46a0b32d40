"""Rate share: token buckets that hold a replay to its own part of a key's rate limits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from modelmix.upstream.headers import Headers

_MINUTE_S: Final = 60.0
_PROBES: Final = 4
"""Requests of a model that may be on their way while its limits are not known."""

_HEADROOM: Final = 0.1
"""Part of a limit that is left to others: below it nothing is sent, whatever the share allows."""

_BACK_OFF: Final = 0.5
_RECOVER: Final = 1.01
_LEAST_FACTOR: Final = 0.01
_ONE_REFUSAL_S: Final = 1.0
"""Refusals that come this close together have one cause."""

_REMEMBERED: Final = 20
"""Answers over which the mean output is taken."""

_NAMES: Final = {"requests": b"requests", "input": b"input-tokens", "output": b"output-tokens"}
_SHARED: Final = ("claude-opus-4-", "claude-sonnet-4-")
"""Families that share their limits; every other model has its own. Source: rate limits (2026-08-22)."""


@dataclass(slots=True)
class _Bucket:
    """One limit per minute; both levels refill continuously.

    Attributes:
        limit: The whole limit.
        own: What is left of our share; below zero, a debt of what is only known afterwards.
        left: What the upstream has left for everybody: by its last word, and by what was sent since.
        at_s: Instant of both.
        is_low: Whether its last word was of less than is to be left to others.
    """

    limit: float
    own: float
    left: float
    at_s: float
    is_low: bool = False

    @property
    def spare(self) -> float:
        """What there has to be left for a request to be sent."""
        return min(self.limit * _HEADROOM + 1.0, self.limit)

    def refill(self, per_minute: float, now_s: float) -> None:
        """Bring both levels up to the present. A share of less than one saves up to one all the same."""
        minutes = (now_s - self.at_s) / _MINUTE_S
        self.own = min(max(per_minute, 1.0), self.own + per_minute * minutes)
        self.left = min(self.limit, self.left + self.limit * minutes)
        self.at_s = now_s

    def take(self, amount: float) -> None:
        """Take what is used, from both."""
        self.own -= amount
        self.left -= amount

    def wait_s(self, per_minute: float) -> float:
        """Return seconds until our share and the upstream both have one to spare."""
        short = (1.0 - self.own) / per_minute, (self.spare - self.left) / self.limit
        return _MINUTE_S * max(0.0, *short)


@dataclass(slots=True)
class _Pool:
    """Models that share their limits, and what was sent to them.

    Attributes:
        buckets: By name of the limit, those that are known.
        known: Whether an answer has told of limits, or that there are none.
        on_their_way: Requests without an answer.
        taken: What they have taken of each limit: one request, their prompts, and the output to expect.
        probed: What left before any limit was known.
        answers: Answers that the mean output is taken over.
        output_tokens: Their mean output.
        rests_until_s: End of the pause that a refusal asked for.
        steady_until_s: Instant before which another refusal has the same cause.
        factor: Part of the share that is used, less after refusals.
    """

    buckets: dict[str, _Bucket] = field(default_factory=dict)
    known: bool = False
    on_their_way: int = 0
    taken: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_NAMES, 0.0))
    probed: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_NAMES, 0.0))
    answers: int = 0
    output_tokens: float = 0.0
    rests_until_s: float = float("-inf")
    steady_until_s: float = float("-inf")
    factor: float = 1.0

    def sent(self, input_tokens: int) -> None:
        """Take what a request needs, as far as that is known before it is answered."""
        self.on_their_way += 1
        for name, amount in zip(_NAMES, (1.0, float(input_tokens), self.output_tokens), strict=True):
            self.taken[name] += amount
            if name in self.buckets:
                self.buckets[name].take(amount)
            elif not self.known:
                self.probed[name] += amount

    def answered(self, output_tokens: int) -> None:
        """Put the output that came in place of what was expected; one that did not come has none."""
        beyond = output_tokens - self.arrived()
        if "output" in self.buckets:
            self.buckets["output"].take(beyond)
        elif not self.known:
            self.probed["output"] += beyond
        if output_tokens:
            self.answers = min(self.answers + 1, _REMEMBERED)
            self.output_tokens += (output_tokens - self.output_tokens) / self.answers
            self.factor = min(1.0, self.factor * _RECOVER)

    def arrived(self) -> float:
        """Count a request that is no longer on its way, and return the output that it had taken.

        What each has taken is not kept; it is the mean of all that are on their way.
        """
        expected = 0.0
        for name, amount in self.taken.items():
            expected = amount / max(self.on_their_way, 1)
            self.taken[name] -= expected
        self.on_their_way -= 1
        return expected


class RateShare:
    """Says when the next request of a model may leave.

    Limits are learned from the answers' ``anthropic-ratelimit-*`` headers, since each model has its own, or
    shares them with its family. Until the first answer that tells, only a few requests are let out. An answer
    that says 429 pauses its model for as long as it asks, and halves the share, which then recovers with
    every answer that succeeds.

    In a minute at most two minutes' share leaves: what was saved up, one minute's at most, and what came in;
    of tokens, beyond that, what one request has. Of an output the mean is taken when its request leaves, and
    the rest when it is there: what is over is a debt, which is paid back.

    Where the upstream has less than a tenth of a limit left, others need it: then one request at a time is
    sent, and only when the limit may have filled up to that again.

    Args:
        share: Part of the limits that may be used, in (0, 1].
        clock: Monotonic seconds.
    """

    def __init__(self, share: float, clock: Callable[[], float]) -> None:
        self._share = share
        self._clock = clock
        self._pools: dict[str, _Pool] = {}
        self.refusals = 0

    def wait_s(self, model: str) -> float | None:
        """Return seconds until a request of a model may leave: 0 for now, None for after the next answer."""
        pool = self._pool(model)
        now = self._clock()
        if pool.rests_until_s > now:
            return pool.rests_until_s - now
        if not pool.known:
            return 0.0 if pool.on_their_way < _PROBES else None
        wait = 0.0
        for bucket in pool.buckets.values():
            per_minute = self._per_minute(pool, bucket)
            bucket.refill(per_minute, now)
            wait = max(wait, bucket.wait_s(per_minute))
            if bucket.is_low and pool.on_their_way:
                return None
        return wait

    def take(self, model: str, input_tokens: int) -> None:
        """Count a request that leaves, with its estimated prompt."""
        self._pool(model).sent(input_tokens)

    def back(self, model: str, headers: Headers, output_tokens: int = 0) -> None:
        """Count an answer, and learn the limits that it shows.

        Args:
            model: Model that was asked.
            headers: The answer's headers.
            output_tokens: Its output; 0 for one that did not succeed.
        """
        pool = self._pool(model)
        pool.answered(output_tokens)
        # Of a header that comes twice the first counts.
        shown = {key.lower(): value for key, value in reversed(headers)}
        for name, header in _NAMES.items():
            limit = _number(shown.get(b"anthropic-ratelimit-%b-limit" % header))
            left = _number(shown.get(b"anthropic-ratelimit-%b-remaining" % header))
            if limit:
                self._learn(pool, name, limit, left)
        # An answer that failed on the way here, without a word of limits, says nothing of them.
        pool.known = pool.known or bool(pool.buckets) or output_tokens > 0

    def gone(self, model: str) -> None:
        """Count a request of which nothing came back."""
        self._pool(model).arrived()

    def refused(self, model: str, pause_s: float) -> None:
        """Count a 429 or 529: the model rests, and its share is halved, once for all that come together."""
        self.refusals += 1
        pool = self._pool(model)
        now = self._clock()
        if now >= pool.steady_until_s:
            pool.factor = max(pool.factor * _BACK_OFF, _LEAST_FACTOR)
            pool.steady_until_s = now + max(pause_s, _ONE_REFUSAL_S)
        pool.rests_until_s = max(pool.rests_until_s, now + pause_s)

    def _pool(self, model: str) -> _Pool:
        name = next((family for family in _SHARED if model.startswith(family)), model)
        return self._pools.setdefault(name, _Pool())

    def _per_minute(self, pool: _Pool, bucket: _Bucket) -> float:
        return bucket.limit * self._share * pool.factor

    def _learn(self, pool: _Pool, name: str, limit: float, left: float | None) -> None:
        now = self._clock()
        bucket = pool.buckets.get(name)
        if bucket is None:
            own = limit * self._share - pool.probed[name]
            bucket = pool.buckets[name] = _Bucket(limit, own, limit, now)
        bucket.refill(self._per_minute(pool, bucket), now)
        bucket.limit = limit
        if left is not None:
            bucket.left = min(left, limit) - pool.taken[name]
            bucket.is_low = left < bucket.spare


def _number(text: bytes | None) -> float | None:
    try:
        value = float(text or b"")
    except ValueError:
        return None
    return value if 0.0 <= value < float("inf") else None
