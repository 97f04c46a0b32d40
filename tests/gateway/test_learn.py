"""Learning in flight: clients notice nothing, text stays nowhere, and money stays below its cap."""

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import anthropic
import pytest

from gateway.learning import (
    HAIKU,
    OPUS,
    SEED,
    holds_text,
    learning,
    order_of,
    settled,
    status,
    type_of,
    until,
)
from gateway.rig import (
    EVENTS,
    STREAM_HEAD,
    Heard,
    Kept,
    Peer,
    Rig,
    answered,
    http,
    piece,
    read_until,
    rig,
    upstream,
)
from gateway.rig import request as asked
from modelmix.core.candidate import Candidate
from modelmix.errors import StoreError
from modelmix.gateway.app import _is_local
from modelmix.gateway.learner import Learner
from modelmix.simulator.run import running
from modelmix.store.learn_book import LearnBook

MARKER, KEY = "zq-marker-4711", "sk-ant-planted-key-0815"
SURE = 10**9
TOOL = {"name": "look_up", "input_schema": {"type": "object", "properties": {"q": {"type": "string"}}}}


@pytest.fixture(scope="module")
def practice() -> Iterator[str]:
    """A practice API whose rate limits are out of the way."""
    limits = {"requests_per_minute": SURE, "input_tokens_per_minute": SURE, "output_tokens_per_minute": SURE}
    with running(seed=SEED, **limits) as url:  # type: ignore[arg-type] # each is a limit
        yield url


def model_of(heard: Heard) -> str:
    """Return the model that a request names."""
    return str(json.loads(heard.body)["model"]) if heard.body else ""


def script(_: Peer, heard: Heard) -> bytes:
    """Answer any model: a stream, a tool call or a text, by what is asked."""
    if not heard.body:  # whether it is a practice API
        return http("404 Not Found", b"")
    body = json.loads(heard.body)
    number = len(json.dumps(body["messages"]))
    if body.get("stream"):
        return STREAM_HEAD + b"".join(map(piece, EVENTS)) + b"0\r\n\r\n"
    content: list[object] = [{"type": "text", "text": f"label {number % 2} {MARKER}"}]
    if body.get("tools"):
        content = [{"type": "tool_use", "id": "tu_1", "name": "look_up", "input": {"q": MARKER}}]
    told = {"id": f"msg_{body['model']}_{number}", "model": body["model"], "content": content}
    return answered(told | ({"stop_reason": "tool_use"} if body.get("tools") else {}))


def questions() -> list[bytes]:
    """Requests of every kind."""
    return [
        asked(messages=[{"role": "user", "content": f"{MARKER} {'x' * number}"}], **more)
        for number in range(20)
        for more in ({}, {"stream": True}, {"tools": [TOOL]})
    ]


class TestClients:
    """What a client sees does not hang on whether anything is learned."""

    def test_answers_are_the_same_byte_for_byte(self, tmp_path: Path) -> None:
        """With learning on, every client gets the bytes that it gets without."""
        (tmp_path / "a").mkdir()
        with rig(script, tmp_path / "a", None) as plain:
            before = [plain.post(body) for body in questions()]
        (tmp_path / "b").mkdir()
        with upstream(script) as (url, heard):
            order = order_of(tmp_path / "b", url, graders={"": "exact"})
            with rig(script, tmp_path / "b", None, learn=order) as learnt:
                until(lambda: status(learnt.url)["state"] != "starting")
                after = [learnt.post(body) for body in questions()]
                until(lambda: any(model_of(one) == HAIKU for one in heard))
        assert [(got.head, got.body) for got in before] == [(got.head, got.body) for got in after]

    def test_nothing_is_asked_before_the_client_has_its_answer(self, tmp_path: Path) -> None:
        """The request to a candidate leaves only after the last byte of the client's answer is there."""
        hold = threading.Event()

        def slow(peer: Peer, heard: Heard) -> bytes:
            answer = script(peer, heard)
            if model_of(heard) == OPUS and b"the last" in heard.body:
                peer.raw.sendall(answer[:-9])
                hold.wait(10)
                return answer[-9:]
            return answer

        with (
            upstream(slow) as (url, heard),
            rig(slow, tmp_path, None, learn=order_of(tmp_path, url, graders={"": "exact"})) as learnt,
        ):
            until(lambda: status(learnt.url)["state"] != "starting")
            for number in range(29):
                content = [{"role": "user", "content": "x" * number}]
                learnt.post(asked(messages=content), "modelmix-task: t")
            with learnt.connect() as raw:
                body = asked(messages=[{"role": "user", "content": "the last"}])
                lines = (
                    "POST /v1/messages HTTP/1.1",
                    "host: x",
                    "modelmix-task: t",
                    f"content-length: {len(body)}",
                )
                raw.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
                until(lambda: any(b"the last" in one.body for one in learnt.heard))
                until(lambda: type_of(status(learnt.url), "t")["waiting"] == 29)
                assert [one for one in heard if model_of(one) == HAIKU] == []
                hold.set()
                read_until(raw, b"output_tokens")
            until(lambda: sum(model_of(one) == HAIKU for one in heard) == 30)

    def test_opting_out_opts_out_of_learning(self, tmp_path: Path) -> None:
        """A request that is not to be routed is not learned from, and one that was moved is not either."""
        with (
            upstream(script) as (url, heard),
            rig(script, tmp_path, None, learn=order_of(tmp_path, url, graders={"": "exact"})) as learnt,
        ):
            until(lambda: status(learnt.url)["state"] != "starting")
            for number in range(40):
                body = asked(messages=[{"role": "user", "content": "x" * number}])
                learnt.post(body, "modelmix-task: t", "modelmix-route: off")
            assert settled(learnt.url)["types"] == []
        assert [one for one in heard if one.body] == []


