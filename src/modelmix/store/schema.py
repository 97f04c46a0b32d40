"""The ledger's tables, as the queries of this room see them; ``migrations`` makes them."""

from typing import Final

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, SmallInteger, Table, Text

metadata: Final = MetaData()


def _text(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _flag(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False)


def _number(name: str) -> Column[float]:
    return Column(name, Double, nullable=True)


calls: Final = Table(
    "calls",
    metadata,
    _text("call_id"),
    _count("at_us"),
    _text("source"),
    _text("model_requested"),
    _text("model_served"),
    _count("input_tokens"),
    _count("cache_read_tokens"),
    _count("cache_write_5m_tokens"),
    _count("cache_write_1h_tokens"),
    _count("output_tokens"),
    _count("web_search_requests"),
    _count("web_fetch_requests"),
    _text("iterations", optional=True),
    _text("request_id"),
    _text("session_id"),
    _flag("is_subagent"),
    _text("task_type"),
    _text("task_source"),
    _text("template"),
    _text("effort", optional=True),
    _flag("stream"),
    _count("status"),
    _text("stop_reason"),
    _text("error"),
    _flag("batch"),
    _flag("fast"),
    _flag("us"),
    _flag("write_split_known"),
    _text("reported_usd", optional=True),
    _text("reason"),
    _text("policy_sha256"),
    _number("ttft_ms"),
    _number("latency_ms"),
)

days: Final = Table("days", metadata, _count("day"), _count("changes"), _count("in_lake"))

imports: Final = Table(
    "imports",
    metadata,
    _text("import_id"),
    _text("source"),
    _text("sha256"),
    _count("size_bytes"),
    _text("kind"),
    _count("at_us"),
    _count("n_rows"),
    _count("bad_rows"),
    _text("settings"),
)

bad_rows: Final = Table(
    "bad_rows", metadata, _text("import_id"), _text("source"), _count("line"), _text("why")
)

attempts: Final = Table(
    "attempts",
    metadata,
    Column("attempt_id", Integer, primary_key=True),
    _count("at_us"),
    _text("settings"),
    _text("settings_sha256"),
    _text("evidence_sha256"),
    _text("imports"),
    _text("candidates"),
    _number("margin"),
    _number("alpha"),
    Column("k", BigInteger, nullable=True),
    _text("outcome"),
    _text("prompts"),
)

verdicts: Final = Table(
    "verdicts",
    metadata,
    _count("attempt_id"),
    _text("task_type"),
    _text("candidate"),
    _text("verdict"),
    Column("pairs", Double, nullable=False),
    _number("loss"),
    _number("bound"),
)

policies: Final = Table(
    "policies",
    metadata,
    Column("policy_id", Integer, primary_key=True),
    _text("sha256"),
    _count("at_us"),
    _text("state"),
)

replays: Final = Table(
    "replays",
    metadata,
    _text("replay_id"),
    _count("at_us"),
    _text("settings"),
    _text("settings_sha256"),
    _text("opening"),
    _text("outcome"),
    _text("summary"),
)

sendings: Final = Table(
    "sendings",
    metadata,
    Column("sending_id", Integer, primary_key=True),
    _text("replay_id"),
    _text("answer_id"),
    _text("model"),
    _count("at_us"),
    _text("reserved_usd"),
    _text("state"),
    _text("usd", optional=True),
    _text("call_id"),
    Column("batch", Integer, nullable=True),
)

batches: Final = Table(
    "batches",
    metadata,
    Column("number", Integer, primary_key=True),
    _text("replay_id"),
    _text("name"),
    _text("betas"),
    _text("mark_id"),
    Column("mark_at_us", BigInteger, nullable=True),
    _text("batch_id"),
    _text("state"),
)

answers: Final = Table(
    "answers",
    metadata,
    _text("answer_id"),
    _text("replay_id"),
    _text("call_id"),
    _count("status"),
    _text("error"),
    _text("usage"),
    _text("usd", optional=True),
    _number("latency_ms"),
    _text("reply", optional=True),
)

grades: Final = Table(
    "grades",
    metadata,
    _text("answer_id"),
    _text("grader"),
    _text("reference_sha256"),
    _number("score"),
    Column("checks_ok", SmallInteger, nullable=True),
    _text("slice"),
    _text("why"),
)

learned: Final = Table(
    "learned",
    metadata,
    _text("replay_id"),
    _text("prompt_id"),
    _text("task_type"),
    _text("model"),
    _text("effort"),
    Column("score", Double, nullable=False),
    _text("cluster_id"),
    _text("cost_usd", optional=True),
    Column("checks_ok", SmallInteger, nullable=True),
    _text("slice"),
    _text("grader"),
    _text("why"),
)

labels: Final = Table(
    "labels",
    metadata,
    _text("who"),
    _text("task_type"),
    _text("prompt_id"),
    _text("candidate"),
    _text("baseline"),
    _number("score"),
    _number("baseline_score"),
    _text("answer_sha256"),
    _text("baseline_sha256"),
    _count("at_us"),
    _number("seconds"),
    _text("stratum"),
    _text("drawn_by"),
)
