"""Material: what the lake holds that people can label, and what they have said of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.outcome import Outcome
from modelmix.errors import ConfigError, DataError, EvidenceError
from modelmix.ingest import outcomes as outcome_rows
from modelmix.pipeline.current import REPLAY, current_outcomes
from modelmix.pipeline.evidence import evidence_imports
from modelmix.pipeline.label.draw import Sample, Shown, draw, with_texts
from modelmix.pipeline.label.findings import findings
from modelmix.pipeline.label.population import Population, outcomes_of, population
from modelmix.pipeline.label.words import words
from modelmix.policy.by_type import VIRTUAL_MODELS
from modelmix.report.label_report import LabelReport
from modelmix.report.plain import counted
from modelmix.store.book import FILE
from modelmix.store.label_book import LabelBook
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be labelled.

    Attributes:
        home: Folder of ledger and lake.
        replay: Replay whose answers are wanted, or empty for all that is evidence.
        task_types: Task types wanted; all if empty.
        candidates: Candidates wanted; all if empty.
        baseline: Whose answers the others are held against; None for what requests ask for today.
        sample: Pairs at most.
        seed: Seed of their order.
    """

    home: Path
    replay: str = ""
    task_types: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    baseline: Candidate | None = None
    sample: int = 100
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Material:
    """Graded answers, and whose they are held against.

    Attributes:
        asked: What is to be labelled.
        capabilities: Tells the effort that an absent one stands for.
        people: The answers, without text.
        baselines: Task type → baseline.
        imports: Imports that the answers are from.
    """

    asked: Asked
    capabilities: CapabilityTable
    people: Population
    baselines: Mapping[str, Candidate]
    imports: tuple[str, ...]

    def sample(self) -> Sample:
        """Draw pairs to be labelled.

        Raises:
            EvidenceError: There is none whose text was kept.
        """
        found = draw(self.people, self.baselines, self.asked.sample, self.asked.seed, self.asked.candidates)
        if found.pairs:
            return found
        if found.without_text:
            raise EvidenceError(
                f"the text of {counted(found.without_text, 'pair')} was not kept, so nobody can read them; "
                "run the same replay again with --keep-text, or modelmix import --keep-text FILE"
            )
        if found.no_baseline:
            raise EvidenceError(
                f"no answer of today's model was found for {', '.join(found.no_baseline)}; name the model by "
                "--baseline"
            )
        raise EvidenceError(
            f"there is nothing to label: {counted(found.same, 'pair')} of answers, all of the same text"
        )

    def shown(self, sample: Sample) -> tuple[Shown, ...]:
        """Put texts beside the pairs of a sample."""
        return with_texts(sample.pairs, _outcomes(self.asked.home, self.imports, self.capabilities))

    def report(self) -> LabelReport:
        """Gather what all labels on record show."""
        with LabelBook.open(self.asked.home) as book:
            said = words(book.labels(), self.people, self.capabilities)
        return findings(self.people, said, self.baselines)


def material(asked: Asked, capabilities: CapabilityTable) -> Material:
    """Read what can be labelled.

    Raises:
        DataError: There is no ledger, or no such replay.
        EvidenceError: There is no outcome, or no baseline.
        ConfigError: A task type or candidate is named of which there is none.
    """
    home = asked.home
    if not (home / FILE).exists():
        raise DataError(f"there is no ledger in {home}; run modelmix replay --keep-text first")
    with Ledger.open(home) as ledger:
        lake = Lake(home)
        imports, _ = evidence_imports(ledger, lake)
        if asked.replay:
            imports = tuple(one for one in lake.outcome_imports() if one == asked.replay)
        if not imports:
            what = f"replay {asked.replay!r}" if asked.replay else "any replay or table"
            raise EvidenceError(f"there is no graded answer of {what}; run modelmix replay --keep-text first")
        people = _wanted(asked, population(_outcomes(home, imports, capabilities)))
        baselines = _baselines(asked, people, ledger, imports, capabilities)
    if not baselines:
        raise EvidenceError(
            f"what requests ask for today is not known for {', '.join(sorted(people))}: the ledger has no "
            "calls of it; name the model by --baseline, or import the calls"
        )
    return Material(asked, capabilities, people, baselines, imports)


def _outcomes(home: Path, imports: tuple[str, ...], capabilities: CapabilityTable) -> Iterator[Outcome]:
    with Ledger.open(home) as ledger:
        rows = current_outcomes(Lake(home), ledger.imports(), imports)
        yield from outcomes_of(outcome_rows.read(rows, "lake", keep_text=True), capabilities)


def _wanted(asked: Asked, people: Population) -> Population:
    unknown = sorted(set(asked.task_types) - set(people))
    if unknown:
        raise ConfigError(
            f"there is no graded answer of task type {', '.join(map(repr, unknown))}; there are "
            f"{', '.join(sorted(people))}: name one of them by --type"
        )
    there = {one for prompts in people.values() for answers in prompts.values() for one in answers}
    lacking = sorted(map(str, set(asked.candidates) - there))
    if lacking:
        raise ConfigError(
            f"there is no graded answer of {', '.join(lacking)}; there are "
            f"{', '.join(sorted(map(str, there)))}: name one of them by --candidate"
        )
    wanted = asked.task_types or tuple(people)
    return {name: prompts for name, prompts in people.items() if name in wanted}


def _baselines(
    asked: Asked, people: Population, ledger: Ledger, imports: tuple[str, ...], capabilities: CapabilityTable
) -> dict[str, Candidate]:
    if asked.baseline is not None:
        return dict.fromkeys(people, capabilities.effective(asked.baseline))
    found: dict[str, Candidate] = {}
    for row in ledger.requested():
        if row.model not in VIRTUAL_MODELS and row.task_type in people:
            found.setdefault(row.task_type, capabilities.effective(Candidate(row.model, row.effort)))
    replayed = {done.import_id for done in ledger.imports() if done.kind == REPLAY}
    if replayed.issuperset(imports):
        for name, prompts in people.items():
            # A replay writes the recorded answer of every prompt first.
            first = {next(iter(answers)) for answers in prompts.values()}
            if len(first) == 1:
                found.setdefault(name, first.pop())
    return found
