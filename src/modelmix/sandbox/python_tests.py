"""Tests of Python code, run beside it in the sandbox and believed only with a word that it is not told."""

import secrets
import sys
from functools import lru_cache
from pathlib import Path

from modelmix.evaluate.graders.code import CodeRun
from modelmix.sandbox.limits import Limits
from modelmix.sandbox.program import Ended, run

_WALL_PER_CPU, _WALL_MORE_S = 3.0, 10.0


def run_tests(code: str, tests: str, seconds: int) -> CodeRun:
    """Run tests on Python code, in an interpreter that sees the standard library alone.

    Args:
        code: The code.
        tests: The tests, see `modelmix.evaluate.graders.code.Code`.
        seconds: Processor time; three times as much and ten seconds more may pass on the wall.

    Raises:
        ConfigError: The interpreter cannot be started in the sandbox.
    """
    word = secrets.token_hex(16)
    limits = Limits(cpu_s=seconds, wall_s=_WALL_PER_CPU * seconds + _WALL_MORE_S)
    files = {"solution.py": code, "tests.py": tests, "testing.py": _harness()}
    ended = run([sys.executable, "-I", "-S", "-B", "testing.py"], files, f"{word}\n".encode(), limits)
    for line in reversed(ended.output.splitlines()):
        if line.startswith(f"{word} ".encode()):
            _, passed, total, why = line.decode().split(" ", 3)
            return CodeRun(int(passed), int(total), why)
    return CodeRun(0, 1, _why(ended))


def _why(ended: Ended) -> str:
    if ended.fate == "killed":
        return "killed by a signal"
    return "ended before its tests" if ended.fate == "exited" else ended.fate


@lru_cache(maxsize=1)
def _harness() -> str:
    return Path(__file__).with_name("testing.py").read_text(encoding="utf-8")
