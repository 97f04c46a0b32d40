"""The replay book: sendings with their reservations, answers by content, and grades, in the ledger's file."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, fields, replace
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    Update,
    and_,
    bindparam,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import insert as upsert

from modelmix.core.call import Call
from modelmix.core.usage import Iteration, Usage
from modelmix.errors import StoreError
from modelmix.store import schema
from modelmix.store.book import Book
from modelmix.store.call_row import instant, microseconds, put_rows, row_of
from modelmix.store.plain_json import canonical
from modelmix.store.replay_records import AnswerRow, GradeRow, Lost, Replay, Sending, Settled, Spent
from modelmix.store.sending_row import put_sendings

LEARNING: Final = "l-"
"""How the id of a replay begins that learns in flight; it may go on while another one runs."""

_IDS_AT_ONCE: Final = 500
_NAMES: Final = tuple(field.name for field in fields(Usage) if field.name != "iterations")
_COUNTS: Final = len(_NAMES)
_counts: Final = attrgetter(*_NAMES)


def _keep_answers() -> Insert:
    """Build the insert of answers: the first one stays, but for one with a reply where none was kept."""
    statement = upsert(schema.answers)
    new, old = statement.excluded, schema.answers.c
    return statement.on_conflict_do_update(
        index_elements=["answer_id"],
        set_={column.name: new[column.name] for column in old if column.name != "answer_id"},
        where=and_(old.reply.is_(None), new.reply.is_not(None)),
    )


_KEEP_ANSWERS: Final = _keep_answers()


class ReplayBook(Book):
    """What the ledger of one home folder knows of replays.

    A sending is on record before its request leaves, so that nothing that was asked for goes unbooked.
    """

    # Replays.

    def begin(self, replay: Replay, settings_sha256: str) -> None:
        """Put a replay on record."""
        values = {
            "replay_id": replay.replay_id,
            "at_us": microseconds(replay.at),
            "settings": canonical(replay.settings),
            "settings_sha256": settings_sha256,
            "opening": canonical(replay.opening),
            "outcome": replay.outcome,
            "summary": canonical(replay.summary),
        }
        with self._writing() as connection:
            connection.execute(insert(schema.replays).values(values))

    def conclude(self, replay_id: str, outcome: str, summary: Mapping[str, Any]) -> None:
        """Say how a replay ended, in place of what was said before."""
        replays = schema.replays
        said = update(replays).where(replays.c.replay_id == replay_id)
        with self._writing() as connection:
            connection.execute(said.values(outcome=outcome, summary=canonical(summary)))

    def replays(self) -> tuple[Replay, ...]:
        """Return all replays, oldest first."""
        c = schema.replays.c
        with self._reading() as connection:
            rows = connection.execute(select(schema.replays).order_by(c.at_us, c.replay_id)).all()
        return tuple(
            Replay(
                replay_id=row.replay_id,
                at=instant(row.at_us),
                settings=json.loads(row.settings),
                opening=json.loads(row.opening),
                outcome=row.outcome,
                summary=json.loads(row.summary),
            )
            for row in rows
        )

    def same(self, settings_sha256: str) -> str:
        """Return the last replay that asked the same, or nothing."""
        c = schema.replays.c
        query = select(c.replay_id).where(c.settings_sha256 == settings_sha256)
        with self._reading() as connection:
            latest = query.order_by(c.at_us.desc(), c.replay_id.desc()).limit(1)
            return str(connection.execute(latest).scalar() or "")

    # Sendings.

    def send(self, replay_id: str, sendings: Sequence[Sending]) -> list[int]:
        """Put requests on record that are about to leave.

        Returns:
            Their numbers, in order.
        """
        with self._writing() as connection:
            return put_sendings(connection, replay_id, sendings)

    def settle(self, replay_id: str, ends: Sequence[Settled]) -> None:
        """Keep what came of sendings: their cost, their calls, final answers and grades, all or nothing.

        Raises:
            StoreError: One of them is not on its way in this replay, or the ledger cannot take them.
        """
        if not ends:
            return
        calls = [row_of(end.call) for end in ends if end.call is not None]
        answers = [_answer_values(replay_id, end.answer) for end in ends if end.answer is not None]
        grades = [_grade_values(grade) for end in ends for grade in end.grades]
        sendings = schema.sendings
        said = (
            update(sendings)
            .where(sendings.c.sending_id == bindparam("number"), sendings.c.replay_id == replay_id)
            .where(sendings.c.state == "sent")
            .values(state=bindparam("ends"), usd=bindparam("cost"), call_id=bindparam("call"))
        )
        values = [
            {
                "number": end.sending_id,
                "ends": end.state,
                "cost": None if end.usd is None else str(end.usd),
                "call": "" if end.call is None else end.call.call_id,
            }
            for end in ends
        ]
        with self._writing() as connection:
            self._change(connection, said, values)
            if calls:
                put_rows(connection, calls)
            if answers:
                connection.execute(_KEEP_ANSWERS, answers)
            if grades:
                connection.execute(upsert(schema.grades).on_conflict_do_nothing(), grades)

    def lose(self, *, learning: bool = False) -> int:
        """Book what was on its way when its process died, at the most that it can have cost.

        What is asked in a batch is not lost with a process: the batch goes on, and is read later. Call it
        only while no other replay of the kind runs on this ledger.

        Args:
            learning: Whether those of learning in flight are meant, rather than all others.

        Returns:
            How many sendings that were.
        """
        sendings = schema.sendings
        with self._writing() as connection:
            is_meant = sendings.c.replay_id.startswith(LEARNING)
            is_open = exists().where(
                schema.batches.c.number == sendings.c.batch, schema.batches.c.state != "read"
            )
            of_kind = is_meant if learning else ~is_meant
            lost = update(sendings).where(sendings.c.state == "sent", ~is_open, of_kind)
            lost = lost.values(state="lost")
            return int(connection.execute(lost).rowcount)

    def lost(self, replay_id: str) -> dict[str, list[Lost]]:
        """Return by model the sendings of which nothing is known."""
        c = schema.sendings.c
        query = select(c.model, c.sending_id, c.answer_id, c.reserved_usd)
        query = query.where(c.replay_id == replay_id, c.state == "lost").order_by(c.sending_id)
        found: dict[str, list[Lost]] = {}
        with self._reading() as connection:
            for model, number, answer_id, usd in connection.execute(query):
                found.setdefault(model, []).append(Lost(number, answer_id, Decimal(usd)))
        return found

    def find(self, costs_usd: Mapping[int, Decimal], calls: Sequence[Call]) -> None:
        """Book what lost sendings cost, as the usage report shows it, with calls that stand for them.

        Raises:
            StoreError: One of them is not lost, or the ledger cannot take them.
        """
        if not costs_usd:
            return
        c = schema.sendings.c
        said = update(schema.sendings).where(c.sending_id == bindparam("number"), c.state == "lost")
        said = said.values(state="found", usd=bindparam("cost"))
        with self._writing() as connection:
            self._change(
                connection, said, [{"number": number, "cost": str(usd)} for number, usd in costs_usd.items()]
            )
            if calls:
                put_rows(connection, [row_of(call) for call in calls])

    def spent(self, replay_id: str) -> Spent:
        """Return what a replay has cost so far."""
        c = schema.sendings.c
        query = select(c.state, c.usd, c.reserved_usd).where(c.replay_id == replay_id)
        usd = at_most = Decimal(0)
        states: dict[str, int] = {}
        with self._reading() as connection:
            for state, cost, reserved in connection.execute(query):
                states[state] = states.get(state, 0) + 1
                if cost is not None:
                    usd += Decimal(cost)
                else:
                    at_most += Decimal(reserved)
        waiting = states.get("sent", 0) + states.get("lost", 0)
        return Spent(usd, at_most, sum(states.values()), waiting, states.get("found", 0))

    def _change(self, connection: Connection, said: Update, values: Sequence[Mapping[str, Any]]) -> None:
        """Change one sending by each of the values; what changed none was booked twice, or never sent."""
        changed = connection.execute(said, list(values)).rowcount
        if changed != len(values):
            raise StoreError(
                f"the ledger {self.path} does not have {len(values) - changed} of {len(values)} sendings as "
                "they were left; see that one replay at a time runs on it, and run again"
            )

    # Answers and grades.

    def answers(self, answer_ids: Iterable[str]) -> dict[str, AnswerRow]:
        """Return those of these answers that are here."""
        c = schema.answers.c
        return {
            row.answer_id: AnswerRow(
                answer_id=row.answer_id,
                call_id=row.call_id,
                status=row.status,
                error=row.error,
                usage=_usage(json.loads(row.usage)),
                usd=None if row.usd is None else Decimal(row.usd),
                latency_ms=row.latency_ms,
                reply=row.reply,
            )
            for row in self._rows(select(schema.answers), c.answer_id, answer_ids)
        }

    def grades(self, answer_ids: Iterable[str]) -> dict[tuple[str, str, str], GradeRow]:
        """Return the grades of these answers by answer, grader and reference."""
        c = schema.grades.c
        return {
            (row.answer_id, row.grader, row.reference_sha256): GradeRow(
                answer_id=row.answer_id,
                grader=row.grader,
                reference_sha256=row.reference_sha256,
                score=row.score,
                checks_ok=None if row.checks_ok is None else bool(row.checks_ok),
                slice_name=row.slice,
                why=row.why,
            )
            for row in self._rows(select(schema.grades), c.answer_id, answer_ids)
        }

    def forget(self, answer_ids: Iterable[str]) -> None:
        """Let go of the text of answers; what they cost and how they were graded stays."""
        wanted = [{"answer": name} for name in sorted(set(answer_ids))]
        said = update(schema.answers).where(schema.answers.c.answer_id == bindparam("answer"))
        if wanted:
            with self._writing() as connection:
                connection.execute(said.values(reply=None), wanted)

    def put_grades(self, grades: Iterable[GradeRow]) -> None:
        """Keep grades of answers that are here; those that are there already stay."""
        values = [_grade_values(grade) for grade in grades]
        if values:
            with self._writing() as connection:
                connection.execute(upsert(schema.grades).on_conflict_do_nothing(), values)

    def _rows(self, query: Any, column: Any, ids: Iterable[str]) -> Iterator[Row[Any]]:  # noqa: ANN401 - statements
        wanted = sorted(set(ids))
        with self._reading() as connection:
            for start in range(0, len(wanted), _IDS_AT_ONCE):
                some = wanted[start : start + _IDS_AT_ONCE]
                yield from connection.execute(query.where(column.in_(some)))


def _usage(counts: Sequence[Any]) -> Usage:
    """Read the counts of a usage; behind them may stand its sub-inferences, each with counts of its own."""
    (parts,) = counts[_COUNTS:] or ((),)
    iterations = tuple(Iteration(kind, model, _usage(inner)) for kind, model, inner in parts)
    return replace(Usage(*counts[:_COUNTS]), iterations=iterations)


def _answer_values(replay_id: str, answer: AnswerRow) -> dict[str, Any]:
    return {
        "answer_id": answer.answer_id,
        "replay_id": replay_id,
        "call_id": answer.call_id,
        "status": answer.status,
        "error": answer.error,
        # Field by field is slow, and hardly an answer has iterations.
        "usage": json.dumps(astuple(answer.usage) if answer.usage.iterations else _counts(answer.usage)),
        "usd": None if answer.usd is None else str(answer.usd),
        "latency_ms": answer.latency_ms,
        "reply": answer.reply,
    }


def _grade_values(grade: GradeRow) -> dict[str, Any]:
    return {
        "answer_id": grade.answer_id,
        "grader": grade.grader,
        "reference_sha256": grade.reference_sha256,
        "score": grade.score,
        "checks_ok": None if grade.checks_ok is None else int(grade.checks_ok),
        "slice": grade.slice_name,
        "why": grade.why,
    }
