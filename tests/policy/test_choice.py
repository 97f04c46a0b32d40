"""A choice says why, and says where nothing can be looked into or nothing is there to choose by."""

import json
from datetime import date

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import CapabilityTable
from modelmix.policy.by_type import ByType, Entry, Match, State
from modelmix.policy.choice import Chooser, Wish
from modelmix.policy.standing import Standing
from modelmix.wire.request import read

OPUS = Candidate("claude-opus-5-5", Effort.MEDIUM)
HAIKU = Candidate("claude-haiku-5-5", Effort.LOW)
DAY = date(2026, 12, 1)


def body(model: str = "claude-opus-5-5", **fields: object) -> bytes:
    """A small request."""
    message = {"role": "user", "content": "hi"}
    return json.dumps({"model": model, "max_tokens": 9, "messages": [message], **fields}).encode()


def chooser(capabilities: CapabilityTable, *, off: bool = False) -> Chooser:
    """One type that moves, on a day, with the switch thrown or not."""
    entry = Entry("t", Match(tag="t"), (OPUS,), HAIKU, certified=True)
    standing = Standing.of(ByType((entry,), OPUS, capabilities), DAY, off=off)
    return Chooser(lambda: standing, capabilities, enforce=True)


def test_a_standing_has_the_same_policy_at_rest(capabilities: CapabilityTable) -> None:
    """With the switch thrown both are one: nothing moves."""
    policy = ByType((), OPUS, capabilities, expires=DAY)
    current, off = Standing.of(policy, DAY), Standing.of(policy, DAY, off=True)
    assert current.policy is not None
    assert current.policy.state is State.CURRENT
    assert current.resting == off.resting == off.policy == policy.switched_off()


def test_a_compressed_request_is_not_looked_into(capabilities: CapabilityTable) -> None:
    """Its bytes go on as they came, even where they happen to be JSON."""
    made = chooser(capabilities).choose(body(), Wish("t", encoded=True))
    assert (made.body, made.reason, made.sent) == (body(), "fallback:compressed-request", Candidate(""))


def test_without_a_policy_a_request_stays_and_a_virtual_model_is_refused(
    capabilities: CapabilityTable,
) -> None:
    """There is nothing to choose by."""
    bare = Chooser(Standing, capabilities, enforce=True)
    made = bare.choose(body(), Wish("t"))
    assert (made.body, made.reason, made.refusal) == (body(), "no-policy", "")
    assert "none is loaded" in bare.choose(body("modelmix"), Wish("t")).refusal


def test_a_count_of_tokens_has_no_effort(capabilities: CapabilityTable) -> None:
    """Its model moves, and no field is added that the endpoint does not know."""
    made = chooser(capabilities).choose(body(), Wish("t", counts=True))
    assert made.body == body("claude-haiku-5-5")
    assert read(chooser(capabilities).choose(body(), Wish("t")).body).effort is Effort.LOW


def test_the_bytes_as_asked_are_kept_for_a_second_try(capabilities: CapabilityTable) -> None:
    """A moved request has a spare; one that stays, or is switched off, has none."""
    made = chooser(capabilities).choose(body(), Wish("t"))
    assert (made.sent, made.spare, made.spare_sent) == (HAIKU, body(), Candidate("claude-opus-5-5"))
    for wish in (Wish("u"), Wish("t", opted_out=True)):
        assert chooser(capabilities).choose(body(), wish).spare is None
    assert chooser(capabilities, off=True).choose(body(), Wish("t")).spare is None


SONNET = Candidate("claude-sonnet-4-6", Effort.HIGH)


def from_sonnet(capabilities: CapabilityTable, *, enforce: bool = True) -> Chooser:
    """One type that moves away from a model that still takes sampling parameters."""
    entry = Entry("t", Match(tag="t"), (SONNET,), HAIKU, certified=True)
    standing = Standing.of(ByType((entry,), SONNET, capabilities), DAY, off=False)
    return Chooser(lambda: standing, capabilities, enforce=enforce)


def test_what_the_route_no_longer_takes_is_fitted_and_said(capabilities: CapabilityTable) -> None:
    """The field goes with the move, the reason names it, and the spare body is the client's own."""
    asked = body("claude-sonnet-4-6", temperature=0, top_k=3)
    made = from_sonnet(capabilities).choose(asked, Wish("t"))
    assert read(made.body).fields.keys() == read(body(output_config={})).fields.keys()
    assert made.sent == HAIKU
    assert made.reason.endswith("; fitted: temperature left out, top_k left out")
    assert made.spare == asked
    assert [change.field for change in made.changes] == ["temperature", "top_k"]


def test_observing_changes_nothing(capabilities: CapabilityTable) -> None:
    """A route that is only written down leaves the request as it came."""
    asked = body("claude-sonnet-4-6", temperature=0)
    made = from_sonnet(capabilities, enforce=False).choose(asked, Wish("t"))
    assert (made.body, made.changes) == (asked, ())
    assert made.reason.startswith("would-route claude-haiku-5-5@low")


def test_a_virtual_model_is_fitted_as_its_baseline(capabilities: CapabilityTable) -> None:
    """It stands for the type's baseline, which takes the field; what stays keeps it."""
    moved = from_sonnet(capabilities).choose(body("modelmix", temperature=0), Wish("t"))
    assert "temperature" not in read(moved.body).fields
    stays = from_sonnet(capabilities).choose(body("modelmix", temperature=0), Wish("t", opted_out=True))
    assert read(stays.body).fields["temperature"] == 0


def test_a_count_of_tokens_is_fitted_too(capabilities: CapabilityTable) -> None:
    """Its endpoint checks thinking as the other one does."""
    asked = body("claude-sonnet-4-6", thinking={"type": "enabled", "budget_tokens": 2048})
    made = from_sonnet(capabilities).choose(asked, Wish("t", counts=True))
    assert read(made.body).fields["thinking"] == {"type": "adaptive"}
