"""``modelmix label``, as a user runs it."""

import getpass
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from modelmix.cli.main import run
from modelmix.store.label_book import LabelBook
from pipeline.label.homes import label_all, make

OPUS = "claude-opus-5-5"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that one person has labelled in part."""
    home = make(tmp_path_factory.mktemp("home"), 80)
    label_all(home, 40)
    return home


def test_the_report_is_printed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a screen and as JSON with its schema."""
    assert run(["--home", str(home), "label", "--baseline", OPUS, "--report"]) == 0
    assert "40 labels: anna 40" in capsys.readouterr().out
    assert run(["--home", str(home), "label", "--baseline", OPUS, "--report", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["labels"]) == ("modelmix.label/1", 40)
    assert run(["--home", str(home), "label", "--baseline", OPUS, "--report", "--type", "reply"]) == 0
    assert "lookup" not in capsys.readouterr().out


def test_labels_go_out_and_come_in(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Export to a file or to standard output; import says what was kept and what could not be read."""
    table, other = tmp_path / "labels.csv", str(tmp_path / "other")
    assert run(["--home", str(home), "label", "--export", str(table)]) == 0
    assert "40 labels written" in capsys.readouterr().err
    assert run(["--home", str(home), "label", "--export", "-"]) == 0
    assert capsys.readouterr().out.replace("\r\n", "\n") == table.read_text("utf-8")
    assert run(["--home", str(home), "label", "--export", str(tmp_path / "more.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == 40
    broken = "".join(f"x{i},,1\n" for i in range(5))
    mixed = tmp_path / "mixed.csv"
    mixed.write_text(f"prompt_id,candidate,score\nj1,claude-haiku-5-5,1\n{broken}", "utf-8")
    assert run(["--home", other, "label", "--import", str(mixed), "--name", "ben"]) == 0
    said = capsys.readouterr().err
    assert "1 label of ben kept" in said
    assert "line 3: it names no candidate" in said
    assert "and 2 more bad rows" in said
    assert run(["--home", other, "label", "--import", str(table), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["people"] == ["anna"]
    with LabelBook.open(Path(other)) as book:
        assert len(book.labels()) == 41


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--report", "--export", "x.csv"], 2, "one at a time"),
        (["--export", "-", "--json"], 2, "standard output holds the table"),
        (["--name", " "], 2, "1 to 80 characters"),
        (["--name", "a\nb", "--report"], 2, "1 to 80 characters"),
        (["--baseline", f"{OPUS},claude-haiku-5-5"], 2, "is not one candidate"),
        (["--import", "/nowhere.csv"], 4, "does not exist"),
        (["--report"], 8, "name the model by --baseline"),
        (["--report", "--type", "letters"], 3, "no graded answer of task type"),
        (["--replay", "r-9", "--baseline", OPUS], 8, "no graded answer of replay"),
        (
            ["--candidate", "claude-sonnet-5-5", "--baseline", OPUS],
            3,
            "no graded answer of claude-sonnet-5-5",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    """With the exit code of its kind, and what to do."""
    assert run(["--home", str(home), "label", *words]) == code
    assert said in " ".join(re.sub(r"[│╭╮╰╯─]", " ", capsys.readouterr().err).split())


def test_answers_without_text_say_how_to_keep_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody can read what was not kept; a home without a ledger holds nothing at all."""
    bare = make(tmp_path / "bare", 10, keep_text=False)
    assert run(["--home", str(bare), "label", "--baseline", OPUS, "--no-open"]) == 8
    assert "--keep-text" in capsys.readouterr().err
    assert run(["--home", str(tmp_path / "none"), "label", "--export", "-"]) == 4
    assert "there is no ledger" in capsys.readouterr().err


def test_an_account_without_a_name_has_to_say_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Labels are somebody's."""

    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert run(["--home", str(home), "label", "--report", "--baseline", OPUS]) == 2
    assert "--name" in capsys.readouterr().err


def test_it_serves_until_ctrl_c(home: Path) -> None:
    """It says where the page is and what is left, and at the end what was kept."""
    words = [
        "label",
        "--home",
        str(home),
        "--baseline",
        OPUS,
        "--sample",
        "60",
        "--no-open",
        "--name",
        "anna",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "modelmix", *words],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "120"},
    ) as process:
        assert process.stderr is not None
        said = ""
        while "Ctrl-C" not in said:
            line = process.stderr.readline()
            assert line
            said += line
        process.send_signal(signal.SIGINT)
        said += process.stderr.read()
        assert process.wait(30) == 0
    assert re.search(r"http://127\.0\.0\.1:\d+/[\w-]{24}/", said)
    assert "20 labels, about 4 minutes (measured: 12 s each); 40 of 60" in said
    assert "40 labels of anna on this sample are kept" in said


def test_a_browser_is_opened_unless_told_not_to(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address goes to the machine's own browser."""
    import webbrowser

    from modelmix.dashboard import run as door

    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(door, "serve", lambda taken, app, announce: (announce(), taken.close()))
    words = ["--home", str(home), "label", "--baseline", OPUS, "--sample", "5", "--json"]
    assert run(words) == 0
    assert run([*words, "--no-open"]) == 0
    assert len(opened) == 1
    assert opened[0].startswith("http://127.0.0.1:")
