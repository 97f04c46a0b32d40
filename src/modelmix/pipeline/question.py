"""Question: what the optimiser is asked, and the evidence that it would answer from."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np

from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.errors import ConfigError, EvidenceError
from modelmix.evaluate.evidence import Gathered, TypeEvidence, serves_to_choose
from modelmix.ingest import outcomes as outcome_rows
from modelmix.optimize.attempts import Try, number_of_attempt, sketch
from modelmix.optimize.fit import Scene
from modelmix.optimize.goal import CHOOSING_SHARE, Goal
from modelmix.optimize.looks import Looks
from modelmix.pipeline.current import current_outcomes
from modelmix.pipeline.evidence import SIMULATED, Priced, evidence_imports, priced_evidence
from modelmix.pipeline.evidence_hash import evidence_sha256
from modelmix.pipeline.label.heard import heard
from modelmix.pipeline.looked import LookedAt, looked_at
from modelmix.pipeline.routable import check_routable
from modelmix.pipeline.whole import level_notes, volumes
from modelmix.policy.by_type import VIRTUAL_MODELS
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import Requested


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a user asks of the optimiser.

    Attributes:
        goal: The bar.
        baseline: What every type's requests ask for today; None reads it from the ledger's calls.
        arms: Candidates to consider; every model of the price book that was measured if None.
        day: Day of the prices, or None for each model's last.
        error_cost_usd: Cost of one wrong answer, or None.
        error_costs_usd: The same of single task types; they win.
        critical: Task types that allow no regression.
        name: Name of the policy.
        version: Its number.
        said: How what was asked is to be read, one sentence each; they stand among the notes.
        only: The import that alone counts where it would be no evidence beside the others; empty for all.
    """

    goal: Goal
    baseline: Candidate | None = None
    arms: tuple[Candidate, ...] | None = None
    day: date | None = None
    error_cost_usd: Decimal | None = None
    error_costs_usd: Mapping[str, Decimal] = field(default_factory=dict)
    critical: frozenset[str] = frozenset()
    name: str = "policy"
    version: int = 1
    said: tuple[str, ...] = ()
    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, with the evidence at hand.

    Attributes:
        imports: Imports that the evidence comes from.
        priced: The evidence, and what was left out of it.
        heard: What people's labels have changed, and which judges nobody has checked, one sentence each.
        types: Evidence of the types whose baseline is known.
        scenes: Task type → what is known of it beside its evidence.
        looks: Task type → how it was looked at while its rows came in, where it was.
        passed_over: Rows that were left out, since another replay looks at their type and did not buy them.
        basis: What volumes and costs are measured on, in words.
        templates: Task types that are known by a system prompt's fingerprint → the fingerprint.
        settings: Everything that was asked and can change the answer, as plain JSON.
        this: The question as an attempt.
    """

    imports: tuple[str, ...]
    priced: Priced
    heard: tuple[str, ...]
    types: tuple[TypeEvidence, ...]
    scenes: Mapping[str, Scene]
    looks: Mapping[str, Looks]
    passed_over: int
    basis: str
    templates: Mapping[str, str]
    settings: Mapping[str, object]
    this: Try


def question(
    ask: Ask, ledger: Ledger, lake: Lake, book: PriceBook, capabilities: CapabilityTable, now: datetime
) -> Question:
    """Gather the evidence for what is asked.

    Args:
        ask: What is asked.
        ledger: Calls (for baselines and volumes) and imports.
        lake: Outcomes.
        book: Prices, stand-ins included.
        capabilities: What models accept.
        now: UTC instant of the run.

    Raises:
        ConfigError: A task type is named of which there is no outcome.
        EvidenceError: There is no outcome, or no baseline.
    """
    arms = None if ask.arms is None else _with_baseline(ask.arms, ask.baseline)
    imports, is_simulated = evidence_imports(ledger, lake)
    if ask.only and ask.only not in imports:
        imports = (ask.only,)
    designs = looked_at(ledger.imports(), imports)
    theirs = _OfTheirLooks(designs)
    people = heard(ledger, lake, imports, capabilities)
    rows = outcome_rows.read(theirs.kept(current_outcomes(lake, ledger.imports(), imports)), "lake")
    priced = priced_evidence(people.over(rows), book, capabilities, today=now.date(), day=ask.day, arms=arms)
    _check_names(ask, priced.gathered)
    requested = ledger.requested()
    scenes, basis = _scenes(ask, priced, _traffic(requested, capabilities), capabilities)
    beside = people.beside([one for one in priced.gathered.types if one.task_type in scenes])
    types = list(beside.types)
    _check_prices(types)
    check_routable(types)
    settings = _settings(ask, book, scenes)
    names = {evidence.task_type for evidence in types}
    return Question(
        imports=imports,
        priced=replace(priced, graders=people.graders(priced.graders, beside)),
        heard=tuple(people.notes(priced.graders, beside)),
        types=tuple(types),
        scenes=scenes,
        looks={name: one.looks for name, one in designs.items() if name in names},
        basis="; ".join([basis, *([SIMULATED] if is_simulated else []), *level_notes(types)]),
        passed_over=theirs.passed_over,
        templates={row.task_type: row.template for row in requested if row.template},
        settings=settings,
        this=Try(
            settings_sha256=_sha256(settings),
            evidence_sha256=evidence_sha256(types, designs),
            prompts=sketch(chain.from_iterable(evidence.prompts for evidence in types)),
        ),
    )


def record(
    asked: Question, ledger: Ledger, now: datetime, *, prompts: Iterable[str] = (), once: bool = False
) -> tuple[int, int]:
    """Put an attempt on record before its result is known to anyone.

    Args:
        asked: The question.
        ledger: Where attempts are on record.
        now: UTC instant.
        prompts: Prompts that it will look at and has no row of yet.
        once: Whether one that is on record already is not put there again.

    Returns:
        Its id, and its number among the attempts on the same prompts.
    """
    this = asked.this
    same = (this.settings_sha256, this.evidence_sha256)
    earlier = ledger.attempts() if once else ()
    known = [row.attempt_id for row in earlier if (row.settings_sha256, row.evidence_sha256) == same]
    attempt_id = (
        known[0]
        if known
        else ledger.record_attempt(
            settings_sha256=this.settings_sha256,
            evidence_sha256=this.evidence_sha256,
            imports=asked.imports,
            prompts=this.prompts | sketch(prompts),
            at=now,
            settings=asked.settings,
        )
    )
    return attempt_id, number_of_attempt(this, _before(attempt_id, ledger))


def attempt_ahead(asked: Question, ledger: Ledger) -> int:
    """Return the number that a new question on the same prompts would have, before it is on record."""
    unasked = Try("", "", asked.this.prompts)
    rows = ledger.attempts()
    return number_of_attempt(
        unasked, (Try(row.settings_sha256, row.evidence_sha256, row.prompts) for row in rows)
    )


class _OfTheirLooks:
    """Keeps of the types that a replay looks at its own rows, and what others have for choosing.

    Pairs from elsewhere would make a look of another size than was planned; and rows that are fresh in the
    replay must not be chosen on because an earlier one has bought them.

    Attributes:
        passed_over: Rows left out so far.
    """

    def __init__(self, designs: Mapping[str, LookedAt]) -> None:
        self._designs = designs
        self.passed_over = 0

    def kept(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Yield the rows that are kept, those of other imports without a look."""
        for row in rows:
            design = self._designs.get(row["task_type"])
            if design is not None and design.import_id == row["import_id"]:
                yield row
            elif design is None or self._is_for_choosing(row, design):
                yield {**row, "look": 0}
            else:
                self.passed_over += 1

    @staticmethod
    def _is_for_choosing(row: Mapping[str, Any], design: LookedAt) -> bool:
        unit = row["cluster_id"] or row["prompt_id"]
        return serves_to_choose(unit, design.seed, CHOOSING_SHARE)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Calls of one task type that ask for one candidate."""

    candidate: Candidate
    calls: int


def _with_baseline(arms: tuple[Candidate, ...], baseline: Candidate | None) -> tuple[Candidate, ...]:
    return arms if baseline is None or baseline in arms else (baseline, *arms)


def _traffic(requested: Sequence[Requested], capabilities: CapabilityTable) -> dict[str, list[_Asked]]:
    """Count what the ledger's calls ask for, by task type, most first."""
    counted: dict[str, dict[Candidate, int]] = {}
    for row in requested:
        if row.model in VIRTUAL_MODELS:  # it leaves the choice to the policy, and says nothing of today
            continue
        candidate = capabilities.effective(Candidate(row.model, row.effort))
        by_candidate = counted.setdefault(row.task_type, {})
        by_candidate[candidate] = by_candidate.get(candidate, 0) + row.calls
    return {
        task_type: [_Asked(c, n) for c, n in sorted(asked.items(), key=lambda item: (-item[1], str(item[0])))]
        for task_type, asked in counted.items()
    }


