"""The account: what a policy saves and how that is known, as one JSON object that the page is drawn from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from modelmix.optimize.whole_tasks import WholeType, whole_findings
from modelmix.policy.by_type import State
from modelmix.policy.document import PolicyDocument
from modelmix.report.apportion import FINE
from modelmix.report.audit import TRANSCRIPTS_NOTE
from modelmix.report.grounds import Grounds, itself_row, replay_rows
from modelmix.report.plain import counted
from modelmix.report.receipt import Advice, Amounts, Money, amounts_of, month_of, number, receipt
from modelmix.report.savings import MONTH_DAYS, Savings, Standing
from modelmix.report.type_rows import TypeEvidenceShown, type_rows
from modelmix.report.whole_tasks import whole_json

SCHEMA = "modelmix.report/1"
STEPS_SHOWN = 12
"""Proven types that have a step of their own in the waterfall; the rest is one step."""


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt of the optimiser that is on record.

    Attributes:
        number: Its number on record.
        at: When.
        margin: Margin asked for, or None.
        alpha: Level asked for, or None.
        put_forward: Task types put forward, or None.
        outcome: What came of it; empty where it was never concluded.
        is_this: Whether the policy at hand rests on the rows that it tested.
    """

    number: int
    at: datetime
    margin: float | None
    alpha: float | None
    put_forward: int | None
    outcome: str
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows that were read.

    Attributes:
        calls: Calls in the ledger, copies counted once.
        outcomes: Graded answers in the lake that the policy rests on.
        bad_outcomes: Rows of them that could not be read.
        bad_rows: Rows of imports that could not be read, in quarantine.
        imports: Files that were imported.
        unpaired_prompts: Prompts that only one candidate answered.
    """

    calls: int = 0
    outcomes: int = 0
    bad_outcomes: int = 0
    bad_rows: int = 0
    imports: int = 0
    unpaired_prompts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything that a report says.

    Attributes:
        savings: The money.
        policy: The policy.
        policy_path: Its file.
        shown: Task type → what is shown of its rows.
        attempts: Attempts on record, oldest first.
        seed: Seed of the split into choosing and fresh rows, or None where it is not on record.
        grounds: What the evidence rests on.
        rows: Rows that were read.
        advice: What a contract makes of it, or None without one.
        whole: What solved tasks cost, where the evidence has whole tasks.
        has_text: Whether text may be shown.
        notes: What a reader should know besides, one sentence each.
        made: When it was drawn up.
        version: Version of modelmix.
    """

    savings: Savings
    policy: PolicyDocument
    policy_path: str
    shown: Mapping[str, TypeEvidenceShown] = field(default_factory=dict)
    attempts: tuple[AttemptLine, ...] = ()
    seed: int | None = None
    grounds: Grounds = field(default_factory=Grounds)
    rows: Rows = field(default_factory=Rows)
    advice: Advice | None = None
    whole: tuple[WholeType, ...] = ()
    has_text: bool = True
    notes: tuple[str, ...] = ()
    made: datetime
    version: str


def account_document(account: Account) -> dict[str, Any]:
    """Return the account as one JSON object of schema ``modelmix.report/1``.

    Amounts are list prices in USD, rounded so that parts add up to their sums exactly: to the cent, and to a
    hundredth of it where all traffic is below $100.
    """
    savings = account.savings
    span, month = amounts_of(savings), month_of(savings)
    money = Money(savings, span, month, float(account.policy.bar.alpha))
    rows = type_rows(money, account.shown)
    return {
        "schema": SCHEMA,
        "version": account.version,
        "made": account.made.isoformat(),
        "usd_decimals": -int(span.quantum.as_tuple().exponent),
        "span": _span(savings),
        "policy": _policy(account),
        "receipt": receipt(money, account.advice, is_simulated=account.grounds.is_simulated),
        "waterfall": waterfall(rows, span),
        "tasks": rows,
        "whole_tasks": whole_json(account.whole),
        "whole_findings": list(whole_findings(account.whole)),
        "rest": _rest(savings, span, month),
        "realised": _realised(savings, span),
        "proof": _proof(savings),
        "baseline_against_itself": itself_row(account.grounds),
        "attempts": [
            {
                "number": line.number,
                "at": line.at.isoformat(),
                "margin": line.margin,
                "alpha": line.alpha,
                "put_forward": line.put_forward,
                "outcome": line.outcome or None,
                "is_this": line.is_this,
            }
            for line in account.attempts
        ],
        "provenance": _provenance(account),
        "notes": _notes(account),
    }


