"""The label book: what people say of answers, kept in the ledger's file the moment they say it."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from modelmix.core.candidate import Candidate
from modelmix.core.label import Label
from modelmix.store import schema
from modelmix.store.book import Book
from modelmix.store.call_row import instant, microseconds

_KEY: Final = ("who", "task_type", "prompt_id", "candidate", "baseline")


class LabelBook(Book):
    """What the ledger of one home folder knows of people's labels."""

    def put(self, labels: Iterable[Label]) -> int:
        """Keep labels, all or none; a person's later word on the same answer replaces the earlier one.

        Returns:
            How many were given.

        Raises:
            StoreError: The ledger cannot take them.
        """
        rows = [_values(label) for label in labels]
        if rows:
            statement = upsert(schema.labels)
            new = {c.name: statement.excluded[c.name] for c in schema.labels.c if c.name not in _KEY}
            with self._writing() as connection:
                connection.execute(statement.on_conflict_do_update(index_elements=list(_KEY), set_=new), rows)
        return len(rows)

    def take_back(self, label: Label) -> bool:
        """Forget a person's word on an answer.

        Returns:
            Whether there was one.
        """
        c, key = schema.labels.c, dict(zip(_KEY, label.key, strict=True))
        statement = delete(schema.labels).where(*(c[name] == value for name, value in key.items()))
        with self._writing() as connection:
            return bool(connection.execute(statement).rowcount)

    def labels(self) -> tuple[Label, ...]:
        """Return all labels, those passed over among them, oldest first."""
        c = schema.labels.c
        query = select(schema.labels).order_by(c.at_us, *(c[name] for name in _KEY))
        with self._reading() as connection:
            return tuple(map(_label, connection.execute(query)))


def _values(label: Label) -> dict[str, Any]:
    return {
        **dict(zip(_KEY, label.key, strict=True)),
        "score": label.score,
        "baseline_score": label.baseline_score,
        "answer_sha256": label.answer_sha256,
        "baseline_sha256": label.baseline_sha256,
        "at_us": microseconds(label.at),
        "seconds": label.seconds,
        "stratum": label.stratum,
        "drawn_by": label.drawn_by,
    }


def _label(row: Row[Any]) -> Label:
    return Label(
        prompt_id=row.prompt_id,
        task_type=row.task_type,
        candidate=Candidate.parse(row.candidate),
        score=row.score,
        who=row.who,
        at=instant(row.at_us),
        baseline=Candidate.parse(row.baseline) if row.baseline else None,
        baseline_score=row.baseline_score,
        answer_sha256=row.answer_sha256,
        baseline_sha256=row.baseline_sha256,
        seconds=row.seconds,
        stratum=row.stratum,
        drawn_by=row.drawn_by,
    )
