"""Message Batches: sent once whatever breaks, waited for, cancelled, and read to the last line."""

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import tracemalloc
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import pytest

from gateway.rig import Heard, Peer, http, piece, upstream
from modelmix.core.candidate import Candidate
from modelmix.errors import StreamBroken, UpstreamError, UpstreamTimeout, UpstreamUnreachable
from modelmix.simulator import world
from modelmix.simulator.run import running
from modelmix.simulator.settings import Settings
from modelmix.upstream import batches as batches_module
from modelmix.upstream.ask import key_headers
from modelmix.upstream.batch import Batch, Chunk, Mark, Question, chunks, read_batch
from modelmix.upstream.batch_calls import BatchPatience
from modelmix.upstream.batch_results import Ending, Result
from modelmix.upstream.batches import Batches
from modelmix.upstream.messages import Upstream
from simulator.practice import Clock
from upstream.test_batch import DOCUMENT

T = TypeVar("T")
MODEL = "claude-haiku-5-5"
PROMPTS = list(world.prompts(7, 40))


def questions(n: int, start: int = 0) -> list[Question]:
    """Return questions of the practice world, named by their prompts."""
    return [
        Question(prompt.prompt_id, json.dumps({"model": MODEL, **prompt.body}).encode())
        for prompt in PROMPTS[start : start + n]
    ]


@dataclass
class Bench:
    """An API, its clock, and the naps that were taken; a nap moves the clock."""

    url: str
    clock: Clock = field(default_factory=Clock)
    naps: list[float] = field(default_factory=list)

    async def nap(self, seconds: float) -> None:
        """Let time pass without waiting."""
        self.naps.append(seconds)
        self.clock.now += seconds
        await asyncio.sleep(0)

    def run(
        self, work: Callable[[Batches], Awaitable[T]], patience: BatchPatience | None = None, **headers: str
    ) -> T:
        """Do something with the batches of a key."""

        async def whole() -> T:
            async with Upstream(self.url) as api:
                named = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
                return await work(Batches(api, [*key_headers("sk-batch"), *named], patience, self.nap))

        return asyncio.run(whole())

    def listed(self) -> list[dict[str, Any]]:
        """Return the batches that the API has."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}/v1/messages/batches?limit=1000",
            headers={"x-api-key": "k", "anthropic-version": "2023-06-01"},
        )
        with urllib.request.urlopen(request) as reply:  # noqa: S310 - loopback
            return list(json.load(reply)["data"])


@contextlib.contextmanager
def bench(seconds: float = 100.0) -> Iterator[Bench]:
    """A practice API of one's own whose batches take some time."""
    clock = Clock()
    with running(settings=Settings(seed=1, clock=clock, batch_seconds=seconds)) as url:
        yield Bench(url, clock)


@pytest.fixture
def api() -> Iterator[Bench]:
    """A practice API whose batches take 100 seconds."""
    with bench() as made:
        yield made


async def read(batches: Batches, batch: Batch, chunk: Chunk) -> list[Result]:
    """Read all results."""
    return [result async for result in batches.results(batch, chunk)]


def endings(results: list[Result]) -> dict[str, int]:
    """Count endings."""
    return dict(Counter(result.ending.value for result in results))


def test_questions_go_out_in_chunks_and_come_back_as_answers(api: Bench) -> None:
    """Each answer is the one that the world foretells, at the tier of batches."""

    async def work(batches: Batches) -> list[Result]:
        found: list[Result] = []
        for chunk in chunks(questions(30), most_requests=12):
            mark = await batches.mark()
            batch = await batches.submit(chunk, mark)
            assert (batch.status, batch.total) == ("in_progress", len(chunk.questions))
            told: list[Batch] = []
            ended = await batches.wait(batch, told.append)
            assert (ended, ended.succeeded) == (told[-1], len(chunk.questions))
            found += await read(batches, ended, chunk)
        return found

    found = api.run(work)
    assert endings(found) == {"succeeded": 30}
    answers = {result.answer_id: json.loads(result.body) for result in found}
    for prompt in PROMPTS[:30]:
        answer = answers[prompt.prompt_id]
        text = next(block["text"] for block in answer["content"] if block["type"] == "text")
        assert text == world.answer(prompt, Candidate(MODEL), seed=1)
        assert answer["usage"]["service_tier"] == "batch"
    assert [batch["request_counts"]["succeeded"] for batch in api.listed()] == [6, 12, 12]


