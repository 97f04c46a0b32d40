"""The first bytes of a file tell what it holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.ingest.sniff import kind_of

PAIR = json.dumps({"request": {"model": "m", "messages": []}, "response": {"usage": {}}}).encode()
OUTCOME = b'{"prompt_id": "p", "task_type": "t", "model": "m", "score": 1}'
TURN = b'{"sessionId": "s", "type": "user", "message": {"role": "user", "content": "hi"}}'
OLD_TURN = b'{"timestamp": "2026-01-09T10:00:00Z", "message": {"id": "m", "usage": {"input_tokens": 1}}}'
PATH = "/home/dev/.claude/projects/-home-dev/4f6c.jsonl"


@pytest.mark.parametrize(
    ("first_bytes", "name", "kind"),
    [
        (b"PAR1\x15\x04", "x.csv", "parquet"),
        (TURN, "x", "claude-code"),
        (OLD_TURN, "x", "claude-code"),
        (b'{"type":"summary","summary":"a","leafUuid":"b"}\n', "x", "claude-code"),
        (b"\xef\xbb\xbf\n\n" + TURN, "x", "claude-code"),
        (b'{"damaged\n' + TURN, "x", "claude-code"),
        (TURN[:40], "x", "claude-code"),
        (b'{"type":"mystery"}\n', PATH, "claude-code"),
        (b'{"type":"mystery"}\n', PATH.replace("/", "\\"), "claude-code"),
        (b'{"type":"mystery"}\n', "x.jsonl", "unknown"),
        (PAIR, "x", "messages"),
        (PAIR[:20], "x", "unknown"),
        (b'{"sessionId": "s", "request": {}, "response": {}}', "x", "messages"),
        (b'{"params": {}, "result": {}}', "x", "messages"),
        (b'{"request_body": {}, "response_body": {"messages"', "x", "messages"),
        (b'{"model": "m", "messages": [], "response": {}}', "x", "messages"),
        (OUTCOME, "x", "outcomes-jsonl"),
        (b"prompt_id,task_type,model,score\n1,a,b,1\n", "x.csv", "outcomes-csv"),
        (b'"prompt_id";"model";"Score"\n', "x", "outcomes-csv"),
        (b"prompt_id\tmodel\tscore\tx", "x", "outcomes-csv"),
        (b"date,usd\n2026-01-01,5\n", "x.csv", "outcomes-csv"),
        (b"", PATH, "unknown"),
        (b"[1, 2]", "x.json", "unknown"),
        (b'{"a": ' + b"[" * 60_000, "x", "unknown"),
    ],
)
def test_kinds_are_told_apart(first_bytes: bytes, name: str, kind: str) -> None:
    """Each kind is known by its bytes; the name decides only where they leave it open."""
    assert kind_of(first_bytes, name) == kind


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_have_a_kind(first_bytes: bytes, name: str) -> None:
    """No bytes and no name raise."""
    assert kind_of(first_bytes, name) in {
        "claude-code", "messages", "outcomes-csv", "outcomes-jsonl", "parquet", "unknown",
    }  # fmt: skip


@given(st.sampled_from([TURN, PAIR, OUTCOME]), st.integers(0, 100), st.binary(max_size=4))
def test_damaged_beginnings_have_a_kind(row: bytes, at: int, junk: bytes) -> None:
    """Junk inside a row never raises."""
    assert isinstance(kind_of(row[:at] + junk + row[at:], ""), str)
