"""Recorded pairs keep what a replay needs, and say of every other row why they cannot."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import BadRow
from modelmix.core.candidate import Effort
from modelmix.core.recorded import Recorded
from modelmix.core.reply import Reply, ToolCall
from modelmix.ingest.recorded import SetAside, read
from wire.replies import contents, cuts, exact, message, sse, stream, values, written

AT = "2026-10-01T08:00:00Z"
MESSAGES = [{"role": "user", "content": "What is it?"}]
REQUEST: dict[str, Any] = {
    "model": "claude-opus-5-5", "max_tokens": 100, "messages": MESSAGES, "output_config": {"effort": "low"},
}  # fmt: skip
ANSWER = [{"type": "text", "text": "It is 0.70."}]
FAILED = "it failed when it was recorded"
NOTHING = "its answer holds neither text nor a tool call"
BROKEN = "its answer broke off before its end"
CALL = {"type": "tool_use", "name": "book", "input": {"price": Decimal("0.70"), "nights": 2}}


def one(**row: object) -> Recorded | SetAside | BadRow:
    """Read one pair as a line of a log."""
    line = written({"request": REQUEST, "response": message(ANSWER), "timestamp": AT, **row})
    [found] = read([line], "f.jsonl")
    return found


def recorded(**row: object) -> Recorded:
    """Read a pair that can be replayed."""
    found = one(**row)
    assert isinstance(found, Recorded), found
    return found


def aside(**row: object) -> str:
    """Read a pair that is set aside, and say why."""
    found = one(**row)
    assert isinstance(found, SetAside), found
    return found.why


def test_a_pair_is_kept_whole() -> None:
    """Request, reply, what was metered, and what the row says of the prompt."""
    found = recorded(
        prompt_id=" p-1 ", expected="It is 0.70", slice="long", cluster_id="doc-7", session_id="s-1",
        task_type="triage", request={"headers": {"Anthropic-Beta": "a-1, b-2"}, "body": REQUEST},
    )  # fmt: skip
    assert found == Recorded(
        prompt_id="p-1", call=found.call, request=REQUEST, reply=Reply("It is 0.70.", (), "end_turn"),
        expected="It is 0.70", slice_name="long", cluster_id="doc-7", betas="a-1, b-2",
    )  # fmt: skip
    assert (found.call.task_type, found.call.effort, found.call.usage.output_tokens) == (
        "triage",
        Effort.LOW,
        7,
    )


def test_what_a_row_does_not_say_is_not_made_up() -> None:
    """Without an id the prompt's content is one, without a cluster its session, without an answer none."""
    found = recorded(session_id="s-1")
    assert (found.expected, found.slice_name, found.cluster_id, found.betas) == (None, "", "s-1", "")
    assert found.prompt_id.startswith("p-")
    other = recorded(request={**REQUEST, "model": "claude-haiku-5-5", "stream": True, "output_config": {}})
    assert other.prompt_id == found.prompt_id
    assert recorded(request={**REQUEST, "system": "s"}).prompt_id != found.prompt_id


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("expected", {"b": Decimal("0.70"), "a": 1}, '{"b":0.70,"a":1}'), ("label", "spam", "spam"),
        ("expected", 7, "7"), ("gold", True, "true"), ("expected", "", None), ("expected", " ", None),
        ("ground_truth", [], "[]"), ("answer", "no column of a log", None),
    ],
)  # fmt: skip
def test_a_right_answer_is_taken_where_the_row_has_one(
    column: str, value: object, expected: str | None
) -> None:
    """As a model would write it; an empty cell is no answer."""
    assert expected == recorded(**{column: value}).expected


@pytest.mark.parametrize(("value", "name"), [(17, "17"), (0, "0"), (True, ""), ("", ""), (10**50, "")])
def test_identities_may_be_numbers(value: object, name: str) -> None:
    """As tables write them; what is none counts as absent."""
    found = recorded(prompt_id=value, cluster_id=value)
    assert (found.prompt_id if name else "", found.cluster_id) == (name, name)


