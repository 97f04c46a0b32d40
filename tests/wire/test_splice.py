"""The splice edits two fields of a request and no other byte."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.wire.members import distinct_members, members
from modelmix.wire.splice import splice, splice_model, with_candidate

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["model", "effort", "output_config", '{"model":"x"}', "\\", '"', "[}", "é\n\u2028"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
SPACE = st.sampled_from(["", "", "", " ", "\n", "\t \r\n"])
CANDIDATES = st.builds(
    Candidate, st.sampled_from(["claude-haiku-5-5", 'odd"\\é']), st.none() | st.sampled_from(Effort)
)


def written(draw: st.DrawFn, value: object) -> str:
    """Write JSON with white space, escapes and key order that no encoder would choose."""
    if isinstance(value, dict):
        pairs = [
            f"{draw(SPACE)}{written(draw, key)}{draw(SPACE)}:{draw(SPACE)}{written(draw, item)}{draw(SPACE)}"
            for key, item in value.items()
        ]
        return "{" + ",".join(pairs) + ("}" if pairs else draw(SPACE) + "}")
    if isinstance(value, list):
        items = [f"{draw(SPACE)}{written(draw, item)}{draw(SPACE)}" for item in value]
        return "[" + ",".join(items) + "]"
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    if isinstance(value, str) and value and value[0].isascii() and value[0].isalpha() and draw(st.booleans()):
        text = f'"\\u{ord(value[0]):04x}' + text[2:]
    return text


@st.composite
def requests(draw: st.DrawFn, *, twice: bool = False) -> bytes:
    """A request with a model, perhaps an output_config, and anything else beside them."""
    pairs = list(draw(st.dictionaries(TEXT, JSON, max_size=4)).items())
    config = st.none() | st.dictionaries(
        st.sampled_from(["effort", "format", "task_budget"]), JSON, max_size=3
    )
    pairs = [pair for pair in pairs if pair[0] not in {"model", "output_config"}]
    pairs.append(("model", draw(JSON)))
    if draw(st.booleans()):
        pairs.append(("output_config", draw(config)))
    pairs = draw(st.permutations(pairs))
    if twice:
        pairs += draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=2))
        pairs = draw(st.permutations(pairs))
    body = ",".join(
        f"{draw(SPACE)}{written(draw, key)}{draw(SPACE)}:{written(draw, item)}" for key, item in pairs
    )
    return (draw(SPACE) + "{" + body + draw(SPACE) + "}" + draw(SPACE)).encode()


def edited(body: bytes, candidate: Candidate) -> dict[str, object]:
    """What the body is to mean after the edit."""
    document: dict[str, Any] = json.loads(body)
    document["model"] = candidate.model
    if candidate.effort is not None:
        document["output_config"] = {
            **(document.get("output_config") or {}),
            "effort": candidate.effort.value,
        }
    elif "effort" in (document.get("output_config") or {}):
        del document["output_config"]["effort"]
    return document


def same(left: object, right: dict[str, object], *, may_drop_config: bool) -> bool:
    """Compare meanings; an ``output_config`` emptied by the removal may be gone or empty."""
    if may_drop_config and right.get("output_config") == {}:
        return left in (right, {key: value for key, value in right.items() if key != "output_config"})
    return left == right


@given(requests(), CANDIDATES)
def test_the_meaning_is_the_old_one_with_the_two_fields_set(body: bytes, candidate: Candidate) -> None:
    """Decoding the result gives what decoding the request gave, with model and effort set."""
    after = json.loads(splice(body, candidate))
    assert same(after, edited(body, candidate), may_drop_config=candidate.effort is None)


@given(requests(), CANDIDATES)
def test_fields_are_edited_as_their_bytes_are(body: bytes, candidate: Candidate) -> None:
    """Editing decoded fields gives what decoding the edited bytes gives, and changes nothing it was given."""
    fields = json.loads(body)
    assert with_candidate(fields, candidate) == json.loads(splice(body, candidate))
    assert fields == json.loads(body)


@pytest.mark.parametrize("config", ["low", 5, [], True])
def test_an_effort_object_of_another_kind_is_refused_in_fields_as_in_bytes(config: object) -> None:
    """Neither edit guesses what it might mean."""
    fields = {"model": "a", "output_config": config}
    for effort in (None, Effort.LOW):
        with pytest.raises(ValueError, match="output_config"):
            with_candidate(fields, Candidate("b", effort))
        with pytest.raises(ValueError, match="JSON object"):
            splice(json.dumps(fields).encode(), Candidate("b", effort))


@given(requests(twice=True), CANDIDATES)
def test_where_a_name_comes_twice_the_last_one_counts(body: bytes, candidate: Candidate) -> None:
    """Duplicate names are edited where decoders read them."""
    after = json.loads(splice(body, candidate))
    assert same(after, edited(body, candidate), may_drop_config=candidate.effort is None)


@given(requests())
def test_what_the_edit_leaves_is_the_same_bytes(body: bytes) -> None:
    """Around the model's value and the effort's value every byte is the one that came."""
    after = splice_model(body, "claude-haiku-5-5")
    place = next(m for m in reversed(distinct_members(body)) if m.key == "model")
    assert after == body[: place.value_start] + b'"claude-haiku-5-5"' + body[place.value_end :]


@given(requests(), CANDIDATES)
def test_the_edit_is_idempotent(body: bytes, candidate: Candidate) -> None:
    """Editing a second time changes nothing."""
    once = splice(body, candidate)
    assert splice(once, candidate) == once


@given(requests())
def test_both_ways_of_finding_members_agree(body: bytes) -> None:
    """The fast walk and the look at every bracket find the same places."""
    assert distinct_members(body) == members(body)


@given(requests(twice=True))
def test_members_of_a_document_with_duplicates_are_all_found(body: bytes) -> None:
    """Each place holds its name's value, and all pairs are there."""
    pairs = json.JSONDecoder(object_pairs_hook=list).decode(body.decode())
    found = distinct_members(body)
    assert [m.key for m in found] == [key for key, _ in pairs]
    decode = json.JSONDecoder(object_pairs_hook=list).decode
    assert [decode(body[m.value_start : m.value_end].decode()) for m in found] == [
        value for _, value in pairs
    ]


