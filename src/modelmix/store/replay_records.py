"""Records of replays: what was asked again, what each sending may and did cost, what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from modelmix.core.call import Call
from modelmix.core.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One replay.

    Attributes:
        replay_id: Its name, such as ``r-20261125-1``.
        at: Aware UTC instant of its beginning.
        settings: What was asked, as plain JSON; a resumed replay asks the same.
        opening: Tokens by model and class that the upstream's usage report showed at its beginning, for the
            span from ``since`` on; empty where it gives none.
        outcome: ``done``, ``capped``, ``interrupted`` or ``failed``; empty while it runs, or was killed.
        summary: What came of it, as plain JSON.
    """

    replay_id: str
    at: datetime
    settings: Mapping[str, Any]
    opening: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sending:
    """One request on its way.

    Attributes:
        answer_id: What is asked, of whom and where.
        model: Model that is asked.
        at: Aware UTC instant.
        reserved_usd: The most that it can cost.
    """

    answer_id: str
    model: str
    at: datetime
    reserved_usd: Decimal


@dataclass(frozen=True, slots=True)
class Lost:
    """A sending of which nothing came back.

    Attributes:
        sending_id: Its number.
        answer_id: What was asked.
        reserved_usd: The most that it can have cost.
    """

    sending_id: int
    answer_id: str
    reserved_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """A final answer: it is never asked for again.

    Attributes:
        answer_id: What was asked, of whom and where.
        call_id: Its row among the calls.
        status: HTTP status; only 200 can be graded.
        error: Kind of failure, or empty.
        usage: Tokens.
        usd: List price, or None without one.
        latency_ms: Time to the last byte.
        reply: The reply as JSON, or None: it is kept only on request.
    """

    answer_id: str
    call_id: str
    status: int
    error: str
    usage: Usage
    usd: Decimal | None
    latency_ms: float | None = None
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class GradeRow:
    """What a grader said of an answer.

    Attributes:
        answer_id: The answer.
        grader: Grader with its version and options.
        reference_sha256: Hash of what it was held against.
        score: Grade in [0, 1], or None where it cannot be graded.
        checks_ok: Whether deterministic checks passed, or None where none were made.
        slice_name: Named slice, or empty.
        why: What is wrong with it, or why it cannot be graded; empty if nothing.
    """

    answer_id: str
    grader: str
    reference_sha256: str
    score: float | None
    checks_ok: bool | None = None
    slice_name: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """The end of one sending.

    Attributes:
        sending_id: Its number.
        state: ``answered``, ``failed`` (it cost nothing) or ``lost`` (what it cost is not known).
        usd: What it cost, or None where that is not known.
        call: Its row among the calls, or None for one of which nothing came back.
        answer: The final answer, or None where it will be asked again.
        grades: What graders said of it.
    """

    sending_id: int
    state: str
    usd: Decimal | None
    call: Call | None = None
    answer: AnswerRow | None = None
    grades: tuple[GradeRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Spent:
    """What a replay has cost so far.

    Attributes:
        usd: List price of everything that came back, and of what the usage report showed of the rest.
        at_most_usd: The most that sendings cost of which nothing came back.
        sendings: Requests sent.
        lost: Sendings of which nothing came back and nothing is known.
        found: Sendings of which nothing came back, and whose cost the usage report showed.
    """

    usd: Decimal = Decimal(0)
    at_most_usd: Decimal = Decimal(0)
    sendings: int = 0
    lost: int = 0
    found: int = 0

    @property
    def total_at_most_usd(self) -> Decimal:
        """The most that it can have cost; a spend cap holds for it."""
        return self.usd + self.at_most_usd
