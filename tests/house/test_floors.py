"""Each import contract bites: broken once on purpose, in a copy, it is named as broken.

A contract that was misspelt, or that another option had switched off, would be kept for ever.
"""

import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from house.tree import CONTRACTS, LAYERS, PACKAGE, ROOT

BREACHES: Mapping[str, tuple[str, str]] = {
    "Floors: imports only go down": ("core/usage.py", "import modelmix.wire.sse"),
    "Pure rooms know no network, clock, chance, files or SQL": ("optimize/goal.py", "import time"),
    "One door for SQL": ("cli/prices.py", "import sqlite3"),
    "One door for outward HTTP": ("gateway/app.py", "import aiohttp"),
    "One door for processes": ("cli/prices.py", "import subprocess"),
    "The simulator shares no table with the product": ("simulator/bill.py", "import modelmix.core.prices"),
}
"""Contract → a file of the package, and an import that it forbids there."""

FORBIDDEN = [contract for contract in CONTRACTS if contract["type"] == "forbidden"]


class Copy:
    """A copy of the package that may be broken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = folder / "src" / "modelmix"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)

    def append(self, path: str, *lines: str) -> None:
        """Add lines to a module; a room that holds no code yet gets its first."""
        place = self.package / path
        place.parent.mkdir(exist_ok=True)
        with place.open("a", encoding="utf-8") as file:
            file.write("".join(f"\n{line}" for line in lines) + "\n")

    def probe(self, module: str, *lines: str) -> None:
        """Add lines somewhere inside a room or a module, named as contracts name it."""
        path = module.removeprefix("modelmix.").replace(".", "/")
        self.append(f"{path}/probe.py" if (self.package / path).is_dir() else f"{path}.py", *lines)

    def lint(self) -> str:
        """Run import-linter on the copy and return what it prints."""
        done = subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder / "src"), "COLUMNS": "500", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout

    def broken(self) -> set[str]:
        """Return the names of the broken contracts."""
        return set(re.findall(r"^(.+) BROKEN(?: \(\d+ ignored imports?\))?$", self.lint(), re.MULTILINE))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A fresh copy."""
    return Copy(tmp_path)


def test_the_house_stands(copy: Copy) -> None:
    """Untouched, every contract is kept."""
    said = copy.lint()
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said


def test_every_contract_has_its_breach() -> None:
    """No contract is left untried below."""
    assert [contract["name"] for contract in CONTRACTS] == list(BREACHES)


@pytest.mark.parametrize("name", BREACHES)
def test_one_forbidden_import_breaks_its_contract(name: str, copy: Copy) -> None:
    """One line in one file breaks the contract that forbids it, and no other."""
    copy.append(*BREACHES[name])
    assert {name} == copy.broken()


@pytest.mark.parametrize("contract", FORBIDDEN, ids=lambda contract: str(contract["name"]))
def test_everything_that_is_forbidden_is_found(contract: dict[str, list[str]], copy: Copy) -> None:
    """In each room that a contract names, each module that it forbids is found."""
    for room in contract["source_modules"]:
        copy.probe(room, *(f"import {module}" for module in contract["forbidden_modules"]))
    said = copy.lint()
    missed = [
        f"{room} may import {module}"
        for room in contract["source_modules"]
        for module in contract["forbidden_modules"]
        if f"{room} is not allowed to import {module}:" not in said
    ]
    assert missed == []


def test_no_floor_may_look_up(copy: Copy) -> None:
    """From every floor an import of the floor above it is found, and of its neighbour on the same floor."""
    floors = [[f"modelmix.{room.strip()}" for room in floor.split("|")] for floor in LAYERS]
    wrong = [(low, high) for above, floor in itertools.pairwise(floors) for low in floor for high in above]
    wrong += [(room, other) for floor in floors for room in floor for other in floor if room != other]
    for low, high in wrong:
        copy.probe(low, f"import {high}")
    said = copy.lint()
    assert [pair for pair in wrong if "{} is not allowed to import {}:".format(*pair) not in said] == []


def test_every_pure_room_is_named() -> None:
    """The pure rooms are those of the floors below settings that are no door; the errors need no mention."""
    doors = {"store", "upstream", "sandbox"}
    below = LAYERS[LAYERS.index("settings") + 1 :]
    rooms = {room.strip() for floor in below for room in floor.split("|")} - doors - {"errors"}
    pure = next(contract for contract in FORBIDDEN if str(contract["name"]).startswith("Pure rooms"))
    assert {f"modelmix.{room}" for room in rooms} == set(pure["source_modules"])


def test_a_room_without_a_floor_is_found(copy: Copy) -> None:
    """A new room that stands on no floor breaks the floors."""
    copy.append("attic/__init__.py", '"""A room that nobody planned."""')
    assert {"Floors: imports only go down"} == copy.broken()
