"""The edge of the practice API: paths, keys, versions, sizes, faults, as raw ASGI."""

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest

from modelmix.simulator.app import app
from simulator.practice import Practice

HI: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Hello."}],
}
STREAM = {**HI, "stream": True}
VERSION = {"anthropic-version": "2026-10-21"}


def test_either_header_carries_the_key_and_none_is_refused(practice: Practice) -> None:
    """x-api-key, Bearer, or both; an absent or empty key is 401."""
    asked = {"anthropic-version": "2023-06-01"}
    content = b'{"model":"claude-haiku-5-5","max_tokens":9,"messages":[{"role":"user","content":"a"}]}'
    for good in (
        {"x-api-key": "k"},
        {"authorization": "Bearer k"},
        {"x-api-key": "k", "authorization": "Bearer t"},
    ):
        assert practice.call("POST", "/v1/messages", content, {**asked, **good}).status == 200
    for bad in ({}, {"x-api-key": " "}, {"authorization": "Bearer "}, {"authorization": "Basic abc"}):
        reply = practice.call("POST", "/v1/messages", content, {**asked, **bad})
        assert (reply.status, reply.json["error"]["type"]) == (401, "authentication_error")


@pytest.mark.parametrize(
    ("version", "status"), [("2023-06-01", 200), ("2026-10-21", 200), ("2026-10-22", 400)]
)
def test_both_versions_are_served_and_no_other(practice: Practice, version: str, status: int) -> None:
    """An unknown version is the client's error."""
    assert practice.post(HI, anthropic_version=version).status == status


def test_a_missing_version_is_refused(practice: Practice) -> None:
    """The header is required on every endpoint of the API."""
    for method, path in (("POST", "/v1/messages"), ("GET", "/v1/models")):
        reply = practice.call(method, path, b"{}", {"x-api-key": "k"})
        assert (reply.status, reply.error) == (400, "anthropic-version: header is required")


@pytest.mark.parametrize(
    "path", ["/messages", "/v1/messages/", "/v1/complete", "/team-a/v1/messages", "/v1/modelsx"]
)
def test_an_unknown_path_is_404_in_the_envelope_of_the_api(practice: Practice, path: str) -> None:
    """Only documented paths are served: a client that misses one learns it."""
    reply = practice.post(HI, path=path)
    assert reply.status == 404
    assert reply.json == {
        "type": "error",
        "error": {"type": "not_found_error", "message": f"Not found: {path}"},
        "request_id": reply.headers["request-id"],
    }


def test_a_wrong_method_is_405(practice: Practice) -> None:
    """Reading messages and posting models are refused, and so is posting to the truth."""
    for method, path in (("GET", "/v1/messages"), ("POST", "/v1/models"), ("POST", "/simulator/truth")):
        assert practice.call(method, path, b"", {"x-api-key": "k", **VERSION}).status == 405


def test_health_truth_and_bill_need_no_key(practice: Practice) -> None:
    """They say that everything here is synthetic; HEAD answers without a body."""
    assert "synthetic" in practice.call("GET", "/", b"", {}).json["name"]
    head = practice.call("HEAD", "/api/hello", b"", {})
    assert (head.status, head.parts, head.complete) == (200, [b""], True)
    assert practice.call("GET", "/simulator/truth", b"", {}).json["synthetic"] is True
    assert practice.call("GET", "/simulator/bill", b"", {}).json["total"]["calls"] == 0


def test_the_query_does_not_matter_to_the_path(practice: Practice) -> None:
    """?beta=true comes along with some clients."""
    assert practice.post(HI, path="/v1/messages?beta=true").status == 200


def test_a_body_over_the_limit_is_413(make_practice: Callable[..., Practice]) -> None:
    """Whether its length is declared or only found while reading, in one part or in many."""
    small = make_practice(max_body_bytes=100)
    reply = small.post(b" " * 101, content_length="101")
    assert (reply.status, reply.json["error"]["type"]) == (413, "request_too_large")
    headers = {"x-api-key": "k", **VERSION}
    assert small.call("POST", "/v1/messages", b"", headers, [b" " * 60, b" " * 60]).status == 413
    assert small.call("POST", "/v1/messages", b"", headers, [b" " * 60, b" " * 40]).status == 400


