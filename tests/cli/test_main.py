"""The command table, options that hold everywhere, and the edge where errors become exit codes."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

import modelmix
from modelmix.__main__ import main
from modelmix.cli import main as edge
from modelmix.errors import DataError, StoreError

HEAVY = (
    "scipy",
    "duckdb",
    "aiohttp",
    "sqlalchemy",
    "pydantic",
    "uvicorn",
    "numpy",
    "rich",
    "msgspec",
    "yaml",
)


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A command ``trial`` whose function the test supplies."""
    module = ModuleType("modelmix_trial")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(edge.COMMANDS, "trial", edge.Entry(module.__name__, "A command of the tests."))
    return module


def test_help_imports_nothing_heavy() -> None:
    """``modelmix --help`` imports none of the libraries that only some commands need."""
    program = (
        "import sys; from modelmix.__main__ import main; code = main(['--help']);"
        f"print([m for m in {HEAVY!r} if m in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


def test_runs_as_a_module() -> None:
    """``python -m modelmix`` is the same program."""
    done = subprocess.run(
        [sys.executable, "-m", "modelmix", "--version"], capture_output=True, text=True, check=True
    )
    assert f"modelmix {modelmix.__version__}\n" == done.stdout


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Every command of the table stands in the help with its line, in the table's order."""
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    places = [text.index(f"\n  {name} ") for name in edge.COMMANDS]
    assert sorted(places) == places
    assert all(entry.help in text for entry in edge.COMMANDS.values())


def test_every_help_line_fits_80_columns() -> None:
    """No help line is cut at 80 columns."""
    widest = max(len(name) for name in edge.COMMANDS)
    assert all(2 + widest + 2 + len(entry.help) <= 80 for entry in edge.COMMANDS.values())


def test_version_agrees_with_the_package() -> None:
    """The version in the code is the version that is built."""
    document = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert document["project"]["version"] == modelmix.__version__


def test_public_face_is_pinned() -> None:
    """The public names are these and can all be imported."""
    expected = [
        "Call",
        "Candidate",
        "Effort",
        "ModelmixError",
        "PriceBook",
        "Route",
        "Router",
        "Usage",
        "__version__",
    ]
    assert expected == modelmix.__all__ == dir(modelmix)
    assert all(getattr(modelmix, name) is not None for name in expected)
    with pytest.raises(AttributeError, match="Optimiser"):
        _ = modelmix.Optimiser


def test_unknown_command_is_told_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped command exits 2 and names the command that was meant."""
    assert main(["adit"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Did you mean 'audit'?" in said.err


def test_missing_module_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that this build lacks is an error of one sentence."""
    monkeypatch.setitem(edge.COMMANDS, "later", edge.Entry("modelmix.cli.later", "Not built."))
    assert main(["later"]) == 3
    said = capsys.readouterr().err
    assert "'later'" in said
    assert said.count("\n") == 1


def test_missing_dependency_is_not_mistaken_for_a_missing_command(
    trial: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A command whose own import fails says what could not be imported."""
    (tmp_path / "modelmix_halfway.py").write_text("import a_module_that_is_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(edge.COMMANDS, "trial", edge.Entry("modelmix_halfway", "Broken."))
    assert main(["trial"]) == 1
    assert "a_module_that_is_not_there" in capsys.readouterr().err


def test_error_of_the_tree_is_a_sentence_a_code_and_its_exit(
    trial: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of ours prints its sentence and code on stderr and exits with its number."""

    def command() -> None:
        raise StoreError("the ledger is locked; wait")

    trial.command = command  # type: ignore[attr-defined] # a module made by the test
    assert main(["trial"]) == 9
    assert capsys.readouterr().err == "modelmix: the ledger is locked; wait [MODELMIX-E901]\n"


@pytest.mark.parametrize("argv", [["--debug", "trial"], ["trial", "--debug"]])
def test_debug_shows_the_traceback(
    trial: ModuleType, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    """``--debug``, before or after the command, adds the traceback to the sentence."""

    def command() -> None:
        raise DataError("nothing could be read")

    trial.command = command  # type: ignore[attr-defined] # a module made by the test
    assert main(argv) == 4
    assert "Traceback" in capsys.readouterr().err


def test_unexpected_exception_hides_its_traceback(
    trial: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault of ours exits 1 with one line that says how to see more; with --debug it is shown."""

    def command() -> None:
        raise RuntimeError("first\nsecond")

    trial.command = command  # type: ignore[attr-defined] # a module made by the test
    assert main(["trial"]) == 1
    said = capsys.readouterr().err
    assert (
        said == "modelmix: internal error: RuntimeError: first second; --debug shows where [MODELMIX-E101]\n"
    )
    assert main(["trial", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_unexpected_exception_without_words_names_its_class(
    trial: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exception without a message is named by its class."""

    def command() -> None:
        raise RuntimeError

    trial.command = command  # type: ignore[attr-defined] # a module made by the test
    assert main(["trial"]) == 1
    assert "internal error: RuntimeError;" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (KeyboardInterrupt(), 130),
        (typer.Exit(8), 8),
        (typer.Abort(), 130),
        (SystemExit(5), 5),
        (SystemExit(None), 0),
    ],
)
def test_ways_to_end(
    trial: ModuleType, capsys: pytest.CaptureFixture[str], raised: BaseException, code: int
) -> None:
    """Interrupt, exit and abort become exit codes, and an interrupt says so."""

    def command() -> None:
        raise raised

    trial.command = command  # type: ignore[attr-defined] # a module made by the test
    assert main(["trial"]) == code
    assert (capsys.readouterr().err == "modelmix: interrupted\n") == (code == 130)


def test_interrupt_before_the_command_exits_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt while a command is still being imported exits 130 as well."""

    def interrupted(args: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(edge, "_parse_and_run", interrupted)
    assert main(["audit"]) == 130


def test_value_of_a_command_is_its_exit_code(trial: ModuleType) -> None:
    """A command that returns a number exits with it."""

    def command() -> int:
        return 8

    trial.command = command  # type: ignore[attr-defined] # a module made by the test
    assert main(["trial"]) == 8


def test_groups_have_commands_of_their_own(trial: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """A module may hold a group of commands."""
    app = typer.Typer()

    @app.command()
    def first() -> None:
        """Print a word."""
        typer.echo("one")

    @app.command()
    def second(name: Annotated[str, typer.Option()]) -> None:
        """Print a name."""
        typer.echo(name)

    trial.app = app  # type: ignore[attr-defined] # a module made by the test
    assert main(["trial", "first"]) == 0
    assert main(["trial", "second", "--name", "two"]) == 0
    assert capsys.readouterr().out == "one\ntwo\n"


def test_bad_option_exits_2(trial: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown option of a command is an error of usage."""

    def command(count: Annotated[int, typer.Option()] = 1) -> None:
        typer.echo(str(count))

    trial.command = command  # type: ignore[attr-defined] # a module made by the test
    assert main(["trial", "--cuont", "3"]) == 2
    assert "--cuont" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv", [["--home", "here", "trial"], ["trial", "--home=here"], ["trial", "--home", "here"]]
)
def test_home_holds_for_one_run(
    trial: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, argv: list[str]
) -> None:
    """``--home``, before or after the command, is what settings see during the run and only then."""

    def command() -> None:
        typer.echo(os.environ["MODELMIX_HOME"])

    trial.command = command  # type: ignore[attr-defined] # a module made by the test
    monkeypatch.delenv("MODELMIX_HOME", raising=False)
    assert main(argv) == 0
    assert "MODELMIX_HOME" not in os.environ
    monkeypatch.setenv("MODELMIX_HOME", "elsewhere")
    assert main(argv) == 0
    assert os.environ["MODELMIX_HOME"] == "elsewhere"
    assert capsys.readouterr().out == "here\nhere\n"


def test_home_without_a_folder_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    """``--home`` at the end of the line is an error of usage."""
    assert main(["--home"]) == 2
    assert "--home" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "args"),
    [
        ([], ["audit"]),
        (["--json"], ["audit", "--json"]),
        (["--debug"], ["audit"]),
        (["prices", "--json"], ["prices", "--json"]),
        (["serve", "--", "--debug", "--home"], ["serve", "--", "--debug", "--home"]),
        (["-h"], ["-h"]),
    ],
)
def test_audit_is_the_command_when_none_is_named(argv: list[str], args: list[str]) -> None:
    """Without a command it audits; what follows a double dash is left alone."""
    assert edge.read_request(argv).args == args


