"""A sending as a row of the ledger, as it is put on record before its request leaves."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select

from modelmix.store import schema
from modelmix.store.call_row import microseconds
from modelmix.store.replay_records import Sending


def put_sendings(
    connection: Connection, replay_id: str, sendings: Sequence[Sending], batch: int | None = None
) -> list[int]:
    """Put requests on record that are about to leave.

    Args:
        connection: A transaction of the ledger.
        replay_id: The replay.
        sendings: The requests.
        batch: Number of the chunk that they leave as, or None for each by itself.

    Returns:
        Their numbers, in order.
    """
    if not sendings:
        return []
    last = connection.execute(select(func.max(schema.sendings.c.sending_id))).scalar() or 0
    rows: list[dict[str, Any]] = [
        {
            "sending_id": number,
            "replay_id": replay_id,
            "answer_id": one.answer_id,
            "model": one.model,
            "at_us": microseconds(one.at),
            "reserved_usd": str(one.reserved_usd),
            "state": "sent",
            "usd": None,
            "call_id": "",
            "batch": batch,
        }
        for number, one in enumerate(sendings, last + 1)
    ]
    connection.execute(insert(schema.sendings), rows)
    return [row["sending_id"] for row in rows]
