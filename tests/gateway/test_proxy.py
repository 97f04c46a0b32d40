"""Requests and answers go through the gateway byte for byte, and each call leaves one row."""

import gzip
import json
import socket
import threading
from pathlib import Path

import pytest

from gateway.rig import (
    ANSWER,
    EVENTS,
    STREAM_HEAD,
    Heard,
    Peer,
    Script,
    answered,
    http,
    piece,
    read_to_end,
    read_until,
    request,
    rig,
)
from modelmix.core.candidate import Effort
from modelmix.core.usage import Usage
from modelmix.gateway.defaults import Defaults, key_hash
from modelmix.upstream.messages import Patience

BARE_POLICY = "modelmix: 1\nname: bare\nbar: {margin: 0.02, alpha: 0.05}\ntasks: {}\n"


def always(answer: bytes) -> Script:
    """Answer every request alike."""
    return lambda _peer, _heard: answer


def test_a_request_in_observe_goes_on_byte_for_byte(tmp_path: Path) -> None:
    """Odd white space, key order, unknown fields and escapes reach the upstream as they came."""
    body = (
        b' {"unknown" : [1, 2.50, "\\u00e9\\/"],"model":"claude-opus-5-5" , "max_tokens":5,'
        b'"messages":[{"role":"user","content":"h\xc3\xa9"}],"output_config":{"effort":"medium"}}\n'
    )
    with rig(always(answered()), tmp_path) as gateway:
        got = gateway.post(body, "modelmix-task: form-extraction", path="/v1/messages?beta=true&x=%2F")
        assert gateway.heard[0].body == body
        assert gateway.heard[0].line == b"POST /v1/messages?beta=true&x=%2F HTTP/1.1"
    assert got.status == 200
    assert json.loads(got.body) == ANSWER
    assert got.header("modelmix-served-model") == "claude-opus-5-5"
    assert (
        got.header("modelmix-reason")
        == "kept: field unknown; task=form-extraction; static; uncertified; policy=unsigned"
    )


def test_headers_pass_but_those_of_the_connection_and_ours(tmp_path: Path) -> None:
    """Both dialects' keys, versions, betas and unknown headers pass; ours never leave."""
    with rig(
        always(answered({}, "x-odd: 1", "modelmix-reason: forged", "connection: keep-alive")), tmp_path
    ) as gateway:
        got = gateway.post(
            request(),
            "x-api-key: sk-1",
            "authorization: Bearer sk-2",
            "anthropic-version: 2026-10-21",
            "anthropic-beta: a-1,b-2",
            "x-unknown: \xe9",
            "x-utf8: \xc3\xa9",
            "modelmix-session: s1",
            "te: trailers",
            "x-hop: 1",
            "connection: close, x-hop",
        )
        heard = gateway.heard[0]
    assert heard.header(b"x-api-key") == b"sk-1"
    assert heard.header(b"authorization") == b"Bearer sk-2"
    assert heard.header(b"anthropic-version") == b"2026-10-21"
    assert heard.header(b"anthropic-beta") == b"a-1,b-2"
    assert heard.header(b"x-utf8") == b"\xc3\xa9"
    for name in (b"modelmix-session", b"te", b"x-hop", b"user-agent", b"accept", b"accept-encoding"):
        assert heard.header(name) is None
    assert heard.header(b"host") not in {None, b"x"}
    assert got.header("x-odd") == "1"
    assert got.header("request-id") == "req_1"
    assert "forged" not in got.head.decode()
    assert gateway.kept.rows[0].session_id == "s1"


@pytest.mark.parametrize(
    "status", ["400 Bad Request", "401 Unauthorized", "429 Too Many Requests", "529 Overloaded"]
)
def test_an_upstream_error_passes_word_for_word(tmp_path: Path, status: str) -> None:
    """Status, headers and the body's odd bytes are the upstream's."""
    body = b'{"type":"error", "error":{"type":"overloaded_error","message":"\\u00e9 <odd>"}}  '
    script = always(
        http(status, body, "retry-after: 7", "x-should-retry: true", "content-type: application/json")
    )
    with rig(script, tmp_path) as gateway:
        got = gateway.post(request())
    assert (got.status, got.body) == (int(status[:3]), body)
    assert (got.header("retry-after"), got.header("x-should-retry")) == ("7", "true")
    row = gateway.kept.rows[0]
    assert (row.status, row.error, row.usage) == (int(status[:3]), "overloaded_error", Usage())


