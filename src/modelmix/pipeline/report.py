"""The report: policy, ledger and lake gathered into one account, and its page."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from plotly.offline import get_plotlyjs

from modelmix import __version__
from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.outcome import Outcome
from modelmix.core.prices import PriceBook
from modelmix.errors import ConfigError, DataError, EvidenceError
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.ingest import outcomes as outcome_rows
from modelmix.pipeline.audit import Window
from modelmix.pipeline.commit import Ask, Surroundings, size
from modelmix.pipeline.evidence import Priced, priced_evidence
from modelmix.pipeline.savings import read_policy, savings
from modelmix.policy.document import PolicyDocument, TaskEntry
from modelmix.report.account import Account, AttemptLine, Rows
from modelmix.report.contract_advice import advice_of
from modelmix.report.examples import Examples, Wanted, worst
from modelmix.report.findings import Findings
from modelmix.report.measured import MeasuredType, measured
from modelmix.report.receipt import Advice
from modelmix.report.savings import TypeSaving
from modelmix.report.type_rows import TypeEvidenceShown
from modelmix.store.lake import Lake
from modelmix.store.ledger import FILE, Ledger
from modelmix.store.records import BarAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAsked:
    """What is asked of a report.

    Attributes:
        home: Folder of ledger and lake.
        policy: The policy file.
        contract: The contract file, or None without one.
        window: Span of the traffic.
        examples: Worst examples per task type.
        has_text: Whether prompts and answers may be shown.
        now: UTC instant of the run.
    """

    home: Path
    policy: Path
    contract: Path | None = None
    window: Window = field(default_factory=Window)
    examples: int = 5
    has_text: bool = True
    now: datetime


def account(asked: ReportAsked, book: PriceBook, capabilities: CapabilityTable) -> Account:
    """Gather an account; nothing is written.

    Args:
        asked: What is asked.
        book: Prices.
        capabilities: What models accept.

    Raises:
        ArtifactError: The policy file cannot be read, is not valid, or was changed.
        ConfigError: The contract file cannot be read, or is not valid.
        EvidenceError: The contract states no spend, and the traffic spans less than a day.
        DataError: There is no ledger, or no call in it.
        StoreError: Ledger or lake cannot be used.
    """
    policy = read_policy(asked.policy)
    where = asked.home / FILE
    if not where.is_file():
        raise DataError(
            f"there is no ledger {where}; run modelmix import or modelmix audit --keep first, "
            "or name another home by --home"
        )
    with Ledger.open(asked.home) as ledger:
        calls = ledger.count()
        if not calls:
            raise DataError(f"the ledger {where} holds no call; run modelmix import or modelmix audit --keep")
        found = savings(policy, ledger.calls(), book, capabilities, asked.now, asked.window)
        attempts = ledger.attempts()
        this = _attempt_of(policy, attempts)
        verdicts = {} if this is None else _verdicts(ledger, this.attempt_id)
        imports, bad_rows = len(ledger.imports()), len(ledger.bad_rows())
    lake = Lake(asked.home)
    notes: list[str] = []
    priced = _priced(lake, book, capabilities, asked, notes)
    evidence = _Evidence(policy, capabilities, {} if priced is None else _by_name(priced))
    shown = evidence.shown(found.types, lake, asked, verdicts)
    return Account(
        savings=found,
        policy=policy,
        policy_path=str(asked.policy),
        shown=shown,
        attempts=tuple(
            AttemptLine(a.attempt_id, a.at, a.margin, a.alpha, a.k, a.outcome, this is a) for a in attempts
        ),
        advice=_advice(asked, policy, book, capabilities),
        seed=None if this is None else _seed(this),
        rows=Rows(
            calls=calls,
            outcomes=0 if priced is None else priced.gathered.rows,
            bad_outcomes=0 if priced is None else len(priced.bad_rows),
            bad_rows=bad_rows,
            imports=imports,
            unpaired_prompts=0 if priced is None else priced.gathered.prompts_unpaired,
        ),
        has_text=asked.has_text,
        notes=tuple(notes),
        made=asked.now.replace(microsecond=0),
        version=__version__,
    )


def _advice(
    asked: ReportAsked, policy: PolicyDocument, book: PriceBook, capabilities: CapabilityTable
) -> Advice | None:
    if asked.contract is None:
        return None
    try:
        data = asked.contract.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{asked.contract} cannot be read ({error.strerror or error}); correct --contract"
        ) from error
    ask = Ask(data, str(asked.contract), policy, str(asked.policy), asked.window)
    return advice_of(size(ask, Surroundings(asked.home, book, capabilities, asked.now)))


def plotly_source() -> str:
    """Return Plotly's JavaScript as the installed package has it: nothing is fetched."""
    source: str = get_plotlyjs()
    return source


