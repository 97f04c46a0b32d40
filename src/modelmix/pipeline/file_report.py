"""File report: what came of one file of an import, and of all of them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate
from modelmix.economics.solved import Run
from modelmix.pipeline.sessions import Joined


@dataclass(slots=True)
class FileReport:
    """What came of one file.

    Attributes:
        source: Its path as given.
        import_id: Identity of its content; empty if it cannot be read.
        kind: What it holds, by ``ingest.sniff.kind_of``.
        rows: Rows that could be read, copies of calls among them.
        new: Calls that the ledger did not have, or outcomes kept.
        duplicates: Copies of calls, within the file or already in the ledger.
        bad_rows: Rows that could not be read.
        first_bad: The first of them, at most ``MOST_BAD_ROWS_KEPT``.
        task_types: Task type → distinct calls, or outcomes.
        models: Model that answered → distinct calls, or outcomes.
        since: First instant of its calls, or None.
        until: Last instant of its calls, or None.
        already: Whether the same content was imported before with the same settings; nothing is done then.
        note: What a reader should know, one sentence; empty if nothing.
        units: What the scores of outcomes are of → how many.
        runs: Outcomes that say which run they are.
        joined: What came of rows that tell how sessions of the ledger ended.
        whole: Task type → candidate → its runs at whole tasks.
    """

    source: str
    import_id: str = ""
    kind: str = "unknown"
    rows: int = 0
    new: int = 0
    duplicates: int = 0
    bad_rows: int = 0
    first_bad: list[BadRow] = field(default_factory=list)
    task_types: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    since: datetime | None = None
    until: datetime | None = None
    already: bool = False
    note: str = ""
    units: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    joined: Joined = field(default_factory=Joined)
    whole: dict[str, dict[Candidate, list[Run]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import.

    Attributes:
        files: One report per file, in the order of reading.
    """

    files: tuple[FileReport, ...]

    @property
    def rows(self) -> int:
        """Rows that could be read."""
        return sum(file.rows for file in self.files)

    @property
    def new(self) -> int:
        """Calls and outcomes that are kept now and were not before."""
        return sum(file.new for file in self.files)

    @property
    def bad_rows(self) -> int:
        """Rows that could not be read."""
        return sum(file.bad_rows for file in self.files)
