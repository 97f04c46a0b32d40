"""From what is decided to the policy file: every route with its evidence, every refusal with its reason."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.level import Level
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.attempts import alpha_of_attempt
from modelmix.optimize.fit import Decision, Fit
from modelmix.optimize.goal import Goal
from modelmix.optimize.latency import NowAndThen
from modelmix.optimize.stratum import errors_after, share_of
from modelmix.optimize.why import why
from modelmix.policy.document import Bar, Certificate, PolicyDocument, TaskBar, TaskEntry, TaskMatch
from modelmix.policy.evidence import (
    UPWARD,
    Accepted,
    Latency,
    Refused,
    TaskEvidence,
    UnitName,
    Upward,
    VerdictName,
)

VALID_DAYS = 90
METHOD = "tango-fixed, holm, chi-bar pool"
OF_NET = ", gaffke net"
METHOD_OF_LOOKS = "group-sequential, tango, holm, chi-bar pool"
_NAMES: dict[Verdict, VerdictName] = {
    Verdict.CLEARS: "CLEARS",
    Verdict.FAILS: "FAILS",
    Verdict.UNDECIDED: "UNDECIDED",
}
_UNITS: dict[Level, UnitName] = {Level.TASK: "task", Level.TURN: "turn"}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a policy comes from.

    Attributes:
        name: Name of the policy.
        version: Its number.
        created: UTC instant of the run.
        prices_as_of: Day of the price table.
        evidence_sha256: Hash of the evidence.
        graders: Task type → names of its graders, where rows tell.
        basis: What volumes and costs are measured on, in words.
        templates: Task types that are known by a system prompt's fingerprint → the fingerprint.
    """

    name: str
    version: int
    created: datetime
    prices_as_of: date
    evidence_sha256: str
    graders: Mapping[str, str]
    basis: str
    templates: Mapping[str, str]


def document(fit: Fit, goal: Goal, source: Provenance, capabilities: CapabilityTable) -> PolicyDocument:
    """Write the decisions down; the hash is added by ``policy.artifact.signed``."""
    tasks = {
        d.stratum.task_type: _entry(d, source, capabilities, goal.latency_of(d.stratum.task_type))
        for d in fit.decisions
    }
    return PolicyDocument(
        name=source.name,
        version=source.version,
        created=source.created,
        bar=Bar(margin=_exact(goal.margin), alpha=_exact(goal.alpha)),
        certificate=_certificate(fit, goal, source),
        tasks=tasks,
    )


def _certificate(fit: Fit, goal: Goal, source: Provenance) -> Certificate:
    pool = fit.certified.pool
    goes_up = any(move.moved and move.put.is_upward for move in fit.certified.moves)
    looks = max((move.looks for move in fit.certified.moves), default=0)
    spent = sum(alpha_of_attempt(goal.alpha, attempt) for attempt in range(1, fit.attempt + 1)) / goal.alpha
    return Certificate(
        verdict=_NAMES[Verdict.UNDECIDED if pool is None else pool.verdict],
        pairs=0 if pool is None else int(pool.pairs),
        moved_share=_exact(fit.moved_calls_share),
        loss_moved=None if pool is None else _exact(pool.loss),
        bound=None if pool is None else _exact(pool.bound),
        errors_per_1000=None if pool is None else _per_1000(fit.errors_before, fit.errors_after),
        method=(METHOD_OF_LOOKS if looks else METHOD) + (OF_NET if goes_up else ""),
        looks=looks or None,
        attempts=fit.attempt,
        alpha_spent=_exact(spent),
        graders=tuple(sorted(set(source.graders.values()))),
        prices_as_of=source.prices_as_of,
        expires=source.created.date() + timedelta(days=VALID_DAYS),
        evidence_sha256=source.evidence_sha256,
        saving_share=_exact(fit.saving_share),
        saving_bound=_exact(fit.saving_bound),
        net_saving_share=_exact(fit.net.share) if goes_up else None,
        net_saving_bound=_exact(fit.net.bound) if goes_up else None,
        basis=source.basis,
    )


def _entry(
    decision: Decision, source: Provenance, capabilities: CapabilityTable, bound_ms: float | None
) -> TaskEntry:
    stratum = decision.stratum
    template = source.templates.get(stratum.task_type)
    match = TaskMatch(template=template) if template else TaskMatch(tag=stratum.task_type)
    bar = TaskBar(
        type_margin=_exact(decision.move.put.type_margin) if decision.move else None,
        error_cost_usd=None if stratum.error_cost_usd is None else _exact(stratum.error_cost_usd),
        latency_p95_ms=None if bound_ms is None else _exact(bound_ms),
    )
    return TaskEntry(
        match=match,
        baseline=(stratum.baseline,),
        route=decision.move.candidate if decision.move and decision.moved else "baseline",
        bar=bar if bar != TaskBar() else None,
        critical=stratum.critical,
        evidence=_evidence(decision, source, capabilities),
        refused=tuple(_refused(decision)),
        why=why(decision),
    )