def write_page(path: Path, page: str) -> None:
    """Write a page.

    Raises:
        ConfigError: The file cannot be written.
    """
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot write {path} ({error.strerror or error}); name another file by -o"
        ) from error


def _attempt_of(policy: PolicyDocument, attempts: tuple[BarAttempt, ...]) -> BarAttempt | None:
    """Return the last attempt on the rows that a policy's certificate rests on."""
    sha256 = None if policy.certificate is None else policy.certificate.evidence_sha256
    same = [a for a in attempts if sha256 is not None and a.evidence_sha256 == sha256]
    return same[-1] if same else None


def _verdicts(ledger: Ledger, attempt_id: int) -> dict[tuple[str, str], str]:
    return {(v.task_type, v.candidate): v.verdict for v in ledger.verdicts(attempt_id)}


def _seed(attempt: BarAttempt) -> int | None:
    seed = attempt.settings.get("seed")
    return seed if isinstance(seed, int) else None


def _priced(
    lake: Lake, book: PriceBook, capabilities: CapabilityTable, asked: ReportAsked, notes: list[str]
) -> Priced | None:
    rows = outcome_rows.read(lake.outcomes(), "lake")
    try:
        return priced_evidence(rows, book, capabilities, today=asked.now.date())
    except EvidenceError as error:
        notes.append(f"No candidate is pictured: {error}")
        return None


def _by_name(priced: Priced) -> dict[str, TypeEvidence]:
    return {evidence.task_type: evidence for evidence in priced.gathered.types}


class _Evidence:
    """The rows behind a policy's entries."""

    def __init__(
        self, policy: PolicyDocument, capabilities: CapabilityTable, types: dict[str, TypeEvidence]
    ) -> None:
        self._policy = policy
        self._capabilities = capabilities
        self._types = types

    def shown(
        self,
        types: tuple[TypeSaving, ...],
        lake: Lake,
        asked: ReportAsked,
        verdicts: dict[tuple[str, str], str],
    ) -> dict[str, TypeEvidenceShown]:
        """Return by entry what is shown of its rows."""
        rows = {row.task_type: row for row in types}
        sums = {name: found for name in rows if (found := self._measured(name, verdicts)) is not None}
        wanted = list(self._wanted(rows, sums, asked.examples)) if asked.has_text else []
        findings, examples = Findings(), Examples(wanted)
        for outcome, import_id in self._outcomes(lake, keep_text=bool(wanted)):
            findings.add(outcome, import_id)
            examples.offer(outcome)
        collected = list(examples.all())
        shown = {}
        for name, found in sums.items():
            candidate = self._candidate(rows[name])
            task_type = self._types_of(name)[0].task_type
            shown[name] = TypeEvidenceShown(
                measured=found,
                findings=() if candidate is None else findings.of(task_type, candidate, found.baseline),
                examples=tuple(one for one in collected if one.task_type == name),
                graders=findings.graders(task_type),
                repeats=findings.repeats(task_type, found.baseline),
            )
        return shown

    def _types_of(self, name: str) -> list[TypeEvidence]:
        """Return the evidence of an entry: by its name, else by the tag that it matches."""
        entry = self._policy.tasks[name]
        found = self._types.get(name) or self._types.get(entry.match.tag or "")
        return [] if found is None else [found]

    def _measured(self, name: str, verdicts: dict[tuple[str, str], str]) -> MeasuredType | None:
        alpha = float(self._policy.bar.alpha)
        for evidence in self._types_of(name):
            for baseline in self._baselines(self._policy.tasks[name]):
                found = measured(name, evidence, baseline, alpha, verdicts)
                if found is not None:
                    return found
        return None

    def _baselines(self, entry: TaskEntry) -> list[Candidate]:
        return [self._capabilities.effective(baseline) for baseline in entry.baseline]

    def _candidate(self, row: TypeSaving) -> Candidate | None:
        return None if row.candidate is None else self._capabilities.effective(row.candidate)

    def _wanted(
        self, rows: dict[str, TypeSaving], sums: dict[str, MeasuredType], most: int
    ) -> Iterator[Wanted]:
        for name, found in sums.items():
            candidate = self._candidate(rows[name])
            if candidate is not None:
                yield from worst(name, self._types_of(name)[0], candidate, found.baseline, most)

    def _outcomes(self, lake: Lake, *, keep_text: bool) -> Iterator[tuple[Outcome, str]]:
        for import_id in lake.outcome_imports() if self._types else ():
            rows = outcome_rows.read(lake.outcomes([import_id]), "lake", keep_text=keep_text)
            for outcome in rows:
                if not isinstance(outcome, BadRow):
                    effective = self._capabilities.effective(outcome.candidate)
                    yield replace(outcome, candidate=effective), import_id
