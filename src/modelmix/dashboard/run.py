"""Run: a page for people, served on this machine alone until it is told to stop."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import uvicorn

from modelmix.errors import ConfigError

LOOPBACK: Final = "127.0.0.1"
_GRACE_SECONDS: Final = 1


class Server(uvicorn.Server):
    """A server that says when it accepts connections."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None] | None = None) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.ready.set()
        if self._announce is not None and self.started:
            self._announce()


def bind(port: int = 0) -> socket.socket:
    """Take a port of this machine's own address; 0 takes a free one.

    Raises:
        ConfigError: It is in use or may not be taken.
    """
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((LOOPBACK, port))
        taken.listen()
    except (OSError, OverflowError) as error:
        taken.close()
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"port {port} cannot be taken ({reason}); name another with --port, or 0 for a free one"
        ) from error
    return taken


def port_of(taken: socket.socket) -> int:
    """Return the port of a bound socket."""
    return int(taken.getsockname()[1])


def _config(app: Any) -> uvicorn.Config:  # noqa: ANN401 - any ASGI callable
    return uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="critical",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def serve(taken: socket.socket, app: Any, announce: Callable[[], None] | None = None) -> None:  # noqa: ANN401 - the same
    """Serve on a bound socket until SIGINT or SIGTERM: for a page that a person closes, either is its end."""
    with contextlib.suppress(KeyboardInterrupt):
        Server(_config(app), announce).run(sockets=[taken])


@contextlib.contextmanager
def running(taken: socket.socket, app: Any) -> Iterator[str]:  # noqa: ANN401 - the same
    """Serve in a background thread and yield the base address."""
    server = Server(_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True, name="dashboard")
    thread.start()
    try:
        server.ready.wait()
        yield f"http://{LOOPBACK}:{port_of(taken)}"
    finally:
        server.should_exit = True
        thread.join()
        taken.close()
