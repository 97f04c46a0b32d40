"""The router in a program chooses what the gateway chooses, and raises only where the caller is wrong."""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import anthropic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from house.tree import ROOT, blocks
from modelmix import Candidate, Effort, Route, Router, inprocess
from modelmix.errors import ArtifactError
from modelmix.gateway.decision import Decider
from modelmix.policy import artifact, choice
from modelmix.policy.base import KILL_SWITCH
from modelmix.policy.choice import Wish
from modelmix.policy.standing import Standing
from modelmix.settings import load
from modelmix.simulator.run import running

CAPABILITIES = load().capabilities()
DAY = date(2026, 12, 1)
CERTIFIED = next(
    text for language, text in blocks(ROOT / "docs" / "policy.md") if language == "yaml"
).encode()
LABEL = str(artifact.parse(CERTIFIED).sha256)[:8]
BY_HAND = b"""\
modelmix: 1
name: by-hand
bar: {margin: 0.02, alpha: 0.05}
tasks:
  form-extraction:
    match: {tag: form-extraction}
    baseline: {model: claude-opus-5-5, effort: medium}
    route: {model: claude-haiku-4-5}
default: {model: claude-opus-5-5, effort: medium}
"""
HAIKU = Candidate("claude-haiku-5-5", Effort.LOW)
QUESTION: anthropic.types.MessageParam = {"role": "user", "content": "What is the weather in Oslo?"}
FORM: Mapping[str, Any] = {"model": "claude-opus-5-5", "max_tokens": 64, "messages": [QUESTION]}
TASK = "form-extraction"


def certified(
    *, today: date | Callable[[], date] = DAY, enforce: bool = True, home: Path | None = None
) -> Router:
    """The policy of the documents, on a day on which it holds."""
    return Router.from_bytes(CERTIFIED, today=today, enforce=enforce, home=home)


def by_hand() -> Router:
    """A policy whose route takes no effort."""
    return Router.from_bytes(BY_HAND, allow_uncertified=True)


def of(
    path: Path,
    *,
    home: Path | None = None,
    refresh_s: float | None = None,
    clock: Callable[[], float] = lambda: 0.0,
) -> Router:
    """A policy in a file."""
    path.write_bytes(CERTIFIED)
    return Router.from_file(path, today=DAY, home=home, refresh_s=refresh_s, clock=clock)


models = st.sampled_from(
    [
        "claude-opus-5-5",
        "claude-opus-5-5[1m]",
        "claude-opus-4-8",
        "claude-sonnet-5-5",
        "claude-haiku-4-5",
        "modelmix",
        "claude-modelmix",
        "claude-unknown-9",
        "",
    ]
)
tags = st.sampled_from(["", "form-extraction", "ticket-reply", "report-summary", "other", "not a tag!"])
candidates = st.builds(
    Candidate,
    st.sampled_from(["claude-opus-5-5", "claude-opus-4-8", "claude-haiku-5-5", "claude-haiku-4-5"]),
    st.none() | st.sampled_from(Effort),
)
matches = st.fixed_dictionaries({"tag": st.sampled_from(["form-extraction", "ticket-reply"])}) | (
    st.fixed_dictionaries(
        {"rule": st.sampled_from(["tools > 0", "input_tokens > 40 and not stream", "has_schema"])}
    )
)


def written(candidate: Candidate) -> dict[str, str]:
    """Write a candidate as a policy file does."""
    return {"model": candidate.model} | ({"effort": candidate.effort.value} if candidate.effort else {})


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    """A task type with any route."""
    asked = draw(st.lists(candidates, min_size=1, max_size=2, unique=True))
    route = draw(st.none() | candidates.filter(lambda candidate: candidate not in asked))
    return {
        "match": draw(matches),
        "baseline": [written(candidate) for candidate in asked],
        "route": "baseline" if route is None else written(route),
    }


