"""Words: every module says what it is, and nothing in the package names the machine it was written on."""

import ast
import re
from collections import Counter

from house.tree import files, named, parsed, sources

CATCH_ALL = frozenset({
    "util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "service", "services",
    "handler", "handlers", "factory", "factories", "base_class", "stuff", "lib", "info",
})  # fmt: skip
_FOLDERS = ("work", "tmp", "root", "Users", "var")
_ELSEWHERE = re.compile(rf"(?<![\w.}}])/(?:{'|'.join(_FOLDERS)})/")
_BESIDE = re.compile(rb"(?<![\w.}~*])/wor[k]/|\.\./share[d]")


def test_every_module_says_what_it_is() -> None:
    """Each module has a docstring whose first line is a whole sentence, and no two say the same."""
    firsts = {}
    for path in sources(".py"):
        first = (ast.get_docstring(parsed(path)) or "").partition("\n")[0]
        assert re.fullmatch(r"\S.{8,}[.?:]", first), f"{named(path)}: {first!r}"
        firsts[named(path)] = first
    twice = [first for first, count in Counter(firsts.values()).items() if count > 1]
    assert [name for name, first in firsts.items() if first in twice] == []


def test_files_are_named_after_nouns_of_the_field() -> None:
    """No module has a name that could hold anything."""
    names = {named(path): set(path.stem.strip("_").split("_")) for path in sources(".py")}
    assert [name for name, words in names.items() if words & CATCH_ALL] == []


def test_the_package_knows_no_machine() -> None:
    """No path of a particular machine stands in the package."""
    found = [
        f"{named(path)}: {place}"
        for path in sources(".py", ".sql", ".toml", ".json", ".html", ".yaml")
        for place in _ELSEWHERE.findall(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_project_stands_on_its_own() -> None:
    """Nothing that is part of the project points to a folder beside it."""
    found = [named(path) for path in files() if _BESIDE.search(path.read_bytes())]
    assert found == []
