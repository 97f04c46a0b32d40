"""Charts: what Plotly is given is what Plotly knows, and what the account says."""

from typing import Any

import plotly.graph_objects as go

from modelmix.report.charts import picture, status, waterfall_chart


def plain(chart: Any) -> Any:  # noqa: ANN401 - parts of a chart
    """Replace the page's own colours by one that Plotly's checker knows."""
    if isinstance(chart, dict):
        return {key: plain(value) for key, value in chart.items()}
    if isinstance(chart, list):
        return [plain(value) for value in chart]
    return "#000" if isinstance(chart, str) and chart.startswith("var:") else chart


def test_charts_are_valid(full_document: dict[str, Any]) -> None:
    """Plotly's own checker accepts every property of both."""
    for chart in (waterfall_chart(full_document), picture(full_document)):
        figure = go.Figure(plain(chart))
        assert len(figure.data) == len(chart["data"])


def test_the_waterfall_draws_the_steps(full_document: dict[str, Any]) -> None:
    """Bars are the steps, savings downwards, and their texts the amounts."""
    (trace,) = waterfall_chart(full_document)["data"]
    steps = full_document["waterfall"]
    assert [abs(x) for x in trace["x"]] == [step["usd"] for step in steps]
    assert trace["measure"] == ["absolute", "relative", "total"]
    assert trace["text"][1] == f"\N{MINUS SIGN}${steps[1]['usd']:,.2f}"


def test_the_picture_has_every_priced_candidate(full_document: dict[str, Any]) -> None:
    """Each candidate is one point, and each baseline too; labels are text, not markup."""
    drawn = picture(full_document)["data"]
    candidates = sum(len(task["candidates"]) for task in full_document["tasks"])
    assert sum(len(trace["x"]) for trace in drawn) == candidates + len(full_document["tasks"])
    assert {trace["name"] for trace in drawn} == {
        "in the policy",
        "refused: FAILS",
        "undecided",
        "measured, not chosen",
        "today's baseline",
    }
    assert not any("<img" in said for trace in drawn for said in trace["text"])


def test_what_has_no_price_is_not_drawn() -> None:
    """A point needs both its coordinates."""
    one = {"candidate": "c", "usd_per_1000": None, "is_route": False, "verdict": None}
    task = {"task_type": "t", "baseline": "b", "baseline_usd_per_1000": None, "candidates": [one]}
    assert picture({"tasks": [task]})["data"] == []


def test_a_candidate_has_the_status_of_its_verdict() -> None:
    """Of a type that moved, what was not chosen is merely measured; else the verdict tells."""
    stays = {"candidate": "c", "verdict": "UNDECIDED", "is_moved": False}
    assert status(stays, {"is_route": True, "verdict": None, "candidate": "c"}) == "in the policy"
    assert status(stays, {"is_route": False, "verdict": "FAILS", "candidate": "x"}) == "refused"
    assert status(stays, {"is_route": False, "verdict": None, "candidate": "c"}) == "undecided"
    assert status(stays, {"is_route": False, "verdict": None, "candidate": "x"}) == "measured"
    moved = {"candidate": "c", "verdict": "CLEARS", "is_moved": True}
    assert status(moved, {"is_route": False, "verdict": "UNDECIDED", "candidate": "x"}) == "measured"
