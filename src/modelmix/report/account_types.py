"""Task types on the report's page: the table, and for each type what was found of it and what is declined."""

from typing import Any

from modelmix.report.accepted import accepted_paragraph
from modelmix.report.account_evidence import evidence
from modelmix.report.account_refusal import is_refusal, refusal
from modelmix.report.account_whole import last_turns
from modelmix.report.break_even import break_even
from modelmix.report.sheet import NONE, Sheet, cell, row_head, table

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
        "Task type", "Verdict", "Calls", "Today", "Saves", "At least", "Declined", "Share", "Loss", "At most",
        "Margin", "Pairs",
    )  # fmt: skip
    caption = (
        "amounts over the span of the traffic; of types that stay, Saves is at stake; Declined is what a "
        "candidate that fails would save beyond it"
    )
    articles = "".join(_article(sheet, i) for i in range(len(tasks)))
    return f"<h2>By task type</h2>\n{table(caption, headings, rows)}{articles}"


def badge(task: dict[str, Any]) -> str:
    """Show how well a type's saving is founded."""
    return f'<span class="badge {task["standing"]}">{_WORDS[task["standing"]]}</span>'


def _line(sheet: Sheet, i: int) -> list[str]:
    at = f"tasks.{i}"
    task = sheet.at(at)
    refused = task["standing"] == "refused"
    return [
        row_head(f'<a href="#type-{i}">{sheet.text(f"{at}.task_type")}</a>'),
        cell(sheet.text(f"{at}.verdict")),
        cell(sheet.count(f"{at}.calls")),
        cell(sheet.usd(f"{at}.today_usd", some=bool(task["calls"]))),
        cell(NONE if refused else sheet.usd(f"{at}.saving_usd")),
        cell(NONE if refused else sheet.usd(f"{at}.saving_bound_usd")),
        cell(NONE if task["refusal"] is None else sheet.usd(f"{at}.refusal.beyond_usd")),
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
        "" if is_refusal(task) or not task["candidate"] else _pays(sheet, at),
        _errors(sheet, at),
        _latency(sheet, at),
        _undecided(sheet, at),
        _traffic(sheet, at),
        _graders(sheet, at),
        _repeats(sheet, at),
        last_turns(sheet, at),
        evidence(sheet, at),
        refusal(sheet, at),
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


def _pays(sheet: Sheet, at: str) -> str:
    return f"<p>{break_even(sheet, at)}</p>\n{accepted_paragraph(sheet, at)}"


def _errors(sheet: Sheet, at: str) -> str:
    if sheet.at(f"{at}.errors_per_1000") is None:
        return ""
    before = sheet.plain(f"{at}.errors_per_1000.0", 3)
    return (
        f"<p>Errors per 1,000 answers: {before} on the baseline, "
        f"{sheet.plain(f'{at}.errors_per_1000.1', 3)} on the candidate.</p>\n"
    )


def _latency(sheet: Sheet, at: str) -> str:
    found = sheet.at(f"{at}.latency")
    if found is None or not found["said"]:
        return ""
    return f"<p>Time to the last byte: {sheet.text(f'{at}.latency.said')}.</p>\n"


def _undecided(sheet: Sheet, at: str) -> str:
    if sheet.at(f"{at}.more_pairs") is None:
        return ""
    usd = f" for about {sheet.price(f'{at}.more_usd')}" if sheet.at(f"{at}.more_usd") is not None else ""
    return f"<p>About {sheet.counted(f'{at}.more_pairs', 'more pair')}{usd} would decide it.</p>\n"


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
        f"<p>The baseline against itself (A/A): {sheet.counted(f'{at}.repeats.pairs', 'prompt')} answered "
        f"twice, loss {sheet.points(f'{at}.repeats.loss')}, at most "
        f"{sheet.points(f'{at}.repeats.bound', up=True)}. That much differs without a change of model.</p>\n"
    )