def test_enforce_moves_model_and_effort_and_says_so(tmp_path: Path) -> None:
    """The route's model and effort go out, the row and the headers name them."""
    with rig(always(answered({"model": "claude-haiku-5-5"})), tmp_path, enforce=True) as gateway:
        got = gateway.post(request(), "modelmix-task: form-extraction", "x-claude-code-agent-id: a")
        sent = json.loads(gateway.heard[0].body)
    assert (sent["model"], sent["output_config"]) == ("claude-haiku-5-5", {"effort": "low"})
    assert got.header("modelmix-served-model") == "claude-haiku-5-5"
    assert got.header("modelmix-reason") == "task=form-extraction; static; uncertified; policy=unsigned"
    row = gateway.kept.rows[0]
    assert (row.model_requested, row.model_served, row.effort) == (
        "claude-opus-5-5",
        "claude-haiku-5-5",
        Effort.LOW,
    )
    assert (row.task_type, row.task_source, row.is_subagent) == ("form-extraction", "tag", True)
    assert row.usage == Usage(9, output_tokens=4)
    assert (row.call_id, row.request_id, row.source) == ("msg_1", "req_1", "gateway")


def test_observe_says_what_it_would_have_done(tmp_path: Path) -> None:
    """Nothing is changed, and the row holds the route that was not taken."""
    with rig(always(answered()), tmp_path) as gateway:
        gateway.post(request(), "modelmix-task: form-extraction")
        assert gateway.heard[0].body == request()
    reason = gateway.kept.rows[0].reason
    assert (
        reason
        == "would-route claude-haiku-5-5@low: task=form-extraction; static; uncertified; policy=unsigned"
    )


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (request(), ["modelmix-task: form-extraction", "modelmix-route: off"], "opt-out"),
        (request("claude-sonnet-5-5"), ["modelmix-task: form-extraction"], "explicit-model"),
        (request(output_config={"effort": "max"}), ["modelmix-task: form-extraction"], "explicit-model"),
        (request(), ["modelmix-task: ticket-reply"], "unproven"),
        (request(), [], "no-match"),
        (request(), ["modelmix-task: ???"], "no-match"),
        (request(temperature=0.5), ["modelmix-task: form-extraction"], "kept: temperature"),
        (b"{not json", ["modelmix-task: form-extraction"], "fallback:unreadable-request"),
        (gzip.compress(request()), ["content-encoding: gzip"], "fallback:compressed-request"),
    ],
)  # fmt: skip
def test_what_is_not_routed_goes_as_it_came_and_says_why(
    tmp_path: Path, body: bytes, headers: list[str], reason: str
) -> None:
    """Opt-out, another explicit choice, no proof, no match, no fit, no sense: the client's own bytes."""
    with rig(always(answered()), tmp_path, enforce=True) as gateway:
        got = gateway.post(body, *headers)
        assert [heard.body for heard in gateway.heard] == [body]
    assert got.status == 200
    assert reason in str(got.header("modelmix-reason"))
    assert gateway.kept.rows[0].reason == got.header("modelmix-reason")


@pytest.mark.parametrize("name", ["modelmix", "claude-modelmix"])
@pytest.mark.parametrize(
    ("enforce", "tag", "model", "effort"),
    [
        (False, "form-extraction", "claude-opus-5-5", "medium"),
        (True, "form-extraction", "claude-haiku-5-5", "low"),
        (True, "ticket-reply", "claude-opus-5-5", "medium"),
        (True, "unknown", "claude-opus-5-5", "medium"),
    ],
)  # fmt: skip
def test_a_virtual_model_always_becomes_a_real_one(
    tmp_path: Path, name: str, enforce: bool, tag: str, model: str, effort: str
) -> None:
    """Observe sends it to the baseline, enforce to the route, and no upstream ever sees the name."""
    with rig(always(answered()), tmp_path, enforce=enforce) as gateway:
        assert gateway.post(request(name), f"modelmix-task: {tag}").status == 200
        sent = json.loads(gateway.heard[0].body)
    assert (sent["model"], sent["output_config"]["effort"]) == (model, effort)
    assert gateway.kept.rows[0].model_requested == name


