"""Tokens: a deterministic estimate of how many tokens a text has; the practice API bills by it."""

from collections.abc import Mapping
from typing import Any

import msgspec

MESSAGE_TOKENS = 4
"""Tokens that a message costs beyond its content."""

_IMAGE_TOKENS = 1_500
_BYTES_PER_PAGE_TOKEN = 16


def of_text(text: str, *, new_tokenizer: bool) -> int:
    """Count the tokens of a text.

    2.5 bytes of UTF-8 are one token with the tokenizer of Opus 4.7 and later, 3.25 with the one before, both
    rounded up; an empty text has none.

    Source: models overview (2026-10-08): 1M tokens are about 2.5M characters; the older tokenizer gives about
    30 per cent fewer.
    """
    return of_bytes(len(text.encode(errors="surrogatepass")), new_tokenizer=new_tokenizer)


def of_bytes(size: int, *, new_tokenizer: bool) -> int:
    """Count the tokens of so many bytes of UTF-8."""
    return (2 * size + 4) // 5 if new_tokenizer else (4 * size + 12) // 13


def to_bytes(tokens: int, *, new_tokenizer: bool) -> int:
    """Return the most bytes that so many tokens hold."""
    return 5 * tokens // 2 if new_tokenizer else 13 * tokens // 4


def of_block(block: Mapping[str, Any], *, new_tokenizer: bool) -> int:
    """Count the tokens of a content block or a tool definition.

    Text counts as text, an image as 1,500 tokens, base64 data as one token for 16 bytes, and everything else
    as its JSON.
    """
    if block.get("type") == "text":
        return of_text(str(block["text"]), new_tokenizer=new_tokenizer)
    if block.get("type") == "image":
        return _IMAGE_TOKENS
    if block.get("type") == "document":
        return _of_document(block, new_tokenizer=new_tokenizer)
    if block.get("type") == "tool_result" and isinstance(block.get("content"), list):
        inner = sum(of_block(part, new_tokenizer=new_tokenizer) for part in block["content"])
        return inner + of_text(str(block["tool_use_id"]), new_tokenizer=new_tokenizer)
    return of_bytes(len(msgspec.json.encode(block)), new_tokenizer=new_tokenizer)


def _of_document(block: Mapping[str, Any], *, new_tokenizer: bool) -> int:
    source = block["source"]
    data = source.get("data") or source.get("content") or source.get("url") or source.get("file_id") or ""
    if source.get("type") == "base64":
        return max(_IMAGE_TOKENS, len(str(data)) // _BYTES_PER_PAGE_TOKEN)
    if isinstance(data, str):
        return of_text(data, new_tokenizer=new_tokenizer)
    return sum(of_block(part, new_tokenizer=new_tokenizer) for part in data)
