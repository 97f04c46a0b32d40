"""Until solved: what a task costs that is run again when it fails, and at last left to a person."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelmix.economics.difficulty import Difficulty, Fixed
from modelmix.economics.path import AttemptCost
from modelmix.economics.retry import retried
from modelmix.economics.retry_log import Retried, estimate
from modelmix.economics.solved import Run


@dataclass(frozen=True, slots=True)
class Observed:
    """How often tasks are solved, as seen where each was run several times.

    Attributes:
        open_seen: Share of tasks that none of 0, 1, … k runs has solved.
    """

    open_seen: tuple[float, ...]

    def open_shares(self, cap: int) -> list[float]:
        """Return the share of tasks that is still open after 0, 1, … ``cap`` runs.

        Raises:
            ValueError: So many runs were not seen.
        """
        if cap >= len(self.open_seen):
            raise ValueError(f"cap is {cap}; tasks were run {len(self.open_seen) - 1} times at least")
        return list(self.open_seen[: cap + 1])

    def next_success(self, failures: int) -> float:
        """Return the chance that the next run solves a task on which so many have failed."""
        open_now, then = self.open_shares(failures + 1)[failures:]
        return 1.0 - then / open_now if open_now else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """At most so many runs at a task, and then a person.

    Attributes:
        cap: Most runs.
        low_usd: Expected cost of a task, USD, with the person who finishes what is left, if that has a price.
        high_usd: The same, where failed tasks are less likely to be solved by another run. Both are the same
            where tasks were run as often.
        low_open: Share of tasks that is left to the person.
        high_open: The same at ``high_usd``.
    """

    cap: int
    low_usd: float
    high_usd: float
    low_open: float
    high_open: float


def until_solved(runs: Sequence[Run], person_usd: float | None, most: int) -> tuple[Until, ...]:
    """Work out what a task costs with at most 1, 2, … ``most`` runs.

    Args:
        runs: Runs of one candidate, each solved or not, with a price; others are left out.
        person_usd: What it costs where a person finishes a task, USD, or None where that has no price.
        most: Most runs, 1 or more.

    Returns:
        By cap; nothing without a priced run that was solved or failed. Where all tasks were run several times
        it ends with as many runs as each had: of more nothing was seen.

    A run after a failed one costs what failed runs cost: it is the hard tasks that are run again. How often
    it helps is seen where all tasks were run several times, or where attempts are logged. Else the two ends
    are told: failed tasks are solved as often as others (too hopeful), and never (too harsh).
    """
    known = [run for run in runs if run.usd is not None and run.solved in (0.0, 1.0)]
    if not known:
        return ()
    first_usd = _attempt_usd(known)
    failed = [run for run in known if not run.solved]
    again_usd = _attempt_usd(failed) if failed else first_usd
    seen = observed(known)
    ways = _difficulties(known) if seen is None else (seen,)
    found = []
    for cap in range(1, most + 1 if seen is None else min(most + 1, len(seen.open_seen))):
        ends = [_path(way, first_usd, again_usd, person_usd or 0.0, cap) for way in ways]
        (low_usd, low_open), (high_usd, high_open) = min(ends), max(ends)
        found.append(
            Until(cap=cap, low_usd=low_usd, high_usd=high_usd, low_open=low_open, high_open=high_open)
        )
    return tuple(found)


def observed(runs: Iterable[Run]) -> Observed | None:
    """Return how often tasks are solved where each was run twice at least, or None where one was not.

    Source: the unbiased estimate of pass@k, Chen et al. 2021, arXiv:2107.03374: of n runs of which f failed,
    k drawn without return all fail with chance C(f, k) / C(n, k).
    """
    by_task: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        by_task[run.task_id].append(run.solved)
    least = min((len(some) for some in by_task.values()), default=0)
    if least < 2:  # noqa: PLR2004 - one run says nothing of the next
        return None
    shares = [
        math.fsum(math.comb(some.count(0.0), k) / math.comb(len(some), k) for some in by_task.values())
        for k in range(least + 1)
    ]
    return Observed(tuple(share / len(by_task) for share in shares))


def _attempt_usd(runs: Sequence[Run]) -> float:
    return math.fsum(run.usd or 0.0 for run in runs) / math.fsum(run.attempts for run in runs)


def _difficulties(runs: Sequence[Run]) -> tuple[Difficulty, ...]:
    logged = [Retried(run.attempts, bool(run.solved)) for run in runs]
    if any(one.attempts > 1 for one in logged) and not all(one.solved for one in logged):
        difficulty = estimate(logged).difficulty
        if difficulty is not None:
            return (difficulty,)
    share = math.fsum(run.solved for run in runs) / len(runs)
    return Fixed(share), Fixed(1.0, share)


def _path(
    difficulty: Difficulty, first_usd: float, again_usd: float, person_usd: float, cap: int
) -> tuple[float, float]:
    path = retried(AttemptCost(call_usd=again_usd), difficulty, cap, person_usd)
    return path.usd + first_usd - again_usd, path.given_up_share
