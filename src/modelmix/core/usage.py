"""Usage: the tokens of one call, each in exactly one bucket."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Iteration:
    """One sub-inference of a call, with its own model and tokens.

    Attributes:
        kind: ``message``, ``fallback_message``, ``advisor_message`` or ``compaction``; others pass.
        model: Model that served it, or empty where the API names none (then the call's model).
        usage: Its tokens; it has no iterations of its own.
    """

    kind: str
    model: str
    usage: "Usage"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call in disjoint buckets, as the Messages API bills them.

    All counts are non-negative integers. The prompt of a call is the sum of its four input buckets.

    Attributes:
        input_tokens: Uncached input: neither read from the cache nor written to it.
        cache_read_tokens: Input read from the prompt cache.
        cache_write_5m_tokens: Input written to the cache with a lifetime of five minutes.
        cache_write_1h_tokens: Input written to the cache with a lifetime of one hour.
        output_tokens: Billed output, thinking included.
        web_search_requests: Server-side searches, billed per request.
        web_fetch_requests: Server-side fetches, free of charge.
        iterations: Sub-inferences. When there are any, they are what is priced: advisor and compaction
            tokens are absent from the totals, and the totals of a fallback are those of its last model.

    Source: Messages API reference, ``usage`` (2026-08-22).
    """

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    web_search_requests: int = 0
    web_fetch_requests: int = 0
    iterations: tuple[Iteration, ...] = ()

    def __post_init__(self) -> None:
        if (
            self.input_tokens < 0
            or self.cache_read_tokens < 0
            or self.cache_write_5m_tokens < 0
            or self.cache_write_1h_tokens < 0
            or self.output_tokens < 0
            or self.web_search_requests < 0
            or self.web_fetch_requests < 0
        ):
            negative = next(f.name for f in fields(self)[:7] if getattr(self, f.name) < 0)
            raise ValueError(f"{negative} is {getattr(self, negative)}; a count cannot be negative")

    @property
    def cache_write_tokens(self) -> int:
        """Input written to the cache, both lifetimes."""
        return self.cache_write_5m_tokens + self.cache_write_1h_tokens

    @property
    def prompt_tokens(self) -> int:
        """The whole prompt: uncached, read and written. Price tiers by length are measured on it."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def total_tokens(self) -> int:
        """Prompt and output."""
        return self.prompt_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        """Add bucket by bucket; iterations are kept, in order."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_5m_tokens + other.cache_write_5m_tokens,
            self.cache_write_1h_tokens + other.cache_write_1h_tokens,
            self.output_tokens + other.output_tokens,
            self.web_search_requests + other.web_search_requests,
            self.web_fetch_requests + other.web_fetch_requests,
            self.iterations + other.iterations,
        )

    def plain(self) -> "Usage":
        """Return the same totals without iterations."""
        return replace(self, iterations=())