@st.composite
def policies(draw: st.DrawFn) -> bytes:
    """A policy file: the one of the documents, or one with any routes."""
    if draw(st.booleans()):
        return CERTIFIED
    document: dict[str, Any] = {"modelmix": 1, "name": "any", "bar": {"margin": 0.02}}
    document["tasks"] = {
        f"type-{at}": entry for at, entry in enumerate(draw(st.lists(entries(), max_size=3)))
    }
    document["default"] = draw(st.just("baseline") | candidates.map(written))
    return json.dumps(document).encode()


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A request, most often one that makes sense."""
    fields: dict[str, Any] = {
        "model": draw(models),
        "max_tokens": draw(st.sampled_from([64, 9000, 10**9])),
        "messages": [{"role": "user", "content": "word " * draw(st.integers(1, 30))}],
    }
    extras = {
        "output_config": st.sampled_from(
            [None, {}, "low", {"format": {"type": "json_schema"}}]
            + [{"effort": level} for level in ("low", "medium", "high", "max", "none")]
            + [{"effort": "medium", "format": {"type": "json_schema"}}]
        ),
        "system": st.sampled_from(["", "You summarise reports.", [{"type": "text", "text": "é"}]]),
        "temperature": st.sampled_from([None, 0.2, 1]),
        "tools": st.lists(st.just({"name": "t", "input_schema": {}}), max_size=2),
        "stream": st.booleans(),
        "some_new_field": st.integers(),
        "thinking": st.just({"type": "disabled"}),
    }
    for name in draw(st.lists(st.sampled_from(sorted(extras)), unique=True, max_size=4)):
        fields[name] = draw(extras[name])
    return fields


@given(policies(), requests(), tags, st.booleans(), st.booleans())
def test_router_and_gateway_choose_alike(
    policy: bytes, fields: dict[str, Any], tag: str, route: bool, enforce: bool
) -> None:
    """Same policy, same request: same candidate, same reason, and the same edit of the body."""
    standing = Standing.of(
        artifact.to_policy(artifact.parse(policy), CAPABILITIES, allow_uncertified=True), DAY
    )
    body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    decision = Decider(lambda: standing, CAPABILITIES, enforce=enforce).decide(
        body, Wish(tag, opted_out=not route)
    )
    router = Router.from_bytes(policy, today=DAY, allow_uncertified=True, enforce=enforce)
    expected = Route(decision.sent, decision.reason)
    before = deepcopy(fields)
    for form in (body, body.decode(), fields):
        assert expected == router.choose(form, task=tag, route=route)
        assert json.loads(decision.body) == router.apply(form, task=tag, route=route)
    assert before == fields


@given(policies(), st.binary(max_size=60) | st.text(max_size=40).map(str.encode), tags)
def test_junk_is_judged_alike(policy: bytes, body: bytes, tag: str) -> None:
    """A body that nobody can read is kept for the same reason by both."""
    standing = Standing.of(artifact.to_policy(artifact.parse(policy), CAPABILITIES), DAY)
    decision = Decider(lambda: standing, CAPABILITIES, enforce=True).decide(body, Wish(tag))
    router = Router.from_bytes(policy, today=DAY)
    assert Route(decision.sent, decision.reason) == router.choose(body, task=tag)


def test_apply_moves_model_and_effort_and_leaves_the_rest() -> None:
    """What is not edited is the very same object, and the body stays as it was."""
    config = {"format": {"type": "json_schema", "schema": {}}}
    body = {**FORM, "output_config": config}
    applied = certified().apply(body, task=TASK)
    assert applied == {
        **FORM,
        "model": "claude-haiku-5-5",
        "output_config": {"format": config["format"], "effort": "low"},
    }
    assert applied["messages"] is FORM["messages"]
    assert type(applied["output_config"]["effort"]) is str
    assert config == {"format": {"type": "json_schema", "schema": {}}}


def test_a_route_without_an_effort_takes_it_out() -> None:
    """A model that takes no effort is asked for none, and an object left empty goes with it."""
    body = {**FORM, "output_config": {"effort": "medium"}}
    assert by_hand().apply(body, task=TASK) == {**FORM, "model": "claude-haiku-4-5-20251001"}


def test_what_stays_is_as_it_was_asked_for() -> None:
    """No default is filled in, no alias resolved; the copy is a new one."""
    body = {**FORM, "model": "claude-opus-5-5[1m]"}
    route = certified().choose(body)
    assert route == Route(Candidate("claude-opus-5-5[1m]"), f"no-match; policy={LABEL}")
    applied = certified().apply(body)
    assert applied == body
    assert applied is not body


def test_a_virtual_model_becomes_a_real_one() -> None:
    """It goes to its route, opted out to its baseline; where nothing stands for it, it says so."""
    body = {**FORM, "model": "modelmix"}
    assert certified().apply(body, task=TASK)["model"] == "claude-haiku-5-5"
    assert certified().apply(body, task=TASK, route=False)["output_config"] == {"effort": "medium"}
    bare = Router.from_bytes(b"modelmix: 1\nname: bare\nbar: {margin: 0.02}\ntasks: {}\n")
    assert bare.choose(body) == Route(Candidate("modelmix"), "no-baseline")
    assert bare.apply(body) == body


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"some_new_field": 1}, f"kept: field some_new_field; task=form-extraction; static; policy={LABEL}"),
        ({"temperature": 0.2}, f"kept: temperature; task=form-extraction; static; policy={LABEL}"),
        (
            {"output_config": {"effort": "max"}},
            f"task=form-extraction; explicit-model; policy={LABEL}",
        ),
        ({"output_config": "low"}, "fallback:ValueError"),
        ({"extra": object()}, "fallback:unreadable-request"),
        ({"messages": iter([QUESTION])}, "fallback:unreadable-request"),
    ],
)
def test_whatever_is_in_doubt_keeps_what_was_asked_for(more: dict[str, Any], reason: str) -> None:
    """Unknown fields, misfits, other explicit choices and objects that are no JSON: the candidate stays."""
    body = {**FORM, **more}
    route = certified().choose(body, task=TASK)
    assert (route.candidate.model, route.reason) == ("claude-opus-5-5", reason)
    assert certified().apply(body, task=TASK) == body


def test_an_iterator_in_a_body_is_not_used_up() -> None:
    """What can be read only once is left for the SDK."""
    messages = iter([QUESTION])
    body = {**FORM, "messages": messages, "output_config": MappingProxyType({"effort": "low"})}
    assert certified().choose(body).candidate == Candidate("claude-opus-5-5", Effort.LOW)
    assert list(messages) == [QUESTION]


@pytest.mark.parametrize(
    "body", [{}, {"model": 5}, {"model": object(), "output_config": {"effort": 7}}, b"{", "\ud800", "[]"]
)
def test_a_body_without_a_model_names_none(body: dict[str, object] | bytes | str) -> None:
    """The reason says that it could not be read."""
    assert certified().choose(body) == Route(Candidate(""), "fallback:unreadable-request")


def test_a_long_request_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields still say what is asked for where the JSON was not looked into."""
    monkeypatch.setattr(choice, "LONGEST_ROUTED_BYTES", 10)
    assert certified().choose(FORM) == Route(Candidate("claude-opus-5-5"), "fallback:long-request")


