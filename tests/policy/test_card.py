"""Card: a policy on one screen."""

from datetime import date
from decimal import Decimal

import pytest

from modelmix.core.capabilities import CapabilityTable
from modelmix.policy.artifact import signed, to_policy
from modelmix.policy.card import card
from modelmix.policy.document import PolicyDocument


def test_a_cost_of_errors_that_is_no_whole_cent_is_shown_as_it_is(
    document: PolicyDocument, capabilities: CapabilityTable
) -> None:
    """Minutes at a wage may come to a fraction of a cent; where nobody said a cost, none is shown."""
    bar = document.bar.model_copy(update={"error_cost_usd": Decimal("0.458333")})
    drawn = card(document.model_copy(update={"bar": bar}), to_policy(document, capabilities))
    assert drawn.count("a wrong answer costs $0.458333") == 2
    bar = document.bar.model_copy(update={"error_cost_usd": None})
    drawn = card(document.model_copy(update={"bar": bar}), to_policy(document, capabilities))
    assert drawn.count("a wrong answer costs") == 1


def test_the_card_says_what_is_proved_and_where_each_type_goes(
    document: PolicyDocument, capabilities: CapabilityTable
) -> None:
    """The whole card, as it stands on a terminal of 80 columns."""
    drawn = card(document, to_policy(document, capabilities))
    assert (
        drawn
        == f"""\
document-pipeline v7 · 2026-11-23 · policy {document.sha256[:8] if document.sha256 else ""}
CLEARS on the traffic that moves: loss at most 1.3 pp at 95 % confidence, margin
  2.0 pp
  3,412 fresh pairs · fixed-tango · 71 % of the traffic moves · errors per
    1,000: 31 before, 35 after · saves 54 %, at least 51 %
  holds until 2027-02-21, then 14 days of grace · attempt 2 · prices of
    2026-11-23

type                                      verdict      loss ≤    pairs   saves ≥
form-extraction                           CLEARS       1.1 pp      640      91 %
  opus-5-5 · medium → haiku-5-5 · low
  a wrong answer costs $4.00
report-summary                            CLEARS       1.9 pp      412      30 %
  opus-4-8 or opus-5 → opus-5-5 · low
  a wrong answer costs $1.00
analytical-question                       UNDECIDED         -      212         -
  stays on opus-5-5 · medium (critical)
  a wrong answer costs $1.00
  UNDECIDED: 212 of about 690 pairs; $9.40 more would decide

2 of 3 types move; all else is answered by the model it asks for.
Requests for the virtual model `modelmix` without a type go to the highest
  baseline.
"""
    )


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_the_card_fits_its_terminal(
    document: PolicyDocument, capabilities: CapabilityTable, width: int
) -> None:
    """No line is wider than the terminal, down to 60 columns."""
    long = document.model_copy(
        update={"tasks": {"a long name " * 9 + "x": document.tasks["form-extraction"]}}
    )
    for one in (document, signed(long)):
        drawn = card(one, to_policy(one, capabilities), width)
        assert max(map(len, drawn.splitlines())) <= max(width, 60)


def test_the_card_of_a_policy_written_by_hand_says_that_nothing_is_proven(
    unsigned: PolicyDocument, capabilities: CapabilityTable
) -> None:
    """And which routes are not taken for that."""
    entry = unsigned.tasks["form-extraction"].model_copy(update={"evidence": None})
    bare = unsigned.model_copy(update={"certificate": None, "created": None, "tasks": {"forms": entry}})
    drawn = card(bare, to_policy(bare, capabilities))
    assert (
        "document-pipeline v7 · written by hand, no hash\nNo certificate: nothing is proven here.\n" in drawn
    )
    assert "haiku-5-5 · low; NOT TAKEN, no certificate carries it" in drawn
    assert "0 of 1 types move" in drawn


def test_the_card_of_a_bare_certificate_leaves_out_what_it_does_not_know(
    document: PolicyDocument, capabilities: CapabilityTable
) -> None:
    """Absent figures are absent, and an expired policy opens with its warning."""
    assert document.certificate is not None
    absent = ("bound", "moved_share", "errors_per_1000", "saving_bound", "saving_share")
    for count in (4, 5):
        changes = dict.fromkeys(absent[:count])
        certificate = document.certificate.model_copy(update={"verdict": "UNDECIDED", **changes})
        bare = signed(document.model_copy(update={"certificate": certificate}))
        drawn = card(bare, to_policy(bare, capabilities).on(date(2027, 3, 1)))
        assert "! policy " in drawn
        assert (
            "UNDECIDED on the traffic that moves: margin 2.0 pp\n  3,412 fresh pairs · fixed-tango" in drawn
        )
        assert ("saves 54 %\n" in drawn) is (count == 4)


def test_what_moves_up_shows_the_saving_with_errors_paid_for(
    document: PolicyDocument, capabilities: CapabilityTable
) -> None:
    """Beside the saving of calls stands what is saved once errors are paid for, and its bound."""
    assert document.certificate is not None
    for bound, said in ((Decimal("0.2"), "saves 30 %, at least 20 %"), (None, "saves 30 %")):
        figures = {"net_saving_share": Decimal("0.3"), "net_saving_bound": bound}
        certificate = document.certificate.model_copy(update=figures)
        up = document.model_copy(update={"certificate": certificate})
        drawn = " ".join(card(up, to_policy(up, capabilities)).split())
        assert f"with errors paid for {said}" in drawn
