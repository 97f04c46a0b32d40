"""Proxy: one request through the gateway, from its body to the last byte of its answer."""

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate
from modelmix.errors import StreamBroken, UpstreamError, UpstreamTimeout, UpstreamUnreachable
from modelmix.gateway import envelope
from modelmix.gateway.capture import Capture
from modelmix.gateway.capture_row import Taken, Tape
from modelmix.gateway.client import (
    ClientGone,
    Presence,
    Receive,
    Scope,
    Send,
    TooLong,
    pieces_of_body,
    readable,
    session_of,
    whole_body,
    wish_of,
)
from modelmix.gateway.decision import Decider
from modelmix.gateway.learner import Learner
from modelmix.gateway.meter import Ending, Meter, call_of
from modelmix.gateway.recorder import Recorder
from modelmix.gateway.sampling import Listening, Sampling
from modelmix.policy.choice import Decision
from modelmix.upstream.headers import Headers, first
from modelmix.upstream.messages import Response, Upstream
from modelmix.wire.answer import Answer
from modelmix.wire.usage import Stated

LONGEST_BODY_BYTES = 128 * 1024 * 1024
"""Longest request body: the API's own limit since 2026-10-28."""

_OK, _BAD_REQUEST = 200, 400
_FAULTS: Mapping[type[UpstreamError], str] = {
    UpstreamTimeout: "upstream-timeout",
    UpstreamUnreachable: "upstream-unreachable",
    StreamBroken: "stream-broken",
}
_END = {"type": "http.response.body"}
_NO_ANSWER = Answer("", "", "", Stated(None))

log = logging.getLogger("modelmix.gateway")


class Proxy:
    """Carries requests: decides, forwards, relays, meters and records.

    Args:
        upstream: The API.
        decider: Decides on requests.
        recorder: Takes the rows.
        longest_body_bytes: Longest request body that is taken.
        capture: Takes the text of a sample, or None where none is kept.
        learner: Learns from a sample, or None.

    Attributes:
        capture: As given.
        learner: As given.
    """

    def __init__(
        self,
        upstream: Upstream,
        decider: Decider,
        recorder: Recorder,
        *,
        longest_body_bytes: int = LONGEST_BODY_BYTES,
        capture: Capture | None = None,
        learner: Learner | None = None,
    ) -> None:
        self._upstream = upstream
        self._decider = decider
        self._recorder = recorder
        self._longest_body_bytes = longest_body_bytes
        self.capture = capture
        self.learner = learner
        self._sampling = Sampling(capture, learner) if capture or learner else None

    async def messages(
        self, scope: Scope, receive: Receive, send: Send, *, path: bytes, default: str, counts: bool = False
    ) -> None:
        """Carry a request for a message, or for a count of its tokens, which makes no row."""
        try:
            body = await whole_body(receive, self._longest_body_bytes)
        except ClientGone:
            return
        except TooLong:
            limit_mb = self._longest_body_bytes // 2**20
            await _answer(send, 413, f"the request is longer than {limit_mb} MB; send less", retry=False)
            return
        headers: Headers = scope["headers"]
        wish = wish_of(headers, default, counts=counts)
        decision = self._decider.decide(body, wish)
        if decision.refusal:
            await _answer(send, _BAD_REQUEST, decision.refusal, retry=False)
            return
        recorder = None if counts else self._recorder
        sampling = None if counts or wish.encoded else self._sampling
        if sampling is not None and wish.opted_out:
            sampling = sampling.without_learner()
        exchange = Exchange(self._upstream, recorder, decision, headers, send, sampling)
        await exchange.run(scope["method"], path, scope["query_string"], receive)

    async def passed(self, scope: Scope, receive: Receive, send: Send, *, path: bytes) -> None:
        """Carry any other request, untouched both ways and as it comes."""
        headers: Headers = scope["headers"]
        has_body = any(name in {b"content-length", b"transfer-encoding"} for name, _ in headers)
        body = pieces_of_body(receive) if has_body else None
        try:
            response = await self._upstream.forward(
                scope["method"], path, scope["query_string"], headers, body
            )
        except UpstreamError as error:
            await _answer(send, _status_of(error), str(error))
            return
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        try:
            while chunk := await response.read():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except UpstreamError:
            return  # the server breaks the client's connection, as the upstream broke ours
        finally:
            response.close()
        await send(_END)


