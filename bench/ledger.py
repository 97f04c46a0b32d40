"""Rows per second of CPU that the ledger takes in batches of 50, against bare ``sqlite3``.

Both sides write the same columns, indexes and pragmas, one commit per batch, in one interleaved run; the bare
side is given tuples that are made already and does nothing about copies.

Run: ``python bench/ledger.py [BATCHES]``.
"""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from modelmix.core.call import Call
from modelmix.core.usage import Usage
from modelmix.store import schema
from modelmix.store.call_row import Row, row_of
from modelmix.store.ledger import Ledger
from modelmix.store.migrate import statements, steps

BATCH = 50
ROUNDS = 10


def batches(count: int, prefix: str) -> list[list[Call]]:
    """Make batches of calls as a gateway records them."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    return [
        [
            Call(
                call_id=f"msg_{prefix}{batch:06d}{row:03d}{'x' * 12}",
                at=start + timedelta(milliseconds=40 * (batch * BATCH + row)),
                source="gateway",
                model_requested="claude-opus-5-5",
                model_served="claude-haiku-5-5",
                usage=Usage(2000 + row, 100 * batch, 0, 0, 300 + row),
                request_id=f"req_{prefix}{batch:06d}{row:03d}{'y' * 12}",
                session_id=f"2f4a1c9e-0000-4000-8000-{batch:012d}",
                task_type="form-extraction",
                task_source="tag",
                template="8c02a1b4c5d6e7f8",
                stream=True,
                stop_reason="end_turn",
                reason="by-type",
                policy_sha256="5f1c" * 16,
                ttft_ms=312.25,
                latency_ms=1804.5,
            )
            for row in range(BATCH)
        ]
        for batch in range(count)
    ]


def bare(path: Path) -> sqlite3.Connection:
    """Open bare SQLite with the ledger's tables and pragmas."""
    connection = sqlite3.connect(path)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    for script in steps().values():
        for statement in statements(script):
            connection.execute(statement)
    connection.commit()
    return connection


def cpu_s(work: Callable[[], object]) -> float:
    """Return the CPU seconds that a piece of work takes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    """Run both sides in turn and print the ratio of their CPU."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    insert = f"INSERT INTO calls VALUES ({', '.join('?' * len(schema.calls.c))})"  # noqa: S608 - question marks
    ratios, ours, theirs = [], [], []
    with tempfile.TemporaryDirectory(prefix="modelmix-bench-") as folder:
        home = Path(folder)
        raw = bare(home / "bare.db")
        with Ledger.open(home / "home") as ledger:
            for number in range(ROUNDS):
                calls = batches(count, f"{number:02d}")
                rows: list[list[Row]] = [[row_of(call) for call in batch] for batch in calls]

                def by_hand(rows: list[list[Row]] = rows) -> None:
                    for batch in rows:
                        raw.executemany(insert, batch)
                        raw.commit()

                def by_ledger(calls: list[list[Call]] = calls) -> None:
                    for batch in calls:
                        ledger.put_calls(batch)

                theirs.append(cpu_s(by_hand))
                ours.append(cpu_s(by_ledger))
                ratios.append(ours[-1] / theirs[-1])
            stored = ledger.count()
        raw.close()
    per_round = count * BATCH
    print(f"rows                 {stored:>12,} in batches of {BATCH}")
    print(f"ledger               {per_round / median(ours):>12,.0f} rows per second of CPU")
    print(f"bare sqlite3         {per_round / median(theirs):>12,.0f} rows per second of CPU")
    print(f"ledger / bare CPU    {median(ratios):>12.2f} x (rounds {min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