def _span(savings: Savings) -> dict[str, Any]:
    return {
        "since": None if savings.since is None else savings.since.isoformat(),
        "until": None if savings.until is None else savings.until.isoformat(),
        "days": round(float(savings.days), 3),
        "month_days": MONTH_DAYS,
        "sources": dict(savings.by_source),
        "simulated_calls": savings.simulated_calls,
        "transcript_calls": savings.transcript_calls,
    }


def _policy(account: Account) -> dict[str, Any]:
    policy, savings = account.policy, account.savings
    found = policy.certificate
    document: dict[str, Any] = {
        "path": account.policy_path,
        "name": policy.name,
        "version": policy.version,
        "created": None if policy.created is None else policy.created.isoformat(),
        "sha256": policy.sha256,
        "state": str(savings.policy_state),
        "margin": float(policy.bar.margin),
        "alpha": float(policy.bar.alpha),
        "certificate": None,
    }
    if found is not None:
        errors = found.errors_per_1000
        document["certificate"] = {
            "verdict": found.verdict,
            "pairs": found.pairs,
            "loss": _plain(found.loss_moved),
            "bound": _plain(found.bound),
            "moved_share": _plain(found.moved_share),
            "errors_per_1000": None if errors is None else [float(errors[0]), float(errors[1])],
            "method": found.method,
            "attempts": found.attempts,
            "alpha_spent": _plain(found.alpha_spent),
            "graders": list(found.graders),
            "prices_as_of": found.prices_as_of.isoformat(),
            "expires": found.expires.isoformat(),
            "evidence_sha256": found.evidence_sha256,
            "basis": found.basis,
        }
    return document


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def waterfall(rows: list[dict[str, Any]], span: Amounts) -> list[dict[str, Any]]:
    """Return the steps from today's bill to the bill after: they add up exactly."""
    proven = [(row["task_type"], _exact(row["saving_usd"])) for row in rows if _counts(row)]
    steps = [("today", "total", span.today_usd)]
    steps += [(name, "saving", usd) for name, usd in proven[:STEPS_SHOWN]]
    rest = proven[STEPS_SHOWN:]
    if rest:
        steps.append((f"{len(rest):,} more", "saving", sum((usd for _, usd in rest), Decimal(0))))
    after = span.today_usd - sum((usd for _, usd in proven), Decimal(0))
    steps.append(("after", "total", after))
    return [{"name": name, "kind": kind, "usd": number(usd)} for name, kind, usd in steps]


def _counts(row: dict[str, Any]) -> bool:
    return row["standing"] == Standing.PROVEN and row["saving_usd"] is not None


def _exact(usd: float) -> Decimal:
    return Decimal(repr(usd))


def _rest(savings: Savings, span: Amounts, month: Amounts | None) -> dict[str, Any]:
    return {
        "other_calls": savings.other_calls,
        "other_usd": number(span.other),
        "other_month_usd": None if month is None else number(month.other),
        "explicit_calls": savings.explicit_calls,
        "explicit_usd": number(sum(span.explicit, Decimal(0))),
        "unpriced_calls": savings.unpriced_calls,
    }