@pytest.mark.parametrize(
    ("fault", "naps"),
    [("cut", [0.5]), ("500", [0.5, 10.0, 10.0, 10.0]), ("529", [0.5, 10.0, 10.0, 10.0]), ("429", [1.0])],
)
def test_a_chunk_is_in_one_batch_whatever_became_of_its_answer(
    api: Bench, fault: str, naps: list[float]
) -> None:
    """What may have arrived is looked for; what the API says was not taken is sent again at once."""
    chunk = Chunk.of(questions(5))

    async def work(batches: Batches) -> Batch:
        return await batches.submit(chunk, await batches.mark())

    batch = api.run(work, x_simulate_error=f"{fault};after=1;times=1")
    assert [one["id"] for one in api.listed()] == [batch.batch_id]
    # A batch that was found has been waited for: its ids are known only with its results.
    assert api.naps[: len(naps)] == naps
    assert batch.has_ended is (fault == "cut")
    assert endings(api.run(lambda batches: _finish(batches, batch, chunk))) == {"succeeded": 5}


async def _finish(batches: Batches, batch: Batch, chunk: Chunk) -> list[Result]:
    return await read(batches, await batches.wait(batch), chunk)


def test_a_list_that_is_behind_is_asked_again(api: Bench) -> None:
    """The batch is there, and is found with the third look."""
    chunk = Chunk.of(questions(5))

    async def work(batches: Batches) -> Batch:
        return await batches.submit(chunk, await batches.mark())

    batch = api.run(work, x_simulate_error="cut;after=1;times=1", x_simulate_batch="late=2")
    assert [one["id"] for one in api.listed()] == [batch.batch_id]
    assert api.naps[:3] == [0.5, 10.0, 10.0]


def test_a_killed_client_finds_its_batch_again(api: Bench) -> None:
    """It died between sending the chunk and learning the id of its batch; the next one pays nothing twice."""
    chunk = Chunk.of(questions(5))
    mark = api.run(lambda batches: batches.mark())
    client = (
        "import asyncio, sys\n"
        "from modelmix.upstream.ask import key_headers\n"
        "from modelmix.upstream.batch import Chunk, Mark\n"
        "from modelmix.upstream.batches import Batches\n"
        "from modelmix.upstream.messages import Upstream\n"
        "from upstream.test_batches import questions\n"
        "async def main():\n"
        "    async with Upstream(sys.argv[1]) as api:\n"
        "        headers = [*key_headers('sk-batch'), (b'x-simulate-error', b'stall')]\n"
        "        await Batches(api, headers).submit(Chunk.of(questions(5)), Mark())\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", client, api.url], env={"PYTHONPATH": ":".join(sys.path)}
    ) as one:
        while not api.listed():
            assert one.poll() is None
        one.kill()
    batch = api.run(lambda batches: batches.submit(chunk, mark, again=True))
    assert [other["id"] for other in api.listed()] == [batch.batch_id]
    assert endings(api.run(lambda batches: read(batches, batch, chunk))) == {"succeeded": 5}


def test_a_killed_client_that_had_not_sent_sends(api: Bench) -> None:
    """Batches of others do not count: older ones, of another size, already known, or with other ids."""
    chunk, older, other, known = (
        Chunk.of(questions(n, start)) for n, start in ((5, 0), (5, 0), (6, 5), (5, 9))
    )
    foreign = Chunk.of(questions(5, 20))

    async def work(batches: Batches) -> Batch:
        await batches.submit(older, await batches.mark())
        mark = await batches.mark()
        api.clock.now += 1
        await batches.submit(other, mark)
        mine = await batches.submit(known, mark)
        await batches.submit(foreign, mark)
        return await batches.submit(chunk, mark, again=True, known={mine.batch_id})

    batch = api.run(work)
    assert api.listed()[0]["id"] == batch.batch_id
    assert len(api.listed()) == 5
    assert sum(api.naps) > 100, "the foreign batch of the same size had to be waited for"


def test_the_same_questions_may_be_asked_again_on_purpose(api: Bench) -> None:
    """A new mark keeps the old batch of the same chunk out of the search."""
    chunk = Chunk.of(questions(3))

    async def work(batches: Batches) -> tuple[str, str]:
        first = await batches.submit(chunk, await batches.mark())
        second = await batches.submit(chunk, await batches.mark(), again=True)
        return first.batch_id, second.batch_id

    first, second = api.run(work)
    assert [one["id"] for one in api.listed()] == [second, first]


