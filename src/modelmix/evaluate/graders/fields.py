"""Fields: two JSON values held against each other, field by field."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from modelmix.evaluate.graders.equality import meaning_of, says_nothing
from modelmix.evaluate.graders.field_count import FieldCount, Mark
from modelmix.evaluate.graders.json_text import Json
from modelmix.evaluate.graders.shape import Shape
from modelmix.evaluate.graders.validity import path_name

_NAMES_A_KIND = 3
_ROOM = 180

Path = tuple[str | int, ...]
"""Where a field stands: names, and 0 for any element of an array."""


def marks(
    expected: Json, found: Json, shape: Shape | None = None, *, unordered: bool = False
) -> Iterator[tuple[Path, Mark]]:
    """Say of each field what became of it.

    Objects are opened up; arrays that hold objects too, element by element in order. Other arrays are one
    field. Null, missing and empty all mean absent.

    Args:
        expected: The right answer.
        found: The answer given.
        shape: What the schema declares, or None; declared fields that are absent in both are marked as well.
        unordered: Whether elements of arrays pair by what they say before they pair by order.
    """
    yield from _Walk(unordered).pair(expected, found, (), shape)


def counts(found: Iterator[tuple[Path, Mark]], names: frozenset[str] | None = None) -> tuple[FieldCount, ...]:
    """Add marks up by the name under which a field is shown.

    Args:
        found: Marks.
        names: Names that may be shown, others as ``*``; all if None.
    """
    by_name: dict[str, Counter[Mark]] = {}
    # Elements of an array share a path, and naming one is dear.
    for (path, mark), times in Counter(found).items():
        by_name.setdefault(path_name(path, names), Counter())[mark] += times
    return tuple(FieldCount(name, *(by_name[name][mark] for mark in Mark)) for name in sorted(by_name))


def finding(found: Sequence[FieldCount]) -> str:
    """Say which fields are not right: ``invented: purchase_order; wrong: total``; empty if all are.

    What was invented comes first: it is what a document without the field should never give.
    """
    said: list[str] = []
    for mark in (Mark.INVENTED, Mark.MISSING, Mark.WRONG):
        names = [count.name for count in found if getattr(count, mark)]
        more = f" +{len(names) - _NAMES_A_KIND}" if len(names) > _NAMES_A_KIND else ""
        if names:
            said.append(f"{mark}: {', '.join(names[:_NAMES_A_KIND])}{more}")
    whole = "; ".join(said)
    return whole if len(whole) <= _ROOM else whole[: _ROOM - 3] + "..."


class _Walk:
    """The walk over both values at once; as deep as JSON that was read may be."""

    def __init__(self, unordered: bool) -> None:
        self._unordered = unordered

    def pair(self, expected: Any, found: Any, path: Path, shape: Shape | None) -> Iterator[tuple[Path, Mark]]:  # noqa: ANN401 - any JSON
        both = (expected, found)
        if any(isinstance(one, dict) for one in both) and _all_are(dict, both):
            yield from self._objects(_held(dict, expected), _held(dict, found), path, shape)
        elif any(_holds_objects(one) for one in both) and _all_are(list, both):
            element = None if shape is None else shape.element()
            for one, other in self._elements(_held(list, expected), _held(list, found)):
                yield from self.pair(one, other, (*path, 0), element)
        else:
            yield path, self._mark(expected, found)

    def _objects(
        self, expected: dict[str, Any], found: dict[str, Any], path: Path, shape: Shape | None
    ) -> Iterator[tuple[Path, Mark]]:
        declared = {} if shape is None else shape.members()
        names = sorted(expected.keys() | found.keys() | declared.keys())
        if not names:
            yield path, Mark.ABSENT
        for name in names:
            yield from self.pair(expected.get(name), found.get(name), (*path, name), declared.get(name))

    def _elements(self, expected: list[Any], found: list[Any]) -> Iterator[tuple[Any, Any]]:
        if not self._unordered:
            yield from zip_longest(expected, found)
            return
        rest: dict[object, list[Any]] = {}
        for one in found:
            rest.setdefault(self._meaning(one), []).append(one)
        unmatched = []
        for one in expected:
            alike = rest.get(self._meaning(one))
            if alike:
                yield one, alike.pop()
            else:
                unmatched.append(one)
        yield from zip_longest(unmatched, (one for alike in rest.values() for one in alike))

    def _mark(self, expected: Any, found: Any) -> Mark:  # noqa: ANN401 - any JSON
        one, other = self._meaning(expected), self._meaning(found)
        if one is None:
            return Mark.ABSENT if other is None else Mark.INVENTED
        if other is None:
            return Mark.MISSING
        return Mark.RIGHT if one == other else Mark.WRONG

    def _meaning(self, value: Any) -> object:  # noqa: ANN401 - any JSON
        return meaning_of(value, unordered=self._unordered)


def _all_are(kind: type, values: Sequence[object]) -> bool:
    return all(isinstance(value, kind) or says_nothing(value) for value in values)


def _held(kind: type, value: Any) -> Any:  # noqa: ANN401 - any JSON
    return value if isinstance(value, kind) else kind()


def _holds_objects(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(element, dict) for element in value)
