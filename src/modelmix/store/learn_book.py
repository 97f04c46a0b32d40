"""The learn book: a replay book for requests in flight, and outcomes that wait for the rest of theirs."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as upsert

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.outcome import Outcome
from modelmix.store import schema
from modelmix.store.replay_book import LEARNING, ReplayBook
from modelmix.store.replay_records import Spent


class LearnBook(ReplayBook):
    """What the ledger of one home folder knows of learning in flight.

    A run of it is on record among the replays, under an id of its own kind.
    """

    def new_name(self, at: datetime) -> str:
        """Return an id for a run that begins now.

        Args:
            at: Aware UTC instant.
        """
        day = f"{LEARNING}{at:%Y%m%d}-"
        numbers = [one.replay_id.removeprefix(day) for one in self.replays()]
        return day + str(1 + max((int(n) for n in numbers if n.isdecimal()), default=0))

    def lose_learning(self) -> int:
        """Book what was on its way when its gateway died, at the most that it can have cost.

        Call it only while no other gateway learns on this ledger.
        """
        return self.lose(learning=True)

    def spent_learning(self) -> Spent:
        """Return what all learning on this ledger has cost so far; a cap holds for the sum."""
        spent = [self.spent(one.replay_id) for one in self.replays() if one.replay_id.startswith(LEARNING)]
        return Spent(
            usd=sum((one.usd for one in spent), Decimal(0)),
            at_most_usd=sum((one.at_most_usd for one in spent), Decimal(0)),
            sendings=sum(one.sendings for one in spent),
            lost=sum(one.lost for one in spent),
            found=sum(one.found for one in spent),
        )

    def put_learned(self, replay_id: str, outcomes: Iterable[Outcome]) -> None:
        """Keep outcomes; those that are there already stay."""
        values = [
            {
                "replay_id": replay_id,
                "prompt_id": outcome.prompt_id,
                "task_type": outcome.task_type,
                "model": outcome.candidate.model,
                "effort": outcome.candidate.effort or "",
                "score": outcome.score,
                "cluster_id": outcome.cluster_id,
                "cost_usd": None if outcome.cost_usd is None else str(outcome.cost_usd),
                "checks_ok": None if outcome.checks_ok is None else int(outcome.checks_ok),
                "slice": outcome.slice_name,
                "grader": outcome.grader,
                "why": outcome.why,
            }
            for outcome in outcomes
        ]
        if values:
            with self._writing() as connection:
                connection.execute(upsert(schema.learned).on_conflict_do_nothing(), values)

    def learned(self, replay_id: str) -> list[Outcome]:
        """Return the outcomes of a run, prompt by prompt."""
        c = schema.learned.c
        query = select(schema.learned).where(c.replay_id == replay_id)
        query = query.order_by(c.task_type, c.prompt_id, c.model, c.effort)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [
            Outcome(
                prompt_id=row.prompt_id,
                task_type=row.task_type,
                candidate=Candidate(row.model, Effort(row.effort) if row.effort else None),
                score=row.score,
                cluster_id=row.cluster_id,
                cost_usd=None if row.cost_usd is None else Decimal(row.cost_usd),
                checks_ok=None if row.checks_ok is None else bool(row.checks_ok),
                slice_name=row.slice,
                grader=row.grader,
                why=row.why,
            )
            for row in rows
        ]