def test_a_chunk_that_never_arrives_is_given_up(api: Bench) -> None:
    """After three sendings, each looked for; nothing was created."""
    chunk = Chunk.of(questions(2))
    mark = api.run(lambda batches: batches.mark())

    async def work(batches: Batches) -> None:
        await batches.submit(chunk, mark)

    posts: list[bytes] = []

    def script(_peer: Peer, heard: Heard) -> bytes:
        if heard.line.startswith(b"POST"):
            posts.append(heard.body)
            return http("500 Internal Server Error", b"{}", "request-id: req_9")
        return http("200 OK", b'{"data": [], "has_more": false}')

    with upstream(script) as (url, _), pytest.raises(UpstreamError, match="status 500; what was") as caught:
        Bench(url).run(work)
    assert posts == [b"".join(chunk.pieces())] * 3
    assert caught.value.request_id == "req_9"


def test_a_batch_that_appears_after_the_last_sending_is_found() -> None:
    """The last answer was lost as well; the batch is looked for once more before anything is given up."""
    chunk = Chunk.of(questions(2))
    line = json.dumps({"custom_id": f"{chunk.name}x", "result": {"type": "expired"}}).encode()
    counts = {**DOCUMENT["request_counts"], "succeeded": 2, "errored": 0, "expired": 0}
    ended = json.dumps({**DOCUMENT, "request_counts": counts}).encode()
    posts: list[bytes] = []

    def script(_peer: Peer, heard: Heard) -> bytes | None:
        if heard.line.startswith(b"POST"):
            posts.append(heard.body)
            return None
        if b"/results" in heard.line:
            return http("200 OK", line)
        found = ended if len(posts) == 3 else b""
        return http("200 OK", b'{"data": [%b], "has_more": false}' % found)

    with upstream(script) as (url, _):
        batch = Bench(url).run(lambda batches: batches.submit(chunk, Mark()))
    assert (batch.batch_id, len(posts)) == ("msgbatch_1", 3)


def test_a_creation_is_not_sent_again_by_the_pool() -> None:
    """An idle connection that breaks under it may have carried it: the batch is looked for first."""
    chunk = Chunk.of(questions(2))
    posts = iter([None, json.dumps({**DOCUMENT, "processing_status": "in_progress"}).encode()])

    def script(_peer: Peer, heard: Heard) -> bytes | None:
        if heard.line.startswith(b"POST"):
            answer = next(posts)
            return None if answer is None else http("200 OK", answer)
        return http("200 OK", b'{"data": [], "has_more": false}')

    async def work(batches: Batches) -> Batch:
        return await batches.submit(chunk, await batches.mark())

    with upstream(script) as (url, heard):
        Bench(url).run(work)
    lines = [one.line.split()[0] for one in heard]
    assert lines == [b"GET", b"POST", *[b"GET"] * 4, b"POST"]
    assert [one.header(b"content-length") for one in heard if one.body] == [b"%d" % chunk.size_bytes] * 2


def test_an_answer_that_makes_no_sense_is_looked_for() -> None:
    """It may be that of a batch that was created."""

    def script(_peer: Peer, heard: Heard) -> bytes:
        if heard.line.startswith(b"POST"):
            return http("200 OK", b"<html>", "request-id: req_2")
        return http("200 OK", b'{"data": [], "has_more": false}')

    async def work(batches: Batches) -> Batch:
        return await batches.submit(Chunk.of(questions(1)), Mark())

    with upstream(script) as (url, heard), pytest.raises(UpstreamError, match="is no message batch"):
        Bench(url).run(work)
    assert Counter(one.line.split()[0] for one in heard) == {b"POST": 3, b"GET": 12}


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        ("400 Bad Request", b"{}", "answered a request about a batch with status 400"),
        ("413 Too Large", b"{}", "with status 413"),
        ("401 Unauthorized", b'{"error": {"type": "authentication_error"}}', "refuses the key"),
    ],
)
def test_a_refusal_is_final(status: str, body: bytes, words: str) -> None:
    """The error says what and with which request, and nothing of what was asked."""

    async def work(batches: Batches) -> Batch:
        return await batches.submit(Chunk.of(questions(1)), Mark())

    with (
        upstream(lambda _p, _h: http(status, body, "request-id: req_3")) as (url, heard),
        pytest.raises(UpstreamError, match=words) as caught,
    ):
        Bench(url).run(work)
    assert (len(heard), caught.value.request_id) == (1, "req_3")


