"""Edits of a request in place in its bytes: model and effort, and a member set or taken out."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from modelmix.core.candidate import Candidate, Effort
from modelmix.wire.members import Member, distinct_members, members

_Cut = tuple[int, int, bytes]


def splice(document: bytes, candidate: Candidate, places: Sequence[Member] | None = None) -> bytes:
    """Set ``model`` and ``output_config.effort`` and change no other byte.

    A candidate without an effort removes ``effort``, and ``output_config`` with it if nothing else is in it:
    its model takes no such parameter, or its default is what is wanted. Where a name comes twice, the last
    one is edited, the one that JSON decoders read.

    Args:
        document: A request's body, a JSON object in UTF-8 with a ``model``.
        candidate: Who is to answer.
        places: The document's members, if they are at hand.

    Raises:
        ValueError: The document is not such an object, or its ``output_config`` is neither object nor null.
    """
    places = distinct_members(document) if places is None else places
    cuts = [_model_cut(candidate.model, places)]
    if candidate.effort is None:
        cuts += _without_effort(document, places)
    else:
        cuts.append(_with_effort(document, places, candidate.effort))
    return _cut(document, cuts)


def splice_model(document: bytes, model: str, places: Sequence[Member] | None = None) -> bytes:
    """Set ``model`` and change no other byte.

    Raises:
        ValueError: The document is not a JSON object in UTF-8 with a ``model``.
    """
    return _cut(document, [_model_cut(model, distinct_members(document) if places is None else places)])


def with_member(document: bytes, key: str, value: object) -> bytes:
    """Set a member that is there and change no other byte; where its name comes twice, the last one is set.

    Raises:
        ValueError: The document is not a JSON object in UTF-8, or has no such member.
    """
    place = _last(distinct_members(document), key)
    if place is None:
        raise ValueError(f"the request has no {key}")
    return _cut(document, [(place.value_start, place.value_end, msgspec.json.encode(value))])


def without_members(document: bytes, key: str) -> bytes:
    """Take every member of a name out, each with one comma, and change no other byte.

    Raises:
        ValueError: The document is not a JSON object in UTF-8.
    """
    places = distinct_members(document)
    kept = [member for member in places if member.key != key]
    return document if len(kept) == len(places) else _cut(document, _removal(places, kept))


def with_candidate(fields: Mapping[str, object], candidate: Candidate) -> dict[str, Any]:
    """Make the edit of `splice` on a body that is not encoded yet.

    Args:
        fields: The body, such as the keyword arguments of an SDK; neither it nor what it holds is changed.
        candidate: Who is to answer.

    Returns:
        A copy with the candidate's model and effort; all else is the very same objects.

    Raises:
        ValueError: ``output_config`` is neither a mapping nor None.
    """
    edited: dict[str, Any] = {**fields, "model": candidate.model}
    config = fields.get("output_config")
    if config is not None and not isinstance(config, Mapping):
        raise ValueError("output_config is neither an object nor null")
    if candidate.effort is not None:
        edited["output_config"] = {**(config or {}), "effort": candidate.effort.value}
    elif config is not None and "effort" in config:
        kept = {key: value for key, value in config.items() if key != "effort"}
        edited["output_config"] = kept
        if not kept:
            del edited["output_config"]
    return edited


def _cut(document: bytes, cuts: list[_Cut]) -> bytes:
    pieces: list[bytes] = []
    at = 0
    for start, end, text in sorted(cuts):
        pieces += (document[at:start], text)
        at = end
    return b"".join((*pieces, document[at:]))


def _model_cut(model: str, places: Sequence[Member]) -> _Cut:
    place = _last(places, "model")
    if place is None:
        raise ValueError("the request names no model")
    return place.value_start, place.value_end, msgspec.json.encode(model)


def _with_effort(document: bytes, places: Sequence[Member], effort: Effort) -> _Cut:
    level = msgspec.json.encode(effort.value)
    config = _last(places, "output_config")
    if config is None:
        end = places[-1].value_end
        return end, end, b',"output_config":{"effort":%b}' % level
    if document[config.value_start : config.value_end] == b"null":
        return config.value_start, config.value_end, b'{"effort":%b}' % level
    inner = members(document, config.value_start)
    place = _last(inner, "effort")
    if place is not None:
        return place.value_start, place.value_end, level
    end = inner[-1].value_end if inner else config.value_start + 1
    return end, end, b'%b"effort":%b' % (b"," if inner else b"", level)


def _without_effort(document: bytes, places: Sequence[Member]) -> list[_Cut]:
    config = _last(places, "output_config")
    if config is None or document[config.value_start : config.value_end] == b"null":
        return []
    inner = members(document, config.value_start)
    kept = [member for member in inner if member.key != "effort"]
    if len(kept) == len(inner):
        return []
    configs = [member for member in places if member.key == "output_config"]
    if kept or len(configs) > 1:
        # An earlier `output_config` would come into force if the last one went altogether.
        return _removal(inner, kept)
    return _removal(places, [member for member in places if member.key != "output_config"])


def _removal(places: Sequence[Member], kept: Sequence[Member]) -> list[_Cut]:
    """Cut members that are not kept, each with one comma."""
    if not kept:
        return [(places[0].start, places[-1].value_end, b"")]
    cuts = [
        (member.start, after.start, b"")
        for member, after in pairwise(places)
        if member.start < kept[-1].start and member not in kept
    ]
    return [*cuts, (kept[-1].value_end, places[-1].value_end, b"")]


def _last(places: Sequence[Member], key: str) -> Member | None:
    return next((member for member in reversed(places) if member.key == key), None)