@pytest.mark.parametrize("policy", [None, BARE_POLICY])
def test_a_virtual_model_that_nothing_stands_for_is_refused_clearly(
    tmp_path: Path, policy: str | None
) -> None:
    """A 400 in the API's shape, without a call upstream, without inviting retries."""
    with rig(always(answered()), tmp_path, policy, enforce=True) as gateway:
        got = gateway.post(request("modelmix"))
        assert gateway.heard == []
    error = json.loads(got.body)
    assert (got.status, error["type"], error["error"]["type"]) == (400, "error", "invalid_request_error")
    assert error["error"]["message"].startswith("modelmix: model 'modelmix' leaves the choice to")
    assert got.header("x-should-retry") == "false"


def test_a_400_on_a_routed_call_is_sent_once_more_as_asked(tmp_path: Path) -> None:
    """The client sees the answer to its own request, and one row says what happened."""

    def script(_peer: Peer, heard: Heard) -> bytes:
        refused = b"haiku" in heard.body
        return http("400 Bad Request", b'{"type":"error","error":{"type":"x"}}') if refused else answered()

    with rig(script, tmp_path, enforce=True) as gateway:
        got = gateway.post(request(), "modelmix-task: form-extraction")
        assert [heard.body for heard in gateway.heard][1:] == [request()]
    assert (got.status, got.header("modelmix-served-model")) == (200, "claude-opus-5-5")
    (row,) = gateway.kept.rows
    assert row.reason.startswith("fallback:400 from claude-haiku-5-5@low; task=form-extraction")
    assert (row.status, row.model_served, row.effort) == (200, "claude-opus-5-5", None)


def test_a_400_on_what_the_client_asked_for_is_not_sent_again(tmp_path: Path) -> None:
    """The second 400 is the client's own, and goes back."""
    with rig(always(http("400 Bad Request", b"{}")), tmp_path, enforce=True) as gateway:
        assert gateway.post(request(), "modelmix-task: form-extraction").status == 400
        assert gateway.post(request()).status == 400
        assert len(gateway.heard) == 3


def test_events_are_relayed_one_by_one_as_they_arrive(tmp_path: Path) -> None:
    """The upstream sends the next event only after the client has seen the one before."""
    seen = [threading.Event() for _ in EVENTS]

    def script(peer: Peer, _heard: Heard) -> None:
        peer.raw.sendall(STREAM_HEAD)
        for text, was_seen in zip(EVENTS, seen, strict=True):
            peer.raw.sendall(piece(text))
            assert was_seen.wait(20)
        peer.raw.sendall(piece(b""))

    with rig(script, tmp_path) as gateway, gateway.connect() as raw:
        body = request(stream=True)
        raw.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        for text, was_seen in zip(EVENTS, seen, strict=True):
            read_until(raw, text)
            if was_seen is seen[-1]:
                assert len(gateway.kept.rows) == 1  # committed before the client saw the last event
            was_seen.set()
        read_until(raw, b"0\r\n\r\n")
    (row,) = gateway.kept.rows
    assert (row.usage, row.stop_reason, row.stream) == (Usage(9, output_tokens=42), "end_turn", True)
    assert row.ttft_ms is not None
    assert row.latency_ms is not None
    assert row.ttft_ms <= row.latency_ms


def test_a_stream_cut_upstream_breaks_the_clients_too(tmp_path: Path) -> None:
    """What came is relayed, the end is missing, and the row says stream-broken with what was seen."""

    def script(peer: Peer, _heard: Heard) -> None:
        peer.raw.sendall(STREAM_HEAD + piece(EVENTS[0]) + piece(EVENTS[2]))

    with rig(script, tmp_path) as gateway, gateway.connect() as raw:
        body = request(stream=True)
        raw.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        got = read_to_end(raw)
    assert EVENTS[0] in got
    assert EVENTS[2] in got
    assert not got.endswith(b"0\r\n\r\n")
    (row,) = gateway.kept.rows
    assert (row.error, row.status, row.usage) == ("stream-broken", 200, Usage(9, output_tokens=1))


def test_an_error_event_in_a_stream_is_the_rows_error(tmp_path: Path) -> None:
    """HTTP 200 with an error event is no success."""
    overloaded = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n'
    with rig(always(STREAM_HEAD + piece(EVENTS[0]) + piece(overloaded) + piece(b"")), tmp_path) as gateway:
        got = gateway.post(request(stream=True))
    assert got.body == EVENTS[0] + overloaded
    assert gateway.kept.rows[0].error == "overloaded_error"


