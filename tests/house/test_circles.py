"""No circles: every module can be imported first."""

import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from random import Random

import grimp
import pytest

from house.tree import module_name, sources

MODULES = [module_name(path) for path in sources(".py")]
PROGRAM = """
import importlib, sys
for order in sys.stdin.read().splitlines():
    for name in [name for name in sys.modules if name.partition(".")[0] == "modelmix"]:
        del sys.modules[name]
    for name in order.split():
        importlib.import_module(name)
"""


def _import_in(orders: list[list[str]]) -> None:
    """Import modules in each order, every time as if nothing of ours had been imported before."""
    lines = "\n".join(" ".join(order) for order in orders)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=lines, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_imports_run_in_no_circle() -> None:
    """No module imports itself by way of others, not even inside a function."""
    graph = grimp.build_graph("modelmix", exclude_type_checking_imports=True, cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert set(MODULES) == set(imports)
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as circle:
        pytest.fail(f"circle of imports: {' imports '.join(reversed(circle.args[1]))}")


def test_modules_import_in_any_order() -> None:
    """Importing all modules works in orders drawn by chance, and for some as the first of all."""
    chance = Random(0)
    shuffled = [chance.sample(MODULES, len(MODULES)) for _ in range(4)]
    _import_in([*shuffled, *([name] for name in chance.sample(MODULES, 40))])


@pytest.mark.soak
def test_every_module_can_be_imported_first() -> None:
    """Each module by itself, as the first of all."""
    _import_in([[name] for name in MODULES])