@given(contents, cuts)
def test_a_stream_is_recorded_as_its_message_is(content: list[dict[str, Any]], cut_at: list[int]) -> None:
    """As text, as a list of events, and as data beside the events' names."""
    events = stream(content, cut_at)
    whole = one(response=message(content))
    forms = (sse(events), events, [{"event": each["type"], "data": each} for each in events])
    for response in forms:
        streamed = one(response=response)
        if isinstance(whole, Recorded):
            assert isinstance(streamed, Recorded)
            assert streamed.reply == whole.reply
            assert streamed.call.usage == whole.call.usage
        else:
            assert streamed == whole


def test_numbers_are_exact_in_requests_and_replies() -> None:
    """0.70 is 0.70 on the way in and stays so until it is sent."""
    request = {**REQUEST, "temperature": Decimal("0.70")}
    for response in (message([CALL]), sse(stream([CALL], [4, 9])), stream([CALL], [2])):
        found = recorded(request=request, response=response)
        assert str(found.request["temperature"]) == "0.70"
        [call] = found.reply.tool_calls
        assert call == ToolCall("book", {"price": Decimal("0.70"), "nights": 2})
        assert str(call.arguments["price"]) == "0.70"


def test_an_input_that_a_list_of_events_holds_stays_a_number() -> None:
    """Also where the block's beginning has it."""
    events = stream(ANSWER)
    events.insert(-2, {"type": "content_block_start", "index": 7, "content_block": CALL})
    assert recorded(response=events).reply.tool_calls == (ToolCall("book", CALL["input"]),)  # type: ignore[arg-type] # a block's value


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"response": {"type": "error", "error": {"type": "overloaded_error"}}}, FAILED),
        ({"status": 529}, FAILED),
        ({"request": {"model": "m", "messages": []}}, "its messages were not recorded"),
        ({"request": None}, "its request was not recorded"),
        ({"request": {**REQUEST, "container": "c"}}, "it is bound to a server or a container of its own"),
        ({"response": message([])}, NOTHING),
        ({"response": message([{"type": "thinking", "thinking": "x"}])}, NOTHING),
        ({"response": sse(stream(ANSWER)[:-2])}, BROKEN),
        ({"response": stream(ANSWER)[:5]}, BROKEN),
        ({"headers": {"anthropic-beta": "a\nb: c"}}, "its anthropic-beta header cannot be sent again"),
    ],
)  # fmt: skip
def test_what_cannot_be_replayed_is_set_aside(row: dict[str, Any], why: str) -> None:
    """Each reason is told; a stream that broke off is no answer to hold others against."""
    assert aside(**row) == why


def test_a_long_list_of_betas_is_kept() -> None:
    """Without it the request might be rejected."""
    betas = ",".join(f"some-feature-of-the-api-2026-11-{day:02d}" for day in range(30))
    assert recorded(headers={"anthropic-beta": betas}).betas == betas


def test_half_a_surrogate_pair_is_no_answer_and_no_request() -> None:
    """JSON can write one, and nothing that follows could store it; the reason quotes nothing."""
    line = json.dumps(
        {"request": REQUEST, "response": message([{"type": "text", "text": "x\ud83d"}]), "at": AT}
    )
    [answer] = read([line.encode()], "f")
    assert answer == SetAside("its answer holds half of a surrogate pair", "untyped")
    line = json.dumps({"request": {**REQUEST, "system": "\ud83d"}, "response": message(ANSWER), "at": AT})
    [request] = read([line.encode()], "f")
    assert request == BadRow("f", 1, "the request holds what JSON cannot")


def test_a_row_that_is_itself_the_request_is_asked_without_what_the_log_added() -> None:
    """Ids, instants, answers and the response itself are no fields of a request."""
    row = {
        **REQUEST, "response": message(ANSWER), "timestamp": AT, "id": "c-1", "session_id": "s",
        "expected": "x", "prompt_id": "p", "task_type": "triage", "metadata": {"task": "triage"},
        "latency_ms": 3, "status": 200,
    }  # fmt: skip
    [found] = read([written(row)], "f")
    assert isinstance(found, Recorded)
    assert found.request == REQUEST
    [merged] = read([written({**REQUEST, **message(ANSWER), "at": AT, "metadata": {"user_id": "u"}})], "f")
    assert isinstance(merged, Recorded)
    assert merged.request == {**REQUEST, "metadata": {"user_id": "u"}}
    assert merged.prompt_id == recorded().prompt_id


