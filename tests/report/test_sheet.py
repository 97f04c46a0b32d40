"""The sheet: figures that carry their place in the document."""

from html import escape

import pytest

from modelmix.report.sheet import Sheet, cell, row_head, table
from report.figures import figures, wrong

DOCUMENT = {
    "usd_decimals": 2,
    "big": 48210.37,
    "zero": 0.0,
    "minus": -3.5,
    "tiny": 0.0042,
    "none": None,
    "calls": 1234567,
    "one": 1,
    "loss": 0.0132,
    "bound": 0.02,
    "least": 0.00041,
    "below": -0.008,
    "share": 0.9149,
    "half": 7.666666,
    "text": "<b>\x1b[31m",
    "at": "2026-11-23T10:00:00+00:00",
    "sha": "5f" * 32,
    "list": [{"x": 0.5}],
}


def text(html: str) -> str:
    """What a reader sees of one figure."""
    return figures(html)[0].text


def test_figures_are_shown_and_marked() -> None:
    """Each kind in its form; bounds are rounded to the safe side, and nothing is hidden by rounding."""
    sheet = Sheet(DOCUMENT)
    shown = {
        sheet.usd("big"): "$48,210.37",
        sheet.usd("big", minus=True): "\N{MINUS SIGN}$48,210.37",
        sheet.usd("minus"): "\N{MINUS SIGN}$3.50",
        sheet.usd("zero"): "$0.00",
        sheet.usd("zero", some=True): "<$0.01",
        sheet.usd("none"): "\N{EN DASH}",
        sheet.price("tiny"): "$0.0042",
        sheet.price("none"): "\N{EN DASH}",
        sheet.count("calls"): "1,234,567",
        sheet.count("none"): "\N{EN DASH}",
        sheet.points("loss"): "1.3 pp",
        sheet.points("loss", up=True): "1.4 pp",
        sheet.points("bound", up=True): "2.0 pp",
        sheet.points("least"): "0.041 pp",
        sheet.points("below"): "\N{MINUS SIGN}0.8 pp",
        sheet.points("none"): "\N{EN DASH}",
        sheet.percent("share"): "91.5 %",
        sheet.percent("share", down=True): "91.4 %",
        sheet.percent("none"): "\N{EN DASH}",
        sheet.plain("half"): "7.66667",
        sheet.plain("half", 3): "7.67",
        sheet.plain("none"): "\N{EN DASH}",
        sheet.plain("list.0.x"): "0.5",
        sheet.text("text"): "<b>�[31m",
        sheet.text("none"): "\N{EN DASH}",
        sheet.day("at"): "2026-11-23",
        sheet.day("none"): "\N{EN DASH}",
        sheet.minute("at"): "2026-11-23 10:00",
        sheet.minute("none"): "\N{EN DASH}",
        sheet.dollars("big"): "$48,210",
        sheet.dollars("none"): "\N{EN DASH}",
        sheet.digest("sha"): "5f5f5f5f5f5f…",
        sheet.digest("none"): "\N{EN DASH}",
    }
    assert {html: text(html) for html in shown} == shown
    assert list(wrong(figures("".join(shown)), DOCUMENT)) == []


def test_a_count_has_its_noun() -> None:
    """One is one."""
    sheet = Sheet(DOCUMENT)
    assert sheet.counted("one", "call").endswith("</data> call")
    assert sheet.counted("calls", "call").endswith("</data> calls")
    assert sheet.counted("calls", "copy", "copies").endswith("</data> copies")


def test_a_wrong_figure_is_found() -> None:
    """The check of pages bites: another value, or a text that says something else."""
    honest = Sheet(DOCUMENT).usd("big")
    assert list(wrong(figures(honest.replace("$48,210.37", "$48,210.38")), DOCUMENT))
    assert list(wrong(figures(honest), {**DOCUMENT, "big": 1.0}))
    assert list(wrong(figures(honest.replace("$48,210.37", "much")), DOCUMENT))


@pytest.mark.parametrize("hostile", ['"><script>', "</caption><b>", "'"])
def test_titles_are_text(hostile: str) -> None:
    """Captions and headings are escaped; cells are HTML that others made."""
    html = table(hostile, [hostile], [(row_head("x"), cell("<i>y</i>", "k", hostile))], "kind", hostile)
    assert hostile not in html.replace(escape(hostile), "")
    assert '<table class="kind">' in html
    assert "<i>y</i>" in html
    assert 'aria-label="plain"' in table("plain", [], [])