@given(st.lists(st.sampled_from(["--debug", "--home", "--home=x", "--", "audit", "-x", ""])))
def test_reading_a_command_line_never_fails(argv: list[str]) -> None:
    """Every command line can be read, and no word is invented but ``audit``."""
    request = edge.read_request(argv)
    assert request.args
    assert set(request.args) <= {*argv, "audit"}


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    """A closed pipe on stdout ends the program quietly with 0."""
    program = (
        "import sys\nfrom modelmix.cli import main as edge\nfrom types import ModuleType\n"
        "module = ModuleType('flood')\n"
        "def command() -> None:\n    for _ in range(100000): sys.stdout.write('x' * 100)\n"
        "module.command = command; sys.modules['flood'] = module\n"
        "edge.COMMANDS['flood'] = edge.Entry('flood', 'Flood.')\n"
        "sys.exit(edge.run(['flood']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as flood:
        assert flood.stdout is not None
        assert flood.stderr is not None
        flood.stdout.read(10)
        flood.stdout.close()
        assert flood.wait(timeout=30) == 0
        assert flood.stderr.read() == b""


def test_a_pipe_that_breaks_at_the_last_flush_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that breaks when the output is flushed ends the program quietly as well."""
    gone: list[bool] = []

    def broken(args: list[str]) -> int:
        raise BrokenPipeError

    def gone_quietly() -> int:
        gone.append(True)
        return 0

    monkeypatch.setattr(edge, "_parse_and_run", broken)
    monkeypatch.setattr(edge, "_reader_gone", gone_quietly)
    assert main(["audit"]) == 0
    assert gone == [True]
