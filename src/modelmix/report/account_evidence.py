"""Evidence on the report's page: what goes wrong on a candidate, in which slices, and what it looks like."""

from collections.abc import Iterator
from html import escape
from typing import Any

from modelmix.report.money import count
from modelmix.report.plain import printable, printable_lines
from modelmix.report.sheet import Sheet, cell, row_head, table

_LONG_LINES, _LONG_CHARACTERS = 14, 900
"""Texts beyond either are folded."""


def evidence(sheet: Sheet, at: str, *, task: str = "", unfolded: int = 0) -> str:
    """Lay out the findings, slices and examples of one candidate.

    Args:
        sheet: The document.
        at: Where they stand in it.
        task: Where their task type stands, if elsewhere.
        unfolded: How many examples are shown at once; the others are folded.
    """
    return _findings(sheet, at) + _slices(sheet, at, task or at) + _examples(sheet, at, unfolded)


def _findings(sheet: Sheet, at: str) -> str:
    if not sheet.at(f"{at}.findings"):
        return ""
    who = sheet.text(f"{at}.candidate")
    return f"<h5>What goes wrong on {who}</h5>\n<ul>\n{''.join(_finding_lines(sheet, at))}</ul>\n"


def _finding_lines(sheet: Sheet, at: str) -> Iterator[str]:
    for i, one in enumerate(sheet.at(f"{at}.findings")):
        here = f"{at}.findings.{i}"
        where = f" in the slice {sheet.text(f'{here}.slice')}" if one["slice"] else ""
        yield (
            f"<li>{sheet.text(f'{here}.what')}, <strong>{sheet.count(f'{here}.answers')} of "
            f"{sheet.counted(f'{here}.of', 'answer')}</strong>{where}; on the baseline "
            f"{sheet.count(f'{here}.baseline_answers')}</li>\n"
        )


def _slices(sheet: Sheet, at: str, task: str) -> str:
    slices = sheet.at(f"{at}.slices")
    if not slices:
        return ""
    rows = [
        (
            row_head(sheet.text(f"{here}.slice")),
            cell(sheet.count(f"{here}.pairs")),
            cell(sheet.count(f"{here}.losses")),
            cell(sheet.count(f"{here}.gains")),
            cell(sheet.points(f"{here}.loss")),
            cell(sheet.points(f"{here}.bound", up=True)),
        )
        for here in (f"{at}.slices.{i}" for i in range(len(slices)))
    ]
    headings = ("Slice", "Pairs", "Worse", "Better", "Loss", "At most")
    who = f"{slices[0]['candidate']} against the baseline, on all rows"
    return table(printable(f"slices of {sheet.at(f'{task}.task_type')}: {who}"), headings, rows)


def _examples(sheet: Sheet, at: str, unfolded: int) -> str:
    shown = [_example(sheet, f"{at}.examples.{i}") for i in range(len(sheet.at(f"{at}.examples")))]
    if not shown:
        return ""
    first, rest = shown[:unfolded], shown[unfolded:]
    title = f"The worst examples: {len(shown)} where the baseline is right and the candidate wrong"
    head = f"<h5>{title}</h5>\n{''.join(first)}" if first else ""
    if not rest:
        return head
    summary = f"{len(rest)} more of them" if first else title
    return f"{head}<details>\n<summary>{summary}</summary>\n{''.join(rest)}</details>\n"


def _example(sheet: Sheet, at: str) -> str:
    one = sheet.at(at)
    where = f" · slice {sheet.text(f'{at}.slice')}" if one["slice"] else ""
    why = f'<p class="bad">{sheet.text(f"{at}.why")}</p>\n' if one["why"] else ""
    grader = f" · graded by {sheet.text(f'{at}.grader')}" if one["grader"] else ""
    right = f"{sheet.text(f'{at}.baseline')}, score {sheet.plain(f'{at}.baseline_score')}"
    wrong = f"{sheet.text(f'{at}.candidate')}, score {sheet.plain(f'{at}.candidate_score')}"
    return (
        f"<h6>{sheet.text(f'{at}.prompt_id')}{where}{grader}</h6>\n{why}"
        f"{_folded('prompt', one['prompt'])}"
        f'<div class="sides">\n{_side("Expected", one["expected"])}'
        f"{_side(right, one['baseline_answer'], 'right')}"
        f"{_side(wrong, one['candidate_answer'], 'wrong')}</div>\n"
    )


def _side(title: str, text: dict[str, Any] | None, kind: str = "") -> str:
    if text is None and not kind:
        return ""
    body = '<p class="soft">not captured</p>' if text is None else _text(text)
    return f'<div class="side {kind}">\n<div class="title">{title}</div>\n{body}\n</div>\n'


def _folded(title: str, text: dict[str, Any] | None) -> str:
    if text is None:
        return ""
    size = len(text["text"]) + text["cut_characters"]
    return f"<details>\n<summary>{title} ({count(size)} characters)</summary>\n{_pre(text)}</details>\n"


def _text(text: dict[str, Any]) -> str:
    shown = text["text"]
    if shown.count("\n") < _LONG_LINES and len(shown) <= _LONG_CHARACTERS:
        return _pre(text)
    size = len(shown) + text["cut_characters"]
    return f"<details>\n<summary>{count(size)} characters</summary>\n{_pre(text)}</details>"


def _pre(text: dict[str, Any]) -> str:
    cut = text["cut_characters"]
    more = f'<p class="soft">… and {count(cut)} more characters</p>\n' if cut else ""
    return f'<pre dir="auto">{escape(printable_lines(text["text"]))}</pre>\n{more}'
