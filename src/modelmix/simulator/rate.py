"""Rate: the rate-limit headers of the practice API; the limits are shown, not enforced."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from modelmix.simulator.cache import Split

_WINDOW_SECONDS = 60
_REQUESTS, _INPUT, _OUTPUT = 10_000, 10_000_000, 2_000_000


@dataclass(slots=True)
class _Window:
    since: float
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(slots=True)
class Rate:
    """Use of the standard limits of the Scale tier, by model and minute.

    Source: rate limits (2026-08-22): cache reads do not count towards the input limit, writes do.
    """

    _windows: dict[str, _Window] = field(default_factory=dict)

    def count(self, model: str, split: Split, output_tokens: int, now: float) -> None:
        """Count one call."""
        window = self._window(model, now)
        window.requests += 1
        window.input_tokens += split.total - split.read
        window.output_tokens += output_tokens

    def headers(self, model: str, now: float) -> dict[str, str]:
        """Return the ``anthropic-ratelimit-*`` headers of a model."""
        window = self._window(model, now)
        reset = datetime.fromtimestamp(window.since + _WINDOW_SECONDS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows = {
            "requests": (_REQUESTS, window.requests),
            "input-tokens": (_INPUT, window.input_tokens),
            "output-tokens": (_OUTPUT, window.output_tokens),
            "tokens": (_INPUT + _OUTPUT, window.input_tokens + window.output_tokens),
        }
        found: dict[str, str] = {}
        for name, (limit, used) in rows.items():
            found[f"anthropic-ratelimit-{name}-limit"] = str(limit)
            found[f"anthropic-ratelimit-{name}-remaining"] = str(max(0, limit - used))
            found[f"anthropic-ratelimit-{name}-reset"] = reset
        return found

    def _window(self, model: str, now: float) -> _Window:
        window = self._windows.get(model)
        if window is None or now - window.since >= _WINDOW_SECONDS:
            window = self._windows[model] = _Window(now)
        return window
