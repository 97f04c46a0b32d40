"""Pure rooms: what the import contracts cannot see, since it needs no import of its own."""

import ast
from collections.abc import Iterator

from house.tree import CONTRACTS, PACKAGE, ROOT, named, parsed, sources

ROOMS = tuple(
    PACKAGE / room.removeprefix("modelmix.")
    for contract in CONTRACTS
    if str(contract["name"]).startswith("Pure rooms")
    for room in contract["source_modules"]
)
BUILT_IN = frozenset({"open", "print", "input", "eval", "exec", "compile", "__import__", "breakpoint"})
CLOCKS = frozenset({"now", "utcnow", "today"})


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sources(".py"):
        if path.is_relative_to(PACKAGE) and any(path.is_relative_to(room) for room in ROOMS):
            for node in ast.walk(parsed(path)):
                if isinstance(node, ast.Call):
                    yield f"{named(path)}:{node.lineno}", node


def test_coverage_is_held_by_the_same_rooms() -> None:
    """The rooms that must be covered whole are the pure rooms of the contract, and the error tree."""
    gate = ROOT / "scripts" / "coverage_gate.py"
    values = [node.value for node in parsed(gate).body if isinstance(node, ast.Assign)]
    assert {room.name for room in ROOMS} | {"errors.py"} == set(ast.literal_eval(values[0]))


def test_pure_rooms_open_print_and_evaluate_nothing() -> None:
    """No pure room calls a built-in function that reaches the world or runs text as code."""
    found = [
        f"{place} {call.func.id}()"
        for place, call in _calls()
        if isinstance(call.func, ast.Name) and call.func.id in BUILT_IN
    ]
    assert found == []


def test_pure_rooms_have_no_clock() -> None:
    """No pure room asks ``datetime`` or ``date`` for the present; the day and the instant are arguments."""
    found = [
        f"{place} {ast.unparse(call)}"
        for place, call in _calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in CLOCKS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in {"datetime", "date"}
    ]
    assert found == []


def test_pure_rooms_draw_nothing_unseeded() -> None:
    """Numpy's generators are made from a seed that is given, never from the machine's own chance."""
    found = [
        f"{place} {ast.unparse(call)}"
        for place, call in _calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr == "default_rng" and not call.args
    ]
    assert found == []
