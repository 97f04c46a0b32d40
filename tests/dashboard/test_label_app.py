"""The label app: who may speak to it, what it keeps, and that no request breaks it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.dashboard.door import LONGEST_BODY, refusal
from modelmix.dashboard.label_app import LabelApp
from modelmix.dashboard.run import bind, port_of, running, serve
from modelmix.errors import ConfigError, StoreError
from modelmix.pipeline.label.session import Session
from modelmix.report.label_report import LabelReport
from modelmix.store.label_book import LabelBook
from pipeline.label.homes import found, make, session

TOKEN, PORT = "word", 8123
HOST = {"host": f"127.0.0.1:{PORT}"}
SAME = {**HOST, "origin": f"http://127.0.0.1:{PORT}"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose answers have their text."""
    return make(tmp_path_factory.mktemp("home"), 40)


class Rig:
    """An app on a home, with a clock of its own."""

    def __init__(self, home: Path, book: LabelBook, who: str, sample: int = 5) -> None:
        self.book, self.who = book, who
        self.session: Session = session(home, book, sample, who)
        self.app = LabelApp(self.session, found(home).report, TOKEN, PORT, lambda: 1000.0)

    def post(self, body: str, place: str = "say", headers: dict[str, str] | None = None) -> int:
        """Post a form and return the status."""
        answer = self.app.answer(
            "POST", f"/{TOKEN}/{place}", SAME if headers is None else headers, body.encode()
        )
        return answer.status.value

    def get(self, path: str = f"/{TOKEN}/") -> tuple[int, str]:
        """Get a page."""
        answer = self.app.answer("GET", path, HOST, b"")
        return answer.status.value, answer.html or answer.location

    def pair(self) -> str:
        """Return the name of the pair that is open."""
        one = self.session.following()
        assert one is not None
        return one.drawn.pair_id

    def said(self) -> int:
        """Return how many words of this person are in the ledger."""
        return sum(label.who == self.who for label in self.book.labels())


@pytest.fixture
def rig(home: Path, request: pytest.FixtureRequest) -> Rig:
    """An app for a person of the test's own."""
    return Rig(home, LabelBook.open(home), request.node.name)


def test_a_form_is_kept_and_leads_to_the_next_pair(rig: Rig) -> None:
    """Its word, and the time since the page was shown; reloading does not send it again."""
    first = rig.pair()
    assert first in rig.get()[1]
    assert rig.post(f"pair={first}&word=both&shown=990500") == 303
    [label] = [one for one in rig.book.labels() if one.who == rig.who]
    assert (label.score, label.baseline_score, label.seconds) == (1.0, 1.0, 9.5)
    assert first not in rig.get()[1]
    assert rig.post("", "undo") == 303
    assert (rig.said(), rig.pair()) == (0, first)
    assert rig.post("", "undo") == 303


def test_the_end_shows_what_labels_show(rig: Rig) -> None:
    """After the last pair there is no form but what all labels show."""
    for _ in range(5):
        rig.post(f"pair={rig.pair()}&word=skip&shown=x")
    status, html = rig.get()
    assert status == 200
    assert "5 skipped" in html
    assert "What all labels show" in html


@pytest.mark.parametrize(
    ("body", "place", "status"),
    [
        ("pair=none&word=both", "say", 400),
        ("pair=none&word=perhaps", "say", 400),
        ("", "say", 400),
        ("pair=\xff", "say", 400),
        ("&".join("a=1" for _ in range(20)), "say", 400),
        ("word=both", "elsewhere", 404),
        ("x" * (LONGEST_BODY + 1), "say", 413),
    ],
)
def test_other_forms_are_refused(rig: Rig, body: str, place: str, status: int) -> None:
    """With a sentence, and nothing is kept."""
    assert rig.post(body, place) == status
    assert rig.said() == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({**SAME, "host": f"evil.example:{PORT}"}, 421),
        ({**SAME, "host": "127.0.0.1:9"}, 421),
        ({"origin": SAME["origin"]}, 421),
        (HOST, 403),
        ({**HOST, "origin": "null"}, 403),
        ({**HOST, "origin": "http://evil.example"}, 403),
        ({**HOST, "origin": f"http://localhost:{PORT}"}, 403),
        ({**SAME, "sec-fetch-site": "cross-site"}, 403),
        ({"host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}"}, 303),
    ],
)
def test_no_other_page_can_post(rig: Rig, headers: dict[str, str], status: int) -> None:
    """Under another name, from another page, or from nowhere: refused before anything is read."""
    assert rig.post(f"pair={rig.pair()}&word=both", headers=headers) == status
    assert rig.said() == (status == 303)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 404), ("/wrong/", 404), ("*", 404), ("", 404), (f"/{TOKEN}", 303), (f"/{TOKEN}/x", 404)],
)
def test_only_those_who_were_told_get_in(rig: Rig, path: str, status: int) -> None:
    """Without the word of the address there is nothing, and nothing says what is missing."""
    code, html = rig.get(path)
    assert code == status
    assert status == 303 or "What was asked" not in html


