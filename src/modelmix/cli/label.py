"""``modelmix label``: people grade answers side by side, on a page of this machine."""

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from modelmix.pipeline.label.material import Asked, Material
    from modelmix.settings import Settings

_STDOUT = "-"
_BAD_ROWS_SHOWN = 3
_LONGEST_NAME = 80


def command(
    replay: Annotated[
        str | None, typer.Option(metavar="ID", help="Only answers of this replay; default: all evidence.")
    ] = None,
    task_type: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only this task type; repeatable.")
    ] = None,
    candidate: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL[@EFFORT]", help="Only answers of this candidate; repeatable."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="MODEL[@EFFORT]", help="Whose answers stand beside; default: today's model."),
    ] = None,
    sample: Annotated[int, typer.Option(min=1, metavar="N", help="Pairs at most.")] = 100,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the sample.")] = 0,
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="P", help="Port; 0 takes a free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
    name: Annotated[
        str | None, typer.Option(metavar="WHO", help="Whose labels these are; default: your user name.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Print what all labels show; nothing is served.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all labels as CSV; - is standard output.")
    ] = None,
    import_: Annotated[
        Path | None,
        typer.Option("--import", metavar="FILE", help="Keep others' labels: prompt_id, candidate, score."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Grade pairs of answers yourself, side by side, without being told who wrote which.

    Your words are kept at once, and count as evidence: they take the place of rules' grades, show how far a
    judge can be trusted, and correct what it says. Answers have to be there with their text: replay or
    import with --keep-text. Run it again to go on; nothing leaves this machine.
    """
    from modelmix import settings
    from modelmix.cli.shares import candidates_of
    from modelmix.pipeline.label.material import Asked

    _check_one(report=report, export=export, import_=import_)
    surroundings = settings.load()
    who = _who(name)
    if import_ is not None:
        _import(surroundings, import_, who, as_json=as_json)
        return
    if export is not None:
        _export(surroundings, export, as_json=as_json)
        return
    wanted = [one for text in candidate or () for one in candidates_of(text, "--candidate")]
    held = candidates_of(baseline, "--baseline") if baseline is not None else []
    if baseline is not None and len(held) != 1:
        raise typer.BadParameter(f"{baseline!r} is not one candidate", param_hint="--baseline")
    capabilities = surroundings.capabilities()
    asked = Asked(
        home=surroundings.home,
        replay=replay or "",
        task_types=tuple(task_type or ()),
        candidates=tuple(capabilities.effective(one) for one in wanted),
        baseline=held[0] if held else None,
        sample=sample,
        seed=seed,
    )
    _run(surroundings, asked, who, port, no_open=no_open, report=report, as_json=as_json)


def _check_one(*, report: bool, export: Path | None, import_: Path | None) -> None:
    given = [
        option
        for option, is_given in (("--report", report), ("--export", export), ("--import", import_))
        if is_given
    ]
    if len(given) > 1:
        raise typer.BadParameter(f"one at a time; leave out {', '.join(given[1:])}", param_hint=given[0])


def _who(name: str | None) -> str:
    try:
        who = (name if name is not None else getpass.getuser()).strip()
    except (OSError, KeyError):  # an account without a name
        who = ""
    if not who or len(who) > _LONGEST_NAME or not who.isprintable():
        raise typer.BadParameter(
            f"whose labels these are is said in 1 to {_LONGEST_NAME} characters on one line",
            param_hint="--name",
        )
    return who


def _run(
    surroundings: "Settings",
    asked: "Asked",
    who: str,
    port: int,
    *,
    no_open: bool,
    report: bool,
    as_json: bool,
) -> None:
    from modelmix.pipeline.label.material import material

    found = material(asked, surroundings.capabilities())
    if not report:
        _serve(found, who, port, no_open=no_open)
    if report or as_json:
        _show(found, as_json=as_json)


def _show(found: "Material", *, as_json: bool) -> None:
    from modelmix.cli.console import out, print_json
    from modelmix.report import label_report

    shown = found.report()
    if as_json:
        print_json(label_report.as_json(shown))
    else:
        out().print(label_report.card(shown))


def _serve(found: "Material", who: str, port: int, *, no_open: bool) -> None:
    """Serve the page until the person ends it, and say what was kept."""
    import secrets
    from datetime import UTC, datetime

    from modelmix.cli.console import say
    from modelmix.dashboard.label_app import LabelApp
    from modelmix.dashboard.run import LOOPBACK, bind, port_of, serve
    from modelmix.pipeline.label.session import Session
    from modelmix.report.label_report import work
    from modelmix.report.plain import counted
    from modelmix.store.label_book import LabelBook

    sample = found.sample()
    shown = found.shown(sample)
    with LabelBook.open(found.asked.home) as book:
        session = Session(shown, book, who, lambda: datetime.now(UTC))
        taken = bind(port)
        token = secrets.token_urlsafe(18)
        address = f"http://{LOOPBACK}:{port_of(taken)}/{token}/"

        def announce() -> None:
            say(f"modelmix: {counted(session.size - session.done, 'pair')} to grade: {address}")
            say("modelmix: only this machine can open it, by this address; Ctrl-C ends")
            if not no_open:
                _open(address)

        open_pairs = session.size - session.done
        before = f"; {session.done:,} of {session.size:,} were done before" if session.done else ""
        say(f"modelmix: {who}: {work(open_pairs, found.report().seconds_per_label)}{before}")
        serve(taken, LabelApp(session, found.report, token, port_of(taken)), announce)
        kept = counted(session.done - session.skipped, "label")
        say(f"modelmix: {kept} of {who} on this sample are kept; modelmix label --report says what they show")


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)


def _export(surroundings: "Settings", path: Path, *, as_json: bool) -> None:
    from modelmix.cli.console import print_json, say
    from modelmix.errors import DataError
    from modelmix.pipeline.label.exchange import hand_out
    from modelmix.report.plain import counted
    from modelmix.store.book import FILE
    from modelmix.store.label_book import LabelBook

    if not (surroundings.home / FILE).exists():
        raise DataError(f"there is no ledger in {surroundings.home}; run modelmix label first")
    to_stdout = str(path) == _STDOUT
    if to_stdout and as_json:
        raise typer.BadParameter("standard output holds the table; leave out --json", param_hint="--export")
    with LabelBook.open(surroundings.home) as book:
        written = hand_out(None if to_stdout else path, book.labels(), sys.stdout)
    if as_json:
        print_json({"schema": "modelmix.labels-exported/1", "labels": written, "path": str(path)})
    else:
        say(f"modelmix: {counted(written, 'label')} written")


def _import(surroundings: "Settings", path: Path, who: str, *, as_json: bool) -> None:
    from datetime import UTC, datetime

    from modelmix.cli.console import print_json, say
    from modelmix.pipeline.label.exchange import take_in
    from modelmix.report.plain import counted, printable

    taken = take_in(path, surroundings.home, who=who, now=datetime.now(UTC))
    if as_json:
        print_json(
            {
                "schema": "modelmix.labels-imported/1",
                "labels": taken.labels,
                "passed_over": taken.passed_over,
                "people": list(taken.people),
                "bad_rows": [
                    {"source": bad.source, "line": bad.line, "why": bad.why} for bad in taken.bad_rows
                ],
            }
        )
        return
    say(f"modelmix: {counted(taken.labels, 'label')} of {', '.join(map(printable, taken.people))} kept")
    for bad in taken.bad_rows[:_BAD_ROWS_SHOWN]:
        say(f"  line {bad.line:,}: {printable(bad.why)}")
    if len(taken.bad_rows) > _BAD_ROWS_SHOWN:
        say(f"  and {counted(len(taken.bad_rows) - _BAD_ROWS_SHOWN, 'more bad row')}")