class Exchange:
    """One message request and its answer.

    Args:
        upstream: The API.
        recorder: Takes the row, or None where none is made.
        decision: What is sent.
        headers: The request's headers.
        send: The server's ``send``.
        sampling: Takes the text where the call is in a sample, or None.
    """

    def __init__(
        self,
        upstream: Upstream,
        recorder: Recorder | None,
        decision: Decision,
        headers: Headers,
        send: Send,
        sampling: Sampling | None = None,
    ) -> None:
        self._upstream = upstream
        self._recorder = recorder
        self._decision = decision
        self._headers = headers
        self._send = send
        self._at = datetime.now(UTC)
        self._began_s = time.perf_counter()
        self._ttft_ms: float | None = None
        self._meter: Meter | None = None
        self._response: Response | None = None
        self._has_started = False
        self._row: Call | None = None
        self._sampling = sampling
        self._listening: Listening | None = None
        self._tapes: tuple[Tape, ...] = ()
        self._is_whole = False

    async def run(self, method: str, path: bytes, query: bytes, receive: Receive) -> None:
        """Forward the request and relay its answer; whatever happens, there is one row."""
        try:
            with Presence(receive):
                await self._carry(method, path, query)
        except ClientGone:
            self._leave("client-gone")
        except UpstreamError as error:
            await self._broken(error)
        except asyncio.CancelledError:
            self._leave("gateway-stopped")
            raise
        finally:
            if self._response is not None:
                self._response.close()
            if self._tapes:
                self._hand_over()

    async def _carry(self, method: str, path: bytes, query: bytes) -> None:
        decision, headers = self._decision, readable(self._headers)
        response = await self._upstream.forward(method, path, query, headers, decision.body)
        self._response = response
        if response.status == _BAD_REQUEST and decision.spare is not None:
            response.close()
            self._decision = decision = _as_asked(decision)
            response = await self._upstream.forward(method, path, query, headers, decision.body)
            self._response = response
        await self._relay(response)

    async def _relay(self, response: Response) -> None:
        self._meter = meter = Meter(
            first(response.headers, b"content-type"), first(response.headers, b"content-encoding")
        )
        if self._sampling is not None:
            self._listening = self._sampling.listen(response, self._decision)
            self._tapes = self._listening.tapes
        if meter.is_stream:
            await self._relay_stream(response, meter)
        else:
            await self._relay_document(response, meter)

    async def _relay_stream(self, response: Response, meter: Meter) -> None:
        await self._start(response)
        send, read = self._send, response.read
        while chunk := await read():
            if self._ttft_ms is None:
                self._ttft_ms = self._elapsed_ms()
            meter.feed(chunk)
            for tape in self._tapes:
                tape.add(chunk)
            if meter.is_over:
                self._is_whole = True
                await self._record()
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await self._record()
        await send(_END)

    async def _relay_document(self, response: Response, meter: Meter) -> None:
        held = b""
        while chunk := await response.read():
            if self._ttft_ms is None:
                self._ttft_ms = self._elapsed_ms()
            meter.feed(chunk)
            for tape in self._tapes:
                tape.add(chunk)
            # The last chunk waits for the commit, and only the next one tells which was the last.
            if held:
                await self._start(response)
                await self._send({"type": "http.response.body", "body": held, "more_body": True})
            held = chunk
        self._is_whole = True
        await self._record()
        await self._start(response)
        await self._send({"type": "http.response.body", "body": held})

    async def _start(self, response: Response) -> None:
        if self._has_started:
            return
        self._has_started = True
        decision = self._decision
        headers = [*response.headers, (b"modelmix-reason", _field(decision.reason))]
        if decision.sent.model:
            headers.append((b"modelmix-served-model", _field(decision.sent.model)))
        await self._send({"type": "http.response.start", "status": response.status, "headers": headers})

    async def _broken(self, error: UpstreamError) -> None:
        """Record what was seen; say why if no answer has begun, else the server breaks the connection."""
        status = _status_of(error)
        await self._record(_FAULTS.get(type(error), "upstream-error"), status)
        if not self._has_started:
            await _answer(self._send, status, str(error))

    async def _record(self, error: str = "", status: int = 0) -> None:
        if self._recorder is not None and self._row is None:
            self._row = self._call(error, status)
            await self._recorder.record(self._row)

    def _leave(self, error: str) -> None:
        if self._recorder is not None and self._row is None:
            self._row = self._call(error, 0)
            self._recorder.leave(self._row)

    def _hand_over(self) -> None:
        row, listening = self._row, self._listening
        if row is not None and not row.error and self._is_whole and listening is not None:
            listening.hand_over(lambda tape: self._taken(row, tape), self._headers)

    def _taken(self, row: Call, tape: Tape) -> Taken:
        decision, response, meter = self._decision, self._response, self._meter
        encoding = "" if response is None else first(response.headers, b"content-encoding")
        is_stream = row.stream if meter is None else meter.is_stream
        return Taken(row, str(decision.facts.asked), decision.body, tape, encoding, is_stream)

    def _call(self, error: str, status: int) -> Call:
        response, meter = self._response, self._meter
        session_id, is_subagent = session_of(self._headers)
        ending = Ending(
            self._at,
            status if response is None or meter is None else response.status,
            self._elapsed_ms(),
            "" if response is None else response.request_id,
            error,
            self._ttft_ms,
            session_id,
            is_subagent,
        )
        return call_of(self._decision, _NO_ANSWER if meter is None else meter.answer(), ending)

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self._began_s) * 1000.0


def _as_asked(decision: Decision) -> Decision:
    """Return the decision to send what the client asked for, after the upstream refused the route."""
    return replace(
        decision,
        body=decision.spare or b"",
        spare=None,
        sent=decision.spare_sent or Candidate(""),
        reason=f"fallback:400 from {decision.sent}; {decision.reason}",
    )


async def _answer(send: Send, status: int, message: str, *, retry: bool = True) -> None:
    for part in envelope.error(status, message, retry=retry):
        await send(part)


def _status_of(error: UpstreamError) -> int:
    return 504 if isinstance(error, UpstreamTimeout) else 502


def _field(text: str) -> bytes:
    """Make a text fit for a header field: what may not stand in one becomes a question mark."""
    return _NOT_IN_FIELD.sub("?", text).encode("ascii")


_NOT_IN_FIELD = re.compile(r"[^\x20-\x7e]")
