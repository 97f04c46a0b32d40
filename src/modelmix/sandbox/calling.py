"""The caller: a script that runs in the sandbox and calls a function of the user's. Never imported.

``python -I calling.py ORDER`` reads questions, one JSON object a line: arguments by name. It answers each
with ``{"result": ...}`` or ``{"raised": NAME}``; its first line is ``{"ready": true}`` or ``{"fault": WHY}``
in answer to an empty question.
"""

import builtins
import importlib
import importlib.util
import inspect
import json
import os
import sys
from typing import Any

_ARGUMENTS = ("answer", "expected", "prompt", "is_known")


def main() -> None:
    """Load the function and call it until standard input ends."""
    order = json.loads(sys.argv[1])
    lines = os.fdopen(os.dup(0), "r", encoding="utf-8")
    output = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    sys.path[:0] = [path for path in order["path"] if path not in sys.path]
    function: Any = None
    for line in lines:
        arguments = json.loads(line)
        if arguments and function is not None:
            answer = _called(function, arguments)
        else:
            function, fault = _loaded(order)
            answer = {"fault": fault} if fault else {"ready": True}
        os.write(output, _line(answer))


def _loaded(order: dict[str, Any]) -> tuple[Any, str]:
    try:
        if order["file"]:
            spec = importlib.util.spec_from_file_location("grader", order["file"])
            if spec is None or spec.loader is None:
                return None, "it is no Python file"
            module = importlib.util.module_from_spec(spec)
            sys.modules["grader"] = module
            spec.loader.exec_module(module)
        else:
            module = importlib.import_module(order["module"])
    except BaseException as error:  # noqa: BLE001 - whatever it raises
        return None, f"its file raises {type(error).__name__} when it is loaded"
    function = getattr(module, order["function"], None)
    if not callable(function):
        return None, f"it has no function {order['function']}"
    try:
        taken = _taken(function)
        inspect.signature(function).bind(**dict.fromkeys(taken))
    except (TypeError, ValueError):
        return None, f"{order['function']} takes other arguments than {', '.join(_ARGUMENTS)}"
    return function, ""


def _taken(function: Any) -> list[str]:  # noqa: ANN401 - the user's function
    parameters = inspect.signature(function).parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return list(_ARGUMENTS)
    return [one.name for one in parameters if one.name in _ARGUMENTS]


def _called(function: Any, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - the same
    try:
        result = function(**{name: arguments.get(name) for name in _taken(function)})
    except BaseException as error:  # noqa: BLE001 - whatever it raises
        name = type(error).__name__
        return {"raised": name if getattr(builtins, name, None) is type(error) else _plain(name)}
    return {"result": result}


def _plain(name: str) -> str:
    return name[:60] if name.isascii() else "an error"


def _line(answer: dict[str, Any]) -> bytes:
    try:
        return json.dumps(answer, allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError, RecursionError):
        return b'{"result": null}\n'


if __name__ == "__main__":
    main()
