"""CPU per request of a gateway that learns from 5 % of its traffic, against the same gateway that does not.

Gateways stand in front of one practice API and run at once; short slices of distinct requests rotate over
them, so that other users of the machine disturb all alike. Compare the ratios, not the figures.

    python bench/learn.py [--rounds 8] [--requests 300] [--before /path/to/another/tree]

With --before, the gateway of another source tree (its folder ``src``) is measured as well, learning off.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from modelmix.demo.asking import Client
from modelmix.simulator.run import running
from modelmix.simulator.world import prompts

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
MODEL = "claude-opus-5-5"
MOST_RATIO = 1.5
"""At 5 %: two candidates are asked for every twentieth request, each at about the cost of serving one."""

LEARN = ["--learn", "--learn-usd", "1000", "--learn-share", "5%"]
PLENTY = 10**9


@contextlib.contextmanager
def gateway(url: str, home: Path, options: list[str], tree: Path | None = None) -> Iterator[tuple[str, int]]:
    """Run a gateway; yields its URL and process id."""
    line = [sys.executable, "-m", "modelmix", "serve", "--port", "0", "--json", "--upstream", url, *options]
    env = {**os.environ, "MODELMIX_HOME": str(home)}
    if tree is not None:
        env["PYTHONPATH"] = str(tree / "src")
    with subprocess.Popen(line, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            first = process.stdout.readline() if process.stdout else b""
            yield json.loads(first)["url"], process.pid
        finally:
            process.terminate()
            process.wait(30)


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--before", type=Path)
    options = parser.parse_args()
    limits = {f"{name}_per_minute": PLENTY for name in ("requests", "input_tokens", "output_tokens")}
    spent: dict[str, float] = {}
    ratios: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(running(seed=7, **limits))  # type: ignore[arg-type] # each is a limit
        wanted = [("off", [], None), ("learning", LEARN, None)]
        if options.before is not None:
            wanted.insert(0, ("before", [], options.before))
        found = {
            name: stack.enter_context(gateway(url, work / name, more, tree)) for name, more, tree in wanted
        }
        world = iter(prompts(7, (options.rounds + 1) * options.requests))
        for number in range(options.rounds + 1):
            some = [next(world) for _ in range(options.requests)]
            for name, (address, pid) in found.items():
                client, before = Client(address), cpu_s(pid)
                for index, one in enumerate(some):
                    body = {**one.body, "model": MODEL, "stream": index % 2 == 1}
                    client.ask(body, task_type=one.task_type)
                client.close()
                spent[name] = (cpu_s(pid) - before) * 1e6 / len(some)
            if number:  # the first slice warms up
                for name, us in spent.items():
                    ratios.setdefault(name, []).append(us / spent["off"])
                    print(f"round {number} {name:<9}{us:8.0f} us of CPU per request", file=sys.stderr)
    for name, values in ratios.items():
        print(
            f"{name:<9}{statistics.median(values):6.2f} x the CPU of learning off, over {len(values)} rounds"
        )
    return int(statistics.median(ratios["learning"]) > MOST_RATIO)


if __name__ == "__main__":
    sys.exit(main())
