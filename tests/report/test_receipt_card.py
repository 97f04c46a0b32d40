"""The receipt on a terminal."""

from typing import Any

from rich.console import Console

from modelmix.report.receipt_card import receipt_card
from report.test_receipt import ADVICE, lines, of


def shown(document: dict[str, Any]) -> str:
    """The card as plain text."""
    console = Console(width=80, color_system=None, highlight=False, force_terminal=False)
    with console.capture() as capture:
        console.print(receipt_card(document))
    return capture.get()


def test_the_receipt_fits_a_terminal(full_document: dict[str, Any]) -> None:
    """Six lines with amounts, n, bound and basis, within 80 columns, and the notes."""
    document = dict(full_document)
    text = shown(document)
    assert max(map(len, text.splitlines())) <= 80
    for words in ("today", "proven", "refused", "at stake, not proven", "cash after your commit", "sign for"):
        assert words in text
    assert f"${document['receipt']['proven']['usd']:,.2f}" in text
    assert "in no sum: 1 call" in " ".join(text.split())
    document["receipt"] = lines(of([]), ADVICE)
    assert "best of three tiers" in " ".join(shown(document).split())
