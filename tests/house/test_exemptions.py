"""Exemptions: every rule that is set aside somewhere has its reason beside it, and worked examples run."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from house.tree import ROOT, files, module_name, named, sources

_EXEMPTION = re.compile(
    r"# (?:noqa(?P<codes>: ?[A-Z0-9, ]+)?|type: ignore(?P<kinds>\[[\w, -]+\])?|pragma: no \w+)(?P<rest>.*)"
)
EXAMPLES = [
    path for path in sources(".py") if "\n>>> " in path.read_text(encoding="utf-8").replace(" >>> ", "\n>>> ")
]


def test_every_exemption_has_a_reason() -> None:
    """No check is switched off without its code and, on the same line, why."""
    found = []
    for path in files():
        if path.suffix != ".py":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for said in _EXEMPTION.finditer(line):
                blanket = "pragma" not in said[0] and not (said["codes"] or said["kinds"])
                if blanket or not re.match(r" *(?:- |# )\S", said["rest"]):
                    found.append(f"{named(path)}:{number}")
    assert found == [], "\n".join(found)


def test_every_ignored_rule_has_a_reason() -> None:
    """Each rule that the lint settings ignore stands on a line of its own with a comment that says why."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ignored = text.partition("[tool.ruff.lint]\n")[2].partition("ignore = [\n")[2].partition("]")[0]
    assert [line for line in ignored.splitlines() if not re.fullmatch(r'  "[A-Z]+\d*", +# .{8,}', line)] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=named)
def test_worked_examples_run(path: Path) -> None:
    """What a docstring shows after ``>>>`` is what comes out."""
    module = importlib.import_module(module_name(path))
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0
