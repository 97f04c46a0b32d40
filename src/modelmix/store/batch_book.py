"""The batch book: chunks of a replay that went out as message batches, in the ledger's file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select, update

from modelmix.store import schema
from modelmix.store.book import Book
from modelmix.store.call_row import instant, microseconds
from modelmix.store.replay_records import Sending
from modelmix.store.sending_row import put_sendings

_BOOKED: Final = "booked"
_SENT: Final = "sent"
_READ: Final = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRow:
    """A chunk that is booked, and not read to its end.

    Attributes:
        number: Its number in the ledger.
        name: What its custom ids begin with.
        betas: Value of the ``anthropic-beta`` header, or empty.
        mark_id: Id of the newest batch before it was first sent, or empty.
        mark_at: When that one was created, or None.
        batch_id: Its batch, or empty where that is not known: it may or may not have been created.
        answer_ids: What it asks, in order.
        sending_ids: Answer → the sending that still waits for it; what was settled is not among them.
    """

    number: int
    name: str
    betas: str
    mark_id: str
    mark_at: datetime | None
    batch_id: str
    answer_ids: tuple[str, ...]
    sending_ids: dict[str, int]


class BatchBook(Book):
    """What the ledger of one home folder knows of the batches of replays."""

    def book(
        self,
        replay_id: str,
        name: str,
        betas: str,
        mark: tuple[str, datetime | None],
        sendings: Sequence[Sending],
    ) -> ChunkRow:
        """Put a chunk and all that it asks on record, before it leaves.

        Args:
            replay_id: The replay.
            name: What its custom ids begin with.
            betas: Value of the ``anthropic-beta`` header, or empty.
            mark: Id and instant of the newest batch before it.
            sendings: What it asks, each at the most that it can cost in a batch.
        """
        mark_id, mark_at = mark
        batches = schema.batches
        with self._writing() as connection:
            number = 1 + (connection.execute(select(func.max(batches.c.number))).scalar() or 0)
            connection.execute(
                insert(batches).values(
                    number=number,
                    replay_id=replay_id,
                    name=name,
                    betas=betas,
                    mark_id=mark_id,
                    mark_at_us=None if mark_at is None else microseconds(mark_at),
                    batch_id="",
                    state=_BOOKED,
                )
            )
            numbers = put_sendings(connection, replay_id, sendings, number)
        return ChunkRow(
            number=number,
            name=name,
            betas=betas,
            mark_id=mark_id,
            mark_at=mark_at,
            batch_id="",
            answer_ids=tuple(one.answer_id for one in sendings),
            sending_ids={one.answer_id: at for one, at in zip(sendings, numbers, strict=True)},
        )

    def sent(self, number: int, batch_id: str) -> None:
        """Say which batch a chunk has become."""
        self._set(number, state=_SENT, batch_id=batch_id)

    def read(self, number: int) -> None:
        """Say that a batch was read to its end."""
        self._set(number, state=_READ)

    def waiting(self, replay_id: str) -> list[ChunkRow]:
        """Return the chunks of a replay that are not read to their end, oldest first."""
        c, asked = schema.batches.c, schema.sendings.c
        query = select(schema.batches).where(c.replay_id == replay_id, c.state != _READ).order_by(c.number)
        with self._reading() as connection:
            found = []
            for row in connection.execute(query).all():
                columns = select(asked.sending_id, asked.answer_id, asked.state)
                rows = connection.execute(
                    columns.where(asked.batch == row.number).order_by(asked.sending_id)
                ).all()
                found.append(
                    ChunkRow(
                        number=row.number,
                        name=row.name,
                        betas=row.betas,
                        mark_id=row.mark_id,
                        mark_at=None if row.mark_at_us is None else instant(row.mark_at_us),
                        batch_id=row.batch_id,
                        answer_ids=tuple(one.answer_id for one in rows),
                        sending_ids={one.answer_id: one.sending_id for one in rows if one.state == "sent"},
                    )
                )
        return found

    def batch_ids(self) -> set[str]:
        """Return the ids of all batches that are known to have been made for replays on this ledger."""
        c = schema.batches.c
        with self._reading() as connection:
            return set(connection.execute(select(c.batch_id).where(c.batch_id != "")).scalars())

    def _set(self, number: int, **values: str) -> None:
        batches = schema.batches
        with self._writing() as connection:
            connection.execute(update(batches).where(batches.c.number == number).values(**values))
