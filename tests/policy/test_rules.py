"""Rules: read by a grammar of our own, never evaluated as code."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.task import Features
from modelmix.errors import ConfigError
from modelmix.policy import rules
from modelmix.policy.rule_nodes import (
    COMPARISONS,
    FIELDS,
    Among,
    And,
    Compare,
    Field,
    Flag,
    Literal,
    Not,
    Or,
    Rule,
)

SAMPLE = Features(
    requested=Candidate("claude-opus-5-5", Effort.HIGH),
    tag="ticket",
    template="8c02",
    input_tokens=21_000,
    tools=2,
    stream=True,
)
NUMBERS = [name for name, kind in FIELDS.items() if kind == "number"]
TEXTS = [name for name, kind in FIELDS.items() if kind == "text"]
FLAGS = [name for name, kind in FIELDS.items() if kind == "boolean"]

numbers = st.integers(-(10**9), 10**9) | st.decimals(
    allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000
)
texts = st.text(max_size=12)


def _comparisons() -> st.SearchStrategy[Rule]:
    number = st.builds(
        Compare,
        st.builds(Field, st.sampled_from(NUMBERS)),
        st.sampled_from(list(COMPARISONS)),
        st.builds(Literal, numbers) | st.builds(Field, st.sampled_from(NUMBERS)),
    )
    equal = st.sampled_from(["==", "!="])
    text = st.builds(Compare, st.builds(Literal, texts), equal, st.builds(Field, st.sampled_from(TEXTS)))
    boolean = st.builds(
        Compare, st.builds(Field, st.sampled_from(FLAGS)), equal, st.builds(Literal, st.booleans())
    )
    listed = st.lists(st.builds(Literal, texts), min_size=1, max_size=3).map(tuple)
    among = st.builds(Among, st.builds(Field, st.sampled_from(TEXTS)), listed)
    flag = st.builds(Flag, st.sampled_from(FLAGS))
    return st.one_of(number, text, boolean, among, flag)


def _combined(inner: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, inner), st.builds(And, several), st.builds(Or, several))


trees = st.recursive(_comparisons(), _combined, max_leaves=8)


@given(trees)
def test_a_written_rule_reads_back_as_the_same_rule(rule: Rule) -> None:
    """parse(render(rule)) is the rule, whatever its shape."""
    assert rule == rules.parse(rules.render(rule))


@given(trees)
def test_a_rule_and_its_copy_hold_for_the_same_task(rule: Rule) -> None:
    """A rule that went through text answers as before."""
    assert rule.holds(SAMPLE) is rules.parse(rules.render(rule)).holds(SAMPLE)


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                "and",
                "or",
                "not",
                "in",
                "(",
                ")",
                "[",
                "]",
                ",",
                "tools",
                "tag",
                "stream",
                "==",
                ">",
                "3",
                "'a'",
            ]
        ),
        max_size=14,
    ).map(" ".join)
)
def test_any_text_is_a_rule_or_one_clear_error(text: str) -> None:
    """Reading never fails but by ConfigError, and what it reads answers for a task."""
    try:
        rule = rules.parse(text)
    except ConfigError:
        return
    assert rule.holds(SAMPLE) in (True, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tools > 0", True),
        ("tools > 0 or input_tokens > 20000", True),
        ("tools > 2 or input_tokens < 20000", False),
        ("tools >= 2 and not images > 0", True),
        ("not (tools == 2 and stream)", False),
        ("stream == false", False),
        ("has_schema or forced_tool", False),
        ("tag in ['ticket', 'mail']", True),
        ('tag not in ["ticket"]', False),
        ("requested == 'claude-opus-5-5@high'", True),
        ("input_tokens <= 21000.0", True),
        ("max_tokens < input_tokens", True),
        ("template != ''", True),
        ("tools in [1, 2]", True),
        ("tools > 0 and tools < 2 or stream", True),
        ("'it\\'s' == tag", False),
    ],
)
def test_rules_answer_as_they_read(text: str, expected: bool) -> None:
    """Comparisons, lists, flags and their combinations mean what they say."""
    assert expected is rules.parse(text).holds(SAMPLE)


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ("", 1, "expected a field"),
        ("tols > 1", 1, "is not a feature; write one of requested, tag"),
        ("tools > 1 stream", 11, "expected 'and', 'or' or the end"),
        ("tools", 6, "expected one of =="),
        ("tools >", 8, "expected a field, a number"),
        ("tools > 'a'", 1, "compare like kinds"),
        ("tag > 'a'", 1, "has no order"),
        ("stream < true", 1, "has no order"),
        ("1 == 1", 1, "compares two fixed values"),
        ("tools & 1", 7, "starts neither"),
        ("tools > 1.", 9, "starts neither"),
        ("(tools > 1", 11, "expected ')'"),
        ("tag in 'a'", 8, "expected '['"),
        ("tag in ['a'", 12, "expected ',' or ']'"),
        ("tag in [1]", 9, "holds text values only"),
        ("tag in [tag]", 9, "holds text values only"),
        ("'a' in ['a']", 1, "before 'in' stands one of"),
        ("tag not == 'a'", 9, "expected 'in'"),
        ("tag == \u00a0'a'", 8, "starts neither"),
        ("__import__('os')", 1, "is not a feature"),
        ("not " * 30 + "stream", 81, "nested deeper than 20"),
        ("(" * 30 + "stream" + ")" * 30, 21, "nested deeper than 20"),
    ],
)
def test_errors_say_where_and_what_may_stand_there(text: str, position: int, hint: str) -> None:
    """A wrong rule is one sentence with the position, counted from 1."""
    with pytest.raises(ConfigError) as caught:
        rules.parse(text)
    assert f"position {position}:" in str(caught.value)
    assert hint in str(caught.value)


def test_a_rule_has_a_longest_length() -> None:
    """Two thousand characters are the limit."""
    with pytest.raises(ConfigError, match="too long"):
        rules.parse("tools > 1 or " * 200 + "stream")


def test_numbers_are_exact() -> None:
    """A fraction is a decimal, so that what is written is what is compared."""
    assert Compare(Field("tools"), "<", Literal(Decimal("0.1"))) == rules.parse("tools < 0.1")
