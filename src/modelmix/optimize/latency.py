"""Latency: how long answers take today and then, and a bound that a candidate must be shown to keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import bdtr

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import Floats, TypeEvidence
from modelmix.optimize.certify import Further
from modelmix.optimize.choose import Choice
from modelmix.optimize.looks import Looks
from modelmix.optimize.upward import NetTest

QUANTILE: Final = 0.95
"""Share of answers that must come within a bound."""
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Latency:
    """How long the answers of a candidate take.

    Attributes:
        p50_ms: Median.
        p95_ms: Time within which 95 of 100 come.
        p95_at_most_ms: Upper 95 % confidence bound of that; None where there are too few to tell.
        n: Units that were measured.
    """

    p50_ms: float
    p95_ms: float
    p95_at_most_ms: float | None
    n: int

    @classmethod
    def of(cls, longest_ms: Floats) -> "Latency | None":
        """Measure answers; None without any.

        The bound is an order statistic, so that it holds for times of any shape: the k-th smallest of n lies
        at or above the quantile with a chance of P(Bin(n, 0.95) < k).

        Source: W. Conover, Practical Nonparametric Statistics (1999), 3.2.
        """
        n = int(longest_ms.size)
        if not n:
            return None
        ordered = np.sort(longest_ms)
        enough = [k for k in range(1, n + 1) if bdtr(k - 1, n, QUANTILE) >= CONFIDENCE]
        at_most = float(ordered[enough[0] - 1]) if enough else None
        p50, p95 = np.quantile(ordered, [0.5, QUANTILE], method="higher")
        return cls(float(p50), float(p95), at_most, n)


@dataclass(frozen=True, slots=True)
class LatencyTest:
    """Whether a candidate is shown to answer within a bound.

    Attributes:
        bound_ms: The bound: the user's, or today's own 95 % time on the choosing rows where that is longer.
        late: Units beyond it, on fresh rows.
        n: Units measured.
        looks: Looks at which it may have been tested, each of which takes its share of the level.
    """

    bound_ms: float
    late: int
    n: int
    looks: int = 1

    @property
    def p_value(self) -> float:
        """One-sided p-value of the hypothesis that 5 of 100 or more come later; 1 where none was measured.

        Exact: P(Bin(n, 0.05) <= late).
        """
        if not self.n:
            return 1.0
        return min(1.0, self.looks * float(bdtr(self.late, self.n, 1.0 - QUANTILE)))

    @property
    def why_not(self) -> str:
        """What keeps a type where it is if this is not shown."""
        return "latency"


def latency_tests(
    choosing: Sequence[TypeEvidence],
    fresh: Mapping[str, TypeEvidence],
    bounds: Mapping[str, "LatencyBound"],
    choice: Choice,
    looks: Mapping[str, Looks],
) -> dict[str, LatencyTest]:
    """Hold what is put forward to the bounds of latency.

    Args:
        choosing: Choosing rows of each task type.
        fresh: Task type → its fresh rows.
        bounds: Task type → its bound; a type without one is not held to any.
        choice: What is put forward.
        looks: Task type → how it was looked at while its fresh rows came in.

    Where today's model is itself later than the bound, nothing could move, not even to a faster candidate;
    there the bound is today's own time, on rows that play no part in the test.
    """
    rows = {one.task_type: one for one in choosing}
    tests = {}
    for put in choice.moves:
        name = put.task_type
        if name in bounds:
            bound_ms, then = bounds[name].most_ms, _of(fresh[name], put.candidate)
            now = latencies(rows[name], bounds[name].baseline)
            bound_ms = bound_ms if now is None else max(bound_ms, now.p95_ms)
            planned = looks[name].planned if name in looks else 1
            tests[name] = LatencyTest(bound_ms, int((then > bound_ms).sum()), int(then.size), planned)
    return tests


def further_of(
    choice: Choice, nets: Mapping[str, NetTest], late: Mapping[str, LatencyTest]
) -> dict[str, list[Further]]:
    """Return what each move must show besides its margin: its net saving if it is upward, and its times."""
    found: dict[str, list[Further]] = {}
    for put in choice.moves:
        net: list[Further] = [nets[put.task_type]] if put.is_upward else []
        timed: list[Further] = [late[put.task_type]] if put.task_type in late else []
        found[put.task_type] = [*net, *timed]
    return found


@dataclass(frozen=True, slots=True)
class LatencyBound:
    """A bound of one task type.

    Attributes:
        most_ms: Time within which 95 of 100 answers must come.
        baseline: What its requests ask for today.
    """

    most_ms: float
    baseline: Candidate


@dataclass(frozen=True, slots=True)
class NowAndThen:
    """How long answers take today and on a candidate, each None where it was not measured.

    Attributes:
        now: On the baseline.
        then: On the candidate.
    """

    now: Latency | None
    then: Latency | None

    @classmethod
    def of(cls, rows: TypeEvidence, baseline: Candidate, candidate: Candidate | None) -> "NowAndThen":
        """Measure both on the same rows."""
        then = None if candidate is None else latencies(rows, candidate)
        return cls(latencies(rows, baseline), then)


UNMEASURED: Final = NowAndThen(None, None)


def latencies(rows: TypeEvidence, candidate: Candidate) -> Latency | None:
    """Measure a candidate on rows; None where it is not among them, or was not measured."""
    return Latency.of(_of(rows, candidate))


def _of(rows: TypeEvidence, candidate: Candidate) -> Floats:
    if candidate not in rows.arms:
        return np.empty(0)
    return rows.longest_ms(rows.arms.index(candidate))
