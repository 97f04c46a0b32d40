"""How fast transcripts become calls, and what a distinct call costs in memory.

Both are measured beside something public in the same interleaved run: ``json.loads`` over the same lines,
and a plain ``dict`` of the same calls.

    python bench/transcripts.py [--megabytes 64] [--calls 1000000] [FILE.jsonl ...]

Lines are synthetic unless files are named. Their sizes follow what Claude Code writes: user and tool-result
lines of 1 KB to tens of KB, two or three lines per call with thinking, text and tool use.
"""

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modelmix.core.call import Call
from modelmix.core.usage import Usage
from modelmix.ingest import claude_code
from modelmix.ingest.merge import Merge

ROUNDS = 7
SPEED_FLOOR_MB_S = 100.0
MEMORY_CEILING_BYTES = 250.0
PROSE = """return self._rows[index]
    def __init__(self, path: Path) -> None:
	"quoted" naïve → done; the tests pass now, so next: read the failing case again, fix the border
"""
WORDS = re.split(" ", PROSE)


def text(rng: random.Random, mean_bytes: int) -> str:
    """Write code-like text of about a length, with the line ends and quotes that JSON must escape."""
    return " ".join(rng.choices(WORDS, k=max(1, int(rng.lognormvariate(0, 0.8) * mean_bytes / 8))))


def transcript(rng: random.Random, session: int) -> Iterator[dict[str, object]]:
    """Yield the lines of an endless session: for each call some blocks, then the tool's result."""
    at = datetime(2026, 10, 1, 8, tzinfo=UTC) + timedelta(minutes=session)
    name = f"4f6c0f7e-0000-4c58-9a3e-{session:012d}"
    for turn in range(1_000_000):
        at += timedelta(seconds=rng.expovariate(0.1))
        common = {
            "parentUuid": f"{rng.getrandbits(128):032x}", "isSidechain": rng.random() < 0.2,
            "userType": "external", "cwd": "/home/dev/app", "sessionId": name, "version": "2.1.284",
            "gitBranch": "main", "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }  # fmt: skip
        blocks: list[dict[str, object]] = [
            {"type": "thinking", "thinking": text(rng, 900), "signature": f"{rng.getrandbits(2400):0600x}"},
            {"type": "text", "text": text(rng, 600)},
            {"type": "tool_use", "id": "toolu_01", "name": "Edit", "input": {"new_string": text(rng, 1500)}},
        ]
        for position, block in enumerate(blocks[rng.choice((0, 0, 1)) :]):
            usage = {
                "input_tokens": 4, "cache_creation_input_tokens": 900,
                "cache_read_input_tokens": 40_000 + turn,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 900},
                "output_tokens": 1 + 150 * position, "service_tier": "standard", "inference_geo": "global",
            }  # fmt: skip
            message = {
                "model": "claude-opus-5-5", "id": f"msg_01{session:08d}{turn:014d}", "type": "message",
                "role": "assistant", "content": [block], "stop_reason": None, "usage": usage,
            }  # fmt: skip
            request = f"req_011{session:08d}{turn:013d}"
            yield {
                **common,
                "message": message,
                "requestId": request,
                "type": "assistant",
                "uuid": f"a{turn}",
            }
        result = text(rng, 4000)
        content = [{"tool_use_id": "toolu_01", "type": "tool_result", "content": result}]
        tool = {"stdout": result, "stderr": "", "interrupted": False}
        asked: dict[str, object] = {"role": "user", "content": content}
        yield {**common, "type": "user", "message": asked, "uuid": f"u{turn}", "toolUseResult": tool}


