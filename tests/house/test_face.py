"""The public face: few names, each documented, and importing them costs nothing until they are used."""

import ast
import inspect
import subprocess
import sys

import modelmix
from house.tree import PACKAGE, PROJECT, parsed

FACE = [
    "Call",
    "Candidate",
    "Effort",
    "ModelmixError",
    "PriceBook",
    "Route",
    "Router",
    "Usage",
    "__version__",
]
MOST_NAMES = 15


def test_the_face_is_this() -> None:
    """The public names are exactly these; a change here is a change for everyone who imports modelmix."""
    assert modelmix.__all__ == FACE == sorted(FACE)
    assert len(FACE) <= MOST_NAMES
    assert dir(modelmix) == FACE


def test_every_public_name_says_what_it_is() -> None:
    """Each name can be imported, is defined inside the package and has a docstring of its own."""
    for name in FACE:
        thing = getattr(modelmix, name)
        if name == "__version__":
            assert PROJECT["project"]["version"] == thing
        else:
            assert thing.__module__.startswith("modelmix.")
            assert inspect.cleandoc(thing.__doc__ or "").splitlines()[0].endswith((".", ":")), name
            assert not (thing.__doc__ or "").startswith(f"{name}("), f"{name} has only a generated docstring"


def test_type_checkers_see_the_face() -> None:
    """What is imported lazily at run time is imported openly where types are checked."""
    guards = [node for node in parsed(PACKAGE / "__init__.py").body if isinstance(node, ast.If)]
    seen = {
        f"{node.module}.{alias.asname}"
        for guard in guards
        for node in guard.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {f"{module}.{name}" for name, module in modelmix._FACE.items()} == seen
    assert set(FACE) == {*modelmix._FACE, "__version__"}


def test_importing_modelmix_loads_nothing() -> None:
    """``import modelmix`` loads no other module of the package and no library."""
    program = (
        "import sys; before = set(sys.modules); import modelmix;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - sys.stdlib_module_names), [n for n in sys.modules if n.startswith('modelmix.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['modelmix'] []"
