"""A captured file is a log like any other: audit reads from it what the ledger says."""

import json
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import anthropic

from gateway.process import served
from gateway.rig import POLICY
from modelmix.simulator.run import running
from modelmix.store.ledger import Ledger

TOOL: anthropic.types.ToolParam = {
    "name": "get_weather",
    "description": "Tell the weather of a place.",
    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
}
SYSTEM = "You summarise inspection reports for the owner of a building. Write to ada@example.com if in doubt."


def audited(home: Path, *arguments: str) -> dict[str, Any]:
    """Run an audit as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "modelmix", "--home", str(home), "audit", "--json", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def ask(api: anthropic.Anthropic, number: int) -> None:
    """Make one call: plain, with a tool, or streamed; named or told by its prompt."""
    question: anthropic.types.MessageParam = {"role": "user", "content": f"Report {number}: all is well."}
    fields: dict[str, Any] = {"model": "claude-opus-5-5", "max_tokens": 300, "messages": [question]}
    if number % 4 == 1:
        fields["tools"] = [TOOL]
    if number % 4 < 2:
        fields["extra_headers"] = {"modelmix-task": "form-extraction", "modelmix-session": f"s{number}"}
    else:
        fields["system"] = [{"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}]
    if number % 2:
        api.messages.create(**fields)
    else:
        with api.messages.stream(**fields) as stream:
            stream.get_final_message()


def test_the_audit_of_a_captured_file_is_that_of_the_ledger(tmp_path: Path) -> None:
    """The official SDK's calls, moved or not: same calls, tokens, dollars, models and types; none is bad."""
    policy, file = tmp_path / "policy.yaml", tmp_path / "capture.jsonl"
    policy.write_text(POLICY)
    options = ["--policy", str(policy), "--enforce", "--allow-uncertified"]
    options += ["--capture", str(file), "--capture-share", "1"]
    with running(seed=7) as practice, served(tmp_path, practice, *options) as gateway:
        assert gateway.ready["capture"] == {
            "file": str(file), "share": 1.0, "most_bytes": 256 * 2**20, "raw": False,
        }  # fmt: skip
        with anthropic.Anthropic(base_url=gateway.url, api_key="sk-practice", max_retries=0) as api:
            for number in range(12):
                ask(api, number)
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(20) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"sk-practice" not in file.read_bytes()
    assert b"ada@" not in file.read_bytes()
    of_file, of_ledger = audited(tmp_path, str(file)), audited(tmp_path, "--ledger")
    assert of_ledger["totals"]["calls"] == 12
    for part in ("totals", "by_task_type", "unpriced", "bad_rows"):
        assert of_ledger[part] == of_file[part], part
    assert {row["model"] for row in of_file["by_model"]} == {"claude-opus-5-5", "claude-haiku-5-5"}
    # Copies of the ledger's own calls change nothing there.
    audited(tmp_path, str(file), "--keep")
    with Ledger.open(tmp_path) as ledger:
        assert {call.source for call in ledger.calls()} == {"gateway"}
