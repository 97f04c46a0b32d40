"""Worked cases with known answers: what is built agrees with them, what is not is named."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from golden.adapter import QUANTITIES, answer

CASES = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))["cases"]
BUILT = set(QUANTITIES)


def agrees(expected: Any, found: Any, rel_tol: float, abs_tol: float) -> bool:  # noqa: ANN401 - JSON of any shape
    """Compare as the case states: every expected key, lists of the same length, numbers within tolerance."""
    if isinstance(expected, dict):
        return all(
            key in found and agrees(value, found[key], rel_tol, abs_tol) for key, value in expected.items()
        )
    if isinstance(expected, list):
        same_length = len(expected) == len(found)
        return same_length and all(
            agrees(e, f, rel_tol, abs_tol) for e, f in zip(expected, found, strict=True)
        )
    if isinstance(expected, bool | str) or expected is None:
        return bool(expected == found)
    return math.isclose(expected, found, rel_tol=rel_tol, abs_tol=abs_tol)


@pytest.mark.parametrize("case", [c for c in CASES if c["quantity"] in BUILT], ids=lambda case: case["id"])
def test_answers_agree_with_the_worked_case(case: dict[str, Any]) -> None:
    """Every quantity that is built gives the worked answer to the stated tolerance."""
    assert agrees(
        case["expected"], answer(case["quantity"], case["inputs"]), case["rel_tol"], case["abs_tol"]
    )


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["quantity"] not in BUILT], ids=lambda case: case["id"]
)
def test_what_is_not_built_says_so(case: dict[str, Any]) -> None:
    """A quantity that is not built is missing, not wrong."""
    with pytest.raises(NotImplementedError):
        answer(case["quantity"], case["inputs"])
