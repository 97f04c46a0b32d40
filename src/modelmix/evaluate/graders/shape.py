"""A shape: the fields that a JSON Schema declares, for telling what a reference leaves out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """A place in a schema.

    Attributes:
        node: The part of the schema that describes it; may be anything.
        root: The whole schema, for its references.
    """

    node: object
    root: Mapping[str, Any]

    def members(self) -> dict[str, "Shape"]:
        """Return the declared fields of an object, by name.

        References into the same schema, ``allOf``, and the one branch of ``anyOf`` or ``oneOf`` that is not
        null are followed. Of several branches nobody can say which one a document should have followed.
        """
        found: dict[str, Shape] = {}
        for part in self._parts():
            properties = part.get("properties")
            if isinstance(properties, dict):
                found.update({str(name): Shape(node, self.root) for name, node in properties.items()})
        return found

    def element(self) -> "Shape | None":
        """Return the shape of an array's elements, or None where the schema does not tell."""
        return next((Shape(part["items"], self.root) for part in self._parts() if "items" in part), None)

    def _parts(self) -> Iterator[dict[str, Any]]:
        rest, seen = [self.node], set[int]()
        while rest:
            node = rest.pop()
            if not isinstance(node, dict) or id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            rest.append(self._referred(node.get("$ref")))
            rest.extend(_list(node, "allOf"))
            for choice in ("anyOf", "oneOf"):
                branches = [branch for branch in _list(node, choice) if not _is_null(branch)]
                rest.extend(branches if len(branches) == 1 else [])

    def _referred(self, reference: object) -> object:
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        found: object = self.root
        for step in reference.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        return found


def _list(node: Mapping[str, Any], keyword: str) -> list[Any]:
    value = node.get(keyword)
    return value if isinstance(value, list) else []


def _is_null(branch: object) -> bool:
    return isinstance(branch, dict) and branch.get("type") == "null"
