"""Run: put a gateway together and serve it, on the main thread or beside a program."""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import FrameType

import uvicorn

from modelmix.core.capabilities import CapabilityTable
from modelmix.errors import ConfigError
from modelmix.gateway.app import Gateway
from modelmix.gateway.capture import Capture, CaptureOrder
from modelmix.gateway.capture_file import CaptureFile
from modelmix.gateway.decision import Decider
from modelmix.gateway.defaults import Defaults
from modelmix.gateway.learner import Learner, LearnOrder
from modelmix.gateway.proxy import LONGEST_BODY_BYTES, Proxy
from modelmix.gateway.recorder import Recorder, Rows
from modelmix.pipeline.in_force import InForce
from modelmix.upstream.messages import DEFAULT_URL, Patience, Upstream

LOOPBACK = "127.0.0.1"
_BACKLOG = 2048
_KEEP_ALIVE_S = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a gateway is made of.

    Attributes:
        home: Folder of the ledger and the kill switch.
        capabilities: What each model accepts.
        open_rows: Opens the ledger.
        policy: Policy file, or None.
        upstream: Base URL of the API.
        enforce: Whether routes are taken.
        allow_uncertified: Whether downgrades without a certificate are taken.
        drain_s: Longest time that calls in flight may take to end after the order to stop.
        defaults: Task types by URL prefix and key.
        patience: How long to wait for the API.
        longest_body_bytes: Longest request body that is taken.
        today: Tells the UTC day.
        capture: What text is kept, or None for none.
        learn: What is learned in flight, or None for nothing.
    """

    home: Path
    capabilities: CapabilityTable
    open_rows: Callable[[], Rows]
    policy: Path | None = None
    upstream: str = DEFAULT_URL
    enforce: bool = False
    allow_uncertified: bool = False
    drain_s: int = 30
    defaults: Defaults = field(default_factory=Defaults)
    patience: Patience = field(default_factory=Patience)
    longest_body_bytes: int = LONGEST_BODY_BYTES
    today: Callable[[], date] = lambda: datetime.now(UTC).date()
    capture: CaptureOrder | None = None
    learn: LearnOrder | None = None


def build(setup: Setup) -> tuple[Gateway, InForce]:
    """Put a gateway together.

    Returns:
        The application, and the policy in force.

    Raises:
        ConfigError: The policy cannot be trusted, the upstream is not a base URL, or the capture file cannot
            be written.
        StoreError: Another gateway learns on the same folder.
    """
    upstream = Upstream(setup.upstream, setup.patience)
    in_force = InForce(
        setup.policy,
        setup.home,
        setup.capabilities,
        setup.today,
        allow_uncertified=setup.allow_uncertified,
    )
    recorder = Recorder(setup.open_rows)
    decider = Decider(lambda: in_force.now, setup.capabilities, enforce=setup.enforce)
    order = setup.capture
    capture = None if order is None else Capture(order, CaptureFile(order.file))
    learner = None
    if setup.learn is not None:
        learner = Learner(setup.learn)
        learner.claim()
    proxy = Proxy(
        upstream,
        decider,
        recorder,
        longest_body_bytes=setup.longest_body_bytes,
        capture=capture,
        learner=learner,
    )
    gateway = Gateway(proxy, upstream, recorder, in_force, defaults=setup.defaults, enforce=setup.enforce)
    return gateway, in_force


def bind(host: str = LOOPBACK, port: int = 0) -> socket.socket:
    """Take a port; 0 takes a free one.

    Raises:
        ConfigError: The port is in use or may not be taken, or the host is not one of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except OSError as error:
        raise ConfigError(
            f"{host!r} is not an address of this machine ({error.strerror}); name one with --host"
        ) from error
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(_BACKLOG)
    except OSError as error:
        taken.close()
        raise ConfigError(
            f"port {port} on {host} cannot be taken ({error.strerror}); "
            "name another with --port, or 0 for a free one"
        ) from error
    return taken


def url_of(taken: socket.socket) -> str:
    """Return the base URL of a bound socket."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """A server that says when it accepts connections, and ends in good order on a signal.

    Args:
        gateway: What is served.
        drain_s: Longest time that calls in flight may take to end.
        announce: Called once it accepts connections.

    Attributes:
        ready: Set once it accepts connections, or has failed to start.
        is_interrupted: Whether SIGINT ended it.
    """

    def __init__(self, gateway: Gateway, drain_s: int, announce: Callable[[], None] | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                gateway,
                http="httptools",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                # A connection that breaks because the upstream's did is what is wanted, no error to report.
                log_level="critical",
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=drain_s,
            )
        )
        self._announce = announce
        self.ready = threading.Event()
        self.is_interrupted = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        try:
            await super().startup(sockets)
            if self._announce is not None and self.started:
                self._announce()
        finally:
            self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let signals end the server; unlike the library's own form, the program goes on after it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sign: signal.signal(sign, self.handle_exit) for sign in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sign, handler in before.items():
                signal.signal(sign, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal: the first lets calls end, a second SIGINT does not."""
        self.is_interrupted = self.is_interrupted or sig == signal.SIGINT
        super().handle_exit(sig, frame)


def serve(
    taken: socket.socket, gateway: Gateway, drain_s: int, announce: Callable[[], None] | None = None
) -> None:
    """Serve on a bound socket until SIGTERM or SIGINT; calls in flight may end, and all rows are kept.

    Raises:
        KeyboardInterrupt: SIGINT ended it.
    """
    server = Server(gateway, drain_s, announce)
    server.run(sockets=[taken])
    if server.is_interrupted:
        raise KeyboardInterrupt


@contextlib.contextmanager
def running(setup: Setup, *, host: str = LOOPBACK, port: int = 0) -> Iterator[str]:
    """Run a gateway in a background thread and yield its base URL.

    Raises:
        ConfigError: The port cannot be taken, or the setup is not valid.
    """
    gateway, _ = build(setup)
    taken = bind(host, port)
    server = Server(gateway, setup.drain_s)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [taken]}, daemon=True, name="modelmix-gateway"
    )
    thread.start()
    try:
        server.ready.wait()
        yield url_of(taken)
    finally:
        server.should_exit = True
        thread.join()
        taken.close()
