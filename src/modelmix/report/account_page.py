"""The report's page: an account as one HTML file that needs nothing else and asks no one for anything.

The page is drawn from the JSON document alone. All text is escaped; the only scripts that run are the two
whose hashes its own policy names, and they may reach no network.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from typing import Any

from modelmix.report.account_foot import (
    attempts_section,
    picture_section,
    proof_words,
    provenance_section,
    realised_section,
)
from modelmix.report.account_types import types_section
from modelmix.report.account_whole import whole_section
from modelmix.report.charts import picture, waterfall_chart
from modelmix.report.dress import SCRIPT, STYLE
from modelmix.report.plain import printable
from modelmix.report.sheet import Sheet, cell, row_head, table

_TITLES = {
    "today": "Today",
    "proven": "Proven",
    "refused": "Refused",
    "undecided": "At stake, not proven",
    "cash": "Cash after your commit",
    "sign_for": "Sign for",
}


def account_page(document: Mapping[str, Any], plotly: str) -> str:
    """Lay an account out as a complete HTML document.

    Args:
        document: The account, of schema ``modelmix.report/1``.
        plotly: Source of Plotly's JavaScript, as its package has it; empty for a page without charts.
    """
    sheet = Sheet(document)
    charts = _charts(document) if plotly else {}
    scripts = (plotly, SCRIPT) if plotly else ()
    body = "".join(
        (
            _head(sheet),
            _receipt(sheet),
            _before_and_after(sheet),
            _waterfall(sheet),
            types_section(sheet),
            whole_section(sheet),
            picture_section(sheet),
            realised_section(sheet),
            attempts_section(sheet),
            provenance_section(sheet),
        )
    )
    data = "".join(_data(name, chart) for name, chart in charts.items())
    run = "".join(f"<script>{script}</script>\n" for script in scripts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>modelmix report: {escape(printable(document['policy']['name']))}</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n{data}{run}</body>\n</html>\n"
    )


def _policy(scripts: tuple[str, ...]) -> str:
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "connect-src 'none'; "
        "base-uri 'none'; form-action 'none'"
    )


def _sha256(script: str) -> str:
    # The parser of HTML reads every line end as a line feed, and hashes what it has read.
    read = script.replace("\r\n", "\n").replace("\r", "\n")
    return base64.b64encode(hashlib.sha256(read.encode()).digest()).decode()


def _charts(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    charts = {"chart-waterfall": waterfall_chart(document)}
    if any(task["candidates"] for task in document["tasks"]):
        charts["chart-picture"] = picture(document)
    return charts


def _data(name: str, chart: dict[str, Any]) -> str:
    # With every < escaped, no text within can end the element.
    text = json.dumps(chart, ensure_ascii=True).replace("<", "\\u003c")
    return f'<script type="application/json" data-chart="{name}">{text}</script>\n'


def _head(sheet: Sheet) -> str:
    notes = "".join(
        f'<p class="note">{sheet.text(f"notes.{i}")}.</p>\n' for i in range(len(sheet.at("notes")))
    )
    return (
        f"<h1>What policy {sheet.text('policy.name')} saves, and how we know</h1>\n"
        f'<p class="soft">version {sheet.count("policy.version")} · '
        f"{sheet.counted('receipt.today.calls', 'call')}, "
        f"{sheet.day('span.since')} to {sheet.day('span.until')} ({sheet.plain('span.days', 3)} days) · "
        "list prices of "
        f"{sheet.text('provenance.prices_as_of')}</p>\n{notes}"
    )


def _receipt(sheet: Sheet) -> str:
    rows = [
        _money_row(sheet, "today", _today_words(sheet)),
        _money_row(sheet, "proven", _proven_words(sheet)),
        _money_row(sheet, "refused", _refused_words(sheet)),
        _money_row(sheet, "undecided", _undecided_words(sheet)),
        _commit_row(sheet, "cash"),
        _commit_row(sheet, "sign_for"),
    ]
    headings = ("", "In this span", "In 30 days", "At least, in 30 days", "Rests on", "Basis")
    body = "".join(f'<tr class="{kind}">{"".join(cells)}</tr>\n' for kind, cells in rows)
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    proof = f'<p class="soft">Proof cost {proof_words(sheet)}.</p>\n' if sheet.at("proof.calls") else ""
    return (
        f'<table class="receipt">\n<caption>The receipt: list prices in USD</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n{proof}"
    )


def _title(key: str, words: str) -> str:
    return row_head(f'<span class="what">{_TITLES[key]}</span><span class="more">{words}</span>')


def _money_row(sheet: Sheet, key: str, words: str) -> tuple[str, list[str]]:
    at = f"receipt.{key}"
    line = sheet.at(at)
    has_bound = "month_bound_usd" in line
    rests = f'<span class="held">{sheet.counted(f"{at}.calls", "call")}</span>'
    if has_bound:
        rests += f', <span class="held">{sheet.counted(f"{at}.pairs", "pair")}</span>'
    bound = _bound_cell(sheet, at) if has_bound else cell("", "absent")
    minus = key == "proven"
    return key, [
        _title(key, words),
        cell(sheet.usd(f"{at}.usd", minus=minus), "usd"),
        cell(sheet.usd(f"{at}.month_usd", minus=minus), "nowrap", "In 30 days"),
        bound,
        cell(rests, "", "Rests on"),
        cell(sheet.text(f"{at}.basis"), "", "Basis"),
    ]


def _bound_cell(sheet: Sheet, at: str) -> str:
    if sheet.at(f"{at}.month_usd") is None:
        return cell(f"{sheet.usd(f'{at}.bound_usd')} in this span", "nowrap", "At least")
    return cell(sheet.usd(f"{at}.month_bound_usd"), "nowrap", "At least, in 30 days")


def _today_words(sheet: Sheet) -> str:
    words = "what this traffic costs without the policy"
    if sheet.at("receipt.today.estimated_calls"):
        words += (
            f"; {sheet.counted('receipt.today.estimated_calls', 'call')} moved already, at the mean cost of "
            "what was asked for"
        )
    if sheet.at("receipt.today.unpriced_calls"):
        words += f"; {sheet.counted('receipt.today.unpriced_calls', 'call')} without a price not in it"
    return words


def _proven_words(sheet: Sheet) -> str:
    at = "receipt.proven"
    if not sheet.at(f"{at}.types"):
        return "no move is certified: nothing of the bill is proven to be avoidable"
    return (
        f"{sheet.counted(f'{at}.types', 'certified move')}, {sheet.percent(f'{at}.share')} of it: "
        f"{sheet.usd('receipt.after.usd')} is left"
    )


def _refused_words(sheet: Sheet) -> str:
    if not sheet.at("receipt.refused.types"):
        return "no candidate fails its bar"
    failing = sheet.counted("receipt.refused.types", "task type")
    return f"cheaper candidates would save this much beyond the above, and fail their bar: {failing}"


def _undecided_words(sheet: Sheet) -> str:
    if not sheet.at("receipt.undecided.types"):
        return "nothing is left open"
    words = f"{sheet.counted('receipt.undecided.types', 'type')}: up to this much, of which nothing is proven"
    if sheet.at("receipt.undecided.more_usd") is not None:
        words += f"; proof costs about {sheet.price('receipt.undecided.more_usd')}"
    return words


def _commit_row(sheet: Sheet, key: str) -> tuple[str, list[str]]:
    at = f"receipt.{key}"
    line = sheet.at(at)
    absent = cell("", "absent")
    if line["usd"] is None:
        how = f"not known without your contract: <code>{sheet.text(f'{at}.how')}</code>"
        shown = cell(sheet.price(f"{at}.usd"), "usd")
        return "unknown", [
            _title(key, how),
            shown,
            absent,
            absent,
            absent,
            cell(sheet.text(f"{at}.basis"), "", "Basis"),
        ]
    words = sheet.text(f"{at}.why")
    if line.get("headroom_usd"):
        words += f"; {sheet.dollars(f'{at}.headroom_usd')} more only frees room under what is signed"
    low, high = sheet.dollars(f"{at}.low_usd"), sheet.dollars(f"{at}.high_usd")
    interval = f'<span class="held">{low} to</span> <span class="held">{high}</span>'
    term = f'<span class="more">in {sheet.count(f"{at}.term_days")} days</span>'
    return key, [
        _title(key, words),
        cell(sheet.dollars(f"{at}.usd") + term, "usd"),
        absent,
        cell(interval, "", "Interval"),
        absent,
        cell(sheet.text(f"{at}.basis"), "", "Basis"),
    ]


def _before_and_after(sheet: Sheet) -> str:
    today, after = sheet.at("receipt.today.usd"), sheet.at("receipt.after.usd")
    part = 100.0 * max(0.0, min(1.0, after / today)) if today else 0.0
    saved = f'<span class="fill saved" style="width:{100.0 - part:.2f}%"></span>' if today else ""
    return (
        "<h2>Spend before and after</h2>\n"
        '<div class="bar"><span>today</span><span class="track" aria-hidden="true">'
        '<span class="fill" '
        f'style="width:100%"></span></span><span>{sheet.usd("receipt.today.usd")}</span></div>\n'
        '<div class="bar"><span>after</span><span class="track" aria-hidden="true">'
        f'<span class="fill" style="width:{part:.2f}%"></span>{saved}</span>'
        f"<span>{sheet.usd('receipt.after.usd')}</span></div>\n"
        '<p class="soft">After: every certified move live, the same traffic, the same prices.</p>\n'
    )


def _waterfall(sheet: Sheet) -> str:
    steps = sheet.at("waterfall")
    rows = [
        (
            row_head(sheet.text(f"waterfall.{i}.name")),
            cell(sheet.usd(f"waterfall.{i}.usd", minus=step["kind"] == "saving")),
        )
        for i, step in enumerate(steps)
    ]
    rest = sheet.at("rest")
    said = []
    if rest["explicit_calls"]:
        said.append(
            f"{sheet.counted('rest.explicit_calls', 'call')} "
            f"({sheet.usd('rest.explicit_usd', some=True)}) with an explicit choice of something else than "
            "the type's baseline"
        )
    if rest["other_calls"]:
        said.append(
            f"{sheet.counted('rest.other_calls', 'call')} ({sheet.usd('rest.other_usd', some=True)}) of no "
            "type in the policy"
        )
    note = f'<p class="soft">In both sums, and not moved: {"; ".join(said)}.</p>\n' if said else ""
    return (
        "<h2>From today to after</h2>\n"
        '<div class="chart" id="chart-waterfall" role="img" aria-label="Waterfall from today\'s spend '
        "to the spend "
        'after; the figures stand in the table below"></div>\n'
        f"{table('the steps add up exactly; proven moves only', ('Step', 'USD'), rows)}{note}"
        '<noscript><p class="soft">Charts need JavaScript; their figures stand in the '
        "tables.</p></noscript>\n"
    )
