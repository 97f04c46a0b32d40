"""What the tests of the house share: where it stands, what is in it, and its own description."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "modelmix"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS: list[dict[str, Any]] = PROJECT["tool"]["importlinter"]["contracts"]

LAYERS: list[str] = next(contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")

_PARTS = ("src", "tests", "docs", "bench", "scripts", ".ci", "*.md", "*.toml", "Makefile", ".gitignore")
_MADE = frozenset({"__pycache__", "run", "node_modules"})


def sources(*suffixes: str) -> list[Path]:
    """Return the package's files with one of these ends, in order."""
    return sorted(path for path in PACKAGE.rglob("*") if path.suffix in suffixes and path.is_file())


def files() -> Iterator[Path]:
    """Give every file that people wrote: no virtual environment, no cache."""
    for part in _PARTS:
        for place in sorted(ROOT.glob(part)):
            below = place.rglob("*") if place.is_dir() else [place]
            yield from (path for path in below if path.is_file() and not _MADE & set(path.parts))


def pages() -> list[Path]:
    """Return the project's documents, in order."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def module_name(path: Path) -> str:
    """Return the dotted name of a source file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a source file, once."""
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    """Return a file's path as a reader of the project knows it."""
    return path.relative_to(ROOT).as_posix()


_FENCE = re.compile(r"^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Give the fenced blocks of a page: language and text."""
    for found in _FENCE.finditer(page.read_text(encoding="utf-8")):
        yield found["language"], found["text"]
