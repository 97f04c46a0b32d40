"""Features of a request body: what is known before any answer, in numbers and names of ours."""

from collections.abc import Mapping
from typing import Any

import msgspec

from modelmix.classify.fingerprints import Fingerprints
from modelmix.classify.tag import plain_tag
from modelmix.classify.template import fingerprint
from modelmix.core.candidate import Candidate
from modelmix.core.task import Features

BYTES_PER_TOKEN = 2.5
"""Bytes of JSON text per input token.

The tokenizer of Opus 4.7 and later gives about 1M tokens for 2.5M characters of text; older ones need about
four characters per token. The estimate errs on the side of the longer prompt, where the dearer price tier is.
Source: platform.claude.com/docs/en/about-claude/models (2026-10-08). Expect an error of about 25 %.
"""

TOKENS_PER_IMAGE = 1600
"""Most that an image of the usual size limit costs, about width x height / 750.
Source: platform.claude.com/docs/en/build-with-claude/vision (2026-08-22)."""

BASE64_BYTES_PER_DOCUMENT_TOKEN = 40
"""A rough rule of ours for encoded documents: a page of about 80 KB for 2,000 tokens of text and image."""

_MOST = 2**53


def features(
    body: Mapping[str, Any],
    requested: Candidate,
    *,
    tag: object = "",
    size_bytes: int = 0,
    fingerprints: Fingerprints | None = None,
) -> Features:
    """Describe a request to the Messages API. No shape of the body raises.

    Args:
        body: The decoded body.
        requested: Candidate that the client asked for, with its effective effort.
        tag: Task type that the caller names; an invalid one counts as absent.
        size_bytes: Length of the body as sent, or 0 to have it measured here, which takes longer.
        fingerprints: Memory of templates; without one each fingerprint is taken anew.
    """
    system = body.get("system")
    tools = body.get("tools")
    messages = body.get("messages")
    choice = body.get("tool_choice")
    found = _Media()
    if isinstance(messages, list):
        for message in messages:
            if isinstance(message, dict):
                found.look_through(message.get("content"))
    template = fingerprint(system) if fingerprints is None else fingerprints.of(system)
    return Features(
        requested=requested,
        tag=plain_tag(tag)[0],
        template=template.sha,
        input_tokens=found.tokens(size_bytes or _size_bytes(body)),
        max_tokens=_count(body.get("max_tokens")),
        messages=len(messages) if isinstance(messages, list) else 0,
        tools=len(tools) if isinstance(tools, list) else 0,
        images=found.images,
        documents=found.documents,
        stream=body.get("stream") is True,
        has_schema=_has_schema(body),
        forced_tool=isinstance(choice, dict) and choice.get("type") in ("any", "tool"),
    )


class _Media:
    """Counts images and documents among content blocks, and how many bytes of the body they are."""

    __slots__ = ("document_bytes", "documents", "image_bytes", "images")

    def __init__(self) -> None:
        self.images = self.documents = self.image_bytes = self.document_bytes = 0

    def look_through(self, content: object) -> None:
        """Count the blocks of one message, those inside tool results too."""
        waiting = [content]
        while waiting:
            blocks = waiting.pop()
            if not isinstance(blocks, list):
                continue
            for block in blocks:
                if not isinstance(block, dict):
                    continue
                kind = block.get("type")
                if kind == "tool_result":
                    waiting.append(block.get("content"))
                elif kind == "image":
                    self.images += 1
                    self.image_bytes += _encoded_bytes(block)
                elif kind == "document":
                    self.documents += 1
                    self.document_bytes += _encoded_bytes(block)

    def tokens(self, size_bytes: int) -> int:
        """Estimate the prompt's length from the length of the body."""
        text_bytes = max(0, size_bytes - self.image_bytes - self.document_bytes)
        media_tokens = self.images * TOKENS_PER_IMAGE + self.document_bytes // BASE64_BYTES_PER_DOCUMENT_TOKEN
        return int(text_bytes / BYTES_PER_TOKEN) + media_tokens


def _encoded_bytes(block: dict[str, Any]) -> int:
    source = block.get("source")
    if not isinstance(source, dict) or source.get("type") != "base64":
        return 0
    encoded = source.get("data")
    return len(encoded) if isinstance(encoded, str) else 0


def _has_schema(body: Mapping[str, Any]) -> bool:
    config = body.get("output_config")
    return bool((isinstance(config, dict) and config.get("format")) or body.get("output_format"))


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST else 0


def _size_bytes(body: Mapping[str, Any]) -> int:
    try:
        return len(msgspec.json.encode(body))
    except (TypeError, ValueError, RecursionError, OverflowError):
        return 0
