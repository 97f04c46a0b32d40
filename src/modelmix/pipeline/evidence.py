"""Outcomes, from files or the lake, as priced and paired evidence."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.level import Level
from modelmix.core.outcome import Outcome
from modelmix.core.prices import PriceBook
from modelmix.economics.outcome_cost import OutcomePricer
from modelmix.economics.solved import Run
from modelmix.errors import DataError, EvidenceError
from modelmix.evaluate.evidence import Gathered, gather
from modelmix.ingest import outcomes as outcome_rows
from modelmix.store.files import LogFile, on_disk
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Priced:
    """Evidence with the basis of its costs.

    Attributes:
        gathered: The evidence.
        pricer: Says which day's prices were taken, and what has none.
        bad_rows: Rows that could not be read.
        skipped_models: Models left out since the price book does not know them and no arm names them.
        graders: Task type → graders of its outcomes, with their versions.
        runs: Task type → candidate → its runs at whole tasks. What several models served together stands
            under their names, and is evidence for none of them.
    """

    gathered: Gathered
    pricer: OutcomePricer
    bad_rows: tuple[BadRow, ...]
    skipped_models: tuple[str, ...]
    graders: Mapping[str, str] = field(default_factory=dict)
    runs: Mapping[str, Mapping[Candidate, Sequence[Run]]] = field(default_factory=dict)


SIMULATED = "simulated: a practice API answered"
"""Part of a certificate's basis where the evidence is synthetic."""

_TABLES = frozenset({"outcomes-csv", "outcomes-jsonl", "parquet"})


def evidence_imports(ledger: Ledger, lake: Lake) -> tuple[tuple[str, ...], bool]:
    """Return the imports that are evidence, and whether it is simulated.

    What a practice API has answered says nothing of real answers: it counts only where there is nothing else.
    """
    found = lake.outcome_imports()
    made_up = {done.import_id for done in ledger.imports() if done.settings.get("simulated") is True}
    real = tuple(import_id for import_id in found if import_id not in made_up)
    return (real, False) if real else (found, bool(found))


def read_outcomes(path: Path) -> Iterator[Outcome | BadRow]:
    """Read an outcome table: Parquet, CSV or JSONL, plain or compressed.

    Raises:
        DataError: It is no outcome table, or cannot be read at all.
    """
    with on_disk(path) as file, LogFile(file, name=str(path)) as log:
        if log.kind not in _TABLES:
            reason = log.bad_rows[0].why if log.bad_rows else "it is no outcome table (Parquet, CSV or JSONL)"
            raise DataError(f"{path} holds no outcomes: {reason}; correct the path")
        columns = log.columns()
        if columns is not None:
            outcome_rows.check_columns(columns)
        yield from outcome_rows.read(log.rows(), log.name)
        yield from log.bad_rows


def priced_evidence(
    rows: Iterable[Outcome | BadRow],
    book: PriceBook,
    capabilities: CapabilityTable | None,
    *,
    today: date,
    day: date | None = None,
    arms: Sequence[Candidate] | None = None,
) -> Priced:
    """Price and pair outcomes.

    Args:
        rows: Outcomes in any order; read once.
        book: Prices, stand-ins included.
        capabilities: Tells the effort that an absent one stands for; None takes candidates as they are named.
        today: UTC day of the run.
        day: Day of the prices, or None for each model's last.
        arms: Candidates to keep; every model of the price book if None, since no other can be routed to.

    Raises:
        EvidenceError: There is no outcome, none of an arm that is named, or none of a model with a price.
    """
    pricer = OutcomePricer(book, today, day)
    bad: list[BadRow] = []
    skipped: set[str] = set()
    seen: set[Candidate] = set()
    graders: dict[str, set[str]] = {}
    runs: dict[str, dict[Candidate, list[Run]]] = {}
    kept = arms if arms is None or capabilities is None else [capabilities.effective(arm) for arm in arms]

    def note(outcome: Outcome, cost: Decimal | None) -> None:
        by_candidate = runs.setdefault(outcome.task_type, {})
        by_candidate.setdefault(outcome.candidate, []).append(run_of(outcome, cost))

    def outcomes() -> Iterator[tuple[Outcome, float | None]]:
        for row in rows:
            if isinstance(row, BadRow):
                bad.append(row)
                continue
            outcome = row if capabilities is None else _effective(row, capabilities)
            if not outcome.is_of_several:
                seen.add(outcome.candidate)
            if outcome.grader:
                graders.setdefault(outcome.task_type, set()).add(outcome.grader)
            if outcome.is_of_several:
                note(outcome, outcome.cost_usd)
                continue
            if kept is None and not _known(outcome.candidate.model, book):
                skipped.add(outcome.candidate.model)
                continue
            is_wanted = kept is None or outcome.candidate in kept
            cost = pricer.cost_usd(outcome) if is_wanted else None
            if is_wanted and outcome.level is Level.TASK:
                note(outcome, cost)
            yield outcome, None if cost is None else float(cost)

    gathered = gather(outcomes(), kept)
    _check(seen, kept, gathered, has_several=bool(runs))
    named = {name: ", ".join(sorted(found)) for name, found in graders.items()}
    return Priced(gathered, pricer, tuple(bad), tuple(sorted(skipped)), named, runs)


def run_of(outcome: Outcome, cost: Decimal | None) -> Run:
    """Return an outcome of a whole task as a run at it, at its cost in USD."""
    return Run(
        task_id=outcome.prompt_id,
        unit=outcome.unit,
        solved=outcome.score,
        usd=None if cost is None else float(cost),
        calls=outcome.calls,
        attempts=outcome.attempts or 1,
        seconds=outcome.seconds,
    )


def _check(
    seen: Collection[Candidate], kept: Sequence[Candidate] | None, gathered: Gathered, *, has_several: bool
) -> None:
    """Refuse evidence that nothing can be learned from, and say what it lacks.

    Raises:
        EvidenceError: It is empty, or holds none of an arm, or no model that has a price.
    """
    found = ", ".join(sorted(map(str, seen)))
    if not seen and has_several:
        raise EvidenceError(
            "every task was served by several models together, which is evidence for none of them; import "
            "sessions that one model has served"
        )
    if not seen:
        raise EvidenceError("there is no outcome yet; import outcomes with modelmix import FILE")
    missing = [str(arm) for arm in kept or () if arm not in seen]
    if missing:
        raise EvidenceError(f"no outcome of {', '.join(missing)} was found; there are outcomes of {found}")
    if not gathered.rows:
        raise EvidenceError(f"no model of the outcomes has a price: {found}; name a stand-in by --price-as")


def _effective(outcome: Outcome, capabilities: CapabilityTable) -> Outcome:
    candidate = capabilities.effective(outcome.candidate)
    return outcome if candidate == outcome.candidate else replace(outcome, candidate=candidate)


def _known(model: str, book: PriceBook) -> bool:
    return book.resolve(model) in book.prices