def test_expired_and_failed_requests_are_told_apart(api: Bench) -> None:
    """A batch that ended may hold fewer answers than questions; each question has an ending."""
    chunk = Chunk.of([*questions(20), Question("bad", b'{"model": "claude-none"}')])

    async def work(batches: Batches) -> tuple[Batch, list[Result]]:
        ended = await batches.wait(await batches.submit(chunk, await batches.mark()))
        return ended, await read(batches, ended, chunk)

    ended, found = api.run(work, x_simulate_batch="error=2;expire=4;life=200")
    assert (ended.succeeded, ended.errored, ended.expired, ended.total) == (15, 2, 4, 21)
    assert endings(found) == {"succeeded": 15, "errored": 2, "expired": 4}
    assert {result.status for result in found if result.ending is Ending.ERRORED} == {500}
    assert sorted(result.answer_id for result in found) == sorted(one.answer_id for one in chunk.questions)
    bad = api.run(work)[1]
    assert next(one.status for one in bad if one.answer_id == "bad") == 400


def test_a_cancelled_batch_is_read_all_the_same(api: Bench) -> None:
    """What was answered by then is there; one that has ended stays as it is, an unknown one is an error."""
    chunk = Chunk.of(questions(32))

    async def work(batches: Batches) -> list[Result]:
        batch = await batches.submit(chunk, await batches.mark())
        api.clock.now += 60
        cancelling = await batches.cancel(batch.batch_id)
        assert cancelling.status == "canceling"
        ended = await batches.wait(cancelling)
        assert await batches.cancel(batch.batch_id) == await batches.poll(batch.batch_id) == ended
        return await read(batches, ended, chunk)

    assert endings(api.run(work)) == {"succeeded": 16, "canceled": 16}
    with pytest.raises(UpstreamError, match="status 404"):
        api.run(lambda batches: batches.cancel("msgbatch_none"))


def test_a_batch_that_cannot_be_cancelled_is_an_error() -> None:
    """It goes on, and costs."""

    def script(_peer: Peer, heard: Heard) -> bytes:
        if heard.line.startswith(b"POST"):
            return http("403 Forbidden", b"{}")
        return http("200 OK", json.dumps({**DOCUMENT, "processing_status": "in_progress"}).encode())

    with upstream(script) as (url, _), pytest.raises(UpstreamError, match="refuses the key"):
        Bench(url).run(lambda batches: batches.cancel("msgbatch_1"))


def test_waiting_takes_ever_longer_naps_and_bears_what_passes() -> None:
    """Twice as long each time up to a minute, longer where the API asks; unknown for a moment is no end."""
    going = json.dumps({**DOCUMENT, "processing_status": "in_progress"}).encode()
    answers = iter(
        [
            http("200 OK", going, "retry-after: 10"),
            http("404 Not Found", b"{}"),
            http("529 Overloaded", b"{}"),
            *[http("200 OK", going)] * 5,
            http("200 OK", going, "retry-after: 500"),
            http("200 OK", json.dumps(DOCUMENT).encode()),
        ]
    )
    with upstream(lambda _p, _h: next(answers)) as (url, _):
        made = Bench(url)
        ended = made.run(lambda batches: batches.wait(_document(processing_status="in_progress")))
    assert ended.has_ended
    assert made.naps == [2.0, 10.0, 10.0, 1.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_what_is_not_answered_is_given_up() -> None:
    """After six tries: nobody listens, or nobody knows the batch."""
    with upstream(lambda _p, _h: None) as (url, heard), pytest.raises(UpstreamUnreachable):
        Bench(url).run(lambda batches: batches.poll("msgbatch_1"))
    with upstream(lambda _p, _h: http("404 Not Found", b"{}")) as (url, heard):
        made = Bench(url)
        with pytest.raises(UpstreamError, match="status 404"):
            made.run(lambda batches: batches.poll("msgbatch_1"))
    assert (len(heard), made.naps) == (6, [10.0] * 5)


def test_silence_is_a_timeout() -> None:
    """An answer has a time to come in."""
    with upstream(lambda peer, _: peer.raw.recv(1)) as (url, _), pytest.raises(UpstreamTimeout):
        Bench(url).run(lambda batches: batches.poll("msgbatch_1"), BatchPatience(0.05, 1.0))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 1}', b'{"data": [{"id": "a"}]}'])
def test_a_list_that_makes_no_sense_is_an_error(body: bytes) -> None:
    """Nothing may be concluded from it."""
    with (
        upstream(lambda _p, _h: http("200 OK", body)) as (url, _),
        pytest.raises(UpstreamError, match="no mess"),
    ):
        Bench(url).run(lambda batches: batches.mark())


