"""Calls of the Message Batches API: each asked until it is answered, but for the one that costs money."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from modelmix.errors import StreamBroken, UpstreamError, UpstreamTimeout
from modelmix.upstream.ask import Heard
from modelmix.upstream.batch import Batch, Chunk
from modelmix.upstream.batch_results import Lines
from modelmix.upstream.messages import Response, Upstream
from modelmix.upstream.retry import after_failure, pause_s

PATH: Final = b"/v1/messages/batches"
MOST_TRIES: Final = 6
"""Times that one thing is asked before it is given up."""

LATE_S: Final = 10.0
"""Seconds between two looks for what should be there: a batch that was just created, or has just ended, is
not known everywhere at once. Source: github.com/anthropics/anthropic-sdk-python/issues/1432 (2026-04)."""

ADVICE: Final = "what was answered is kept: run the same command again"

_LONGEST_BYTES: Final = 8 * 1024 * 1024
_OK: Final = 200
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class BatchPatience:
    """How long to wait, in seconds.

    Attributes:
        answer_s: For the whole answer to anything but a creation.
        create_s: For a creation, which may have to send 256 MB.
    """

    answer_s: float = 60.0
    create_s: float = 1800.0


class BatchCalls:
    """Calls of the Message Batches API with one key.

    Args:
        upstream: The API, open.
        headers: Key, version and betas.
        patience: How long to wait for answers.
        nap: Waits for some seconds.
    """

    def __init__(
        self,
        upstream: Upstream,
        headers: Sequence[tuple[bytes, bytes]],
        patience: BatchPatience,
        nap: Callable[[float], Awaitable[None]],
    ) -> None:
        self._upstream = upstream
        self._headers = list(headers)
        self._patience = patience
        self.nap = nap

    async def create(self, chunk: Chunk) -> Heard:
        """Send a chunk, exactly once, and return the answer, whatever its status.

        Raises:
            UpstreamError: No answer came; the chunk may have arrived.
        """

        async def body() -> AsyncIterator[bytes]:
            # Bytes in pieces: a body at hand would be sent again by itself when an idle connection breaks.
            for piece in chunk.pieces():
                yield piece

        length = (b"content-length", b"%d" % chunk.size_bytes)
        return await self._once("POST", PATH, body=body(), length=length)

    async def ask(self, method: str, path: bytes, query: bytes = b"") -> Heard:
        """Ask for what may be asked any number of times, until it is answered.

        Raises:
            UpstreamError: It is refused, or was not answered after several tries.
        """
        tries = 0
        while True:
            tries += 1
            try:
                heard = await self._once(method, path, query)
            except UpstreamError:
                if tries == MOST_TRIES:
                    raise
                await self.nap(pause_s(tries))
                continue
            if heard.status == _OK:
                return heard
            await self._bear(heard, tries)

    async def lines(self, batch: Batch) -> AsyncGenerator[bytes, None]:
        """Yield the lines of a batch's results as they come.

        Raises:
            UpstreamError: They cannot be had.
            StreamBroken: They broke off.
        """
        own = self._upstream.own_path(batch.results_url) if batch.results_url else None
        path, query = own or (path_of(batch.batch_id) + b"/results", b"")
        tries = 0
        while True:
            tries += 1
            response = await self._upstream.forward("GET", path, query, self._headers, None)
            if response.status == _OK:
                break
            await self._bear(await _heard(response, time.monotonic()), tries)
        try:
            lines = Lines()
            while chunk := await response.read():
                for line in lines.feed(chunk):
                    yield line
            for line in lines.end():
                yield line
        finally:
            response.close()

    async def _bear(self, heard: Heard, tries: int) -> None:
        """Wait after an answer that is an error, or raise it where asking again is in vain."""
        error, after_s = failed(heard, tries)
        if heard.status == _NOT_FOUND:
            after_s = LATE_S
        if after_s is None or tries == MOST_TRIES:
            raise error
        await self.nap(after_s)

    async def _once(
        self,
        method: str,
        path: bytes,
        query: bytes = b"",
        body: AsyncIterator[bytes] | None = None,
        length: tuple[bytes, bytes] | None = None,
    ) -> Heard:
        began_s = time.monotonic()
        patience_s = self._patience.answer_s if body is None else self._patience.create_s
        headers = self._headers if length is None else [*self._headers, length]
        try:
            async with asyncio.timeout(patience_s):
                return await _heard(await self._upstream.forward(method, path, query, headers, body), began_s)
        except TimeoutError as error:
            raise UpstreamTimeout(f"no whole answer came within {patience_s:.0f} s; try again") from error


def path_of(batch_id: str) -> bytes:
    """Return the path of a batch."""
    return b"%b/%b" % (PATH, batch_id.encode())


def failed(heard: Heard, tries: int) -> tuple[UpstreamError, float | None]:
    """Say what an answer that is an error means.

    Args:
        heard: The answer; its status is not 200.
        tries: How often the same was asked by now, from 1.

    Returns:
        The error to raise, and seconds after which to ask again, or None where that is in vain.
    """
    again = after_failure(heard.status, heard.headers, heard.body, tries, datetime.now(UTC))
    what = again.stop or f"the upstream answered a request about a batch with status {heard.status}"
    return UpstreamError(f"{what}; {ADVICE}", request_id=heard.request_id), again.after_s


async def _heard(response: Response, began_s: float) -> Heard:
    try:
        parts = bytearray()
        while chunk := await response.read():
            parts += chunk
            if len(parts) > _LONGEST_BYTES:
                raise StreamBroken("the answer is longer than any answer is", bytes_seen=len(parts))
    finally:
        response.close()
    latency_ms = (time.monotonic() - began_s) * 1000.0
    return Heard(response.status, response.headers, bytes(parts), response.request_id, latency_ms)
