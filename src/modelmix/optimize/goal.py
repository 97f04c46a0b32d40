"""The goal: the user's bar, fixed before the evidence is looked at."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from modelmix.optimize.stratum import Stratum

TYPE_MARGIN_FLOOR, TYPE_MARGIN_CEILING = 0.02, 0.06
CHOOSING_SHARE = 0.2
"""Share of the rows that choosing uses up, unless stated otherwise."""
LEAST_ALPHA, MOST_ALPHA = 1e-6, 0.5
"""Below a millionth the policy file would round a level to nothing; beyond a coin toss it means nothing."""
LEAST_MARGIN = 1e-6  # below it no test has rows enough


@dataclass(frozen=True, slots=True)
class Goal:
    """What must hold, and with which confidence.

    Attributes:
        margin: Largest tolerable loss over the traffic that moves, a share from a millionth to below 1.
        alpha: Chance that may be taken that the moved traffic loses more than ``margin``, and again that any
            moved type loses more than its own, in (0, 0.5).
        type_margin: Largest tolerable loss of each task type, or None for the default: the baseline's own
            error rate on the choosing rows, between 2 and 6 points.
        type_margins: Margins of single task types; they win over ``type_margin``.
        choosing_share: Share of the rows that choosing uses up.
        seed: Seed of the split.
        latency_ms: Time within which 95 of 100 answers of a type that moves must come, or None.
        latencies_ms: The same of single task types; they win.
    """

    margin: float
    alpha: float = 0.05
    type_margin: float | None = None
    type_margins: Mapping[str, float] = field(default_factory=dict)
    choosing_share: float = CHOOSING_SHARE
    seed: int = 0

    latency_ms: float | None = None
    latencies_ms: Mapping[str, float] = field(default_factory=dict)

    def latency_of(self, task_type: str) -> float | None:
        """Return the time within which 95 of 100 answers of a type must come, or None."""
        return self.latencies_ms.get(task_type, self.latency_ms)

    def __post_init__(self) -> None:
        if not LEAST_MARGIN <= self.margin < 1.0:
            raise ValueError(f"margin is {self.margin}; a margin lies between {LEAST_MARGIN} and 1")
        if not LEAST_ALPHA <= self.alpha < MOST_ALPHA:
            raise ValueError(f"alpha is {self.alpha}; it lies between {LEAST_ALPHA:f} and {MOST_ALPHA}")
        if not 0.0 < self.choosing_share < 1.0:
            raise ValueError(f"choosing_share is {self.choosing_share}; it lies between 0 and 1")

    def margin_of(self, stratum: Stratum, saving_usd: float) -> float:
        """Margin that a task type must clear by itself.

        Args:
            stratum: Its choosing rows.
            saving_usd: Saving per call of the candidate on those rows.

        Returns:
            The type's margin, lowered to ``saving / error cost`` where an error has a cost: beyond that
            loss the move would not pay.
        """
        if stratum.critical:
            margin = self.margin
        elif stratum.task_type in self.type_margins:
            margin = self.type_margins[stratum.task_type]
        elif self.type_margin is not None:
            margin = self.type_margin
        else:
            margin = default_type_margin(stratum.baseline_errors)
        return min(margin, _break_even(saving_usd, stratum.error_cost_usd))

    def pooled_margin(self, savings: list[tuple[float, Stratum]]) -> float:
        """Margin of the moved traffic: the user's, or pooled saving over pooled cost of errors if smaller.

        Args:
            savings: Saving per call and stratum of each type put forward, from the choosing rows.
        """
        priced = [(usd, s) for usd, s in savings if s.error_cost_usd is not None]
        calls_usd = sum(usd * s.calls for usd, s in priced)
        errors_usd = sum(s.weight for _, s in priced)
        return min(self.margin, calls_usd / errors_usd) if errors_usd > 0 else self.margin


def default_type_margin(baseline_errors: float) -> float:
    """Return the baseline's own error rate, held between 2 and 6 points; 2 points where it is unknown.

    Cut to a tenth of a point, so that the margin reads in the file as it was tested.
    """
    if math.isnan(baseline_errors):
        return TYPE_MARGIN_FLOOR
    cut = math.floor(baseline_errors * 1000.0 + 1e-9) / 1000.0
    return max(TYPE_MARGIN_FLOOR, min(TYPE_MARGIN_CEILING, cut))


def _break_even(saving_usd: float, error_cost_usd: float | None) -> float:
    return math.inf if not error_cost_usd else saving_usd / error_cost_usd
