"""Charts: figures of an account as Plotly data, drawn by the page itself; each has a table beside it.

Colours are names of the page's own variables, so that a chart follows its light and dark dress.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from modelmix.report.plain import printable

COLOUR = "var:"
"""What a colour begins with that is a variable of the page."""

TYPES_DRAWN = 40
_LABEL_WIDTH = 22
_MINUS = "\N{MINUS SIGN}"
_STEP_HEIGHT_PX, _AXIS_HEIGHT_PX = 34, 70
_PICTURE_HEIGHT_PX = 430
_DRESS: Mapping[str, tuple[str, str, str, int]] = {
    "in the policy": ("star", "var:--good", "in the policy", 15),
    "refused": ("x", "var:--bad", "refused: FAILS", 9),
    "undecided": ("diamond-open", "var:--stake", "undecided", 10),
    "measured": ("circle-open", "var:--soft", "measured, not chosen", 8),
    "baseline": ("square-open", "var:--ink", "today's baseline", 9),
}


def waterfall_chart(document: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the steps from today's bill to the bill after."""
    steps = document["waterfall"]
    decimals = document["usd_decimals"]
    signed = [step["usd"] if step["kind"] == "total" else -step["usd"] for step in steps]
    return {
        "data": [
            {
                "type": "waterfall",
                "orientation": "h",
                "y": list(range(len(steps))),
                "x": signed,
                "measure": ["absolute", *("relative" for _ in steps[1:-1]), "total"],
                "text": [f"{_MINUS if usd < 0 else ''}${abs(usd):,.{decimals}f}" for usd in signed],
                "textposition": "auto",
                "hoverinfo": "text",
                "connector": {"line": {"color": "var:--line", "width": 1}},
                "decreasing": {"marker": {"color": "var:--good"}},
                "increasing": {"marker": {"color": "var:--bad"}},
                "totals": {"marker": {"color": "var:--bar"}},
            }
        ],
        "layout": {
            "height": _AXIS_HEIGHT_PX + _STEP_HEIGHT_PX * len(steps),
            "margin": {"l": 10, "r": 20, "t": 10, "b": 40},
            "showlegend": False,
            "xaxis": {"tickprefix": "$", "rangemode": "tozero", "fixedrange": True, "nticks": 6},
            "yaxis": {
                "autorange": "reversed",
                "automargin": True,
                "fixedrange": True,
                "tickvals": list(range(len(steps))),
                "ticktext": [_label(step["name"]) for step in steps],
            },
        },
    }


def picture(document: Mapping[str, Any]) -> dict[str, Any]:
    """Draw every candidate measured: cost per thousand calls against the bound of its loss."""
    points: dict[str, list[tuple[float, float, str]]] = {name: [] for name in _DRESS}
    for task in document["tasks"][:TYPES_DRAWN]:
        if task["baseline_usd_per_1000"] is not None and task["candidates"]:
            said = f"{_label(task['task_type'])}<br>{escape(task['baseline'])}, today"
            points["baseline"].append((task["baseline_usd_per_1000"], 0.0, said))
        for one in task["candidates"]:
            if one["usd_per_1000"] is not None:
                said = (
                    f"{_label(task['task_type'])}<br>{escape(one['candidate'])}<br>"
                    f"${one['usd_per_1000']:,.2f} per 1,000 calls<br>"
                    f"loss {one['loss'] * 100:.1f} pp, at most {one['bound'] * 100:.1f} pp<br>"
                    f"{one['pairs']:,.0f} pairs"
                )
                points[status(task, one)].append((one["usd_per_1000"], one["bound"] * 100, said))
    return {
        "data": [_trace(name, found) for name, found in points.items() if found],
        "layout": {
            "height": _PICTURE_HEIGHT_PX,
            "margin": {"l": 55, "r": 15, "t": 10, "b": 50},
            "legend": {"orientation": "h", "y": -0.22, "x": 0},
            "hovermode": "closest",
            "xaxis": {"title": {"text": "USD per 1,000 calls"}, "type": "log", "dtick": 1, "tickprefix": "$"},
            "yaxis": {"title": {"text": "loss at most, points"}, "zeroline": True, "ticksuffix": ""},
        },
    }


def status(task: Mapping[str, Any], candidate: Mapping[str, Any]) -> str:
    """Say what became of a candidate: ``in the policy``, ``refused``, ``undecided`` or ``measured``."""
    if candidate["is_route"]:
        return "in the policy"
    verdict = candidate["verdict"]
    if verdict is None and candidate["candidate"] == task["candidate"]:
        verdict = task["verdict"]
    if verdict == "FAILS":
        return "refused"
    return "undecided" if verdict == "UNDECIDED" and not task["is_moved"] else "measured"


def _trace(name: str, found: list[tuple[float, float, str]]) -> dict[str, Any]:
    symbol, colour, title, size = _DRESS[name]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": title,
        "x": [x for x, _, _ in found],
        "y": [y for _, y, _ in found],
        "text": [said for _, _, said in found],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"width": 2, "color": colour}},
    }


def _label(name: str) -> str:
    return escape(printable(name, _LABEL_WIDTH))