def test_a_fault_of_ours_keeps_what_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the fault and no text; a virtual model gets the default, by name alone."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(choice, "features", fail)
    with caplog.at_level(logging.ERROR):
        assert certified().choose(FORM) == Route(Candidate("claude-opus-5-5"), "fallback:KeyError")
    assert "KeyError in our own code" in caplog.text
    assert "Oslo" not in caplog.text
    assert certified().apply({**FORM, "model": "modelmix"}) == FORM


def test_an_expired_policy_moves_nothing() -> None:
    """In grace it routes and says so, after it everything stays; the day may come from a function."""
    days = [DAY]
    router = certified(today=lambda: days[-1])
    assert router.choose(FORM, task=TASK).candidate == HAIKU
    days.append(date(2027, 3, 1))
    assert router.choose(FORM, task=TASK).reason == f"task=form-extraction; static; grace; policy={LABEL}"
    days.append(date(2027, 3, 9))
    route = router.choose(FORM, task=TASK)
    assert route == Route(Candidate("claude-opus-5-5"), f"task=form-extraction; expired; policy={LABEL}")


def test_without_a_day_the_clock_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A router that is told no day asks for the UTC day with each choice."""
    before = datetime.now(UTC).date()
    assert before <= inprocess.utc_today() <= before + timedelta(days=1)
    days = [DAY]
    monkeypatch.setattr(inprocess, "utc_today", lambda: days[-1])
    router = Router.from_bytes(CERTIFIED)
    assert router.choose(FORM, task=TASK).candidate == HAIKU
    days.append(date(2027, 3, 9))
    assert "expired" in router.choose(FORM, task=TASK).reason


def test_a_clock_that_fails_keeps_what_was_asked_for() -> None:
    """A caller's function that raises is no reason to fail a request."""
    days: list[date] = [DAY]
    router = certified(today=lambda: days[0])
    days.clear()
    assert router.choose(FORM, task=TASK) == Route(Candidate("claude-opus-5-5"), "fallback:IndexError")


def test_observing_says_what_would_be() -> None:
    """Nothing moves, and the reason holds the route."""
    route = certified(enforce=False).choose(FORM, task=TASK)
    assert route == Route(
        Candidate("claude-opus-5-5"),
        f"would-route claude-haiku-5-5@low: task=form-extraction; static; policy={LABEL}",
    )


def test_an_uncertified_downgrade_is_not_taken() -> None:
    """Unless the program says that it wants it."""
    assert "uncertified" in Router.from_bytes(BY_HAND).choose(FORM, task=TASK).reason
    assert (
        by_hand().choose(FORM, task=TASK).reason
        == "task=form-extraction; static; uncertified; policy=unsigned"
    )