def synthetic(megabytes: int, seed: int = 7) -> list[bytes]:
    """Make that many megabytes of transcript lines."""
    rng = random.Random(seed)
    lines: list[bytes] = []
    size = 0
    sessions = [transcript(rng, session) for session in range(8)]
    while size < megabytes * 1_000_000:
        line = (
            json.dumps(next(rng.choice(sessions)), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        )
        lines.append(line)
        size += len(line)
    return lines


def cpu_seconds(work: Callable[[], object]) -> float:
    """Measure the processor time of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


def merged(lines: list[bytes]) -> Merge:
    """Read and de-duplicate."""
    merge = Merge()
    for call in claude_code.read(lines, "bench"):
        if isinstance(call, Call):
            merge.add(call)
    return merge


def speed(lines: list[bytes]) -> bool:
    """Print decode speed beside ``json.loads`` and say whether the floor is kept."""
    runs: dict[str, Callable[[], object]] = {
        "json.loads": lambda: [json.loads(line) and None for line in lines],
        "lines to calls": lambda: sum(1 for _ in claude_code.read(lines, "bench")),
        "lines to merged calls": lambda: merged(lines),
    }
    megabytes = sum(map(len, lines)) / 1e6
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, work in runs.items():
            taken[name].append(cpu_seconds(work))
    median = {name: sorted(times)[ROUNDS // 2] for name, times in taken.items()}
    print(
        f"{megabytes:.0f} MB, {len(lines):,} lines of {megabytes * 1e3 / len(lines):.1f} KB, {ROUNDS} rounds"
    )
    for name, seconds in median.items():
        times = median["json.loads"] / seconds
        print(f"  {name:<22} {megabytes / seconds:7.0f} MB/s per core   {times:5.2f} x json.loads")
    return megabytes / median["lines to calls"] >= SPEED_FLOOR_MB_S


def many_calls(count: int) -> Iterator[Call]:
    """Yield distinct calls as transcripts give them: ids of 28 characters, 2,000 calls a session."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(count):
        session = number // 2000
        yield Call(
            call_id=f"msg_01{number:022d}",
            at=start + timedelta(seconds=number * 7 % count),
            source="claude-code",
            model_requested="claude-opus-5-5",
            model_served="claude-opus-5-5",
            usage=Usage(4, 40_000 + number, 0, 900, 400 + number % 1000),
            request_id=f"req_01{number:022d}",
            session_id=f"4f6c0f7e-0000-4c58-9a3e-{session:012d}",
            is_subagent=number % 5 == 0,
            stop_reason="tool_use",
        )


def resident_bytes() -> int:
    """Peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def hold(kind: str, count: int) -> None:
    """Keep that many calls in one way and print the bytes of process memory that each cost."""
    before = resident_bytes()
    if kind == "merge":
        merge = Merge()
        for call in many_calls(count):
            merge.add(call)
        # What a reader of the result needs on top counts as well.
        assert sum(1 for _ in merge.calls()) == count  # noqa: S101 - a benchmark checks its own work
    else:
        kept = {call.call_id: call for call in many_calls(count)}
        assert len(kept) == count  # noqa: S101 - the same
    print((resident_bytes() - before) / count)


def memory(count: int) -> bool:
    """Print memory per distinct call beside a dict of calls and say whether the ceiling is kept."""
    bytes_per_call = {
        kind: float(
            subprocess.check_output([sys.executable, __file__, "--hold", kind, "--calls", str(count)])
        )
        for kind in ("dict", "merge")
    }
    times = bytes_per_call["dict"] / bytes_per_call["merge"]
    print(f"{count:,} distinct calls, peak process memory of filling and reading back")
    print(f"  {'dict of calls':<22} {bytes_per_call['dict']:7.0f} bytes per call")
    print(f"  {'Merge':<22} {bytes_per_call['merge']:7.0f} bytes per call       1/{times:.1f} of the dict")
    return bytes_per_call["merge"] <= MEMORY_CEILING_BYTES


def main() -> int:
    """Run both measurements; 1 if a limit is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--megabytes", type=int, default=64)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--hold", choices=("dict", "merge"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hold:
        hold(options.hold, options.calls)
        return 0
    # A child starts with its parent's peak, so memory is measured before the lines are made.
    is_small = memory(options.calls)
    lines = [line for path in options.paths for line in path.read_bytes().splitlines()]
    is_fast = speed(lines or synthetic(options.megabytes))
    return int(not (is_small and is_fast))


if __name__ == "__main__":
    sys.exit(main())
