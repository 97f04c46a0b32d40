"""The tails: no file and no function may grow beyond what one can hold in mind."""

import ast
from collections.abc import Iterator
from pathlib import Path

from house.tree import PACKAGE, named, parsed, sources

LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def _functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sources(".py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def _lines(path: Path, function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function, its docstring included and its decorators not.

    The signature of a command does not count: a command has as many options as it has.
    """
    is_command = path.is_relative_to(PACKAGE / "cli")
    first = function.body[0].lineno if is_command else function.lineno
    return (function.end_lineno or first) - first + 1


def test_no_file_is_too_long() -> None:
    """No source file of the package has more than 400 lines."""
    lengths = {
        named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(".py", ".sql")
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    """No function of the package has more than 60 lines."""
    lengths = {f"{named(path)}:{node.lineno} {node.name}": _lines(path, node) for path, node in _functions()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_the_measure_sees_the_house() -> None:
    """The two tests above look at more than a handful of files and functions."""
    assert len(sources(".py")) > 100
    assert sum(1 for _ in _functions()) > 500
