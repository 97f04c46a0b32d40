"""Field: checks of single values, in the wording of the API."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[str, Any], Iterator[str]]
"""Place and value → complaints, in order; none if the value is valid."""


def text(place: str, value: object) -> Iterator[str]:
    """Check that a value is a string."""
    if not isinstance(value, str):
        yield f"{place}: Input should be a valid string"


def boolean(place: str, value: object) -> Iterator[str]:
    """Check that a value is true or false."""
    if not isinstance(value, bool):
        yield f"{place}: Input should be a valid boolean"


def mapping(place: str, value: object) -> Iterator[str]:
    """Check that a value is an object."""
    if not isinstance(value, dict):
        yield f"{place}: Input should be a valid dictionary"


def array(place: str, value: object) -> Iterator[str]:
    """Check that a value is an array."""
    if not isinstance(value, list):
        yield f"{place}: Input should be a valid list"


def whole(minimum: int) -> Check:
    """Check that a value is an integer that is not below the minimum."""

    def check(place: str, value: object) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield f"{place}: Input should be a valid integer"
        elif value < minimum:
            yield f"{place}: Input should be greater than or equal to {minimum}"

    return check


def share(place: str, value: object) -> Iterator[str]:
    """Check that a value is a number between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield f"{place}: Input should be a valid number"
    elif not 0 <= value <= 1:
        yield f"{place}: range: 0..1"


def one_of(*values: str) -> Check:
    """Check that a value is one of a few strings."""
    *most, last = (f"'{value}'" for value in values)
    wanted = f"{', '.join(most)} or {last}" if most else last

    def check(place: str, value: object) -> Iterator[str]:
        if value not in values or not isinstance(value, str):
            yield f"{place}: Input should be {wanted}"

    return check


def nullable(check: Check) -> Check:
    """Accept null as well."""

    def nullable_check(place: str, value: object) -> Iterator[str]:
        if value is not None:
            yield from check(place, value)

    return nullable_check


def record(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """Check that a value is an object with these fields and no others."""

    def check(place: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - decoded JSON
        wrong = list(mapping(place, value))
        if wrong:
            yield from wrong
            return
        for name in required:
            if name not in value:
                yield f"{inside(place, name)}: Field required"
        for name, inner in value.items():
            known = required.get(name) or optional.get(name)
            if known is None:
                yield f"{inside(place, name)}: Extra inputs are not permitted"
            else:
                yield from known(inside(place, name), inner)

    return check


def inside(place: str, name: object) -> str:
    """Name the place of a field inside a place."""
    return f"{place}.{name}" if place else str(name)


CACHE_CONTROL = nullable(record({"type": one_of("ephemeral")}, {"ttl": one_of("5m", "1h")}))
"""Check of ``cache_control``."""
