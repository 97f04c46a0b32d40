"""Running the practice API: ports, the context manager and the command."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from modelmix.cli import simulate
from modelmix.errors import ConfigError
from modelmix.simulator import run
from modelmix.simulator.settings import Settings


def get(url: str, path: str) -> dict[str, object]:
    """Ask a running practice API."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", path)
        return dict(json.loads(connection.getresponse().read()))
    finally:
        connection.close()


def test_two_run_side_by_side_on_free_ports_and_end() -> None:
    """Each has a seed and a bill of its own; after the block the port is free again."""
    with run.running(seed=4) as one, run.running(settings=Settings(seed=5)) as two:
        assert one != two
        assert (get(one, "/simulator/truth")["seed"], get(two, "/simulator/truth")["seed"]) == (4, 5)
    with pytest.raises(ConnectionRefusedError):
        get(one, "/")


def test_a_port_in_use_is_one_sentence() -> None:
    """It names port, host and the way out."""
    with (
        run.bind() as taken,
        pytest.raises(ConfigError, match=r"port \d+ on 127.0.0.1 cannot be taken .*--port"),
    ):
        run.bind(port=int(taken.getsockname()[1]))


def test_an_address_of_nobody_is_one_sentence() -> None:
    """A name that does not resolve, or an address of another machine."""
    with pytest.raises(ConfigError, match="is not an address of this machine"):
        run.bind("no such host")
    with pytest.raises(ConfigError, match="cannot be taken"):
        run.bind("192.0.2.1")


def test_the_url_of_an_address_of_version_six_has_brackets() -> None:
    """As a URL needs it."""
    try:
        taken = run.bind("::1")
    except ConfigError:
        pytest.skip("this machine has no IPv6 loopback")
    with taken:
        assert run.url_of(taken).startswith("http://[::1]:")


def test_the_command_prints_the_line_to_use_and_stops_on_a_signal() -> None:
    """The line is all of stdout; stderr says that answers are synthetic; SIGINT ends with 130."""
    process = subprocess.Popen(
        [sys.executable, "-m", "modelmix", "simulate", "--seed", "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        line = process.stdout.readline()
        url = line.removeprefix("export ANTHROPIC_BASE_URL=").strip()
        assert get(url, "/simulator/truth")["seed"] == 3
        process.send_signal(signal.SIGINT)
        rest, talk = process.communicate(timeout=20)
    assert rest == ""
    assert "synthetic" in talk
    assert process.returncode == 130


def test_the_command_serves_what_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Options become settings of the server, and the port that was taken is the one printed."""
    seen: list[tuple[socket.socket, Settings]] = []

    def serve(taken: socket.socket, settings: Settings) -> None:
        seen.append((taken, settings))

    monkeypatch.setattr(run, "serve", serve)
    import typer

    command = typer.Typer()
    command.command()(simulate.command)
    pace = ["--seed", "9", "--latency-ms", "2", "--tokens-per-second", "50"]
    limits = ["--requests-per-minute", "60", "--input-tokens-per-minute", "900"]
    result = CliRunner().invoke(command, [*pace, *limits, "--output-tokens-per-minute", "80"])
    assert result.exit_code == 0
    assert result.stdout.startswith("export ANTHROPIC_BASE_URL=http://127.0.0.1:")
    settings = seen[0][1]
    assert (settings.seed, settings.latency_ms, settings.tokens_per_second) == (9, 2.0, 50.0)
    assert (settings.requests_per_minute, settings.input_tokens_per_minute) == (60, 900)
    assert settings.output_tokens_per_minute == 80
    CliRunner().invoke(command, [])
    assert seen[1][1].requests_per_minute is None
    assert CliRunner().invoke(command, ["--requests-per-minute", "0"]).exit_code == 2


def test_serving_ends_when_the_server_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """serve() runs the server on the socket that it was given."""
    used: list[object] = []
    monkeypatch.setattr(run._Server, "run", lambda self, sockets=None: used.extend(sockets))
    with run.bind() as taken:
        run.serve(taken)
        assert used == [taken]
