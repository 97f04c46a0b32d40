"""Claude Code transcripts become calls, or say why not."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import BadRow, Call
from modelmix.core.candidate import Effort
from modelmix.core.usage import Iteration, Usage
from modelmix.ingest.claude_code import read

USAGE = {
    "input_tokens": 4,
    "cache_creation_input_tokens": 21_300,
    "cache_read_input_tokens": 7,
    "cache_creation": {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 21_000},
    "output_tokens": 136,
    "service_tier": "standard",
}


def line(**changes: object) -> dict[str, Any]:
    """Return a transcript line; ``message_…`` and ``usage_…`` change keys of its inner objects."""
    usage: dict[str, object] = dict(USAGE)
    usage |= {k.removeprefix("usage_"): v for k, v in changes.items() if k.startswith("usage_")}
    message: dict[str, object] = {
        "id": "msg_1",
        "model": "claude-opus-5",
        "role": "assistant",
        "stop_reason": "tool_use",
        "usage": usage,
    }
    message |= {k.removeprefix("message_"): v for k, v in changes.items() if k.startswith("message_")}
    row = {
        "sessionId": "s-1", "isSidechain": False, "requestId": "req_1",
        "timestamp": "2026-09-29T05:34:46.000Z", "type": "assistant", "uuid": "a-1", "message": message,
    }  # fmt: skip
    return row | {k: v for k, v in changes.items() if not k.startswith(("message_", "usage_"))}


def one(row: object) -> Call | BadRow:
    """Read one row, which must give one thing."""
    [found] = read([row if isinstance(row, bytes) else json.dumps(row).encode()], "f.jsonl")
    return found


def call(**changes: object) -> Call:
    """Read one line that must be a call."""
    found = one(line(**changes))
    assert isinstance(found, Call), found
    return found


def why(row: object) -> str:
    """Read one row that must be bad."""
    found = one(row)
    assert isinstance(found, BadRow), found
    assert (found.source, found.line) == ("f.jsonl", 1)
    return found.why


def test_a_line_with_usage_is_a_call_with_every_token_in_one_bucket() -> None:
    """All fields of an ordinary line arrive, and the cache writes are split by lifetime."""
    assert call() == Call(
        call_id="msg_1",
        at=datetime(2026, 9, 29, 5, 34, 46, tzinfo=UTC),
        source="claude-code",
        model_requested="claude-opus-5",
        model_served="claude-opus-5",
        usage=Usage(4, 7, 300, 21_000, 136),
        request_id="req_1",
        session_id="s-1",
        stop_reason="tool_use",
    )


@pytest.mark.parametrize(
    "split", [None, {}, {"ephemeral_5m_input_tokens": None}, {"ephemeral_1h_input_tokens": 0}]
)
def test_writes_of_unknown_lifetime_go_to_the_five_minute_bucket(split: object) -> None:
    """Without a split no written token is lost, and the call says that the split is not known."""
    found = call(usage_cache_creation=split)
    assert (found.usage.cache_write_5m_tokens, found.usage.cache_write_1h_tokens) == (21_300, 0)
    assert not found.write_split_known


def test_a_split_larger_than_the_total_is_believed() -> None:
    """The split is what is billed; a total that is absent beside it does not reduce it."""
    found = call(usage_cache_creation_input_tokens=None)
    assert (found.usage.cache_write_tokens, found.write_split_known) == (21_300, True)


def test_flags_that_change_the_price_are_read() -> None:
    """Fast mode, US inference, batch, searches, sub-agent, effort and API errors arrive."""
    found = call(
        usage_speed="fast", usage_inference_geo="us", usage_service_tier="batch",
        usage_server_tool_use={"web_search_requests": 3, "web_fetch_requests": 2},
        isSidechain=True, effort="low", isApiErrorMessage=True,
    )  # fmt: skip
    assert (found.fast, found.us, found.batch, found.is_subagent) == (True, True, True, True)
    assert (found.usage.web_search_requests, found.usage.web_fetch_requests) == (3, 2)
    assert (found.effort, found.error) == (Effort.LOW, "api_error")
    assert call(effort="warp", usage_server_tool_use=None).effort is None


def test_iterations_are_kept_with_their_own_models() -> None:
    """An advisor's tokens are absent from the totals and stand in the iterations."""
    parts = [
        {"type": "message", "input_tokens": 4, "output_tokens": 136},
        {
            "type": "advisor_message",
            "model": "claude-opus-5-5",
            "input_tokens": 9,
            "cache_creation_input_tokens": 5,
        },
        {},
    ]
    found = call(usage_iterations=parts)
    assert found.usage.iterations == (
        Iteration("message", "", Usage(4, 0, 0, 0, 136)),
        Iteration("advisor_message", "claude-opus-5-5", Usage(9, 0, 5)),
        Iteration("message", "", Usage()),
    )
    assert not found.write_split_known


