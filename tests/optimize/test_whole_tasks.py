"""What solved tasks cost on each candidate, and what is shown of it."""

from modelmix.core.candidate import Candidate
from modelmix.economics.solved import Run
from modelmix.optimize.whole_tasks import ALL_TYPES, WholeType, whole_findings, whole_tasks

BIG, SMALL, ODD = Candidate("big"), Candidate("small"), Candidate("big + small")


def runs(usd: float, every: int, tasks: int = 60, name: str = "t") -> list[Run]:
    """Runs at as many tasks, of which each so-many-th fails, at about one price."""
    return [
        Run(f"{name}{n}", f"{name}{n}", float(n % every > 0), usd * (1 + 0.1 * (n % 3))) for n in range(tasks)
    ]


def is_bigger(one: Candidate, other: Candidate) -> bool | None:
    """Compare by the names of this file."""
    return None if ODD in {one, other} else one == BIG


def found(small_usd: float, *, baseline: Candidate | None = BIG) -> tuple[WholeType, ...]:
    """Two candidates on one type, the big one at 1 USD a run."""
    by = {SMALL: runs(small_usd, 3), BIG: runs(1.0, 10)}
    baselines = {} if baseline is None else {"t": baseline}
    return whole_tasks({"t": by}, baselines, {"t": 4.0}, is_bigger)


def test_the_baseline_stands_first_and_the_others_by_cost() -> None:
    """Each has its cost, its contrast with the baseline, and its retries."""
    [one] = found(0.5)
    assert (one.task_type, one.baseline, one.person_usd, one.confidence) == ("t", BIG, 4.0, 0.95)
    big, small = one.candidates
    assert (big.candidate, big.against, big.is_bigger) == (BIG, None, None)
    assert (small.candidate, small.is_bigger, len(small.until)) == (SMALL, False, 3)
    assert small.against is not None
    assert small.against.tasks == 60


def test_a_cheaper_solved_task_is_a_finding() -> None:
    """Half the price at two in three solved: the smaller one is cheaper for a solved task too."""
    [said] = whole_findings(found(0.5))
    assert said.startswith("t: a solved task costs $0.")
    assert "less on small than on big, failed runs included (60 tasks)" in said


def test_bigger_is_cheaper_where_failed_runs_eat_the_price() -> None:
    """The smaller one costs as much a run and fails three times as often, whichever is asked today."""
    for baseline in (BIG, SMALL):
        [said] = whole_findings(found(1.0, baseline=baseline))
        assert said.startswith("t: bigger is cheaper here: a solved task costs $0.")
        assert "less on big than on small" in said


def test_what_is_not_shown_is_not_said() -> None:
    """An interval with zero in it is no finding, nor is a contrast with nobody."""
    assert list(whole_findings(found(0.75))) == []
    assert list(whole_findings(found(0.5, baseline=None))) == []
    none = whole_tasks({"t": {SMALL: runs(0.1, 1), BIG: runs(1.0, 10)}}, {"t": BIG}, {}, is_bigger)
    assert list(whole_findings(none)) == []


def test_where_prices_do_not_tell_nobody_is_called_bigger() -> None:
    """Names that stand together, or models without a list price, are compared by their costs alone."""
    both = whole_tasks({"t": {ODD: runs(0.2, 10), BIG: runs(1.0, 10)}}, {"t": BIG}, {}, is_bigger)
    [said] = whole_findings(both)
    assert "bigger" not in said
    dear = whole_tasks({"t": {ODD: runs(5.0, 10), BIG: runs(1.0, 10)}}, {"t": BIG}, {}, is_bigger)
    [said] = whole_findings(dear)
    assert "less on big than on big + small" in said
    assert "bigger is" not in said


def test_types_of_one_baseline_stand_together_too() -> None:
    """All tasks together come first; intervals hold for all comparisons at once."""
    by_type = {name: {SMALL: runs(0.5, 3, name=name), BIG: runs(1.0, 10, name=name)} for name in ("t", "u")}
    types = whole_tasks(by_type, dict.fromkeys(by_type, BIG), {"t": 1.0, "u": 1.0}, is_bigger)
    assert [one.task_type for one in types] == [ALL_TYPES, "t", "u"]
    assert [one.candidates[0].cost.tasks for one in types] == [120, 60, 60]
    assert types[0].person_usd == 1.0
    assert types[0].confidence == 1.0 - 0.05 / 3
    assert next(iter(whole_findings(types))).startswith("all types together: ")
    apart = whole_tasks(by_type, {"t": BIG, "u": SMALL}, {}, is_bigger)
    assert [one.task_type for one in apart] == ["t", "u"]
    unlike = whole_tasks(by_type, dict.fromkeys(by_type, BIG), {"t": 1.0, "u": 2.0}, is_bigger)
    assert unlike[0].person_usd is None
