"""Arranging outcomes as paired evidence."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.evaluate.evidence import correlation, gather, split

A, B, C = Candidate("a"), Candidate("b"), Candidate("c")


def row(prompt: str, arm: Candidate, score: float, **more: object) -> tuple[Outcome, float | None]:
    """Build an outcome and its cost."""
    cost = more.pop("cost", 1.0)
    task_type = more.pop("task_type", "t")
    outcome = Outcome(prompt_id=prompt, task_type=str(task_type), candidate=arm, score=score, **more)  # type: ignore[arg-type]  # a row is built from whatever the test names
    return outcome, cost  # type: ignore[return-value]  # the same


def test_pairs_are_found_by_prompt() -> None:
    """Rows with the same prompt are one pair; a prompt of one candidate is left out and counted."""
    found = gather([row("1", A, 1), row("1", B, 0), row("2", A, 0), row("2", B, 1), row("3", A, 1)])
    (evidence,) = found.types
    assert evidence.arms == (A, B)
    assert evidence.units == ("1", "2")
    assert (found.rows, found.prompts_unpaired) == (5, 1)
    pairs = evidence.pairs(1, 0)
    assert (pairs.gains, pairs.losses, pairs.n) == (1, 1, 2)


def test_samples_and_clusters_count_once() -> None:
    """Repeated samples are averaged, and so are the prompts of a cluster."""
    rows = [
        row("1", A, 1),
        row("1", B, 1),
        row("1", B, 0),
        row("2", A, 1, cluster_id="k"),
        row("2", B, 1, cluster_id="k"),
    ]
    rows += [row("3", A, 1, cluster_id="k"), row("3", B, 0, cluster_id="k")]
    (evidence,) = gather(rows).types
    assert (evidence.prompts, evidence.units) == (("1", "2", "3"), ("1", "k", "k"))
    assert evidence.score[:, 1].tolist() == [0.5, 1.0, 0.0]
    assert (evidence.error_rate(1), evidence.mean_cost_usd(1)) == (0.5, 1.0)
    assert evidence.savings_usd(1, 0).tolist() == [0.0, 0.0]
    pairs = evidence.pairs(1, 0)
    assert (pairs.gains, pairs.losses, pairs.n) == (0.0, 1.0, 2.0)


def test_a_cluster_pairs_by_prompt() -> None:
    """An easy prompt of the one and a hard prompt of the other are no pair, though they share a cluster."""
    rows = [row("easy", A, 1, cluster_id="k"), row("hard", B, 0, cluster_id="k")]
    assert gather(rows).prompts_unpaired == 2
    rows += [row("hard", A, 0, cluster_id="k"), row("easy", C, 1, cluster_id="k")]
    (evidence,) = gather(rows).types
    pairs = evidence.pairs(1, 0)
    assert (pairs.gains, pairs.losses, pairs.n) == (0.0, 0.0, 1.0)


def test_a_prompt_that_comes_twice_is_one_prompt() -> None:
    """A table imported again with clusters, or with others, adds no evidence."""
    clusters = ("", "k", "j")
    rows = [row("1", arm, 1, cluster_id=k) for k in clusters for arm in (A, B)]
    for order in (rows, rows[::-1]):
        (evidence,) = gather(order).types
        assert (evidence.prompts, evidence.units) == (("1",), ("j",))


def test_units_that_span_types_make_their_losses_go_together() -> None:
    """Nothing shared is nothing; what goes together counts; without differences the worst is assumed."""
    one = {str(i): float(i % 10 == 0) for i in range(200)}
    other = {str(i): float(i % 10 == 1) for i in range(200)}
    assert correlation(one, {"x": 1.0}) == 0.0
    assert correlation(one, one) == pytest.approx(1.0)
    assert 0.0 < correlation(one, other) < 0.2
    assert correlation(dict.fromkeys(one, 0.0), dict.fromkeys(one, 0.0)) == 1.0
    half = dict(list(one.items())[:100]) | {f"x{i}": float(i % 10 == 0) for i in range(100)}
    assert correlation(one, half) == pytest.approx(0.5)


def test_other_arms_are_left_out_and_counted() -> None:
    """Only the arms that were asked for are kept."""
    found = gather([row("1", A, 1), row("1", B, 1), row("1", C, 1)], [A, B])
    assert found.types[0].arms == (A, B)
    assert found.rows_other_arms == 1


def test_costs_may_be_missing() -> None:
    """An unpriced row keeps its score, has no cost, and is counted."""
    found = gather(
        [row("1", A, 1, cost=3.0), row("1", B, 1, cost=None), row("2", A, 1, cost=5.0), row("2", B, 1)]
    )
    (evidence,) = found.types
    assert found.rows_unpriced == 1
    assert evidence.savings_usd(1, 0).tolist() == [4.0]
    assert (evidence.mean_cost_usd(0), evidence.mean_cost_usd(1)) == (4.0, 1.0)


def test_nothing_measured_is_not_zero() -> None:
    """Rates and costs without rows are NaN, never zero."""
    (evidence,) = gather([row("1", A, 1, cost=None), row("1", B, 0, cost=None)]).types
    empty = evidence.take(np.array([False]))
    assert math.isnan(empty.error_rate(0))
    assert math.isnan(evidence.mean_cost_usd(0))
    assert evidence.error_rate(1) == 1.0


def test_named_slices_follow_their_rows() -> None:
    """A slice marks the units that any of its rows names, and follows them when rows are taken."""
    rows = [row("1", A, 1), row("1", B, 0, slice_name="absent"), row("2", A, 1), row("2", B, 1)]
    (evidence,) = gather(rows).types
    assert evidence.slices["absent"].tolist() == [True, False]
    assert evidence.pairs(1, 0, evidence.slices["absent"]).losses == 1
    assert evidence.take(np.array([False, True])).slices["absent"].tolist() == [False]


def test_the_longest_tenth_is_a_slice_where_lengths_are_known() -> None:
    """Of twenty prompts of different length the two longest are one; of equal length, or of nine, none is."""
    rows = [row(f"{i:02}", arm, 1, input_tokens=i) for i in range(20) for arm in (A, B)]
    (evidence,) = gather(rows).types
    assert np.flatnonzero(evidence.slices["longest tenth"]).tolist() == [18, 19]
    equal = [row(f"{i:02}", arm, 1, input_tokens=7) for i in range(20) for arm in (A, B)]
    assert gather(equal).types[0].slices == {}
    assert gather(rows[:18]).types[0].slices == {}
    assert gather(rows, slice_long=False).types[0].slices == {}


@given(st.integers(0, 5), st.floats(0.1, 0.9))
def test_a_row_never_changes_sides(seed: int, share: float) -> None:
    """The split parts all units, and adding rows moves none of the old ones across."""
    rows = [row(f"{i}", arm, 1) for i in range(40) for arm in (A, B)]
    (few,), (many,) = gather(rows[:40]).types, gather(rows).types
    few_choosing, few_fresh = split(few, seed, share)
    many_choosing, many_fresh = split(many, seed, share)
    assert set(few_choosing.units) | set(few_fresh.units) == set(few.units)
    assert set(few_choosing.units) <= set(many_choosing.units)
    assert set(few_fresh.units) <= set(many_fresh.units)


def test_types_are_apart() -> None:
    """Each task type has its own arrays, in order of name; one without any pair has none."""
    found = gather(
        [row("1", arm, 1, task_type=t) for t in ("z", "a") for arm in (A, B)]
        + [row("1", A, 1, task_type="b")]
    )
    assert [evidence.task_type for evidence in found.types] == ["a", "z"]


def test_scores_are_shares() -> None:
    """An outcome outside 0 to 1, or without a prompt, cannot be made."""
    for bad in ({"score": 1.5}, {"score": 0.5, "prompt": ""}):
        with pytest.raises(ValueError, match=r"score|prompt_id"):
            row(str(bad.get("prompt", "1")), A, float(str(bad["score"])))


def test_a_row_is_as_late_as_its_latest_sample() -> None:
    """Of several samples the longest time counts; an arm that was not timed has none."""
    one, other = Candidate("one"), Candidate("other")
    rows = [
        Outcome(prompt_id="p", task_type="t", candidate=arm, score=1.0, latency_ms=latency)
        for arm, latency in ((one, 300.0), (one, 900.0), (one, None), (other, None))
    ]
    (evidence,) = gather((row, None) for row in rows).types
    assert evidence.longest_ms(0).tolist() == [900.0]
    assert evidence.longest_ms(1).tolist() == []
    assert evidence.take(np.array([True])).longest_ms(0).tolist() == [900.0]
