"""Results of a batch: lines however they are cut, each joined to its answer, junk told apart."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.errors import StreamBroken
from modelmix.upstream import batch_results
from modelmix.upstream.batch_results import Ending, Lines, Result, join, missing, read_id

MESSAGE = {"id": "msg_1", "type": "message", "usage": {"input_tokens": 9, "output_tokens": 4}}


def line(result: object, custom_id: object = "c1") -> bytes:
    """Write one line."""
    return json.dumps({"custom_id": custom_id, "result": result}).encode()


def errored(type_: str, request_id: object = None, **more: object) -> dict[str, Any]:
    """Write the result of a request that ended with an error."""
    error = {"type": type_, "message": "No.", **more}
    return {"type": "errored", "error": {"type": "error", "error": error, "request_id": request_id}}


@given(st.lists(st.binary(max_size=12).filter(lambda part: b"\n" not in part)), st.booleans(), st.data())
def test_lines_are_the_same_however_the_bytes_are_cut(
    parts: list[bytes], ends: bool, data: st.DataObject
) -> None:
    """Blank ones are left out, and the last needs no end."""
    whole = b"\n".join(parts) + (b"\n" if ends else b"")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    reader = Lines()
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    found = [one for piece in pieces for one in reader.feed(piece)]
    assert [*found, *reader.end()] == [part for part in parts if part.strip()]


def test_a_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the longest answer is ever held."""
    monkeypatch.setattr(batch_results, "LONGEST_ANSWER_BYTES", 10)
    reader = Lines()
    assert list(reader.feed(b"abc\nabcdefgh")) == [b"abc"]
    with pytest.raises(StreamBroken, match="longer than any answer is") as caught:
        list(reader.feed(b"ijk"))
    assert caught.value.bytes_seen == 15


def test_an_answer_keeps_its_bytes() -> None:
    """As the API wrote them, with the status that it would have had alone."""
    left = {"c1": "a1", "c2": "a2"}
    content = b'{"result": {"message": {"b": 1.50,  "a": "\\u00e9"}, "type": "succeeded"}, "custom_id": "c1"}'
    assert join(content, left) == Result(Ending.SUCCEEDED, "a1", "c1", 200, b'{"b": 1.50,  "a": "\\u00e9"}')
    assert left == {"c2": "a2"}


@pytest.mark.parametrize(
    ("type_", "status"),
    [
        ("invalid_request_error", 400),
        ("authentication_error", 401),
        ("billing_error", 402),
        ("permission_error", 403),
        ("not_found_error", 404),
        ("request_too_large", 413),
        ("rate_limit_error", 429),
        ("api_error", 500),
        ("timeout_error", 504),
        ("overloaded_error", 529),
        ("brand_new_error", 500),
    ],
)
def test_an_error_has_the_status_it_would_have_had_alone(type_: str, status: int) -> None:
    """One of a kind that nobody knows may be asked again."""
    result = errored(type_, "workerreq_1", details={"error_visibility": "user_facing"})
    found = join(line(result), {"c1": "a1"})
    assert (found.ending, found.answer_id, found.status) == (Ending.ERRORED, "a1", status)
    assert (json.loads(found.body), found.request_id) == (result["error"], "workerreq_1")


@pytest.mark.parametrize("error", [None, [], {"error": 1}, "x", {"type": "error", "error": {"type": 2}}])
def test_an_error_that_says_nothing_is_an_error_all_the_same(error: object) -> None:
    """It may be asked again."""
    found = join(line({"type": "errored", "error": error}), {"c1": "a1"})
    assert (found.ending, found.status, found.request_id) == (Ending.ERRORED, 500, "")


def test_an_error_without_body_is_an_error_all_the_same() -> None:
    """The member may be absent altogether."""
    assert join(line({"type": "errored"}), {"c1": "a1"}).body == b""


@pytest.mark.parametrize("kind", ["canceled", "expired"])
def test_what_was_not_processed_has_no_body(kind: str) -> None:
    """And no status."""
    assert join(line({"type": kind}), {"c1": "a1"}) == Result(Ending(kind), "a1", "c1")


@pytest.mark.parametrize(
    "content",
    [
        line({"type": "succeeded", "message": MESSAGE}, "c2"),
        line({"type": "succeeded"}),
        line({"type": "succeeded", "message": None}),
        line({"type": "missing"}),
        line({"type": "brand_new"}),
        line({}),
        line({"type": "canceled"}, 1),
        b"[]",
        b"no",
        b'{"custom_id": "c1"}',
        b"[" * 5000,
    ],
)
def test_what_is_no_result_of_ours_is_a_stray(content: bytes) -> None:
    """It takes the place of no answer."""
    left = {"c1": "a1"}
    found = join(content, left)
    assert (found.ending, found.answer_id, found.body) == (Ending.STRAY, "", b"")
    assert list(missing(left)) == [Result(Ending.MISSING, "a1", "c1")]


def test_a_second_result_is_a_stray() -> None:
    """The first one counts."""
    left = {"c1": "a1"}
    content = line({"type": "succeeded", "message": MESSAGE})
    assert [join(content, left).ending for _ in range(2)] == [Ending.SUCCEEDED, Ending.STRAY]
    assert list(missing(left)) == []


@given(st.binary(max_size=80))
def test_reading_any_line_ends_in_a_result(content: bytes) -> None:
    """Never in an exception."""
    assert join(content, {"c1": "a1"}).ending in set(Ending)
    assert isinstance(read_id(content), str)


def test_an_id_is_read_without_its_result() -> None:
    """Whatever stands there."""
    assert read_id(line({"type": "expired"}, "mm1-x")) == "mm1-x"
    assert read_id(b"no") == ""