def _proof(savings: Savings) -> dict[str, Any]:
    proof = savings.proof
    return {
        "calls": proof.calls,
        "usd": number(proof.usd.quantize(FINE)),
        "unpriced_calls": proof.unpriced_calls,
        "simulated_calls": proof.simulated_calls,
        "basis": proof.basis,
    }


def _realised(savings: Savings, span: Amounts) -> dict[str, Any]:
    found = savings.realised
    usd = found.usd.quantize(span.quantum)
    counterfactual = found.counterfactual_usd.quantize(span.quantum)
    return {
        "calls": found.calls,
        "usd": number(usd),
        "counterfactual_usd": number(counterfactual),
        "saving_usd": number(counterfactual - usd),
        "saving_bound_usd": number(found.saving_bound_usd.quantize(span.quantum, "ROUND_FLOOR")),
        "unreferenced_calls": found.unreferenced_calls,
        "live_types": len(savings.live),
        "live_usd": number(savings.live_usd.quantize(span.quantum)),
    }


def _provenance(account: Account) -> dict[str, Any]:
    savings, rows = account.savings, account.rows
    certificate = account.policy.certificate
    return {
        "version": account.version,
        "prices_as_of": savings.prices_as_of.isoformat(),
        "prices_sha256": savings.prices_sha256,
        "policy_sha256": account.policy.sha256,
        "evidence_sha256": None if certificate is None else certificate.evidence_sha256,
        "seed": account.seed,
        "simulated": account.grounds.is_simulated,
        "evidence_imports": len(account.grounds.imports),
        "replays": replay_rows(account.grounds),
        "calls": rows.calls,
        "outcomes": rows.outcomes,
        "bad_outcomes": rows.bad_outcomes,
        "bad_rows": rows.bad_rows,
        "imports": rows.imports,
        "unpaired_prompts": rows.unpaired_prompts,
        "has_text": account.has_text,
    }


def _notes(account: Account) -> list[str]:
    savings = account.savings
    notes = list(_made_up(savings.simulated_calls, evidence=account.grounds.is_simulated))
    if savings.policy_state is State.GRACE:
        notes.append(f"The certificate expired on {savings.policy_expires}; its days of grace are running")
    if savings.policy_state is State.EXPIRED:
        notes.append(
            f"The certificate expired on {savings.policy_expires}, and its grace is over: nothing is "
            "proven any "
            "more, and a gateway keeps every type on its baseline; run modelmix optimize again"
        )
    if not account.policy.sha256:
        notes.append(
            "The policy was written by hand: it has no hash and no certificate, so nothing is proven"
        )
    if savings.transcript_calls:
        notes.append(f"From transcripts: {counted(savings.transcript_calls, 'call')}. {TRANSCRIPTS_NOTE}")
    if savings.unpriced_calls:
        notes.append(
            f"Without a price, and in no sum: {counted(savings.unpriced_calls, 'call')}; "
            "modelmix audit --ledger names the models"
        )
    if savings.realised.unreferenced_calls:
        notes.append(
            "Without one call of their baseline to compare with, and counted as if they had saved nothing: "
            f"{counted(savings.realised.unreferenced_calls, 'moved call')}"
        )
    if not savings.days:
        notes.append("There is no traffic in this window, so nothing can be saved on it")
    elif savings.scaled(Decimal(1)) is None:
        notes.append("There is less than a day of traffic, so no figure is given for a month")
    return [*notes, *account.notes]


def _made_up(calls: int, *, evidence: bool) -> Iterator[str]:
    """Say what a practice API has answered: traffic, evidence, or both."""
    if calls:
        also = ", and what the policy rests on" if evidence else ""
        yield (
            f"Simulated: the practice API answered {counted(calls, 'call')}{also}; "
            "the answers are synthetic, and the dollars are list prices that nobody paid"
        )
    elif evidence:
        yield (
            "Simulated evidence: the practice API answered what the policy rests on; whatever is said to be "
            "proven or refused here says nothing of real answers"
        )
