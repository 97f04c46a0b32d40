"""The label app: pages and forms of one person's session, as a bare ASGI callable."""

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from statistics import median
from typing import Any, Final
from urllib.parse import parse_qs

from modelmix.dashboard.door import LONGEST_BODY, refusal
from modelmix.errors import StoreError
from modelmix.pipeline.label.session import Session, Word
from modelmix.report.label_page import LABEL_POLICY, PairShown, Progress, end_page, pair_page, problem_page
from modelmix.report.label_report import LabelReport

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_HEADERS: Final = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", LABEL_POLICY.encode()),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to a request."""

    status: HTTPStatus
    html: str = ""
    location: str = ""


class LabelApp:
    """Serves one session.

    Args:
        session: The person's way through the sample.
        report: Gathers what all labels show, whenever it is called.
        token: Word in the address that only those know who were told.
        port: Port that it is served on.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        session: Session,
        report: Callable[[], LabelReport],
        token: str,
        port: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._session = session
        self._report = report
        self._token = token
        self._port = port
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = b""
        more = True
        while more and len(body) <= LONGEST_BODY:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        answer = self.answer(scope["method"], scope["path"], headers, body)
        html = b"" if scope["method"] == "HEAD" else answer.html.encode("utf-8", "replace")
        fields = [*_HEADERS, (b"content-length", str(len(html)).encode())]
        if answer.location:
            fields.append((b"location", answer.location.encode()))
        await send({"type": "http.response.start", "status": answer.status.value, "headers": fields})
        await send({"type": "http.response.body", "body": html})

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request; whatever it holds, nothing raises.

        Args:
            method: Its method.
            path: Its path.
            headers: Its headers, names in lower case.
            body: Its body.
        """
        refused = refusal(method, path, headers, self._token, self._port)
        if refused is not None:
            return Answer(refused, problem_page(f"{refused.value}: {refused.phrase}"))
        if len(body) > LONGEST_BODY:
            return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the form is longer than a form can be")
        place = path.removeprefix(f"/{self._token}")
        try:
            if method == "POST":
                return self._post(place, body)
            if place == "":
                return Answer(HTTPStatus.SEE_OTHER, location=f"/{self._token}/")
            return Answer(HTTPStatus.OK, self._page()) if place == "/" else _nowhere()
        except StoreError as error:
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, f"it was not kept: {error}")

    def _post(self, place: str, body: bytes) -> Answer:
        fields = _fields(body)
        if place == "/undo":
            self._session.undo()
        elif place == "/say":
            try:
                word = Word(fields.get("word", ""))
            except ValueError:
                return _problem(HTTPStatus.BAD_REQUEST, "the form says nothing that is known; go back")
            if not self._session.say(fields.get("pair", ""), word, self._seconds(fields.get("shown", ""))):
                return _problem(HTTPStatus.BAD_REQUEST, "there is no such pair in this sample; go back")
        else:
            return _nowhere()
        # A page that is reloaded must not send its form again.
        return Answer(HTTPStatus.SEE_OTHER, location=f"/{self._token}/")

    def _seconds(self, shown: str) -> float | None:
        if not shown.isascii() or not shown.isdecimal() or len(shown) > len("1764000000000"):
            return None
        return self._clock() - int(shown) / 1000.0

    def _page(self) -> str:
        session = self._session
        seconds = session.seconds
        progress = Progress(
            session.who, session.done, session.size, session.skipped, median(seconds) if seconds else None
        )
        shown = session.following()
        if shown is None:
            return end_page(self._report(), progress)
        left, right = session.sides(shown)
        drawn = shown.drawn
        pair = PairShown(drawn.pair_id, drawn.task_type, shown.prompt, left, right, int(self._clock() * 1000))
        return pair_page(pair, progress)


def _fields(body: bytes) -> dict[str, str]:
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=8)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _problem(status: HTTPStatus, sentence: str) -> Answer:
    return Answer(status, problem_page(sentence))


def _nowhere() -> Answer:
    return _problem(HTTPStatus.NOT_FOUND, "there is no such page")
