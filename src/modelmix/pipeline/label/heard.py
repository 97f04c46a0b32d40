"""Heard: what people have said, ready to be put into the evidence of one run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelmix.core.call import BadRow
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.label import HUMAN
from modelmix.core.outcome import Outcome
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.labelled import FEWEST_LABELS
from modelmix.ingest import outcomes as outcome_rows
from modelmix.pipeline.current import current_outcomes
from modelmix.pipeline.label.evidence import Labelled, labelled, overridden, overrides
from modelmix.pipeline.label.population import JUDGE, Population, outcomes_of, population
from modelmix.pipeline.label.words import Key, Words, words
from modelmix.report.label_report import minutes_of, points
from modelmix.report.plain import counted
from modelmix.store.label_book import LabelBook
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger

Rows = Iterable[Outcome | BadRow]


@dataclass(frozen=True, slots=True)
class Heard:
    """People's words on the outcomes of one run.

    Attributes:
        capabilities: Tells the effort that an absent one stands for.
        people: The outcomes, without text; empty where nobody has said anything.
        said: What people say of them.
        scores: Grades that take the place of rules' own.
    """

    capabilities: CapabilityTable
    people: Population = field(default_factory=dict)
    said: Words | None = None
    scores: Mapping[Key, float] = field(default_factory=dict)

    def over(self, rows: Rows) -> Iterator[Outcome | BadRow]:
        """Yield outcomes with people's grades in place of rules' own."""
        return overridden(rows, self.scores, self.capabilities) if self.scores else iter(rows)

    def beside(self, types: Sequence[TypeEvidence]) -> Labelled:
        """Put labels of judged pairs beside them, by which their judge is corrected."""
        if self.said is None:
            return Labelled(tuple(types), frozenset(), {})
        return labelled(types, self.people, self.said)

    def graders(self, graders: Mapping[str, str], found: Labelled) -> dict[str, str]:
        """Name people among the graders of types whose judge they correct."""
        return {
            name: f"{HUMAN}, {named}" if name in found.corrected else named for name, named in graders.items()
        }

    def notes(self, graders: Mapping[str, str], found: Labelled) -> Iterator[str]:
        """Say what people have changed, and which judges nobody has checked; one sentence each."""
        if self.scores:
            types = sorted({task_type for task_type, _, _ in self.scores})
            yield f"people's words stand for {counted(len(self.scores), 'grade')}: {', '.join(types)}"
        for evidence in found.types:
            for arm, base in evidence.people:
                labels = evidence.people[arm, base]
                judge = evidence.score[:, arm] - evidence.score[:, base]
                corrected = labels.corrected(judge, evidence.units)
                change = f"from {points(corrected.judge_loss)} to {points(corrected.loss)}"
                yield (
                    f"{evidence.task_type} on {evidence.arms[arm]}: {labels.n} labels correct the judge's "
                    f"loss {change}; its pairs are what judge and labels together are worth"
                )
        for (task_type, candidate), n in sorted(found.too_few.items()):
            yield (
                f"{task_type} on {candidate}: {counted(n, 'label')} of {FEWEST_LABELS} that it takes to "
                "correct a judge; it is taken at its word"
            )
        few = {task_type for task_type, _ in found.too_few}
        alone = sorted(
            name
            for name, named in graders.items()
            if any(one.startswith(JUDGE) for one in named.split(", "))
            and name not in found.corrected
            and name not in few
        )
        if alone:
            time = round(minutes_of(100, None))
            yield (
                f"judged, and checked by nobody: {', '.join(alone)}; 100 labels each, about {time} minutes, "
                "would show how far the judge can be trusted: modelmix label"
            )


def heard(
    ledger: Ledger,
    lake: Lake,
    imports: Sequence[str],
    capabilities: CapabilityTable,
    until: datetime | None = None,
) -> Heard:
    """Gather what people have said of the outcomes of some imports; without labels none is read.

    Args:
        ledger: Labels, and the order of imports.
        lake: Outcomes.
        imports: Those that are evidence.
        capabilities: Tells the effort that an absent one stands for.
        until: Last instant whose words count, or None for all.
    """
    with LabelBook.open(ledger.path.parent) as book:
        labels = [label for label in book.labels() if until is None or label.at <= until]
    if not labels:
        return Heard(capabilities)
    rows = outcome_rows.read(current_outcomes(lake, ledger.imports(), imports), "lake", keep_text=True)
    people = population(outcomes_of(rows, capabilities))
    said = words(labels, people, capabilities)
    return Heard(capabilities, people, said, overrides(people, said))
