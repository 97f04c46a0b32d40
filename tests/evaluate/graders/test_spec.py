"""Specs of graders, as `--grader` reads them."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.graders.code import Code
from modelmix.evaluate.graders.contains import Contains
from modelmix.evaluate.graders.custom import Custom
from modelmix.evaluate.graders.exact import Exact
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.json_fields import JsonFields
from modelmix.evaluate.graders.json_schema import JsonSchema
from modelmix.evaluate.graders.label import Label, plain_label
from modelmix.evaluate.graders.numeric import Numeric
from modelmix.evaluate.graders.pattern import danger_of
from modelmix.evaluate.graders.regex import Regex
from modelmix.evaluate.graders.same_text import SameText
from modelmix.evaluate.graders.similarity import METRICS, Similarity
from modelmix.evaluate.graders.spec import KINDS, GraderSpec, parse
from modelmix.evaluate.graders.tool_call import ToolCalls

WORDS = st.text(st.sampled_from("ab|,\\:= -@"), min_size=1, max_size=5).filter(plain_label)
NAMES = st.text(st.sampled_from("ab|,\\:= -@"), min_size=1, max_size=5)
PATTERNS = st.text(st.sampled_from("ab|,\\d:= -@^$.+\n"), min_size=1, max_size=12).filter(
    lambda pattern: not danger_of(pattern)
)
NUMBERS = st.decimals(0, 10**6, allow_nan=False, places=6)
GRADERS: st.SearchStrategy[Grader] = st.one_of(
    st.builds(Exact, st.booleans()),
    st.builds(Label, st.lists(WORDS, unique_by=plain_label).map(tuple), WORDS | st.just("")),
    st.builds(Numeric, NUMBERS, NUMBERS),
    st.builds(JsonFields, st.booleans(), st.booleans(), st.booleans()),
    st.just(JsonSchema()),
    st.builds(Contains, st.booleans(), st.booleans()),
    st.builds(ToolCalls, st.booleans(), st.booleans()),
    st.builds(ToolCalls, st.booleans(), ignore=st.lists(NAMES, unique=True).map(tuple)),
    st.builds(SameText, st.booleans()),
    st.builds(Similarity, st.sampled_from(sorted(METRICS)), st.decimals(0, 1, allow_nan=False, places=3)),
    st.builds(Code, NAMES | st.just(""), st.booleans(), st.integers(1, 600), st.sampled_from(["", "ab12"])),
    st.builds(Custom, NAMES.map("{}:grade".format), st.integers(1, 600), st.sampled_from(["", "ab12"])),
    st.builds(Regex, PATTERNS, st.booleans()),
)


@pytest.mark.parametrize(
    ("text", "task_type", "grader", "spec"),
    [
        ("exact", "", Exact(), "exact@1"),
        ("exact:ignore_case", "", Exact(ignore_case=True), "exact@1:ignore_case"),
        ("triage=label", "triage", Label(), "label@1"),
        ("a=b=label@1", "a=b", Label(), "label@1"),
        ("team:triage=label", "team:triage", Label(), "label@1"),
        ("exact=label", "exact", Label(), "label@1"),
        ("label:labels=a|b|c", "", Label(("a", "b", "c")), "label@1:labels=a|b|c"),
        (
            "label:labels=exact,no_answer=NONE",
            "",
            Label(("exact",), "NONE"),
            "label@1:labels=exact,no_answer=NONE",
        ),
        ("label:labels=a\\|b|c\\,d", "", Label(("a|b", "c,d")), "label@1:labels=a\\|b|c\\,d"),
        ("numeric:tolerance=0.01", "", Numeric(Decimal("0.01")), "numeric@1:tolerance=0.01"),
        ("x=numeric:relative=1%", "x", Numeric(relative=Decimal("0.01")), "numeric@1:relative=0.01"),
        (
            "json_fields:mean,unordered",
            "",
            JsonFields(mean=True, unordered=True),
            "json_fields@1:mean,unordered",
        ),
        ("json_fields:prose", "", JsonFields(prose=True), "json_fields@1:prose"),
        ("json_schema", "", JsonSchema(), "json_schema@1"),
        ("agent=tool_call", "agent", ToolCalls(), "tool_call@1"),
        ("tool_call:names_only,unordered", "", ToolCalls(True, True), "tool_call@1:unordered,names_only"),
        (
            "tool_call:ignore=note|a\\|b",
            "",
            ToolCalls(ignore=("note", "a|b")),
            "tool_call@1:ignore=note|a\\|b",
        ),
        ("text:articles", "", SameText(articles=True), "text@1:articles"),
        ("similarity", "", Similarity(), "similarity@1:metric=token_f1"),
        (
            "x=similarity:metric=edit,least=80%",
            "x",
            Similarity("edit", Decimal("0.8")),
            "similarity@1:metric=edit,least=0.8",
        ),
        ("code:language=python,mean", "", Code(mean=True), "code@1:mean"),
        ("code:tests=a\\,b.py,seconds=3", "", Code("a,b.py", seconds=3), "code@1:tests=a\\,b.py,seconds=3"),
        ("callable:g.py:grade", "", Custom("g.py:grade"), "callable@1:function=g.py:grade"),
        ("t=callable:a.b:f,seconds=2", "t", Custom("a.b:f", 2), "callable@1:function=a.b:f,seconds=2"),
        ("contains:all", "", Contains(), "contains@1"),
        ("contains:ignore_case,any", "", Contains(True, True), "contains@1:any,ignore_case"),
        ("regex:pattern=^a{1,2}=exact$", "", Regex("^a{1,2}=exact$"), "regex@1:pattern=^a{1,2}=exact$"),
        (
            "x=regex:ignore_case,pattern=\\d,pattern=1",
            "x",
            Regex("\\d,pattern=1", ignore_case=True),
            "regex@1:ignore_case,pattern=\\d,pattern=1",
        ),
    ],
)
def test_specs_are_read(text: str, task_type: str, grader: Grader, spec: str) -> None:
    """A kind with its options, for one task type or for all, and the text that a certificate carries."""
    assert GraderSpec(grader, task_type) == parse(text)
    assert spec == grader.spec


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "",
            (
                "grader '' is of no known kind ''; write one of exact, label, numeric, json_fields, "
                "json_schema, tool_call, contains, regex, judge-rubric, judge-points, judge-pairwise, text, "
                "similarity, code, callable"
            ),
        ),
        (
            "numerc:tolerance=1",
            "grader 'numerc:tolerance=1' is of no known kind 'numerc'; did you mean numeric?",
        ),
        (
            "invoices=jsonfields",
            "grader 'invoices=jsonfields' is of no known kind 'jsonfields'; did you mean json_fields?",
        ),
        ("=exact", "grader '=exact' names an empty task type; write TYPE=KIND, or KIND for all types"),
        ("exact@2", "grader 'exact@2' is of another version; this modelmix grades with exact@1"),
        (
            "numeric:tolerence=1",
            "grader 'numeric:tolerence=1' has no option 'tolerence'; did you mean tolerance?",
        ),
        ("exact:mean", "grader 'exact:mean' has no option 'mean'; write one of ignore_case"),
        ("json_schema:mean", "grader 'json_schema:mean' has no option 'mean'; this kind takes none"),
        ("json_fields:mean=yes", "grader 'json_fields:mean=yes' has an option 'mean=yes'; write it mean"),
        ("json_fields:mean=", "grader 'json_fields:mean=' has an option 'mean='; write it mean"),
        ("numeric:relative", "grader 'numeric:relative' has an option 'relative'; write it relative=VALUE"),
        ("json_fields:mean,mean", "grader 'json_fields:mean,mean' has the option mean twice; give it once"),
        (
            "numeric:relative=x",
            "grader 'numeric:relative=x' cannot be: 'x' is not a number such as 0.01 or 1%",
        ),
        (
            "numeric:relative=%",
            "grader 'numeric:relative=%' cannot be: '%' is not a number such as 0.01 or 1%",
        ),
        (
            "numeric:tolerance=-1",
            "grader 'numeric:tolerance=-1' cannot be: a tolerance of -1 is no number from 0 up",
        ),
        (
            "label:labels=a|A",
            "grader 'label:labels=a|A' cannot be: labels 'a' and 'A' are the same; name each label once",
        ),
        (
            "tool_call:ignore=a|a",
            (
                "grader 'tool_call:ignore=a|a' cannot be: an argument to ignore is empty or named twice; "
                "name each once"
            ),
        ),
        (
            "tool_call:names_only,ignore=a",
            (
                "grader 'tool_call:names_only,ignore=a' cannot be: names_only compares no argument; leave "
                "names_only or ignore out"
            ),
        ),
        (
            "contains:all,any",
            "grader 'contains:all,any' cannot be: all and any exclude each other; leave one out",
        ),
        (
            "similarity:least=0",
            (
                "grader 'similarity:least=0' cannot be: least is 0, which every reply reaches; leave it out "
                "to score by the similarity"
            ),
        ),
        (
            "code:language=rust",
            "grader 'code:language=rust' cannot be: it runs Python, not 'rust'; leave language out",
        ),
        (
            "code:seconds=1.5",
            "grader 'code:seconds=1.5' cannot be: seconds is '1.5'; write a whole number such as 10",
        ),
        (
            "callable",
            (
                "grader 'callable' cannot be: it names no function; write callable:grader.py:grade or "
                "callable:module:grade"
            ),
        ),
        ("regex", "grader 'regex' cannot be: it names no pattern; write regex:pattern=..."),
        (
            "regex:ignore_case",
            "grader 'regex:ignore_case' cannot be: it names no pattern; write regex:pattern=...",
        ),
        (
            "regex:pattern=",
            "grader 'regex:pattern=' has an option 'pattern='; write it pattern=VALUE",
        ),
        (
            "regex:pattern=(",
            (
                "grader 'regex:pattern=(' cannot be: the pattern is no regular expression (missing ), "
                "unterminated subpattern at position 0)"
            ),
        ),
    ],
)
def test_what_is_no_spec_is_said_in_a_sentence(text: str, sentence: str) -> None:
    """The sentence names what is unknown and what may stand there."""
    with pytest.raises(ValueError, match="grader") as caught:
        parse(text)
    assert sentence == str(caught.value)


def test_numbers_without_end_are_none() -> None:
    """A number of a thousand digits is no tolerance."""
    for text in ("9" * 1_000, "9" * 1_000 + "%"):
        with pytest.raises(ValueError, match="is not a number"):
            parse(f"numeric:tolerance={text}")


@given(GRADERS)
def test_what_a_grader_writes_gives_it_again(grader: Grader) -> None:
    """Spec to grader to spec loses nothing."""
    assert GraderSpec(grader) == parse(grader.spec)
    assert GraderSpec(grader, "triage") == parse(f"triage={grader.spec}")


@given(st.text())
def test_any_text_is_a_spec_or_a_sentence(text: str) -> None:
    """Nothing but a ValueError comes out of what anybody may type."""
    with suppress(ValueError):
        assert parse(text).grader.spec


def test_every_kind_is_known_by_the_name_it_grades_under() -> None:
    """Kinds and names of graders do not come apart."""
    needed = {"regex": ":pattern=a", "callable": ":g.py:grade"}
    made = {kind: parse(kind + needed.get(kind, "")).grader.name for kind in KINDS}
    assert made == KINDS
