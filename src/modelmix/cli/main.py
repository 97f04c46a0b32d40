"""The command table, and the edge where errors become one sentence and an exit code."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from modelmix import __version__
from modelmix.cli.console import say
from modelmix.errors import ConfigError, ModelmixError

HOME_VARIABLE = "MODELMIX_HOME"
DEBUG_VARIABLE = "MODELMIX_DEBUG"
USAGE = 2
INTERRUPTED = 130
_HELP = {"help_option_names": ["-h", "--help"]}


class Entry(NamedTuple):
    """One row of the command table.

    Attributes:
        module: Module that holds the command; imported only when the command runs.
        help: One line for ``modelmix --help``.
    """

    module: str
    help: str


COMMANDS: dict[str, Entry] = {
    "audit": Entry("modelmix.cli.audit", "What your Claude traffic costs, and what of it is at stake."),
    "import": Entry("modelmix.cli.import_", "Keep logs and outcome tables in the ledger."),
    "replay": Entry("modelmix.cli.replay", "Ask cheaper candidates what your logs asked, and grade."),
    "label": Entry("modelmix.cli.label", "Grade answers yourself, side by side; check a judge by it."),
    "optimize": Entry("modelmix.cli.optimize", "Turn outcomes into a policy in which every route is proven."),
    "bench": Entry("modelmix.cli.bench", "Hold the optimiser against a known truth."),
    "policy": Entry("modelmix.cli.policy", "Show, check, compare and explain policy files."),
    "serve": Entry("modelmix.cli.serve", "The gateway: serve a policy to any Claude client."),
    "report": Entry("modelmix.cli.report", "What a policy saves and how that is known, as one page."),
    "commit": Entry("modelmix.cli.commit", "Size a spend commitment to what is left to pay."),
    "simulate": Entry("modelmix.cli.simulate", "A practice Claude API on this machine: no key, no cost."),
    "demo": Entry("modelmix.cli.demo", "The whole story on simulated traffic, in under a minute."),
    "export": Entry("modelmix.cli.export", "Print what the ledger holds, for other tools."),
    "prices": Entry("modelmix.cli.prices", "List prices in force on a day, and one model's history."),
}
"""Every command, in the order of ``modelmix --help``."""


class LazyGroup(TyperGroup):
    """The root command: help comes from the table, a command's module is imported when it runs."""

    def __init__(self, **attrs: Any) -> None:  # noqa: ANN401 - the parser's own
        super().__init__(**attrs)
        self.commands = {name: TyperCommand(name=name, help=entry.help) for name, entry in COMMANDS.items()}

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # typer's own Context
        """Return the names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def resolve_command(
        self,
        ctx: Any,  # noqa: ANN401 - the parser's class is private
        args: list[str],
    ) -> tuple[str | None, Any, list[str]]:
        """Find the command that is to run, and import it."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else load(name), rest


def load(name: str) -> Any:  # noqa: ANN401 - the parser's class is private
    """Import a command and wrap it for the parser.

    Raises:
        ConfigError: This build does not hold the command.
    """
    entry = COMMANDS[name]
    try:
        module = import_module(entry.module)
    except ModuleNotFoundError as error:
        if error.name != entry.module:
            raise
        raise ConfigError(
            f"modelmix {__version__} does not hold the command {name!r} yet; update it"
        ) from error
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_HELP)
        app.command(name=name)(module.command)
    command = get_command(app)
    command.name = name
    return command


def _show_version(value: bool) -> None:
    if value:
        sys.stdout.write(f"modelmix {__version__}\n")
        raise typer.Exit


def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
    home: Annotated[
        str | None,
        typer.Option("--home", metavar="DIR", help="Folder of ledger and lake, before or after the command."),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error, before or after the command.")
    ] = False,
) -> None:
    """Run each Claude task on the cheapest model and effort that provably clears your quality bar.

    Without a command it audits the transcripts that Claude Code keeps on this machine.
    """
    del version, home, debug


def _app() -> Any:  # noqa: ANN401 - the parser's class is private
    app = typer.Typer(cls=LazyGroup, rich_markup_mode=None, context_settings=_HELP)
    app.callback()(root)
    return get_command(app)


_ROOT_ONLY = ("-h", "--help", "--version", "--install-completion", "--show-completion")


class Request(NamedTuple):
    """A command line with the options that hold everywhere taken out.

    Attributes:
        args: What is left, with ``audit`` put in where no command is named.
        home: Value of ``--home``, or None.
        debug: Whether ``--debug`` stands anywhere.
    """

    args: list[str]
    home: str | None
    debug: bool


def read_request(argv: Sequence[str]) -> Request:
    """Take ``--home`` and ``--debug`` out of a command line, wherever they stand before a ``--``."""
    args: list[str] = []
    home: str | None = None
    debug = False
    rest = iter(argv)
    for word in rest:
        if word == "--":
            args += [word, *rest]
        elif word == "--debug":
            debug = True
        elif word.startswith("--home="):
            home = word.removeprefix("--home=")
        elif word == "--home" and (value := next(rest, None)) is not None:
            home = value
        else:
            args.append(word)
    if not args or (args[0].startswith("-") and args[0] not in _ROOT_ONLY and args[0] != "--home"):
        args.insert(0, "audit")
    return Request(args, home, debug)


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code; no exception leaves it.

    Args:
        argv: Arguments without the program's name.
    """
    request = read_request(argv)
    kept = os.environ.get(HOME_VARIABLE)
    if request.home is not None:
        os.environ[HOME_VARIABLE] = request.home
    try:
        return _run(request.args, debug=request.debug or bool(os.environ.get(DEBUG_VARIABLE)))
    finally:
        if request.home is not None:
            os.environ.pop(HOME_VARIABLE, None)
            if kept is not None:
                os.environ[HOME_VARIABLE] = kept


def _run(args: list[str], *, debug: bool) -> int:
    try:
        code = _parse_and_run(args)
        sys.stdout.flush()
    except ModelmixError as error:
        if debug:
            traceback.print_exc()
        say(f"modelmix: {error} [{error.code}]")
        return error.exit_code
    except KeyboardInterrupt:
        say("modelmix: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except Exception as error:  # noqa: BLE001 - the edge of the program: nothing above could handle it
        if debug:
            traceback.print_exc()
        say(f"modelmix: internal error: {_one_line(error)}; --debug shows where [{ModelmixError.code}]")
        return 1
    return code


def _parse_and_run(args: list[str]) -> int:
    try:
        result = _app()(args, prog_name="modelmix", standalone_mode=False)
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):
            raise stop.__context__ from None
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except Exception as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        # An error of usage: its class has moved between typer's versions, its interface has not.
        show()
        return int(getattr(error, "exit_code", USAGE))
    if result == INTERRUPTED:
        # The parser swallows an interrupt and leaves this code.
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def _reader_gone() -> int:
    # The reader had all it wanted (`modelmix audit | head`); what is still buffered has nowhere to go.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return 0


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
