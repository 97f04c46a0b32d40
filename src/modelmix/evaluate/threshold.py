"""Threshold: from which score on an answer is accepted, with a guarantee for finitely many samples.

A grid of thresholds is fixed beforehand, the strictest first. Walking down it, each is tested exactly at the
same level, and the walk ends at the first that fails: testing in a fixed order needs no correction. Rows
that fitted the score, or chose the grid, must not be among those that test it.

Source: Angelopoulos et al., Learn then Test (2021), fixed-sequence testing; Wiens, Pharm. Stat. 2 (2003).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from scipy.stats import binom


@dataclass(frozen=True, slots=True)
class Step:
    """What was seen at one threshold.

    Attributes:
        threshold: Answers with this score or more are accepted.
        n: Rows that the risk is a share of. For the risk that an accepted answer is wrong: those accepted.
            For the risk that accepting is regretted (it is wrong, and the dear model is right): all rows.
        errors: Those of them that count against it.
    """

    threshold: float
    n: int
    errors: int

    def __post_init__(self) -> None:
        if not 0 <= self.errors <= self.n:
            raise ValueError(f"{self.errors} errors of {self.n} rows; errors are counted among the rows")

    def p_value(self, risk: float) -> float:
        """Chance of so few errors if the true risk were just at its limit; 1 without rows."""
        return float(binom.cdf(self.errors, self.n, risk)) if self.n else 1.0


@dataclass(frozen=True, slots=True)
class Threshold:
    """What may be accepted.

    Attributes:
        p_values: Of each threshold, in the order of the grid.
        accept_from: The last threshold before the first failure; None where nothing may be accepted, so that
            everything is escalated.
        bonferroni: The loosest threshold that passes at the level over the size of the grid, for comparison.
    """

    p_values: tuple[float, ...]
    accept_from: float | None
    bonferroni: float | None


def choose_threshold(steps: Sequence[Step], risk: float, delta: float) -> Threshold:
    """Pick the loosest threshold whose risk is shown to be at most a limit.

    Args:
        steps: What was seen at each threshold, the strictest first.
        risk: The limit, in (0, 1).
        delta: Chance taken that the risk is above it, in (0, 1).

    Raises:
        ValueError: The thresholds do not fall, or a limit is none.
    """
    if not (0.0 < risk < 1.0 and 0.0 < delta < 1.0):
        raise ValueError(f"risk is {risk}, delta {delta}; both lie between 0 and 1")
    grid = [step.threshold for step in steps]
    if any(after >= before for before, after in pairwise(grid)):
        raise ValueError(f"thresholds {grid} do not fall; the strictest comes first, each once")
    p_values = tuple(step.p_value(risk) for step in steps)
    passed = 0
    while passed < len(steps) and p_values[passed] <= delta:
        passed += 1
    apart = [step.threshold for step, p in zip(steps, p_values, strict=True) if p <= delta / len(steps)]
    return Threshold(p_values, grid[passed - 1] if passed else None, apart[-1] if apart else None)


def fewest_rows(risk: float, delta: float) -> int:
    """Fewest rows without an error that show a risk of at most a limit.

    >>> [fewest_rows(risk, 0.05) for risk in (0.01, 0.02, 0.05)]
    [299, 149, 59]

    Raises:
        ValueError: A limit is none.
    """
    if not (0.0 < risk < 1.0 and 0.0 < delta < 1.0):
        raise ValueError(f"risk is {risk}, delta {delta}; both lie between 0 and 1")
    return math.ceil(math.log(delta) / math.log1p(-risk))
