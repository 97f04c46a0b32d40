"""Whole tasks on the report's page: what a solved one costs on each candidate, failed runs included."""

from modelmix.core.level import LAST_TURNS
from modelmix.report.sheet import NONE, Sheet, cell, row_head, table

ROWS_SHOWN = 200
"""Longest table; the JSON has all rows."""


def whole_section(sheet: Sheet) -> str:
    """Lay out whole tasks; nothing where the evidence has none."""
    types = sheet.at("whole_tasks")
    pairs = [(i, j) for i, one in enumerate(types) for j in range(len(one["candidates"]))]
    if not pairs:
        return ""
    headings = (
        "Task type", "Candidate", "Tasks", "Runs", "Solved", "A run", "A solved task", "95 %", "Saves on one",
        "Interval", "Cheaper on",
    )  # fmt: skip
    said = "".join(
        f"<li>{sheet.text(f'whole_findings.{i}')}.</li>\n" for i in range(len(sheet.at("whole_findings")))
    )
    caption = "USD; all calls of every run count, those of failed runs too; savings against the baseline"
    rows = [_row(sheet, i, j) for i, j in pairs[:ROWS_SHOWN]]
    return (
        "<h2>Whole tasks</h2>\n<p>What a solved task costs: all runs over the tasks that they solved.</p>\n"
        f"{f'<ul>{said}</ul>' if said else ''}{table(caption, headings, rows)}"
    )


def last_turns(sheet: Sheet, at: str) -> str:
    """Say of a type whose evidence is of last turns that it is no agent's success rate."""
    if sheet.at(f"{at}.unit") != "turn":
        return ""
    return f"<p>Its pairs are {LAST_TURNS}: how often an agent solves its tasks is not shown.</p>\n"


def _row(sheet: Sheet, i: int, j: int) -> list[str]:
    at = f"whole_tasks.{i}.candidates.{j}"
    one = sheet.at(at)
    name = "all types together" if sheet.at(f"whole_tasks.{i}.task_type") is None else ""
    return [
        row_head(name or sheet.text(f"whole_tasks.{i}.task_type")),
        cell(sheet.text(f"{at}.candidate"), "text"),
        cell(sheet.count(f"{at}.tasks")),
        cell(sheet.count(f"{at}.runs")),
        cell(sheet.percent(f"{at}.solved_share")),
        cell(sheet.price(f"{at}.usd_per_run")),
        cell(NONE if one["usd_per_solved_task"] is None else sheet.price(f"{at}.usd_per_solved_task.value")),
        cell(_range(sheet, f"{at}.usd_per_solved_task")),
        *_against(sheet, f"{at}.against_baseline"),
    ]


def _against(sheet: Sheet, at: str) -> list[str]:
    if sheet.at(at) is None:
        return [cell(NONE)] * 3
    saving = f"{at}.saving_usd_per_solved_task"
    return [
        cell(NONE if sheet.at(saving) is None else sheet.price(f"{saving}.value")),
        cell(_range(sheet, saving)),
        cell(sheet.percent(f"{at}.cheaper_on_share")),
    ]


def _range(sheet: Sheet, at: str) -> str:
    found = sheet.at(at)
    if found is None or found["low"] is None:
        return NONE
    low = sheet.price(f"{at}.low")
    return f"{low} or more" if found["high"] is None else f"{low} to {sheet.price(f'{at}.high')}"
