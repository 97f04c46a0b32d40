"""Verdicts."""

from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.verdict import Verdict, judge


def test_clears_fails_and_undecided() -> None:
    """Little loss clears, much fails, few pairs decide nothing."""
    assert judge(Pairs(10, 10, 2000), 0.02, alpha=0.05).verdict is Verdict.CLEARS
    assert judge(Pairs(0, 40, 200), 0.02, alpha=0.05).verdict is Verdict.FAILS
    assert judge(Pairs(1, 1, 40), 0.02, alpha=0.05).verdict is Verdict.UNDECIDED


def test_failing_may_have_a_level_of_its_own() -> None:
    """A stricter level for refuting turns FAILS into UNDECIDED."""
    assert judge(Pairs(0, 8, 100), 0.02, alpha=0.05).verdict is Verdict.FAILS
    assert judge(Pairs(0, 8, 100), 0.02, alpha=0.05, alpha_refute=1e-6).verdict is Verdict.UNDECIDED


def test_pairs_needed_for_a_verdict() -> None:
    """A test says how many pairs would clear; a loss beyond the margin has no such number."""
    undecided = judge(Pairs(1, 1, 40), 0.02, alpha=0.05)
    assert undecided.needed is not None
    assert undecided.needed > 40
    assert judge(Pairs(0, 2, 40), 0.02, alpha=0.05).needed is None


def test_no_pairs_are_undecided() -> None:
    """Without a pair the verdict is UNDECIDED and a number of pairs is still named."""
    finding = judge(Pairs(0, 0, 0), 0.02, alpha=0.05)
    assert finding.verdict is Verdict.UNDECIDED
    assert finding.needed is not None
    assert finding.bound == 1.0
