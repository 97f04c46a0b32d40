"""Word diff: two texts side by side, with the words that the other lacks marked."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from html import escape

from modelmix.report.plain import printable_lines

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_TOKENS = 2000
"""Words of both sides together above which lines are held against each other, and lines above which nothing
is: the time that it takes grows with the square."""


def word_diff(left: str, right: str) -> tuple[str, str]:
    """Return both texts as HTML, in which ``mark`` holds what the other side lacks.

    >>> word_diff("due 30 June", "due 31 June")
    ('due <mark>30</mark> June', 'due <mark>31</mark> June')
    """
    one, other = printable_lines(left), printable_lines(right)
    words = _TOKEN.findall(one), _TOKEN.findall(other)
    if len(words[0]) + len(words[1]) > _MOST_TOKENS:
        words = one.splitlines(keepends=True), other.splitlines(keepends=True)
    if len(words[0]) + len(words[1]) > _MOST_TOKENS:
        return escape(one), escape(other)
    shown: tuple[list[str], list[str]] = ([], [])
    for what, a, b, c, d in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        for parts, tokens in ((shown[0], words[0][a:b]), (shown[1], words[1][c:d])):
            parts.append(_marked(tokens) if what != "equal" else escape("".join(tokens)))
    return "".join(shown[0]), "".join(shown[1])


def _marked(tokens: Sequence[str]) -> str:
    text = escape("".join(tokens))
    return f"<mark>{text}</mark>" if text else ""
