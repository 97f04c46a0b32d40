"""The gateway as an ASGI application: which request goes where, and what starts and stops with the server."""

import asyncio
import contextlib
import ipaddress
import logging

from modelmix.gateway import envelope
from modelmix.gateway.client import Receive, Scope, Send
from modelmix.gateway.defaults import Defaults
from modelmix.gateway.proxy import Proxy
from modelmix.gateway.recorder import Recorder
from modelmix.pipeline.in_force import InForce
from modelmix.upstream.messages import Upstream

LOOK_EVERY_S = 0.5
"""How often the policy's file and kill switch are looked at."""

log = logging.getLogger("modelmix.gateway")

_MESSAGES = b"/v1/messages"
_COUNT = b"/v1/messages/count_tokens"
_STATUS = b"/modelmix/status"


class Gateway:
    """The ASGI application.

    Args:
        proxy: Carries requests.
        upstream: The API; opened and closed with the server.
        recorder: Started and, with all its rows committed, stopped with the server.
        in_force: The policy; looked at while the server runs.
        defaults: Task types by URL prefix and key.
        enforce: Whether routes are taken; told at ``/readyz``.
    """

    def __init__(
        self,
        proxy: Proxy,
        upstream: Upstream,
        recorder: Recorder,
        in_force: InForce,
        *,
        defaults: Defaults | None = None,
        enforce: bool = False,
    ) -> None:
        self._proxy = proxy
        self._upstream = upstream
        self._recorder = recorder
        self._in_force = in_force
        self._defaults = defaults or Defaults()
        self._mode = "enforce" if enforce else "observe"
        self._watch: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the ASGI protocol."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            try:
                await self._http(scope, receive, send)
            except Exception as error:
                log.error("a request failed: %s in our own code", type(error).__name__)  # noqa: TRY400 - one sentence, no traceback
                raise

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, default = self._defaults.of(scope["raw_path"], scope["headers"])
        if path.startswith(b"/messages"):
            path = b"/v1" + path  # clients whose base URL is to end in /v1 leave it out
        if scope["method"] == "POST" and path in {_MESSAGES, _COUNT}:
            await self._proxy.messages(
                scope, receive, send, path=path, default=default, counts=path == _COUNT
            )
        elif path in {b"/healthz", b"/readyz"}:
            await self._own(path, send)
        elif path == _STATUS:
            await self._status(scope, send)
        elif path.startswith(b"/"):
            await self._proxy.passed(scope, receive, send, path=path)
        else:
            for part in envelope.error(404, "the request's target is not a path", retry=False):
                await send(part)

    async def _own(self, path: bytes, send: Send) -> None:
        document: dict[str, object] = {"status": "ok"}
        if path == b"/readyz":
            standing, recorder = self._in_force.now, self._recorder
            document |= {
                "mode": self._mode,
                "policy_sha256": "" if standing.resting is None else standing.resting.sha256,
                "policy_state": "none" if standing.policy is None else standing.policy.state.value,
                "rows": {"written": recorder.written, "lost": recorder.lost, "late": recorder.late},
            }
            if self._proxy.capture is not None:
                document["captured"] = self._proxy.capture.counts()
        for part in envelope.json(200, document):
            await send(part)

    async def _status(self, scope: Scope, send: Send) -> None:
        """Tell how learning stands, to this machine only."""
        if not _is_local(scope):
            parts = envelope.error(404, "this is told on the gateway's own machine only", retry=False)
        else:
            learner = self._proxy.learner
            learning = None if learner is None else await learner.status()
            parts = envelope.json(200, {"mode": self._mode, "learning": learning})
        for part in parts:
            await send(part)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._upstream.open()
                self._recorder.start()
                if self._proxy.capture is not None:
                    self._proxy.capture.start()
                if self._proxy.learner is not None:
                    self._proxy.learner.start()
                self._watch = asyncio.create_task(self._look())
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await asyncio.to_thread(self._in_force.look)
            except OSError as error:
                log.error("the policy could not be looked at: %s", error)  # noqa: TRY400 - one sentence

    async def _stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        if self._proxy.learner is not None:
            await asyncio.to_thread(self._proxy.learner.close)
        await asyncio.to_thread(self._recorder.close)
        if self._proxy.capture is not None:
            await asyncio.to_thread(self._proxy.capture.close)
        await self._upstream.close()


def _is_local(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
