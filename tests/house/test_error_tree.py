"""The error tree: drawn as it is, with codes that tell the exit code."""

import inspect
import re

from modelmix import errors
from modelmix.errors import ModelmixError

_DRAWN = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>[A-Z]\w+)(?: +exit (?P<exit>\d))?(?P<rest>.*)$")
_CODE = re.compile(r"\b(?:MODELMIX-)?E(?P<digits>\d{3})\b")


def _classes() -> dict[str, type[ModelmixError]]:
    found = dict(inspect.getmembers(errors, inspect.isclass))
    return {name: kind for name, kind in found.items() if issubclass(kind, ModelmixError)}


def _drawing() -> list[tuple[int, str, str, str]]:
    """Read the drawing: depth, name, exit code and digits of the code, the last two empty if not drawn."""
    text = inspect.cleandoc(errors.__doc__ or "").partition("::\n")[2].partition("\n\nBad rows")[0]
    rows = []
    for line in inspect.cleandoc(text).splitlines():
        row = _DRAWN.match(line)
        assert row is not None, line
        code = _CODE.search(row["rest"])
        rows.append((len(row["indent"]) // 4, row["name"], row["exit"] or "", code["digits"] if code else ""))
    return rows


def test_the_drawn_tree_is_the_real_one() -> None:
    """Every class stands in the drawing once, under its own parent, and nothing else does."""
    above: list[str] = []
    drawn: dict[str, str] = {}
    for depth, name, _, _ in _drawing():
        above[depth:] = [name]
        drawn[name] = above[depth - 1] if depth else "Exception"
    assert {name: kind.__bases__[0].__name__ for name, kind in _classes().items()} == drawn
    assert len(_drawing()) == len(drawn)


def test_drawn_codes_are_the_real_ones() -> None:
    """Exit codes and error codes in the drawing are those of the classes; only the root has none drawn."""
    classes = _classes()
    for depth, name, exit_code, digits in _drawing():
        if depth:
            assert classes[name].code == f"MODELMIX-E{digits}", name
        if exit_code:
            assert str(classes[name].exit_code) == exit_code, name
        assert bool(exit_code) == (depth == 1), f"{name}: exit codes are drawn once per branch"


def test_every_error_has_a_code_of_its_own() -> None:
    """No two classes share a code, no class inherits one, and its first digit is the exit code."""
    classes = _classes()
    codes = {name: kind.__dict__.get("code") for name, kind in classes.items()}
    assert len(classes) == len(set(codes.values()) - {None})
    for name, kind in classes.items():
        assert re.fullmatch(rf"MODELMIX-E{kind.exit_code}\d\d", str(codes[name])), name


def test_no_error_of_ours_lives_elsewhere() -> None:
    """Every error that a user can meet is one of the tree: other modules define none under its root."""
    assert {errors.__name__} == {kind.__module__ for kind in _below(ModelmixError)}


def _below(kind: type[ModelmixError]) -> list[type[ModelmixError]]:
    return [kind, *(deeper for child in kind.__subclasses__() for deeper in _below(child))]
