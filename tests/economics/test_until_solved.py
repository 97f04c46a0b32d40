"""Until solved: retries of whole tasks, and then a person."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.economics.difficulty import Fixed
from modelmix.economics.path import AttemptCost
from modelmix.economics.retry import retried
from modelmix.economics.solved import Run
from modelmix.economics.until_solved import Observed, observed, until_solved


def run(task: str, solved: float, usd: float | None = 1.0, attempts: int = 1) -> Run:
    """One run at a task."""
    return Run(task, task, solved, usd, attempts=attempts)


def test_one_run_each_tells_two_ends() -> None:
    """Six of ten tasks are solved, each run at 1 USD: a second run solves 60 % of the rest, or none of it."""
    runs = [run(str(n), float(n < 6)) for n in range(10)]
    one, two = until_solved(runs, 5.0, 2)
    assert (one.cap, one.low_usd, one.high_usd) == pytest.approx((1, 1.0 + 0.4 * 5.0, 3.0))
    assert (one.low_open, one.high_open) == pytest.approx((0.4, 0.4))
    assert two.low_usd == pytest.approx(1.4 + 0.16 * 5.0)
    assert two.high_usd == pytest.approx(1.4 + 0.4 * 5.0)
    assert two.low_usd == pytest.approx(retried(AttemptCost(call_usd=1.0), Fixed(0.6), 2, 5.0).usd)
    assert (two.low_open, two.high_open) == pytest.approx((0.16, 0.4))


def test_a_run_after_a_failed_one_costs_what_failed_runs_cost() -> None:
    """Half fail, at 3 USD against 1: the first run costs 2 on average, the next one 3."""
    runs = [run("a", 1, 1.0), run("b", 0, 3.0)]
    _, two = until_solved(runs, None, 2)
    assert (two.low_usd, two.high_usd) == pytest.approx((2.0 + 0.5 * 3.0, 3.5))


def test_where_tasks_were_run_as_often_it_is_seen() -> None:
    """One task always fails and one half of the time: of two runs, 3 in 8 … as drawn without return."""
    runs = [run("a", 0), run("a", 0), run("b", 1), run("b", 0)]
    seen = observed(runs)
    assert seen is not None
    assert seen.open_seen == (1.0, 0.75, 0.5)
    two = until_solved(runs, 4.0, 2)[1]
    assert two.low_usd == two.high_usd == pytest.approx(1.75 + 0.5 * 4.0)
    assert observed([*runs, run("c", 1)]) is None
    assert observed([]) is None
    with pytest.raises(ValueError, match="2 times"):
        seen.open_shares(3)
    assert seen.next_success(1) == pytest.approx(1 / 3)
    assert Observed((1.0, 0.0, 0.0)).next_success(1) == 0.0


def test_logged_attempts_tell_it_too() -> None:
    """Where rows cover several attempts, the share that is never solved is read from them."""
    runs = [run(f"s{n}", 1, 2.0, attempts=1 + n % 2) for n in range(40)]
    runs += [run(f"f{n}", 0, 3.0, attempts=3) for n in range(10)]
    found = until_solved(runs, 9.0, 3)
    assert all(one.low_usd == one.high_usd for one in found)
    untold = until_solved([run("a", 0, 3.0, attempts=3), run("b", 0, 3.0, attempts=2)], 9.0, 2)
    assert untold[1].low_open == untold[1].high_open == 1.0
    solved = until_solved([run("a", 1, 2.0, attempts=2)], 9.0, 1)
    assert (solved[0].low_usd, solved[0].high_usd) == (1.0, 1.0)


def test_without_a_price_or_an_end_there_is_no_cost() -> None:
    """Runs in part solved, or without a price, tell nothing of retries."""
    assert until_solved([run("a", 0.5), run("b", 1, None)], 1.0, 3) == ()


@given(st.integers(2, 6), st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_what_was_seen_is_a_difficulty(each: int, solved: list[int]) -> None:
    """Whatever was seen, open shares fall from one, and never below none."""
    runs = [run(str(n), float(k < min(wins, each))) for n, wins in enumerate(solved) for k in range(each)]
    seen = observed(runs)
    assert seen is not None
    shares = seen.open_shares(each)
    assert shares[0] == 1.0
    assert all(0.0 <= later <= earlier + 1e-12 for earlier, later in pairwise(shares))
    assert math.isclose(shares[1], sum(not one.solved for one in runs) / len(runs))