class TestText:
    """Text is held in memory until it is graded, and nowhere else."""

    @pytest.mark.parametrize("key", ["practice", ""])
    def test_no_text_and_no_key_comes_to_rest(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, key: str
    ) -> None:
        """Neither what was asked, nor what was answered, nor a key is in any file or log line."""
        home = tmp_path / "home"
        with upstream(script) as (url, heard), learning(home, url, key=key, graders={"": "exact"}) as gateway:
            client = anthropic.Anthropic(base_url=gateway, api_key=KEY, max_retries=0)
            for number in range(36):
                client.messages.create(
                    model=OPUS,
                    max_tokens=64,
                    messages=[{"role": "user", "content": f"{MARKER} {'x' * number}"}],
                    extra_headers={"modelmix-task": "t"},
                )
            client.close()
            found = settled(gateway)
        assert type_of(found, "t")["pairs"] == 36
        shadows = [one for one in heard if model_of(one) == HAIKU]
        assert all((key or KEY).encode() in one.head for one in shadows)
        assert holds_text(home, MARKER.encode()) == []
        assert holds_text(home, KEY.encode()) == []
        assert MARKER not in caplog.text
        assert KEY not in caplog.text

    def test_a_key_is_not_in_what_is_shown_of_an_order(self, tmp_path: Path) -> None:
        """The words for an order do not hold its key."""
        assert KEY not in repr(order_of(tmp_path, "http://127.0.0.1:1", key=KEY))


