"""What was proved is what runs: the replay and the gateway take the same routes for the same cases."""

import json
from pathlib import Path

from gateway.rig import CAPABILITIES, DAY, Heard, Peer, answered, rig
from modelmix.classify.features import features
from modelmix.core.attempt import Attempt, Graded
from modelmix.core.candidate import Candidate, Effort
from modelmix.evaluate.drive import drive
from modelmix.pipeline.policy_file import read_policy
from modelmix.wire.request import read

POLICY = """\
modelmix: 1
name: both
bar: {margin: 0.02, alpha: 0.05}
tasks:
  form-extraction:
    match: {tag: form-extraction}
    baseline: {model: claude-opus-5-5, effort: medium}
    route: {model: claude-haiku-5-5, effort: low}
  long-question:
    match: {rule: "tools > 0 or max_tokens > 4000"}
    baseline: {model: claude-opus-5-5, effort: medium}
    route: {model: claude-sonnet-5-5, effort: high}
  ticket-reply:
    match: {tag: ticket-reply}
    baseline: {model: claude-opus-5-5, effort: medium}
    route: baseline
default: {model: claude-fable-5-2}
"""
MODELS = (
    "claude-opus-5-5",
    "claude-opus-5-5[1m]",
    "claude-sonnet-5-5",
    "claude-haiku-4-5",
    "modelmix",
    "claude-modelmix",
)
EFFORTS = (None, Effort.LOW, Effort.MEDIUM, Effort.MAX)
TAGS = ("", "form-extraction", "ticket-reply", "unheard-of")
EXTRAS: tuple[dict[str, object], ...] = (
    {"max_tokens": 64},
    {"max_tokens": 5000},
    {"max_tokens": 64, "tools": [{"name": "t", "input_schema": {"type": "object"}}]},
)


def cases() -> list[tuple[str, bytes]]:
    """Every model, effort, tag and shape."""
    found = []
    for model in MODELS:
        for effort in EFFORTS:
            config = {} if effort is None else {"output_config": {"effort": effort.value}}
            for tag in TAGS:
                for extra in EXTRAS:
                    body = {
                        "model": model,
                        "messages": [{"role": "user", "content": "hi"}],
                        **config,
                        **extra,
                    }
                    found.append((tag, json.dumps(body).encode()))
    return found


def replayed(path: Path) -> list[Candidate]:
    """Drive the policy over a record that holds every candidate."""
    policy = read_policy(path, CAPABILITIES, allow_uncertified=True).on(DAY)
    record = {
        candidate: Graded(Attempt(candidate), 1.0)
        for model in CAPABILITIES.models
        for candidate in (Candidate(model, effort) for effort in (None, *Effort))
    }
    routes = []
    for tag, body in cases():
        request = read(body)
        requested = CAPABILITIES.effective(Candidate(request.model, request.effort))
        driven = drive(
            policy, features(request.fields, requested, tag=tag, size_bytes=len(body)), record, CAPABILITIES
        )
        assert driven.route is not None
        routes.append(CAPABILITIES.effective(driven.route.candidate))
    return routes


def served(path: Path) -> list[Candidate]:
    """Send the same cases through an enforcing gateway, and read what the upstream was asked for."""

    def script(_peer: Peer, _heard: Heard) -> bytes:
        return answered()

    with rig(script, path.parent, POLICY, enforce=True) as gateway:
        for tag, body in cases():
            assert gateway.post(body, *([f"modelmix-task: {tag}"] if tag else [])).status == 200
        asked = [read(heard.body) for heard in gateway.heard]
    return [CAPABILITIES.effective(Candidate(request.model, request.effort)) for request in asked]


def test_replay_and_gateway_take_the_same_routes(tmp_path: Path) -> None:
    """One policy, two drivers, over every case; and the cases do reach every route."""
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    proved = replayed(path)
    assert served(path) == proved
    moved = {Candidate("claude-haiku-5-5", Effort.LOW), Candidate("claude-sonnet-5-5", Effort.HIGH)}
    assert moved < set(proved)
    assert Candidate("claude-fable-5-2", Effort.HIGH) in proved
