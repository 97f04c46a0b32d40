"""The package as shipped: its data come along, and what it needs is what it says."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from datetime import date
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from house.tree import PACKAGE, PROJECT, ROOT, parsed, sources

DATA = (
    "py.typed",
    "data/prices.toml",
    "data/capabilities.toml",
    "data/policy.schema.json",
    "data/contract.schema.json",
)
TOLD_BY_OTHERS = {
    "multidict": "aiohttp",
    "yarl": "aiohttp",
    "starlette": "anthropic",
    "pydantic_core": "pydantic",
}
"""Modules that come with a library we name and are part of its interface."""


def _wheel() -> dict[str, Any]:
    target: dict[str, Any] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    return target


def test_data_are_part_of_the_package() -> None:
    """Each data file is found by the way in which the package itself reads it."""
    for name in DATA:
        assert resources.files("modelmix").joinpath(name).is_file(), name


def test_the_wheel_takes_the_whole_package() -> None:
    """The wheel is the folder as it stands: nothing is left out, by the build or by version control."""
    assert _wheel() == {"packages": ["src/modelmix"]}
    assert "exclude" not in PROJECT["tool"]["hatch"]["build"]
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    inside = [path.relative_to(ROOT) for path in PACKAGE.rglob("*") if "__pycache__" not in path.parts]
    lost = [path for path in inside for pattern in ignored if any(p == pattern for p in path.parts)]
    assert lost == []


def test_the_wheel_holds_the_data(tmp_path: Path) -> None:
    """A wheel that is built holds every source and data file of the package."""
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", build], cwd=ROOT, capture_output=True, text=True, check=True)
    with zipfile.ZipFile(tmp_path / done.stdout.split()[-1]) as wheel:
        held = set(wheel.namelist())
    kept = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(PACKAGE.parent).as_posix() for path in kept} <= held


def test_the_sdist_is_enough_to_test() -> None:
    """What is included in a source distribution exists, and holds what the tests read."""
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert [name for name in included if not (ROOT / name).exists()] == []


def _imported() -> set[str]:
    found: set[str] = set()
    for path in sources(".py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"modelmix"}


def test_every_library_that_is_imported_is_required() -> None:
    """The package imports no library that it does not name as a dependency, and names none in vain."""
    required = {Requirement(line).name.lower() for line in PROJECT["project"]["dependencies"]}
    owners = metadata.packages_distributions()
    used = {TOLD_BY_OTHERS.get(module, owners.get(module, [module])[0]).lower() for module in _imported()}
    assert required == used


def test_data_files_say_when_they_were_checked() -> None:
    """The price and capability tables carry the day of their last check, and where each fact was read."""
    for name in ("prices.toml", "capabilities.toml"):
        text = (PACKAGE / "data" / name).read_text(encoding="utf-8")
        table = tomllib.loads(text)
        assert isinstance(table["as_of"], date), name
        rows = table.get("price", ())
        assert all(re.search(r"\d", row["source"]) for row in rows) if rows else "Sources:" in text, name
