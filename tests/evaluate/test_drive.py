"""Drive: a policy over recorded attempts takes the steps that it would take live."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.attempt import Attempt, Graded
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.task import Features
from modelmix.errors import EvidenceError
from modelmix.evaluate.drive import MAX_STEPS, drive
from modelmix.policy.base import Policy, Route, Try
from modelmix.policy.by_type import ByType, Entry, Match
from modelmix.policy.static import Static

OPUS, SONNET, HAIKU = (Candidate(f"claude-{name}-5-5") for name in ("opus", "sonnet", "haiku"))
TASK = Features(requested=OPUS, tag="forms")


def graded(candidate: Candidate, score: float = 1.0, signal: float | None = None) -> Graded:
    """One recorded attempt."""
    return Graded(Attempt(candidate, Decimal("0.01"), signal), score)


RECORD = {OPUS: graded(OPUS), HAIKU: graded(HAIKU, 0.5, signal=0.4)}


@dataclass(frozen=True)
class Script:
    """A policy that says its steps in order, the last one for ever."""

    steps: tuple[Try | Route, ...]

    def next(self, features: Features, tried: Sequence[Attempt]) -> Try | Route:
        """Return the step for so many attempts."""
        return self.steps[min(len(tried), len(self.steps) - 1)]


@dataclass(frozen=True)
class Cascade:
    """Cheap first; the dear one if the signal is low."""

    threshold: float

    def next(self, features: Features, tried: Sequence[Attempt]) -> Try | Route:
        """Accept the cheap answer or escalate."""
        if not tried:
            return Try(HAIKU)
        accepted = (tried[-1].signal or 0.0) >= self.threshold
        return Route(HAIKU, "accepted") if accepted else Route(OPUS, "escalated")


def test_a_route_is_one_attempt() -> None:
    """What was routed to is what is served and paid for."""
    done = drive(Static(HAIKU), TASK, RECORD)
    assert (done.route, done.served, done.missing) == (Route(HAIKU, "static"), RECORD[HAIKU], None)
    assert done.attempts == (RECORD[HAIKU].attempt,)


def test_a_cascade_delivers_the_tried_answer_or_pays_for_both() -> None:
    """A route to the last tried candidate delivers its attempt; another one is one attempt more."""
    kept = drive(Cascade(0.3), TASK, RECORD)
    assert (kept.served, len(kept.attempts)) == (RECORD[HAIKU], 1)
    escalated = drive(Cascade(0.9), TASK, RECORD)
    assert escalated.served == RECORD[OPUS]
    assert [attempt.candidate for attempt in escalated.attempts] == [HAIKU, OPUS]


def test_a_candidate_tried_before_the_last_is_called_again() -> None:
    """Only the last attempt is held back; an earlier answer is gone."""
    done = drive(Script((Try(HAIKU), Try(OPUS), Route(HAIKU, "back"))), TASK, RECORD)
    assert [attempt.candidate for attempt in done.attempts] == [HAIKU, OPUS, HAIKU]


def test_what_was_not_recorded_is_a_value() -> None:
    """A try without a record ends the drive; a route without one has no served attempt."""
    tried = drive(Script((Try(HAIKU), Try(SONNET))), TASK, RECORD)
    assert (tried.route, tried.served, tried.missing, len(tried.attempts)) == (None, None, SONNET, 1)
    routed = drive(Static(SONNET), TASK, RECORD)
    assert (routed.route, routed.served, routed.missing) == (Route(SONNET, "static"), None, SONNET)
    assert routed.attempts == ()


def test_a_policy_that_never_routes_is_stopped() -> None:
    """After so many tries there is nothing to decide from."""
    with pytest.raises(EvidenceError, match="never routes: 8 tries"):
        drive(Script((Try(HAIKU),)), TASK, RECORD)
    patient = Script((*[Try(HAIKU)] * MAX_STEPS, Route(OPUS, "at last")))
    assert len(drive(patient, TASK, RECORD).attempts) == MAX_STEPS + 1
    with pytest.raises(EvidenceError):
        drive(patient, TASK, RECORD, max_steps=MAX_STEPS - 1)


def test_a_default_effort_written_out_is_the_same_record() -> None:
    """With the capability table, a record without an effort answers for the model's default effort."""
    capabilities = CapabilityTable.parse(
        resources.files("modelmix").joinpath("data/capabilities.toml").read_bytes()
    )
    effort = capabilities.effective(HAIKU).effort
    entry = Entry("forms", Match(tag="forms"), (OPUS,), HAIKU, certified=True)
    policy: Policy = ByType((entry,), capabilities=capabilities)
    asked = replace(TASK, requested=capabilities.effective(OPUS))
    done = drive(policy, asked, RECORD, capabilities)
    assert done.served == RECORD[HAIKU]
    assert done.route is not None
    assert done.route.candidate == Candidate(HAIKU.model, effort)
    assert drive(policy, asked, RECORD).missing == Candidate(HAIKU.model, effort)


steps = st.builds(Try, st.sampled_from([OPUS, SONNET, HAIKU])) | st.builds(
    Route, st.sampled_from([OPUS, SONNET, HAIKU]), st.just("x")
)


@given(st.lists(steps, min_size=1, max_size=4), st.sets(st.sampled_from([OPUS, SONNET, HAIKU])))
def test_every_attempt_is_paid_once_and_the_served_one_is_among_them(
    said: list[Try | Route], known: set[Candidate]
) -> None:
    """Whatever a policy says: attempts come from the record, the served one is the last of them."""
    record = {candidate: graded(candidate) for candidate in known}
    try:
        done = drive(Script(tuple(said)), TASK, record)
    except EvidenceError:
        assert not any(isinstance(step, Route) for step in said)
        return
    assert {attempt.candidate for attempt in done.attempts} <= known
    assert (done.served is None) is (done.missing is not None)
    if done.served is not None:
        assert done.attempts[-1] == done.served.attempt
        assert done.route is not None
        assert done.route.candidate == done.served.attempt.candidate
