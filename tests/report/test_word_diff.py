"""Word diff: both texts whole and safe, with what the other lacks marked."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from modelmix.report.plain import printable_lines
from modelmix.report.word_diff import word_diff

TEXTS = st.text(st.sampled_from("ab <>&\n\"'"), max_size=30) | st.text(max_size=20)


def test_words_that_differ_are_marked() -> None:
    """One word for another, and one that is only on one side."""
    assert word_diff("due 30 June, net", "due 31 June net") == (
        "due <mark>30</mark> June<mark>,</mark> net",
        "due <mark>31</mark> June net",
    )
    assert word_diff("same", "same") == ("same", "same")


@given(TEXTS, TEXTS)
def test_nothing_is_lost_and_nothing_is_markup(left: str, right: str) -> None:
    """Without the marks each side is the text itself; what is marked on neither side is the same."""
    shown = word_diff(left, right)
    for html, text in zip(shown, (left, right), strict=True):
        bare = html.replace("<mark>", "").replace("</mark>", "")
        assert not set("<>") & set(bare)
        assert unescape(bare) == unescape(printable_lines(text).replace("&", "&amp;"))
    one, other = (re.sub(r"<mark>.*?</mark>", "", html, flags=re.DOTALL) for html in shown)
    assert one == other


def test_long_texts_are_held_line_by_line_or_not_at_all() -> None:
    """What would take squares of thousands of words takes lines, and of thousands of lines nothing."""
    lines = [f"line {i} of a long text" for i in range(300)]
    left, right = word_diff("\n".join(lines), "\n".join([*lines[:10], "another", *lines[11:]]))
    assert "<mark>line 10 of a long text\n</mark>" in left
    assert "<mark>another\n</mark>" in right
    left, right = word_diff("a\n" * 3000, "b\n" * 3000)
    assert "<mark>" not in left + right