def test_a_client_that_hangs_up_closes_the_upstream(tmp_path: Path) -> None:
    """The upstream sees the end of the connection, and the row says client-gone with what was seen."""
    closed = threading.Event()

    def script(peer: Peer, _heard: Heard) -> None:
        peer.raw.sendall(STREAM_HEAD + piece(EVENTS[0]))
        assert peer.raw.recv(1) == b""
        closed.set()

    with rig(script, tmp_path) as gateway:
        with gateway.connect() as raw:
            body = request(stream=True)
            raw.sendall(
                b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
            )
            read_until(raw, EVENTS[0])
        assert closed.wait(20)
    (row,) = gateway.kept.rows
    assert (row.error, row.usage) == ("client-gone", Usage(9, output_tokens=1))


def test_a_client_that_hangs_up_before_the_answer_leaves_a_row(tmp_path: Path) -> None:
    """The upstream may have billed it."""
    heard_it, closed = threading.Event(), threading.Event()

    def script(peer: Peer, _heard: Heard) -> None:
        heard_it.set()
        assert peer.raw.recv(1) == b""
        closed.set()

    with rig(script, tmp_path) as gateway:
        with gateway.connect() as raw:
            body = request()
            raw.sendall(
                b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
            )
            assert heard_it.wait(20)
        assert closed.wait(20)
    assert [row.error for row in gateway.kept.rows] == ["client-gone"]


def test_an_answer_cut_short_before_it_began_is_a_502(tmp_path: Path) -> None:
    """A client that has seen nothing gets an error it can retry, in the API's shape."""
    with rig(lambda peer, _: peer.raw.sendall(answered()[:-5]), tmp_path) as gateway:
        got = gateway.post(request())
    assert got.status == 502
    assert json.loads(got.body)["error"]["type"] == "api_error"
    assert [(row.error, row.status) for row in gateway.kept.rows] == [("stream-broken", 200)]


def test_an_upstream_that_is_not_there_is_a_502(tmp_path: Path) -> None:
    """The client is told in the API's shape, and the row says so."""
    with rig(lambda _peer, _heard: None, tmp_path) as gateway:
        got = gateway.post(request())
    assert (got.status, json.loads(got.body)["error"]["type"]) == (502, "api_error")
    assert [row.error for row in gateway.kept.rows] == ["upstream-unreachable"]


@pytest.mark.parametrize("sent", [b"", STREAM_HEAD + piece(EVENTS[0])])
def test_an_upstream_that_falls_silent_is_given_up(tmp_path: Path, sent: bytes) -> None:
    """Before the answer a 504; within a stream the connection breaks."""
    over = threading.Event()

    def script(peer: Peer, _heard: Heard) -> None:
        peer.raw.sendall(sent)
        over.wait(20)

    with rig(script, tmp_path, patience=Patience(1.0, 0.2, 0.2)) as gateway:
        if sent:
            with gateway.connect() as raw:
                body = request(stream=True)
                raw.sendall(
                    b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
                )
                assert not read_to_end(raw).endswith(b"0\r\n\r\n")
        else:
            got = gateway.post(request())
            assert (got.status, json.loads(got.body)["error"]["type"]) == (504, "timeout_error")
        over.set()
    assert [row.error for row in gateway.kept.rows] == ["upstream-timeout"]


def test_a_compressed_answer_passes_compressed_and_is_metered(tmp_path: Path) -> None:
    """Only encodings that can be read along go upstream; the bytes come back as they are."""
    packed = gzip.compress(json.dumps(ANSWER).encode())
    with rig(
        always(http("200 OK", packed, "content-encoding: gzip", "content-type: application/json")), tmp_path
    ) as gateway:
        got = gateway.post(request(), "accept-encoding: br, gzip;q=0.9, zstd, deflate")
        assert gateway.heard[0].header(b"accept-encoding") == b"gzip;q=0.9, deflate"
        gateway.post(request(), "accept-encoding: br")
        assert gateway.heard[1].header(b"accept-encoding") == b"identity"
    assert got.body == packed
    assert gateway.kept.rows[0].usage == Usage(9, output_tokens=4)


