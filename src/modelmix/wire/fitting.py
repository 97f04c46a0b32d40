"""Fitting: what of a request is changed so that another model takes it, where its meaning stays.

A parameter that newer models no longer have says nothing about the task: they are asked without it. What a
request means to get, such as a forced tool, a prefilled answer or a place of inference, is never given up;
such a request is not sent to a model that would reject it (:mod:`modelmix.wire.fit`). A replay proves the
request as it was fitted, and the gateway fits it the same way.

Source: API reference and migration pages, 400s by model (2026-08-22 to 2026-11-09).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from modelmix.core.candidate import Effort
from modelmix.core.capabilities import Capability
from modelmix.wire.fit import reject_reason
from modelmix.wire.request import Request
from modelmix.wire.splice import with_member, without_members

_SAMPLING = ("temperature", "top_p", "top_k")
_NO_CHANGE = {"temperature": 1}


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a request that is changed.

    Attributes:
        field: Its name.
        value: What it becomes, or None where it is left out.
        said: The change in a few stable words, without any value of the client's.
    """

    field: str
    value: object
    said: str


def fit(
    request: Request,
    capability: Capability,
    effort: Effort | None,
    input_tokens: int = 0,
    *,
    asked: Capability | None = None,
) -> tuple[Change, ...] | str:
    """Fit a request to a model.

    A field is changed only where the model that the request was written for takes it: a request that is wrong
    as it stands keeps its model, and its client is told by the API.

    Args:
        request: The request as the client sent it.
        capability: What the target accepts.
        effort: Effort that would be set, or None for none.
        input_tokens: Estimated prompt length in tokens.
        asked: What the model accepts that the request was written for; None changes nothing.

    Returns:
        The changes, none where it is taken as it stands; or why the model would reject it all the same.
    """
    changes: tuple[Change, ...] = ()
    if asked is not None:
        rules = (_sampling, _thinking, _limit)
        changes = tuple(change for rule in rules for change in rule(request, capability, asked))
    fitted = replace(request, fields=changed(request.fields, changes)) if changes else request
    return reject_reason(fitted, capability, effort, input_tokens) or changes


def _sampling(request: Request, capability: Capability, asked: Capability) -> Sequence[Change]:
    if capability.sampling or not asked.sampling:
        return ()
    named = [name for name in _SAMPLING if request.fields.get(name) not in (None, _NO_CHANGE.get(name))]
    return [Change(name, None, f"{name} left out") for name in named]


def _thinking(request: Request, capability: Capability, asked: Capability) -> Sequence[Change]:
    """Let the model decide how long to think where it no longer takes a budget."""
    thinking = request.object_at("thinking")
    if thinking.get("type") != "enabled" or "enabled" not in asked.thinking:
        return ()
    if "enabled" in capability.thinking or "adaptive" not in capability.thinking:
        return ()
    value = {key: kept for key, kept in thinking.items() if key != "budget_tokens"} | {"type": "adaptive"}
    return [Change("thinking", value, "thinking enabled as adaptive")]


def _limit(request: Request, capability: Capability, asked: Capability) -> Sequence[Change]:
    """Lower a limit that is beyond the longest answer that the model gives."""
    limit, most = request.fields.get("max_tokens"), capability.max_output_tokens
    if not isinstance(limit, int) or not most < limit <= asked.max_output_tokens:
        return ()
    return [Change("max_tokens", most, f"max_tokens lowered to {most}")]


def changed(fields: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """Return a copy of a body with its changes made; all else is the very same objects."""
    edited = dict(fields)
    for change in changes:
        if change.value is None:
            edited.pop(change.field, None)
        else:
            edited[change.field] = change.value
    return edited


def change_bytes(document: bytes, changes: Sequence[Change]) -> bytes:
    """Make changes in the bytes of a body, and change no other byte.

    Raises:
        ValueError: The document is not a JSON object in UTF-8.
    """
    for change in changes:
        if change.value is None:
            document = without_members(document, change.field)
        else:
            document = with_member(document, change.field, change.value)
    return document


def said(changes: Sequence[Change]) -> str:
    """Say what was changed, as a row's reason and a header say it; nothing where nothing was."""
    return f"fitted: {', '.join(change.said for change in changes)}" if changes else ""
