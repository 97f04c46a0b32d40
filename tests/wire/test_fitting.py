"""What means nothing to another model is changed so that it takes the request; everything else is left."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix import settings
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import Capability
from modelmix.wire.fit import reject_reason
from modelmix.wire.fitting import Change, change_bytes, changed, fit, said
from modelmix.wire.replayable import Asking, asking, sent_body
from modelmix.wire.request import read
from modelmix.wire.splice import with_member

TABLE = settings.load().capabilities()
OLD, OLDER = "claude-sonnet-4-6", "claude-sonnet-4-5"


def capability(model: str) -> Capability:
    """Look a model up."""
    found = TABLE.find(model)
    assert found is not None
    return found


def body(model: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Write a request with a few fields beside the usual ones."""
    return {"model": model, "max_tokens": 1024, "messages": [{"role": "user", "content": "hi"}], **fields}


def fitted(asked: str, target: str, fields: Mapping[str, Any]) -> tuple[Change, ...] | str:
    """Fit a request that was written for one model to another."""
    request = read(json.dumps(body(asked, fields)).encode())
    return fit(request, capability(target), None, asked=capability(asked))


@pytest.mark.parametrize(
    ("asked", "target", "fields", "words"),
    [
        (OLD, "claude-haiku-5-5", {}, ""),
        (OLD, "claude-haiku-5-5", {"temperature": 0}, "fitted: temperature left out"),
        (OLD, "claude-haiku-5-5", {"temperature": 1}, ""),
        (OLD, "claude-haiku-5-5", {"top_p": 0.9, "top_k": 5}, "fitted: top_p left out, top_k left out"),
        (OLD, "claude-haiku-4-5", {"temperature": 0}, ""),
        (
            OLD,
            "claude-haiku-5-5",
            {"thinking": {"type": "enabled", "budget_tokens": 512, "display": "omitted"}},
            "fitted: thinking enabled as adaptive",
        ),
        (OLD, OLDER, {"thinking": {"type": "enabled", "budget_tokens": 512}}, ""),
        ("claude-opus-5-5", OLDER, {"max_tokens": 100_000}, "fitted: max_tokens lowered to 64000"),
        (
            OLDER,
            "claude-haiku-5-5",
            {"temperature": 0.2, "thinking": {"type": "enabled", "budget_tokens": 512}},
            "fitted: temperature left out, thinking enabled as adaptive",
        ),
    ],
)
def test_a_field_that_means_nothing_to_the_model_is_fitted(
    asked: str, target: str, fields: dict[str, Any], words: str
) -> None:
    """Sampling goes, a budget becomes adaptive, a limit beyond the longest answer is lowered; all is said."""
    changes = fitted(asked, target, fields)
    assert isinstance(changes, tuple)
    assert said(changes) == words


@pytest.mark.parametrize(
    ("asked", "target", "fields", "why"),
    [
        ("claude-opus-5-5", "claude-haiku-5-5", {"temperature": 0.3}, "temperature"),
        ("claude-opus-5-5", "claude-haiku-5-5", {"thinking": {"type": "enabled"}}, "thinking enabled"),
        (OLD, "claude-haiku-4-5", {"thinking": {"type": "adaptive"}}, "thinking adaptive"),
        (OLDER, "claude-sonnet-5-5", {"thinking": {"type": "disabled"}}, "thinking disabled"),
        (OLDER, "claude-haiku-5-5", {"max_tokens": 999_999}, "max_tokens"),
        (OLD, "claude-sonnet-5-5", {"tool_choice": {"type": "any"}, "temperature": 0}, "forced tool"),
        (OLDER, "claude-haiku-5-5", {"messages": [{"role": "assistant", "content": "{"}]}, "prefill"),
        ("claude-opus-4-8", "claude-haiku-5-5", {"speed": "fast"}, "speed fast"),
        ("claude-opus-5-5", "claude-haiku-4-5", {"inference_geo": "us"}, "inference_geo"),
    ],
)
def test_what_a_request_means_to_get_is_never_given_up(
    asked: str, target: str, fields: dict[str, Any], why: str
) -> None:
    """And a request that its own model would reject is not mended: its client is told by the API."""
    assert fitted(asked, target, fields) == why


def test_without_a_model_that_is_known_nothing_is_changed() -> None:
    """Doubt leaves a request as it is."""
    request = read(json.dumps(body("claude-new", {"temperature": 0})).encode())
    assert fit(request, capability("claude-haiku-5-5"), None) == "temperature"
    assert fit(request, capability(OLD), None) == ()


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.sampled_from([None, 0, 0.5, 1, "hot"]),
        "top_p": st.sampled_from([None, 0.5, []]),
        "top_k": st.integers(0, 9),
        "thinking": st.sampled_from(
            [{"type": kind, "budget_tokens": 600} for kind in ("enabled", "adaptive", "disabled", 7)]
        ),
        "max_tokens": st.sampled_from([1, 64_000, 64_001, 200_000, True, "many", 1e9]),
        "metadata": st.just({"user_id": "u"}),
    },
)
MODELS = st.sampled_from(sorted(TABLE.models))


@given(FIELDS, MODELS, MODELS)
def test_what_was_fitted_is_taken_and_bytes_agree_with_fields(
    fields: dict[str, Any], asked: str, target: str
) -> None:
    """The model takes the fitted request; editing bytes and editing fields give the same one."""
    request = body(asked, fields)
    document = json.dumps(request).encode()
    changes = fit(read(document), capability(target), None, asked=capability(asked))
    if isinstance(changes, str):
        return
    edited = change_bytes(document, changes)
    assert json.loads(edited) == changed(request, changes)
    assert reject_reason(read(edited), capability(target), None) is None
    untouched = request.keys() - {change.field for change in changes}
    assert {key: json.loads(edited)[key] for key in untouched} == {key: request[key] for key in untouched}


def test_a_recorded_request_is_sent_as_it_was_planned() -> None:
    """What is quoted and hashed at planning is what leaves later, byte for byte."""
    request = body(OLD, {"temperature": 0, "stream": True, "output_config": {"effort": "high"}})
    candidate = Candidate("claude-haiku-5-5", Effort.LOW)
    found = asking(request, candidate, TABLE)
    assert isinstance(found, Asking)
    assert said(found.changes) == "fitted: temperature left out"
    assert sent_body(request, candidate, found.changes) == found.body
    assert json.loads(found.body) == body("claude-haiku-5-5", {"output_config": {"effort": "low"}})


def test_every_copy_of_a_name_goes_and_the_last_is_set() -> None:
    """A decoder reads the last of two members; the first must not come into force when that one goes."""
    document = b'{"model": "m", "temperature": 0, "max_tokens": 9, "temperature": 0.5, "max_tokens": 7}'
    assert change_bytes(document, [Change("temperature", None, "")]) == (
        b'{"model": "m", "max_tokens": 9, "max_tokens": 7}'
    )
    assert change_bytes(document, [Change("max_tokens", 5, "")]).endswith(b'"max_tokens": 5}')
    assert change_bytes(document, [Change("top_k", None, "")]) == document
    with pytest.raises(ValueError, match="has no top_k"):
        with_member(document, "top_k", 5)
