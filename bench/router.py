"""CPU per choice of the in-process router, against ``json.loads`` of the same body.

Both sides take the same bodies in turn, in one interleaved run: a short request, a long conversation, and one
with a document pasted in. The router is given the fields, as a program has them, so that its figure holds the
writing of the JSON too; ``bytes`` is a choice on JSON that is written already. The policy is a table of 24
types of which the last one matches.

    python bench/router.py
"""

import json
import sys
import time
from collections.abc import Callable
from statistics import median

from modelmix import Router

TYPES, ROUNDS, ROUND_S = 24, 9, 0.05
MOST_OF_LOADS = {"2 KB": 15.0, "60 KB": 4.0, "1 MB": 3.0}
"""Most that a choice may cost, as a multiple of ``json.loads``: the fixed part shows in short bodies."""

WORDS = "Read the form and return its fields as JSON; leave out what is not there. "


def policy() -> bytes:
    """Write a table of types by hand."""
    asked, cheap = "{model: claude-opus-5-5, effort: medium}", "{model: claude-haiku-5-5, effort: low}"
    entries = (
        f"  type-{n}:\n    match: {{tag: type-{n}}}\n    baseline: {asked}\n    route: {cheap}\n"
        for n in range(TYPES)
    )
    head = "modelmix: 1\nname: bench\nbar: {margin: 0.02, alpha: 0.05}\ntasks:\n"
    return (head + "".join(entries)).encode()


def request(turns: int, repeats: int) -> dict[str, object]:
    """Write a request with so many turns of so many sentences."""
    tool = {"name": "read", "description": "Read a file.", "input_schema": {"type": "object"}}
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": f"Turn {n}. {WORDS * repeats}"} for n in range(turns)]
    return {
        "model": "claude-opus-5-5",
        "max_tokens": 1024,
        "system": "You read forms. " + WORDS * 8,
        "messages": messages,
        "tools": [tool, {**tool, "name": "write"}],
    }


BODIES = {"2 KB": request(3, 6), "60 KB": request(41, 19), "1 MB": request(3, 4600)}


def cpu_us(work: Callable[[], object]) -> float:
    """Return the CPU microseconds that one call takes, over a round of calls."""
    calls = 0
    begin = time.process_time()
    while (spent := time.process_time() - begin) < ROUND_S:
        work()
        calls += 1
    return spent * 1e6 / calls


def main() -> int:
    """Measure in turns, print medians and ratios, and return 1 above the bounds."""
    router = Router.from_bytes(policy(), allow_uncertified=True)
    task, holds = f"type-{TYPES - 1}", True
    print(f"{'body':<8}{'choose':>12}{'bytes':>12}{'json.loads':>12}{'ratio':>8}{'bytes':>8}   (CPU us)")
    for name, fields in BODIES.items():
        body = json.dumps(fields).encode()
        if router.choose(fields, task=task).candidate.model != "claude-haiku-5-5":
            raise RuntimeError("the request was not routed, so that there is nothing to measure")
        sides: dict[str, Callable[[], object]] = {
            "fields": lambda fields=fields: router.choose(fields, task=task),
            "bytes": lambda body=body: router.choose(body, task=task),
            "loads": lambda body=body: json.loads(body),
        }
        rounds = [{side: cpu_us(work) for side, work in sides.items()} for _ in range(ROUNDS)]
        cost = {side: median(figures[side] for figures in rounds) for side in sides}
        ratio = median(figures["fields"] / figures["loads"] for figures in rounds)
        other = median(figures["bytes"] / figures["loads"] for figures in rounds)
        figures = "".join(f"{cost[side]:>12.1f}" for side in ("fields", "bytes", "loads"))
        print(f"{name:<8}{figures}{ratio:>8.2f}{other:>8.2f}")
        holds &= ratio <= MOST_OF_LOADS[name]
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
