"""A sized commitment as JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.contracts import GROWTH, SPEND, assumptions, cents, contracts, spends
from modelmix.economics.contract import Contract
from modelmix.economics.forecast import Assumptions, TermSpend
from modelmix.economics.monthly_commit import monthly_commit
from modelmix.report.commit import Basis, as_json
from report.commits import LEDGER, report_of


def test_the_worked_case_in_json() -> None:
    """Every figure of the advice, under its schema, with what it rests on."""
    found = as_json(report_of())
    assert found["schema"] == "modelmix.commit/1"
    assert found["recommended"] == {
        "commit_usd": 1_101_600.0,
        "discount": 0.15,
        "covers_list_usd": 1_296_000.0,
        "expected_list_usd": 1_791_930.0,
        "expected_payment_usd": 1_621_830.0,
        "payment_5_percent_usd": 1_101_600.0,
        "payment_95_percent_usd": 2_210_400.0,
        "tail_payment_usd": 2_400_000.0,
        "expected_saving_usd": 170_100.0,
        "effective_saving_share": 0.094926,
        "p_dead": 0.075,
        "expected_dead_usd": 20_655.0,
        "utilisation_share": 0.98125,
        "breakeven_utilisation_share": 0.85,
        "coverage_share": 0.709682,
        "tier": 2,
        "basis": "computed: spend assumed, saving assumed, growth and adoption assumed",
    }
    assert (found["todays_bill"]["regret_usd"], found["todays_bill"]["p_dead"]) == (316_170.0, 0.725)
    assert found["overage_clause"]["committed_rate_worth_usd"] == 85_654.5
    assert found["overage_clause"]["in_contract"] is False
    assert (found["signed"], found["ledger"], found["history"], found["policy"]) == (None, None, None, None)


def test_a_signed_commitment_splits_each_scenario() -> None:
    """Cash and headroom stand in every scenario and, weighted, in the whole."""
    found = as_json(report_of(signed_usd=1_836_000))
    rows = found["scenarios"]
    for part in ("saving_cash_usd", "saving_headroom_usd"):
        whole = sum(row["probability"] * row[part] for row in rows)
        assert pytest.approx(whole) == found["signed"][part]
    assert found["signed"]["commit_usd"] == 1_836_000


def test_what_was_measured_is_shown() -> None:
    """The ledger's window and a history carry their figures and the word measured."""
    history = monthly_commit([90.0, 100.0, 110.0], 0.15)
    found = as_json(report_of(ledger=LEDGER, history=history, policy_path="policy.yaml"))
    assert found["ledger"]["days"] == 31.0
    assert (found["ledger"]["basis"], found["history"]["basis"]) == (Basis.MEASURED, Basis.MEASURED)
    assert found["history"]["monthly_commit_usd"] == 76.5
    assert found["policy"] == "policy.yaml"


def test_assumptions_are_numbers_to_edit() -> None:
    """Each stands with its values and its basis; a bound and a spread where there is one."""
    spend = replace(SPEND, certified_saving_bound_usd=1_000_000.0)
    found = as_json(report_of(spend, assumed=Assumptions(GROWTH, growth_cv=0.3)))
    assumed = found["assumptions"]
    assert assumed["saving"]["certified_not_live_bound_usd"] == 1_000_000.0
    assert assumed["growth"]["cv"] == 0.3
    assert assumed["growth"]["values"][0] == {"probability": 0.25, "factor": 0.9}
    assert {row["basis"] for row in assumed.values()} == {Basis.ASSUMED}


def test_no_saving_is_said_so() -> None:
    """Where nothing is counted the basis says it."""
    found = as_json(report_of(TermSpend(1000), saving_basis=Basis.NONE))
    assert "no saving counted" in found["recommended"]["basis"]


@given(contracts(), spends(), assumptions(), st.none() | cents)
def test_any_report_is_json(
    contract: Contract, spend: TermSpend, assumed: Assumptions, signed_usd: float | None
) -> None:
    """No figure is NaN or infinite, and no share is above one whole."""
    found = as_json(report_of(spend, contract, assumed, signed_usd))
    again: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    assert set(found) == set(again)
    assert 0 <= again["recommended"]["p_dead"] <= 1
