"""What a report shows of the rows behind a policy: candidates, findings, slices and examples by type."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.level import Level
from modelmix.core.outcome import Outcome
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.paired import Pairs
from modelmix.ingest import outcomes as outcome_rows
from modelmix.pipeline.current import current_outcomes
from modelmix.pipeline.label.heard import Heard
from modelmix.policy.document import PolicyDocument
from modelmix.report.evidence_rows import NO_CANDIDATE, CandidateShown
from modelmix.report.examples import Examples, Wanted, worst
from modelmix.report.findings import Findings
from modelmix.report.grounds import Grounds
from modelmix.report.measured import MeasuredType, measured
from modelmix.report.savings import TypeSaving
from modelmix.report.type_rows import TypeEvidenceShown
from modelmix.store.lake import Lake
from modelmix.store.records import Import

_SPARE = 4
"""Prompts looked out for per example shown: the text of some may not have been captured."""


@dataclass(frozen=True, slots=True)
class EvidenceRows:
    """Rows behind a policy.

    Attributes:
        lake: Where they lie.
        imports: All imports, oldest first.
        grounds: Which of them count.
        types: Task type → what was measured.
        verdicts: Task type and candidate → what the optimiser found.
        people: What people had said of them.
    """

    lake: Lake
    imports: tuple[Import, ...]
    grounds: Grounds
    types: Mapping[str, TypeEvidence] = field(default_factory=dict)
    verdicts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    people: Heard | None = None

    def outcomes(self, *, keep_text: bool) -> Iterator[tuple[str, Outcome | BadRow]]:
        """Yield the rows with their import, import by import, as the optimiser reads them.

        Nothing comes where nothing was measured.
        """
        rows = current_outcomes(self.lake, self.imports, self.grounds.imports) if self.types else iter(())
        for import_id, some in groupby(rows, itemgetter("import_id")):
            read = outcome_rows.read(some, "lake", keep_text=keep_text)
            for row in read if self.people is None else self.people.over(read):
                yield import_id, row


class Showing:
    """Gathers what is shown of a policy's types.

    Args:
        policy: The policy.
        capabilities: Tells the effort that an absent one stands for.
        rows: The rows behind it.
        examples: Worst examples of each candidate; 0 for none, and no text is read then.
    """

    def __init__(
        self, policy: PolicyDocument, capabilities: CapabilityTable, rows: EvidenceRows, examples: int
    ) -> None:
        self._policy = policy
        self._capabilities = capabilities
        self._rows = rows
        self._most = examples

    def shown(self, types: tuple[TypeSaving, ...]) -> dict[str, TypeEvidenceShown]:
        """Return by entry what is shown of its rows."""
        sums = {row.task_type: self._measured(row.task_type) for row in types}
        wanted = [one for row in types for one in self._wanted(row, sums[row.task_type])]
        findings, examples = Findings(), Examples(wanted)
        for import_id, outcome in self._rows.outcomes(keep_text=bool(wanted)):
            if not isinstance(outcome, BadRow) and self._decides(outcome):
                effective = self._capabilities.effective(outcome.candidate)
                outcome = replace(outcome, candidate=effective)  # noqa: PLW2901 - the same outcome
                findings.add(outcome, import_id)
                examples.offer(outcome)
        found = {}
        for row in types:
            told = _Told(findings, examples, sums[row.task_type], self._type_of(row.task_type), self._most)
            own, refused = self._candidates(row)
            found[row.task_type] = TypeEvidenceShown(
                measured=told.sums,
                candidate=told.of(row.task_type, own),
                refusal=told.of(row.task_type, refused),
                graders=findings.graders(told.task_type),
                repeats=told.repeats(self._rows.grounds),
            )
        return found

    def _decides(self, outcome: Outcome) -> bool:
        """Say whether a row is of the level that its type was measured at: whole tasks, or less."""
        evidence = self._rows.types.get(outcome.task_type)
        return evidence is None or (outcome.level is Level.TASK) == (evidence.level is Level.TASK)

    def _type_of(self, name: str) -> str:
        """Return the task type of an entry's rows: its name, else the tag that it matches."""
        tag = self._policy.tasks[name].match.tag or ""
        known: list[Container[str]] = [self._rows.types, self._rows.grounds.again]
        return next((one for group in known for one in (name, tag) if one in group), name)

    def _measured(self, name: str) -> MeasuredType | None:
        evidence = self._rows.types.get(self._type_of(name))
        if evidence is None:
            return None
        alpha = float(self._policy.bar.alpha)
        baselines = map(self._capabilities.effective, self._policy.tasks[name].baseline)
        found = (measured(name, evidence, one, alpha, self._rows.verdicts) for one in baselines)
        return next((one for one in found if one is not None), None)

    def _candidates(self, row: TypeSaving) -> tuple[Candidate | None, Candidate | None]:
        """Return the candidate that a type's evidence is about, and the refusal; the same is shown once."""
        refused = None if row.refusal is None else self._capabilities.effective(row.refusal.candidate)
        own = None if row.candidate is None else self._capabilities.effective(row.candidate)
        return (None if own == refused else own), refused

    def _wanted(self, row: TypeSaving, found: MeasuredType | None) -> Iterator[Wanted]:
        if found is None or not self._most:
            return
        evidence = self._rows.types[self._type_of(row.task_type)]
        for candidate in self._candidates(row):
            if candidate is not None:
                yield from worst(row.task_type, evidence, candidate, found.baseline, _SPARE * self._most)


@dataclass(frozen=True, slots=True)
class _Told:
    """What was collected, as one entry sees it."""

    findings: Findings
    examples: Examples
    sums: MeasuredType | None
    task_type: str
    most: int

    def of(self, entry: str, candidate: Candidate | None) -> CandidateShown:
        """Return what is shown of a candidate."""
        if candidate is None or self.sums is None:
            return NO_CANDIDATE
        sums = next((one for one in self.sums.candidates if one.candidate == candidate), None)
        return CandidateShown(
            candidate=candidate,
            findings=self.findings.of(self.task_type, candidate, self.sums.baseline),
            slices={} if sums is None else sums.slices,
            examples=self.examples.of(entry, candidate, self.most),
        )

    def repeats(self, grounds: Grounds) -> Pairs | None:
        """Return the baseline against itself, in replays and in tables with two answers to a prompt."""
        found = grounds.again.get(self.task_type)
        table = None if self.sums is None else self.findings.repeats(self.task_type, self.sums.baseline)
        if found is None or table is None:
            return table or found
        return found + table
