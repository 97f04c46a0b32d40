"""From a contract file, a ledger and a policy to a sized commitment."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from modelmix.core.call import Call
from modelmix.core.usage import Usage
from modelmix.errors import ConfigError, DataError, EvidenceError
from modelmix.pipeline.audit import Window
from modelmix.pipeline.commit import Ask, Surroundings, size
from modelmix.policy.artifact import signed
from modelmix.policy.document import PolicyDocument
from modelmix.report.commit import Basis, CommitReport
from modelmix.store.ledger import Ledger
from report.ledgers import BOOK, CAPABILITIES, HAIKU_USD, NOW, OPUS_USD, START, call, entry, moved, policy_of
from report.upward import upward_policy

YEAR = 365
TERM = """\
modelmix_contract: 1
name: made
term: {start: 2027-01-01, months: 12}
tiers: [{from_usd: 0, discount: 0%}, {from_usd: 50, discount: 20%}]
"""
DEMAND = "demand: {growth: [{probability: 1, factor: 1}], adoption: [{probability: 1, share: 50%}]"
PLAIN = f"{TERM}{DEMAND}}}\n"
STATED = f"{TERM}{DEMAND}, baseline_usd: 1000}}\n"
FORMS = policy_of(forms=entry("forms", "CLEARS", moved=True))


def ask(
    home: Path, text: str = PLAIN, policy: PolicyDocument | None = None, window: Window | None = None
) -> CommitReport:
    """Size a contract in a home."""
    name = "" if policy is None else "policy.yaml"
    asked = Ask(text.encode(), "c.yaml", policy, name, window or Window())
    return size(asked, Surroundings(home, BOOK, CAPABILITIES, NOW))


def keep(home: Path, calls: Iterable[Call]) -> None:
    """Put calls into the ledger of a home."""
    with Ledger.open(home) as ledger:
        ledger.put_calls(calls)


def test_what_the_file_states_needs_no_ledger(tmp_path: Path) -> None:
    """Spend and saving are assumptions of whoever wrote them, and no ledger is made."""
    report = ask(tmp_path, STATED.replace("1000}", "1000, saving: 40%}"))
    spend = report.advice.forecast.spend
    assert (spend.bill_usd, spend.certified_saving_usd, spend.certified_saving_bound_usd) == (1000, 400, None)
    assert (report.spend_basis, report.saving_basis) == (Basis.ASSUMED, Basis.ASSUMED)
    assert report.advice.forecast.demand.mean_usd == 800
    assert (report.ledger, list(tmp_path.iterdir())) == (None, [])
    assert any("demand.saving is stated" in note for note in report.notes)


def test_without_a_policy_nothing_is_saved(tmp_path: Path) -> None:
    """And the report says so."""
    report = ask(tmp_path, STATED)
    assert (report.advice.forecast.spend.certified_saving_usd, report.saving_basis) == (0, Basis.NONE)
    assert report.advice.regret_usd == 0


def test_the_ledgers_spend_is_scaled_to_the_term(tmp_path: Path) -> None:
    """Dollars of the window, times the days of the term over those of the window; the window is named."""
    keep(tmp_path, [call(hour, "forms") for hour in range(49)])
    report = ask(tmp_path)
    expected = 49 * OPUS_USD * YEAR / 2
    assert pytest.approx(float(expected)) == report.advice.forecast.spend.today_usd
    assert report.spend_basis is Basis.MEASURED
    assert report.spend_source == "49 calls of 2.0 days, 2026-11-10 to 2026-11-12, scaled to 365 days"
    assert any("2.0 days are scaled" in note for note in report.notes)
    half = ask(tmp_path, window=Window(START, START + timedelta(days=1)))
    assert pytest.approx(float(24 * OPUS_USD * YEAR)) == half.advice.forecast.spend.today_usd


def test_what_the_spend_leaves_out_is_said(tmp_path: Path) -> None:
    """Calls without a price, calls that may be a subscription's, and replays."""
    rows = [call(hour, "forms") for hour in range(30 * 24 + 1)]
    odd = [
        call(9000, "forms", "claude-unheard-of"), call(9001, "forms", source="claude-code"),
        call(9002, "forms", source="replay"),
    ]  # fmt: skip
    keep(tmp_path, [*rows, *(replace(one, at=START) for one in odd)])
    notes = " ".join(ask(tmp_path).notes)
    assert "for want of a price: 1 call;" in notes
    assert "From transcripts: 1 call;" in notes
    assert "replays are no traffic: 1 call." in notes
    assert "are scaled to the term" not in notes


def test_no_year_follows_from_less_than_a_day(tmp_path: Path) -> None:
    """The sentence says how long the window is, and what to state instead."""
    keep(tmp_path, [call(hour, "forms") for hour in range(3)])
    with pytest.raises(EvidenceError, match=r"3 priced calls span 2\.0 hours.*demand.baseline_usd in c.yaml"):
        ask(tmp_path)