def test_too_long_an_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than that is ever held."""
    monkeypatch.setattr("modelmix.upstream.batch_calls._LONGEST_BYTES", 100)
    with upstream(lambda _p, _h: http("200 OK", b" " * 101)) as (url, _), pytest.raises(StreamBroken):
        Bench(url).run(lambda batches: batches.mark())


def test_the_search_pages_through_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as the mark, and no further than one can."""
    monkeypatch.setattr(batches_module, "_PAGE", 2)
    with bench(0.0) as api:
        chunk = Chunk.of(questions(2))
        mark = api.run(lambda batches: batches.mark())

        async def work(batches: Batches) -> Batch | None:
            mine = await batches.submit(chunk, mark)
            for start in range(5):
                await batches.submit(Chunk.of(questions(1, start)), mark)
            assert await batches.find(chunk, mark) == await batches.poll(mine.batch_id)
            return await batches.find(chunk, await batches.mark())

        assert api.run(work) is None
        monkeypatch.setattr(batches_module, "_MOST_PAGES", 2)
        with pytest.raises(UpstreamError, match="more than 4 batches are newer"):
            api.run(lambda batches: batches.find(chunk, mark))


def test_results_that_are_none_of_ours_are_strays(api: Bench) -> None:
    """They answer nothing, and our own questions are missing."""
    chunk, other = Chunk.of(questions(4)), Chunk.of(questions(4, 10))

    async def work(batches: Batches) -> list[Result]:
        ended = await batches.wait(await batches.submit(chunk, await batches.mark()))
        return await read(batches, ended, other)

    found = api.run(work)
    assert endings(found) == {"stray": 4, "missing": 4}
    assert {one.custom_id for one in found if one.ending is Ending.STRAY} == set(chunk.answer_ids)
    assert {one.answer_id for one in found if one.ending is Ending.MISSING} == set(other.answer_ids.values())


def test_results_that_break_off_are_read_again(api: Bench) -> None:
    """Whole lines come before the break, and all of them the next time."""
    chunk = Chunk.of(questions(6))
    ended = api.run(lambda batches: _ended(batches, chunk))
    seen: list[Result] = []

    async def broken(batches: Batches) -> None:
        async for result in batches.results(ended, chunk):
            seen.append(result)  # noqa: PERF401 - what came before the break is the point

    with pytest.raises(StreamBroken):
        api.run(broken, x_simulate_error="cut;after=4")
    assert endings(seen) == {"succeeded": 4}
    assert endings(api.run(lambda batches: read(batches, ended, chunk))) == {"succeeded": 6}


async def _ended(batches: Batches, chunk: Chunk) -> Batch:
    return await batches.wait(await batches.submit(chunk, await batches.mark()))


def scripted(script: Callable[[Peer, Heard], bytes | None], batch: Batch, chunk: Chunk) -> list[Result]:
    """Read results of a scripted API."""
    with upstream(script) as (url, _):
        return Bench(url).run(lambda batches: read(batches, batch, chunk))


def test_fewer_results_than_counted_are_a_break() -> None:
    """An end that comes too early is not one to conclude anything from."""
    chunk = Chunk.of(questions(1))
    line = b'{"custom_id": "%b", "result": {"type": "expired"}}' % next(iter(chunk.answer_ids)).encode()
    batch = _document(results_url=None)
    with pytest.raises(StreamBroken, match="has 6 results and only 2 came"):
        scripted(lambda _p, _h: http("200 OK", line + b"\n\njunk\n"), batch, chunk)
    with (
        upstream(lambda _p, h: http("200 OK", _list(1) if b"?" in h.line else b"")) as (url, _),
        pytest.raises(StreamBroken, match="has no results"),
    ):
        Bench(url).run(lambda batches: batches.find(chunk, Mark()))


def _document(**change: object) -> Batch:
    return read_batch(json.dumps({**DOCUMENT, **change}).encode())


