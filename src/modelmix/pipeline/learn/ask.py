"""What a user asks of learning in flight, and how many pairs that takes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from modelmix.core.candidate import Candidate
from modelmix.evaluate.paired import pairs_needed
from modelmix.optimize.attempts import FIRST_SHARE
from modelmix.optimize.goal import CHOOSING_SHARE
from modelmix.pipeline.replay.ask import AGAIN

SHARE: Final = 0.05
MARGIN: Final = 0.06
"""Largest share of differing answers, unless the user says another: the largest default margin of a type."""

FIRST: Final = 30
"""Requests of a task type by which its baseline and its grader are chosen, for good."""

_POWER: Final = 0.9
_LEAST_PAIRS: Final = 60
_MOST_PAIRS: Final = 1500
"""Pairs of a type that are planned at most, as in replays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnAsk:
    """What a user asks of learning in flight.

    Attributes:
        cap_usd: The most that all learning on this ledger may cost.
        share: Share of the requests, in (0, 1].
        candidates: Who is asked; None takes the newest model of every lower tier.
        graders: Task type → grader as the user wrote it; the empty type is for all others.
        margin: Largest loss of a type, counting every answer that differs from today's as a loss.
        alpha: Chance taken of certifying what does not hold.
        again: Requests that the baseline is asked again, over all types; 0 for none.
        pairs: Pairs of each type, or None for as many as the margin needs; more than before go on from there.
        seed: Seed of the sample.
        upstream: Base URL of the API.
        concurrency: Requests on their way at most.
        rate_share: Part of the key's rate limits, in (0, 1].
        patience_s: Longest time for one answer.
    """

    cap_usd: Decimal
    share: float = SHARE
    candidates: tuple[Candidate, ...] | None = None
    graders: Mapping[str, str] = field(default_factory=dict)
    margin: float = MARGIN
    alpha: float = 0.05
    again: int = AGAIN
    pairs: int | None = None
    seed: int = 0
    upstream: str = ""
    concurrency: int = 4
    rate_share: float = 0.25
    patience_s: float = 600.0

    def settings(self) -> dict[str, Any]:
        """Return what makes the question, as plain JSON: a gateway that asks the same goes on with it.

        How much may be spent, how fast, on which share and for how many pairs is no part of it.
        """
        return {
            "learn": 1,
            "candidates": None if self.candidates is None else [str(one) for one in self.candidates],
            "graders": dict(sorted(self.graders.items())),
            "margin": self.margin,
            "alpha": self.alpha,
            "again": self.again,
            "seed": self.seed,
            "upstream": self.upstream,
        }

    def planned(self, n_types: int) -> int:
        """Return the pairs with which a type clears its margin nine times out of ten.

        Right answers are not known, so that every answer that differs counts as a loss: half the margin is
        assumed to differ. A fifth of the pairs is for choosing.

        Args:
            n_types: Types that are tested together, at least 1.
        """
        if self.pairs is not None:
            return self.pairs
        differ = self.margin / 2.0
        level = FIRST_SHARE * self.alpha / n_types
        fresh = max(
            pairs_needed(self.margin, differ, alpha=level, power=_POWER, loss=differ) or _MOST_PAIRS,
            _LEAST_PAIRS,
        )
        return min(math.ceil(fresh / (1.0 - CHOOSING_SHARE)), _MOST_PAIRS)
