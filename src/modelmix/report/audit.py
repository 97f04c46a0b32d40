"""An audit: what a traffic cost, as data, before any wording."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from modelmix.core.call import BadRow
from modelmix.core.prices import Cost
from modelmix.core.usage import Usage
from modelmix.economics.at_stake import AtStake
from modelmix.economics.cache_health import CacheHealth

SCHEMA = "modelmix.audit/1"
TRANSCRIPTS_NOTE = "API-list equivalent, not your bill: transcripts do not tell API keys from subscriptions"
AT_STAKE_NOTE = (
    "every call on Opus or above, at the rates that the cheapest lower tier has today, same tokens; "
    "tokenizer differences and quality are not counted, so this is no saving until it is replayed"
)
NO_MODEL = "(no model named)"
"""How calls are shown that name no model, such as requests that could not be read."""

PROOF_NOTE = (
    "prompts to replay on the candidate so that a true loss of zero clears the default margin (2 points "
    "overall, 6 per type) in 4 of 5 cases if 5 % of answers differ; grading is not in it"
)


@dataclass(frozen=True, slots=True)
class Row:
    """Calls that share something, and what they cost.

    Attributes:
        name: What they share: a model, a task type, a day.
        calls: How many.
        usage: Their tokens.
        cost: What those with a price cost.
        unpriced_calls: How many of them have no price.
    """

    name: str
    calls: int
    usage: Usage
    cost: Cost
    unpriced_calls: int = 0

    @property
    def usd(self) -> Decimal:
        """Cost over all token classes."""
        return self.cost.total_usd

    @property
    def is_priced(self) -> bool:
        """Whether any of the calls has a price."""
        return not self.calls or self.unpriced_calls < self.calls


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Calls that no price is known for; they are in no sum of money.

    Attributes:
        model: Model that served them.
        why: What is known instead, and what to do.
        calls: How many.
        tokens: All their tokens.
    """

    model: str
    why: str
    calls: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What a traffic cost.

    Attributes:
        total: All calls of the traffic.
        proof: Calls that replays made: the cost of proof, in nothing else here.
        proof_basis: ``measured``, or ``simulated`` where the practice API answered them all.
        by_model: By model that served, dearest first.
        by_task_type: By task type, dearest first.
        by_day: By UTC day, oldest first.
        subagents: The part of the total that sub-agents made.
        cache: Cache health.
        at_stake: What moving top-tier calls could save at most.
        failing_usd: Top-tier spend of task types for which a cheaper candidate is known to fail.
        unpriced: What has no price, most tokens first.
        bad_rows: Rows that could not be read, in order of reading.
        copies: Rows that were another copy of a call already read.
        outside: Distinct calls left out because they lie outside ``since`` and ``until``.
        places: Files, or the ledger, that were read.
        sources: Kinds of source the calls come from → number of calls.
        since: Start of the window, inclusive, or None.
        until: End of the window, exclusive, or None.
        prices_as_of: Day on which the price table was last checked.
        prices_sha256: Hash of the price documents.
        priced_as: Old model → model whose rates it took.
        version: Version of modelmix.
    """

    total: Row
    proof: Row
    proof_basis: str
    by_model: tuple[Row, ...]
    by_task_type: tuple[Row, ...]
    by_day: tuple[Row, ...]
    subagents: Row
    cache: CacheHealth
    at_stake: AtStake
    failing_usd: Decimal
    unpriced: tuple[Unpriced, ...]
    bad_rows: tuple[BadRow, ...]
    copies: int
    outside: int
    places: tuple[str, ...]
    sources: dict[str, int]
    since: datetime | None
    until: datetime | None
    prices_as_of: date
    prices_sha256: str
    priced_as: dict[str, str]
    version: str

    @property
    def unpriced_calls(self) -> int:
        """Calls without a price."""
        return sum(row.calls for row in self.unpriced)

    @property
    def unpriced_tokens(self) -> int:
        """Tokens without a price."""
        return sum(row.tokens for row in self.unpriced)

    @property
    def unpriced_share(self) -> float:
        """Share of tokens without a price, in [0, 1]; of calls where no call has tokens."""
        tokens = self.total.usage.total_tokens
        if tokens:
            return self.unpriced_tokens / tokens
        return self.unpriced_calls / self.total.calls if self.total.calls else 0.0

    @property
    def has_transcripts(self) -> bool:
        """Whether any call comes from a transcript, where a subscription cannot be told from a key."""
        return "claude-code" in self.sources


def audit_document(audit: Audit) -> dict[str, Any]:
    """Return the audit as one JSON object of schema ``modelmix.audit/1``.

    Dollars are numbers rounded to six decimals; ``usd_exact`` is the same amount as an exact string.
    """
    return {
        "schema": SCHEMA,
        "version": audit.version,
        "totals": _row(audit.total) | {"usd_by_class": _classes(audit.total.cost)},
        "span": _span(audit),
        "by_model": [{"model": row.name} | _row(row, audit.total) for row in audit.by_model],
        "by_task_type": [{"task_type": row.name} | _row(row, audit.total) for row in audit.by_task_type],
        "by_day": [{"day": row.name} | _row(row, audit.total) for row in audit.by_day],
        "subagents": _row(audit.subagents, audit.total),
        "cache": _cache(audit.cache),
        "at_stake": _at_stake(audit),
        "proof": _row(audit.proof) | {"basis": audit.proof_basis},
        "unpriced": {
            "calls": audit.unpriced_calls,
            "tokens": audit.unpriced_tokens,
            "share": round(audit.unpriced_share, 6),
            "models": list(dict.fromkeys(row.model for row in audit.unpriced)),
            "rows": [
                {"model": row.model, "calls": row.calls, "tokens": row.tokens, "why": row.why}
                for row in audit.unpriced
            ],
        },
        "bad_rows": [{"source": row.source, "line": row.line, "why": row.why} for row in audit.bad_rows],
        "copies_removed": audit.copies,
        "calls_outside_window": audit.outside,
        "places": list(audit.places),
        "sources": dict(audit.sources),
        "prices": {
            "as_of": audit.prices_as_of.isoformat(),
            "sha256": audit.prices_sha256,
            "priced_as": dict(audit.priced_as),
        },
        "notes": [TRANSCRIPTS_NOTE] if audit.has_transcripts else [],
    }


def _number(amount: Decimal) -> float:
    return float(round(amount, 6))


def _row(row: Row, total: Row | None = None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "calls": row.calls,
        "usd": _number(row.usd) if row.is_priced else None,
        "usd_exact": f"{row.usd:f}" if row.is_priced else None,
        "unpriced_calls": row.unpriced_calls,
        "tokens": _tokens(row.usage),
    }
    if total is not None:
        document["share"] = round(float(row.usd / total.usd), 6) if total.usd else 0.0
    return document


def _tokens(usage: Usage) -> dict[str, int]:
    return {
        "input": usage.input_tokens,
        "cache_read": usage.cache_read_tokens,
        "cache_write_5m": usage.cache_write_5m_tokens,
        "cache_write_1h": usage.cache_write_1h_tokens,
        "output": usage.output_tokens,
        "total": usage.total_tokens,
    }


def _classes(cost: Cost) -> dict[str, float]:
    return {
        "input": _number(cost.input_usd),
        "cache_read": _number(cost.cache_read_usd),
        "cache_write_5m": _number(cost.cache_write_5m_usd),
        "cache_write_1h": _number(cost.cache_write_1h_usd),
        "output": _number(cost.output_usd),
        "server_tools": _number(cost.server_tools_usd),
    }


def _span(audit: Audit) -> dict[str, Any]:
    return {
        "first_day": audit.by_day[0].name if audit.by_day else None,
        "last_day": audit.by_day[-1].name if audit.by_day else None,
        "active_days": len(audit.by_day),
        "since": audit.since.isoformat() if audit.since else None,
        "until": audit.until.isoformat() if audit.until else None,
    }


def _cache(cache: CacheHealth) -> dict[str, Any]:
    return {
        "hit_ratio": None if cache.hit_ratio is None else round(cache.hit_ratio, 6),
        "read_usd": _number(cache.read_usd),
        "write_usd": _number(cache.write_usd),
        "saved_usd": _number(cache.saved_usd),
        "sessions": cache.sessions,
        "expired_sessions": cache.expired_sessions,
        "cold_restarts": cache.cold_restarts,
        "rewritten_tokens": cache.rewritten_tokens,
    }


def _at_stake(audit: Audit) -> dict[str, Any]:
    stake = audit.at_stake
    return {
        "calls": stake.calls,
        "top_tier_usd": _number(stake.usd),
        "up_to_usd": max(0.0, _number(stake.saving_usd)),
        "difference_usd": _number(stake.saving_usd),
        "proven_usd": 0.0,
        "proof_usd": _number(stake.proof_usd),
        "proof_pairs": stake.pairs,
        "failing_share": round(float(audit.failing_usd / stake.usd), 6) if stake.usd else 0.0,
        "by_task_type": [
            {
                "task_type": row.task_type,
                "calls": row.calls,
                "usd": _number(row.usd),
                "candidates": list(row.candidates),
                "difference_usd": _number(row.saving_usd),
                "proof_pairs": row.pairs,
                "proof_usd": _number(row.proof_usd),
            }
            for row in stake.types
        ],
        "assumption": AT_STAKE_NOTE,
        "proof_assumption": PROOF_NOTE,
    }