def test_what_might_be_a_field_of_a_request_stays_in_it() -> None:
    """A column that nobody knows may be a field of tomorrow's API; a candidate then says no to it."""
    [found] = read([written({**REQUEST, "response": message(ANSWER), "at": AT, "thread": "t"})], "f")
    assert isinstance(found, Recorded)
    assert found.request == {**REQUEST, "thread": "t"}


def test_rows_that_cannot_be_read_are_told_with_their_place() -> None:
    """Blank lines give nothing, all others something."""
    rows = [b"", b"{", b"[]", written({"request": REQUEST, "response": message(ANSWER)}), b" "]
    assert list(read(rows, "f")) == [
        BadRow("f", 2, "the JSON is cut off"),
        BadRow("f", 3, "not a JSON object"),
        BadRow("f", 4, "the timestamp is missing"),
    ]


parts = st.sampled_from([
    "request", "response", "timestamp", "prompt_id", "expected", "slice", "cluster_id", "headers", "status",
    "messages", "model", "usage", "content", "params", "metadata", "task_type",
])  # fmt: skip
blocks = st.dictionaries(
    st.sampled_from(["type", "text", "input", "name", "role", "content"]), values, max_size=4
)
bodies = st.dictionaries(
    st.sampled_from([
        "model", "messages", "tools", "system", "container", "mcp_servers", "output_config", "content",
        "usage", "stop_reason", "type", "error", "id",
    ]),
    values | st.lists(blocks, max_size=2),
    max_size=5,
)  # fmt: skip


@given(st.dictionaries(parts, values | bodies | blocks), st.booleans())
def test_any_row_gives_one_value(changes: dict[str, Any], over_a_good_one: bool) -> None:
    """A pair, a reason, or a bad row; whatever its fields hold."""
    good = {"request": REQUEST, "response": message(ANSWER), "timestamp": AT} if over_a_good_one else {}
    row = {**good, **changes}
    for form in (row, exact(row)):
        [found] = read([form], "f")
        assert isinstance(found, Recorded | SetAside | BadRow)


@given(bodies, bodies)
def test_any_bodies_give_one_value(request: dict[str, Any], response: dict[str, Any]) -> None:
    """Also where request and response are almost right."""
    row = {"request": {**REQUEST, **request}, "response": {**message(ANSWER), **response}, "timestamp": AT}
    assert len(list(read([row], "f"))) == 1


@given(st.lists(st.binary(max_size=60) | values.map(written), max_size=5))
def test_any_bytes_give_values(rows: list[bytes]) -> None:
    """Nothing raises, and no row is lost."""
    full = [row for row in rows if row and not row.isspace()]
    assert len(full) == len(list(read(rows, "f")))


def test_rows_nested_beyond_reason_are_bad_or_set_aside() -> None:
    """In the row itself, and in a body that is text."""
    deep = b"[" * 100_000 + b"]" * 100_000
    line = b'{"request":%b,"response":{},"timestamp":1}' % deep
    text = written({"request": '{"messages":' + deep.decode() + "}", "response": {}, "timestamp": 1})
    assert [type(found) for found in read([line, text], "f")] == [BadRow, BadRow]


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ({"slice": ["long", "vip; long"], "tenant": "acme"}, "long; vip; tenant acme"),
        ({"tenant_id": 12}, "tenant 12"),
        ({"metadata": {"customer_id": "a;b"}}, "tenant a,b"),
        ({"tenant": "x" * 90}, f"tenant {'x' * 60}"),
        ({"tenant": ["a"], "slice": 3, "metadata": "m"}, ""),
    ],
)
def test_a_row_may_lie_in_several_slices(row: dict[str, Any], names: str) -> None:
    """What the log says, as a list or parted by semicolons, and its tenant."""
    assert recorded(**row).slice_name == names


def test_a_tenant_beside_the_request_is_not_sent() -> None:
    """A log that holds request and answer in one object may name it there; the API would refuse it."""
    line = written({**REQUEST, "response": message(ANSWER), "timestamp": AT, "tenant": "acme"})
    [found] = read([line], "f.jsonl")
    assert isinstance(found, Recorded)
    assert "tenant" not in found.request
    assert found.slice_name == "tenant acme"
