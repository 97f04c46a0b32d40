"""Asking: one request to the Messages API, its answer whole."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modelmix.errors import StreamBroken, UpstreamTimeout
from modelmix.upstream.headers import Headers
from modelmix.upstream.messages import Upstream

PATH: Final = b"/v1/messages"
VERSION: Final = b"2023-06-01"

LONGEST_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""128,000 tokens of output are under 1 MB."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer.

    Attributes:
        status: HTTP status.
        headers: Its headers.
        body: The whole body.
        request_id: The API's request id, or empty.
        latency_ms: Time to the last byte, or None where nobody waited for it: in a batch.
    """

    status: int
    headers: Headers
    body: bytes
    request_id: str
    latency_ms: float | None


def key_headers(key: str, betas: str = "") -> list[tuple[bytes, bytes]]:
    """Return the headers that a request to the API carries.

    Args:
        key: The API key; it stands in no log and in no error.
        betas: Value of ``anthropic-beta``, or empty.
    """
    headers = [
        (b"x-api-key", key.encode()),
        (b"anthropic-version", VERSION),
        (b"content-type", b"application/json"),
        (b"accept", b"application/json"),
        (b"user-agent", b"modelmix-replay"),
    ]
    return [*headers, (b"anthropic-beta", betas.encode())] if betas else headers


async def ask(
    upstream: Upstream, headers: Sequence[tuple[bytes, bytes]], body: bytes, patience_s: float
) -> Heard:
    """Send a request and read the answer whole.

    Args:
        upstream: The API.
        headers: Key, version and betas.
        body: The request.
        patience_s: Longest time that the whole exchange may take.

    Raises:
        UpstreamTimeout: It took too long.
        UpstreamUnreachable: No connection, or it broke before an answer began.
        StreamBroken: The answer was cut off, or is longer than any answer is.
        UpstreamError: What came is not HTTP.
    """
    began_s = time.monotonic()
    try:
        async with asyncio.timeout(patience_s):
            response = await upstream.forward("POST", PATH, b"", headers, body)
            try:
                parts = bytearray()
                while chunk := await response.read():
                    parts += chunk
                    if len(parts) > LONGEST_ANSWER_BYTES:
                        raise StreamBroken("the answer is longer than any answer is", bytes_seen=len(parts))
            finally:
                response.close()
    except TimeoutError as error:
        raise UpstreamTimeout(f"no whole answer came within {patience_s:g} s; try again") from error
    latency_ms = (time.monotonic() - began_s) * 1000.0
    return Heard(response.status, response.headers, bytes(parts), response.request_id, latency_ms)
