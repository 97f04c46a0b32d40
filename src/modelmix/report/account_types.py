"""Task types on the report's page: the table, and for each type what was found and its worst examples."""

from collections.abc import Iterator
from html import escape
from typing import Any

from modelmix.report.money import count
from modelmix.report.plain import printable, printable_lines
from modelmix.report.sheet import Sheet, cell, row_head, table

_LONG_LINES, _LONG_CHARACTERS = 14, 900
"""Texts beyond either are folded."""

_WORDS = {
    "proven": "proven, moves",
    "refused": "refused",
    "undecided": "not proven",
    "unmeasured": "not measured",
}


def types_section(sheet: Sheet) -> str:
    """Lay out all types."""
    tasks = sheet.at("tasks")
    if not tasks:
        return "<h2>By task type</h2>\n<p>The policy has no task type.</p>\n"
    rows = [_line(sheet, i) for i in range(len(tasks))]
    headings = (
        "Task type", "Verdict", "Calls", "Today", "Saves", "At least", "Share", "Loss", "At most", "Margin",
        "Pairs",
    )  # fmt: skip
    caption = "amounts over the span of the traffic; of types that stay, Saves is declined or at stake"
    articles = "".join(_article(sheet, i) for i in range(len(tasks)))
    return f"<h2>By task type</h2>\n{table(caption, headings, rows)}{articles}"


def badge(task: dict[str, Any]) -> str:
    """Show how well a type's saving is founded."""
    return f'<span class="badge {task["standing"]}">{_WORDS[task["standing"]]}</span>'


def _line(sheet: Sheet, i: int) -> list[str]:
    at = f"tasks.{i}"
    task = sheet.at(at)
    return [
        row_head(f'<a href="#type-{i}">{sheet.text(f"{at}.task_type")}</a>'),
        cell(sheet.text(f"{at}.verdict")),
        cell(sheet.count(f"{at}.calls")),
        cell(sheet.usd(f"{at}.today_usd", some=bool(task["calls"]))),
        cell(sheet.usd(f"{at}.saving_usd")),
        cell(sheet.usd(f"{at}.saving_bound_usd")),
        cell(sheet.percent(f"{at}.saving_share")),
        cell(sheet.points(f"{at}.loss")),
        cell(sheet.points(f"{at}.bound", up=True)),
        cell(sheet.points(f"{at}.type_margin")),
        cell(sheet.count(f"{at}.pairs")),
    ]


def _article(sheet: Sheet, i: int) -> str:
    at = f"tasks.{i}"
    task = sheet.at(at)
    live = ' <span class="badge">live</span>' if task["is_live"] else ""
    parts = [
        f'<article id="type-{i}">\n<h3>{sheet.text(f"{at}.task_type")} {badge(task)}{live}</h3>\n',
        f"<p>{_way(sheet, at)}</p>\n",
        f'<p class="soft">{sheet.text(f"{at}.why")}</p>\n' if task["why"] else "",
        f"<p>{_break_even(sheet, at)}</p>\n" if task["candidate"] else "",
        _errors(sheet, at),
        _undecided(sheet, at),
        _declined(sheet, at),
        _traffic(sheet, at),
        _graders(sheet, at),
        _repeats(sheet, at),
        _findings(sheet, at),
        _slices(sheet, at),
        _examples(sheet, at),
        "</article>\n",
    ]
    return "".join(parts)


def _way(sheet: Sheet, at: str) -> str:
    task = sheet.at(at)
    baseline = f"<strong>{sheet.text(f'{at}.baseline')}</strong>"
    if task["is_moved"]:
        certified = "" if task["is_certified"] else ' <span class="bad">(no certificate carries it)</span>'
        return f"{baseline} → <strong>{sheet.text(f'{at}.route')}</strong>{certified}"
    tried = f"; tried: {sheet.text(f'{at}.candidate')}" if task["candidate"] else ""
    return f"stays on {baseline}{tried}"