@given(st.binary(max_size=60) | st.text(alphabet='{}[]:,"\\ amodel1', max_size=40).map(str.encode))
def test_any_bytes_are_edited_or_refused(body: bytes) -> None:
    """Whatever comes, the answer is an edited document or ValueError."""
    try:
        after = splice(body, Candidate("claude-haiku-5-5", Effort.LOW))
    except ValueError:
        return
    assert json.loads(after)["model"] == "claude-haiku-5-5"


@given(
    st.binary(max_size=40) | st.text(alphabet='{}[]:,"\\ am1', max_size=30).map(str.encode), st.integers(0, 5)
)
def test_the_look_at_every_bracket_refuses_or_ends(body: bytes, start: int) -> None:
    """On bytes that are not JSON it raises ValueError or returns places that lie in them."""
    try:
        found = members(body, start)
    except ValueError:
        return
    assert all(start <= m.start < m.value_start < m.value_end <= len(body) for m in found)


@pytest.mark.parametrize(
    ("body", "effort", "after"),
    [
        (b'{"model":"a"}', Effort.LOW, b'{"model":"b","output_config":{"effort":"low"}}'),
        (
            b'{"output_config" : { } , "model":"a"}',
            Effort.LOW,
            b'{"output_config" : {"effort":"low" } , "model":"b"}',
        ),
        (
            b'{"output_config":null,"model":"a"}',
            Effort.MAX,
            b'{"output_config":{"effort":"max"},"model":"b"}',
        ),
        (b'{"output_config":null,"model":"a"}', None, b'{"output_config":null,"model":"b"}'),
        (b'{"output_config":{"effort":"high"},"model":"a"}', None, b'{"model":"b"}'),
        (b'{"model":"a" ,"output_config":{"effort":"high"} }', None, b'{"model":"b" }'),
        (
            b'{"model":"a","output_config":{"effort":"high", "format":{} }}',
            None,
            b'{"model":"b","output_config":{"format":{} }}',
        ),
        (
            b'{"model":"a","output_config":{"format":{}, "effort":"high","effort":"low" }}',
            None,
            b'{"model":"b","output_config":{"format":{} }}',
        ),
        (
            b'{"output_config":{"effort":"low"},"model":"a","output_config":{"effort":"high"}}',
            None,
            b'{"output_config":{"effort":"low"},"model":"b","output_config":{}}',
        ),
        (
            b'{"output_config":{"effort":"high"}, "output_config":{"format":1},"model":"a"}',
            None,
            b'{"output_config":{"effort":"high"}, "output_config":{"format":1},"model":"b"}',
        ),
    ],
)
def test_each_form_of_output_config(body: bytes, effort: Effort | None, after: bytes) -> None:
    """The effort is set, inserted or removed with exactly one comma."""
    assert splice(body, Candidate("b", effort)) == after


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"model"',
        b"{}",
        b'{"max_tokens":1}',
        b'{"model":"a","output_config":"low"}',
        b'{"model":"a"',
    ],
)
def test_a_body_that_cannot_be_edited_is_refused(body: bytes) -> None:
    """A ValueError says so; the caller then leaves the request as it is."""
    with pytest.raises(ValueError, match=r"."):
        splice(body, Candidate("b", Effort.LOW))


def test_a_duplicate_whose_value_begins_like_the_first_is_told_apart() -> None:
    """The walk must not take the beginning of 12 for the value 1."""
    assert distinct_members(b'{"a":12,"b":3,"a":1}') == members(b'{"a":12,"b":3,"a":1}')


@pytest.mark.parametrize("part", ["[]", "{a:1}", '{"a" 1}', '{"a":}', '{"a":[1', '{"a":1 "b":2}', ""])
def test_no_member_is_found_in_what_is_not_an_object(part: str) -> None:
    """A place that holds no whole object is refused."""
    with pytest.raises(ValueError, match=r"byte|object"):
        members(part.encode())


def test_a_long_text_full_of_escapes_needs_no_memory_of_its_own() -> None:
    """Scanning does not remember a place for each escape."""
    text = b"\\n" * 500_000
    body = b'{"a":["' + text + b'"],"model":"x","a":["' + text + b'"]}'
    assert splice_model(body, "y") == body.replace(b'"x"', b'"y"')
