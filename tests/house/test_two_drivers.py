"""One policy, two drivers: what was proved offline is what runs online, request by request."""

import http.client
import json
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from house.tree import ROOT, blocks
from modelmix.classify.features import features
from modelmix.classify.template import fingerprint
from modelmix.core.candidate import Candidate
from modelmix.evaluate.drive import drive
from modelmix.gateway.decision import Decider
from modelmix.gateway.run import Setup
from modelmix.gateway.run import running as gateway_running
from modelmix.policy import artifact
from modelmix.policy.base import Route
from modelmix.policy.by_type import VIRTUAL_MODELS, ByType
from modelmix.policy.choice import Wish
from modelmix.policy.document import PolicyDocument, TaskMatch
from modelmix.policy.standing import Standing
from modelmix.settings import load
from modelmix.simulator.run import running as simulator_running
from modelmix.store.ledger import Ledger
from modelmix.wire.request import read

DAY = date(2026, 12, 1)
CAPABILITIES = load().capabilities()
SYSTEM = "You summarise inspection reports for the owner of a building. Five sentences, no headings."


def _document() -> PolicyDocument:
    """The example of the documents, its template that of a system prompt that we have."""
    (whole, *_) = (text for language, text in blocks(ROOT / "docs" / "policy.md") if language == "yaml")
    document = artifact.parse(whole.encode())
    entry = document.tasks["report-summary"]
    seen = entry.model_copy(update={"match": TaskMatch(template=fingerprint(SYSTEM).sha)})
    return artifact.signed(document.model_copy(update={"tasks": {**document.tasks, "report-summary": seen}}))


DOCUMENT = _document()
POLICY = artifact.to_policy(DOCUMENT, CAPABILITIES).on(DAY)


def _body(
    model: str, effort: str | None = None, system: str = "", *, tools: int = 0, words: int = 5, **more: object
) -> bytes:
    content: dict[str, Any] = {
        "model": model,
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "word " * words}],
        **more,
    }
    if effort is not None:
        content["output_config"] = {"effort": effort}
    if system:
        content["system"] = system
    if tools:
        schema = {"type": "object", "properties": {}}
        content["tools"] = [
            {"name": f"tool_{n}", "description": "A tool.", "input_schema": schema} for n in range(tools)
        ]
    return json.dumps(content).encode()


def _replayed(body: bytes, tag: str, policy: ByType) -> Route:
    """Drive the policy over a task of which nothing is recorded: the route alone counts."""
    request = read(body)
    asked = Candidate(request.model, request.effort)
    requested = asked if request.model in VIRTUAL_MODELS else CAPABILITIES.effective(asked)
    seen = features(request.fields, requested, tag=tag, size_bytes=len(body))
    route = drive(policy, seen, {}, CAPABILITIES).route
    assert route is not None
    return route


def _agree(body: bytes, tag: str, policy: ByType) -> str:
    """Hold the gateway's decision against the replay's route and return the reason."""
    route = _replayed(body, tag, policy)
    standing = Standing(policy, policy.switched_off())
    decision = Decider(lambda: standing, CAPABILITIES, enforce=True).decide(body, Wish(tag))
    if decision.reason.startswith("kept: "):
        # The target would have refused this very request: the gateway asks nobody else then.
        assert decision.reason.endswith(f"; {route.reason}")
        route = _replayed(body, tag, policy.switched_off())
    else:
        assert decision.reason == route.reason
    assert CAPABILITIES.effective(decision.sent) == CAPABILITIES.effective(route.candidate)
    sent = read(decision.body)
    assert CAPABILITIES.effective(Candidate(sent.model, sent.effort)) == CAPABILITIES.effective(decision.sent)
    return decision.reason


models = st.sampled_from(
    [
        "claude-opus-5-5",
        "claude-opus-4-8",
        "claude-sonnet-5-5",
        "claude-haiku-5-5",
        "modelmix",
        "claude-unknown-9",
    ]
)
efforts = st.none() | st.sampled_from(["low", "medium", "high", "max"])
tags = st.sampled_from(["", "form-extraction", "ticket-reply", "report-summary", "something-else"])


