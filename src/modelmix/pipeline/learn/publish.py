"""Publishing: what was learned goes into the lake, where the optimiser finds it as it finds a replay's."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from modelmix.core.outcome import Outcome
from modelmix.pipeline.current import REFERENCES, REPLAY
from modelmix.pipeline.learn.ask import LearnAsk
from modelmix.pipeline.learn.languages import without_usual
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import Import


def publish(
    home: Path, replay_id: str, ask: LearnAsk, outcomes: Sequence[Outcome], *, is_simulated: bool
) -> None:
    """Put outcomes into the lake, in place of what this run has put there before.

    Raises:
        StoreError: Lake or ledger cannot take them.
    """
    rows = Lake(home).put_outcomes(replay_id, without_usual(outcomes))
    # Answers are held against those that clients got in this very run.
    held_against = sorted({(row.task_type, row.grader) for row in outcomes})
    references = hashlib.sha256(json.dumps([replay_id, held_against]).encode()).hexdigest()
    done = Import(
        import_id=replay_id,
        source=f"learning {replay_id}",
        sha256="",
        size_bytes=0,
        kind=REPLAY,
        at=datetime.now(UTC),
        rows=rows,
        bad_rows=0,
        settings={"simulated": is_simulated, "upstream": ask.upstream, REFERENCES: references},
    )
    with Ledger.open(home) as ledger:
        ledger.record_import(done)
