"""Words of ``modelmix replay``: what stands behind its options, read into what a replay asks."""

import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from modelmix.core.candidate import Candidate

_STANDARD_INPUT = "-"


def places_of(logs: Sequence[str], home: Path) -> tuple[str, ...]:
    """Return the logs that are named, or those that were imported and are still there."""
    from modelmix.errors import DataError
    from modelmix.store.book import FILE
    from modelmix.store.ledger import Ledger

    if _STANDARD_INPUT in logs:
        raise typer.BadParameter(
            "standard input cannot be replayed: logs are read twice, and again to go on; save it to a file",
            param_hint="LOG",
        )
    if logs:
        # A resumed replay may be started from another folder.
        return tuple(os.path.abspath(name) for name in logs)  # noqa: PTH100 - links are the user's
    imported: dict[str, None] = {}
    if (home / FILE).exists():
        with Ledger.open(home) as ledger:
            done = [one for one in ledger.imports() if one.kind == "messages"]
        imported = dict.fromkeys(one.source for one in done if Path(one.source).is_file())
    if not imported:
        raise DataError(
            "there is no log to replay: name request/response logs, or a folder of them "
            "(modelmix serve --capture FILE records some)"
        )
    return tuple(os.path.abspath(name) for name in imported)  # noqa: PTH100 - links are the user's


def candidates_of(texts: Sequence[str]) -> "tuple[Candidate, ...] | None":
    """Return who is asked, or None where nobody is named."""
    from modelmix.cli.shares import candidates_of

    return tuple(one for text in texts for one in candidates_of(text, "--candidate")) or None


def graders_of(texts: Sequence[str]) -> dict[str, str]:
    """Return task type → grader; the empty type is for all others."""
    from modelmix.cli.shares import graders_of

    return graders_of(texts, "--grader")


def share_of(text: str, option: str) -> float:
    """Return a margin."""
    from modelmix.cli.shares import margin_of

    return margin_of(text, option)


def amount_of(text: str | None) -> Decimal | None:
    """Return an amount of USD, or None where none is named."""
    from modelmix.cli.shares import amounts_of

    if text is None:
        return None
    amount, named = amounts_of([text], "--max-spend")
    if named:
        raise typer.BadParameter(f"{text!r} is not an amount of USD; write 30", param_hint="--max-spend")
    return amount
