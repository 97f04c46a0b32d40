"""The harness of tests: a script that runs in the sandbox, beside code that nobody has read. Never imported.

It reads a word on standard input that the code is not told, runs ``solution.py`` and each test of
``tests.py``, and prints ``WORD PASSED TOTAL WHY`` last. Without that line nothing has passed: code that ends
the process before its tests does not pass them.
"""

import ast
import builtins
import os
import sys
from typing import Any

_MOST_TESTS = 10_000


def main() -> None:
    """Run the tests and say what came of them."""
    word = sys.stdin.readline().strip()
    output = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    passed, total, why = _tested(_text("solution.py"), _text("tests.py"))
    os.write(output, f"\n{word} {passed} {total} {why}\n".encode())
    os._exit(0)


def _tested(solution: str, tests: str) -> tuple[int, int, str]:
    try:
        tree = ast.parse(tests)
        steps = [(_compiled(node), isinstance(node, ast.Assert)) for node in tree.body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0, 0, "tests are not Python"
    called = [
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    n_tests = sum(is_test for _, is_test in steps) + len(called)
    total = n_tests or 1
    # `__main__` is not what it is run as: what a script does when started is no part of the answer.
    names: dict[str, Any] = {"__name__": "solution", "__builtins__": builtins}
    why = _why(lambda: exec(compile(solution, "solution.py", "exec", dont_inherit=True), names))  # noqa: S102 - the point of it
    if why:
        return 0, total, why
    passed = 0
    for code, is_test in steps:
        found = _why(lambda code=code: exec(code, names))  # noqa: S102 - the point of it
        why = why or found
        if found and not is_test:
            return passed, total, why  # what follows would stand on it
        passed += is_test and not found
    for name in called[:_MOST_TESTS]:
        found = _why(names[name])
        why = why or found
        passed += not found
    return (passed if n_tests else 1), total, why


def _compiled(node: ast.stmt) -> Any:  # noqa: ANN401 - code
    return compile(ast.Module([node], []), "tests.py", "exec", dont_inherit=True)


def _why(run: Any) -> str:  # noqa: ANN401 - any function
    """Run something and say in stable words why it failed; empty if it did not."""
    try:
        run()
    except AssertionError:
        return "assertion failed"
    except (SyntaxError, ValueError) as error:
        return "syntax error" if isinstance(error, SyntaxError) else f"raised {_name(error)}"
    except MemoryError:
        return "out of memory"
    except SystemExit:
        return "ended before its tests"
    except BaseException as error:  # noqa: BLE001 - whatever it raises
        return f"raised {_name(error)}"
    return ""


def _name(error: BaseException) -> str:
    name = type(error).__name__
    return name if getattr(builtins, name, None) is type(error) else "an error of its own"


def _text(name: str) -> str:
    with open(name, encoding="utf-8", errors="replace", newline="") as file:  # noqa: PTH123 - no pathlib here
        return file.read()


if __name__ == "__main__":
    main()
