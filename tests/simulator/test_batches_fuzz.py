"""Whatever is sent to the endpoints of message batches, the practice API answers in its own words."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from modelmix.simulator import batch_shape
from modelmix.simulator.failure import Failure
from simulator.practice import HEADERS, Json, Practice
from simulator.test_simulator_fuzz import BODY, JSON

PATH = "/v1/messages/batches"
ID = (
    st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True) | st.sampled_from(["a", "b", "", "a:b", "é"]) | JSON
)
ITEM = st.fixed_dictionaries({"custom_id": ID, "params": BODY | JSON}, optional={"x": JSON}) | JSON
PLAUSIBLE = st.fixed_dictionaries({"requests": st.lists(ITEM, max_size=4) | JSON}, optional={"x": JSON})


def is_json(value: Json) -> bool:
    """Say whether a value can be written as JSON, which knows no infinity."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


GOOD = st.lists(BODY | st.dictionaries(st.text(max_size=6), JSON, max_size=3), min_size=1, max_size=5).filter(
    is_json
)


@given(PLAUSIBLE | JSON)
def test_a_body_creates_a_batch_or_is_refused(body: Json) -> None:
    """With the ids that stand in it, in their order, or with a reason."""
    content = json.dumps(body).encode()
    found = batch_shape.read(content)
    if isinstance(found, Failure):
        assert (found.status, bool(found.message)) == (400, True)
        return
    ids, params = found
    assert ids == [item["custom_id"] for item in body["requests"]]
    assert [json.loads(params[at]) for at in range(len(ids))] == [one["params"] for one in body["requests"]]


@given(st.binary(max_size=80) | st.builds(lambda at, s: s[:at] + s[at + 1 :], st.integers(0, 60), st.just(
    b'{"requests": [{"custom_id": "a", "params": {"max_tokens": 1, "x": "\xc3\xa9"}}]}'
)))  # fmt: skip
def test_bytes_that_are_no_json_are_refused(content: bytes) -> None:
    """What is created of them is what any reader of JSON finds in them."""
    found = batch_shape.read(content)
    if not isinstance(found, Failure):
        assert found[0] == [item["custom_id"] for item in json.loads(content)["requests"]]


@given(GOOD, st.sampled_from(["2023-06-01", "2026-10-21"]))
def test_every_request_of_a_batch_has_one_result(bodies: list[Json], version: str) -> None:
    """An answer or an error, whatever it asks for; what is answered is what is billed."""
    practice = Practice()
    asked = {"requests": [{"custom_id": f"r{at}", "params": body} for at, body in enumerate(bodies)]}
    batch = practice.post(asked, PATH, anthropic_version=version).json
    ended = practice.get(f"{PATH}/{batch['id']}").json
    lines = practice.get(f"{PATH}/{batch['id']}/results").lines
    assert sorted(line["custom_id"] for line in lines) == sorted(f"r{at}" for at in range(len(bodies)))
    kinds = [line["result"]["type"] for line in lines]
    assert set(kinds) <= {"succeeded", "errored"}
    assert ended["request_counts"]["succeeded"] == kinds.count("succeeded")
    assert practice.get("/simulator/bill").json["total"]["calls"] == kinds.count("succeeded")


@given(
    st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD"]),
    st.text(max_size=20),
    st.dictionaries(st.sampled_from(["limit", "after_id", "before_id", "x"]), st.text(max_size=6)),
)
def test_any_path_below_is_answered(method: str, rest: str, query: dict[str, str]) -> None:
    """With an error of the client's, or a list."""
    practice = Practice()
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    path = f"{PATH}{rest}".replace("?", "")
    reply = practice.call(method, f"{path}?{asked}", b"{}", HEADERS)
    assert reply.status in {200, 400, 404, 405}


class Life(RuleBasedStateMachine):
    """Batches through their lives: whatever happens in whatever order, the books agree."""

    def __init__(self) -> None:
        super().__init__()
        self.practice = Practice(batch_seconds=100.0)
        self.sizes: dict[str, int] = {}
        self.ends: dict[str, Any] = {}
        self.gone = 0

    @rule(
        n=st.integers(1, 30),
        fault=st.sampled_from(
            [None, "error=2", "expire=3;life=90", "slow=0", "slow=900", "life=0", "life=50"]
        ),
    )
    def create(self, n: int, fault: str | None) -> None:
        """Create a batch."""
        params = {
            "model": "claude-haiku-5-5",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": "x"}],
        }
        asked = {"requests": [{"custom_id": f"r{at}", "params": params} for at in range(n)]}
        headers = {} if fault is None else {"x_simulate_batch": fault}
        self.sizes[self.practice.post(asked, PATH, **headers).json["id"]] = n

    @rule(seconds=st.integers(0, 80))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.practice.clock.now += seconds

    @precondition(lambda self: self.sizes)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Cancel one, if it has not ended."""
        one = data.draw(st.sampled_from(sorted(self.sizes)))
        assert self.practice.post(b"", f"{PATH}/{one}/cancel").status == (400 if one in self.ends else 200)

    @precondition(lambda self: self.ends)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """Delete one that has ended."""
        one = data.draw(st.sampled_from(sorted(self.ends)))
        assert self.practice.get(f"{PATH}/{one}", "DELETE").status == 200
        del self.sizes[one]
        self.gone += self.ends.pop(one)["request_counts"]["succeeded"]

    @invariant()
    def books_agree(self) -> None:
        """Counts make up the batch, an end is final, results are as counted, only answers are billed."""
        listed = self.practice.get(f"{PATH}?limit=1000").json["data"]
        assert {batch["id"] for batch in listed} == set(self.sizes)
        for batch in listed:
            counts = batch["request_counts"]
            assert sum(counts.values()) == self.sizes[batch["id"]]
            reply = self.practice.get(f"{PATH}/{batch['id']}/results")
            if batch["processing_status"] != "ended":
                assert (reply.status, counts["processing"]) == (404, self.sizes[batch["id"]])
                continue
            assert self.ends.setdefault(batch["id"], batch) == batch
            kinds = [line["result"]["type"] for line in reply.lines]
            assert {kind: kinds.count(kind) for kind in counts} == counts
        if len(self.ends) == len(self.sizes):
            answered = sum(batch["request_counts"]["succeeded"] for batch in self.ends.values())
            assert self.practice.get("/simulator/bill").json["total"]["calls"] == self.gone + answered


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
