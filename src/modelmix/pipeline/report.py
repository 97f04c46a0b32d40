"""The report: policy, ledger and lake gathered into one account, and its page."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from plotly.offline import get_plotlyjs

from modelmix import __version__
from modelmix.core.call import BadRow
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.outcome import Outcome
from modelmix.core.prices import PriceBook
from modelmix.errors import ConfigError, DataError, EvidenceError
from modelmix.ingest import outcomes as outcome_rows
from modelmix.optimize.fit import Scene
from modelmix.optimize.whole_tasks import WholeType
from modelmix.pipeline.audit import Window
from modelmix.pipeline.commit import Ask, Surroundings, size
from modelmix.pipeline.current import current_outcomes
from modelmix.pipeline.evidence import Priced, priced_evidence
from modelmix.pipeline.grounds import Founded, founded
from modelmix.pipeline.label.heard import Heard, heard
from modelmix.pipeline.report_evidence import EvidenceRows, Showing
from modelmix.pipeline.savings import read_policy, savings
from modelmix.pipeline.whole import whole_of
from modelmix.policy.document import PolicyDocument
from modelmix.report.account import Account, AttemptLine, Rows
from modelmix.report.contract_advice import advice_of
from modelmix.report.grounds import Grounds
from modelmix.report.receipt import Advice
from modelmix.report.savings import Savings
from modelmix.store.book import FILE
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import BarAttempt, Import, TypeVerdict
from modelmix.store.replay_book import ReplayBook


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAsked:
    """What is asked of a report.

    Attributes:
        home: Folder of ledger and lake.
        policy: The policy file.
        contract: The contract file, or None without one.
        window: Span of the traffic.
        contract_window: Span of the traffic that a commitment is sized on, or None for the same.
        examples: Worst examples per task type.
        has_text: Whether prompts and answers may be shown.
        now: UTC instant of the run.
    """

    home: Path
    policy: Path
    contract: Path | None = None
    window: Window = field(default_factory=Window)
    contract_window: Window | None = None
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
    kept = _kept(asked, policy, book, capabilities)
    grounds, notes = kept.founded.grounds, list(kept.founded.notes)
    this, lake = kept.founded.attempt, Lake(asked.home)
    people = _heard(asked, this, lake, grounds, capabilities)
    outcomes = outcome_rows.read(current_outcomes(lake, kept.imports, grounds.imports), "lake")
    priced = _priced(people.over(outcomes), book, capabilities, asked, notes)
    beside = people.beside(() if priced is None else priced.gathered.types)
    notes.extend(people.notes({} if priced is None else priced.graders, beside))
    rows = EvidenceRows(
        lake=lake,
        imports=kept.imports,
        grounds=grounds,
        types={one.task_type: one for one in beside.types},
        verdicts={(one.task_type, one.candidate): one.verdict for one in kept.verdicts},
        people=people,
    )
    showing = Showing(policy, capabilities, rows, asked.examples if asked.has_text else 0)
    return Account(
        savings=kept.savings,
        policy=policy,
        policy_path=str(asked.policy),
        shown=showing.shown(kept.savings.types),
        attempts=tuple(
            AttemptLine(a.attempt_id, a.at, a.margin, a.alpha, a.k, a.outcome, a == this)
            for a in kept.attempts
        ),
        advice=_advice(asked, policy, book, capabilities),
        whole=() if priced is None else _whole(priced, policy, book, capabilities, asked.now.date()),
        seed=_seed(this),
        grounds=grounds,
        rows=kept.rows if priced is None else _counted(kept.rows, priced),
        has_text=asked.has_text,
        notes=tuple(notes),
        made=asked.now.replace(microsecond=0),
        version=__version__,
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the ledger tells."""

    savings: Savings
    founded: Founded
    imports: tuple[Import, ...]
    attempts: tuple[BarAttempt, ...]
    verdicts: tuple[TypeVerdict, ...]
    rows: Rows


def _kept(
    asked: ReportAsked, policy: PolicyDocument, book: PriceBook, capabilities: CapabilityTable
) -> _Kept:
    where = asked.home / FILE
    if not where.is_file():
        raise DataError(
            f"there is no ledger {where}; run modelmix import or modelmix audit --keep first, "
            "or name another home by --home"
        )
    with ReplayBook.open(asked.home) as replays:
        told = replays.replays()
    with Ledger.open(asked.home) as ledger:
        calls = ledger.count()
        if not calls:
            raise DataError(f"the ledger {where} holds no call; run modelmix import or modelmix audit --keep")
        imports = ledger.imports()
        founding = founded(policy, ledger, Lake(asked.home), told)
        attempt = founding.attempt
        return _Kept(
            savings=savings(policy, ledger.calls(), book, capabilities, asked.now, asked.window),
            founded=founding,
            imports=imports,
            attempts=ledger.attempts(),
            verdicts=() if attempt is None else ledger.verdicts(attempt.attempt_id),
            rows=Rows(calls=calls, imports=len(imports), bad_rows=len(ledger.bad_rows())),
        )


def _counted(rows: Rows, priced: Priced) -> Rows:
    return replace(
        rows,
        outcomes=priced.gathered.rows,
        bad_outcomes=len(priced.bad_rows),
        unpaired_prompts=priced.gathered.prompts_unpaired,
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
    window = asked.window if asked.contract_window is None else asked.contract_window
    ask = Ask(data, str(asked.contract), policy, str(asked.policy), window)
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


def _whole(
    priced: Priced, policy: PolicyDocument, book: PriceBook, capabilities: CapabilityTable, today: date
) -> tuple[WholeType, ...]:
    """Work out what solved tasks cost, beside what the policy calls the baseline of their type."""
    scenes: dict[str, Scene] = {}
    for name, entry in policy.tasks.items():
        if entry.baseline:
            usd = None if entry.bar is None else entry.bar.error_cost_usd
            baseline = capabilities.effective(entry.baseline[0])
            scenes[name] = Scene(baseline, 0.0, None if usd is None else float(usd))
    return whole_of(priced, scenes, None, book, today)


def _seed(attempt: BarAttempt | None) -> int | None:
    seed = None if attempt is None else attempt.settings.get("seed")
    return seed if isinstance(seed, int) else None


def _heard(
    asked: ReportAsked, this: BarAttempt | None, lake: Lake, grounds: Grounds, capabilities: CapabilityTable
) -> Heard:
    """Gather what people had said when the policy was made; what was said since is for the next one."""
    with Ledger.open(asked.home) as ledger:
        return heard(ledger, lake, grounds.imports, capabilities, None if this is None else this.at)


def _priced(
    rows: Iterable[Outcome | BadRow],
    book: PriceBook,
    capabilities: CapabilityTable,
    asked: ReportAsked,
    notes: list[str],
) -> Priced | None:
    try:
        return priced_evidence(rows, book, capabilities, today=asked.now.date())
    except EvidenceError as error:
        notes.append(f"No candidate is pictured: {error}")
        return None
