"""Counts of a field, and what is read from them."""

import math

from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.graders.field_count import FieldCount

COUNTS = st.builds(FieldCount, st.just("a"), *[st.integers(0, 9)] * 5)


def test_precision_recall_and_f1() -> None:
    """A wrong value costs both precision and recall, an invented one precision, a missing one recall."""
    count = FieldCount("a", right=6, wrong=1, missing=1, invented=2, absent=8)
    assert (count.n, count.precision, count.recall) == (18, 6 / 9, 6 / 8)
    assert count.f1 == 12 / 17
    assert count.invented_share == 0.2


def test_nothing_to_find_has_no_share() -> None:
    """Shares of nothing are not a number."""
    count = FieldCount("a")
    assert all(math.isnan(x) for x in (count.precision, count.recall, count.f1, count.invented_share))


@given(COUNTS, COUNTS)
def test_counts_add_up(one: FieldCount, other: FieldCount) -> None:
    """Adding commutes and loses nothing, and F1 is the harmonic mean of the two."""
    both = one + other
    assert both == other + one
    assert both.n == one.n + other.n
    if both.right:
        assert math.isclose(both.f1, 2 / (1 / both.precision + 1 / both.recall))
