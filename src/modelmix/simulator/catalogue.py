"""Catalogue: the models endpoint."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from modelmix.core.candidate import Effort
from modelmix.simulator.behaviour import MODELS, Behaviour, find
from modelmix.simulator.failure import Failure

_DEFAULT_LIMIT, _MAX_LIMIT = 20, 1000
_THINKING = ("adaptive", "between_tools", "disabled", "enabled")


def page(query: Mapping[str, str]) -> dict[str, Any] | Failure:
    """Return one page of models, newest first.

    Args:
        query: ``limit`` (1 to 1,000, default 20), ``after_id`` or ``before_id``.

    Source: Models API reference and SDK 2.12.0.
    """
    limit = query.get("limit", str(_DEFAULT_LIMIT))
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= _MAX_LIMIT:
        return Failure(400, f"limit: Input should be an integer between 1 and {_MAX_LIMIT}")
    if "after_id" in query and "before_id" in query:
        return Failure(400, "after_id, before_id: only one of them may be given")
    rows = sorted(MODELS.values(), key=lambda row: row.released, reverse=True)
    start, end = 0, len(rows)
    for name in ("after_id", "before_id"):
        if name in query:
            at = next((at for at, row in enumerate(rows) if row.model == query[name]), None)
            if at is None:
                return Failure(400, f"{name}: '{query[name]}' is not a model")
            start, end = (at + 1, end) if name == "after_id" else (0, at)
    if "before_id" in query:
        chosen, has_more = rows[max(start, end - int(limit)) : end], end - int(limit) > start
    else:
        chosen, has_more = rows[start : start + int(limit)], start + int(limit) < end
    return {
        "data": [_card(row) for row in chosen],
        "first_id": chosen[0].model if chosen else None,
        "has_more": has_more,
        "last_id": chosen[-1].model if chosen else None,
    }


def one(model: str) -> dict[str, Any] | Failure:
    """Return one model by ID or alias."""
    row = find(model)
    return Failure(404, f"model: {model}") if row is None else _card(row)


def _card(row: Behaviour) -> dict[str, Any]:
    lifecycle = "retired" if row.retired else "deprecated" if row.deprecated else "active"
    return {
        "type": "model",
        "id": row.model,
        "display_name": row.name,
        "created_at": _instant(row.released),
        "line": row.line,
        "lifecycle": lifecycle,
        "deprecated_at": _instant(row.deprecated),
        "retires_at": _instant(row.retires),
        "max_input_tokens": row.context_tokens,
        "max_tokens": row.max_output_tokens,
        "capabilities": _capabilities(row),
    }


def _capabilities(row: Behaviour) -> dict[str, Any]:
    yes = {"supported": True}
    return {
        "batch": yes,
        "citations": yes,
        "code_execution": yes,
        "context_management": {
            "supported": True,
            "clear_thinking_20251015": yes,
            "clear_tool_uses_20250919": yes,
            "compact_20260112": yes,
        },
        "effort": {
            "supported": bool(row.efforts),
            **{level.value: {"supported": level in row.efforts} for level in Effort},
        },
        "image_input": yes,
        "pdf_input": yes,
        "server_tools": {"supported": True, "code_execution": yes, "web_search": yes},
        "structured_outputs": yes,
        "thinking": {
            "supported": bool(row.thinking),
            "types": {kind: {"supported": kind in row.thinking} for kind in _THINKING},
        },
    }


def _instant(day: date | None) -> str | None:
    return None if day is None else f"{day.isoformat()}T00:00:00Z"