def test_the_short_path_and_a_prefix_reach_the_api(tmp_path: Path) -> None:
    """`/messages` is `/v1/messages`; a prefix names the task type and does not go upstream; so may a key."""
    defaults = Defaults({b"/team-a": "form-extraction"}, {key_hash("sk-b"): "ticket-reply"})
    with rig(always(answered()), tmp_path, enforce=True, defaults=defaults) as gateway:
        gateway.post(request(), path="/messages?x=1")
        gateway.post(request(), path="/team-a/v1/messages")
        gateway.post(request(), "modelmix-task: ticket-reply", path="/team-a/messages")
        gateway.post(request(), "authorization: Bearer sk-b")
        gateway.post(request(), "x-api-key: sk-c")
        assert [heard.line for heard in gateway.heard[:2]] == [
            b"POST /v1/messages?x=1 HTTP/1.1",
            b"POST /v1/messages HTTP/1.1",
        ]
    assert [(row.task_type, row.task_source) for row in gateway.kept.rows] == [
        ("untyped", "none"),
        ("form-extraction", "default"),
        ("ticket-reply", "tag"),
        ("ticket-reply", "default"),
        ("untyped", "none"),
    ]
    assert b"haiku" in gateway.heard[1].body


def test_a_count_of_tokens_is_asked_of_the_model_that_would_answer(tmp_path: Path) -> None:
    """Only the model is set, and no row is made: a count is not billed."""
    script = always(http("200 OK", b'{"input_tokens": 5}', "content-type: application/json"))
    with rig(script, tmp_path, enforce=True) as gateway:
        body = request()
        got = gateway.post(body, "modelmix-task: form-extraction", path="/v1/messages/count_tokens")
        assert gateway.heard[0].body == body.replace(b"claude-opus-5-5", b"claude-haiku-5-5")
    assert (got.body, gateway.kept.rows) == (b'{"input_tokens": 5}', [])