def test_a_file_that_cannot_be_trusted_raises(tmp_path: Path) -> None:
    """Absent, changed or no policy at all: the program learns it before its first request."""
    with pytest.raises(ArtifactError, match="cannot be read"):
        Router.from_file(tmp_path / "absent.yaml")
    with pytest.raises(ArtifactError, match="was changed"):
        Router.from_bytes(CERTIFIED.replace(b"0.0134", b"0.0034"))
    with pytest.raises(ArtifactError, match="begins with"):
        Router.from_bytes(b"[]")


@pytest.mark.parametrize("body", [None, 5, [FORM], bytearray(b"{}")])
def test_what_is_no_request_is_the_callers_error(body: object) -> None:
    """A number or a list of requests is no request."""
    with pytest.raises(TypeError, match="body is"):
        certified().choose(body)  # type: ignore[arg-type] # what is tried


def test_wrong_arguments_are_named() -> None:
    """Each says what it is and what to pass."""
    with pytest.raises(TypeError, match="task is NoneType"):
        certified().choose(FORM, task=None)  # type: ignore[arg-type] # what is tried
    with pytest.raises(TypeError, match="today is an instant"):
        certified(today=datetime(2026, 12, 1, tzinfo=UTC))
    with pytest.raises(TypeError, match="today is str"):
        certified(today="2026-12-01")  # type: ignore[arg-type] # what is tried
    for text in (b"[]", "no JSON", b'"x"', "[" * 100_000):
        with pytest.raises(ValueError, match="not a JSON object"):
            certified().apply(text)


def test_a_negative_time_is_refused(tmp_path: Path) -> None:
    """So is one that is no number."""
    for seconds in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="refresh_s is"):
            of(tmp_path / "p.yaml", refresh_s=seconds)


STAYS = CERTIFIED.replace(b"route: {model: claude-haiku-5-5, effort: low}", b"route: baseline")


def changed() -> bytes:
    """The policy of the documents with one route less, signed anew."""
    document = artifact.parse(CERTIFIED)
    entry = document.tasks[TASK].model_copy(update={"route": "baseline"})
    return artifact.render(
        artifact.signed(document.model_copy(update={"tasks": {**document.tasks, TASK: entry}}))
    )


def test_by_default_the_file_is_read_once(tmp_path: Path) -> None:
    """A change comes into force when the program says so."""
    router = of(tmp_path / "p.yaml")
    (tmp_path / "p.yaml").write_bytes(changed())
    assert router.choose(FORM, task=TASK).candidate == HAIKU
    router.reload()
    assert "unproven" in router.choose(FORM, task=TASK).reason


def test_reloading_a_damaged_file_keeps_the_policy_before_it(tmp_path: Path) -> None:
    """The program is told, and what was in force stays."""
    router = of(tmp_path / "p.yaml")
    (tmp_path / "p.yaml").write_bytes(STAYS)
    with pytest.raises(ArtifactError, match="was changed"):
        router.reload()
    assert router.choose(FORM, task=TASK).candidate == HAIKU


def test_what_came_as_bytes_has_no_file_to_reload() -> None:
    """That is an error of the program."""
    with pytest.raises(ValueError, match="not read from a file"):
        certified().reload()


