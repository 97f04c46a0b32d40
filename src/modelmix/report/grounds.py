"""Grounds: what a policy's evidence rests on, its replays with the baseline asked twice among it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.verdict import Finding, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayLine:
    """One replay behind a policy.

    Attributes:
        replay_id: Its name.
        day: UTC day of its beginning.
        is_simulated: Whether a practice API answered.
        outcome: ``done``, ``capped``, ``interrupted`` or ``failed``; empty where it was never concluded.
        graders: Its graders, in order.
        known: Prompts whose right answer is known.
        prompts: Prompts that were drawn.
        seed: Seed of the sample, or None.
    """

    replay_id: str
    day: date
    is_simulated: bool
    outcome: str
    graders: tuple[str, ...]
    known: int
    prompts: int
    seed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a policy's evidence rests on.

    Attributes:
        imports: Imports that the shown evidence comes from.
        replays: The replays among those that the policy was made from, oldest first.
        is_simulated: Whether a practice API answered any of it: it says nothing of real answers then.
        again: Task type → the baseline against itself.
        margin: Largest loss that the baseline against itself is held against.
        alpha: Level of that test.
    """

    imports: tuple[str, ...] = ()
    replays: tuple[ReplayLine, ...] = ()
    is_simulated: bool = False
    again: Mapping[str, Pairs] = field(default_factory=dict)
    margin: float = 0.02
    alpha: float = 0.05

    @property
    def itself(self) -> Finding | None:
        """The baseline against itself over all task types, or None without a pair."""
        pooled = sum(self.again.values(), Pairs(0.0, 0.0, 0.0))
        return judge(pooled, self.margin, alpha=self.alpha) if pooled.n else None


def itself_row(grounds: Grounds) -> dict[str, Any] | None:
    """Return the baseline against itself as plain JSON; None where it was not asked twice."""
    found = grounds.itself
    if found is None:
        return None
    return {
        "verdict": str(found.verdict),
        "pairs": round(found.pairs, 6),
        "loss": round(found.loss, 6),
        "bound": round(found.bound, 6),
        "margin": found.margin,
        "alpha": found.alpha,
        "needed": found.needed,
    }


def replay_rows(grounds: Grounds) -> list[dict[str, Any]]:
    """Return the replays as plain JSON."""
    return [
        {
            "replay_id": one.replay_id,
            "day": one.day.isoformat(),
            "simulated": one.is_simulated,
            "outcome": one.outcome or None,
            "graders": list(one.graders),
            "known": one.known,
            "prompts": one.prompts,
            "seed": one.seed,
        }
        for one in grounds.replays
    ]