prompts = st.builds(
    _body,
    models,
    efforts,
    st.sampled_from(["", SYSTEM, "Something else."]),
    tools=st.integers(0, 2),
    words=st.integers(1, 20_000),
) | st.builds(_body, models, efforts, temperature=st.just(0.2))


@given(prompts, tags)
def test_both_drivers_take_the_same_route(body: bytes, tag: str) -> None:
    """Whatever is asked for, replay and gateway choose the same candidate for the same reason."""
    _agree(body, tag, POLICY)


def test_what_the_target_would_refuse_is_kept() -> None:
    """A request that the route's model would reject is the one case in which the gateway stays behind."""
    body = _body("claude-opus-5-5", "medium", some_new_field=1)
    assert _agree(body, "form-extraction", POLICY).startswith(
        "kept: field some_new_field; task=form-extraction"
    )


@given(models, efforts, tags)
def test_both_drivers_stop_at_the_same_time(model: str, effort: str | None, tag: str) -> None:
    """In grace, after it and with the kill switch thrown they agree as well."""
    expires = DOCUMENT.certificate.expires if DOCUMENT.certificate is not None else DAY
    for days in (1, 15):
        _agree(_body(model, effort), tag, POLICY.on(date.fromordinal(expires.toordinal() + days)))
    _agree(_body(model, effort), tag, POLICY.switched_off())


CASES: tuple[tuple[bytes, str, str], ...] = (
    (_body("claude-opus-5-5", "medium"), "form-extraction", "task=form-extraction; static"),
    (_body("claude-opus-5-5", "high"), "form-extraction", "task=form-extraction; explicit-model"),
    (_body("claude-opus-5-5", "medium"), "ticket-reply", "task=ticket-reply; unproven"),
    (_body("claude-opus-4-8", "high", SYSTEM), "", "task=report-summary; static"),
    (_body("claude-opus-5-5", "high", tools=1), "", "task=analytical-question; unproven"),
    (_body("modelmix"), "form-extraction", "task=form-extraction; static"),
    (_body("modelmix"), "", "no-match"),
    (_body("claude-sonnet-5-5"), "", "no-match"),
)


def test_the_whole_loop_agrees(tmp_path: Path) -> None:
    """Replay, the gateway's headers, what the API served and the ledger's row tell one story per request."""
    file = tmp_path / "policy.yaml"
    file.write_bytes(artifact.render(DOCUMENT))
    home = tmp_path / "home"
    told = []
    with simulator_running() as api:
        setup = Setup(
            home=home,
            capabilities=CAPABILITIES,
            open_rows=partial(Ledger.open, home),
            policy=file,
            upstream=api,
            enforce=True,
            today=lambda: DAY,
        )
        with gateway_running(setup) as url:
            told = [_sent(url, body, tag) for body, tag, _ in CASES]
    with Ledger.open(home) as ledger:
        rows = sorted(ledger.calls(), key=lambda call: call.at)
    for (body, tag, reason), (served, said, answered), row in zip(CASES, told, rows, strict=True):
        assert _agree(body, tag, POLICY).startswith(reason)
        route = _replayed(body, tag, POLICY)
        assert {route.candidate.model} == {served, answered, row.model_served}
        assert route.reason == said == row.reason
        assert CAPABILITIES.effective(Candidate(row.model_served, row.effort)) == CAPABILITIES.effective(
            route.candidate
        )


def _sent(url: str, body: bytes, tag: str) -> tuple[str, str, str]:
    """Send a request and return the model and reason of the headers, and the model that the answer names."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    headers = {"x-api-key": "any", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    if tag:
        headers["modelmix-task"] = tag
    connection.request("POST", "/v1/messages", body, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    assert response.status == 200, answer
    return (
        str(response.getheader("modelmix-served-model")),
        str(response.getheader("modelmix-reason")),
        str(answer["model"]),
    )
