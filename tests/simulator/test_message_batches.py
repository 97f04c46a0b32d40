"""Message batches of the practice API: created, processed by the clock, cancelled, expired, read, deleted."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.simulator import batch_fault, world
from modelmix.simulator.batch import WAVE
from simulator.practice import HEADERS, Json, Practice, _call

PATH = "/v1/messages/batches"
DAY = 86_400
HI: dict[str, Any] = {
    "model": "claude-haiku-5-5",
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Hello."}],
}
RULES = [{"type": "text", "text": "rule " * 900, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
COUNTS = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
Make = Callable[..., Practice]


def asked(*params: Json) -> dict[str, Any]:
    """Return the body of a batch of these requests, named r0, r1, …."""
    return {"requests": [{"custom_id": f"r{at}", "params": one} for at, one in enumerate(params)]}


def create(practice: Practice, *params: Json, **headers: str) -> dict[str, Any]:
    """Create a batch that is accepted."""
    reply = practice.post(asked(*params), PATH, **headers)
    assert reply.status == 200, reply.json
    return dict(reply.json)


def look(practice: Practice, batch: Json, **headers: str) -> dict[str, Any]:
    """Return how a batch stands."""
    return dict(practice.get(f"{PATH}/{batch['id']}", **headers).json)


def results(practice: Practice, batch: Json) -> dict[str, dict[str, Any]]:
    """Return the results of a batch that has ended, by id."""
    reply = practice.get(f"{PATH}/{batch['id']}/results")
    assert (reply.status, reply.complete) == (200, True)
    assert reply.headers["content-type"] == "application/x-jsonl"
    lines = reply.lines
    assert len({line["custom_id"] for line in lines}) == len(lines)
    return {line["custom_id"]: line["result"] for line in lines}


def test_a_new_batch_has_the_documented_shape(make_practice: Make) -> None:
    """All its requests are processing, it expires a day later, and there is nothing to read."""
    practice = make_practice(batch_seconds=60.0)
    batch = create(practice, HI, HI)
    assert batch == {
        "id": batch["id"],
        "type": "message_batch",
        "processing_status": "in_progress",
        "request_counts": {**COUNTS, "processing": 2},
        "ended_at": None,
        "created_at": "1970-01-12T13:46:40.000000Z",
        "expires_at": "1970-01-13T13:46:40.000000Z",
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": None,
    }
    assert batch["id"].startswith("msgbatch_")
    assert look(practice, batch) == batch
    reply = practice.get(f"{PATH}/{batch['id']}/results")
    assert (reply.status, reply.error) == (404, f"Message Batch {batch['id']} has no available results.")


def test_a_batch_ends_when_its_time_has_come(make_practice: Make) -> None:
    """Until then its counts say nothing; afterwards it has an end and a place for its results."""
    practice = make_practice(batch_seconds=60.0)
    batch = create(practice, HI, HI, {**HI, "max_tokens": "many"})
    practice.clock.now += 59.9
    reply = practice.get(f"{PATH}/{batch['id']}", host="127.0.0.1:8000")
    assert (reply.json["processing_status"], reply.headers["retry-after"]) == ("in_progress", "1")
    practice.clock.now += 100.0
    reply = practice.get(f"{PATH}/{batch['id']}", host="127.0.0.1:8000")
    assert reply.json == {
        **batch,
        "processing_status": "ended",
        "request_counts": {**COUNTS, "succeeded": 2, "errored": 1},
        "ended_at": "1970-01-12T13:47:40.000000Z",
        "results_url": f"http://127.0.0.1:8000{PATH}/{batch['id']}/results",
    }
    assert "retry-after" not in reply.headers


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_an_answer_in_a_batch_is_the_answer_outside_of_it(practice: Practice, version: str) -> None:
    """Only its id and its service tier differ."""
    bodies = [{**prompt.body, "model": "claude-opus-5-5"} for prompt in world.prompts(4, 20)]
    batch = create(practice, *bodies, anthropic_version=version)
    found = results(practice, batch)
    assert len(found) == 20
    for at, body in enumerate(bodies):
        alone = practice.post({**body, "cache_control": None}, anthropic_version=version).json
        message = found[f"r{at}"]["message"]
        assert message["content"] == alone["content"]
        assert message["usage"]["output_tokens"] == alone["usage"]["output_tokens"]
        assert (message["usage"]["service_tier"], alone["usage"]["service_tier"]) == ("batch", "standard")


def test_results_come_in_an_order_of_their_own(practice: Practice) -> None:
    """Nobody may count on the order of the requests; asked again, the order is the same."""
    batch = create(practice, *[HI] * 40)
    first, again = (practice.get(f"{PATH}/{batch['id']}/results").parts for _ in range(2))
    order = [line["custom_id"] for line in practice.get(f"{PATH}/{batch['id']}/results").lines]
    assert first == again
    assert order != sorted(order, key=lambda name: int(name[1:]))


@pytest.mark.parametrize(
    ("change", "type_", "message"),
    [
        ({"model": "claude-none"}, "not_found_error", "model: claude-none"),
        ({"messages": None}, "invalid_request_error", "messages: Input should be a valid list"),
        (
            {"stream": True},
            "invalid_request_error",
            '"stream=True" is not supported in the Message Batches API',
        ),
        ({"max_tokens": 0}, "invalid_request_error", "max_tokens: must be greater than or equal to 1"),
        ({"speed": "fast"}, "invalid_request_error", "speed: `speed` is not supported in the"),
        ({"thread": {"type": "x"}}, "invalid_request_error", "thread: `thread` is not supported in the"),
        ({"fallbacks": "default"}, "invalid_request_error", "fallbacks: `fallbacks` is not supported in the"),
        (
            {"max_tokens": 300_000},
            "invalid_request_error",
            "max_tokens: 300000 > 128000, which is the maximum",
        ),
    ],
)
def test_what_a_request_asks_for_is_judged_when_its_turn_comes(
    practice: Practice, change: dict[str, Any], type_: str, message: str
) -> None:
    """The batch is created, the request ends with an error, its neighbour is answered, one call is billed."""
    batch = create(practice, {**HI, **change}, {**HI, "stream": False})
    assert look(practice, batch)["request_counts"] == {**COUNTS, "succeeded": 1, "errored": 1}
    found = results(practice, batch)["r0"]
    assert found["error"]["error"].pop("message").startswith(message)
    assert found == {
        "type": "errored",
        "error": {"type": "error", "error": {"type": type_}, "request_id": None},
    }
    assert practice.get("/simulator/bill").json["total"]["calls"] == 1


def test_longer_answers_are_for_batches_with_the_beta(practice: Practice) -> None:
    """From generation 4.6 on, up to 300,000 tokens; alone, the same header changes nothing."""
    beta = {"anthropic_beta": "output-300k-2026-03-24"}
    long = {**HI, "max_tokens": 300_000}
    old = {**long, "model": "claude-haiku-4-5"}
    found = results(practice, create(practice, long, old, {**long, "max_tokens": 300_001}, **beta))
    assert [found[f"r{at}"]["type"] for at in range(3)] == ["succeeded", "errored", "errored"]
    assert practice.post(long, **beta).status == 400


def test_a_batch_drops_thinking_whose_prefix_was_edited(practice: Practice) -> None:
    """Alone the same request is an error; in a batch it is one too only if it asks for that."""
    ask = {**HI, "max_tokens": 2000, "model": "claude-opus-5-5"}
    answer = practice.post(ask).json["content"]
    edited = {
        **ask,
        "system": "Another prompt.",
        "messages": [
            *HI["messages"],
            {"role": "assistant", "content": answer},
            {"role": "user", "content": "Go on."},
        ],
    }
    assert "bound to a different conversation" in practice.post(edited).error
    binding = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "error"}}
    beta = "thinking-binding-controls-2026-08-01"
    batch = create(practice, edited, {**edited, "thinking": binding}, anthropic_beta=beta)
    found = results(practice, batch)
    assert [found[name]["type"] for name in ("r0", "r1")] == ["succeeded", "errored"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The request body is not valid JSON"),
        (b"{", "The request body is not valid JSON"),
        (b'{"requests": [{"custom_id": "a", "params": {"a": }}]}', "The request body is not valid JSON"),
        ([], "Input should be a valid dictionary"),
        ({}, "requests: Field required"),
        ({"requests": {}}, "requests: Input should be a valid list"),
        ({"requests": []}, "requests: List should have at least 1 item after validation, not 0"),
        ({"requests": [1]}, "requests.0: Input should be a valid dictionary"),
        ({"requests": [{"params": {}}]}, "requests.0.custom_id: Field required"),
        ({"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
        ({"requests": [{"custom_id": 1, "params": {}}]}, "requests.0.custom_id: Input should be a valid str"),
        (
            {"requests": [{"custom_id": "", "params": {}}]},
            "requests.0.custom_id: String should have at least",
        ),
        (
            {"requests": [{"custom_id": "a" * 65, "params": {}}]},
            "requests.0.custom_id: String should have at most 64 characters",
        ),
        (
            {"requests": [{"custom_id": "a:b", "params": {}}]},
            "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
        ),
        ({"requests": [{"custom_id": "a\n", "params": {}}]}, "requests.0.custom_id: String should match pat"),
        ({"requests": [{"custom_id": "é", "params": {}}]}, "requests.0.custom_id: String should match pat"),
        ({"requests": [{"custom_id": "a", "params": []}]}, "requests.0.params: Input should be a valid dict"),
        ({**asked(HI), "a": 1}, "a: Extra inputs are not permitted"),
        (
            {"requests": [{"custom_id": "a", "params": {}, "b": 1}]},
            "requests.0.b: Extra inputs are not permitted",
        ),
        (
            {"requests": [{"custom_id": "dup", "params": {}}] * 2},
            "requests: custom_id's must be unique within a batch. Duplicate custom_id found: dup",
        ),
        (
            {"requests": [{"custom_id": "a", "params": {}}] * 100_001},
            "requests: List should have at most 100000 items after validation, not 100001",
        ),
    ],
)
def test_ids_and_limits_are_judged_at_once(practice: Practice, body: Json, message: str) -> None:
    """Nothing is created of a body that is wrong."""
    reply = practice.post(body, PATH)
    assert (reply.status, reply.json["error"]["type"]) == (400, "invalid_request_error")
    assert reply.error.startswith(message)
    assert practice.get(PATH).json == {"data": [], "first_id": None, "has_more": False, "last_id": None}


def test_too_large_a_body_is_refused(make_practice: Make) -> None:
    """With 413, as the documentation says; a batch has a limit of its own."""
    practice = make_practice(max_batch_bytes=1000, max_body_bytes=100)
    assert practice.post(asked(HI), PATH).status == 200
    reply = practice.post(asked(*[HI] * 20), PATH)
    assert (reply.status, reply.json["error"]["type"]) == (413, "request_too_large")


def test_the_queue_is_limited(make_practice: Make) -> None:
    """What waits counts, in its workspace; what has ended does not."""
    practice = make_practice(batch_seconds=60.0, batch_queue_requests=3)
    create(practice, HI, HI)
    reply = practice.post(asked(HI, HI), PATH)
    assert (reply.status, reply.headers["retry-after"]) == (429, "10")
    assert practice.post(asked(HI, HI), PATH, anthropic_workspace_id="wrkspc_a").status == 200
    practice.clock.now += 60.0
    practice.get(PATH)
    assert practice.post(asked(HI, HI), PATH).status == 200


def test_bill_and_report_tell_batches_apart(make_practice: Make) -> None:
    """Tokens of a batch are of its own tier, at the second at which they were used."""
    practice = make_practice(batch_seconds=7200.0)
    batch = create(practice, *[{**HI, "system": RULES}] * 30, x_api_key="sk-other")
    practice.clock.now += 10_800.0
    alone = practice.post(HI).json["usage"]
    found = [line["message"]["usage"] for line in results(practice, batch).values()]
    bill = practice.get("/simulator/bill").json
    row = bill["service_tiers"]["batch"]["claude-haiku-5-5"]
    assert row["calls"] == 30
    assert row["output_tokens"] == sum(usage["output_tokens"] for usage in found)
    assert row["cache_read_tokens"] == sum(usage["cache_read_input_tokens"] for usage in found)
    assert row["cache_write_1h_tokens"] == sum(usage["cache_creation_input_tokens"] for usage in found)
    assert bill["service_tiers"]["standard"]["claude-haiku-5-5"]["output_tokens"] == alone["output_tokens"]
    assert bill["models"]["claude-haiku-5-5"] == bill["total"]
    assert bill["total"]["calls"] == 31 == len(set(bill["request_ids"]))
    url = "/v1/organizations/usage_report/messages?starting_at=1970-01-12T00:00:00Z&bucket_width=1h"
    report = practice.get(f"{url}&service_tiers[]=batch&group_by[]=service_tier&group_by[]=api_key_id").json
    used = [row for bucket in report["data"] for row in bucket["results"]]
    assert {row["service_tier"] for row in used} == {"batch"}
    assert len(used) == 2, "two hours of work that began at 13:46 touch 14 and 15 o'clock"
    assert sum(row["output_tokens"] for row in used) == sum(usage["output_tokens"] for usage in found)


def test_the_prompt_cache_helps_within_a_batch_as_far_as_it_can(make_practice: Make) -> None:
    """Requests that run at the same time each pay a write; later ones read, while the entry lives."""
    practice = make_practice()
    found = results(practice, create(practice, *[{**HI, "system": RULES}] * 40))
    writes = sum(line["message"]["usage"]["cache_creation_input_tokens"] > 0 for line in found.values())
    reads = sum(line["message"]["usage"]["cache_read_input_tokens"] > 0 for line in found.values())
    assert (writes, reads) == (WAVE, 40 - WAVE)
    short = [{**RULES[0], "cache_control": {"type": "ephemeral"}}]
    slow = results(
        practice := make_practice(),
        create(practice, *[{**HI, "system": short}] * 40, x_simulate_batch="slow=0"),
    )
    assert sum(line["message"]["usage"]["cache_read_input_tokens"] > 0 for line in slow.values()) == 32
    practice = make_practice(batch_seconds=5 * 600.0)
    batch = create(practice, *[{**HI, "system": short}] * 40)
    practice.clock.now += DAY
    late = results(practice, batch).values()
    assert all(line["message"]["usage"]["cache_read_input_tokens"] == 0 for line in late)


def test_a_cancelled_batch_keeps_what_was_answered(make_practice: Make) -> None:
    """It is cancelling at first; then what was due is answered, all else is cancelled and not billed."""
    practice = make_practice(batch_seconds=100.0)
    batch = create(practice, *[HI] * (10 * WAVE))
    practice.clock.now += 35.0
    cancelling = practice.post(b"", f"{PATH}/{batch['id']}/cancel").json
    assert cancelling == {
        **batch,
        "processing_status": "canceling",
        "cancel_initiated_at": "1970-01-12T13:47:15.000000Z",
    }
    practice.clock.now += 10.0
    ended = look(practice, batch)
    assert ended["processing_status"] == "ended"
    assert ended["request_counts"] == {**COUNTS, "succeeded": 3 * WAVE, "canceled": 7 * WAVE}
    assert ended["ended_at"] == ended["cancel_initiated_at"] == cancelling["cancel_initiated_at"]
    kinds = [line for line in results(practice, batch).values() if line["type"] != "succeeded"]
    assert kinds == [{"type": "canceled"}] * 7 * WAVE
    assert practice.get("/simulator/bill").json["total"]["calls"] == 3 * WAVE
    again = practice.post(b"", f"{PATH}/{batch['id']}/cancel")
    assert (again.status, look(practice, batch)) == (400, ended)


def test_cancelling_twice_is_cancelling_once(make_practice: Make) -> None:
    """The first time counts."""
    practice = make_practice(batch_seconds=100.0)
    batch = create(practice, HI)
    first = practice.post(b"", f"{PATH}/{batch['id']}/cancel").json
    second = practice.post(b"", f"{PATH}/{batch['id']}/cancel")
    assert first["cancel_initiated_at"] is not None
    large = create(practice, *[HI] * 2000, x_simulate_batch="slow=0")
    times = set()
    for _ in range(3):
        times.add(practice.post(b"", f"{PATH}/{large['id']}/cancel").json["cancel_initiated_at"])
        practice.clock.now += 1.0
    assert len(times) == 1, "more is due than one look does, so it is still cancelling"
    assert (second.status, look(practice, batch)["request_counts"]) == (400, {**COUNTS, "canceled": 1})


def test_what_has_no_turn_within_a_day_expires(make_practice: Make) -> None:
    """The rest is answered, billed, and read like any other."""
    practice = make_practice()
    batch = create(practice, *[HI] * (4 * WAVE), x_simulate_batch=f"slow={2 * DAY}")
    practice.clock.now += DAY - 1
    assert look(practice, batch)["processing_status"] == "in_progress"
    practice.clock.now += 10 * DAY
    ended = look(practice, batch)
    assert ended["request_counts"] == {**COUNTS, "succeeded": 2 * WAVE, "expired": 2 * WAVE}
    assert ended["ended_at"] == ended["expires_at"]
    assert sum(line == {"type": "expired"} for line in results(practice, batch).values()) == 2 * WAVE


def test_faults_strike_the_requests_that_they_name(practice: Practice) -> None:
    """The first fail, the last expire, at the end of a life that is as short as one likes."""
    batch = create(practice, *[HI] * 20, x_simulate_batch="error=3; expire=2; life=30")
    practice.clock.now += 29.0
    assert look(practice, batch)["request_counts"] == {**COUNTS, "processing": 20}
    practice.clock.now += 1.0
    assert look(practice, batch)["request_counts"] == {**COUNTS, "succeeded": 15, "errored": 3, "expired": 2}
    found = results(practice, batch)
    assert [found[f"r{at}"]["type"] for at in (0, 1, 2, 3, 17, 18, 19)] == [
        *["errored"] * 3, "succeeded", "succeeded", "expired", "expired",
    ]  # fmt: skip
    assert found["r0"]["error"]["error"] == {"type": "api_error", "message": "Internal server error"}
    everything = create(practice, HI, HI, x_simulate_batch="expire=9;life=0")
    assert look(practice, everything)["request_counts"] == {**COUNTS, "expired": 2}


def test_a_batch_may_be_found_late(practice: Practice) -> None:
    """It exists, but the first looks do not see it, in the list or by its id."""
    batch = create(practice, HI, x_simulate_batch="late=3")
    assert practice.get(PATH).json["data"] == []
    assert practice.get(f"{PATH}/{batch['id']}").status == 404
    assert practice.get(f"{PATH}/{batch['id']}/results").status == 404
    assert look(practice, batch)["processing_status"] == "ended"


@pytest.mark.parametrize(
    "header", ["", "error", "error=", "error=-1", "error=1;error=2", "late=1;x=2", "life=1.5"]
)
def test_a_fault_that_is_none_is_refused(practice: Practice, header: str) -> None:
    """With what it may be."""
    reply = practice.post(asked(HI), PATH, x_simulate_batch=header)
    assert reply.status == 400
    assert reply.error.endswith("is not error=N|expire=N|late=N|life=S|slow=S")


@given(st.text(max_size=30) | st.from_regex(r"(error|late|slow)=\d{1,3}(;life=\d{1,3})?", fullmatch=True))
def test_reading_a_fault_never_raises(header: str) -> None:
    """It is one, or it is none."""
    found = batch_fault.parse(header)
    assert found is None or found.error + found.expire + found.late >= 0


def test_results_are_kept_for_29_days(practice: Practice) -> None:
    """From the creation of their batch, which is still there afterwards."""
    batch = create(practice, HI)
    practice.clock.now += 29 * DAY - 1
    assert len(results(practice, batch)) == 1
    practice.clock.now += 1
    late = look(practice, batch)
    assert (late["archived_at"], late["results_url"]) == ("1970-02-10T13:46:40.000000Z", None)
    assert (late["processing_status"], late["request_counts"]) == ("ended", {**COUNTS, "succeeded": 1})
    assert practice.get(f"{PATH}/{batch['id']}/results").status == 404


def test_only_what_has_ended_is_deleted(make_practice: Make) -> None:
    """Then it is nowhere any more, but on the bill."""
    practice = make_practice(batch_seconds=60.0)
    batch = create(practice, HI)
    reply = practice.get(f"{PATH}/{batch['id']}", "DELETE")
    assert (reply.status, reply.error) == (
        400,
        "In progress batches cannot be deleted. Consider canceling the batch instead.",
    )
    practice.clock.now += 60.0
    assert practice.get(f"{PATH}/{batch['id']}", "DELETE").json == {
        "id": batch["id"],
        "type": "message_batch_deleted",
    }
    assert practice.get(f"{PATH}/{batch['id']}", "DELETE").status == 404
    assert practice.get(PATH).json["data"] == []
    assert practice.get("/simulator/bill").json["total"]["calls"] == 1


def test_the_list_is_newest_first_and_pages_both_ways(practice: Practice) -> None:
    """Each workspace sees its own."""
    ids = [create(practice, HI)["id"] for _ in range(5)][::-1]
    create(practice, HI, anthropic_workspace_id="wrkspc_a")

    def page(query: str) -> tuple[list[str], bool]:
        document = practice.get(f"{PATH}?{query}").json
        found = [batch["id"] for batch in document["data"]]
        assert (document["first_id"], document["last_id"]) == (found[0], found[-1])
        return found, document["has_more"]

    assert page("") == (ids, False)
    assert page("limit=2&beta=true") == (ids[:2], True)
    assert page(f"limit=2&after_id={ids[1]}") == (ids[2:4], True)
    assert page(f"limit=2&after_id={ids[2]}") == (ids[3:], False)
    assert page(f"limit=2&before_id={ids[3]}") == (ids[1:3], True)
    assert page(f"limit=3&before_id={ids[3]}") == (ids[:3], False)
    assert len(practice.get(PATH, anthropic_workspace_id="wrkspc_a").json["data"]) == 1
    for query in ("limit=0", "limit=1001", "limit=x", "after_id=b", f"after_id={ids[0]}&before_id={ids[1]}"):
        assert practice.get(f"{PATH}?{query}").status == 400
    assert practice.get(f"{PATH}/{ids[0]}", anthropic_workspace_id="wrkspc_a").status == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", PATH, 405),
        ("DELETE", PATH, 405),
        ("POST", f"{PATH}/msgbatch_1", 405),
        ("GET", f"{PATH}/msgbatch_1/cancel", 405),
        ("POST", f"{PATH}/msgbatch_1/results", 405),
        ("GET", f"{PATH}/msgbatch_1", 404),
        ("POST", f"{PATH}/msgbatch_1/cancel", 404),
        ("GET", f"{PATH}/", 404),
        ("GET", f"{PATH}/a/b/c", 404),
        ("GET", f"{PATH}es", 404),
    ],
)
def test_paths_take_their_methods(practice: Practice, method: str, path: str, status: int) -> None:
    """What is not there is not found, what is not taken is not allowed."""
    assert practice.call(method, path, b"", HEADERS).status == status


def test_batches_need_a_key_and_a_version(practice: Practice) -> None:
    """Like everything else that costs."""
    assert practice.call("GET", PATH, b"", {"anthropic-version": "2023-06-01"}).status == 401
    assert practice.call("GET", PATH, b"", {"x-api-key": "k"}).status == 400
    assert practice.post(asked(HI), PATH, x_simulate_seed="x").status == 400


def test_a_client_that_leaves_while_it_sends_has_created_nothing(practice: Practice) -> None:
    """What came is no batch."""
    assert practice.call("POST", PATH, b"", HEADERS, parts=[]).status == 0
    assert practice.get(PATH).json["data"] == []


@pytest.mark.parametrize("fault", ["429", "500", "529"])
def test_an_injected_error_creates_nothing(practice: Practice, fault: str) -> None:
    """It stands for the whole answer."""
    assert practice.post(asked(HI), PATH, x_simulate_error=fault).status == int(fault)
    assert practice.post(asked(HI), PATH, x_simulate_error="no").status == 400
    assert practice.get(PATH).json["data"] == []


def test_a_cut_answer_leaves_a_batch_behind(practice: Practice) -> None:
    """Creation has no key of its own: the client has to look for what it may have created."""
    reply = practice.post(asked(HI), PATH, x_simulate_error="cut")
    assert (reply.status, reply.complete) == (200, False)
    (batch,) = practice.get(PATH).json["data"]
    reply = practice.get(f"{PATH}/{batch['id']}", x_simulate_error="stall")
    assert (reply.status, reply.complete) == (200, False)
    assert practice.get(f"{PATH}/msgbatch_none", x_simulate_error="cut").status == 404


@pytest.mark.parametrize("kind", ["cut", "stall"])
def test_results_break_off_after_some_lines(practice: Practice, kind: str) -> None:
    """Whole lines come first; a fault behind the last line is none."""
    batch = create(practice, *[HI] * 6)
    url = f"{PATH}/{batch['id']}/results"
    reply = practice.get(url, x_simulate_error=f"{kind};after=4")
    assert (len(reply.lines), reply.complete) == (4, False)
    assert len(practice.get(url, x_simulate_error=kind).lines) == 3
    reply = practice.get(url, x_simulate_error=f"{kind};after=7")
    assert (len(reply.lines), reply.complete) == (6, True)


def test_much_work_is_done_in_the_background(practice: Practice) -> None:
    """A look does a little of it and answers; on the same loop the rest goes on between other requests."""
    batch_id = ""

    async def work() -> list[str]:
        nonlocal batch_id
        content = json.dumps(asked(*[HI] * 600)).encode()
        reply = await _call(practice.api, ("POST", PATH), content, HEADERS, None)
        batch_id = reply.json["id"]
        seen: list[str] = []
        while not seen or seen[-1] != "ended":
            reply = await _call(practice.api, ("GET", f"{PATH}/{batch_id}"), b"", HEADERS, None)
            seen.append(reply.json["processing_status"])
            await asyncio.sleep(0)
        return seen

    assert asyncio.run(work())[-1] == "ended"
    assert len(results(practice, {"id": batch_id})) == 600


def test_work_that_the_end_of_a_loop_cuts_off_is_taken_up_again(practice: Practice) -> None:
    """Each request is answered and billed once, however often somebody has to look."""
    batch = create(practice, *[HI] * 900)
    while look(practice, batch)["processing_status"] != "ended":
        pass
    assert practice.get("/simulator/bill").json["total"]["calls"] == 900
    assert len(results(practice, batch)) == 900
