"""Run: serve a practice API, on the main thread or beside a program."""

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from types import FrameType
from typing import TypedDict, Unpack

import uvicorn

from modelmix.errors import ConfigError
from modelmix.simulator.app import app
from modelmix.simulator.settings import Settings

LOOPBACK = "127.0.0.1"
_GRACE_SECONDS = 1
_BACKLOG = 2048


class Choice(TypedDict, total=False):
    """Settings that a caller of ``running`` may name one by one; see ``Settings`` for what each means."""

    seed: int
    latency_ms: float
    tokens_per_second: float
    requests_per_minute: int | None
    input_tokens_per_minute: int | None
    output_tokens_per_minute: int | None
    batch_seconds: float


class _Server(uvicorn.Server):
    """A server that says when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.is_interrupted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.is_interrupted = self.is_interrupted or sig == signal.SIGINT
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def bind(host: str = LOOPBACK, port: int = 0) -> socket.socket:
    """Take a port; 0 takes a free one.

    Raises:
        ConfigError: The port is in use or may not be taken, or the host is not one of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        taken = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise ConfigError(
            f"{host!r} is not an address of this machine ({error}); name one with --host"
        ) from error
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        taken.close()
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"port {port} on {host} cannot be taken ({reason}); name another with --port, or 0 for a free one"
        ) from error
    return taken


def url_of(taken: socket.socket) -> str:
    """Return the base URL of a bound socket."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(taken: socket.socket, settings: Settings | None = None) -> None:
    """Serve on a bound socket until the process is told to stop.

    Args:
        taken: What ``bind`` returned.
        settings: How the practice API behaves.

    Raises:
        KeyboardInterrupt: SIGINT ended it.
    """
    server = _server(settings)
    server.run(sockets=[taken])
    # A parent that ignores SIGINT, as a shell does for its background jobs, would swallow its re-raising.
    if server.is_interrupted:
        raise KeyboardInterrupt


@contextlib.contextmanager
def running(
    *, host: str = LOOPBACK, port: int = 0, settings: Settings | None = None, **chosen: Unpack[Choice]
) -> Iterator[str]:
    """Run a practice API in a background thread and yield its base URL.

    Args:
        host: Address to listen on.
        port: Port, or 0 for a free one.
        settings: All settings at once; the usual ones if None.
        chosen: Single settings, which take precedence: seed, latency, pace, limits, time of a batch.

    Raises:
        ConfigError: The port cannot be taken.
    """
    taken = bind(host, port)
    server = _server(replace(settings or Settings(), **chosen))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [taken]}, daemon=True, name="practice-api"
    )
    thread.start()
    try:
        server.ready.wait()
        yield url_of(taken)
    finally:
        server.should_exit = True
        thread.join()
        taken.close()


def _server(settings: Settings | None) -> _Server:
    return _Server(
        uvicorn.Config(
            app(settings),
            lifespan="off",
            access_log=False,
            # A cut connection is what was asked for, not an error to report.
            log_level="critical",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
