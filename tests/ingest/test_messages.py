"""Request/response pairs become calls, whatever their log calls the two bodies."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.classify.template import fingerprint
from modelmix.core.call import BadRow, Call
from modelmix.core.candidate import Effort
from modelmix.core.usage import Usage
from modelmix.ingest.messages import read

AT = "2026-10-01T08:00:00Z"
SYSTEM = "You are a claims assistant. Extract the fields of the claim form of 2026-10-01."
USAGE = {"input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": 3, "service_tier": "standard"}
REQUEST: dict[str, object] = {
    "model": "claude-opus-5-5[1m]",
    "max_tokens": 100,
    "system": SYSTEM,
    "messages": [{"role": "user", "content": "the customer's text"}],
    "output_config": {"effort": "low"},
}
RESPONSE: dict[str, object] = {
    "id": "msg_1", "type": "message", "model": "claude-opus-5-5", "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "the answer's text"}],
    "usage": USAGE,
}  # fmt: skip
EVENTS: list[dict[str, object]] = [
    {"type": "message_start", "message": {**RESPONSE, "usage": {"input_tokens": 5, "output_tokens": 1}}},
    {"type": "content_block_delta", "delta": {"text": "x"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
    {"type": "message_stop"},
]
STREAM = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in EVENTS)
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}


def one(row: object) -> Call | BadRow:
    """Read one row."""
    [found] = read([row if isinstance(row, bytes) else json.dumps(row).encode()], "f.jsonl")
    return found


def call(**row: object) -> Call:
    """Read a pair that must be a call."""
    found = one({"request": REQUEST, "response": RESPONSE, "timestamp": AT, **row})
    assert isinstance(found, Call), found
    return found


def why(row: object) -> str:
    """Read a row that must be bad."""
    found = one(row)
    assert isinstance(found, BadRow), found
    assert (found.source, found.line) == ("f.jsonl", 1)
    return found.why


def test_a_pair_is_a_call_without_any_text() -> None:
    """Tokens, models, effort, template and ids arrive; prompts and answers do not."""
    template = fingerprint(SYSTEM)
    found = call(request_id="req_1", session_id="s-1", latency_ms=12.5, ttft_ms=3, cost_usd=0.25)
    assert found == Call(
        call_id="msg_1",
        at=datetime(2026, 10, 1, 8, tzinfo=UTC),
        source="messages",
        model_requested="claude-opus-5-5",
        model_served="claude-opus-5-5",
        usage=Usage(5, 3, 0, 0, 7),
        request_id="req_1",
        session_id="s-1",
        task_type=f"{template.label}-{template.sha[:6]}",
        task_source="template",
        template=template.sha,
        effort=Effort.LOW,
        stop_reason="end_turn",
        reported_usd=Decimal("0.25"),
        ttft_ms=3.0,
        latency_ms=12.5,
    )
    assert "text" not in repr(found)


@pytest.mark.parametrize(
    "row",
    [
        {"request": json.dumps(REQUEST), "response": json.dumps(RESPONSE), "timestamp": AT},
        {
            "request": {"body": REQUEST, "headers": {}},
            "response": {"status_code": 200, "body": RESPONSE},
            "ts": AT,
        },
        {
            "request_body": REQUEST,
            "response_body": RESPONSE,
            "response_status": "200",
            "request_created_at": AT,
        },
        {**REQUEST, "response": RESPONSE, "at": AT},
        {"request": REQUEST, "response": RESPONSE, "timestamp": 1_790_841_600},
        {"request": REQUEST, "response": RESPONSE, "timestamp": 1_790_841_600_000.0},
        {"request": REQUEST, "response": RESPONSE, "time": "2026-10-01T10:00:00+02:00"},
    ],
)
def test_bodies_and_instants_are_found_under_their_usual_names(row: dict[str, Any]) -> None:
    """All documented shapes of a pair give the same call."""
    assert one(row) == call()


def test_a_message_by_itself_is_a_call_of_unknown_type() -> None:
    """A log of responses alone has no request to tell a type from."""
    found = one({**RESPONSE, "timestamp": AT})
    assert isinstance(found, Call)
    assert (found.usage.output_tokens, found.task_type, found.template) == (7, "untyped", "")


@pytest.mark.parametrize(
    "response",
    [
        STREAM, STREAM.rstrip("\n"), EVENTS,
        [{"event": event["type"], "data": event} for event in EVENTS],
        [{"event": event["type"], "data": json.dumps(event)} for event in EVENTS],
        [f"data: {json.dumps(event)}" for event in EVENTS],
        [*EVENTS, 7, "junk"],
    ],
)  # fmt: skip
def test_a_recorded_stream_gives_its_final_usage(response: object) -> None:
    """Events, as a list or as the stream's own text, end in the cumulative counts of the last delta."""
    found = call(response=response)
    assert (found.usage, found.stream, found.stop_reason) == (Usage(5, output_tokens=7), True, "end_turn")