@pytest.mark.parametrize(
    "line", ["GET /v1/models?limit=1000", "HEAD /api/hello", "DELETE /v1/files/a%2Fb", "OPTIONS /x//y/../z?"]
)
def test_everything_else_passes_untouched(tmp_path: Path, line: str) -> None:
    """Other methods and paths reach the upstream as they are, and no row is made."""
    with rig(always(http("204 No Content", b"", "x-a: 1")), tmp_path) as gateway, gateway.connect() as raw:
        raw.sendall(f"{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        assert read_to_end(raw).startswith(b"HTTP/1.1 204")
        assert gateway.heard[0].line == f"{line.rstrip('?')} HTTP/1.1".encode()
    assert gateway.kept.rows == []


def test_an_upload_passes_as_it_comes(tmp_path: Path) -> None:
    """A body on another path is passed on with its length, or in chunks if it came so."""

    def script(_peer: Peer, heard: Heard) -> bytes:
        return http("200 OK", heard.body[:4])

    with rig(script, tmp_path) as gateway, gateway.connect() as raw:
        raw.sendall(
            b"POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\nconnection: close\r\n\r\nabcd"
        )
        raw.sendall(b"efgh")
        assert read_to_end(raw).endswith(b"abcd")
        assert gateway.heard[0].body == b"abcdefgh"
        assert gateway.heard[0].header(b"content-length") == b"8"
    with rig(script, tmp_path) as gateway, gateway.connect() as raw:
        raw.sendall(
            b"POST /v1/files HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        )
        raw.sendall(piece(b"abcd") + piece(b"ef") + piece(b""))
        assert read_to_end(raw).endswith(b"abcd")
        assert gateway.heard[0].body == b"abcdef"


def test_other_paths_tell_an_absent_upstream(tmp_path: Path) -> None:
    """Also outside messages the error has the API's shape, or the connection breaks."""
    with rig(lambda _peer, _heard: None, tmp_path) as gateway:
        assert gateway.post(b"x", path="/v1/files").status == 502
    with rig(lambda peer, _: peer.raw.sendall(http("200 OK", b"abcd")[:-2]), tmp_path) as gateway:
        assert gateway.post(b"x", path="/v1/files").body == b"ab"


def test_a_body_that_is_too_long_is_refused_in_the_apis_shape(tmp_path: Path) -> None:
    """413, without a call upstream."""
    with rig(always(answered()), tmp_path, longest_body_bytes=2**20) as gateway:
        got = gateway.post(request(pad="x" * 2**20))
        assert gateway.heard == []
    assert (got.status, json.loads(got.body)["error"]["type"]) == (413, "request_too_large")


def test_health_and_readiness_are_ours(tmp_path: Path) -> None:
    """They say mode, policy and rows, and go nowhere."""
    with rig(always(answered()), tmp_path, enforce=True) as gateway:
        gateway.post(request())
        with gateway.connect() as raw:
            raw.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            ready = json.loads(read_to_end(raw).partition(b"\r\n\r\n")[2])
        with gateway.connect() as raw:
            raw.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            assert b'{"status":"ok"}' in read_to_end(raw)
        assert len(gateway.heard) == 1
    assert ready["mode"] == "enforce"
    assert ready["policy_state"] == "current"
    assert ready["rows"] == {"written": 1, "lost": 0, "late": 0}


def test_a_stale_connection_is_replaced_once(tmp_path: Path) -> None:
    """A reused connection that the upstream has closed costs the client nothing."""
    first = threading.Event()

    def script(_peer: Peer, _heard: Heard) -> bytes | None:
        if first.is_set() and len(answers) == 1:
            answers.append(None)
            return None  # close the reused connection instead of answering
        first.set()
        answers.append(answered())
        return answers[-1]

    answers: list[bytes | None] = []
    with rig(script, tmp_path) as gateway:
        assert gateway.post(request()).status == 200
        assert gateway.post(request()).status == 200
        assert len(gateway.heard) == 3


def test_a_fresh_connection_that_breaks_is_not_tried_again(tmp_path: Path) -> None:
    """The upstream may have begun to work on it."""
    with rig(lambda _peer, _heard: None, tmp_path) as gateway:
        assert gateway.post(request()).status == 502
        assert len(gateway.heard) == 1


def test_a_client_that_leaves_within_its_body_costs_nothing(tmp_path: Path) -> None:
    """Nothing goes upstream, no row is made, and the gateway goes on."""
    with rig(always(answered()), tmp_path) as gateway:
        with gateway.connect() as raw:
            raw.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        assert gateway.post(request()).status == 200
        assert len(gateway.heard) == 1


def test_requests_on_one_connection_are_answered_in_turn(tmp_path: Path) -> None:
    """Keep-alive works, streams and JSON mixed."""

    def script(_peer: Peer, heard: Heard) -> bytes:
        stream = b'"stream": true' in heard.body
        return STREAM_HEAD + b"".join(map(piece, EVENTS)) + piece(b"") if stream else answered()

    with rig(script, tmp_path) as gateway, gateway.connect() as raw:
        for stream in (False, True, False, True):
            body = request(stream=stream)
            raw.sendall(
                b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
            )
            read_until(raw, b"0\r\n\r\n" if stream else b'"output_tokens": 4}}')
    assert len(gateway.kept.rows) == 4


def test_a_loud_socket_error_does_not_stop_the_server(tmp_path: Path) -> None:
    """A reset from the client within an answer ends that exchange only."""
    with rig(always(answered()), tmp_path) as gateway:
        with gateway.connect() as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            raw.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        assert gateway.post(request()).status == 200


def test_a_long_answer_flows_and_only_its_end_waits_for_the_commit(tmp_path: Path) -> None:
    """The beginning of a JSON answer is relayed while its end is still to come."""
    document = json.dumps({**ANSWER, "content": "x" * 300_000}).encode()
    seen = threading.Event()

    def script(peer: Peer, _heard: Heard) -> None:
        head, _, body = http("200 OK", document, "content-type: application/json").partition(b"\r\n\r\n")
        peer.raw.sendall(head + b"\r\n\r\n" + body[:200_000])
        assert seen.wait(20)
        peer.raw.sendall(body[200_000:])

    with rig(script, tmp_path) as gateway, gateway.connect() as raw:
        body = request()
        raw.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        got = read_until(raw, b"\r\n\r\n")
        assert gateway.kept.rows == []
        seen.set()
        while not got.endswith(document):
            got += raw.recv(65536)
        assert len(gateway.kept.rows) == 1
    assert gateway.kept.rows[0].usage == Usage(9, output_tokens=4)


def test_a_ledger_that_fails_costs_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The client gets its answer, the loss is said aloud and counted where the operator looks."""
    with rig(always(answered()), tmp_path) as gateway:
        gateway.kept.fault = OSError(28, "no space left on device")
        assert gateway.post(request()).status == 200
        gateway.kept.fault = None
        assert gateway.post(request()).status == 200
        with gateway.connect() as raw:
            raw.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            assert b'"rows":{"written":1,"lost":1,"late":0}' in read_to_end(raw)
    assert "no space left" in caplog.text
