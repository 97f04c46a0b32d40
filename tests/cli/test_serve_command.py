"""`modelmix serve` checks everything before it listens, and says in a line or two what it is."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.rig import POLICY
from modelmix.cli.main import run
from modelmix.cli.serve import _defaults
from modelmix.gateway.app import Gateway
from modelmix.gateway.defaults import key_hash
from modelmix.policy.base import KILL_SWITCH
from modelmix.store.ledger import Ledger


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and a server that ends as soon as it could begin."""

    def serve(taken: socket.socket, gateway: Gateway, drain_s: int, announce: Callable[[], None]) -> None:
        assert taken.getsockname()[1] > 0
        assert isinstance(gateway, Gateway)
        assert drain_s == 30
        announce()

    monkeypatch.setenv("MODELMIX_HOME", str(tmp_path))
    monkeypatch.setenv("EMPTY_KEY", "")
    monkeypatch.setenv("TEAM_KEY", "sk-team")
    monkeypatch.setattr("modelmix.gateway.run.serve", serve)
    monkeypatch.setattr("gc.freeze", lambda: None)
    monkeypatch.setattr("gc.set_threshold", lambda *_: None)
    return tmp_path


def start(*options: str) -> int:
    """Run the command on a free port."""
    return run(["serve", "--port", "0", *options])


def test_without_a_policy_it_only_logs(capsys: pytest.CaptureFixture[str]) -> None:
    """The line to paste is the result, the rest is talk."""
    assert start() == 0
    said = capsys.readouterr()
    assert said.out.startswith("export ANTHROPIC_BASE_URL=http://127.0.0.1:")
    assert len(said.out.splitlines()) == 1
    assert "no policy: calls are logged" in said.err


def test_a_policy_is_observed_or_enforced(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The talk names mode and policy, and what is not taken for want of a certificate."""
    (home / "p.yaml").write_text(POLICY)
    assert start("--policy", str(home / "p.yaml")) == 0
    said = capsys.readouterr().err
    assert "policy unsigned, observe: nothing is changed" in said
    assert "not taken, downgrades without a certificate: form-extraction" in said
    assert start("--policy", str(home / "p.yaml"), "--enforce", "--allow-uncertified") == 0
    said = capsys.readouterr().err
    assert "policy unsigned, enforce." in said
    assert "not taken" not in said
    (home / KILL_SWITCH).touch()
    assert start("--policy", str(home / "p.yaml"), "--enforce") == 0
    with Ledger.open(home) as ledger:
        assert [known.state for known in ledger.policies()] == ["observe", "enforce", "off"]


def test_json_is_one_object(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For programs that start it."""
    (home / "p.yaml").write_text(POLICY)
    assert start("--policy", str(home / "p.yaml"), "--json", "--upstream", "http://up:1") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "modelmix.serve/1"
    assert document["mode"] == "observe"
    assert document["upstream"] == "http://up:1"
    assert document["not_taken"] == ["form-extraction"]
    assert document["url"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--enforce"], "no routes to take"),
        (["--policy", "absent.yaml"], "cannot be read"),
        (["--upstream", "nonsense"], "is not a base URL"),
        (["--host", "0.0.0.0"], "add --expose"),  # noqa: S104 - it must be refused
        (["--host", "nowhere.invalid", "--expose"], "is not an address of this machine"),
        (["--task-prefix", "team=x"], "begins with a slash"),
        (["--task-prefix", "/team/=x"], "begins with a slash"),
        (["--task-prefix", "/team=?"], "write for example"),
        (["--task-prefix", "/team"], "a side is missing"),
        (["--task-key", "EMPTY_KEY=x"], "is empty"),
        (["--capture-raw"], "name a file with --capture"),
        (["--capture-share", "0.5"], "name a file with --capture"),
        (["--capture-mb", "5"], "name a file with --capture"),
        (["--capture", "-"], "into a file only"),
        (["--capture", "c.jsonl", "--capture-share", "0"], "keeps nothing"),
        (["--capture", "absent/c.jsonl"], "cannot be written"),
    ],
)
def test_what_the_operator_must_change_is_one_sentence(
    capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    """Exit 3, one line, nothing on stdout."""
    assert start(*options) == 3
    said = capsys.readouterr()
    (line,) = [line for line in said.err.splitlines() if "MODELMIX-E" in line]
    assert says in line
    assert not said.out


def test_capturing_text_is_said_at_the_start(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is kept, where, and whether secrets are masked; nothing of it without the option."""
    file = home / "c.jsonl"
    assert start() == 0
    assert "captured" not in capsys.readouterr().err
    assert start("--capture", str(file)) == 0
    said = capsys.readouterr().err
    assert (
        f"text is captured: requests and answers of 10 % of the calls go to {file}, "
        "keys and e-mail addresses masked as far as they are found, until it has 256 MB"
    ) in said
    options = ("--capture-share", "0.005", "--capture-mb", "3", "--capture-raw", "--json")
    assert start("--capture", str(file), *options) == 0
    told = capsys.readouterr()
    assert f"of 0.5 % of the calls go to {file}, keys and e-mail addresses left as they are" in told.err
    assert json.loads(told.out)["capture"] == {
        "file": str(file),
        "share": 0.005,
        "most_bytes": 3 * 2**20,
        "raw": True,
    }


def test_a_taken_port_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3 names the port and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run(["serve", "--port", str(taken.getsockname()[1])]) == 3
    assert "cannot be taken" in capsys.readouterr().err


def test_a_tampered_policy_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3."""
    (home / "p.yaml").write_text(POLICY + "sha256: " + "0" * 64 + "\n")
    assert start("--policy", str(home / "p.yaml")) == 3
    assert "was changed after it was written" in capsys.readouterr().err


def test_a_ledger_that_cannot_be_used_is_said_at_the_start(home: Path) -> None:
    """Exit 9 before any request."""
    (home / "ledger.db").write_bytes(b"no database at all" * 100)
    assert start() == 9


def test_an_exposed_gateway_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever opens it to others is told what that means."""
    assert start("--host", "0.0.0.0", "--expose") == 0  # noqa: S104 - what is tried
    assert "checks no key of its own" in capsys.readouterr().err


def test_prefixes_and_keys_name_task_types() -> None:
    """Keys are read from the environment and held as hashes."""
    defaults = _defaults(["/team-a=form-extraction"], ["TEAM_KEY=ticket-reply"])
    assert defaults.prefixes == {b"/team-a": "form-extraction"}
    assert defaults.keys == {key_hash("sk-team"): "ticket-reply"}