class TestFailures:
    """What goes wrong is counted, tried once more at most, and nobody's answer hangs on it."""

    def test_a_request_is_sent_twice_at_most(self, tmp_path: Path) -> None:
        """An overloaded candidate is asked once more, rests, and the request is given up."""

        def overloaded(peer: Peer, heard: Heard) -> bytes:
            if model_of(heard) == HAIKU:
                return http("529 Overloaded", b"{}", "retry-after-ms: 1")
            return script(peer, heard)

        with (
            upstream(overloaded) as (url, heard),
            learning(tmp_path, url, graders={"": "exact"}, concurrency=1) as gateway,
        ):
            send(gateway, 30)
            until(lambda: status(gateway)["failed"].get("status 529", 0) == 30)
            found = settled(gateway)
        bodies = [one.body for one in heard if model_of(one) == HAIKU]
        assert max(map(bodies.count, bodies)) == 2
        assert Decimal(found["spent_usd"]) == 0
        assert type_of(found, "t")["pairs"] == 0

    def test_a_refused_key_ends_the_learning_and_no_answer(self, tmp_path: Path) -> None:
        """A key that the upstream refuses is tried once; clients go on."""

        def refusing(peer: Peer, heard: Heard) -> bytes:
            if heard.header(b"x-api-key") == b"practice":
                return http("401 Unauthorized", b'{"error":{"type":"authentication_error"}}')
            return script(peer, heard)

        with (
            upstream(refusing) as (url, heard),
            learning(tmp_path, url, graders={"": "exact"}, concurrency=1) as gateway,
        ):
            send(gateway, 32)
            found = settled(gateway)
            assert send(gateway, 3) == [200] * 3
        assert found["state"] == "stopped"
        assert "refuses the key (401 authentication_error)" in found["why"]
        assert sum(one.header(b"x-api-key") == b"practice" for one in heard) == 1

    @pytest.mark.parametrize(
        ("candidate", "why"),
        [
            (b"", "nothing whole came back"),
            (http("400 Bad", b'{"error":{"type":"invalid_request_error"}}'), f"rejected by {HAIKU}"),
            (http("200 OK", b"no message"), "the answer is no message"),
        ],
    )
    def test_what_came_to_nothing_is_counted(self, tmp_path: Path, candidate: bytes, why: str) -> None:
        """A broken connection, a rejection and an answer that is none are told apart, and booked."""

        def failing(peer: Peer, heard: Heard) -> bytes | None:
            return (candidate or None) if model_of(heard) == HAIKU else script(peer, heard)

        with upstream(failing) as (url, _), learning(tmp_path, url, graders={"": "exact"}) as gateway:
            send(gateway, 30)
            until(lambda: status(gateway)["failed"].get(why) == 30)
            found = settled(gateway)
        with LearnBook.open(tmp_path) as book:
            spent = book.spent_learning()
        assert (spent.usd, spent.at_most_usd) == (
            Decimal(found["spent_usd"]), Decimal(found["lost_at_most_usd"])
        )  # fmt: skip

    def test_clients_under_pressure_come_first(self, tmp_path: Path) -> None:
        """Where a client is told to come back later, nothing is sent to that model for a while."""

        def pressed(peer: Peer, heard: Heard) -> bytes:
            if b"too many" in heard.body:
                return http("429 Too Many", b"{}", "retry-after: 1")
            return script(peer, heard)

        with (
            upstream(pressed) as (url, heard),
            learning(tmp_path, url, graders={"": "exact"}, again=200, candidates=None) as gateway,
        ):
            assert send(gateway, 1, text="too many") == [429]
            send(gateway, 30)
            until(lambda: sum(model_of(one) == HAIKU for one in heard) >= 4)
        again = [one for one in heard if model_of(one) == OPUS and one.header(b"x-api-key") == b"practice"]
        assert again == []

    def test_what_cannot_be_asked_faithfully_is_set_aside(self, tmp_path: Path) -> None:
        """A request with a tool that the API runs itself is counted with the reason, and asked of nobody."""
        tool = {"type": "web_search_20250305", "name": "web_search"}
        with upstream(script) as (url, heard), learning(tmp_path, url) as gateway:
            send(gateway, 3, tools=[tool])
            until(lambda: bool(status(gateway)["not_asked"]["set_aside"]))
            found = settled(gateway)
        assert found["not_asked"]["set_aside"] == {"it uses a tool that the API runs itself": 3}
        assert sum(bool(one.body) for one in heard) == 3

    def test_the_same_request_counts_once(self, tmp_path: Path) -> None:
        """A prompt that comes again is no new evidence."""
        with upstream(script) as (url, _), learning(tmp_path, url) as gateway:
            send(gateway, 5)
            send(gateway, 5)
            assert settled(gateway)["not_asked"]["repeats"] == 5

    def test_a_ledger_that_fails_ends_the_learning_and_no_answer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever happens while learning, clients are answered."""

        def broken(*_: object) -> None:
            raise StoreError("the disk is full")

        monkeypatch.setattr(LearnBook, "send", broken)
        with upstream(script) as (url, _), learning(tmp_path, url, graders={"": "exact"}) as gateway:
            assert send(gateway, 31) == [200] * 31
            until(lambda: status(gateway)["why"] == "the disk is full")
            assert send(gateway, 3) == [200] * 3

    def test_two_gateways_do_not_learn_on_one_ledger(self, tmp_path: Path) -> None:
        """The second is told who the first is."""
        order = order_of(tmp_path, "http://127.0.0.1:1")
        first, second = Learner(order), Learner(order)
        first.claim()
        with pytest.raises(StoreError, match="another learning \\(process"):
            second.claim()
        first.close()
        second.claim()
        second.close()

    def test_what_waits_is_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Requests beyond the queue are dropped and counted, whatever the candidate does."""
        monkeypatch.setattr("modelmix.gateway.learner.MOST_WAITING", 2)
        free = threading.Event()

        def held(peer: Peer, heard: Heard) -> bytes:
            if model_of(heard) == HAIKU:
                free.wait(10)
            return script(peer, heard)

        with (
            upstream(held) as (url, _),
            learning(tmp_path, url, graders={"": "exact"}, concurrency=1) as gateway,
        ):
            send(gateway, 40)
            assert status(gateway)["dropped"] == 8
            free.set()
            settled(gateway)


