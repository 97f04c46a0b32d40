"""A recorded request is asked again byte for byte as it was, but for who is asked."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix import settings
from modelmix.core.candidate import Candidate, Effort
from modelmix.wire.replayable import Asking, asking, body_of, prompt_key, set_aside
from wire.replies import exact, texts, values, written

TABLE = settings.load().capabilities()
HAIKU = Candidate("claude-haiku-5-5", Effort.LOW)
MESSAGES = [{"role": "user", "content": "What is it?"}]
REQUEST: dict[str, Any] = {"model": "claude-opus-5-5", "max_tokens": 100, "messages": MESSAGES}

fields = st.dictionaries(texts.filter(lambda key: key not in {"model", "stream", "output_config"}), values)
others = st.fixed_dictionaries(
    {},
    optional={
        "model": texts,
        "stream": st.booleans(),
        "metadata": st.just({"user_id": "u-1"}),
        "output_config": st.sampled_from([{"effort": "low"}, {"effort": "max"}, {}, None]),
    },
)


def asked(**changes: object) -> dict[str, Any]:
    """Write a request for another candidate and decode what would be sent."""
    found = asking({**REQUEST, **changes}, HAIKU, TABLE)
    assert isinstance(found, Asking), found
    assert found.candidate == HAIKU
    sent: dict[str, Any] = json.loads(found.body, parse_float=Decimal)
    return sent


def test_model_and_effort_are_set_and_nothing_else() -> None:
    """The answer comes whole, so that it costs one request and is priced at once."""
    request = {**REQUEST, "stream": True, "metadata": {"user_id": "u"}, "output_config": {"format": {}}}
    found = asking(request, HAIKU, TABLE)
    expected = (
        b'{"model":"claude-haiku-5-5","max_tokens":100,"messages":[{"role":"user","content":"What is it?"}],'
        b'"metadata":{"user_id":"u"},"output_config":{"format":{},"effort":"low"}}'
    )
    assert found == Asking(expected, HAIKU)


def test_an_effort_is_taken_out_where_the_candidate_takes_none() -> None:
    """Sonnet 4.5 rejects the parameter."""
    found = asking({**REQUEST, "output_config": {"effort": "high"}}, Candidate("claude-sonnet-4-5"), TABLE)
    assert isinstance(found, Asking)
    assert json.loads(found.body) == {**REQUEST, "model": "claude-sonnet-4-5"}


@pytest.mark.parametrize("number", ["0.7", "0.70", "1.0", "1e-7", "100000000000000000000001", "-0.0", "3"])
def test_a_number_stays_as_it_was_written(number: str) -> None:
    """0.7 is 0.7 in the bytes, not 0.69999999999999996, and no text."""
    schema = {"type": "number", "multipleOf": "HERE"}
    line = json.dumps({**REQUEST, "tools": [{"name": "t", "input_schema": schema}]})
    request = exact(json.loads(line.replace('"HERE"', number), parse_float=Decimal))
    body = body_of(request)
    assert (
        Decimal(number)
        == json.loads(body, parse_float=Decimal, parse_int=Decimal)["tools"][0]["input_schema"]["multipleOf"]
    )
    assert b'"multipleOf":"' not in body


@given(fields)
def test_keys_keep_their_order(given_fields: dict[str, Any]) -> None:
    """The order in which a schema names its fields is the order in which a model fills them."""
    request = {**REQUEST, "tools": [{"name": "t", "input_schema": given_fields}]}
    assert written(request) == body_of({**request, "stream": True})
    assert list(given_fields) == list(json.loads(body_of(request))["tools"][0]["input_schema"])


@given(fields, others, others)
def test_the_same_request_is_the_same_prompt(
    request: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Whichever model, effort or metadata it had, streamed or not, in any order of keys."""
    backwards = dict(reversed({**request, **other}.items()))
    assert prompt_key({**request, **one}) == prompt_key(backwards)


