"""Whatever goes wrong while deciding, the client's own request goes on."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rig import CAPABILITIES, request
from modelmix.core.candidate import Candidate, Effort
from modelmix.gateway.decision import Decider
from modelmix.policy import choice as decisions
from modelmix.policy.by_type import ByType, Entry, Match
from modelmix.policy.choice import Wish
from modelmix.policy.standing import Standing

OPUS = Candidate("claude-opus-5-5", Effort.MEDIUM)
HAIKU = Candidate("claude-haiku-5-5", Effort.LOW)


def standing(route: Candidate = HAIKU, default: Candidate | None = OPUS) -> Standing:
    """A policy with one type, routed without a certificate."""
    entry = Entry("t", Match(tag="t"), (OPUS,), route)
    policy = ByType((entry,), default=default, capabilities=CAPABILITIES, allow_uncertified=True)
    return Standing(policy, policy.switched_off())


def decider(now: Standing, *, enforce: bool = True) -> Decider:
    """A decider on a policy that does not change."""
    return Decider(lambda: now, CAPABILITIES, enforce=enforce)


def broken() -> Standing:
    """A policy that cannot even be asked for."""
    raise ZeroDivisionError("a fault of ours")


def test_a_fault_of_ours_leaves_the_request_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """The reason names the fault; the log says so without any text of the request."""
    body = request(system="a secret prompt")
    with caplog.at_level(logging.ERROR):
        made = Decider(broken, CAPABILITIES, enforce=True).decide(body, Wish("t"))
    assert (made.body, made.reason, made.sent) == (
        body,
        "fallback:ZeroDivisionError",
        Candidate("claude-opus-5-5"),
    )
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


def test_a_fault_with_a_virtual_model_falls_back_to_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name itself would be refused upstream; without a default the client is told."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(decisions, "features", fail)
    made = decider(standing()).decide(request("modelmix"), Wish())
    assert (made.body, made.sent, made.reason) == (request("claude-opus-5-5"), OPUS, "fallback:KeyError")
    assert decider(standing(default=None)).decide(request("modelmix"), Wish()).refusal
    assert Decider(broken, CAPABILITIES).decide(request("modelmix"), Wish()).refusal


def test_a_body_that_cannot_be_edited_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """An effort object of the wrong kind makes the splice refuse, and the route is not taken."""
    body = request(output_config="low")
    made = decider(standing()).decide(body, Wish("t"))
    assert (made.body, made.reason) == (body, "fallback:ValueError")
    monkeypatch.setattr(decisions, "LONGEST_ROUTED_BYTES", 10)
    assert decider(standing()).decide(body, Wish("t")).reason == "fallback:long-request"


def test_a_route_to_a_model_that_nobody_knows_is_not_taken() -> None:
    """Without its capabilities there is no telling what it rejects."""
    made = decider(standing(Candidate("claude-x", None))).decide(request(), Wish("t"))
    assert made.body == request()
    assert made.reason.startswith("kept: unknown model; task=t")


def test_an_opted_out_virtual_model_gets_the_baseline() -> None:
    """Opting out means: as before, not: as I wrote."""
    made = decider(standing()).decide(request("modelmix"), Wish("t", opted_out=True))
    assert (made.sent, made.reason, made.spare) == (OPUS, "opt-out", None)


def test_an_alias_of_the_baseline_is_the_baseline() -> None:
    """A suffix that clients add for the context does not make another choice of it."""
    made = decider(standing()).decide(request("claude-opus-5-5[1m]"), Wish("t"))
    assert made.sent == HAIKU


@given(st.binary(max_size=80), st.text(max_size=8), st.booleans())
def test_any_body_is_decided_on(body: bytes, tag: str, counts: bool) -> None:
    """Junk goes on as it came."""
    made = decider(standing()).decide(body, Wish(tag, counts=counts))
    assert made.body == body


FIELDS = (
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "temperature",
    "stream",
    "max_tokens",
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "role", "content", "effort"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(FIELDS), ANY),
    st.sampled_from(["claude-opus-5-5", "modelmix", "x"]),
    st.booleans(),
)
def test_fields_of_any_shape_are_decided_on(fields: dict[str, object], model: str, enforce: bool) -> None:
    """No shape of the body keeps a request from going on, and no virtual name leaves."""
    body = request(model, **fields)
    made = decider(standing(), enforce=enforce).decide(body, Wish("t"))
    assert made.body == body or made.sent in {OPUS, HAIKU}
    assert "fallback" not in made.reason or made.reason == "fallback:ValueError"
