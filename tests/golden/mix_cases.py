"""Answers the worked cases on mixes of models over task types."""

from collections.abc import Mapping
from typing import Any

from modelmix.optimize.mix import Mix, MixType, Option, cheapest

Inputs = Mapping[str, Any]


def _mix(inputs: Inputs, *, whole: bool) -> Mix:
    types = [
        MixType(
            name=str(row),
            calls=calls,
            options=tuple(
                Option(str(at), c, q) for at, (c, q) in enumerate(zip(costs, qualities, strict=True))
            ),
        )
        for row, (calls, costs, qualities) in enumerate(
            zip(inputs["N"], inputs["c"], inputs["q"], strict=True)
        )
    ]
    found = cheapest(types, inputs["target"], whole=whole)
    assert isinstance(found, Mix)
    return found


def mix_lp(inputs: Inputs) -> object:
    """Split traffic at the least cost for an average quality, and price the last point of it."""
    found = _mix(inputs, whole=False)
    return {
        "cost": found.cost_usd,
        "x": [list(row) for row in found.shares],
        "usd_per_extra_correct": found.usd_per_right_answer,
        "usd_per_quality_point": found.usd_per_point,
    }


def mix_milp(inputs: Inputs) -> object:
    """Send whole types at the least cost for an average quality."""
    found = _mix(inputs, whole=True)
    return {"cost": found.cost_usd, "pick": list(found.picks), "quality": found.quality}