def test_the_context_suffix_is_no_part_of_the_model() -> None:
    """A model with ``[1m]`` is priced as the model that it is."""
    assert call(message_model="claude-sonnet-5-5[1m]").model_served == "claude-sonnet-5-5"


def test_the_type_of_a_line_does_not_decide() -> None:
    """A line without ``type`` is a call if its message has usage."""
    row = line()
    del row["type"]
    assert isinstance(one(row), Call)


def test_the_clients_own_cost_is_a_claim_kept_to_the_digit() -> None:
    """``costUSD`` of old versions is read as written, not through a float."""
    row = json.dumps(line()).encode()[:-1] + b', "costUSD": 0.1234567890123456789012345}'
    found = one(row)
    assert isinstance(found, Call)
    assert found.reported_usd == Decimal("0.1234567890123456789012345")


@pytest.mark.parametrize(
    ("changes", "call_id"),
    [
        ({}, "msg_1"),
        ({"requestId": None}, "msg_1"),
        ({"message_id": None}, "req_1"),
        ({"message_id": "", "requestId": ""}, "a-1"),
    ],
)
def test_the_message_id_names_the_call_and_other_ids_stand_in_for_it(
    changes: dict[str, Any], call_id: str
) -> None:
    """A replay under another request id is the same call; only without a message id do other ids count."""
    assert call(**changes).call_id == call_id


def test_without_any_id_equal_lines_are_one_call() -> None:
    """What a line says is its identity where it has no other."""
    nameless = {"message_id": None, "requestId": None, "uuid": None}
    first, second = call(**nameless), call(**nameless)
    assert first.call_id == second.call_id
    assert first.call_id != call(**nameless, usage_output_tokens=137).call_id