@pytest.mark.parametrize(
    ("row", "status", "error"),
    [
        ({"response": OVERLOADED}, 529, "overloaded_error"),
        ({"response": {"status": 429, "body": {"type": "error", "error": {"type": "rate"}}}}, 429, "rate"),
        ({"response": {"type": "error", "error": {"type": "novel_error"}}}, 500, "novel_error"),
        ({"response": {"type": "error"}}, 500, "error"),
        ({"response": None, "status": 503}, 503, "error"),
        ({"response": None, "error": {"type": "timeout_error"}}, 504, "timeout_error"),
        ({"response": None, "error": "connection lost"}, 500, "connection lost"),
        ({"response": [OVERLOADED]}, 200, "overloaded_error"),
        ({"response": {"id": "x"}, "status": 400}, 400, ""),
        ({"response": {"type": "errored", "error": OVERLOADED}}, 529, "overloaded_error"),
        ({"response": {"type": "errored", "error": {"type": "api_error"}}}, 500, "api_error"),
        ({"response": {"type": "expired"}}, 500, "expired"),
    ],
)
def test_a_failure_is_a_call_without_tokens(row: dict[str, Any], status: int, error: str) -> None:
    """Errors keep their status and type; a stream that failed had begun with a 200."""
    found = call(**row)
    assert (found.status, found.error, found.usage) == (status, error, Usage())


def test_a_stream_that_breaks_is_billed_for_what_it_stated() -> None:
    """The usage of message_start stands although an error ended the stream."""
    found = call(response=[EVENTS[0], OVERLOADED])
    assert (found.usage, found.error, found.status) == (Usage(5, output_tokens=1), "overloaded_error", 200)


def test_a_batch_result_is_a_batch_call() -> None:
    """Results of a batch carry their message inside, at half the price."""
    row = {"params": REQUEST, "result": {"type": "succeeded", "message": RESPONSE}, "timestamp": AT}
    found = one(row)
    assert isinstance(found, Call)
    assert (found.batch, found.usage.output_tokens, found.call_id) == (True, 7, "msg_1")
    assert call(response={**RESPONSE, "usage": {"input_tokens": 1, "service_tier": "batch"}}).batch


@pytest.mark.parametrize(
    ("row", "task_type", "source"),
    [
        ({"task_type": "triage"}, "triage", "tag"),
        ({"headers": {"Modelmix-Task": "triage"}, "task_type": "other"}, "triage", "tag"),
        ({"metadata": {"task_type": "triage"}}, "triage", "tag"),
        ({"request": {**REQUEST, "metadata": {"modelmix-task": "triage"}}}, "triage", "tag"),
        ({"request": {**REQUEST, "metadata": {"user_id": "u"}, "system": None}}, "untyped", "none"),
        ({"request": {**REQUEST, "system": None}, "task_type": "not a tag!"}, "untyped", "none"),
    ],
)
def test_a_tag_names_the_type_before_the_template_does(
    row: dict[str, Any], task_type: str, source: str
) -> None:
    """The header, the row's field and metadata are tags; an invalid one counts as absent."""
    found = call(**row)
    assert (found.task_type, found.task_source) == (task_type, source)


def test_headers_name_session_sub_agent_and_request() -> None:
    """Claude Code's headers, on either side of the pair, tell session and sub-agent."""
    sent_headers = {"X-Claude-Code-Session-Id": "s", "X-Claude-Code-Agent-Id": "a", "n": 5}
    sent = {"body": REQUEST, "headers": sent_headers}
    found = call(request=sent, response={"body": RESPONSE, "headers": {"request-id": "req_9"}})
    assert (found.session_id, found.is_subagent, found.request_id) == ("s", True, "req_9")


def test_a_row_may_say_itself_that_a_sub_agent_sent_it() -> None:
    """As captured rows do, which hold no headers; anything but true says nothing."""
    assert call(is_subagent=True).is_subagent
    assert not call(is_subagent="yes").is_subagent


def test_what_was_used_counts_before_what_was_asked_for() -> None:
    """Speed and region of the response win; the request's stand in only where it is silent."""
    asked = {**REQUEST, "speed": "fast", "inference_geo": "us", "stream": True}
    silent = call(request=asked)
    standard = {**USAGE, "speed": "standard", "inference_geo": "global"}
    told = call(request=asked, response={**RESPONSE, "usage": standard})
    assert (silent.fast, silent.us, silent.stream) == (True, True, True)
    assert (told.fast, told.us) == (False, False)
    used = {**RESPONSE, "usage": {"input_tokens": 1, "speed": "fast", "inference_geo": "us"}}
    assert (call(response=used).fast, call(response=used).us) == (True, True)