def test_no_spend_at_all_is_refused(tmp_path: Path) -> None:
    """Neither a ledger nor a baseline, or nothing priced in the window."""
    with pytest.raises(DataError, match=r"holds no call.*or state demand.baseline_usd in c.yaml"):
        ask(tmp_path)
    keep(tmp_path, [call(0, "forms")])
    with pytest.raises(DataError, match=r"holds no priced call in this window.*demand.baseline_usd"):
        ask(tmp_path, window=Window(since=NOW))


def test_certified_savings_that_are_not_live_wait_for_adoption(tmp_path: Path) -> None:
    """The policy's share of what its calls cost; refused and undecided types count nothing."""
    rows = [call(hour, name) for hour in range(24) for name in ("forms", "tickets", "reports")]
    keep(tmp_path, [replace(row, call_id=f"{row.call_id}-{row.task_type}") for row in rows])
    report = ask(tmp_path, policy=policy_of(), window=Window(START, START + timedelta(days=1)))
    spend, forms = report.advice.forecast.spend, float(24 * OPUS_USD * YEAR)
    assert pytest.approx((3 * forms, 0.0, 0.9 * forms, 0.88 * forms)) == (
        spend.today_usd, spend.live_saving_usd, spend.certified_saving_usd, spend.certified_saving_bound_usd,
    )  # fmt: skip
    assert (report.saving_basis, report.saving_source) == (
        Basis.ESTIMATED, "1 certified route, 0 live, on the ledger's traffic",
    )  # fmt: skip
    assert pytest.approx(3 * forms - 0.45 * forms) == report.advice.forecast.demand.mean_usd


def test_live_savings_are_sure(tmp_path: Path) -> None:
    """Moved calls count at what they would have cost, and what is live is gone from today's bill."""
    calls = [call(hour, "forms") for hour in range(24)]
    keep(tmp_path, [*calls, *(moved(hour, "forms", FORMS) for hour in range(25))])
    report = ask(tmp_path, policy=FORMS)
    spend, whole = report.advice.forecast.spend, float(49 * OPUS_USD * YEAR)
    assert pytest.approx((whole, 0.9 * whole, 0.0)) == (
        spend.today_usd, spend.live_saving_usd, spend.certified_saving_usd,
    )  # fmt: skip
    assert report.ledger is not None
    assert pytest.approx(float(24 * OPUS_USD + 25 * HAIKU_USD)) == report.ledger.usd
    assert report.spend_basis is Basis.ESTIMATED
    assert report.spend_source.endswith("live savings taken off")
    assert pytest.approx(0) == report.advice.regret_usd
    assert "Live routes have moved 25 of the 49 calls whose saving is counted as live." in report.notes


def test_a_stated_baseline_is_todays_bill(tmp_path: Path) -> None:
    """What live routes have saved is gone from it already; the ledger only tells shares."""
    calls = [call(hour, "forms") for hour in range(24)]
    keep(tmp_path, [*calls, *(moved(hour, "forms", FORMS) for hour in range(25))])
    spend = ask(tmp_path, STATED, FORMS).advice.forecast.spend
    assert pytest.approx((1000, 9000)) == (spend.bill_usd, spend.live_saving_usd)


def test_a_stated_saving_overrides_the_policys(tmp_path: Path) -> None:
    """It is an assumption again, and takes the ledger's spend as it is."""
    keep(tmp_path, [call(hour, "forms") for hour in range(49)])
    report = ask(tmp_path, PLAIN.replace("50%}]", "50%}], saving: -10%"), FORMS)
    spend = report.advice.forecast.spend
    assert pytest.approx(-0.1 * spend.today_usd) == spend.certified_saving_usd
    assert report.saving_basis is Basis.ASSUMED


def test_without_traffic_the_certificate_tells(tmp_path: Path) -> None:
    """Its share, none of it live: no ledger, an empty one, and one without a call in the window alike."""
    found = [ask(tmp_path, STATED, FORMS)]
    with Ledger.open(tmp_path):
        pass
    found.append(ask(tmp_path, STATED, FORMS))
    keep(tmp_path, [call(0, "forms")])
    found.append(ask(tmp_path, STATED, FORMS, Window(since=NOW)))
    for report in found:
        spend = report.advice.forecast.spend
        assert (spend.certified_saving_usd, spend.certified_saving_bound_usd) == (500, 400)
        assert report.saving_source.startswith("certificate of the policy")


def _with(**changes: object) -> PolicyDocument:
    assert FORMS.certificate is not None
    return signed(FORMS.model_copy(update={"certificate": FORMS.certificate.model_copy(update=changes)}))


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (FORMS.model_copy(update={"certificate": None, "sha256": None}), "policy.yaml proves none"),
        (_with(verdict="UNDECIDED"), "policy.yaml proves none"),
        (_with(saving_share=None), "policy.yaml proves none"),
        (_with(expires=NOW.date() - timedelta(days=1)), "the certificate of policy.yaml has expired"),
    ],
)
def test_a_certificate_that_proves_nothing_saves_nothing(
    tmp_path: Path, policy: PolicyDocument, why: str
) -> None:
    """Absent, undecided, silent or expired."""
    report = ask(tmp_path, STATED, policy)
    assert (report.saving_basis, report.saving_source) == (Basis.NONE, why)


