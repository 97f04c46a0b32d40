"""CPU time of `modelmix --help`, beside that of an interpreter that does nothing."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

ROUNDS = 15
LIMIT_MS = 250.0


def cpu_ms(command: Sequence[str]) -> float:
    """Run a command and return the CPU time it took, user and system."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return 1000.0 * (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


def main() -> int:
    """Measure both in turns, print medians and their ratio, and return 1 above the limit."""
    product = [sys.executable, "-m", "modelmix", "--help"]
    nothing = [sys.executable, "-c", "pass"]
    times: dict[str, list[float]] = {"help": [], "nothing": []}
    for _ in range(ROUNDS):
        times["help"].append(cpu_ms(product))
        times["nothing"].append(cpu_ms(nothing))
    shown, bare = statistics.median(times["help"]), statistics.median(times["nothing"])
    print(f"modelmix --help: {shown:.0f} ms of CPU, {shown / bare:.1f}x an empty interpreter ({bare:.0f} ms)")
    return int(shown > LIMIT_MS)


if __name__ == "__main__":
    start = time.monotonic()
    code = main()
    print(f"{ROUNDS} rounds in {time.monotonic() - start:.0f} s")
    sys.exit(code)