def _refused(decision: Decision) -> Iterator[Refused]:
    """Yield the cheaper candidates that are shown to fail, the one that would save most first."""
    failing = [tested for tested in decision.tested if tested.finding.verdict is Verdict.FAILS]
    for tested in sorted(failing, key=lambda one: -one.comparison.saving_usd):
        share = share_of(tested.comparison.saving_usd, decision.stratum.baseline_usd)
        bound = share_of(tested.comparison.saving_bound_usd, decision.stratum.baseline_usd)
        yield Refused(
            candidate=tested.comparison.candidate,
            pairs=int(tested.comparison.pairs.n),
            loss=_exact(tested.finding.loss),
            margin=_exact(tested.finding.margin),
            saving_share=None if math.isnan(share) else _exact(share),
            saving_bound=None if math.isnan(bound) else _exact(bound),
            accepted=_accepted(decision, tested.comparison.candidate),
        )


def _accepted(decision: Decision, candidate: Candidate) -> Accepted | None:
    net = decision.net(candidate)
    if net is None:
        return None
    return Accepted(
        pairs=int(net.pairs),
        baseline_usd=net.today.usd,
        candidate_usd=net.then.usd,
        net_low_usd=_exact(net.low_usd),
        net_high_usd=_exact(net.high_usd),
    )


def _evidence(decision: Decision, source: Provenance, capabilities: CapabilityTable) -> TaskEvidence | None:
    stratum = decision.stratum
    if decision.move is not None and decision.moved:
        finding, candidate = decision.move.finding, decision.move.candidate
        saving_share, saving_bound = decision.move.saving_share, decision.move.saving_bound
    elif decision.tested:
        first = decision.tested[0]
        finding, candidate = first.finding, first.comparison.candidate
        saving_share = share_of(first.comparison.saving_usd, stratum.baseline_usd)
        saving_bound = share_of(first.comparison.saving_bound_usd, stratum.baseline_usd)
    else:
        return None
    return TaskEvidence(
        verdict=_NAMES[decision.verdict],
        pairs=int(finding.pairs),
        unit=_UNITS.get(stratum.level),
        looks=_looks(decision, candidate),
        loss=_exact(finding.loss),
        bound=_exact(finding.bound),
        errors_per_1000=_per_1000(
            1000.0 * stratum.baseline_errors, 1000.0 * errors_after(stratum.baseline_errors, finding.loss)
        ),
        saving_share=None if math.isnan(saving_share) else _exact(saving_share),
        saving_bound=None if math.isnan(saving_bound) else _exact(saving_bound),
        kind=_kind(decision, capabilities),
        candidate=None if decision.moved else candidate,
        grader=source.graders.get(stratum.task_type),
        more_pairs=decision.more_pairs,
        more_usd=None if decision.more_usd is None else _exact(decision.more_usd),
        accepted=_accepted(decision, candidate),
        upward=_upward(decision),
        latency=_latency(decision.latency),
    )


def _latency(found: NowAndThen) -> Latency | None:
    now, then = found.now, found.then
    if now is None and then is None:
        return None
    at_most = None if then is None else then.p95_at_most_ms
    return Latency(
        baseline_p50_ms=None if now is None else _exact(now.p50_ms),
        baseline_p95_ms=None if now is None else _exact(now.p95_ms),
        baseline_answers=0 if now is None else now.n,
        candidate_p50_ms=None if then is None else _exact(then.p50_ms),
        candidate_p95_ms=None if then is None else _exact(then.p95_ms),
        candidate_p95_at_most_ms=None if at_most is None else _exact(at_most),
        candidate_answers=0 if then is None else then.n,
    )


def _kind(decision: Decision, capabilities: CapabilityTable) -> str | None:
    move = decision.move
    if move is None or not move.moved:
        return None
    if move.put.is_upward:
        return UPWARD
    return kind_of_change(decision.stratum.baseline, move.candidate, capabilities)


def _upward(decision: Decision) -> Upward | None:
    move = decision.move
    if move is None or not move.moved or move.net is None:
        return None
    return Upward(
        net_usd=_exact(move.net.saving_usd),
        net_bound_usd=_exact(move.net_bound_usd),
        pays_above_usd=_exact(move.net.pays_above_usd or 0.0),
    )


def _looks(decision: Decision, candidate: Candidate) -> int | None:
    move = decision.move
    return move.looks or None if move is not None and move.candidate == candidate else None


def _exact(number: float) -> Decimal:
    return Decimal(repr(float(number)))


def _per_1000(before: float, after: float) -> tuple[Decimal, Decimal]:
    return _exact(before), _exact(after)


def kind_of_change(baseline: Candidate, candidate: Candidate, capabilities: CapabilityTable) -> str:
    """Name what changes: ``effort``, ``version``, ``version-and-effort``, ``tier`` or ``model``.

    A move within a tier is booked apart from a move of tier; ``model`` where a tier is not known.
    """
    if baseline.model == candidate.model:
        return "effort"
    old, new = capabilities.find(baseline.model), capabilities.find(candidate.model)
    if old is None or new is None:
        return "model"
    if old.tier != new.tier:
        return "tier"
    return "version" if baseline.effort == candidate.effort else "version-and-effort"
