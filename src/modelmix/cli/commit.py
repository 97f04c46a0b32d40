"""``modelmix commit``: how much to commit to, on what is proven to be left to pay."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelmix.errors import ConfigError

if TYPE_CHECKING:
    from modelmix.policy.document import PolicyDocument


def command(
    contract: Annotated[
        Path | None, typer.Argument(metavar="CONTRACT", help="Contract file; - reads standard input.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Policy file whose certified savings count.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="First day or instant of the ledger to count (UTC).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="First day or instant not to count (UTC).")
    ] = None,
    price_as: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="Price an old model at another's rates; repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of the contract file, for editors.")
    ] = False,
) -> None:
    """Size a spend commitment to what is left to pay once proven savings are live.

    Spend comes from the contract file or from the ledger, savings from the file or from a policy. Nothing is
    sent anywhere and nothing is written.
    """
    if schema:
        from modelmix.ingest.contract import schema as contract_schema

        sys.stdout.write(contract_schema().decode())
        return
    if contract is None:
        raise typer.BadParameter("name a contract file; docs/commit.md shows one", param_hint="CONTRACT")
    _size(contract, policy, (since, until), price_as or [], as_json=as_json)


def _size(
    contract: Path,
    policy: Path | None,
    span: tuple[str | None, str | None],
    price_as: list[str],
    *,
    as_json: bool,
) -> None:
    from datetime import UTC, datetime

    from modelmix import settings
    from modelmix.cli.console import out, print_json
    from modelmix.cli.options import priced_as, span_of
    from modelmix.pipeline.audit import Window
    from modelmix.pipeline.commit import Ask, Surroundings, size

    current = settings.load()
    around = Surroundings(
        home=current.home,
        book=priced_as(current.price_book(), price_as),
        capabilities=current.capabilities(),
        now=datetime.now(UTC),
    )
    ask = Ask(
        data=_bytes(contract),
        path=str(contract),
        policy=_policy(policy),
        policy_path="" if policy is None else str(policy),
        window=Window(*span_of(*span)),
    )
    report = size(ask, around)
    if as_json:
        from modelmix.report.commit import as_json as document

        print_json(document(report))
    else:
        from modelmix.report.commit_card import card

        out().print(card(report))


def _policy(path: Path | None) -> "PolicyDocument | None":
    if path is None:
        return None
    from modelmix.pipeline.savings import read_policy

    return read_policy(path)


def _bytes(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror or error}); correct the path") from error