def test_ids_stand_in_for_each_other() -> None:
    """Message id, request id, the row's own id, else what the row says."""
    nameless = {**RESPONSE, "id": None}
    assert call(response=nameless, request_id="r", id="row").call_id == "r"
    assert call(response=nameless, id="row").call_id == "row"
    first, second = call(response=nameless), call(response={**nameless, "id": "\ud800"})
    assert first.call_id == second.call_id
    assert first.call_id.startswith("digest-")


def test_odd_times_are_dropped_and_odd_efforts_unknown() -> None:
    """A latency that cannot be is none; so is an effort that the API does not have."""
    found = call(latency_ms=-1, ttft_ms="soon", request={**REQUEST, "output_config": {"effort": "warp"}})
    assert (found.latency_ms, found.ttft_ms, found.effort) == (None, None, None)
    assert call(request={**REQUEST, "output_config": {"effort": 5}}).effort is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "the response is missing"),
        ({"timestamp": AT, "request": REQUEST}, "the response is missing"),
        ({"response": RESPONSE}, "the timestamp is missing"),
        ({"response": RESPONSE, "timestamp": "2026-10-01"}, "the timestamp has no time zone"),
        ({"response": RESPONSE, "timestamp": "noon"}, "the timestamp is not ISO 8601"),
        ({"response": RESPONSE, "timestamp": "0001-01-01T00:00:00+23:59"}, "outside the calendar"),
        ({"response": RESPONSE, "timestamp": -5}, "the timestamp is neither"),
        ({"response": RESPONSE, "timestamp": True}, "the timestamp is neither"),
        ({"response": RESPONSE, "timestamp": 1e300}, "the timestamp is neither"),
        ({"response": {"usage": {"input_tokens": 1}}, "timestamp": AT}, "names a model"),
        ({"response": {"model": "m"}, "timestamp": AT}, "response: there is no usage object"),
        (
            {"response": {"model": "m", "usage": {"input_tokens": -1}}, "timestamp": AT},
            "no sound input_tokens",
        ),
        ({"response": '{"model": "m', "timestamp": AT}, "the JSON is cut off"),
        ({"response": '{"model": "\ud800"}', "timestamp": AT}, "half of a surrogate pair"),
        ({"response": RESPONSE, "timestamp": AT, "cost_usd": -1}, "the reported cost is negative"),
        (
            {"response": RESPONSE, "timestamp": AT, "cost_usd": 1e-200},
            "the reported cost is not a plausible amount",
        ),
        ({"response": RESPONSE, "timestamp": AT, "cost_usd": "x"}, "the reported cost is not a number"),
        (b"[]", "not a JSON object"),
        (b"{", "the JSON is cut off"),
        (b'{"a": 1e99999999999999999999}', "number out of range"),
        (b'{"a": "\xff"}', "not UTF-8"),
    ],
)
def test_a_row_that_is_no_pair_says_why(row: object, said: str) -> None:
    """Each kind of damage has its own clause."""
    assert said in why(row)


def test_blank_lines_and_a_byte_order_mark_harm_nothing() -> None:
    """Line ends, blank lines and a mark at the start are no rows."""
    good = json.dumps({"request": REQUEST, "response": RESPONSE, "timestamp": AT}).encode()
    found = list(read([b"\xef\xbb\xbf" + good + b"\r\n", b"\n", b"", good], "f"))
    assert found == [call(), call()]


def test_mappings_with_python_values_are_read() -> None:
    """Rows from a table carry instants, not texts."""
    row = {"request": REQUEST, "response": RESPONSE, "timestamp": datetime(2026, 10, 1, 8, tzinfo=UTC)}
    assert list(read([row], "f")) == [call()]
    assert [
        type(item) for item in read([{**row, "latency_ms": float("nan"), "response": [{1j: 2}]}], "f")
    ] == [BadRow]


INNER_KEYS = st.sampled_from(["body", "type", "error", "usage", "data", "message", "x"])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.just(STREAM)
    | st.just(AT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(INNER_KEYS, inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["request", "response", "timestamp", "status", "headers", "metadata", "error", "id", "cost_usd"]
)


@given(st.dictionaries(KEYS, JSON, max_size=5), st.booleans())
def test_any_values_in_any_fields_give_calls_or_bad_rows(changes: dict[str, Any], as_line: bool) -> None:
    """No shape raises, as a line or as a mapping."""
    row: Any = {"request": REQUEST, "response": RESPONSE, "timestamp": AT, **changes}
    row = json.dumps(row).encode() if as_line else row
    assert all(isinstance(found, Call | BadRow) for found in read([row], "f"))


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_give_calls_or_bad_rows(rows: list[bytes]) -> None:
    """No bytes raise."""
    assert all(isinstance(found, Call | BadRow) for found in read(rows, "f"))
