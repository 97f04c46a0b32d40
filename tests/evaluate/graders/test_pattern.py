"""Patterns, and what makes trying one take time without end."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelmix.evaluate.graders.pattern import danger_of


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\s*\d+[.,]\d{2}\s*EUR$", "(?i)^(yes|no)\\b", r"^\d{1,3}(,\d{3})*$", r"(?:ab)+", r"[(|*+]+\)*",
        "[]|]*", r"[^]+]*", r"\(+\|*", "(?P<year>20[0-9]{2})-[0-9]{2}", "(?=.*total)(?!.*draft)(?<!x)y",
        "(a*)?", "(a|b){1}", "(a|b){0,1}", "a{,3}b{2,}", "a{,}", "x{y}z{1", "a+?b*?c??", "a++b", "(?>a+)b",
        "(?i:a+)(?-s:.)", "\\N{BULLET}*", "é+", "(a{1000}){9}", "()", "|", ".",
    ],
)  # fmt: skip
def test_patterns_that_are_tried(pattern: str) -> None:
    """What repeats parts of fixed length, or chooses a few times, comes to an end."""
    assert danger_of(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a+)+", "it repeats a part that itself repeats"),
        ("(a+)*$", "it repeats a part that itself repeats"),
        ("(a*){3}", "it repeats a part that itself repeats"),
        ("(a?){30}", "it repeats a part that itself repeats"),
        ("(?:(a|b))*", "it repeats a part that itself repeats"),
        ("(a|ab)+?", "it repeats a part that itself repeats"),
        ("((?:x[)]{1,2}))++", "it repeats a part that itself repeats"),
        ("(?=a*)*b", "it repeats a part that itself repeats"),
        ("a?" * 10 + "a" * 10, "in more than 1,000 ways"),
        ("(a|aa|aaa)" * 7, "in more than 1,000 ways"),
        ("a{0,40}" * 2, "in more than 1,000 ways"),
        ("x|" + "a?" * 10, "in more than 1,000 ways"),
        (".*" * 4, "it has more than 3 repeats"),
        ("a{3,}" * 4 + "|a", "it has more than 3 repeats"),
        ("a{0,101}" * 4, "it has more than 3 repeats"),
        ("(" * 3 + "a" + "{99})" * 3, "it has more than 10,000 signs"),
        ("(" * 4 + "){999}" * 4, "it has more than 10,000 signs"),
        (r"(a)\1", "it refers back to a group"),
        ("(?P<x>a)(?P=x)", "it refers back to a group"),
        ("(a+)(?#x)+", "it holds a comment"),
        ("(a)?(?(1)b|c)", "it holds a condition"),
        ("(?x) a # (", "it is written in verbose form"),
        ("(?ix:a )", "it is written in verbose form"),
        ("(", "is no regular expression (missing ), unterminated subpattern at position 0)"),
        ("a{2}{3}", "is no regular expression (multiple repeat"),
        ("[[a]", "is no regular expression (Possible nested set"),
        ("a{99999999999}", "is no regular expression (the repetition number is too large)"),
        ("", "from 1 to 500 characters; this one has 0"),
        ("a" * 501, "from 1 to 500 characters; this one has 501"),
    ],
)
def test_patterns_that_are_refused(pattern: str, why: str) -> None:
    """One sentence says what is refused."""
    assert why in danger_of(pattern)


PIECES = st.lists(
    st.sampled_from([*"ab()[]|*+?{}^$\\.,12:=!<>#-iPx", "(?:", "(?=", "(?P<n>", "{2}", "{1,3}", "\\d"]),
    min_size=1,
    max_size=14,
).map("".join)


@given(PIECES | st.text(max_size=12))
@settings(max_examples=500)
def test_any_text_is_a_pattern_or_a_sentence(pattern: str) -> None:
    """Nothing is raised; what is let through compiles."""
    if not danger_of(pattern):
        assert re.compile(pattern).pattern == pattern


ATOMS = st.sampled_from(["a", "[ab]", "a+", "a*", "a?", "a|b", "a{0,2}", "a{2}"])


@given(ATOMS, st.sampled_from(["+", "*", "{2,}", "+?"]), st.sampled_from(["(", "(?:", "(?P<g>", "(?="]))
def test_a_repeated_repeat_is_refused_however_it_is_grouped(inner: str, repeat: str, group: str) -> None:
    """The inner part decides: one of fixed length may be repeated, another may not."""
    is_fixed = inner in {"a", "[ab]", "a{2}"}
    assert is_fixed == (danger_of(f"^{group}{inner}){repeat}$") == "")
    assert is_fixed == (danger_of(f"(x{group}y{inner})){repeat}") == "")


@given(PIECES, st.sampled_from(["a" * 60, "ab" * 30, "a1," * 20]))
@settings(max_examples=300)
def test_what_is_let_through_ends(pattern: str, text: str) -> None:
    """Trying it on a text that it fits again and again comes to an end."""
    assume(not danger_of(f"{pattern}!$"))
    assert re.compile(f"{pattern}!$").fullmatch(text) is None
