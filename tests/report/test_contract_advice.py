"""What a contract makes of proven savings."""

from dataclasses import replace
from decimal import Decimal

import pytest

from modelmix.report.commit import Basis
from modelmix.report.contract_advice import advice_of
from report.commits import report_of


def test_unsigned_cash_is_the_difference_of_two_best_commitments() -> None:
    """Without the policy one would have signed otherwise; nothing is headroom."""
    report = report_of()
    found = advice_of(report)
    best = report.advice.best
    assert float(found.sign_usd) == best.commitment.commit_usd
    assert found.sign_low_usd <= found.sign_usd <= found.sign_high_usd
    assert found.cash_low_usd < found.cash_usd < found.cash_high_usd
    assert found.cash_usd > 0
    assert found.headroom_usd == 0
    assert found.term_days == (report.end - report.start).days
    assert "best commitment without the policy" in found.cash_why
    assert report.computed_from in found.sign_why


def test_signed_cash_is_split_from_headroom() -> None:
    """Under what is signed a part of the saving only frees room."""
    report = report_of(signed_usd=2_000_000.0)
    found = advice_of(report)
    signed = report.advice.signed
    assert signed is not None
    assert float(found.cash_usd) == pytest.approx(signed.cash_usd)
    assert found.headroom_usd > 0
    assert "under the $2,000,000 that are signed" in found.cash_why


def test_what_is_stated_is_assumed() -> None:
    """The basis is no better than the worse of spend and saving."""
    report = report_of()
    founded = replace(report, spend_basis=Basis.MEASURED, saving_basis=Basis.ESTIMATED)
    assert advice_of(founded).basis == "estimated"
    assert advice_of(replace(founded, spend_basis=Basis.ASSUMED)).basis == "assumed"
    assert advice_of(replace(founded, saving_basis=Basis.ASSUMED)).basis == "assumed"
    assert isinstance(advice_of(founded).cash_usd, Decimal)
