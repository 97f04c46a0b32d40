"""Whole tasks: what a solved one costs on each candidate, beside the baseline, with retries."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelmix.core.candidate import Candidate
from modelmix.economics.solved import Run, SolvedContrast, SolvedCost, contrast, solved_cost
from modelmix.economics.until_solved import Until, until_solved
from modelmix.optimize.price_of_errors import dollars

ALL_TYPES = ""
"""Name under which the tasks of all types stand together."""

MOST_RUNS = 3
"""Most runs at a task, retries included, whose cost is worked out."""

_TWO_SIDED = 0.95

IsBigger = Callable[[Candidate, Candidate], bool | None]
"""Say whether one candidate has the higher list prices than another; None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCandidate:
    """A candidate's runs at whole tasks of one type.

    Attributes:
        candidate: The candidate, or the names of those that served tasks together.
        cost: What its runs cost and brought.
        against: It against the baseline on the same tasks, or None for the baseline, or without any.
        is_bigger: Whether its list prices are the higher ones; None where that is not known.
        until: Cost of a task with at most 1, 2, … runs and then a person.
    """

    candidate: Candidate
    cost: SolvedCost
    against: SolvedContrast | None
    is_bigger: bool | None
    until: tuple[Until, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeType:
    """Whole tasks of one type.

    Attributes:
        task_type: Its name, or ``ALL_TYPES``.
        baseline: What its requests ask for today, or None where that is not known.
        person_usd: What it costs where a person finishes a task, or None.
        confidence: Of each interval of a candidate against the baseline: they hold for all at once.
        candidates: The baseline first, then the one whose solved tasks cost least.
    """

    task_type: str
    baseline: Candidate | None
    person_usd: float | None
    confidence: float
    candidates: tuple[WholeCandidate, ...]


def whole_tasks(
    runs: Mapping[str, Mapping[Candidate, Sequence[Run]]],
    baselines: Mapping[str, Candidate],
    person_usd: Mapping[str, float | None],
    is_bigger: IsBigger,
) -> tuple[WholeType, ...]:
    """Work out what solved tasks cost, type by type, and all together where types have one baseline.

    Args:
        runs: Task type → candidate → its runs.
        baselines: Task type → what its requests ask for today.
        person_usd: Task type → what it costs where a person finishes a task.
        is_bigger: Compares list prices.

    Returns:
        All together first, where there are several types, then by type.
    """
    groups: list[tuple[str, Mapping[Candidate, Sequence[Run]], Candidate | None, float | None]] = [
        (name, runs[name], baselines.get(name), person_usd.get(name)) for name in sorted(runs)
    ]
    if len({baseline for _, _, baseline, _ in groups}) == 1 < len(groups):
        usd = {one for _, _, _, one in groups}
        groups.insert(0, (ALL_TYPES, _together(runs), groups[0][2], usd.pop() if len(usd) == 1 else None))
    compared = sum(len(by.keys() - {baseline}) for _, by, baseline, _ in groups)
    confidence = 1.0 - (1.0 - _TWO_SIDED) / max(compared, 1)
    return tuple(_type(*group, confidence, is_bigger) for group in groups)


def _together(runs: Mapping[str, Mapping[Candidate, Sequence[Run]]]) -> Mapping[Candidate, Sequence[Run]]:
    found: dict[Candidate, list[Run]] = defaultdict(list)
    for by_candidate in runs.values():
        for candidate, some in by_candidate.items():
            found[candidate] += some
    return found


def _type(
    name: str,
    runs: Mapping[Candidate, Sequence[Run]],
    baseline: Candidate | None,
    person_usd: float | None,
    confidence: float,
    is_bigger: IsBigger,
) -> WholeType:
    base = () if baseline is None else runs.get(baseline, ())
    found = [
        WholeCandidate(
            candidate=candidate,
            cost=solved_cost(some),
            against=None if candidate == baseline else contrast(some, base, confidence),
            is_bigger=None if baseline is None or candidate == baseline else is_bigger(candidate, baseline),
            until=until_solved(some, person_usd, MOST_RUNS),
        )
        for candidate, some in runs.items()
    ]
    found.sort(key=lambda one: (one.candidate != baseline, _order(one), str(one.candidate)))
    return WholeType(
        task_type=name,
        baseline=baseline,
        person_usd=person_usd,
        confidence=confidence,
        candidates=tuple(found),
    )


def _order(one: WholeCandidate) -> float:
    return float("inf") if one.cost.per_solved is None else one.cost.per_solved.value


def whole_findings(types: Sequence[WholeType]) -> Iterator[str]:
    """Yield what is shown: where a solved task costs less, and whether the bigger model is the cheaper."""
    for one in types:
        for other in one.candidates:
            if other.against is not None and one.baseline is not None:
                yield from _finding(one, other, one.baseline, other.against)


def _finding(
    one: WholeType, other: WholeCandidate, baseline: Candidate, against: SolvedContrast
) -> Iterator[str]:
    saving = against.saving
    if saving is None or saving.low is None or saving.high is None or saving.low <= 0.0 <= saving.high:
        return
    if saving.low > 0.0:
        less, more, low, high = other.candidate, baseline, saving.low, saving.high
    else:
        less, more, low, high = baseline, other.candidate, -saving.high, -saving.low
    is_bigger = other.is_bigger if saving.low > 0.0 or other.is_bigger is None else not other.is_bigger
    begin = "bigger is cheaper here: " if is_bigger else ""
    where = one.task_type or "all types together"
    yield (
        f"{where}: {begin}a solved task costs {dollars(low)} to {dollars(high)} less on {less} than on "
        f"{more}, failed runs included ({against.tasks:,} tasks)"
    )
