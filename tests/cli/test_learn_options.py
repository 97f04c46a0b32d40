"""Options of learning: money is never spent unasked, and what cannot be done is said before any of it."""

import socket
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from modelmix.cli.learn_options import LearnOptions, order_of
from modelmix.cli.main import run
from modelmix.core.candidate import Candidate
from modelmix.errors import ConfigError
from modelmix.gateway.app import Gateway
from modelmix.settings import load

API, PRACTICE = "https://api.anthropic.com", "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and a server that ends as soon as it could begin."""

    def serve(_: socket.socket, gateway: Gateway, __: int, announce: Callable[[], None]) -> None:
        assert isinstance(gateway, Gateway)
        announce()

    monkeypatch.setenv("MODELMIX_HOME", str(tmp_path))
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setattr("modelmix.gateway.run.serve", serve)
    monkeypatch.setattr("gc.freeze", lambda: None)
    monkeypatch.setattr("gc.set_threshold", lambda *_: None)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--learn"], "say how much at most with --learn-usd 25"),
        (["--learn-usd", "25"], "add --learn, with a cap by --learn-usd"),
        (["--learn-share", "5%"], "add --learn, with a cap by --learn-usd"),
        (["--learn", "--learn-usd", "25"], "export ANTHROPIC_API_KEY, or use each client's own"),
        (["--learn", "--learn-usd", "0"], "'0' is not a positive amount of USD"),
        (["--learn", "--learn-usd", "lots"], "'lots' is not a positive amount of USD"),
        (["--learn", "--learn-usd", "25", "--learn-share", "0"], "'0' is no share of the requests"),
        (["--learn", "--learn-usd", "25", "--learn-share", "many"], "'many' is not a share"),
        (["--learn", "--learn-usd", "25", "--learn-margin", "2"], "lies outside -1 to 1"),
        (["--learn", "--learn-usd", "25", "--learn-grader", "t=magic"], "of no known kind 'magic'"),
        (
            ["--learn", "--learn-usd", "25", "--learn-candidate", "gpt"],
            "'gpt' is not in the capability table",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of use or of configuration, and one sentence that names what to do; nothing is sent."""
    assert run(["serve", "--port", "0", *options]) in {2, 3}
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_start_says_what_is_spent_and_by_which_key(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Share, cap and whose key it is are said when the gateway starts; the key is not."""
    assert run(["serve", "--port", "0", "--learn", "--learn-usd", "$25", "--learn-client-keys"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "learning: 5 % of the requests go to candidates as well, with each client's own key" in said
    assert "for at most $25 in all" in said
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-planted")
    assert run(["serve", "--port", "0", "--learn", "--learn-usd", "25"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "with the key of ANTHROPIC_API_KEY" in said
    assert "planted" not in said


def test_what_is_said_is_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every option comes to be part of the order."""
    options = LearnOptions(
        on=True,
        usd="7.5",
        share="10%",
        candidates=("claude-haiku-5-5@low,claude-sonnet-5-5",),
        graders=("t=exact",),
        margin="4pp",
        pairs=200,
    )
    order = order_of(options, load(), PRACTICE)
    assert order is not None
    ask = order.ask
    assert (ask.cap_usd, ask.share, ask.margin, ask.pairs) == (Decimal("7.5"), 0.1, 0.04, 200)
    assert ask.candidates == (
        Candidate.parse("claude-haiku-5-5@low"), Candidate.parse("claude-sonnet-5-5")
    )  # fmt: skip
    assert ask.graders == {"t": "exact@1"}
    assert order.place.key == "practice"
    assert order_of(LearnOptions(), load(), API) is None
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k\u00e9y")
    with pytest.raises(ConfigError, match="characters that no key has"):
        order_of(LearnOptions(on=True, usd="1"), load(), API)