def test_a_client_that_leaves_before_its_body_is_whole_gets_no_answer(practice: Practice) -> None:
    """There is nobody to answer, and nothing is billed."""

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/v1/messages",
        "query_string": b"",
        "headers": [(b"x-api-key", b"k"), (b"anthropic-version", b"2023-06-01")],
    }
    asyncio.run(practice.api(scope, receive, send))
    assert sent == []


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"nul", b"[" * 5000, b'{"a":1}{'])
def test_what_is_not_json_is_400(practice: Practice, content: bytes) -> None:
    """However it is broken."""
    reply = practice.post(content)
    assert reply.status == 400
    assert reply.error.startswith("The request body is not valid JSON")


def test_request_ids_are_unique_and_repeated_in_header_and_error(practice: Practice) -> None:
    """Every answer carries one, errors twice."""
    ids = {practice.post(HI).headers["request-id"] for _ in range(5)}
    assert len(ids) == 5
    assert all(one.startswith("req_") for one in ids)


def test_rate_limit_headers_count_down_and_start_again_after_a_minute(practice: Practice) -> None:
    """Requests and tokens left go down call by call, the answered one included; a minute refills them."""
    name = "anthropic-ratelimit-requests-remaining"
    left = [int(practice.post(HI).headers[name]) for _ in range(3)]
    assert left == [9_999, 9_998, 9_997]
    practice.clock.now += 61
    again = practice.post(HI).headers
    assert int(again[name]) == 9_999
    assert again["anthropic-ratelimit-input-tokens-limit"] == "10000000"
    assert again["anthropic-ratelimit-tokens-reset"].endswith("Z")


def test_the_stream_is_billed_like_the_message(practice: Practice) -> None:
    """Both forms of the same request land in the bill with the same tokens."""
    practice.post(HI)
    first = practice.get("/simulator/bill").json["total"]
    practice.post(STREAM)
    second = practice.get("/simulator/bill").json
    assert second["total"] == {name: 2 * value for name, value in first.items()}
    assert len(set(second["request_ids"])) == 2
    assert list(second["models"]) == ["claude-haiku-5-5"]


def test_a_429_says_when_to_come_back_and_is_not_billed(practice: Practice) -> None:
    """It has retry-after, x-should-retry and the rate-limit headers."""
    reply = practice.post(HI, **{"x-simulate-error": "429"})
    assert (reply.status, reply.headers["retry-after"]) == (429, "1")
    assert reply.headers["x-should-retry"] == "true"
    assert "anthropic-ratelimit-requests-limit" in reply.headers
    assert practice.get("/simulator/bill").json["total"]["calls"] == 0


@pytest.mark.parametrize(
    "header", ["530", "cut;after", "529;after=-1", "", "stall;times=x", "529;after=1;after=2;times=3"]
)
def test_a_fault_that_is_not_understood_is_refused(practice: Practice, header: str) -> None:
    """A typing error must not look like a healthy call."""
    reply = practice.post(HI, **{"x-simulate-error": header})
    assert reply.status == 400
    assert "x-simulate-error" in reply.error


def test_after_lets_calls_through_and_times_ends_the_fault(practice: Practice) -> None:
    """For plain answers both count calls with the same header and key."""
    asked = {"x-simulate-error": "529; after=2; times=2"}
    assert [practice.post(HI, **asked).status for _ in range(6)] == [200, 200, 529, 529, 200, 200]
    assert practice.post(HI, **asked, x_api_key="another").status == 200