def _scenes(
    ask: Ask, priced: Priced, traffic: Mapping[str, list[_Asked]], capabilities: CapabilityTable
) -> tuple[dict[str, Scene], str]:
    """Say for each measured type what its requests ask for and how many there are.

    Volumes come from the ledger's calls if it has any of every type, else from the outcomes: the two are
    never mixed, since only their ratios mean anything.
    """
    gathered = priced.gathered
    scenes: dict[str, Scene] = {}
    baselines = _baselines(ask, gathered, traffic, capabilities)
    calls = {
        name: sum(asked.calls for asked in traffic.get(name, ()) if asked.candidate == baseline)
        for name, baseline in baselines.items()
    }
    measured = volumes(calls, gathered.types, baselines, priced)
    for evidence in gathered.types:
        name = evidence.task_type
        if name in baselines:
            error_usd = ask.error_costs_usd.get(name, ask.error_cost_usd)
            volume = float(len(evidence.prompts)) if measured is None else measured[name]
            cost = None if error_usd is None else float(error_usd)
            scenes[name] = Scene(baselines[name], volume, cost, name in ask.critical)
    basis = "prompts in the outcome tables" if measured is None else "calls in the ledger"
    return scenes, f"volumes: {basis}"


def _baselines(
    ask: Ask, gathered: Gathered, traffic: Mapping[str, list[_Asked]], capabilities: CapabilityTable
) -> dict[str, Candidate]:
    names = [evidence.task_type for evidence in gathered.types]
    if ask.baseline is not None:
        baseline = capabilities.effective(ask.baseline)
        measured = sorted({str(arm) for evidence in gathered.types for arm in evidence.arms})
        if not measured:
            raise EvidenceError(
                "no prompt was answered by two candidates, so nothing can be compared; import outcomes of "
                "another candidate on the same prompts, or name more by --arms"
            )
        if str(baseline) not in measured:
            raise EvidenceError(
                f"no outcome of the baseline {baseline} was found beside another candidate's; measured are "
                f"{', '.join(measured)}: name one of them by --baseline, or import outcomes of it"
            )
        return dict.fromkeys(names, baseline)
    found = {name: traffic[name][0].candidate for name in names if traffic.get(name)}
    if not found:
        raise EvidenceError(
            f"what requests ask for today is not known for {', '.join(names) or 'any task type'}: "
            "the ledger has no calls of it; name the model by --baseline, or import the calls"
        )
    return found


