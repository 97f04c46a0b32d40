"""Kept: what the ledger holds of earlier runs, for the audit."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from modelmix.core.call import Call
from modelmix.errors import DataError
from modelmix.pipeline.traffic import Traffic
from modelmix.store.book import FILE
from modelmix.store.ledger import Ledger
from modelmix.store.records import Stored

FAILS = "FAILS"


def kept_traffic(home: Path, since: datetime | None = None, until: datetime | None = None) -> Traffic:
    """Return the ledger's calls, read when they are asked for.

    Args:
        home: Folder of the ledger.
        since: First instant, inclusive, or None.
        until: First instant that is left out, or None.

    Raises:
        DataError: There is no ledger, or no call in it.
        StoreError: The ledger cannot be used.
    """
    where = home / FILE
    if not where.exists() or not _count(home):
        raise DataError(
            f"the ledger {where} holds no call; run modelmix import or modelmix audit --keep first"
        )

    def calls() -> Iterator[Call]:
        with Ledger.open(home) as ledger:
            yield from ledger.calls(since, until)

    return Traffic(calls, places=[str(where)])


def _count(home: Path) -> int:
    with Ledger.open(home) as ledger:
        return ledger.count()


def keep(home: Path, calls: Iterable[Call]) -> Stored:
    """Store calls in the ledger; doing it again changes nothing.

    Raises:
        StoreError: The ledger cannot take them.
    """
    with Ledger.open(home) as ledger:
        return ledger.put_all(calls)


def failing_types(home: Path) -> frozenset[str]:
    """Return the task types on which a candidate was last found to fail; none where there is no ledger.

    Raises:
        StoreError: The ledger cannot be used.
    """
    if not (home / FILE).exists():
        return frozenset()
    latest: dict[tuple[str, str], str] = {}
    with Ledger.open(home) as ledger:
        for attempt in ledger.attempts():
            for found in ledger.verdicts(attempt.attempt_id):
                latest[found.task_type, found.candidate] = found.verdict
    return frozenset(task_type for (task_type, _), verdict in latest.items() if verdict == FAILS)
