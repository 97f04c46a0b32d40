"""Catalogue: the models endpoint."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from modelmix.core.candidate import Effort
from modelmix.simulator import paging
from modelmix.simulator.behaviour import MODELS, Behaviour, find
from modelmix.simulator.failure import Failure

_THINKING = ("adaptive", "between_tools", "disabled", "enabled")


def page(query: Mapping[str, str]) -> dict[str, Any] | Failure:
    """Return one page of models, newest first.

    Args:
        query: ``limit`` (1 to 1,000, default 20), ``after_id`` or ``before_id``.

    Source: Models API reference and SDK 2.12.0.
    """
    rows = sorted(MODELS.values(), key=lambda row: row.released, reverse=True)
    found = paging.cut([row.model for row in rows], query, "a model")
    if isinstance(found, Failure):
        return found
    return found.document([_card(MODELS[model]) for model in found.ids])


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
