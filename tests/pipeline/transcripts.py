"""A small Claude Code transcript tree with known totals."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SESSION = "4f6c0f7e-0000-4c58-9a3e-000000000001"


def line(
    number: int,
    output: int = 100,
    model: str = "claude-opus-5-5",
    session: str = SESSION,
    *,
    is_subagent: bool = False,
    day: int = 10,
    request: str | None = None,
) -> dict[str, Any]:
    """One assistant line; lines with the same number are copies of one call."""
    return {
        "parentUuid": None,
        "isSidechain": is_subagent,
        "sessionId": session,
        "version": "2.1.284",
        "type": "assistant",
        "uuid": f"u-{number}-{output}",
        "timestamp": f"2026-11-{day:02}T10:00:{number % 60:02}.000Z",
        "requestId": f"req_{number}" if request is None else request,
        "message": {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": "PROMPT TEXT THAT NOBODY MAY SEE"}],
            "stop_reason": None,
            "usage": {
                "input_tokens": 10,
                "cache_read_input_tokens": 1_000,
                "cache_creation_input_tokens": 300,
                "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
                "output_tokens": output,
            },
        },
    }


USER = {"type": "user", "sessionId": SESSION, "message": {"role": "user", "content": "PROMPT TEXT"}}


def write(path: Path, rows: Sequence[dict[str, Any] | str]) -> Path:
    """Write rows, or raw text as it stands, as lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def tree(root: Path) -> Path:
    """Write the tree of the hand count below.

    Distinct calls: 1 and 2 on Opus 5.5 (output 500 and 100), 3 on Haiku 5.5 by a sub-agent (output 50).
    Copies: two of call 1 with less output, one of call 2 replayed by the sub-agent with more output.
    """
    project = root / "projects" / "-home-dev-app"
    write(project / f"{SESSION}.jsonl", [USER, line(1, 1), line(1, 250), line(1, 500), line(2, 100)])
    replay = line(2, 900, is_subagent=True, request="req_other")
    write(
        project / SESSION / "subagents" / "agent-1.jsonl",
        [replay, line(3, 50, "claude-haiku-5-5", is_subagent=True)],
    )
    return root


HAND_COUNT_USD = "0.0167685"
"""Two Opus calls of 10 x $4, 1,000 x $0.20, 100 x $5, 200 x $8 per million, with 600 x $20 of output, and one
Haiku call of 10 x $0.10, 1,000 x $0.01, 100 x $0.125, 200 x $0.20, 50 x $0.50."""
