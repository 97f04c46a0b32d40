"""Latency: order statistics that hold for times of any shape, and a bound that must be shown to be kept."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.optimize.document import Provenance, document
from modelmix.optimize.fit import Fit, Scene, fit
from modelmix.optimize.goal import Goal
from modelmix.optimize.latency import Latency, LatencyTest, NowAndThen
from modelmix.optimize.looks import Looks
from modelmix.optimize.why import why
from modelmix.policy.document import PolicyDocument
from modelmix.settings import load

BASE, CHEAP = Candidate("claude-opus-5-5"), Candidate("claude-haiku-5-5")


def made(n: int, now_ms: float, then_ms: float, *, seed: int = 0) -> TypeEvidence:
    """Draw a type on which the cheap candidate is as good; times are log-normal about their medians."""
    chance = np.random.default_rng([n, seed])
    score = np.ones((n, 2))
    score[chance.random(n) < 0.1] = 0.0
    cost = np.tile([1.0, 0.1], (n, 1))
    times = chance.lognormal(0.0, 0.5, (n, 2)) * np.array([now_ms, then_ms])
    units = tuple(f"u{i}" for i in range(n))
    return TypeEvidence("t", (BASE, CHEAP), units, score, cost, latency_ms=times)


def decided(rows: TypeEvidence, bound_ms: float | None, looks: Looks | None = None) -> Fit:
    """Fit with a bound."""
    goal = Goal(0.02, latency_ms=bound_ms)
    return fit((rows,), {"t": Scene(BASE, 100.0)}, goal, 1, {} if looks is None else {"t": looks})


def test_a_candidate_within_the_bound_moves() -> None:
    """What is well within the bound moves, with its times on the fresh rows."""
    (decision,) = decided(made(1500, 2000.0, 500.0), 4000.0).decisions
    assert decision.moved
    now, then = decision.latency.now, decision.latency.then
    assert now is not None
    assert then is not None
    assert then.p50_ms < then.p95_ms <= (then.p95_at_most_ms or 0.0) < now.p95_ms
    assert then.n < 1500


def test_a_candidate_that_may_be_late_stays_and_says_why() -> None:
    """One in ten beyond the bound keeps a type where it is; so does a candidate without times."""
    (late,) = decided(made(1500, 400.0, 2200.0), 4000.0).decisions
    assert late.move is not None
    assert (late.moved, late.move.why_not) == (False, "latency")
    assert "not shown to answer within the bound of latency" in why(late)
    untimed = replace(made(1500, 400.0, 500.0), latency_ms=np.full((1500, 2), np.nan))
    (unknown,) = decided(untimed, 4000.0).decisions
    assert unknown.move is not None
    assert unknown.move.why_not == "latency"
    assert unknown.latency == NowAndThen(None, None)
    assert decided(untimed, None).decisions[0].moved


def test_where_today_is_late_itself_a_faster_candidate_moves() -> None:
    """The bound is then today's own time, so that nothing is forbidden that would make it better."""
    assert decided(made(1500, 6000.0, 2500.0), 1000.0).decisions[0].moved
    assert not decided(made(1500, 6000.0, 7500.0), 1000.0).decisions[0].moved


def test_looks_share_the_level() -> None:
    """A bound that is tested at each of five looks is tested at a fifth of the level."""
    once, five = LatencyTest(1000.0, 2, 200, 1), LatencyTest(1000.0, 2, 200, 5)
    assert five.p_value == pytest.approx(5 * once.p_value)
    assert LatencyTest(1000.0, 200, 200, 5).p_value == 1.0
    assert LatencyTest(1000.0, 0, 0).p_value == 1.0
    rows = replace(made(1500, 2000.0, 500.0), look=tuple(int(i % 5 > 0) for i in range(1500)))
    assert decided(rows, 4000.0, Looks(CHEAP, 1200, 2, 1)).decisions[0].move is not None


def test_a_cluster_is_as_late_as_its_latest_answer() -> None:
    """Answers of one unit count once."""
    times = np.array([[1.0, 10.0], [2.0, 30.0], [np.nan, 5.0]])
    rows = TypeEvidence(
        "t", (BASE, CHEAP), ("a", "a", "b"), np.ones((3, 2)), np.ones((3, 2)), latency_ms=times
    )
    assert rows.longest_ms(1).tolist() == [30.0, 5.0]
    assert rows.longest_ms(0).tolist() == [2.0]
    assert NowAndThen.of(rows, BASE, Candidate("other")).then is None


@given(st.integers(1, 400), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_bound_is_an_answer_that_was_seen(n: int, seed: int) -> None:
    """It lies at or above the 95 % time, and needs 59 answers at least."""
    times = np.random.default_rng(seed).exponential(1000.0, n)
    found = Latency.of(times)
    assert found is not None
    assert found.n == n
    assert found.p50_ms <= found.p95_ms
    if n < 59:
        assert found.p95_at_most_ms is None
    else:
        assert found.p95_at_most_ms is not None
        assert found.p95_at_most_ms in times
        assert found.p95_at_most_ms >= found.p95_ms


def test_nothing_measured() -> None:
    """Without an answer there is nothing to say."""
    assert Latency.of(np.empty(0)) is None
    assert LatencyTest(1.0, 0, 63).p_value <= 0.04 < LatencyTest(1.0, 0, 62).p_value


def test_at_the_boundary_it_is_seldom_false() -> None:
    """Of candidates that are late in just 5 of 100 cases at most 4 of 100 are shown not to be."""
    chance = np.random.default_rng(2)
    late = chance.binomial(100, 0.05, 20000)
    shown = np.array([LatencyTest(1.0, int(k), 100).p_value <= 0.04 for k in range(101)])
    assert shown[late].mean() <= 0.04


def test_the_upper_bound_covers() -> None:
    """In 95 of 100 samples the bound lies above the true 95 % time."""
    chance = np.random.default_rng(4)
    truth = -math.log(0.05)
    found = [Latency.of(chance.exponential(1.0, 120)) for _ in range(1500)]
    share = np.mean([one is not None and (one.p95_at_most_ms or 0.0) >= truth for one in found])
    assert share >= 0.94


def test_the_document_states_what_was_measured() -> None:
    """Both sides stand in the file with their numbers; of a side that was not timed nothing does."""
    rows = made(1500, 2000.0, 500.0)
    found = written(decided(rows, 4000.0)).tasks["t"]
    assert found.bar is not None
    assert found.bar.latency_p95_ms == 4000
    assert found.evidence is not None
    assert found.evidence.latency is not None
    assert found.evidence.latency.candidate_answers == found.evidence.latency.baseline_answers > 1000
    half = replace(rows, latency_ms=np.where([True, False], rows.latency_ms, np.nan))
    evidence = written(decided(half, None)).tasks["t"].evidence
    assert evidence is not None
    assert evidence.latency is not None
    assert (evidence.latency.candidate_answers, evidence.latency.candidate_p95_ms) == (0, None)


def written(found: Fit) -> PolicyDocument:
    """Write what is decided."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    source = Provenance("p", 1, now, date(2026, 11, 23), "ab" * 32, {}, "b", {})
    return document(found, Goal(0.02, latency_ms=4000.0), source, load().capabilities())
