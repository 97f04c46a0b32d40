"""The bar of a plan: the loss that each type may show, and the prompts that proving it takes."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from modelmix.evaluate.paired import fewest_pairs, pairs_needed
from modelmix.evaluate.power import power_exact
from modelmix.evaluate.sequential import Design, outlook
from modelmix.optimize.attempts import FIRST_SHARE
from modelmix.optimize.goal import CHOOSING_SHARE, LEAST_MARGIN, default_type_margin
from modelmix.optimize.stopping import EXPECTED_DISCORDANCE
from modelmix.pipeline.replay.ask import Ask

DISCORDANCE: Final = EXPECTED_DISCORDANCE
"""Share of prompts on which two candidates are taken to differ while nothing is known."""

_LEAST_PAIRS: Final = 60
_BEYOND_COUNT: Final = 10**9
"""Stands for more pairs than anyone will ask: none of the planning formulas goes beyond."""


@dataclass(frozen=True, slots=True)
class PlannedBar:
    """What the types of a plan are held to.

    Attributes:
        ask: What was asked.
        n_types: Types that are tested together, at least 1.
    """

    ask: Ask
    n_types: int

    @property
    def level(self) -> float:
        """One-sided level of one type's test, Holm's correction at its strictest."""
        return FIRST_SHARE * self.ask.alpha / self.n_types

    def margin(self, task_type: str, errors: float | None, saving_usd: float | None) -> float:
        """Return the margin that a type will be held to, as `modelmix optimize` will.

        Args:
            task_type: Its name.
            errors: Share of its prompts on which the baseline errs, or None where it is not known.
            saving_usd: What the move saves per call; None where it is not known.

        Returns:
            The user's, or the baseline's own errors; lowered to saving / error cost where an error has a cost
            and the move saves anything, since beyond that loss it would not pay.
        """
        margin = self.ask.type_margin
        if margin is None:
            margin = default_type_margin(math.nan if errors is None else errors)
        cost = self.ask.error_cost_of(task_type)
        if cost is None or saving_usd is None or saving_usd <= 0.0:
            return margin
        return max(min(margin, saving_usd / float(cost)), LEAST_MARGIN)

    def pooled_margin(self, moves: Iterable[tuple[str, float, int]]) -> float:
        """Return the margin of the traffic that moves: the user's, or pooled saving over pooled error cost.

        Args:
            moves: Task type, saving per call and calls of each type that might move.
        """
        priced = [
            (usd * calls, float(cost) * calls)
            for name, usd, calls in moves
            if (cost := self.ask.error_cost_of(name)) is not None
        ]
        errors_usd = sum(usd for _, usd in priced)
        if not errors_usd:
            return self.ask.margin
        return max(min(self.ask.margin, sum(usd for usd, _ in priced) / errors_usd), LEAST_MARGIN)

    def needed(self, margin: float) -> int:
        """Return the prompts with which no loss clears a margin, four times out of five.

        A fifth of them is for choosing.
        """
        fresh = pairs_needed(margin, DISCORDANCE, alpha=self.level) or _BEYOND_COUNT
        fresh = max(fresh, fewest_pairs(margin, self.level), _LEAST_PAIRS)
        return math.ceil(fresh / (1.0 - CHOOSING_SHARE))

    def power(self, prompts: int, margin: float, looks: int = 1) -> float:
        """Return the chance that so many prompts clear a margin if nothing is lost, in so many looks.

        Looks keep nearly all of the chance of a single one: the share that they keep is foreseen by the
        normal approximation.
        """
        fresh = round(prompts * (1.0 - CHOOSING_SHARE))
        if not fresh:
            return 0.0
        power = power_exact(fresh, margin, DISCORDANCE, self.level)
        if looks == 1:
            return power
        design = Design(fresh, margin, self.level)
        once = outlook(replace(design, giving_up=0.0), 1, discordance=DISCORDANCE).clears
        return power * min(outlook(design, looks, discordance=DISCORDANCE).clears / once, 1.0)


def errors_of(scores: Sequence[float]) -> float | None:
    """Return the share of answers that are wrong; None without any."""
    return 1.0 - sum(scores) / len(scores) if scores else None
