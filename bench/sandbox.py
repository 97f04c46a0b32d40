"""What a sandbox costs: programs with tests, and calls of a user's function, beside a bare start of Python.

Three figures of one run, on one core: a bare ``python -I -S -c pass``; a small program with its tests in the
sandbox; a call of a function in a worker that is kept. Their ratios are what is printed to compare.

    python bench/sandbox.py [RUNS]
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from modelmix.sandbox.cell import can_isolate
from modelmix.sandbox.function import Function
from modelmix.sandbox.python_tests import run_tests

RUNS, CALLS_PER_RUN = 100, 50
CODE, TESTS = "def double(x):\n    return 2 * x\n", "assert double(2) == 4\nassert double(0) == 0\n"


def seconds(work: Callable[[], object], times: int) -> float:
    """Return the seconds that one of many takes."""
    work()
    start_s = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start_s) / times


def main(runs: int) -> int:
    """Measure and print."""
    bare_s = seconds(lambda: subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True), runs)
    tested_s = seconds(lambda: run_tests(CODE, TESTS, 5), runs)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "grader.py"
        path.write_text("def grade(answer, expected):\n    return answer == expected\n", encoding="utf-8")
        path.parent.chmod(0o755)
        function = Function(f"{path}:grade", 5, 1)
        called_s = seconds(lambda: function({"answer": "a", "expected": "a"}), runs * CALLS_PER_RUN)
        function.end()
    print(f"isolated by the kernel: {'yes' if can_isolate() else 'no'}")
    for name, one_s in (
        ("bare start", bare_s),
        ("code with tests", tested_s),
        ("call of function", called_s),
    ):
        print(
            f"{name:<16} {one_s * 1e3:8.2f} ms {1 / one_s:8,.0f} a second {one_s / bare_s:8.3f}x a bare start"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