def test_a_fault_of_a_stream_comes_after_its_events(practice: Practice) -> None:
    """Cut and stall end without an end; a status becomes an error event; zero events is an error at once."""
    cut = practice.post(STREAM, **{"x-simulate-error": "cut;after=2"})
    assert (len(cut.events), cut.complete) == (2, False)
    assert len(practice.post(STREAM, **{"x-simulate-error": "stall"}).events) == 3
    overload = practice.post(STREAM, **{"x-simulate-error": "529;after=4"})
    assert (overload.status, overload.complete) == (200, True)
    assert overload.events[-1]["error"] == {"type": "overloaded_error", "message": "Overloaded"}
    assert practice.post(STREAM, **{"x-simulate-error": "529;after=0"}).status == 529
    assert (
        practice.post(STREAM, **{"x-simulate-error": "cut;after=100000"}).events[-1]["type"] == "message_stop"
    )


def test_a_broken_stream_bills_what_was_sent(practice: Practice) -> None:
    """Output is billed up to the cut; the prompt is billed whole."""
    practice.post(STREAM)
    whole = practice.get("/simulator/bill").json["total"]
    practice.post(STREAM, **{"x-simulate-error": "cut;after=6"})
    both = practice.get("/simulator/bill").json["total"]
    assert both["input_tokens"] == 2 * whole["input_tokens"]
    assert whole["output_tokens"] < both["output_tokens"] < 2 * whole["output_tokens"]


def test_a_plain_answer_can_be_cut_or_stalled(practice: Practice) -> None:
    """Its body ends before the length that its header promised."""
    for kind in ("cut", "stall"):
        reply = practice.post(HI, **{"x-simulate-error": kind})
        assert (reply.status, reply.complete) == (200, False)
        assert int(reply.headers["content-length"]) > len(b"".join(reply.parts))


@pytest.mark.parametrize("seed", ["", "-1", "x", "1" * 19, "1.5"])
def test_a_seed_that_is_no_whole_number_is_refused(practice: Practice, seed: str) -> None:
    """It must not be ignored."""
    assert practice.post(HI, x_simulate_seed=seed).status == 400


def test_latency_and_pace_do_not_change_the_answer(make_practice: Callable[..., Practice]) -> None:
    """A slow practice API sends the same bytes."""
    slow = make_practice(latency_ms=1, tokens_per_second=100_000)
    assert slow.post(STREAM).events[1:] == make_practice().post(STREAM).events[1:]


def test_the_models_page_refuses_what_it_cannot_serve(practice: Practice) -> None:
    """Limits out of range, unknown cursors and two cursors at once."""
    for query in ("limit=0", "limit=1001", "limit=x", "after_id=nobody", "after_id=a&before_id=b"):
        assert practice.get(f"/v1/models?{query}").status == 400
    assert practice.get("/v1/models/claude-nobody-1").json["error"]["message"] == "model: claude-nobody-1"


def test_the_models_pages_go_both_ways(practice: Practice) -> None:
    """The page before the last model ends just before it; a page past the end is empty."""
    ids = [row["id"] for row in practice.get("/v1/models?limit=1000").json["data"]]
    back = practice.get(f"/v1/models?limit=2&before_id={ids[-1]}").json
    assert ([row["id"] for row in back["data"]], back["has_more"]) == (ids[-3:-1], True)
    front = practice.get(f"/v1/models?limit=5&before_id={ids[2]}").json
    assert ([row["id"] for row in front["data"]], front["has_more"]) == (ids[:2], False)
    past = practice.get(f"/v1/models?after_id={ids[-1]}").json
    assert past == {"data": [], "first_id": None, "has_more": False, "last_id": None}


def test_the_lifespan_of_the_application_is_answered() -> None:
    """A server that sends lifespan events gets its answers."""
    inbox: list[MutableMapping[str, Any]] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> MutableMapping[str, Any]:
        return inbox.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])

    asyncio.run(app()({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_scope_that_is_not_http_is_left_alone() -> None:
    """A web socket is not part of the API."""

    async def never() -> MutableMapping[str, Any]:
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        raise AssertionError(message)

    asyncio.run(app()({"type": "websocket"}, never, send))
