"""The ledger: every call, import, attempt and policy, in one SQLite file."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, case, delete, func, insert, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert

from modelmix.core.call import REPLAY, BadRow, Call
from modelmix.core.candidate import Effort
from modelmix.store import schema
from modelmix.store.book import Book
from modelmix.store.call_row import (
    call_of,
    instant,
    microseconds,
    put_rows,
    row_of,
)
from modelmix.store.plain_json import canonical
from modelmix.store.records import BarAttempt, Import, PolicyInForce, Requested, Stored, TypeVerdict

_ROWS_AT_ONCE: Final = 2000
_FIRST_DAY: Final = date(1970, 1, 1)


class Ledger(Book):
    """The ledger of one home folder: calls, imports, attempts and policies."""

    # Calls.

    def put_calls(self, calls: Iterable[Call]) -> Stored:
        """Keep calls, each id once, in one transaction.

        Of two copies of a call the one stays that by ``Call.supersedes`` beats the other, else the earlier:
        what is stored in the end does not depend on the order or the batches in which copies came.

        Args:
            calls: Any number of them; they are passed over once and not held.

        Raises:
            StoreError: The ledger cannot take them; none of them is kept then.
        """
        waiting = map(row_of, calls)
        rows = list(islice(waiting, _ROWS_AT_ONCE))
        stored = Stored()
        if rows:
            with self._writing() as connection:
                while rows:
                    stored += put_rows(connection, rows)
                    rows = list(islice(waiting, _ROWS_AT_ONCE))
        return stored

    def put_all(self, calls: Iterable[Call]) -> Stored:
        """Keep calls as ``put_calls`` does, in transactions so short that a gateway can go on meanwhile.

        Raises:
            StoreError: The ledger cannot take them; what was kept so far stays.
        """
        waiting = iter(calls)
        stored = Stored()
        while batch := list(islice(waiting, _ROWS_AT_ONCE)):
            stored += self.put_calls(batch)
        return stored

    def calls(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Call]:
        """Yield the calls made from ``since`` on and before ``until``, oldest first, in little memory.

        What is written after the first one was yielded is not seen.
        """
        query = select(schema.calls).order_by(schema.calls.c.at_us, schema.calls.c.call_id)
        if since is not None:
            query = query.where(schema.calls.c.at_us >= microseconds(since))
        if until is not None:
            query = query.where(schema.calls.c.at_us < microseconds(until))
        with self._reading() as connection:
            result = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query)
            for rows in result.partitions():
                yield from map(call_of, rows)

    def count(self) -> int:
        """Return the number of calls."""
        with self._reading() as connection:
            return int(connection.execute(select(func.count()).select_from(schema.calls)).scalar_one())

    def requested(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Requested, ...]:
        """Return what traffic asks for, counted by task type, model and effort, most first.

        Calls that a replay made are no traffic.
        """
        c = schema.calls.c
        template = func.max(case((c.task_source == "template", c.template), else_=""))
        asked = (c.task_type, c.model_requested, c.effort)
        query = select(*asked, func.count(), template).where(c.source != REPLAY).group_by(*asked)
        if since is not None:
            query = query.where(c.at_us >= microseconds(since))
        if until is not None:
            query = query.where(c.at_us < microseconds(until))
        with self._reading() as connection:
            rows = connection.execute(query).all()
        counted = (Requested(kind, model, Effort(e) if e else None, n, by) for kind, model, e, n, by in rows)
        return tuple(
            sorted(counted, key=lambda row: (-row.calls, row.task_type, row.model, row.effort or ""))
        )

    def changed_days(self) -> dict[date, int]:
        """Return the days whose calls in the lake are behind, each with the changes it has seen."""
        query = select(schema.days.c.day, schema.days.c.changes).where(
            schema.days.c.changes > schema.days.c.in_lake
        )
        with self._reading() as connection:
            found = connection.execute(query.order_by(schema.days.c.day)).all()
        return {_FIRST_DAY + timedelta(days=day): changes for day, changes in found}

    def day_in_lake(self, day: date, changes: int) -> None:
        """Note that the lake holds a day as it was after so many changes."""
        days = schema.days
        note = update(days).where(days.c.day == (day - _FIRST_DAY).days, days.c.in_lake < changes)
        with self._writing() as connection:
            connection.execute(note.values(in_lake=changes))

    # Imports and what could not be read of them.

    def record_import(self, done: Import, bad_rows: Iterable[BadRow] = ()) -> None:
        """Put an import on record with its bad rows; an earlier record of the same id is replaced."""
        values = {
            "import_id": done.import_id,
            "source": _storable(done.source),
            "sha256": done.sha256,
            "size_bytes": done.size_bytes,
            "kind": done.kind,
            "at_us": microseconds(done.at),
            "n_rows": done.rows,
            "bad_rows": done.bad_rows,
            "settings": canonical(done.settings),
        }
        with self._writing() as connection:
            connection.execute(delete(schema.bad_rows).where(schema.bad_rows.c.import_id == done.import_id))
            connection.execute(
                upsert(schema.imports)
                .values(values)
                .on_conflict_do_update(index_elements=["import_id"], set_=values)
            )
            _quarantine(connection, done.import_id, bad_rows)

    def imports(self) -> tuple[Import, ...]:
        """Return all imports, oldest first."""
        query = select(schema.imports).order_by(schema.imports.c.at_us, text("rowid"))
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Import(
                import_id=row.import_id,
                source=row.source,
                sha256=row.sha256,
                size_bytes=row.size_bytes,
                kind=row.kind,
                at=instant(row.at_us),
                rows=row.n_rows,
                bad_rows=row.bad_rows,
                settings=json.loads(row.settings),
            )
            for row in rows
        )

    def quarantine(self, import_id: str, bad_rows: Iterable[BadRow]) -> None:
        """Keep the places of rows of an import that could not be read; the rows' own text is not kept.

        Raises:
            StoreError: There is no import of this id.
        """
        with self._writing() as connection:
            _quarantine(connection, import_id, bad_rows)

    def bad_rows(self, import_id: str | None = None) -> tuple[BadRow, ...]:
        """Return the rows in quarantine, of one import or of all, in order of arrival."""
        c = schema.bad_rows.c
        query = select(c.source, c.line, c.why).order_by(text("rowid"))
        if import_id is not None:
            query = query.where(c.import_id == import_id)
        with self._reading() as connection:
            return tuple(BadRow(*row) for row in connection.execute(query))

    # Attempts, verdicts and policies.

    def record_attempt(
        self,
        *,
        settings_sha256: str,
        evidence_sha256: str,
        imports: Iterable[str],
        prompts: Iterable[str] = (),
        at: datetime,
        settings: Mapping[str, Any],
    ) -> int:
        """Put an attempt on record, before its result is known.

        Args:
            settings_sha256: Hash of everything that was asked.
            evidence_sha256: Hash of the rows.
            imports: Ids of the imports that the rows came from.
            prompts: Hashes of prompt ids, by which another attempt on the same prompts is known.
            at: Aware instant.
            settings: What was asked, as plain JSON; ``margin``, ``alpha`` and ``arms`` are found in it.

        Returns:
            Its id.
        """
        values = {
            "at_us": microseconds(at),
            "settings": canonical(settings),
            "settings_sha256": settings_sha256,
            "evidence_sha256": evidence_sha256,
            "imports": canonical(sorted(imports)),
            "prompts": canonical(sorted(prompts)),
            "candidates": canonical(list(settings.get("arms") or ())),
            "margin": settings.get("margin"),
            "alpha": settings.get("alpha"),
            "outcome": "",
        }
        with self._writing() as connection:
            made = connection.execute(insert(schema.attempts).values(values))
            return int((made.inserted_primary_key or (0,))[0])

    def conclude_attempt(
        self, attempt_id: int, outcome: str, verdicts: Sequence[TypeVerdict] = (), k: int | None = None
    ) -> None:
        """Add to an attempt what came of it, replacing what was said before.

        Args:
            attempt_id: Its id.
            outcome: What came of it, in a word.
            verdicts: What was found by task type and candidate.
            k: Number of task types put forward.
        """
        candidates = sorted({verdict.candidate for verdict in verdicts})
        rows = [{"attempt_id": attempt_id, **asdict(verdict)} for verdict in verdicts]
        changes: dict[str, Any] = {"outcome": outcome, "k": k}
        if candidates:
            changes["candidates"] = canonical(candidates)
        with self._writing() as connection:
            attempts = schema.attempts
            connection.execute(update(attempts).where(attempts.c.attempt_id == attempt_id).values(changes))
            connection.execute(delete(schema.verdicts).where(schema.verdicts.c.attempt_id == attempt_id))
            if rows:
                connection.execute(insert(schema.verdicts), rows)

    def attempts(self) -> tuple[BarAttempt, ...]:
        """Return all attempts, oldest first."""
        query = select(schema.attempts).order_by(schema.attempts.c.attempt_id)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            BarAttempt(
                attempt_id=row.attempt_id,
                at=instant(row.at_us),
                settings=json.loads(row.settings),
                settings_sha256=row.settings_sha256,
                evidence_sha256=row.evidence_sha256,
                imports=tuple(json.loads(row.imports)),
                prompts=frozenset(json.loads(row.prompts)),
                candidates=tuple(json.loads(row.candidates)),
                margin=row.margin,
                alpha=row.alpha,
                k=row.k,
                outcome=row.outcome,
            )
            for row in rows
        )

    def verdicts(self, attempt_id: int) -> tuple[TypeVerdict, ...]:
        """Return what an attempt found, by task type and candidate."""
        c = schema.verdicts.c
        query = select(c.task_type, c.candidate, c.verdict, c.pairs, c.loss, c.bound)
        ordered = query.where(c.attempt_id == attempt_id).order_by(c.task_type, c.candidate)
        with self._reading() as connection:
            return tuple(TypeVerdict(*row) for row in connection.execute(ordered))

    def record_policy(self, sha256: str, at: datetime, state: str) -> None:
        """Put on record that a policy is in force from now on.

        Args:
            sha256: Hash of the policy.
            at: Aware instant.
            state: ``observe``, ``enforce`` or ``off``.
        """
        with self._writing() as connection:
            values = {"sha256": sha256, "at_us": microseconds(at), "state": state}
            connection.execute(insert(schema.policies).values(values))

    def policies(self) -> tuple[PolicyInForce, ...]:
        """Return the policies that were in force, oldest first."""
        c = schema.policies.c
        with self._reading() as connection:
            rows = connection.execute(select(c.sha256, c.at_us, c.state).order_by(c.at_us, c.policy_id)).all()
        return tuple(PolicyInForce(sha256, instant(at_us), state) for sha256, at_us, state in rows)


def _quarantine(connection: Connection, import_id: str, bad_rows: Iterable[BadRow]) -> None:
    rows = [
        {"import_id": import_id, "source": _storable(bad.source), "line": bad.line, "why": bad.why}
        for bad in bad_rows
    ]
    if rows:
        connection.execute(insert(schema.bad_rows), rows)


def _storable(name: str) -> str:
    # A path may hold bytes that are no UTF-8; the database takes none of them.
    return name.encode("utf-8", "backslashreplace").decode()