def test_a_watched_file_is_looked_at_when_it_is_due(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not before; a damaged one leaves the old policy in force and is said in the log, once."""
    now_s = [100.0]
    router = of(tmp_path / "p.yaml", refresh_s=5, clock=lambda: now_s[-1])
    (tmp_path / "p.yaml").write_bytes(changed())
    now_s.append(104.9)
    assert router.choose(FORM, task=TASK).candidate == HAIKU
    now_s.append(105.0)
    assert "unproven" in router.choose(FORM, task=TASK).reason
    (tmp_path / "p.yaml").write_bytes(STAYS + b"#")
    for at in (110.0, 115.0):
        now_s.append(at)
        assert "unproven" in router.choose(FORM, task=TASK).reason
    assert caplog.text.count("stays in force") == 1


@pytest.mark.parametrize("refresh_s", [None, 1000.0])
def test_the_kill_switch_is_obeyed_at_once(tmp_path: Path, refresh_s: float | None) -> None:
    """With a home, its mark stops all routing with the next choice; a virtual model gets its baseline."""
    router = of(tmp_path / "p.yaml", home=tmp_path, refresh_s=refresh_s)
    assert router.choose(FORM, task=TASK).candidate == HAIKU
    (tmp_path / KILL_SWITCH).touch()
    route = router.choose(FORM, task=TASK)
    assert route == Route(Candidate("claude-opus-5-5"), f"task=form-extraction; off; policy={LABEL}")
    assert router.apply({**FORM, "model": "modelmix"}, task=TASK)["model"] == "claude-opus-5-5"
    (tmp_path / KILL_SWITCH).unlink()
    assert router.choose(FORM, task=TASK).candidate == HAIKU
    assert of(tmp_path / "q.yaml").choose(FORM, task=TASK).candidate == HAIKU


def test_bytes_obey_the_kill_switch_too(tmp_path: Path) -> None:
    """A policy that a program carries with it can be switched off."""
    (tmp_path / KILL_SWITCH).touch()
    assert "off" in certified(home=tmp_path).choose(FORM, task=TASK).reason


def test_many_threads_choose_alike_while_the_file_changes(tmp_path: Path) -> None:
    """Every choice is one of the two policies' own, none is a fault, and the last policy wins."""
    path = tmp_path / "p.yaml"
    router = of(path, refresh_s=0.0)
    versions = (CERTIFIED, changed())
    expected = {
        (route.candidate, route.reason)
        for data in versions
        for route in [Router.from_bytes(data, today=DAY).choose(FORM, task=TASK)]
    }
    over = threading.Event()

    def rewrite() -> None:
        for turn in range(60):
            part = tmp_path / "part"
            part.write_bytes(versions[turn % 2])
            os.replace(part, path)  # noqa: PTH105 - the very call that makes it one step
        over.set()

    def ask(number: int) -> set[tuple[Candidate, str]]:
        seen = set()
        turn = 0
        while not over.is_set() or turn < 50:
            turn += 1
            body = {**FORM, "system": f"Prompt of {number} with words that differ: {'word ' * (turn % 1100)}"}
            route = router.choose(body, task=TASK)
            seen.add((route.candidate, route.reason))
        return seen

    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(ask, number) for number in range(4)]
        pool.submit(rewrite).result()
        seen = set().union(*(one.result() for one in asked))
    assert seen <= expected
    assert "unproven" in router.choose(FORM, task=TASK).reason


@pytest.fixture(scope="module")
def client() -> Iterator[anthropic.Anthropic]:
    """The SDK before the practice API."""
    with (
        running(seed=7) as url,
        anthropic.Anthropic(base_url=url, api_key="sk-practice", max_retries=0) as api,
    ):
        yield api


def test_the_sdk_sends_what_was_chosen(client: anthropic.Anthropic) -> None:
    """The model of the answer is the route's, streamed or not."""
    applied = certified().apply(FORM, task=TASK)
    assert client.messages.create(**applied).model == "claude-haiku-5-5"
    with client.messages.stream(**applied) as stream:
        assert stream.get_final_message().model == "claude-haiku-5-5"
    assert client.messages.create(**certified().apply(FORM)).model == "claude-opus-5-5"
    assert client.messages.create(**by_hand().apply(FORM, task=TASK)).model == "claude-haiku-4-5-20251001"


def test_the_sdks_own_objects_may_stand_in_a_conversation(client: anthropic.Anthropic) -> None:
    """An answer's content goes back as it came, and the request is routed all the same."""
    first = client.messages.create(**FORM)
    answer = {"role": "assistant", "content": first.content}
    body = {**FORM, "messages": [QUESTION, answer, {"role": "user", "content": "Thank you."}]}
    applied = certified().apply(body, task=TASK)
    assert applied["messages"][1]["content"][0] is first.content[0]
    assert client.messages.create(**applied).model == "claude-haiku-5-5"
    body["metadata"] = MappingProxyType({"user_id": "u"})
    assert certified().choose(body, task=TASK).candidate == HAIKU


def test_fields_are_fitted_as_the_gateway_fits_bytes() -> None:
    """What the route's model no longer takes is left out, and the caller's own fields are not touched."""
    policy = BY_HAND.replace(b"claude-opus-5-5, effort: medium", b"claude-sonnet-4-6, effort: high")
    router = Router.from_bytes(
        policy.replace(b"{model: claude-haiku-4-5}", b"{model: claude-haiku-5-5, effort: low}"),
        allow_uncertified=True,
    )
    fields = {**FORM, "model": "claude-sonnet-4-6", "temperature": 0}
    sent = router.apply(fields, task=TASK)
    assert sent == {**FORM, "model": "claude-haiku-5-5", "output_config": {"effort": "low"}}
    assert fields["temperature"] == 0
    assert router.apply(json.dumps(fields), task=TASK) == sent
    assert router.choose(fields, task=TASK).reason.endswith("; fitted: temperature left out")