def test_a_certificate_without_a_bound_has_none(tmp_path: Path) -> None:
    """Nothing is made up in its place."""
    spend = ask(tmp_path, STATED, _with(saving_bound=None)).advice.forecast.spend
    assert (spend.certified_saving_usd, spend.certified_saving_bound_usd) == (500, None)


def test_a_policy_past_its_day_is_said_so(tmp_path: Path) -> None:
    """In its days of grace its savings still count, after them they do not."""
    keep(tmp_path, [call(hour, "forms") for hour in range(49)])
    grace = ask(tmp_path, policy=_with(expires=NOW.date() - timedelta(days=1)))
    assert any("in the state grace" in note for note in grace.notes)
    assert grace.saving_basis is Basis.ESTIMATED
    expired = ask(tmp_path, policy=_with(expires=NOW.date() - timedelta(days=40)))
    assert any("in the state expired" in note for note in expired.notes)
    assert (expired.saving_basis, expired.advice.forecast.spend.certified_saving_usd) == (Basis.NONE, 0)


def test_calls_that_cost_nothing_save_nothing(tmp_path: Path) -> None:
    """A share of nothing is none."""
    keep(tmp_path, [call(hour, "forms", usage=Usage()) for hour in range(49)])
    report = ask(tmp_path, STATED, FORMS)
    assert (report.saving_basis, report.saving_source) == (Basis.NONE, "the ledger's calls cost nothing")


def test_a_policy_whose_route_is_free_keeps_the_bill(tmp_path: Path) -> None:
    """All of a spend saved leaves no bill that a spend could be worked out from."""
    free = policy_of(forms=entry("forms", "CLEARS", moved=True, saving_share=1, saving_bound=1))
    keep(tmp_path, [*(call(hour, "forms") for hour in range(24)), moved(30, "forms", free)])
    assert ask(tmp_path, STATED, free).advice.forecast.spend.today_usd == 1000


def test_what_a_certified_route_costs_extra_is_counted(tmp_path: Path) -> None:
    """A negative saving lowers the sum, which may be negative itself."""
    policy = policy_of(
        forms=entry("forms", "CLEARS", moved=True), dear=entry("dear", "CLEARS", moved=True, saving_share=-5)
    )
    rows = [call(hour, name) for hour in range(24) for name in ("forms", "dear")]
    keep(tmp_path, [replace(row, call_id=f"{row.call_id}-{row.task_type}") for row in rows])
    report = ask(tmp_path, STATED, policy)
    assert report.advice.forecast.spend.certified_saving_usd == pytest.approx(1000 * (0.9 - 5) / 2)


def test_whole_months_make_a_history(tmp_path: Path) -> None:
    """Three or more of them, at the discount of what is recommended."""
    days = [datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=number) for number in range(92)]
    big = Usage(input_tokens=1_000_000)
    keep(tmp_path, [replace(call(n, "forms", "claude-opus-4-6", big), at=day) for n, day in enumerate(days)])
    report = ask(tmp_path)
    assert report.history is not None
    assert (report.history.months, report.advice.best.commitment.discount) == (3, 0.2)
    assert ask(tmp_path, window=Window(since=days[10])).history is None


def test_a_term_that_has_begun_is_said_so(tmp_path: Path) -> None:
    """Its figures are for the whole of it."""
    report = ask(tmp_path, STATED.replace("2027-01-01", "2026-01-01"))
    assert report.notes[0].startswith("The term began on 2026-01-01")


def test_a_signed_commitment_is_valued(tmp_path: Path) -> None:
    """At the ladder's discount for it."""
    report = ask(tmp_path, f"{STATED}signed: {{commit_usd: 60}}\n")
    assert report.advice.signed is not None
    assert report.advice.signed.expected.commitment.discount == 0.2


def test_a_file_that_is_no_contract_is_refused(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigError, match=r"c\.yaml: is not a contract file"):
        ask(tmp_path, "modelmix: 1\n")


def test_spend_of_the_ledger_reconciles_with_the_audit(tmp_path: Path) -> None:
    """Both price each call at its own day."""
    keep(tmp_path, [call(hour, "forms") for hour in range(49)])
    report = ask(tmp_path)
    assert report.ledger is not None
    assert pytest.approx(float(Decimal(49) * OPUS_USD)) == report.ledger.usd


def test_a_move_up_raises_the_forecast(tmp_path: Path) -> None:
    """What moves to a dearer candidate adds to the spend that is committed to, on a ledger and without."""
    keep(tmp_path, [call(number, "forms") for number in range(200)])
    policy = upward_policy()
    spend = ask(tmp_path, PLAIN, policy).advice.forecast.spend
    assert spend.certified_saving_usd == pytest.approx(-0.5 * spend.today_usd)
    stated = ask(tmp_path / "none", STATED, policy).advice.forecast
    assert stated.spend.certified_saving_usd == -500
    assert stated.demand.mean_usd == 1250
