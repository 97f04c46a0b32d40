"""Kept: calls and verdicts of earlier runs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelmix.errors import DataError
from modelmix.pipeline.kept import failing_types, keep, kept_traffic
from modelmix.store.ledger import Ledger
from modelmix.store.records import TypeVerdict
from report.audits import call

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Calls come back whole, each time they are asked for, and keeping them again adds none."""
    rows = [call(number) for number in range(5_010)]
    assert keep(tmp_path, rows).new == 5_010
    again = keep(tmp_path, rows[:10])
    assert (again.new, again.unchanged) == (0, 10)
    traffic = kept_traffic(tmp_path)
    assert rows == list(traffic.calls()) == list(traffic.calls())
    window = kept_traffic(tmp_path, rows[1].at, rows[3].at)
    assert rows[1:3] == list(window.calls())


def test_an_empty_ledger_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    """Asking for the calls of a ledger that is not there makes none."""
    with pytest.raises(DataError, match="holds no call"):
        kept_traffic(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert failing_types(tmp_path) == frozenset()
    Ledger.open(tmp_path).close()
    with pytest.raises(DataError, match="holds no call"):
        kept_traffic(tmp_path)
    assert failing_types(tmp_path) == frozenset()


def attempt(ledger: Ledger, *found: TypeVerdict) -> None:
    """Put one attempt and its verdicts on record."""
    number = ledger.record_attempt(settings_sha256="s", settings={}, evidence_sha256="e", imports=(), at=NOW)
    ledger.conclude_attempt(number, outcome="done", verdicts=found)


def test_the_latest_verdict_counts(tmp_path: Path) -> None:
    """A type fails if its latest verdict on some candidate is FAILS."""
    with Ledger.open(tmp_path) as ledger:
        attempt(
            ledger,
            TypeVerdict("once", "haiku", "FAILS", 10),
            TypeVerdict("still", "haiku", "FAILS", 10),
            TypeVerdict("good", "haiku", "CLEARS", 10),
        )
        attempt(
            ledger, TypeVerdict("once", "haiku", "CLEARS", 99), TypeVerdict("still", "sonnet", "CLEARS", 99)
        )
    assert failing_types(tmp_path) == {"still"}