def _list(total: int) -> bytes:
    counts = {"processing": 0, "succeeded": total, "errored": 0, "canceled": 0, "expired": 0}
    return json.dumps({"data": [{**DOCUMENT, "request_counts": counts}], "has_more": False}).encode()


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("{url}/elsewhere/results.jsonl?sig=a%20b", b"/elsewhere/results.jsonl?sig=a%20b"),
        ("https://api.anthropic.com/v1/x", b"/v1/messages/batches/msgbatch_1/results"),
        ("http://127.0.0.1:1/v1/x", b"/v1/messages/batches/msgbatch_1/results"),
        ("//evil/x", b"/v1/messages/batches/msgbatch_1/results"),
        ("http://[", b"/v1/messages/batches/msgbatch_1/results"),
        ("http://x:y/", b"/v1/messages/batches/msgbatch_1/results"),
    ],
)
def test_a_place_of_results_is_followed_only_on_the_same_host(place: str, path: bytes) -> None:
    """The key is shown to nobody else; the documented path is asked for instead."""
    chunk = Chunk.of(questions(1))
    zero = dict.fromkeys(DOCUMENT["request_counts"], 0)
    with upstream(lambda _p, _h: http("200 OK", b"")) as (url, heard):
        batch = _document(results_url=place.format(url=url), request_counts=zero)
        found = Bench(url).run(lambda batches: read(batches, batch, chunk))
    assert endings(found) == {"missing": 1}
    assert [one.line for one in heard] == [b"GET %b HTTP/1.1" % path]
    assert heard[0].header(b"x-api-key") == b"sk-batch"


def test_results_behind_a_base_path_are_found() -> None:
    """Both where the API names them with it and where it does not."""
    chunk = Chunk.of(questions(1))
    zero = dict.fromkeys(DOCUMENT["request_counts"], 0)
    with upstream(lambda _p, _h: http("200 OK", b"")) as (url, heard):
        made = Bench(f"{url}/base")
        for place in (f"{url}/base/there", f"{url}/there"):
            batch = _document(results_url=place, request_counts=zero)
            made.run(partial(read, batch=batch, chunk=chunk))
    assert [one.line.split()[1] for one in heard] == [
        b"/base/there",
        b"/base/v1/messages/batches/msgbatch_1/results",
    ]


def test_results_are_waited_for_and_refused() -> None:
    """A batch whose results are not there yet is asked again; a refusal is final."""
    chunk = Chunk.of(questions(1))
    zero = dict.fromkeys(DOCUMENT["request_counts"], 0)
    answers = iter([http("404 Not Found", b"{}"), http("503 Busy", b"{}"), http("200 OK", b"")])
    with upstream(lambda _p, _h: next(answers)) as (url, _):
        made = Bench(url)
        batch = _document(request_counts=zero)
        assert endings(made.run(lambda batches: read(batches, batch, chunk))) == {"missing": 1}
    assert made.naps == [10.0, 1.0]
    with pytest.raises(UpstreamError, match="status 302"):
        scripted(lambda _p, _h: http("302 Found", b"", "location: http://x/"), batch, chunk)
    with pytest.raises(UpstreamError, match="status 404"):
        scripted(lambda _p, _h: http("404 Not Found", b""), batch, chunk)


def test_a_result_is_there_before_the_next_one_has_come() -> None:
    """Nothing but the line in hand is held; a reader that stops early lets go of the rest."""
    chunk = Chunk.of(questions(2))
    first, second = (
        b'{"custom_id": "%b", "result": {"type": "expired"}}\n' % name.encode() for name in chunk.answer_ids
    )
    came = threading.Event()

    def script(peer: Peer, _heard: Heard) -> bytes:
        peer.raw.sendall(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + piece(first + second[:20])
        )
        assert came.wait(20)
        return piece(second[20:]) + piece(b"")

    async def work(batches: Batches) -> list[Ending]:
        seen = []
        async for result in batches.results(_document(request_counts=_two()), chunk):
            seen.append(result.ending)
            came.set()
        return seen

    with upstream(script) as (url, _):
        assert Bench(url).run(work) == [Ending.EXPIRED] * 2


def _two() -> dict[str, int]:
    return {**dict.fromkeys(DOCUMENT["request_counts"], 0), "expired": 2}


@pytest.mark.soak
def test_twenty_thousand_requests_leave_little_behind() -> None:
    """Both ends together hold a few hundred bytes a request once the batch has ended and was read."""
    asked = 20_000
    body = json.dumps({"model": MODEL, "max_tokens": 200, "messages": [{"role": "user", "content": "Hi."}]})

    async def work(batches: Batches) -> int:
        chunk = Chunk.of(Question(f"a{at}", body.encode()) for at in range(asked))
        ended = await batches.wait(await batches.submit(chunk, await batches.mark()))
        return sum([result.ending is Ending.SUCCEEDED async for result in batches.results(ended, chunk)])

    with bench() as api:
        api.run(lambda batches: batches.mark())
        tracemalloc.start()
        try:
            assert api.run(work) == asked
            held, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert held < 500 * asked
    assert peak < 4000 * asked
