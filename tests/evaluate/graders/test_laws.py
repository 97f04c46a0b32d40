"""What holds of every grader, whatever is said and whatever it is held against."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.choose import choose
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.spec import parse

SPECS = (
    "exact", "exact:ignore_case", "label", "label:labels=a|b|12", "label:labels=a|b,no_answer=none",
    "numeric", "numeric:tolerance=1,relative=1%", "json_fields",
    "json_fields:mean,unordered,prose", "json_schema", "tool_call", "tool_call:unordered,ignore=a",
    "tool_call:names_only", "contains", "contains:any,ignore_case",
    "regex:ignore_case,pattern=^[a-z]+ or \\w",
)  # fmt: skip
NAMES = st.sampled_from(
    ["a", "b", "type", "properties", "items", "$ref", "anyOf", "required", "enum", "pattern"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 13)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "a", "b", "none", "object", "array", "#", "#/properties/a", "(", "\ud800"])
    | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
TEXTS = (
    VALUES.map(json.dumps)
    | st.text()
    | st.text(st.characters(), max_size=9)
    | st.text(st.sampled_from("0123456789.,-\u2212+()$€% eEkM'`{}[]\":\n"), max_size=12)
    | st.sampled_from(
        ["a", "A.", "b", "a or b", "12", "12 %", "n/a", '{"a": 1}', "```json\n{}\n```", "\ufeff12"]
    )
)
CALLS = st.lists(
    st.builds(ToolCall, st.sampled_from(["record", "x"]), st.dictionaries(NAMES, VALUES, max_size=2)),
    max_size=2,
).map(tuple)
REPLIES = st.builds(
    Reply, TEXTS, CALLS, st.sampled_from(["", "end_turn", "max_tokens", "refusal", "x\x1b"]) | st.text()
)
SCHEMAS = st.none() | st.dictionaries(NAMES, VALUES, max_size=4)
KNOWN_CALLS = st.sampled_from(
    ["none", "[]", '{"name": "x"}', '[{"name": "record", "arguments": {"a": 12, "b": null}}, {"name": "x"}]']
)
REFERENCES = st.builds(
    Reference,
    st.none() | TEXTS | KNOWN_CALLS,
    SCHEMAS,
    st.booleans(),
    st.sampled_from(["", "", "record"]),
    st.none() | CALLS,
    st.booleans(),
)


@pytest.mark.parametrize("spec", SPECS)
@given(reply=REPLIES, other=REPLIES, reference=REFERENCES)
@settings(max_examples=150)
def test_no_grader_raises_and_no_reply_sets_a_row_aside(
    spec: str, reply: Reply, other: Reply, reference: Reference
) -> None:
    """Every reply has a grade or its row is set aside, by its reference alone; so is its slice."""
    grader = parse(spec).grader
    one, two = grader.grade(reply, reference), grader.grade(other, reference)
    if isinstance(one, Ungradable) or isinstance(two, Ungradable):
        assert one == two
        return
    assert one.slice_name == two.slice_name
    assert one.grader == grader.name
    assert (one.score == 1.0) >= (one.why == "")
    assert not (one.score == 1.0 and one.why)
    assert reply.is_whole or (one.score, one.checks_ok) in {(0.0, False), (0.0, None)}


@pytest.mark.parametrize("spec", SPECS)
@given(text=TEXTS, schema=SCHEMAS)
@settings(max_examples=100)
def test_a_reference_agrees_with_itself(spec: str, text: str, schema: dict[str, object] | None) -> None:
    """What is held against itself is right, but for a check that it fails."""
    found = parse(spec).grader.grade(Reply(text), Reference(text, schema))
    if isinstance(found, Grade) and not spec.startswith(("json_schema", "regex")):
        assert (found.score, found.why) == (1.0, "")


@pytest.mark.parametrize("spec", [spec for spec in SPECS if parse(spec).grader.bounds_loss])
@given(candidate=TEXTS, baseline=TEXTS, truth=TEXTS, schema=SCHEMAS)
@settings(max_examples=150)
def test_agreement_bounds_the_loss(
    spec: str, candidate: str, baseline: str, truth: str, schema: dict[str, object] | None
) -> None:
    """Where the candidate agrees with today's answer and that is right, so is the candidate."""
    grader = parse(spec).grader
    agrees = grader.grade(Reply(candidate), Reference(baseline, schema))
    right = grader.grade(Reply(baseline), Reference(truth, schema, is_known=True))
    if isinstance(agrees, Grade) and isinstance(right, Grade) and agrees.score == right.score == 1.0:
        both = grader.grade(Reply(candidate), Reference(truth, schema, is_known=True))
        assert isinstance(both, Grade)
        assert both.score == 1.0


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.startswith("tool_call")])
@given(candidate=CALLS, baseline=CALLS, truth=CALLS)
@settings(max_examples=150)
def test_calls_that_agree_are_right_together(
    spec: str, candidate: tuple[ToolCall, ...], baseline: tuple[ToolCall, ...], truth: tuple[ToolCall, ...]
) -> None:
    """Agreement of calls is an equivalence: what agrees is right or wrong alike, whatever the truth."""
    grader = parse(spec).grader

    def agree(one: tuple[ToolCall, ...], other: tuple[ToolCall, ...]) -> bool | None:
        grade = grader.grade(Reply("", one), Reference("", calls=other))
        return grade.score == 1.0 if isinstance(grade, Grade) else None

    assert agree(baseline, baseline) in {True, None}
    assert None in {agree(baseline, baseline), agree(truth, truth)} or (
        agree(baseline, truth) == agree(truth, baseline)
    )
    if agree(candidate, baseline):
        assert agree(candidate, truth) == agree(baseline, truth)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("sign", ["x", " ", "1", "5 ", "[", "`", '{"a":', "a\n", "\u0301"])
def test_ten_megabytes_have_a_grade(spec: str, sign: str) -> None:
    """A reply of any length is graded."""
    reply = Reply(sign * (10_000_000 // len(sign)))
    for reference in (Reference("12"), Reference('{"a": "b"}', {"type": "object"})):
        assert isinstance(parse(spec).grader.grade(reply, reference), Grade | Ungradable)


@given(st.lists(REFERENCES, max_size=8))
def test_any_references_have_a_choice_or_a_sentence(references: list[Reference]) -> None:
    """Choosing never raises, and what it chooses can grade."""
    found = choose(references)
    assert hasattr(found, "grader") or found.why
