"""Cost per solved task: what all runs at whole tasks cost, failed ones in full, over what they solved."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one candidate at a whole task.

    Attributes:
        task_id: The task; runs with the same one are repeats.
        unit: Runs that are not independent share it: the task, or what several tasks have in common.
        solved: Whether it was solved, or to what share, in [0, 1].
        usd: Cost of all its calls, failed attempts among them, or None where one has no price.
        calls: Its calls, or None where that is not known.
        attempts: Attempts that the cost covers, the last of which ended it.
        seconds: How long it took, or None.
    """

    task_id: str
    unit: str
    solved: float
    usd: float | None
    calls: int | None = None
    attempts: int = 1
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with its confidence interval.

    Attributes:
        low: Lower end; None where nothing is known of it.
        value: The ratio.
        high: Upper end; None where it has none: too little was solved to say how dear a solved task can be.
    """

    low: float | None
    value: float
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedCost:
    """What a candidate's runs at whole tasks of one type have cost and brought; USD per run.

    Attributes:
        tasks: Tasks.
        runs: Runs at them; more than tasks where some were run again.
        solved_share: Share of runs that solved their task, each task counted alike.
        usd: Mean cost of a run, or None without a price.
        failed_usd: Mean cost of the runs that failed, or None.
        succeeded_usd: Mean cost of those that solved their task, or None.
        per_solved: Cost of all priced runs over the tasks they solved; None without one.
        calls: Mean number of calls of a run, or None.
        seconds: Mean duration of a run, or None.
        unpriced: Runs without a price; they stand in no amount.
    """

    tasks: int
    runs: int
    solved_share: float
    usd: float | None
    failed_usd: float | None
    succeeded_usd: float | None
    per_solved: Ratio | None
    calls: float | None
    seconds: float | None
    unpriced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedContrast:
    """A candidate against another on the tasks that both have run.

    Attributes:
        tasks: Tasks that both have run with a price.
        saving: What a solved task costs less on the candidate, USD, with its interval; negative where more;
            None where one of the two has solved none, or there are fewer than two.
        cheaper_share: Share of those tasks on which the candidate's runs cost less.
    """

    tasks: int
    saving: Ratio | None
    cheaper_share: float


def solved_cost(runs: Sequence[Run], confidence: float = 0.95) -> SolvedCost:
    """Add runs up.

    Args:
        runs: All runs of one candidate at tasks of one type, one at least.
        confidence: Of the interval, two-sided, in (0, 1).

    Every task weighs alike, however often it was run: its runs are averaged.
    """
    priced = [run for run in runs if run.usd is not None]
    whole = [run for run in priced if run.solved in (0.0, 1.0)]
    return SolvedCost(
        tasks=len({run.task_id for run in runs}),
        runs=len(runs),
        solved_share=float(np.mean([run.solved for run in _averaged(runs)])),
        usd=_mean(run.usd for run in _averaged(priced)),
        failed_usd=_mean(run.usd for run in whole if not run.solved),
        succeeded_usd=_mean(run.usd for run in whole if run.solved),
        per_solved=_per_solved(priced, confidence),
        calls=_mean(None if run.calls is None else float(run.calls) for run in runs),
        seconds=_mean(run.seconds for run in runs),
        unpriced=len(runs) - len(priced),
    )


def contrast(runs: Iterable[Run], others: Iterable[Run], confidence: float = 0.95) -> SolvedContrast | None:
    """Hold a candidate's runs against another's at the same tasks.

    Args:
        runs: Its runs.
        others: The other's.
        confidence: Of the interval, two-sided, in (0, 1).

    Returns:
        The contrast, or None where they have no task with a price in common: what each costs at tasks of its
        own does not tell them apart, since tasks differ.

    The interval is that of the difference of two ratios over the same units, linearised (delta method).
    Source: Cochran, Sampling Techniques, 3rd edition (1977), 6.12, comparison of two ratios.
    """
    mine, theirs = (_by_task(_averaged(some)) for some in (runs, others))
    shared = sorted(mine.keys() & theirs.keys())
    if not shared:
        return None
    pairs = [(mine[task], theirs[task]) for task in shared]
    cheaper = sum(_usd(one) < _usd(other) for one, other in pairs) / len(pairs)
    usd, solved = _sums([one for one, _ in pairs])
    other_usd, other_solved = _sums([other for _, other in pairs])
    n = len(usd)
    if n < 2 or not solved.sum() or not other_solved.sum():  # noqa: PLR2004 - no variance of one unit
        return SolvedContrast(tasks=len(pairs), saving=None, cheaper_share=cheaper)
    per, other_per = usd.sum() / solved.sum(), other_usd.sum() / other_solved.sum()
    spread = (other_usd - other_per * other_solved) / other_solved.mean() - (
        usd - per * solved
    ) / solved.mean()
    half = _t(n, confidence) * float(spread.std(ddof=1)) / math.sqrt(n)
    saving = float(other_per - per)
    return SolvedContrast(
        tasks=len(pairs), saving=Ratio(saving - half, saving, saving + half), cheaper_share=cheaper
    )


def _per_solved(priced: Sequence[Run], confidence: float) -> Ratio | None:
    """Return cost over solved tasks with Fieller's interval over units.

    It keeps its level where few tasks are solved, and has no upper end where the share solved may be 0.
    Source: Fieller, Some problems in interval estimation, J. of the Royal Statistical Society B 16 (1954).
    """
    usd, solved = _sums(_averaged(priced))
    if not solved.sum():
        return None
    value, n = float(usd.sum() / solved.sum()), len(usd)
    if n < 2:  # noqa: PLR2004 - no variance of one unit
        return Ratio(None, value, None)
    t2_over_n = _t(n, confidence) ** 2 / n
    spread = np.cov(usd, solved)
    a = float(solved.mean() ** 2 - t2_over_n * spread[1, 1])
    b = float(usd.mean() * solved.mean() - t2_over_n * spread[0, 1])
    c = float(usd.mean() ** 2 - t2_over_n * spread[0, 0])
    root = math.sqrt(max(b * b - a * c, 0.0))
    if a > 0.0:
        return Ratio(max((b - root) / a, 0.0), value, max((b + root) / a, value))
    # The share solved may be 0: all ratios beyond the positive root are possible, or all there are.
    low = (b - root) / a if a < 0.0 < c else 0.0
    return Ratio(min(max(low, 0.0), value), value, None)


def _t(units: int, confidence: float) -> float:
    return float(stdtrit(units - 1, (1.0 + confidence) / 2.0))


def _averaged(runs: Iterable[Run]) -> list[Run]:
    """Return one run per task, the mean of its runs; its cost is that of those with a price."""
    by_task: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_task[run.task_id].append(run)
    found = []
    for task, some in by_task.items():
        priced = [run.usd for run in some if run.usd is not None]
        usd = sum(priced) / len(priced) if priced else None
        found.append(
            Run(task, min(run.unit for run in some), sum(run.solved for run in some) / len(some), usd)
        )
    return found


def _by_task(runs: Iterable[Run]) -> Mapping[str, Run]:
    return {run.task_id: run for run in runs if run.usd is not None}


def _usd(run: Run) -> float:
    return 0.0 if run.usd is None else run.usd


def _sums(runs: Sequence[Run]) -> tuple[_Floats, _Floats]:
    """Return cost and solved tasks by unit, each of shape (n_units,)."""
    units = {unit: index for index, unit in enumerate(sorted({run.unit for run in runs}))}
    usd, solved = np.zeros(len(units)), np.zeros(len(units))
    for run in runs:
        usd[units[run.unit]] += _usd(run)
        solved[units[run.unit]] += run.solved
    return usd, solved


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
