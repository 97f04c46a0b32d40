"""Tests of Python code, run beside code that would rather not be tested."""

import pytest

from modelmix.evaluate.graders.code import CodeRun
from modelmix.sandbox.python_tests import run_tests

TESTS = "def check(f):\n    assert f(1) == 2\n\ncheck(f)\nassert f(2) == 3\nassert f(3) == 4\n"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def f(x): return x + 1", CodeRun(2, 2)),
        ("def f(x): return x + 1 if x < 3 else 0", CodeRun(1, 2, "assertion failed")),
        ("def f(x): return x", CodeRun(0, 2, "assertion failed")),
        ("def f(x: return", CodeRun(0, 2, "syntax error")),
        ("def f(x): return y", CodeRun(0, 2, "raised NameError")),
        ("class Oops(Exception): pass\nraise Oops", CodeRun(0, 2, "raised an error of its own")),
        ("def f(x): f(x)", CodeRun(0, 2, "raised RecursionError")),
        ("x = [0] * 10**10", CodeRun(0, 2, "out of memory")),
        ("import sys; sys.exit(0)", CodeRun(0, 2, "ended before its tests")),
        ("import os; os._exit(0)", CodeRun(0, 1, "ended before its tests")),
        ("print('2 2 '); import os; os._exit(0)", CodeRun(0, 1, "ended before its tests")),
        ("while True: pass", CodeRun(0, 1, "timed out")),
        ("import os; os.kill(os.getpid(), 9)", CodeRun(0, 1, "killed by a signal")),
        ("print('x' * 2_000_000)\ndef f(x): return x + 1", CodeRun(0, 1, "too much output")),
        ("import os; os.close(1)\ndef f(x): return x + 1", CodeRun(2, 2)),
        ("def f(x): return x + 1\nif __name__ == '__main__': input()", CodeRun(2, 2)),
    ],
)
def test_only_tests_that_ran_have_passed(code: str, found: CodeRun) -> None:
    """An early end, a forged line and a closed output prove nothing."""
    assert run_tests(code, TESTS, 1) == found


@pytest.mark.parametrize(
    ("tests", "found"),
    [
        ("def (", CodeRun(0, 0, "tests are not Python")),
        ("f()", CodeRun(1, 1)),
        ("def test_a(): f()\ndef test_b(): assert 0", CodeRun(1, 2, "assertion failed")),
        ("g()\nassert f() is None", CodeRun(0, 1, "raised NameError")),
    ],
)
def test_what_counts_as_a_test(tests: str, found: CodeRun) -> None:
    """Assertions at the top and functions called test; else all of it is one."""
    assert run_tests("def f(): pass", tests, 1) == found