@pytest.mark.parametrize(
    "row",
    [
        b"", b"\n", b" \r\n", b'{"type":"summary","summary":"x"}', b"{}", b'{"message":null}',
        b'{"message":"text"}',
        b'{"message":{"usage":null,"id":7}}', b'{"message":{"content":"hi"},"timestamp":12}',
        b'{"message":{"model":"<synthetic>","usage":{"input_tokens":0}}}',
        b'{"message":{"model":"<synthetic>","usage":{"input_tokens":-1}}}', b'{"message":[1],"sessionId":5}',
    ],
)  # fmt: skip
def test_lines_that_are_no_calls_are_passed_over(row: bytes) -> None:
    """Blank lines, lines without usage and the client's own messages are neither calls nor bad rows."""
    assert list(read([row], "f")) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"message_model": None}, "message.model is missing"),
        ({"message_model": "[1m]"}, "message.model is missing"),
        ({"timestamp": None}, "timestamp is missing"),
        ({"timestamp": "2026-09-29T05:34:46"}, "timestamp has no time zone"),
        ({"timestamp": "0001-01-01T00:00:00+23:59"}, "timestamp is outside the calendar"),
        ({"timestamp": "yesterday"}, "timestamp: invalid RFC3339 encoded datetime"),
        ({"usage_output_tokens": -1}, "message.usage.output_tokens: expected int >= 0"),
        ({"usage_output_tokens": 1.5}, "message.usage.output_tokens: expected int | null, got float"),
        ({"usage_output_tokens": True}, "message.usage.output_tokens: expected int | null, got bool"),
        ({"usage_output_tokens": "12"}, "message.usage.output_tokens: expected int | null, got str"),
        ({"usage_output_tokens": 10**30}, "message.usage.output_tokens: expected int <= 1099511627776"),
        ({"usage_input_tokens": None, "usage_output_tokens": None}, "neither input_tokens nor"),
        (
            {"usage_iterations": [{"input_tokens": -5}]},
            "message.usage.iterations[0].input_tokens: expected int >= 0",
        ),
        ({"message_usage": 5}, "message.usage: expected object | null, got int"),
        ({"costUSD": "NaN"}, "costUSD is not a number"),
        ({"costUSD": -1}, "costUSD is negative"),
        ({"sessionId": "s" * 600}, "sessionId: expected str of length <= 512"),
    ],
)
def test_a_damaged_call_says_what_is_wrong(changes: dict[str, Any], said: str) -> None:
    """Each way in which a call cannot be believed has its own clause, which names the field."""
    assert said in why(line(**changes))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b'{"message": {"usage"', "the JSON is cut off"),
        (json.dumps(line()).encode()[:-30], "the JSON is cut off"),
        (b"nonsense", "not valid JSON: invalid character (byte 4)"),
        (b'{"a": NaN}', "not valid JSON: invalid character (byte 6)"),
        (b'{"a": 1} {"b": 2}', "not valid JSON: trailing characters (byte 10)"),
        (b"[1, 2]", "not a JSON object"),
        (b"7", "not a JSON object"),
        (b'{"a": "\xff"}', "not UTF-8 (byte 7)"),
        (b'{"a": ' + b"[" * 100_000, "nested too deeply"),
        (b"\x00\x00\x00", "not valid JSON: invalid character (byte 0)"),
        (b'{"a": "\\ud800", "b": NaN}', "not valid JSON"),
        (b'{"a": "\\ud800", "b": ' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_object_is_a_bad_row(row: bytes, said: str) -> None:
    """Damage of every kind is told by its kind and place."""
    assert why(row) == said


def test_half_a_surrogate_pair_in_skipped_text_harms_no_call() -> None:
    """A text that was cut inside an emoji is valid JSON; the call beside it counts."""
    row = json.dumps(line()).encode()[:-1] + b', "toolUseResult": "cut \\ud83d"}'
    assert one(row) == call()


def test_half_a_surrogate_pair_in_a_name_is_a_bad_row() -> None:
    """What no store could keep does not become a call."""
    assert why(json.dumps(line(sessionId="\ud800")).encode()) == "a text holds half of a surrogate pair"


def test_the_clause_never_quotes_the_row() -> None:
    """Bad rows are shown and stored, so they may not carry what users wrote."""
    secret = "hunter2-in-the-transcript"
    for row in (
        line(usage_output_tokens=secret),
        line(timestamp=secret),
        line(costUSD=secret),
        {secret: line()},
    ):
        for found in read([json.dumps(row).encode(), secret.encode()], "f"):
            assert secret not in found.why if isinstance(found, BadRow) else False


def test_bad_rows_carry_their_line_number_and_spare_their_neighbours() -> None:
    """Blank lines count as lines; good lines around a bad one are read."""
    good = json.dumps(line()).encode() + b"\n"
    found = list(read([good, b"\n", b"{bad\n", good, good[:50]], "f"))
    assert [item.line if isinstance(item, BadRow) else 0 for item in found] == [0, 3, 0, 5]


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    """A file that an editor saved with a mark reads the same; on another line it is damage."""
    good = json.dumps(line()).encode()
    assert list(read([b"\xef\xbb\xbf" + good], "f")) == list(read([good], "f"))
    [_, second] = read([good, b"\xef\xbb\xbf" + good], "f")
    assert isinstance(second, BadRow)


def test_an_instant_of_another_zone_becomes_utc() -> None:
    """Two clocks that show the same instant give the same call."""
    assert call(timestamp="2026-09-29T07:34:46+02:00") == call()


def test_mappings_read_like_the_lines_they_stand_for() -> None:
    """Rows that come decoded give the same calls, and odd ones the same silence or clause."""
    assert list(read([MappingProxyType(line())], "f")) == [call()]
    assert list(read([{}, {"message": 5}], "f")) == []
    bad = list(read([line(usage_output_tokens=float("nan")), line(sessionId="\ud800"), 5], "f"))  # type: ignore[list-item]  # what a careless caller passes
    assert [item.line for item in bad if isinstance(item, BadRow)] == [1, 2, 3]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from([
    "message", "timestamp", "sessionId", "requestId", "uuid", "isSidechain", "costUSD", "effort",
    "message_id",
    "message_model", "message_usage", "message_stop_reason", *(f"usage_{key}" for key in USAGE),
    "usage_iterations", "usage_speed", "usage_server_tool_use",
])  # fmt: skip


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_give_calls_or_bad_rows(rows: list[bytes]) -> None:
    """No bytes raise."""
    assert all(isinstance(found, Call | BadRow) for found in read(rows, "f"))


@given(st.dictionaries(FIELDS, JSON, max_size=5))
def test_any_values_in_any_fields_give_calls_or_bad_rows(changes: dict[str, Any]) -> None:
    """No JSON value in any field raises, as a line or as a mapping."""
    row = line(**changes)
    for form in (json.dumps(row).encode(), row):
        assert all(isinstance(found, Call | BadRow) for found in read([form], "f"))


@given(st.integers(0, 600), st.binary(min_size=1, max_size=3))
def test_a_line_damaged_anywhere_gives_a_call_or_a_bad_row(at: int, junk: bytes) -> None:
    """Bytes overwritten in the middle of a good line never raise."""
    good = json.dumps(line()).encode()
    at = min(at, len(good))
    assert all(
        isinstance(found, Call | BadRow) for found in read([good[:at] + junk + good[at + len(junk) :]], "f")
    )
