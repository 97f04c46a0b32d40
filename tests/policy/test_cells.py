"""Cells of the policy file: exact, rounded to the safe side, refused with a reason."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from modelmix.core.candidate import Candidate, Effort
from modelmix.policy import cells
from modelmix.policy.document import Sha256
from modelmix.policy.evidence import Chosen, ErrorsBeforeAfter, VerdictName


def cell(kind: Any, value: object) -> Any:  # noqa: ANN401 - a cell of any kind
    """Read one value as one kind of cell."""
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (cells.Margin, "2pp", "0.02"),
        (cells.Margin, 0.02, "0.02"),
        (cells.Margin, Decimal("0.0200"), "0.02"),
        (cells.Bound, 0.0123451, "0.012346"),
        (cells.Bound, -0.0123459, "-0.012345"),
        (cells.SavingBound, 0.9199999, "0.919999"),
        (cells.Saving, -3, "-3"),
        (cells.Loss, 0.00000049, "0"),
        (cells.Loss, np.float64(0.004), "0.004"),
        (cells.PerThousand, 31.25, "31.25"),
        (cells.Usd, 1310, "1310"),
        (cells.UsdChange, Decimal("-9.40"), "-9.4"),
    ],
)
def test_numbers_are_plain_and_rounded_to_the_safe_side(kind: object, value: object, expected: str) -> None:
    """A bound is rounded up, a saving's bound down, a margin not at all."""
    assert expected == str(cell(kind, value))


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (cells.Margin, 2, "above 0 and at most at 1"),
        (cells.Margin, 0, "above 0"),
        (cells.Margin, "two", "is not a share"),
        (cells.Loss, "0.1", "must be a number"),
        (cells.Loss, True, "must be a number"),
        (cells.Loss, float("nan"), "must be a number below"),
        (cells.Loss, 1.5, "between -1 and 1"),
        (cells.Usd, 1e300, "must be a number below"),
        (cells.Usd, -1, "between 0 and"),
        (cells.Text, 7, "write it in quotes"),
        (cells.Text, "  ", "between 1 and 2,000 characters"),
        (cells.Text, "x" * 2001, "between 1 and 2,000 characters"),
        (cells.Text, "a\nb", "cannot be printed"),
        (cells.Day, "23.11.2026", "must be a day"),
        (cells.Day, datetime(2026, 11, 23, tzinfo=UTC), "must be a day"),
        (cells.Day, "2026-02-30", "day is out of range"),
        (cells.Instant, "2026-11-23", "must be an instant"),
        (cells.Instant, datetime(2026, 11, 23), "must be an instant"),  # noqa: DTZ001 - that is the point
        (cells.Instant, "0001-01-01T00:00:00+10:00", "outside the calendar"),
        (cells.Instant, "2026-13-01T00:00:00Z", "month must be in"),
        (Sha256, "5F" * 32, "64 hexadecimal digits"),
        (Sha256, 5, "64 hexadecimal digits"),
        (VerdictName, "clears", "'CLEARS', 'FAILS' or 'UNDECIDED'"),
        (ErrorsBeforeAfter, [1, 2, 3], "at most 2 items"),
        (Chosen, "claude-haiku-5-5", "must be a mapping such as"),
        (Chosen, {"model": "a b"}, "is not a model ID"),
        (Chosen, {"model": "a", "effort": "most"}, "is not an effort"),
        (Chosen, {"model": "a", "effort": 3}, "is not an effort"),
    ],
)
def test_wrong_values_are_refused_with_a_reason(kind: object, value: object, why: str) -> None:
    """The sentence says what a cell must be."""
    with pytest.raises(ValidationError, match=why):
        cell(kind, value)


def test_days_and_instants_are_utc() -> None:
    """An instant of any zone is one instant, to the second."""
    expected = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert expected == cell(cells.Instant, "2026-11-23T11:00:00.5+01:00")
    assert expected == cell(cells.Instant, datetime(2026, 11, 23, 11, tzinfo=timezone(timedelta(hours=1))))
    assert date(2026, 11, 23) == cell(cells.Day, "2026-11-23") == cell(cells.Day, date(2026, 11, 23))


def test_candidates_are_read_from_keys_or_taken_as_they_are() -> None:
    """A mapping and the noun are one; the context suffix falls away, and null is no effort."""
    haiku = Candidate("claude-haiku-5-5", Effort.LOW)
    assert haiku == cell(Chosen, {"model": "claude-haiku-5-5[1m]", "effort": "low"}) == cell(Chosen, haiku)
    assert Candidate("claude-haiku-5-5") == cell(Chosen, {"model": "claude-haiku-5-5", "effort": None})
    assert TypeAdapter(Chosen).dump_python(haiku) == {"model": "claude-haiku-5-5", "effort": "low"}
