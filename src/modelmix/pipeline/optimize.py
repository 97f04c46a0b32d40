"""Optimise: from the outcomes in the lake to a policy file whose every route is proven."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.optimize.document import Provenance, document
from modelmix.optimize.fit import Fit, fit
from modelmix.optimize.whole_tasks import WholeType
from modelmix.pipeline.evidence import Priced
from modelmix.pipeline.question import Ask, Question, question, record
from modelmix.pipeline.whole import joined_notes, passed_over_notes, whole_of
from modelmix.policy.artifact import signed
from modelmix.policy.document import PolicyDocument
from modelmix.report.plain import counted
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import TypeVerdict


@dataclass(frozen=True, slots=True)
class Optimised:
    """What came of it.

    Attributes:
        fit: What was decided.
        policy: The signed policy.
        notes: What a reader should know, one sentence each.
        whole: What solved tasks cost, where outcomes are of whole tasks.
    """

    fit: Fit
    policy: PolicyDocument
    notes: tuple[str, ...]
    whole: tuple[WholeType, ...] = ()


def optimise(
    ask: Ask, ledger: Ledger, lake: Lake, book: PriceBook, capabilities: CapabilityTable, now: datetime
) -> Optimised:
    """Choose, certify and write down; the attempt is put on record before its result is known to anyone.

    Args:
        ask: What is asked.
        ledger: Calls (for baselines and volumes) and the record of attempts.
        lake: Outcomes.
        book: Prices, stand-ins included.
        capabilities: What models accept.
        now: UTC instant of the run.

    Raises:
        ConfigError: A task type is named of which there is no outcome.
        EvidenceError: There is no outcome, or no baseline.
    """
    asked = question(ask, ledger, lake, book, capabilities, now)
    attempt_id, attempt = record(asked, ledger, now)
    found = fit(asked.types, asked.scenes, ask.goal, attempt, asked.looks)
    outcome = "CLEARS" if found.certified.pool is not None else "UNDECIDED"
    ledger.conclude_attempt(attempt_id, outcome, list(_verdicts(found)), len(found.certified.moves))
    source = Provenance(
        name=ask.name,
        version=ask.version,
        created=now,
        prices_as_of=book.as_of,
        evidence_sha256=asked.this.evidence_sha256,
        graders=asked.priced.graders,
        basis=asked.basis,
        templates=asked.templates,
    )
    policy = signed(document(found, ask.goal, source, capabilities))
    joined = joined_notes(ledger.imports(), asked.imports)
    notes = (
        asked.basis,
        *ask.said,
        *asked.heard,
        *joined,
        *_notes(asked, found),
        *_retired(found, capabilities, now.date()),
    )
    baseline = None if ask.baseline is None else capabilities.effective(ask.baseline)
    whole = whole_of(asked.priced, asked.scenes, baseline, book, now.date())
    return Optimised(found, policy, notes, whole)


def _price_notes(priced: Priced) -> Iterator[str]:
    pricer = priced.pricer
    by_day: dict[date, list[str]] = {}
    for model, day in sorted(pricer.days.items()):
        stand_in = pricer.book.stand_ins.get(model)
        by_day.setdefault(day, []).append(model if stand_in is None else f"{model} as {stand_in}")
    for day, models in sorted(by_day.items()):
        yield f"list prices of {day}: {', '.join(models)}"
    if pricer.stated:
        yield f"prices: as the tables state for {', '.join(sorted(pricer.stated))}"
    for model, count in sorted(pricer.unpriced.items()):
        yield f"without a price, for quality only: {counted(count, 'outcome')} of {model}"


def _notes(asked: Question, found: Fit) -> Iterator[str]:
    priced = asked.priced
    gathered = priced.gathered
    yield from _price_notes(priced)
    if priced.skipped_models:
        yield f"left out, not in the price book: {', '.join(priced.skipped_models)}"
    if gathered.rows_other_arms:
        yield f"left out: {counted(gathered.rows_other_arms, 'outcome')} of models outside --arms"
    if gathered.prompts_unpaired:
        yield f"left out: {counted(gathered.prompts_unpaired, 'prompt')} that only one candidate answered"
    yield from passed_over_notes(gathered.passed_over)
    if asked.passed_over:
        yield (
            f"left out: {counted(asked.passed_over, 'outcome')} of task types that a replay looks at, "
            "since it did not buy them itself"
        )
    if priced.bad_rows:
        yield f"could not be read: {counted(len(priced.bad_rows), 'row')}"
    if found.no_baseline:
        yield f"no outcome of their baseline: {', '.join(found.no_baseline)} stay"
    if found.attempt > 1:
        spent = f"{found.certified.alpha:.2g}"
        yield (
            f"attempt {found.attempt} on these prompts: only {spent} of alpha is left for it; "
            "what an earlier attempt gave the idea for needs prompts of its own"
        )


def _verdicts(found: Fit) -> Iterator[TypeVerdict]:
    for decision in found.decisions:
        name = decision.stratum.task_type
        if decision.move is not None and decision.moved:
            finding, candidate = decision.move.finding, decision.move.candidate
            yield TypeVerdict(
                name, str(candidate), finding.verdict, finding.pairs, finding.loss, finding.bound
            )
        for tested in decision.tested:
            finding, candidate = tested.finding, tested.comparison.candidate
            if decision.move is None or not decision.moved or candidate != decision.move.candidate:
                yield TypeVerdict(
                    name, str(candidate), finding.verdict, finding.pairs, finding.loss, finding.bound
                )


def _retired(found: Fit, capabilities: CapabilityTable, today: date) -> Iterator[str]:
    for move in found.certified.moves:
        known = capabilities.find(move.candidate.model)
        if move.moved and known is not None and known.retires is not None and known.retires <= today:
            model, day = known.model, known.retires
            yield f"{move.put.task_type}: {model} was retired on {day}; name others by --arms"