@given(fields, fields)
def test_another_request_is_another_prompt(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Any other change makes another prompt, and no change does not."""
    is_same = written(dict(sorted(one.items()))) == written(dict(sorted(other.items())))
    kept = [{key: value for key, value in each.items() if key != "metadata"} for each in (one, other)]
    if is_same or prompt_key(one) == prompt_key(other):
        assert kept[0] == kept[1]


@pytest.mark.parametrize(
    "change",
    [
        {"messages": [{"role": "user", "content": "What is it? "}]},
        {"max_tokens": 101},
        {"system": "s"},
        {"temperature": Decimal("0.5")},
        {"output_config": {"effort": "low", "format": {"type": "json_schema"}}},
        {"thinking": {"type": "disabled"}},
    ],
)
def test_every_part_of_a_prompt_counts(change: dict[str, Any]) -> None:
    """What changes what a model reads, or may write, is part of it."""
    assert prompt_key(REQUEST) != prompt_key({**REQUEST, **change})


def test_what_a_candidate_would_reject_is_not_asked() -> None:
    """The reason is given in a few stable words."""
    assert asking(REQUEST, Candidate("claude-of-tomorrow"), TABLE) == "unknown model"
    forced = {**REQUEST, "tool_choice": {"type": "any"}}
    assert asking(forced, Candidate("claude-sonnet-5-5"), TABLE) == "forced tool"
    assert asking(REQUEST, Candidate("claude-haiku-4-5"), TABLE, 190_000) == "prompt length"
    assert asking({**REQUEST, "thread": "t"}, HAIKU, TABLE) == "field thread"
    assert asking({**REQUEST, "output_config": "low"}, HAIKU, TABLE) == "output_config"


@pytest.mark.parametrize(
    "change",
    [
        {"model": None},
        {"system": "\ud800"},
        {"system": object()},
        {("a", "b"): 1},
    ],
)
def test_what_is_no_request_cannot_be_asked(change: dict[Any, Any]) -> None:
    """The reason quotes nothing of it."""
    with pytest.raises(ValueError, match=r"^(the request holds what JSON cannot|.* names no model)$"):
        asking({**REQUEST, **change}, HAIKU, TABLE)


def test_what_json_cannot_hold_has_no_identity() -> None:
    """A request that cannot be written cannot be told from another either."""
    with pytest.raises(ValueError, match=r"^the request holds what JSON cannot$"):
        prompt_key({**REQUEST, "system": "\ud800"})


LIVE = [
    "server_tool_use", "mcp_tool_use", "container_upload", "web_search_tool_result", "mcp_tool_result",
    "code_execution_tool_result", "tool_search_tool_result", "advisor_tool_result",
]  # fmt: skip


@pytest.mark.parametrize("kind", LIVE)
def test_history_that_the_api_made_is_bound_to_its_moment(kind: str) -> None:
    """Results of searches, containers and servers say what was true then."""
    messages = [*MESSAGES, {"role": "assistant", "content": [{"type": "text"}, {"type": kind}]}]
    assert set_aside({**REQUEST, "messages": messages}) == (
        "its history holds results of a tool that the API ran itself"
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"tools": [{"name": "a"}, {"type": "web_search_20260209"}]},
            "it uses a tool that the API runs itself",
        ),
        ({"tools": [{"type": ["custom"]}]}, "it uses a tool that the API runs itself"),
        ({"tools": [{"type": "bash_20250124"}]}, "it uses a tool made for some models only"),
        ({"mcp_servers": [{"url": "x"}]}, "it is bound to a server or a container of its own"),
        ({"container": "c"}, "it is bound to a server or a container of its own"),
        ({"messages": []}, "its messages were not recorded"),
        ({"messages": "redacted"}, "its messages were not recorded"),
    ],
)
def test_what_cannot_be_asked_faithfully_is_set_aside(change: dict[str, Any], why: str) -> None:
    """Whoever would be asked, the answer would be to something else."""
    assert set_aside({**REQUEST, **change}) == why


def test_what_the_caller_runs_itself_can_be_asked_again() -> None:
    """Tools of the caller, their calls and their results are plain text to a model."""
    content = [{"type": "tool_use", "name": "a"}, {"type": "tool_result"}, {"type": "thinking"}, "x"]
    request = {
        **REQUEST, "tools": [{"name": "a"}, {"type": "custom", "name": "b"}, "c"], "mcp_servers": [],
        "messages": [*MESSAGES, {"role": "assistant", "content": content}, "no message"],
    }  # fmt: skip
    assert set_aside(request) == ""


@given(st.dictionaries(st.sampled_from(["tools", "messages", "container", "mcp_servers"]), values), values)
def test_any_request_can_be_judged(request: dict[str, Any], inner: object) -> None:
    """Whatever its fields hold, types that are no text among them."""
    nested = {"messages": [{"content": [{"type": inner}]}], "tools": [{"type": inner}, inner]}
    assert isinstance(set_aside(request), str)
    assert isinstance(set_aside(nested), str)


@given(fields, st.sampled_from([HAIKU, Candidate("claude-opus-5-5"), Candidate("claude-haiku-4-5")]))
def test_any_request_is_asked_or_refused(request: dict[str, Any], candidate: Candidate) -> None:
    """What is asked is the same but for model and effort."""
    found = asking({**REQUEST, **request}, candidate, TABLE)
    if isinstance(found, Asking):
        again = json.loads(found.body, parse_float=Decimal)
        again.pop("output_config", None)
        assert again == exact({**REQUEST, **request, "model": candidate.model})


def test_asking_keeps_what_is_asked() -> None:
    """What was decoded is not changed on the way."""
    assert asked(system="s")["system"] == "s"
    assert REQUEST == {"model": "claude-opus-5-5", "max_tokens": 100, "messages": MESSAGES}
