"""The first fault of a file that people write, as one clause that names its line, key and remedy."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType

from pydantic import ValidationError

from modelmix.policy import yaml_text

_NO_EXAMPLES: Mapping[str, str] = MappingProxyType({})
_SHAPES = frozenset({"model_type", "model_attributes_type", "dict_type", "list_type", "tuple_type"})


def first_fault(
    error: ValidationError,
    parsed: yaml_text.Parsed,
    known: Callable[[yaml_text.Path], Sequence[str]],
    examples: Mapping[str, str] = _NO_EXAMPLES,
) -> str:
    """Say what is wrong with a file.

    Args:
        error: What the model of the file found.
        parsed: The file.
        known: Returns the keys that may stand beside a key, given its path.
        examples: Key → a value that may stand there, for keys that are missing or of another shape.
    """
    faults = [(_path(fault["loc"], parsed.value), fault) for fault in error.errors(include_url=False)]
    # A misspelt key is also a missing one; its spelling is what helps.
    path, fault = min(faults, key=lambda pair: (pair[1]["type"] != "extra_forbidden", parsed.line(pair[0])))
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    example = examples.get(key)
    if fault["type"] == "extra_forbidden":
        why = _unknown(path, known(path))
    elif fault["type"] == "missing":
        why = "is missing; add it" if example is None else f"is missing; write {key}: {example}"
    elif fault["type"] in _SHAPES and example is not None:
        why = f"has another shape; write {key}: {example}"
    else:
        why = str(fault["msg"]).removeprefix("Value error, ")
    rest = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    where = ".".join(map(str, path)) or "the file"
    return f"line {parsed.line(path)}, {where}: {why}{rest}"


def _path(loc: tuple[int | str, ...], value: object) -> yaml_text.Path:
    """Keep of pydantic's location what stands in the file: it also names branches of a union."""
    path: list[int | str] = []
    for part in loc:
        if isinstance(value, dict) and part in value:
            value = value[str(part)]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        elif not isinstance(value, dict) or part != loc[-1] or part == "[key]":
            continue
        path.append(part)
    return tuple(path)


def _unknown(path: yaml_text.Path, known: Sequence[str]) -> str:
    near = get_close_matches(str(path[-1]), known, 1)
    hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(known)}"
    return f"is not a key; {hint}"
