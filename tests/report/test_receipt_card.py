"""The receipt on a terminal."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from modelmix.report.receipt_card import folded, receipt_card, wrapped
from report.ledgers import call, entry, policy_of
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
    said = " ".join(text.split())
    assert "in no sum: 1 call" in said
    assert "beyond the above: " in said
    assert "cash, sign for: modelmix report --contract contract.yaml" in text
    assert "proof cost $0.0060 so far in 1 call of replays, in no line above (measured)" in said
    document["receipt"] = lines(of([]), ADVICE)
    said = " ".join(shown(document).split())
    assert "sign for: best of three tiers" in said
    assert "$9,000 \N{EN DASH} $8,000 to $9,500, in 365 days (estimated)" in said


def test_amounts_of_millions_fit_too(full_document: dict[str, Any]) -> None:
    """The column beside them gives way, and no figure is broken."""
    large = replace(ADVICE, sign_usd=Decimal("123456789.5"), sign_high_usd=Decimal(987654321))
    text = shown({**full_document, "receipt": lines(of([]), large), "proof": {"calls": 0}})
    assert max(map(len, text.splitlines())) <= 80
    assert "$123,456,790" in text
    assert "$8,000 to $987,654,321," in text


def test_a_line_of_nothing_says_so(full_document: dict[str, Any]) -> None:
    """No type, no n: a sentence instead of zeros."""
    bare = policy_of(forms=entry("forms", "CLEARS", moved=True))
    for policy, words in (
        (bare, ("no candidate fails its bar", "nothing is left open")),
        (bare.model_copy(update={"certificate": None, "sha256": None}), ("no move is certified",)),
    ):
        said = shown({**full_document, "receipt": lines(of([call(0, "forms")], policy))})
        assert all(word in " ".join(said.split()) for word in words)


def test_a_number_stays_with_its_noun() -> None:
    """Lines break between sentences' other words."""
    for width in range(20, 60):
        text = wrapped("chance that some of it stays unused: 0 %; over 9 scenarios, 12 moved calls", width)
        for figure in ("0 %", "9 scenarios", "12 moved calls"):
            assert figure in text


@given(st.lists(st.text("ab 1", min_size=1).map(str.strip).filter(bool), min_size=1), st.integers(1, 40))
def test_parts_are_never_broken(parts: list[str], width: int) -> None:
    """Each stands whole on one line, in its order."""
    text = folded(parts, width)
    assert " ".join(text.split("\n")) == ", ".join(parts)