def test_other_methods_are_refused() -> None:
    """Nobody deletes or puts."""
    assert refusal("DELETE", f"/{TOKEN}/", SAME, TOKEN, PORT) == 405
    assert refusal("HEAD", f"/{TOKEN}/", HOST, TOKEN, PORT) is None


def test_a_ledger_that_cannot_take_a_word_says_so(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person learns that it was not kept, and the pair stays open."""

    def locked(_: object) -> int:
        raise StoreError("the ledger is locked; wait")

    monkeypatch.setattr(rig.book, "put", locked)
    pair = rig.pair()
    assert rig.post(f"pair={pair}&word=both") == 503
    assert rig.pair() == pair


FORMS = st.binary(max_size=80) | st.from_regex(
    r"pair=\w{0,16}&word=\w{0,8}&shown=\d{0,20}", fullmatch=True
).map(str.encode)


@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT", ""]),
    st.sampled_from(["", "/", f"/{TOKEN}/", f"/{TOKEN}/say", f"/{TOKEN}/undo"]) | st.text(max_size=20),
    st.dictionaries(st.sampled_from(["host", "origin", "sec-fetch-site"]), st.text(max_size=20))
    | st.just(SAME),
    FORMS,
)
def test_no_request_raises(method: str, path: str, headers: dict[str, str], body: bytes) -> None:
    """Whatever comes, an answer goes back."""
    app = LabelApp(NOBODY, lambda: NOTHING, TOKEN, PORT)  # type: ignore[arg-type] # enough of a session
    assert app.answer(method, path, headers, body).status.value in {200, 303, 400, 403, 404, 405, 413, 421}


class _Nobody:
    who, size, done, skipped, seconds = "x", 3, 1, 0, ()

    def following(self) -> None:
        return None

    def say(self, *_: object) -> bool:
        return False

    def undo(self) -> bool:
        return False


NOBODY = _Nobody()
NOTHING = LabelReport((), (), 0, {}, 0, 0, None, 20)


def test_no_request_raises_at_the_end_either(home: Path) -> None:
    """The page of the end is asked for its report."""
    with LabelBook.open(home) as book:
        rig = Rig(home, book, "end", 1)
        rig.post(f"pair={rig.pair()}&word=neither")
        assert rig.get()[0] == 200


def test_a_port_that_is_taken_is_said() -> None:
    """In one sentence, with what to do."""
    taken = bind()
    with pytest.raises(ConfigError, match="--port"):
        bind(port_of(taken))
    taken.close()


def test_it_is_served_on_this_machine_alone(home: Path) -> None:
    """A real server: its headers forbid what a page could do, and HEAD has no body."""
    import http.client

    with LabelBook.open(home) as book:
        taken = bind()
        port = port_of(taken)
        assert taken.getsockname()[0] == "127.0.0.1"
        app = LabelApp(session(home, book, 3, "served"), found(home).report, TOKEN, port)
        with running(taken, app):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            for method in ("GET", "HEAD"):
                connection.request(method, f"/{TOKEN}/")
                answer = connection.getresponse()
                assert answer.status == 200
                assert bool(answer.read()) == (method == "GET")
                assert "default-src 'none'" in str(answer.headers["content-security-policy"])
                assert answer.headers["cache-control"] == "no-store"
            connection.request("GET", f"/{TOKEN}")
            assert connection.getresponse().headers["location"] == f"/{TOKEN}/"
            connection.close()


def test_it_serves_until_it_is_told_to_stop() -> None:
    """A signal ends it, and the program goes on."""
    import os
    import signal

    async def nothing(scope: object, receive: object, send: object) -> None:
        raise AssertionError

    told: list[str] = []

    def stop() -> None:
        told.append("ready")
        os.kill(os.getpid(), signal.SIGINT)

    taken = bind()
    serve(taken, nothing, stop)
    taken.close()
    assert told == ["ready"]
