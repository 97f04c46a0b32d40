"""``modelmix report``: what a policy saves and how that is known, as one offline page and its JSON twin."""

import sys
from pathlib import Path
from typing import Annotated

import typer

PAGE = "report.html"


def command(
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help=f"Page to write; - is standard output. [default: {PAGE}]"
        ),
    ] = None,
    policy: Annotated[Path, typer.Option(metavar="FILE", help="The policy to report on.")] = Path(
        "policy.yaml"
    ),
    contract: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Contract that decides what of the saving is cash."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="First day or instant to count (UTC).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="First day or instant not to count (UTC).")
    ] = None,
    examples: Annotated[
        int, typer.Option(min=0, max=100, help="Worst examples of each task type, where text was kept.")
    ] = 5,
    no_text: Annotated[bool, typer.Option("--no-text", help="Show no prompt and no answer.")] = False,
    price_as: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="Price an old model at another's rates; repeatable."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the same as one JSON object; the page only with -o.")
    ] = False,
) -> None:
    """Say what a policy saves and how that is known, in one HTML file that needs no network.

    It opens with the receipt: today, proven, refused, at stake, cash after your commit, sign for. Traffic
    comes from the ledger, evidence from the lake. Nothing is sent anywhere.
    """
    from datetime import UTC, datetime

    from modelmix import settings
    from modelmix.cli.console import out, print_json, say
    from modelmix.cli.options import priced_as, span_of
    from modelmix.pipeline.audit import Window
    from modelmix.pipeline.report import ReportAsked, account, plotly_source, write_page
    from modelmix.report.account import account_document
    from modelmix.report.account_page import account_page
    from modelmix.report.receipt_card import receipt_card

    if as_json and output == "-":
        raise typer.BadParameter("--json and -o - both write to standard output; name a file by -o")
    surroundings = settings.load()
    asked = ReportAsked(
        home=surroundings.home,
        policy=policy,
        contract=contract,
        window=Window(*span_of(since, until)),
        examples=examples,
        has_text=not no_text,
        now=datetime.now(UTC),
    )
    book = priced_as(surroundings.price_book(), price_as or ())
    document = account_document(account(asked, book, surroundings.capabilities()))
    page = PAGE if output is None and not as_json else output
    if page == "-":
        sys.stdout.write(account_page(document, plotly_source()))
        return
    if page is not None:
        write_page(Path(page), account_page(document, plotly_source()))
    if as_json:
        print_json(document)
    else:
        out().print(receipt_card(document))
    if page is not None:
        say(f"wrote {page}")
