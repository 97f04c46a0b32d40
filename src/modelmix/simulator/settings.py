"""Settings: how a practice API behaves."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field


def _nonce() -> str:
    return secrets.token_hex(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a practice API behaves.

    Attributes:
        seed: Fixes every answer; the header ``x-simulate-seed`` overrides it for one request.
        latency_ms: Time before an answer begins.
        tokens_per_second: Pace of a stream's output; 0 sends as fast as the client reads.
        clock: Seconds, for cache lifetimes, rate limits and the usage report.
        requests_per_minute: Limit on requests of a model, or None to show the standard one and enforce none.
        input_tokens_per_minute: Limit on input tokens without cache reads, or None.
        output_tokens_per_minute: Limit on output tokens, or None.
        max_body_bytes: Largest body; 128 MB since 2026-10-28.
        batch_seconds: How long a batch takes; the header ``x-simulate-batch: slow=S`` overrides it for one.
        max_batch_bytes: Largest body that creates a batch.
        batch_queue_requests: Batched requests of a workspace that may wait at the same time.
        nonce: Makes the ids of this instance differ from those of every other one.
    """

    seed: int = 0
    latency_ms: float = 0.0
    tokens_per_second: float = 0.0
    clock: Callable[[], float] = time.time
    requests_per_minute: int | None = None
    input_tokens_per_minute: int | None = None
    output_tokens_per_minute: int | None = None
    max_body_bytes: int = 128 * 1024 * 1024
    batch_seconds: float = 0.0
    max_batch_bytes: int = 256 * 1024 * 1024
    batch_queue_requests: int = 500_000
    nonce: str = field(default_factory=_nonce)