class TestTypes:
    """What of a type is learned from."""

    def test_what_most_ask_for_is_the_baseline(self, tmp_path: Path) -> None:
        """Requests of a type that ask for something else are explicit choices, and teach nothing."""
        with upstream(script) as (url, _), learning(tmp_path, url, graders={"": "exact"}) as gateway:
            send(gateway, 10, text="other", model="claude-sonnet-5-5")
            send(gateway, 20)
            send(gateway, 3, text="late", model="claude-sonnet-5-5")
            found = settled(gateway)
        assert (type_of(found, "t")["baseline"], type_of(found, "t")["pairs"]) == (f"{OPUS}@medium", 20)
        assert found["not_asked"]["not_the_baseline"] == 13

    def test_a_type_without_a_cheaper_candidate_is_left(self, tmp_path: Path) -> None:
        """Nothing is asked where only the baseline itself was named."""
        named = (Candidate(OPUS),)
        with (
            upstream(script) as (url, heard),
            learning(tmp_path, url, graders={"": "exact"}, candidates=named) as gateway,
        ):
            send(gateway, 31)
            found = settled(gateway)
        assert type_of(found, "t")["note"] == f"no cheaper candidate than {OPUS}@medium is known"
        assert sum(bool(one.body) for one in heard) == 31

    def test_an_answer_that_cannot_be_graded_is_set_aside(self, tmp_path: Path) -> None:
        """Where the client's own answer cannot be held against anything, no candidate is asked."""
        with (
            upstream(script) as (url, heard),
            learning(tmp_path, url, graders={"": "json_schema"}) as gateway,
        ):
            send(gateway, 30)
            found = settled(gateway)
        assert sum(found["not_asked"]["set_aside"].values()) == 30
        assert sum(bool(one.body) for one in heard) == 30

    def test_text_that_waits_for_a_choice_is_bounded(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where there is too much of it, the rarest type begins anew."""
        monkeypatch.setattr("modelmix.pipeline.learn.learning.MOST_HELD_BYTES", 2000)
        with upstream(script) as (url, _), learning(tmp_path, url) as gateway:
            send(gateway, 20)
            found = settled(gateway)
        assert type_of(found, "t")["waiting"] < 20
        assert found["not_asked"]["beyond_the_plan"] > 0

    def test_a_fault_of_ours_ends_the_learning_and_no_answer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is named in the status, and clients are answered."""

        def broken(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(LearnBook, "put_learned", broken)
        with upstream(script) as (url, _), learning(tmp_path, url, graders={"": "exact"}) as gateway:
            assert send(gateway, 31) == [200] * 31
            until(lambda: status(gateway)["why"] == "RuntimeError in our own code")


@pytest.mark.parametrize(
    ("client", "is_told"),
    [(("127.0.0.1", 1), True), (("10.0.0.7", 1), False), (None, False), (("", 0), False)],
)
def test_only_this_machine_is_told(client: tuple[str, int] | None, is_told: bool) -> None:
    """Whoever reaches an exposed gateway from elsewhere learns nothing of it."""
    assert _is_local({"client": client}) is is_told


def send(gateway: str, n: int, text: str = "", **more: object) -> list[int]:
    """Send requests of one task type, and return their statuses."""
    client = Rig(gateway, [], Kept())
    bodies = [asked(**{**more, "messages": [{"role": "user", "content": text + "x" * k}]}) for k in range(n)]  # type: ignore[arg-type] # fields
    return [client.post(body, "modelmix-task: t").status for body in bodies]