def _break_even(sheet: Sheet, at: str) -> str:
    task = sheet.at(at)
    moves = "The move pays" if task["is_moved"] else "A move would pay"
    expected, sure = f"{at}.pays_while_error_below_usd", f"{at}.pays_for_sure_while_error_below_usd"
    if task["saving_usd"] is None or not task["calls"]:
        return "Whether a move pays cannot be said: it has no priced call here, or the candidate no price."
    if task["saving_usd"] <= 0:
        return "The candidate is not cheaper here: a move pays only if its answers are better."
    if sheet.at(expected) is not None:
        said = (
            f"{moves} only while a wrong answer costs less than <strong>{sheet.price(expected)}</strong> "
            f"(at the measured loss, {sheet.points(f'{at}.loss')})"
        )
    elif task["loss"] is None:
        return f"{moves} as long as its answers are as good: no loss is on record."
    else:
        said = f"{moves} whatever a wrong answer costs, at the measured loss ({sheet.points(f'{at}.loss')})"
    if sheet.at(sure) is not None:
        said += (
            f"; in the worst case ({sheet.points(f'{at}.bound', up=True)}) only below "
            f"<strong>{sheet.price(sure)}</strong>"
        )
    return f"{said}. {_said_cost(sheet, at)}"


def _said_cost(sheet: Sheet, at: str) -> str:
    task = sheet.at(at)
    if task["error_cost_usd"] is None:
        how = "<code>modelmix optimize --error-cost TYPE=USD</code>"
        return f"What a wrong answer costs here is not said ({how})."
    cost = f"A wrong answer costs {sheet.price(f'{at}.error_cost_usd')}: "
    if task["pays"] is False:
        return f'{cost}<span class="bad">it does not pay at the measured loss</span>.'
    if task["pays_for_sure"] is False:
        return f"{cost}it pays at the measured loss, and not in the worst case."
    return f"{cost}it pays, in the worst case too."


def _errors(sheet: Sheet, at: str) -> str:
    if sheet.at(f"{at}.errors_per_1000") is None:
        return ""
    before = sheet.plain(f"{at}.errors_per_1000.0", 3)
    return (
        f"<p>Errors per 1,000 answers: {before} on the baseline, "
        f"{sheet.plain(f'{at}.errors_per_1000.1', 3)} on the candidate.</p>\n"
    )


def _undecided(sheet: Sheet, at: str) -> str:
    if sheet.at(f"{at}.more_pairs") is None:
        return ""
    usd = f" for about {sheet.price(f'{at}.more_usd')}" if sheet.at(f"{at}.more_usd") is not None else ""
    return f"<p>About {sheet.counted(f'{at}.more_pairs', 'more pair')}{usd} would decide it.</p>\n"


def _declined(sheet: Sheet, at: str) -> str:
    """List the candidates that fail, beside the one that the sentences above are about."""
    lines = []
    for i, one in enumerate(sheet.at(f"{at}.declined")):
        if one["candidate"] == sheet.at(f"{at}.candidate"):
            continue
        here = f"{at}.declined.{i}"
        said = f"{sheet.text(f'{here}.candidate')}: loss {sheet.points(f'{here}.loss')}"
        if one["margin"] is not None:
            said += f" beyond the margin of {sheet.points(f'{here}.margin')}"
        said += f", {sheet.counted(f'{here}.pairs', 'pair')}"
        if one["saving_usd"] is not None:
            said += f"; {sheet.usd(f'{here}.saving_usd')} declined"
        if one["pays_while_error_below_usd"] is not None:
            below = sheet.price(f"{here}.pays_while_error_below_usd")
            said += f", which would pay only while a wrong answer costs less than {below}"
        lines.append(f"<li>{said}</li>\n")
    return f"<h4>Other candidates that fail</h4>\n<ul>\n{''.join(lines)}</ul>\n" if lines else ""


