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
_NAMES: Final = {"requests": b"requests", "input": b"input-tokens", "output": b"output-tokens"}


@dataclass(slots=True)
class _Bucket:
    """A bucket that refills continuously; it may run into debt by what is only known afterwards."""

    limit: float
    level: float
    at_s: float
    left_share: float = 1.0

    def refill(self, per_minute: float, now_s: float) -> None:
        self.level = min(per_minute, self.level + per_minute * (now_s - self.at_s) / _MINUTE_S)
        self.at_s = now_s


@dataclass(slots=True)
class _Model:
    buckets: dict[str, _Bucket] = field(default_factory=dict)
    known: bool = False
    on_their_way: int = 0
    paused_until_s: float = 0.0
    factor: float = 1.0


class RateShare:
    """Says when the next request of a model may leave.

    Limits are learned from the answers' ``anthropic-ratelimit-*`` headers, since each model has its own.
    Until the first answer only a few requests of a model are let out. An answer that says 429 pauses its
    model for as long as it asks, and halves the share, which then recovers with every answer that succeeds.

    Args:
        share: Part of the limits that may be used, in (0, 1].
        clock: Monotonic seconds.
    """

    def __init__(self, share: float, clock: Callable[[], float]) -> None:
        self._share = share
        self._clock = clock
        self._models: dict[str, _Model] = {}
        self.refusals = 0

    def wait_s(self, model: str) -> float | None:
        """Return seconds until a request of a model may leave: 0 for now, None for after the next answer."""
        state = self._models.setdefault(model, _Model())
        now = self._clock()
        if state.paused_until_s > now:
            return state.paused_until_s - now
        if not state.known:
            return 0.0 if state.on_their_way < _PROBES else None
        wait = 0.0
        for bucket in state.buckets.values():
            per_minute = bucket.limit * self._share * state.factor
            bucket.refill(per_minute, now)
            if bucket.level < 1.0:
                wait = max(wait, (1.0 - bucket.level) * _MINUTE_S / per_minute)
            if bucket.left_share < _HEADROOM:
                # What others leave is too little: let the upstream's own bucket fill up again.
                wait = max(wait, (_HEADROOM - bucket.left_share) * _MINUTE_S)
                bucket.left_share = _HEADROOM
        if wait:
            state.paused_until_s = now + wait
        return wait

    def take(self, model: str, input_tokens: int) -> None:
        """Count a request that leaves, with its estimated prompt."""
        state = self._models.setdefault(model, _Model())
        state.on_their_way += 1
        for name, amount in (("requests", 1.0), ("input", float(input_tokens))):
            if name in state.buckets:
                state.buckets[name].level -= amount

    def back(self, model: str, headers: Headers, output_tokens: int = 0) -> None:
        """Count an answer, and learn the limits that it shows."""
        state = self._models.setdefault(model, _Model())
        state.on_their_way -= 1
        state.known = True
        state.factor = min(1.0, state.factor * _RECOVER)
        now = self._clock()
        # Of a header that comes twice the first counts.
        shown = {key.lower(): value for key, value in reversed(headers)}
        for name, header in _NAMES.items():
            limit = _number(shown.get(b"anthropic-ratelimit-%b-limit" % header))
            left = _number(shown.get(b"anthropic-ratelimit-%b-remaining" % header))
            if not limit:
                continue
            bucket = state.buckets.get(name)
            if bucket is None or bucket.limit != limit:
                bucket = state.buckets[name] = _Bucket(limit, limit * self._share, now)
            bucket.left_share = 1.0 if left is None else left / limit
        if "output" in state.buckets:
            state.buckets["output"].level -= output_tokens

    def gone(self, model: str) -> None:
        """Count a request of which nothing came back."""
        self._models.setdefault(model, _Model()).on_their_way -= 1

    def refused(self, model: str, pause_s: float) -> None:
        """Count a 429 or 529: the model rests, and its share is halved."""
        self.refusals += 1
        state = self._models.setdefault(model, _Model())
        state.paused_until_s = max(state.paused_until_s, self._clock() + pause_s)
        state.factor = max(state.factor * _BACK_OFF, 0.01)


def _number(text: bytes | None) -> float | None:
    try:
        value = float(text or b"")
    except ValueError:
        return None
    return value if 0.0 <= value < float("inf") else None
