"""A call: one billed API call, a log row and a gateway row alike."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from modelmix.core.candidate import Effort
from modelmix.core.usage import Usage

REPLAY = "replay"
"""Source of a call that a replay made: a cost of proof, and no traffic."""

UNTYPED = "untyped"
"""Task type of a call that names none and shows no system prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One billed API call.

    Attributes:
        call_id: Identity of the call across copies: rows with the same id are one call.
        at: Aware UTC instant at which it was made.
        source: Where the row comes from: ``claude-code``, ``messages``, ``gateway`` or ``replay``.
        model_requested: Model the client asked for.
        model_served: Model that answered.
        usage: Tokens.
        request_id: The API's request id, or empty.
        session_id: Calls that share a growing context, or empty.
        is_subagent: Whether a sub-agent made it: same session, another context and cache.
        task_type: Name of its task type; ``untyped`` where nothing tells.
        task_source: What told the type: ``tag``, ``default``, ``template`` or ``none``.
        template: Fingerprint of the stable part of the system prompt, or empty.
        effort: Effort asked for, or None.
        stream: Whether the answer was streamed.
        status: HTTP status of the answer.
        stop_reason: Why the model stopped, or empty.
        error: Kind of failure, or empty.
        batch: Whether it was an item of a batch.
        fast: Whether fast mode was used.
        us: Whether inference was restricted to the US.
        write_split_known: False where the source does not tell five-minute from one-hour writes; they are
            then all in the five-minute bucket.
        reported_usd: Cost that the source itself states, a claim and not the bill, or None.
        reason: Why the gateway served this candidate, or empty.
        policy_sha256: Policy in force, or empty.
        ttft_ms: Time to the first byte of the body, or None.
        latency_ms: Time to the last byte, or None.
    """

    call_id: str
    at: datetime
    source: str
    model_requested: str
    model_served: str
    usage: Usage = field(default_factory=Usage)
    request_id: str = ""
    session_id: str = ""
    is_subagent: bool = False
    task_type: str = UNTYPED
    task_source: str = "none"
    template: str = ""
    effort: Effort | None = None
    stream: bool = False
    status: int = 200
    stop_reason: str = ""
    error: str = ""
    batch: bool = False
    fast: bool = False
    us: bool = False
    write_split_known: bool = True
    reported_usd: Decimal | None = None
    reason: str = ""
    policy_sha256: str = ""
    ttft_ms: float | None = None
    latency_ms: float | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"call {self.call_id!r}: its instant {self.at.isoformat()} has no time zone")

    def supersedes(self, other: "Call") -> bool:
        """Say whether this copy of the same call is to be kept rather than the other.

        The copy on the main chain wins over a sub-agent's replay of it; then the larger output wins,
        since a call is logged once per content block while its output count grows.
        """
        if self.is_subagent != other.is_subagent:
            return other.is_subagent
        return self.usage.output_tokens > other.usage.output_tokens


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read; a value, counted and shown, never dropped in silence.

    Attributes:
        source: File or stream it stands in.
        line: Line, or row, number, counted from 1.
        why: One clause: what is wrong with it. Never the row's own text.
    """

    source: str
    line: int
    why: str
