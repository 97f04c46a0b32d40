"""Calls and outcomes as the store's tests make them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.level import Level
from modelmix.core.outcome import Outcome
from modelmix.core.usage import Iteration, Usage

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = texts.filter(bool)
counts = st.integers(0, 2**40)
plain_usages = st.builds(Usage, *[counts] * 7)
usages = st.builds(
    Usage,
    *[counts] * 7,
    iterations=st.lists(st.builds(Iteration, names, texts, plain_usages), max_size=2).map(tuple),
)
amounts = st.decimals(0, 10**6, allow_nan=False, allow_infinity=False, places=9)
instants = st.timedeltas(timedelta(), timedelta(days=900)).map(
    lambda after: datetime(2024, 1, 1, tzinfo=UTC) + after
)
calls = st.builds(
    Call,
    call_id=names,
    at=instants,
    source=texts,
    model_requested=names,
    model_served=names,
    usage=usages,
    request_id=texts,
    session_id=texts,
    is_subagent=st.booleans(),
    task_type=names,
    task_source=texts,
    template=texts,
    effort=st.none() | st.sampled_from(Effort),
    stream=st.booleans(),
    status=st.integers(100, 599),
    stop_reason=texts,
    error=texts,
    batch=st.booleans(),
    fast=st.booleans(),
    us=st.booleans(),
    write_split_known=st.booleans(),
    reported_usd=st.none() | amounts,
    reason=texts,
    policy_sha256=texts,
    ttft_ms=st.none() | st.floats(0, 1e6),
    latency_ms=st.none() | st.floats(0, 1e6),
)
outcomes = st.builds(
    Outcome,
    prompt_id=st.text("abc01", min_size=1, max_size=4),
    task_type=st.sampled_from(["extract", "summary"]),
    candidate=st.builds(Candidate, st.sampled_from(["m1", "m2"]), st.none() | st.sampled_from(Effort)),
    score=st.floats(0, 1),
    cluster_id=st.just("") | st.text("xyz", min_size=1, max_size=2),
    input_tokens=st.none() | counts,
    output_tokens=st.none() | counts,
    cost_usd=st.none() | amounts,
    checks_ok=st.none() | st.booleans(),
    slice_name=st.sampled_from(["", "field absent"]),
    prompt=texts.map(str.strip),
    response=texts.map(str.strip),
    expected=texts.map(str.strip),
    grader=st.sampled_from(["", "exact@1"]),
    why=st.sampled_from(["", "date: differs", "not JSON"]),
    level=st.sampled_from(Level),
    run_id=st.sampled_from(["", "run 1"]),
    calls=st.none() | counts,
    attempts=st.none() | st.integers(1, 9),
    seconds=st.none() | st.floats(0, 1e6),
)


def call(number: int, **changes: object) -> Call:
    """Make one call a minute."""
    given: dict[str, object] = {
        "call_id": f"msg_{number:05d}",
        "at": NOW + timedelta(minutes=number),
        "source": "gateway",
        "model_requested": "claude-opus-5-5",
        "model_served": "claude-haiku-5-5",
        "usage": Usage(input_tokens=1000 + number, cache_read_tokens=10, output_tokens=100),
        "task_type": "extract",
        "task_source": "tag",
    }
    return Call(**{**given, **changes})  # type: ignore[arg-type] # built by name


def outcome(number: int, model: str = "claude-haiku-5-5", **changes: object) -> Outcome:
    """Make one outcome."""
    given: dict[str, object] = {
        "prompt_id": f"p{number}",
        "task_type": "extract",
        "candidate": Candidate(model),
        "score": float(number % 2),
        "input_tokens": 1000,
        "output_tokens": 100,
        "cost_usd": Decimal("0.00012"),
    }
    return Outcome(**{**given, **changes})  # type: ignore[arg-type] # built by name


def zstd_of(data: bytes, block_bytes: int = 100_000) -> bytes:
    """Make a Zstandard frame of blocks that are stored as they are. Source: RFC 8878, section 3.1.1."""
    header = b"\x28\xb5\x2f\xfd" + b"\x00" + b"\x58"
    blocks = [data[at : at + block_bytes] for at in range(0, len(data), block_bytes)] or [b""]
    sized = (
        (len(block) << 3 | (number == len(blocks))).to_bytes(3, "little") + block
        for number, block in enumerate(blocks, 1)
    )
    return header + b"".join(sized)