def _check_prices(types: Sequence[TypeEvidence]) -> None:
    """Refuse evidence without a single cost: no saving could be shown, and the attempt would be spent."""
    if all(np.isnan(evidence.cost_usd).all() for evidence in types):
        raise EvidenceError(
            "no outcome has a price on the day asked for, so no saving can be shown; "
            "name another day by --prices-on, or a stand-in by --price-as"
        )


def _check_names(ask: Ask, gathered: Gathered) -> None:
    """Refuse a bar for a task type that is not there: it would guard nothing."""
    measured = [evidence.task_type for evidence in gathered.types]
    for asked, names in (
        ("critical", ask.critical),
        ("type margin", ask.goal.type_margins),
        ("error cost", ask.error_costs_usd),
        ("latency", ask.goal.latencies_ms),
    ):
        unknown = sorted(set(names).difference(measured))
        if unknown:
            raise ConfigError(
                f"{asked}: no outcome is paired for task type {', '.join(map(repr, unknown))}; measured are "
                f"{', '.join(measured) or 'none'}: name one of them, or import outcomes"
            )


def _settings(ask: Ask, book: PriceBook, scenes: Mapping[str, Scene]) -> dict[str, object]:
    """Return everything that was asked and can change the answer, as plain JSON.

    Volumes are left out: they grow by the hour, and the pool's critical value holds for all weights at once.
    """
    goal = ask.goal
    # Where no latency is asked for nothing is said of it: attempts from before stay the same.
    said: dict[str, object] = {}
    if goal.latency_ms is not None or goal.latencies_ms:
        said = {"latency_ms": goal.latency_ms, "latencies_ms": dict(sorted(goal.latencies_ms.items()))}
    return said | {
        "margin": goal.margin,
        "alpha": goal.alpha,
        "type_margin": goal.type_margin,
        "type_margins": dict(sorted(goal.type_margins.items())),
        "choosing_share": goal.choosing_share,
        "seed": goal.seed,
        "baselines": {name: str(scene.baseline) for name, scene in sorted(scenes.items())},
        "arms": None if ask.arms is None else sorted(map(str, ask.arms)),
        "day": None if ask.day is None else ask.day.isoformat(),
        "error_cost_usd": None if ask.error_cost_usd is None else str(ask.error_cost_usd),
        "error_costs_usd": {name: str(usd) for name, usd in sorted(ask.error_costs_usd.items())},
        "critical": sorted(ask.critical),
        "prices_sha256": book.sha256,
        "priced_as": dict(sorted(book.stand_ins.items())),
    }


def _sha256(settings: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _before(attempt_id: int, ledger: Ledger) -> Iterator[Try]:
    # This attempt is on record already, so that of two at the same time only one is the first.
    for row in ledger.attempts():
        if row.attempt_id < attempt_id:
            yield Try(row.settings_sha256, row.evidence_sha256, row.prompts)
