"""Durations, as options say them."""

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from modelmix.cli.durations import durations_of


def test_all_types_and_single_ones() -> None:
    """A time alone is for all, the last one counts, and a type may hold an equals sign."""
    said = ["2s", "4s", "triage=800ms", "a=b=1.5m"]
    assert durations_of(said, "--latency-p95") == (4000.0, {"triage": 800.0, "a=b": 90_000.0})
    assert durations_of((), "--latency-p95") == (None, {})


@pytest.mark.parametrize("text", ["4", "s", "0s", "-1s", "61m", "4 h", "1e3ms", "triage=", "nans", "٤s"])
def test_what_is_no_time_is_told(text: str) -> None:
    """The sentence names the text and an example."""
    with pytest.raises(typer.BadParameter, match="write 4s, 800ms or TYPE=4s"):
        durations_of([text], "--latency-p95")


@given(st.text(max_size=20))
def test_any_text_is_read_or_told(text: str) -> None:
    """Nothing else is raised."""
    try:
        common, named = durations_of([text], "--latency-p95")
    except typer.BadParameter:
        return
    assert all(1.0 <= one <= 3_600_000.0 for one in ([common] if common else [*named.values()]))