def _traffic(sheet: Sheet, at: str) -> str:
    task = sheet.at(at)
    said = []
    if task["estimated_calls"]:
        said.append(
            f"{sheet.counted(f'{at}.estimated_calls', 'call')} moved already, counted today at the mean cost "
            "of the baseline"
        )
    if task["explicit_calls"]:
        said.append(
            f"{sheet.counted(f'{at}.explicit_calls', 'call')} "
            f"({sheet.usd(f'{at}.explicit_usd', some=True)}) with an explicit choice of something else, "
            "not moved"
        )
    if task["unpriced_calls"]:
        said.append(f"{sheet.counted(f'{at}.unpriced_calls', 'call')} without a price, in no sum")
    return f'<p class="soft">{"; ".join(said)}.</p>\n' if said else ""


def _graders(sheet: Sheet, at: str) -> str:
    names = sheet.at(f"{at}.graders")
    if not names:
        return ""
    shown = ", ".join(sheet.text(f"{at}.graders.{i}") for i in range(len(names)))
    return f'<p class="soft">Graded by {shown}.</p>\n'


def _repeats(sheet: Sheet, at: str) -> str:
    if sheet.at(f"{at}.repeats") is None:
        return ""
    return (
        f"<p>The baseline against itself (A/A): loss {sheet.points(f'{at}.repeats.loss')}, at most "
        f"{sheet.points(f'{at}.repeats.bound', up=True)}, "
        f"{sheet.counted(f'{at}.repeats.pairs', 'prompt')} answered "
        "twice. A loss within that is no difference between models.</p>\n"
    )


def _findings(sheet: Sheet, at: str) -> str:
    found = sheet.at(f"{at}.findings")
    if not found:
        return ""
    return f"<h4>What goes wrong on the candidate</h4>\n<ul>\n{''.join(_finding_lines(sheet, at))}</ul>\n"


def _finding_lines(sheet: Sheet, at: str) -> Iterator[str]:
    for i, one in enumerate(sheet.at(f"{at}.findings")):
        here = f"{at}.findings.{i}"
        where = f" in the slice {sheet.text(f'{here}.slice')}" if one["slice"] else ""
        yield (
            f"<li>{sheet.text(f'{here}.what')}: <strong>{sheet.count(f'{here}.answers')} of "
            f"{sheet.counted(f'{here}.of', 'answer')}</strong>{where}; on the baseline "
            f"{sheet.count(f'{here}.baseline_answers')}</li>\n"
        )


def _slices(sheet: Sheet, at: str) -> str:
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
    caption = f"slices of {sheet.at(f'{at}.task_type')}: the candidate against the baseline, on all rows"
    return table(printable(caption), headings, rows)


def _examples(sheet: Sheet, at: str) -> str:
    examples = sheet.at(f"{at}.examples")
    if not examples:
        return ""
    title = f"The worst examples: {len(examples)} where the baseline is right and the candidate wrong"
    shown = "".join(_example(sheet, f"{at}.examples.{i}") for i in range(len(examples)))
    return f"<details>\n<summary>{title}</summary>\n{shown}</details>\n"


def _example(sheet: Sheet, at: str) -> str:
    one = sheet.at(at)
    where = f" · slice {sheet.text(f'{at}.slice')}" if one["slice"] else ""
    why = f'<p class="bad">{sheet.text(f"{at}.why")}</p>\n' if one["why"] else ""
    grader = f" · graded by {sheet.text(f'{at}.grader')}" if one["grader"] else ""
    right = f"{sheet.text(f'{at}.baseline')}, score {sheet.plain(f'{at}.baseline_score')}"
    wrong = f"{sheet.text(f'{at}.candidate')}, score {sheet.plain(f'{at}.candidate_score')}"
    return (
        f"<h4>{sheet.text(f'{at}.prompt_id')}{where}{grader}</h4>\n{why}"
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
