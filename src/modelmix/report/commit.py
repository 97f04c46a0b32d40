"""A commitment sized: the advice with what each of its figures rests on, as data and as JSON."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from modelmix.economics.commit_advice import CommitAdvice, Signed, Split
from modelmix.economics.commitment import Expectation, expect
from modelmix.economics.contract import Overage
from modelmix.economics.demand import Demand
from modelmix.economics.forecast import Chance, Scenario
from modelmix.economics.monthly_commit import MonthlyCommit

SCHEMA = "modelmix.commit/1"
CENTS, DIGITS = 2, 6
QUANTILES = (0.05, 0.1, 0.5, 0.9, 0.95)


class Basis(StrEnum):
    """How well a figure is founded."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    ASSUMED = "assumed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class LedgerSpend:
    """What the ledger holds of real traffic.

    Attributes:
        since: Start of the window.
        until: Its end.
        calls: Priced calls.
        usd: What they cost at list price, as they were served.
        unpriced_calls: Calls without a price, in no sum.
        transcript_calls: Calls from transcripts, which may be a subscription's.
        proof_calls: Calls that replays made; they are no traffic and in no sum.
        months_usd: List spend of each whole calendar month, oldest first.
    """

    since: datetime
    until: datetime
    calls: int
    usd: float
    unpriced_calls: int = 0
    transcript_calls: int = 0
    proof_calls: int = 0
    months_usd: tuple[float, ...] = ()

    @property
    def days(self) -> float:
        """Length of the window in days."""
        return (self.until - self.since).total_seconds() / 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitReport:
    """A commitment sized for one contract.

    Attributes:
        path: The contract file.
        name: Name of the contract.
        start: First day of the term.
        end: First day after it.
        months: Its length.
        advice: What to commit to.
        spend_basis: How well today's spend is founded.
        spend_source: Where it comes from, in words.
        saving_basis: How well the savings are founded.
        saving_source: Where they come from, in words.
        ledger: What the ledger holds, or None where it was not read.
        history: The monthly commitment that its whole months would have made best, or None.
        policy_path: The policy file, or empty.
        notes: What a reader should know, one sentence each.
        version: Version of modelmix.
    """

    path: str
    name: str
    start: date
    end: date
    months: int
    advice: CommitAdvice
    spend_basis: Basis
    spend_source: str
    saving_basis: Basis
    saving_source: str
    ledger: LedgerSpend | None
    history: MonthlyCommit | None
    policy_path: str
    notes: tuple[str, ...]
    version: str

    @property
    def computed_from(self) -> str:
        """Say what every computed figure rests on."""
        saving = "no saving counted" if self.saving_basis is Basis.NONE else f"saving {self.saving_basis}"
        return f"computed: spend {self.spend_basis}, {saving}, growth and adoption assumed"


def outcome(report: CommitReport, scenario: Scenario) -> Expectation:
    """Return what the recommended commitment costs should one scenario come true."""
    return expect(report.advice.best.commitment, scenario.after, report.advice.tail_level)


def as_json(report: CommitReport) -> dict[str, Any]:
    """Return the report as a JSON object of schema ``modelmix.commit/1``.

    Amounts are USD over the term; shares lie between 0 and 1. ``basis`` says how the figures beside it are
    founded.
    """
    advice = report.advice
    contract = advice.contract
    return {
        "schema": SCHEMA,
        "file": report.path,
        "contract": {
            "name": report.name,
            "start": str(report.start),
            "end": str(report.end),
            "months": report.months,
            "tiers": [{"from_usd": t.from_usd, "discount": t.discount} for t in contract.tiers],
            "overage": str(contract.overage),
            "unused": "lost",
        },
        "recommended": {**_expectation(advice.best), "tier": advice.best_tier, "basis": report.computed_from},
        "todays_bill": {
            **_expectation(advice.today),
            "regret_usd": round(advice.regret_usd, CENTS),
            "basis": report.computed_from,
        },
        "no_commitment": {**_expectation(advice.nothing), "basis": report.computed_from},
        "signed": None if advice.signed is None else _signed(advice.signed, report.computed_from),
        "tail_level": advice.tail_level,
        "walk_away_discount": _share(advice.walk_away_discount),
        "overage_clause": {
            "contract_has": str(contract.overage),
            "committed_rate_worth_usd": round(advice.clause_usd, CENTS),
            "in_contract": contract.overage is Overage.COMMITTED,
            "basis": report.computed_from,
        },
        "tiers": [{"tier": at, **_expectation(rung)} for at, rung in enumerate(advice.rungs)],
        "demand": _demand(advice.forecast.demand, report.computed_from),
        "scenarios": [_scenario(report, scenario) for scenario in advice.forecast.scenarios],
        "assumptions": _assumptions(report),
        "if_otherwise": [
            {
                "key": variation.key,
                "change": variation.change,
                "commit_usd": round(variation.best.commit_usd, CENTS),
                "keeping_recommended_costs_usd": round(variation.kept_usd, CENTS),
            }
            for variation in advice.variations
        ],
        "ledger": None if report.ledger is None else _ledger(report.ledger),
        "history": None if report.history is None else _history(report.history),
        "policy": report.policy_path or None,
        "notes": list(report.notes),
        "version": report.version,
    }


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _expectation(found: Expectation) -> dict[str, Any]:
    commitment = found.commitment
    return {
        "commit_usd": round(commitment.commit_usd, CENTS),
        "discount": commitment.discount,
        "covers_list_usd": round(commitment.covered_usd, CENTS),
        "expected_list_usd": round(found.list_usd, CENTS),
        "expected_payment_usd": round(found.payment_usd, CENTS),
        "payment_5_percent_usd": round(found.low_usd, CENTS),
        "payment_95_percent_usd": round(found.high_usd, CENTS),
        "tail_payment_usd": round(found.tail_usd, CENTS),
        "expected_saving_usd": round(found.saving_usd, CENTS),
        "effective_saving_share": _share(found.effective_saving_share),
        "p_dead": _share(found.p_dead),
        "expected_dead_usd": round(found.dead_usd, CENTS),
        "utilisation_share": _share(found.utilisation_share),
        "breakeven_utilisation_share": _share(commitment.breakeven_utilisation),
        "coverage_share": _share(found.coverage_share),
    }


