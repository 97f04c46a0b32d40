"""Latency in words, from what was measured and from what a policy states."""

import pytest

from modelmix.optimize.latency import Latency, NowAndThen
from modelmix.policy.evidence import Latency as Stated
from modelmix.report.latency import duration, latency_row, latency_words, stated_row
from report.upward import TIMES

NOW, THEN = Latency(2000.0, 4000.0, 4500.0, 300), Latency(700.0, 900.0, None, 40)


def test_both_sides_are_said_with_their_numbers() -> None:
    """Medians and 95 % times, each with how many answers; a bound only where there is one."""
    said = latency_words(NowAndThen(NOW, THEN))
    assert said == (
        "median 2.0 s now, 700 ms then; 95 of 100 within 4.0 s now (300 answers), "
        "within 900 ms then (40 answers)"
    )
    assert latency_words(NowAndThen(NOW, None)) == latency_words(NowAndThen(None, THEN)) == ""
    assert latency_row(None) is None
    assert latency_row(THEN) == {"p50_ms": 700.0, "p95_ms": 900.0, "p95_at_most_ms": None, "answers": 40}


def test_what_a_policy_states_is_said_the_same_way() -> None:
    """Its figures stand in the document with the sentence, which is empty where one side is missing."""
    row = stated_row(TIMES)
    assert row is not None
    assert row["said"].endswith("within 900 ms then, at most 1.1 s (290 answers)")
    assert row["candidate_answers"] == 290.0
    without = stated_row(TIMES.model_copy(update={"candidate_p95_at_most_ms": None}))
    assert without is not None
    assert "at most" not in without["said"]
    half = stated_row(Stated(candidate_p50_ms=1, candidate_p95_ms=2, candidate_answers=3))
    assert half is not None
    assert half["said"] == ""
    assert stated_row(None) is None


@pytest.mark.parametrize(("ms", "said"), [(0.4, "0 ms"), (999.0, "999 ms"), (61000.0, "61.0 s")])
def test_times_are_short(ms: float, said: str) -> None:
    """Milliseconds below a second."""
    assert duration(ms) == said
