"""Cost per solved task: a ratio over tasks, with the interval that Fieller gives it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.economics.solved import Run, contrast, solved_cost

USD = st.floats(0.0, 100.0)
RUNS = st.lists(
    st.builds(
        Run,
        task_id=st.sampled_from("abcdef"),
        unit=st.sampled_from("uvw"),
        solved=st.sampled_from([0.0, 0.5, 1.0]),
        usd=st.none() | USD,
        calls=st.none() | st.integers(0, 50),
        attempts=st.integers(1, 4),
        seconds=st.none() | USD,
    ),
    min_size=1,
    max_size=30,
)


def run(task: str, solved: float, usd: float | None, calls: int | None = None) -> Run:
    """One run at a task that is a unit of its own."""
    return Run(task, task, solved, usd, calls)


def test_failed_runs_count_in_full() -> None:
    """Three runs of 1, 2 and 6 USD of which one failed: 9 USD brought two solved tasks."""
    found = solved_cost([run("a", 1, 1.0, 4), run("b", 1, 2.0, 6), run("c", 0, 6.0)])
    assert found.per_solved is not None
    assert (found.tasks, found.runs, found.solved_share) == pytest.approx((3, 3, 2 / 3))
    assert (found.usd, found.per_solved.value) == (3.0, 4.5)
    assert (found.failed_usd, found.succeeded_usd, found.calls, found.seconds) == (6.0, 1.5, 5.0, None)


def test_runs_at_one_task_are_repeats() -> None:
    """A task that was run three times weighs as one: its runs are averaged."""
    found = solved_cost([*[run("a", 0, 1.0)] * 3, run("b", 1, 3.0)])
    assert found.per_solved is not None
    assert (found.tasks, found.runs, found.solved_share, found.usd) == (2, 4, 0.5, 2.0)
    assert found.per_solved.value == 4.0


def test_what_has_no_price_stands_in_no_amount() -> None:
    """A run without a price is counted, and is not free."""
    found = solved_cost([run("a", 1, 2.0), run("b", 1, None)])
    assert (found.unpriced, found.usd, found.solved_share) == (1, 2.0, 1.0)
    assert found.per_solved is not None
    assert (found.per_solved.low, found.per_solved.value, found.per_solved.high) == (None, 2.0, None)
    nothing = solved_cost([run("a", 1, None)])
    assert (nothing.usd, nothing.per_solved, nothing.failed_usd) == (None, None, None)
    assert solved_cost([run("a", 0, 1.0)]).per_solved is None


def test_where_hardly_anything_is_solved_the_interval_has_no_end() -> None:
    """One task in nine solved: a solved one may cost any amount, and at least something."""
    found = solved_cost([run(str(n), float(n == 0), 1.0 + n / 10) for n in range(9)]).per_solved
    assert found is not None
    assert found.high is None
    assert found.low is not None
    assert 0.0 < found.low < found.value
    free = solved_cost([run("a", 1, 0.0), run("b", 0, 5.0)]).per_solved
    assert free is not None
    assert (free.low, free.high) == (0.0, None)


def test_the_interval_covers_at_its_level() -> None:
    """Of 1,000 samples of 60 tasks, 95 % intervals hold the true cost per solved task in 93 to 97 %."""
    chance, held = np.random.default_rng(5), 0
    for _ in range(1_000):
        solved = chance.random(60) < 0.6
        usd = chance.exponential(1.0 + 0.5 * ~solved)
        ratio = solved_cost([run(str(n), float(solved[n]), float(usd[n])) for n in range(60)]).per_solved
        assert ratio is not None
        held += (ratio.low or 0.0) <= (0.6 * 1.0 + 0.4 * 1.5) / 0.6 <= (ratio.high or math.inf)
    assert 930 <= held <= 970


def test_the_contrast_covers_at_its_level() -> None:
    """The saving per solved task on the same tasks is held by its 95 % interval in 92 to 97 % of samples."""
    chance, held = np.random.default_rng(6), 0
    for _ in range(600):
        hard = chance.random(120)
        mine = [run(str(n), float(chance.random() > hard[n] * 0.8), 1.0 + hard[n]) for n in range(120)]
        theirs = [run(str(n), float(chance.random() > hard[n] * 0.4), 2.0 + hard[n]) for n in range(120)]
        found = contrast(mine, theirs)
        assert found is not None
        assert found.saving is not None
        held += (found.saving.low or 0.0) <= 2.5 / 0.8 - 1.5 / 0.6 <= (found.saving.high or 0.0)
    assert 550 <= held <= 588


def test_only_tasks_that_both_have_run_are_compared() -> None:
    """What each costs at tasks of its own tells nothing."""
    mine = [run("a", 1, 1.0), run("b", 1, 5.0), run("z", 1, 99.0)]
    theirs = [run("a", 1, 2.0), run("b", 1, 4.0), run("y", 1, 99.0), run("n", 1, None)]
    found = contrast(mine, theirs)
    assert found is not None
    assert found.saving is not None
    assert (found.tasks, found.cheaper_share, found.saving.value) == (2, 0.5, 0.0)
    assert contrast(mine[2:], theirs) is None
    one = contrast(mine[:1], theirs)
    assert one is not None
    assert (one.tasks, one.saving) == (1, None)
    none_solved = contrast([run("a", 0, 1.0), run("b", 0, 1.0)], theirs)
    assert none_solved is not None
    assert none_solved.saving is None


@given(RUNS, RUNS)
def test_any_runs_have_a_cost(runs: list[Run], others: list[Run]) -> None:
    """No runs raise; an interval holds its value, and against itself nothing is saved."""
    found = solved_cost(runs)
    if found.per_solved is not None:
        assert (found.per_solved.low or 0.0) <= found.per_solved.value + 1e-9
        assert found.per_solved.high is None or found.per_solved.value <= found.per_solved.high
    contrast(runs, others)
    itself = contrast(runs, runs)
    assert itself is None or itself.saving is None or itself.saving.value == pytest.approx(0.0, abs=1e-6)
