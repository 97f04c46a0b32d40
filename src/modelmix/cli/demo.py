"""``modelmix demo``: the whole story on simulated traffic."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from modelmix.demo.story import Teller

WRONG = 1


def command(
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where its files go.")] = Path("modelmix-demo"),
    prompts: Annotated[
        int, typer.Option(min=40, max=100_000, help="Prompts that every candidate answers.")
    ] = 2400,
    live: Annotated[int, typer.Option(min=10, max=100_000, help="Requests sent through the gateway.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Seed of prompts and answers.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Tell the whole story on simulated traffic: no key, no cost, nothing leaves this machine.

    A document pipeline (forms, summaries, analytical questions), ticket triage and a support assistant run on
    the practice API. The answers are synthetic; so are the dollars, at list price. Every decision is held
    against the truth.
    """
    from datetime import UTC, datetime

    from modelmix import settings
    from modelmix.cli.console import out, print_json
    from modelmix.demo import screen
    from modelmix.demo.story import tell
    from modelmix.demo.traffic import Size

    ending = tell(
        folder, settings.load(), Size(seed, prompts, live), datetime.now(UTC), _teller(quiet=as_json)
    )
    if as_json:
        print_json(screen.as_json(ending))
    else:
        out().print(screen.screen(ending))
    if not all(checked.is_right for checked in ending.checked):
        raise typer.Exit(WRONG)


def _teller(*, quiet: bool) -> "Teller":
    from rich.text import Text

    from modelmix.cli.console import out, talk
    from modelmix.demo import screen
    from modelmix.demo.story import Teller
    from modelmix.report import card, commit_card, fit, receipt_card, replay

    shown, told = out(), talk()
    step = 0

    def heading(title: str) -> None:
        nonlocal step
        step += 1
        if not quiet:
            shown.print(Text(f"\n{step}  {title}", "bold cyan"))

    def progress(what: str, done: int, whole: int) -> None:
        if told.is_terminal and (done == whole or done % 50 == 0):
            end = "\n" if done == whole else ""
            sys.stderr.write(f"\r   {done:,} of {whole:,} {what}{end}")
            sys.stderr.flush()

    def show(part: object) -> None:
        if not quiet:
            shown.print(part)

    return Teller(
        heading=heading,
        progress=progress,
        audited=lambda audit: show(card.card(audit)),
        replayed=lambda seen: show(replay.card(seen)),
        optimised=lambda found, goal, path: show(
            fit.card(fit.FitReport(found.fit, goal, str(path), found.policy.sha256 or "", found.notes))
        ),
        refused=lambda found, optimised: show(screen.refused(found, optimised)),
        served=lambda live, bill: show(screen.served(live, bill)),
        reported=lambda document, _: show(receipt_card.receipt_card(document)),
        committed=lambda report: show(commit_card.summary(report)),
    )