def _signed(signed: Signed, basis: str) -> dict[str, Any]:
    return {
        **_expectation(signed.expected),
        "saving_cash_usd": round(signed.cash_usd, CENTS),
        "saving_headroom_usd": round(signed.headroom_usd, CENTS),
        "basis": basis,
    }


def _demand(demand: Demand, basis: str) -> dict[str, Any]:
    quantiles = {f"p{100 * q:.0f}_usd": round(demand.quantile_usd(q), CENTS) for q in QUANTILES}
    return {"mean_usd": round(demand.mean_usd, CENTS), **quantiles, "basis": basis}


def _scenario(report: CommitReport, scenario: Scenario) -> dict[str, Any]:
    found = outcome(report, scenario)
    split = split_of(report, scenario)
    signed = {
        "signed_payment_usd": round(split.payment_usd, CENTS),
        "signed_dead_usd": round(split.dead_usd, CENTS),
        "saving_cash_usd": round(split.cash_usd, CENTS),
        "saving_headroom_usd": round(split.headroom_usd, CENTS),
    } if split is not None else {}  # fmt: skip
    return {
        "probability": _share(scenario.probability),
        "growth": scenario.growth,
        "adoption": scenario.adoption,
        "price": scenario.price,
        "cv": scenario.cv,
        "without_policy_usd": round(scenario.before_usd, CENTS),
        "todays_routes_usd": round(scenario.bill_usd, CENTS),
        "list_usd": round(scenario.after_usd, CENTS),
        "payment_usd": round(found.payment_usd, CENTS),
        "dead_usd": round(found.dead_usd, CENTS),
        **signed,
    }


def split_of(report: CommitReport, scenario: Scenario) -> Split | None:
    """Return how the saving of one scenario splits under the signed commitment; None without one."""
    signed = report.advice.signed
    return next((s for s in signed.splits if s.scenario is scenario), None) if signed is not None else None


def _assumptions(report: CommitReport) -> dict[str, Any]:
    spend, assumed = report.advice.forecast.spend, report.advice.forecast.assumptions
    bound = spend.certified_saving_bound_usd
    spread = {"cv": assumed.growth_cv} if assumed.growth_cv else {}
    return {
        "spend": {
            "todays_routes_usd": round(spend.bill_usd, CENTS),
            "without_policy_usd": round(spend.today_usd, CENTS),
            "basis": report.spend_basis,
            "source": report.spend_source,
        },
        "saving": {
            "live_usd": round(spend.live_saving_usd, CENTS),
            "certified_not_live_usd": round(spend.certified_saving_usd, CENTS),
            "certified_not_live_bound_usd": None if bound is None else round(bound, CENTS),
            "basis": report.saving_basis,
            "source": report.saving_source,
        },
        "growth": {"values": _chances(assumed.growth, "factor"), **spread, "basis": Basis.ASSUMED},
        "adoption": {"values": _chances(assumed.adoption, "share"), "basis": Basis.ASSUMED},
        "price": {"values": _chances(assumed.price, "factor"), "basis": Basis.ASSUMED},
    }


def _chances(chances: tuple[Chance, ...], name: str) -> list[dict[str, float]]:
    return [{"probability": chance.probability, name: chance.value} for chance in chances]


def _ledger(ledger: LedgerSpend) -> dict[str, Any]:
    return {
        "since": ledger.since.isoformat(),
        "until": ledger.until.isoformat(),
        "days": round(ledger.days, CENTS),
        "calls": ledger.calls,
        "usd": round(ledger.usd, CENTS),
        "unpriced_calls": ledger.unpriced_calls,
        "transcript_calls": ledger.transcript_calls,
        "proof_calls": ledger.proof_calls,
        "months_usd": [round(usd, CENTS) for usd in ledger.months_usd],
        "basis": Basis.MEASURED,
    }


def _history(history: MonthlyCommit) -> dict[str, Any]:
    return {
        "months": history.months,
        "monthly_commit_usd": round(history.commit_usd, CENTS),
        "list_usd": round(history.list_usd, CENTS),
        "payment_usd": round(history.payment_usd, CENTS),
        "dead_usd": round(history.dead_usd, CENTS),
        "utilisation_share": _share(history.utilisation_share),
        "coverage_share": _share(history.coverage_share),
        "effective_saving_share": _share(history.effective_saving_share),
        "basis": Basis.MEASURED,
    }
