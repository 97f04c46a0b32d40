"""Paging: which part of a list of ids a query asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelmix.simulator.failure import Failure

_DEFAULT_LIMIT, _MAX_LIMIT = 20, 1000


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list.

    Attributes:
        ids: Its ids, in the order of the list.
        has_more: Whether there is more in the direction that was asked for.
    """

    ids: Sequence[str]
    has_more: bool

    def document(self, data: Sequence[Mapping[str, object]]) -> dict[str, object]:
        """Return the page as the API sends it, around its data."""
        return {
            "data": list(data),
            "first_id": self.ids[0] if self.ids else None,
            "has_more": self.has_more,
            "last_id": self.ids[-1] if self.ids else None,
        }


def cut(ids: Sequence[str], query: Mapping[str, str], noun: str) -> Page | Failure:
    """Return the part that a query asks for.

    Args:
        ids: The whole list.
        query: ``limit`` (1 to 1,000, default 20), ``after_id`` or ``before_id``.
        noun: What the ids name, with its article, for complaints.

    Source: API reference, lists of models and of message batches (2026-08-22), and SDK 2.12.0.
    """
    limit = query.get("limit", str(_DEFAULT_LIMIT))
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= _MAX_LIMIT:
        return Failure(400, f"limit: Input should be an integer between 1 and {_MAX_LIMIT}")
    if "after_id" in query and "before_id" in query:
        return Failure(400, "after_id, before_id: only one of them may be given")
    start, end = 0, len(ids)
    for name in ("after_id", "before_id"):
        if name in query:
            if query[name] not in ids:
                return Failure(400, f"{name}: '{query[name]}' is not {noun}")
            at = ids.index(query[name])
            start, end = (at + 1, end) if name == "after_id" else (0, at)
    if "before_id" in query:
        return Page(ids[max(start, end - int(limit)) : end], end - int(limit) > start)
    return Page(ids[start : start + int(limit)], start + int(limit) < end)
