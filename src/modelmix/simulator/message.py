"""Message: an answer in the shape of the Messages API, with its usage."""

from typing import Any

from modelmix.simulator.answer import Answer
from modelmix.simulator.cache import Split
from modelmix.simulator.request import Request


def document(message_id: str, request: Request, answer: Answer, split: Split) -> dict[str, Any]:
    """Return the message.

    Source: Messages API reference (2026-08-22) and SDK 2.12.0.
    """
    asked_for_diagnosis = request.body.get("diagnostics")
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": request.behaviour.model,
        "content": list(answer.content),
        "stop_reason": answer.stop_reason,
        "stop_sequence": answer.stop_sequence,
        "stop_details": None,
        "container": None,
        "diagnostics": {"cache_miss_reason": None} if asked_for_diagnosis else None,
        "usage": _usage(request, answer, split),
    }


def _usage(request: Request, answer: Answer, split: Split) -> dict[str, Any]:
    row = request.behaviour
    is_fast = request.body.get("speed") == "fast" and row.fast == "yes"
    return {
        "input_tokens": split.uncached,
        "cache_creation_input_tokens": split.written_5m + split.written_1h,
        "cache_read_input_tokens": split.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": split.written_5m,
            "ephemeral_1h_input_tokens": split.written_1h,
        },
        "output_tokens": answer.output_tokens,
        "output_tokens_details": {"thinking_tokens": answer.thinking_tokens},
        "server_tool_use": None,
        "service_tier": "batch" if request.dialect.batched else "standard",
        "inference_geo": (request.body.get("inference_geo") or "global")
        if row.inference_geo
        else "not_available",
        "speed": "fast" if is_fast else "standard",
    }
